"""GDELT's Global Knowledge Graph 2.1, as an index of addresses.

Layout: the codebook at
data.gdeltproject.org/documentation/GDELT-Global_Knowledge_Graph_Codebook-V2.1.pdf.
`masterfilelist.txt` states size and MD5 of every file; it has more than 100 MB, so a
night is looked for in it by halves. Rows are split at tabs and nothing is quoted. Read
are the address, the time, the title and the countries of the places. Those are named by
FIPS 10-4 codes, which are no ISO codes, and are what a text mentions, not what it is
about: candidates.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from nightdesk.past.gal import Seen, read_date
from nightdesk.text import unescape

_COLUMNS = 27
_LOCATIONS = 9  # V1LOCATIONS
_WEB = "1"  # V2SOURCECOLLECTIONIDENTIFIER: the document identifier is an address
_MOST = 256 << 20
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: What reading a ZIP file that is none, or is cut, locked or damaged, ends with.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    IndexError,
    ValueError,
    OSError,
    RuntimeError,
)
_LINE = re.compile(
    rb"(\d{1,12}) ([0-9a-f]{32}) (\S+/(\d{14})(\.translation)?\.gkg\.csv\.zip)\s*"
)
_STAMP = re.compile(rb"/(\d{14})\.")
_TITLE = re.compile(r"<PAGE_TITLE>(.*?)</PAGE_TITLE>", re.S)


ToIso = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Slot:
    """A file of the list."""

    stamp: str
    url: str
    size: int
    md5: str


def list_url(base: str, *, is_translated: bool) -> str:
    """Return the address of the list of all files."""
    end = "-translation" if is_translated else ""
    return f"{base.rstrip('/')}/gdeltv2/masterfilelist{end}.txt"


def find_stamp(part: bytes) -> str | None:
    """Return the first time that a part of the list names; None: it names none."""
    whole = part[part.find(b"\n") + 1 :]
    match = _STAMP.search(whole)
    return match[1].decode() if match else None


def parse_slots(part: bytes, night: date, base: str) -> tuple[list[Slot], Counter[str]]:
    """Return the files of a night that a part of the list names, oldest first.

    Their addresses are made from `base`: the list names one host, and its copies have
    the same files. Reasons: `bad_line`.
    """
    found: dict[str, Slot] = {}
    problems: Counter[str] = Counter()
    day = f"{night:%Y%m%d}".encode()
    for line in part.split(b"\n"):
        if b".gkg.csv.zip" not in line or b"/" + day not in line:
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            problems["bad_line"] += 1
            continue
        name = match[3].rpartition(b"/")[2].decode()
        url = f"{base.rstrip('/')}/gdeltv2/{name}"
        found[url] = Slot(match[4].decode(), url, int(match[1]), match[2].decode())
    return sorted(found.values(), key=lambda slot: (slot.stamp, slot.url)), problems


def missing_slots(slots: Iterable[Slot], night: date) -> int:
    """Return how many quarters of an hour of a night no file is named for."""
    day = f"{night:%Y%m%d}"
    return 96 - len({slot.stamp for slot in slots if slot.stamp.startswith(day)})


def check_file(slot: Slot, body: bytes) -> str | None:
    """Return what is wrong with a file, None for nothing: `bad_size`, `bad_md5`."""
    if len(body) != slot.size:
        return "bad_size"
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return None if digest == slot.md5 else "bad_md5"


def parse_rows(body: bytes, to_iso: ToIso) -> tuple[list[Seen], Counter[str]]:
    """Return the articles of a file, and how many rows could not be read.

    Reasons: `damaged`, `too_large`, `short_row`, `not_web`, `no_url`, `bad_date`.

    Args:
        body: the ZIP file.
        to_iso: gives the ISO 3166-1 code of a FIPS 10-4 code, None where there is none.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            inside = archive.infolist()[0]
            if inside.file_size > _MOST:
                return [], Counter({"too_large": 1})
            if inside.compress_type not in _PACKINGS:
                return [], Counter({"damaged": 1})
            with archive.open(inside) as file:  # its size may be a lie
                text = file.read(_MOST).decode("utf-8", "replace")
    except _DAMAGE:
        return [], Counter({"damaged": 1})
    found, problems = [], Counter[str]()
    for line in text.split("\n"):
        if line:
            row = _read_row(line.rstrip("\r").split("\t"), to_iso)
            if isinstance(row, str):
                problems[row] += 1
            else:
                found.append(row)
    return found, problems


def _read_row(cells: list[str], to_iso: ToIso) -> Seen | str:
    if len(cells) < _COLUMNS:
        return "short_row"
    if cells[2] != _WEB:
        return "not_web"
    if not cells[4].startswith(("http://", "https://")):
        return "no_url"
    at = read_date(cells[1])
    if at is None:
        return "bad_date"
    # A tab inside a title cuts it: what follows belongs to the last column.
    match = _TITLE.search(" ".join(cells[_COLUMNS - 1 :]))
    title = unescape(match[1]).strip() if match else ""
    countries = tuple(_read_countries(cells[_LOCATIONS], to_iso))
    return Seen(cells[4], at, title or None, None, countries)


def _read_countries(cell: str, to_iso: ToIso) -> Iterator[str]:
    """Yield the countries of V1LOCATIONS, each once, in the order of the text.

    A place is `type#name#FIPS#ADM1#latitude#longitude#id`; places stand between `;`.
    """
    codes = (place.split("#")[2] for place in cell.split(";") if place.count("#") >= 6)
    yield from dict.fromkeys(iso2 for code in codes if (iso2 := to_iso(code)))


def next_day(night: date) -> str:
    """Return the first stamp after a night.

    >>> next_day(date(2026, 2, 28))
    '20260301000000'
    """
    return f"{night + timedelta(days=1):%Y%m%d}000000"
