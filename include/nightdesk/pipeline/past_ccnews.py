"""A past night from Common Crawl's news files: pages, read once and then by our index.

A file is read from its beginning in parts. The index of what a part holds, of all
outlets, is written at once, so that a run that was stopped goes on where it was, and so
that the next backfill of these days asks only for the bytes of the pages that it wants.
Pages are written down file by file.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from nightdesk.collect import list_entries, note_capture
from nightdesk.errors import LandingError
from nightdesk.fetch import Fetched, Request, read_reservations
from nightdesk.landing import ArchiveWriter, HostLeases
from nightdesk.model import Capture, Entry, Feed, Listing, PastRecord
from nightdesk.nights import stated_night
from nightdesk.past.ccnews import (
    NewsFile,
    Sites,
    choose_files,
    file_url,
    list_months,
    parse_paths,
    paths_url,
    plan_parts,
    read_head,
)
from nightdesk.past.members import Member, scan_members
from nightdesk.past.records import BadRecord, PageRecord, read_page
from nightdesk.past_file import Kind
from nightdesk.pipeline.past_pages import date_page, write_pages
from nightdesk.pipeline.past_run import PastNight
from nightdesk.urls import article_id, canonicalize_url, registered_domain

log = logging.getLogger(__name__)

_KIND: Kind = "ccnews"
#: Bytes asked for at a time: some seconds of a line of 10 Mbit/s.
PART = 8 << 20
#: Bytes of a file between two parts of its index: what a killed run reads again.
_STEP = 8 * PART
#: Between two looks whether another run has done with a file.
_PAUSE_S = 2.0
_FOLDER = "past/ccnews"
_END = "-end"


@dataclass
class _Reader:
    """What reading the news files has in hand."""

    past: PastNight
    sites: Sites
    owners: dict[str, str]  # registered domain -> source id
    listed: dict[int, Listing]  # entries that other places have named
    problems: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)  # of the night, by source


def read_news_files(past: PastNight) -> None:
    """Read the pages of the sources whose night is not complete."""
    owners: dict[str, str] = {}
    for find in sorted(past.open(), key=lambda find: find.source.id):
        owners.setdefault(registered_domain(find.source.url), find.source.id)
    if not owners:
        return
    reader = _Reader(
        past,
        Sites(owners),
        owners,
        {row.article_id: row for row in past.run.listed},
    )
    files, why = _list_files(reader)
    left, broken = _read_files(reader, files)
    _note(reader, len(files), left, broken or why)


def _list_files(reader: _Reader) -> tuple[list[NewsFile], str | None]:
    """Return the files of the night's window, and why a list could not be read."""
    past, found, why = reader.past, list[NewsFile](), None
    base = past.places[_KIND].base
    requests = [Request(paths_url(base, m), "file") for m in list_months(past.night)]
    for request, answer in past.fetch(_KIND, requests):
        word = answer if isinstance(answer, str) else answer.attempt.outcome
        if isinstance(answer, str) or word != "ok":
            log.warning("past=ccnews list=%s outcome=%s", request.url, word)
            why = f"the list of a month: {word}"
            continue
        files, problems = parse_paths(answer.body)
        reader.problems += problems
        found += files
    chosen = choose_files(found, past.night)
    log.info("past=ccnews night=%s files=%d", past.night, len(chosen))
    return chosen, why


def _read_files(reader: _Reader, files: Sequence[NewsFile]) -> tuple[int, str | None]:
    """Read files; return how many were not read to their end, and why.

    One that another run is reading is left to it until the others are read: then its
    index is there.
    """
    past, waiting, why = reader.past, deque(files), None
    leases = HostLeases(past.run.job.settings.data / "hosts")
    until = time.monotonic() + past.places[_KIND].most_s
    n_left = n_held = 0
    while waiting and not past.meter(_KIND).reached:
        file = waiting.popleft()
        if leases.take(file.name) is None:
            waiting.append(file)
            n_held += 1
            if n_held >= len(waiting):
                if time.monotonic() >= until:
                    return n_left + len(waiting), "read by another run"
                time.sleep(_PAUSE_S)
                n_held = 0
            continue
        try:
            broken = _read_file(reader, file)
        finally:
            leases.release(file.name)
        n_left += broken is not None
        why, n_held = broken or why, 0
    return n_left + len(waiting), why


def _note(reader: _Reader, n_files: int, left: int, why: str | None) -> None:
    """Note what came of it for each source."""
    past, cap = reader.past, reader.past.meter(_KIND).reached
    for reason, n in sorted(reader.problems.items()):
        log.warning("past=ccnews night=%s %s=%d", past.night, reason, n)
    for source_id in reader.owners.values():
        find = past.finds[source_id]
        n = reader.found[source_id]
        find.n_entries += n
        find.via = _KIND if n else find.via
        if left and cap:
            find.failures[_KIND] = f"{cap}: {left} of {n_files} files left"
        elif why:
            find.failures[_KIND] = why
        elif not n:
            find.absences[_KIND] = f"no page in {n_files} files"


# one file ----------------------------------------------------------------------


def _read_file(reader: _Reader, file: NewsFile) -> str | None:
    """Read the wanted pages of a file; return why it was not read to its end."""
    past = reader.past
    name, job = f"{past.run.name}-{file.name}", past.run.job
    pages = _Pages(reader)
    rows, at, is_whole = _read_index(past, file)
    why = _fetch_known(past, file, pages, rows)
    if not is_whole and why is None:
        why = _stream(reader, file, pages, at)
    archive = job.landing.open_archive(job.clock().date(), name)
    write_pages(past, name, archive, _keep_pages(reader, archive, pages))
    return why


@dataclass
class _Pages:
    """The wanted pages of a file, as they came."""

    reader: _Reader
    found: list[tuple[str, bytes]] = field(default_factory=list)  # address, member

    def wants(self, row: PastRecord) -> bool:
        """Say whether a page is one of the sources', and not older than the night."""
        past = self.reader.past
        is_young = row.captured_at >= past.span.since
        return is_young and self.reader.sites.find(row.url) is not None


def _keep_pages(
    reader: _Reader, archive: ArchiveWriter, pages: _Pages
) -> list[Listing]:
    """Put pages that we do not have yet into our archive; return their entries.

    What is wrong with a bad one is counted, and the others go on.
    """
    ids = {url: _id_of(url) for url, _ in pages.found}
    there = _captured(reader.past, {key for key in ids.values() if key is not None})
    rows = []
    for url, data in pages.found:
        key = ids[url]
        if key in there:
            continue
        try:
            if key is None:
                raise BadRecord("bad_url", url[:80])
            rows.append(_keep_page(reader, archive, read_page(data, url)))
            there.add(key)
        except BadRecord as error:
            reader.problems[error.reason] += 1
            log.debug("past=ccnews %s", error)
    return rows


def _id_of(url: str) -> int | None:
    try:
        return article_id(canonicalize_url(url))
    except ValueError:
        return None


def _captured(past: PastNight, ids: set[int]) -> set[int]:
    """Return those of the articles that have a capture."""
    known = past.run.job.landing.find_urls(ids)
    return {i for i, rows in known.items() if any(row.captured_at for row in rows)}


def _keep_page(reader: _Reader, archive: ArchiveWriter, page: PageRecord) -> Listing:
    run = reader.past.run
    now, at = run.job.clock(), page.captured_at
    source_id = reader.owners[registered_domain(page.url)]
    stamp = at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    capture = archive.add(
        Capture(
            url=page.url,
            final_url=page.url,
            captured_at=now,
            digest=hashlib.sha256(page.body).hexdigest(),
            file="",
            offset=0,
            content_type=page.headers.get("content-type"),
            source_id=source_id,
        ),
        {"memento-datetime": stamp, **page.headers},
        page.body,
    )
    row = _list_page(reader, page, source_id)
    if (stated_night(row) or at.date()) == reader.past.night:
        reader.found[row.source_id] += 1
    return note_capture(
        row,
        capture,
        _KIND,
        captured_at=at,
        reservations=read_reservations(run.agent, 200, page.headers, page.body),
    )


def _list_page(reader: _Reader, page: PageRecord, source_id: str) -> Listing:
    """Return the entry of a page: as it was listed elsewhere, or as the page says."""
    source = reader.past.run.sources[source_id]
    feed = Feed(_KIND, (Entry(page.url),))
    (row,) = list_entries(source, feed, _KIND, page.captured_at)
    listed = reader.listed.get(row.article_id, row)
    return date_page(reader.past, listed, page.body, page.captured_at)


def _stream(reader: _Reader, file: NewsFile, pages: _Pages, at: int) -> str | None:
    """Read a file from a place on, and write its index; return why it broke off."""
    source = _Bytes(reader.past, file, at)
    step: list[PastRecord] = []
    begun = at
    for member in scan_members(source, at):
        if member.offset - begun >= _STEP:
            _write_index(reader.past, file, (begun, member.offset), step)
            step, begun = [], member.offset
        is_last = (
            source.why is not None and member.offset + len(member.data) >= source.at
        )
        if is_last:
            break  # broken off in the middle of this one
        _take_member(reader, pages, member, step)
    end = source.at if source.why is None else begun
    if source.why is None:
        _write_index(reader.past, file, (begun, end), step, is_end=True)
    elif step:
        last = step[-1]
        end = last.offset + last.size
        _write_index(reader.past, file, (begun, end), step)
    return source.why


def _take_member(
    reader: _Reader, pages: _Pages, member: Member, step: list[PastRecord]
) -> None:
    if not member.is_whole:
        reader.problems["too_large"] += 1
        return
    row = read_head(member)
    if row is None:
        return
    step.append(row)
    if pages.wants(row):
        pages.found.append((row.url, member.data))


class _Bytes:
    """The bytes of a file from a place on, part by part.

    Attributes:
        at: how far they were read.
        why: why they broke off; None: they did not.
    """

    def __init__(self, past: PastNight, file: NewsFile, at: int) -> None:
        self._past, self._file, self.at = past, file, at
        self.why: str | None = None

    def __iter__(self) -> Iterator[bytes]:
        while True:
            span = (self.at, self.at + PART)
            answer = fetch_part(self._past, self._file, span)
            if isinstance(answer, str):
                self.why = answer
                return
            body, size = answer.body, _size_of(answer)
            self.at += len(body)
            yield body
            if self.at >= size:
                return


def fetch_part(past: PastNight, file: NewsFile, span: tuple[int, int]) -> Fetched | str:
    """Return a part of a file, or why it could not be had."""
    url = file_url(past.places[_KIND].base, file)
    answer = past.fetch_one(_KIND, Request(url, "file", span=span))
    if isinstance(answer, str) or answer.attempt.outcome == "ok":
        return answer
    log.warning("past=ccnews file=%s outcome=%s", file.name, answer.attempt.outcome)
    return f"{file.name}: {answer.attempt.outcome}"


def _size_of(answer: Fetched) -> int:
    total = answer.headers.get("content-range", "").rpartition("/")[2]
    return int(total) if total.isdigit() else 1 << 62


# the index ---------------------------------------------------------------------


def _write_index(
    past: PastNight,
    file: NewsFile,
    span: tuple[int, int],
    rows: Sequence[PastRecord],
    *,
    is_end: bool = False,
) -> None:
    name = f"{span[0]:012d}-{span[1]:012d}{_END if is_end else ''}"
    folder = f"{_FOLDER}/{file.name}"
    past.run.job.landing.write_rows(folder, name, rows, PastRecord)


def _read_index(past: PastNight, file: NewsFile) -> tuple[list[PastRecord], int, bool]:
    """Return the rows of a file's index, how far it goes, and if that is the end."""
    landing, at = past.run.job.landing, 0
    rows: list[PastRecord] = []
    is_whole = False
    for name in landing.names(f"{_FOLDER}/{file.name}"):
        stem = name.rpartition("/")[2].removesuffix(".parquet")
        start, end = (int(word) for word in stem.removesuffix(_END).split("-"))
        if start > at:
            break  # what lies between was never written
        try:
            found = landing.read_rows([name], PastRecord)
        except LandingError as error:  # its part of the file is read again
            log.warning("past=ccnews %s", error)
            break
        rows += [row for row in found if row.offset >= at]
        at, is_whole = max(at, end), is_whole or stem.endswith(_END)
    return rows, at, is_whole


def _fetch_known(
    past: PastNight, file: NewsFile, pages: _Pages, rows: Sequence[PastRecord]
) -> str | None:
    """Fetch the wanted pages that the index has; return why it broke off."""
    wanted = {row: _id_of(row.url) for row in rows if pages.wants(row)}
    there = _captured(past, {key for key in wanted.values() if key is not None})
    left = [row for row, key in wanted.items() if key not in there]
    for part in plan_parts(left):
        answer = fetch_part(past, file, part.span)
        if isinstance(answer, str):
            return answer
        for record in part.records:
            start = record.offset - part.span[0]
            data = answer.body[start : start + record.size]
            pages.found.append((record.url, data))
    return None
