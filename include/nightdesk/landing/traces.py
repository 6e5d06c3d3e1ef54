"""Traces of articles in the landing area: found, taken out, and looked for again.

A trace is a row of an article, a record of its page, or any other file or record that
holds one of its needles (addresses, title, lines). Rows and pages of other articles
that hold one too, since they copy or link, are theirs: they are named and stay.
"""

from __future__ import annotations

import html
import io
import json
import logging
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq

from nightdesk.errors import ArchiveError
from nightdesk.landing import Landing
from nightdesk.landing.archive import Record
from nightdesk.landing.batch import BUCKETS
from nightdesk.landing.cures import name_cure
from nightdesk.landing.inspect import archive_files, scan_file
from nightdesk.landing.retention import erase_day
from nightdesk.model import Attempt, Capture, KnownUrl, Listing

log = logging.getLogger(__name__)

#: Folders of rows that are kept as they came, by the class of their rows.
_KEPT: Mapping[str, type] = {"entries": Listing, "undated": Listing}
_LEAST_LINE = 40  # characters: a shorter line proves nothing
_LEAST_TITLE = 16


@dataclass(frozen=True)
class Needles:
    """What would give an article away, wherever it stands."""

    addresses: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()  # titles and lines

    def __or__(self, other: Needles) -> Needles:
        """All of both."""
        return Needles(self.addresses | other.addresses, self.words | other.words)

    def pattern(self) -> re.Pattern[bytes] | None:
        """Return what finds any of them in bytes, as JSON and HTML write them, too."""
        ends = rb"(?![A-Za-z0-9_/%-]|\.[A-Za-z0-9])"  # not as the start of another
        parts = [re.escape(form) + ends for a in self.addresses for form in _forms(a)]
        parts += [re.escape(form) for word in self.words for form in _forms(word)]
        parts.sort(key=len, reverse=True)
        return re.compile(b"|".join(parts)) if parts else None


def _forms(text: str) -> set[bytes]:
    forms = {text, html.escape(text), html.escape(text, quote=False), quote(text, "")}
    forms |= {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    return {form.encode("utf-8", "surrogatepass") for form in forms}


def make_needles(
    addresses: Iterable[str | None], titles: Iterable[str | None], texts: Iterable[str]
) -> Needles:
    """Return the needles of articles; short titles and lines are none.

    >>> make_needles(["https://a.example/1"], ["Rain"], ["Too short."]).words
    frozenset()
    """
    words = {title for title in titles if title and len(title) >= _LEAST_TITLE}
    words |= {
        line for text in texts for line in text.split("\n") if len(line) >= _LEAST_LINE
    }
    return Needles(frozenset(filter(None, addresses)), frozenset(words))


# rows ------------------------------------------------------------------------

IsGone = Callable[[int, str], bool]  # of an article id and a source id


def find_listings(landing: Landing, is_gone: IsGone) -> list[Listing]:
    """Return the looks at entries that are to go, of all nights."""
    found: list[Listing] = []
    for name in _list_files(landing, _KEPT):
        ids, sources = landing.read_columns(name, ("article_id", "source_id"))
        pairs = zip(ids, sources, strict=True)
        if any(is_gone(i, landing.present.get(s, s)) for i, s in pairs):
            rows = landing.read_rows([name], Listing)
            found += [row for row in rows if is_gone(row.article_id, row.source_id)]
    return found


def find_known(landing: Landing, ids: Collection[int]) -> list[KnownUrl]:
    """Return what the URL index knows of articles, removals included."""
    return [
        row
        for bucket in sorted({i % BUCKETS for i in ids})
        for row in landing.read_folder(f"urls/bucket={bucket:02d}", KnownUrl)
        if row.article_id in ids
    ]


def remove_rows(
    landing: Landing, ids: Collection[int], is_gone: IsGone, addresses: Collection[str]
) -> int:
    """Take the rows of articles out of listings, URL index and fetch log.

    Each file is written anew under its name, so that what reads a set of files by
    their names finds the same set. Returns how many rows went.
    """
    n_gone = 0
    for name in _list_files(landing, _KEPT):
        rows = landing.read_rows([name], Listing)
        left = [row for row in rows if not is_gone(row.article_id, row.source_id)]
        n_gone += _put_left(landing, name, rows, left, Listing)
    for bucket in sorted({i % BUCKETS for i in ids}):
        for name in landing.names(f"urls/bucket={bucket:02d}"):
            known = landing.read_rows([name], KnownUrl)
            kept = [row for row in known if row.article_id not in ids]
            n_gone += _put_left(landing, name, known, kept, KnownUrl)
    for name in _list_files(landing, ("fetch_log",)):
        tries = landing.read_rows([name], Attempt)
        others = [row for row in tries if not _is_about(row, addresses)]
        n_gone += _put_left(landing, name, tries, others, Attempt)
    return n_gone


def _is_about(row: Attempt, addresses: Collection[str]) -> bool:
    return any(a in addresses for a in (row.url, row.final_url, *row.redirects))


def _put_left(
    landing: Landing, name: str, rows: list[Any], left: list[Any], row_class: type
) -> int:
    if len(left) < len(rows):
        landing.replace_rows(name, left, row_class)
    return len(rows) - len(left)


def _list_files(landing: Landing, tops: Iterable[str]) -> Iterator[str]:
    for top in tops:
        root = landing.root / top
        folders = sorted(p.name for p in root.iterdir()) if root.is_dir() else []
        for folder in folders:
            yield from landing.names(f"{top}/{folder}")


# archive ---------------------------------------------------------------------


def remove_records(
    landing: Landing,
    is_target: Callable[[Capture], bool],
    pattern: re.Pattern[bytes] | None,
    on: date,
) -> int:
    """Take records out of the archive, with their rows of the index; return how many.

    Those of the articles' own pages; feeds and sitemaps that name them; and revisits
    whose body goes with one of these.
    """
    pages, n_gone = _list_pages(landing), 0
    gone_bodies: set[str] = set()
    for day in landing.capture_days():
        sizes: dict[tuple[str, int], int | None] = {}
        for file in archive_files(landing, day):
            for record in _read_whole(landing, file):
                row = record.capture
                place = row.file, row.offset
                is_page = place in pages
                has_needle = pattern is not None and pattern.search(record.raw)
                if is_target(row) or (has_needle and not is_page):
                    gone_bodies.add(row.digest)
                    sizes[place] = record.size
                elif record.origin and row.digest in gone_bodies:
                    sizes[place] = record.size
        if sizes:
            erase_day(landing, day, sizes, on)
        n_gone += len(sizes)
    return n_gone


def _read_whole(landing: Landing, file: str) -> Iterator[Record]:
    """Yield the records of a file up to one that is damaged, which the scan names."""
    try:
        yield from scan_file(landing, file)
    except ArchiveError as error:
        log.error(
            "takedown: %s: what follows it stays until it is mended: %s",
            error,
            name_cure(file),
        )


def _list_pages(landing: Landing) -> set[tuple[str, int]]:
    """Return the places of all captured pages: what is not there is a feed."""
    places = set()
    for name in _list_files(landing, ("urls",)):
        files, offsets = landing.read_columns(name, ("file", "offset"))
        places |= {
            (file, offset)
            for file, offset in zip(files, offsets, strict=True)
            if file is not None
        }
    return places


# scan ------------------------------------------------------------------------


@dataclass
class Scan:
    """What was looked through, and what was found."""

    n_files: int = 0
    n_bytes: int = 0  # as they were looked at: decompressed
    hits: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  # rows and pages of other articles
    unread: list[str] = field(default_factory=list)

    def __iadd__(self, other: Scan) -> Scan:
        """Add what another look found."""
        self.n_files += other.n_files
        self.n_bytes += other.n_bytes
        self.hits += other.hits
        self.others += other.others
        self.unread += other.unread
        return self


def scan_table(
    path: Path, name: str, needles: Needles, ids: Collection[int]
) -> tuple[Scan, set[str]]:
    """Look through a Parquet file whose rows are of articles.

    Returns:
        What was found, and the words that other articles have, too: they give nobody
        away. Of a file without `article_id` nothing is said: see `scan_rows`.
    """
    scan, shared = Scan(), set[str]()
    pattern = needles.pattern()
    for number, row in enumerate(_read_rows(path, name, scan, has_article=True)):
        text, raw = _write_row(row)
        scan.n_bytes += len(raw)
        if row["article_id"] in ids:
            scan.hits.append(f"{name}: row {number} of the article")
        elif pattern is not None and pattern.search(raw):
            scan.others.append(f"{name}: row {number}")
            shared |= {word for word in needles.words if word in text or _in(word, row)}
    return scan, shared


def scan_rows(path: Path, name: str, pattern: re.Pattern[bytes] | None) -> Scan:
    """Look through a Parquet file whose rows are not of single articles."""
    scan = Scan()
    for number, row in enumerate(_read_rows(path, name, scan, has_article=False)):
        _, raw = _write_row(row)
        scan.n_bytes += len(raw)
        if pattern is not None and pattern.search(raw):
            scan.hits.append(f"{name}: row {number}")
    return scan


def _read_rows(
    path: Path, name: str, scan: Scan, *, has_article: bool
) -> list[dict[str, Any]]:
    """Return the rows of a file of this kind, and count it; none of another kind."""
    try:
        raw = path.read_bytes()
        file = pq.ParquetFile(io.BytesIO(raw), pre_buffer=False)
        if ("article_id" in file.schema_arrow.names) is not has_article:
            return []
        rows: list[dict[str, Any]] = file.read(use_threads=False).to_pylist()
    except (OSError, ValueError) as error:
        if has_article:  # once
            scan.unread.append(f"{name}: {error}")
        return []
    scan.n_files += 1
    return rows


def _write_row(row: Mapping[str, Any]) -> tuple[str, bytes]:
    text = json.dumps(row, default=str, ensure_ascii=False)
    return text, text.encode("utf-8", "surrogatepass")


def _in(word: str, row: Mapping[str, Any]) -> bool:
    return any(isinstance(v, str) and word in v for v in row.values())


def scan_archive(landing: Landing, pattern: re.Pattern[bytes] | None) -> Scan:
    """Look through every record of the archive."""
    scan, pages = Scan(), _list_pages(landing)
    for day in landing.capture_days():
        for file in archive_files(landing, day):
            scan.n_files += 1
            try:
                for record in scan_file(landing, file):
                    scan.n_bytes += len(record.raw)
                    if pattern is not None and pattern.search(record.raw):
                        _sort_in(scan, record, pages)
            except ArchiveError as error:
                scan.unread.append(f"{error}; {name_cure(file)}")
    return scan


def _sort_in(scan: Scan, record: Record, pages: Collection[tuple[str, int]]) -> None:
    row = record.capture
    is_page = (row.file, row.offset) in pages
    where = f"{row.file} at {row.offset}"
    if is_page:
        scan.others.append(f"{where}: {row.url}")
    else:
        scan.hits.append(where)


def scan_bytes(path: Path, name: str, pattern: re.Pattern[bytes] | None) -> Scan:
    """Look through a file as it lies."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        return Scan(unread=[f"{name}: {error}"])
    scan = Scan(n_files=1, n_bytes=len(raw))
    if pattern is not None and pattern.search(raw):
        scan.hits.append(name)
    return scan
