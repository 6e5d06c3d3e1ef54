"""GDELT's lists as the sample world would fill them, holes and dirt included.

The article list (GAL) comes up to seven minutes after a quarter of an hour, in one file
or two, and one quarter in twelve has none. The knowledge graph has eight files a day
and says so in its list of files; one of them is not what the list says.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from gzip import compress

from nightdesk.newsstand.plan import Item, Night

HOST = "data.gdeltproject.org"
_QUARTER, _ONE_DAY = timedelta(minutes=15), timedelta(days=1)
_EVERY = timedelta(hours=3)
_DAYS = 12  # that the list of files goes back
_SEEN_AFTER = timedelta(minutes=5)
_GAL = re.compile(r"/gdeltv3/gal/(\d{14})\.gal\.json\.gz")
#: Kenya has one code in both lists; AU is Austria here and Australia in ISO.
_PLACES = "1#Kenya#KE#KE#1#38#KE;1#Austria#AU#AU#47.33#13.33#AU"
_GKG = re.compile(r"/gdeltv2/(\d{14})\.gkg\.csv\.zip")
_BAD = 3  # of the eight files of a day
Plan = Callable[[date], Night]


def list_offsets(quarter: datetime) -> tuple[int, ...]:
    """Return the minutes after a quarter of an hour at which files come; () for none.

    >>> list_offsets(datetime(2026, 3, 1, 0, 15, tzinfo=UTC))
    (3,)
    """
    seed = hashlib.sha256(f"{quarter:%Y%m%d%H%M}".encode()).digest()
    if seed[0] % 12 == 0:
        return ()
    first = seed[1] % 8
    return (first, (first + 3) % 8) if seed[2] % 5 == 0 else (first,)


def quarter_of(item: Item) -> datetime:
    """Return the quarter of an hour in which an item is seen."""
    seen = (item.at + _SEEN_AFTER).astimezone(UTC)
    return seen.replace(minute=seen.minute // 15 * 15, second=0, microsecond=0)


def answer_gdelt(path: str, now: datetime, plan: Plan) -> bytes | None:
    """Return a file or the list of files, None where there is none."""
    if path == "/gdeltv2/masterfilelist.txt":
        return _write_files(now, plan)
    for pattern, write in ((_GAL, _write_gal), (_GKG, _find_gkg)):
        if match := pattern.fullmatch(path):
            at = datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
            return write(at, plan) if at + _QUARTER <= now else None
    return None


def _write_gal(at: datetime, plan: Plan) -> bytes | None:
    quarter = at.replace(minute=at.minute // 15 * 15)
    offsets = list_offsets(quarter)
    minutes = (at - quarter).seconds // 60
    if at.second or minutes not in offsets:
        return None
    items = _seen_in(quarter, _QUARTER, plan)[offsets.index(minutes) :: len(offsets)]
    rows = [
        json.dumps(
            {
                "date": f"{item.at:%Y-%m-%dT%H:%M:%SZ}",
                "url": item.url,
                "domain": item.outlet.host.removeprefix("www."),
                "outletName": item.outlet.name,
                "title": item.title,
                "lang": item.outlet.lang,
            },
            ensure_ascii=False,
        )
        for item in items
    ]
    rows += ['{"date": "soon", "url": "https://elsewhere.example/a"}', '{"cut', "[]"]
    return compress("\n".join(rows).encode(), mtime=0)


def _seen_in(start: datetime, length: timedelta, plan: Plan) -> list[Item]:
    items = [*plan(start.date() - _ONE_DAY).items, *plan(start.date()).items]
    return [item for item in items if start <= item.at + _SEEN_AFTER < start + length]


def _find_gkg(at: datetime, plan: Plan) -> bytes | None:
    is_there = at.hour % 3 == 0 and at.minute == 0
    return write_gkg(at, plan) if is_there else None


def write_gkg(at: datetime, plan: Plan) -> bytes:
    """Return a file of the knowledge graph: rows of 27 columns, and some that are not.

    Titles have entities in them, quotation marks, and one of them a tab.
    """
    rows = []
    for n, item in enumerate(_seen_in(at, _EVERY, plan)):
        title = f'{item.title} &amp; "more"' if n else f"{item.title}\tcut"
        cells = [""] * 27
        stamp = f"{at:%Y%m%d%H%M%S}"
        cells[0], cells[1], cells[2] = f"{stamp}-{n}", stamp, "1"
        cells[3], cells[4] = item.outlet.host.removeprefix("www."), item.url
        cells[9] = _PLACES
        cells[26] = f"<PAGE_LINKS></PAGE_LINKS><PAGE_TITLE>{title}</PAGE_TITLE>"
        rows.append("\t".join(cells))
    rows += ["cut off\t20260301", "\t".join(["x", "never", "1", *[""] * 24])]
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        inside = zipfile.ZipInfo(f"{at:%Y%m%d%H%M%S}.gkg.csv")
        archive.writestr(inside, "\n".join(rows))
    return sink.getvalue()


def _write_files(now: datetime, plan: Plan) -> bytes:
    lines, today = [], now.astimezone(UTC).date()
    for n in range(_DAYS, -1, -1):
        day = today - n * _ONE_DAY
        for number in range(8):
            at = datetime(day.year, day.month, day.day, 3 * number, tzinfo=UTC)
            if at + _QUARTER > now:
                continue
            body = write_gkg(at, plan)
            digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
            if number == _BAD:
                digest = digest[::-1]
            root = f"http://{HOST}/gdeltv2/{at:%Y%m%d%H%M%S}"
            lines.append(f"1234 {'0' * 32} {root}.export.CSV.zip\n")
            lines.append(f"{len(body)} {digest} {root}.gkg.csv.zip\n")
    return "".join(lines).encode()
