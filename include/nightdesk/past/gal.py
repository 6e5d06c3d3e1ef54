"""GDELT's article list (GAL): every article that it saw, by quarter of an hour.

There is no list of the files. They are said to come every minute; in fact one or two
come a quarter of an hour, up to seven minutes after it, so all eight minutes are asked.
A date in it is the publication's in a third of the rows and else when it was first
seen: it says where to look, and never when something was published.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from nightdesk.past.raw import is_text, read_moment, read_stamp, unpack_lines

_OFFSETS = range(8)  # minutes after a quarter of an hour
_MOST = 64 << 20
_WEB = ("http://", "https://")
_READ = json.JSONDecoder().raw_decode


class Seen(NamedTuple):
    """An article that an index knows; a month has millions of them."""

    url: str
    seen_at: datetime
    title: str | None = None
    lang: str | None = None
    countries: tuple[str, ...] = ()  # ISO 3166-1 alpha-2, of places that a text names


def list_slots(night: date) -> list[list[str]]:
    """Return the stamps to ask for, by quarter of an hour of a night.

    >>> slots = list_slots(date(2026, 3, 1))
    >>> len(slots), slots[1][0], slots[1][-1]
    (96, '20260301001500', '20260301002200')
    """
    start = datetime(night.year, night.month, night.day, tzinfo=UTC)
    quarters = (start + timedelta(minutes=15 * n) for n in range(96))
    return [
        [f"{quarter + timedelta(minutes=n):%Y%m%d%H%M%S}" for n in _OFFSETS]
        for quarter in quarters
    ]


def slot_url(base: str, stamp: str) -> str:
    """Return the address of a file."""
    return f"{base.rstrip('/')}/gdeltv3/gal/{stamp}.gal.json.gz"


def parse_list(body: bytes) -> tuple[list[Seen], Counter[str]]:
    """Return the articles of a file, and how many rows could not be read.

    Reasons: `damaged`, `truncated` (what came before is used), `not_json`, `no_url`,
    `bad_date`.
    """
    text, problem = unpack_lines(body, _MOST)
    problems = Counter([problem] if problem else [])
    found = []
    for line in text.decode("utf-8", "replace").split("\n"):
        if not line:
            continue
        row = _read_row(line)
        if isinstance(row, str):
            problems[row] += 1
        else:
            found.append(row)
    return found, problems


def _read_row(line: str) -> Seen | str:
    try:
        row, _ = _READ(line)  # a third faster than json.loads
    except (ValueError, RecursionError):
        return "not_json"
    if row.__class__ is not dict:
        return "not_json"
    url = row.get("url")
    if not is_text(url) or not url.startswith(_WEB):
        return "no_url"
    at = read_date(row.get("date"))
    if at is None:
        return "bad_date"
    return Seen(url, at, _text(row.get("title")), _text(row.get("lang")))


def _text(value: Any) -> str | None:
    return value.strip() or None if is_text(value) else None


def read_date(value: Any) -> datetime | None:
    """Return a date as GDELT writes it, with or without signs between; None: none.

    >>> read_date("2026-03-01T10:15:00Z") == read_date("20260301101500")
    True
    """
    if not isinstance(value, str):
        return None
    at = read_stamp(value) if len(value) == 14 else read_moment(value)
    return at.replace(tzinfo=UTC) if at else None


def unique(rows: Iterable[Seen]) -> Iterator[Seen]:
    """Yield the first row of each address: two files of a quarter share some."""
    known = set()
    for row in rows:
        if row.url not in known:
            known.add(row.url)
            yield row
