"""Looks at what is kept: verify, find, list, index again.

Kept apart from `Landing`, which a night needs: this is what people ask for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import BinaryIO

from nightdesk.errors import ArchiveError, LandingError
from nightdesk.landing import Landing
from nightdesk.landing.archive import Record, find_hole, read_record
from nightdesk.landing.batch import BUCKETS, decode_journal
from nightdesk.landing.cures import (
    INDEX_DAY,
    cure_unlisted,
    name_cure,
    name_restore,
)
from nightdesk.landing.rows import check_file
from nightdesk.landing.state import decode_state
from nightdesk.model import Capture, Finding

ENDING = ".warc.zst"
AGAIN = "-again"  # in the name of an index that was made from the archive
Progress = Callable[[int, int, str], None]  # done, in all, of what

#: Problems that are no damage: what lies there is whole, as far as anybody knows.
NOT_LISTED = "not in the index"
BYTES_NOT_LISTED = "bytes that no row of the index names"
_KEPT: dict[str, Callable[[bytes], object]] = {
    ".parquet": check_file,
    ".json": decode_state,
    ".journal": decode_journal,
}


@dataclass(frozen=True, slots=True)
class DaySummary:
    """What the archive holds of one day of capture."""

    day: date
    n_files: int
    n_records: int
    n_urls: int
    n_bodies: int  # distinct ones
    size_bytes: int


def archive_files(landing: Landing, day: date) -> list[str]:
    """Return the archive files of a day."""
    return landing.names(f"archive/day={day}", ENDING)


def read_captures(landing: Landing, day: date) -> list[Capture]:
    """Return the index of a day, in the order of its files.

    Raises:
        LandingError: a file of the index is damaged; the message names it.
    """
    return landing.read_folder(f"captures/day={day}", Capture)


def summarize_day(landing: Landing, day: date, rows: list[Capture]) -> DaySummary:
    """Return what the archive holds of a day, by the rows of its index."""
    files = archive_files(landing, day)
    sizes = [(landing.root / name).stat().st_size for name in files]
    return DaySummary(
        day=day,
        n_files=len(files),
        n_records=len(rows),
        n_urls=len({row.url for row in rows}),
        n_bodies=len({row.digest for row in rows}),
        size_bytes=sum(sizes),
    )


def find_captures(
    landing: Landing, urls: set[str], until: datetime | None = None
) -> tuple[list[Capture], list[Finding]]:
    """Return the captures of the newest day that has these addresses, oldest first.

    With them come the damaged files of the index that were passed over: what they hold
    may be newer.

    Args:
        landing: the landing area.
        urls: as listed or as redirected to.
        until: the last moment that counts; none: now.
    """
    last = until.astimezone(UTC).date() if until else None
    findings: list[Finding] = []
    for day in reversed(landing.capture_days(until=last)):
        found = []
        for name in landing.names(f"captures/day={day}"):
            try:
                columns = landing.read_columns(name, ("url", "final_url"))
                if not urls.isdisjoint(columns[0]) or not urls.isdisjoint(columns[1]):
                    found += landing.read_rows([name], Capture)
            except LandingError as error:
                findings.append(_damaged_index(name, error))
        hits = [
            row
            for row in found
            if (row.url in urls or row.final_url in urls)
            and (until is None or row.captured_at <= until)
        ]
        if hits:
            hits.sort(key=lambda row: (row.captured_at, row.file, row.offset))
            return hits, findings
    return [], findings


# verify --------------------------------------------------------------------


def verify_files(landing: Landing) -> Iterator[Finding]:
    """Yield what is wrong with the files that are no archive: rows and states."""
    for path in sorted(landing.root.rglob("*")):
        name = str(path.relative_to(landing.root))
        if path.suffix not in _KEPT or path.name.startswith("."):
            continue
        try:
            _KEPT[path.suffix](landing.get(name))
        except ValueError as error:
            yield Finding(name, str(error), name_cure(name))
        except LandingError as error:
            if landing.exists(name):  # else it has just gone
                yield Finding(name, error.cause, name_cure(name))
    yield from _find_gone(landing)


def _find_gone(landing: Landing) -> Iterator[Finding]:
    """Yield the files that a night was built from and that are gone, once each."""
    seen = set[str]()
    for note in landing.names("built", ".json"):
        try:
            names = landing.read_json(note).get("captured", ())
        except LandingError:
            continue  # named already
        night = note.removeprefix("built/night=").removesuffix(".json")
        for name in names:
            if name not in seen and not landing.exists(name):
                seen.add(name)
                yield Finding(
                    name,
                    f"is gone, and night {night} was built from it",
                    f"{name_restore(name)}; without a backup, to build the night "
                    f"from what is left: nightdesk run --night {night} --offline",
                )


def find_lost(landing: Landing, day: date | None = None) -> list[Finding]:
    """Return the archive files that articles were captured into and that are gone.

    `verify_day` goes by the index, and may know nothing of a file that was lost with
    its part of that.
    """
    counts: Counter[str] = Counter()
    place = f"archive/day={day}/" if day else "archive/"
    for bucket in range(BUCKETS):
        for name in landing.names(f"urls/bucket={bucket:02d}"):
            try:
                (files,) = landing.read_columns(name, ["file"])
            except LandingError:
                continue  # `verify_files` names it
            counts.update(file for file in files if file and file.startswith(place))
    return [
        Finding(file, f"missing, with {n} articles", name_cure(file))
        for file, n in sorted(counts.items())
        if not landing.exists(file) and not landing.is_given_up(file)
    ]


def verify_day(
    landing: Landing, day: date, progress: Progress | None = None
) -> tuple[int, list[Finding]]:
    """Read every record of a day; return how many are good, and what is wrong.

    Args:
        landing: the landing area.
        day: the day of capture.
        progress: told (records done, records in all, file).
    """
    rows, findings = read_index(landing, day)
    by_file: dict[str, list[Capture]] = {
        name: [] for name in archive_files(landing, day)
    }
    for row in rows:
        by_file.setdefault(row.file, []).append(row)
    n_good = n_done = 0
    for file, part in sorted(by_file.items()):
        if progress:
            progress(n_done, len(rows), file)
        good, found = _verify_file(landing, day, file, part)
        findings += found
        n_good += good
        n_done += len(part)
    if progress:
        progress(n_done, len(rows), "")
    return n_good, list(_cure_together(findings))


def _cure_together(findings: list[Finding]) -> Iterator[Finding]:
    """Yield the findings; an archive file and its index have one cure if both want it.

    Neither can be made again from the other then.
    """
    indices: dict[str, str] = {}
    for finding in findings:
        stem = finding.file.removesuffix(".parquet").partition(AGAIN)[0]
        indices[stem.replace("captures/", "archive/", 1) + ENDING] = finding.file
    pairs = {
        f.file: (f.file, indices[f.file])
        for f in findings
        if f.file in indices and f.cure == cure_unlisted(f.file)
    }
    pairs |= {pair[1]: pair for pair in pairs.values()}
    for finding in findings:
        pair = pairs.get(finding.file)
        yield replace(finding, cure=cure_unlisted(*pair)) if pair else finding


def read_index(landing: Landing, day: date) -> tuple[list[Capture], list[Finding]]:
    """Return the rows of a day's index that can be read, and the files that cannot."""
    rows: list[Capture] = []
    findings = []
    for name in landing.names(f"captures/day={day}"):
        try:
            rows += landing.read_rows([name], Capture)
        except LandingError as error:
            findings.append(_damaged_index(name, error))
    return rows, findings


def _damaged_index(name: str, error: LandingError) -> Finding:
    return Finding(name, error.cause, name_cure(name))


def _verify_file(
    landing: Landing, day: date, file: str, rows: list[Capture]
) -> tuple[int, list[Finding]]:
    if not landing.exists(file):
        lost = Finding(file, f"missing, with {len(rows)} records", name_cure(file))
        # Of one that was given up, `maintain` still has to remove the rows.
        return 0, [] if landing.is_given_up(file) else [lost]
    length = (landing.root / file).stat().st_size
    if not rows:
        index = INDEX_DAY.format(day=day)
        cure = f"a run was killed here, or the index was lost: {index}"
        damage = _find_damage(landing, file, 0, length)
        return 0, [damage or Finding(file, NOT_LISTED, cure)]
    findings, n_good, end = [], 0, 0
    ordered = sorted(rows, key=lambda row: row.offset)
    with (landing.root / file).open("rb") as stream:
        for row in ordered:
            end = _pass_holes(stream, end)
            if row.offset > end >= 0:
                findings.append(_find_unlisted(landing, day, file, end, row.offset))
            problem, size, culprit = _verify_record(landing, stream, row)
            end = -1 if problem and not size else row.offset + size
            if problem:
                findings.append(Finding(file, problem, name_cure(culprit), row.offset))
            else:
                n_good += 1
        end = _pass_holes(stream, end)
    if 0 <= end < length:
        findings.append(_find_unlisted(landing, day, file, end, length))
    twins = len(rows) - len({row.offset for row in rows})
    if twins:
        cure = f"delete the doubled file of captures/day={day}"
        findings.append(Finding(file, f"{twins} records are in the index twice", cure))
    return n_good, findings


def _pass_holes(stream: BinaryIO, at: int) -> int:
    """Return where the next record begins; -1 stays: it is not known."""
    while at >= 0 and (size := find_hole(stream, at)):
        at += size
    return at


def _find_unlisted(
    landing: Landing, day: date, file: str, start: int, end: int
) -> Finding:
    damage = _find_damage(landing, file, start, end)
    cure = INDEX_DAY.format(day=day)
    return damage or Finding(file, BYTES_NOT_LISTED, cure, start)


def _find_damage(landing: Landing, file: str, start: int, end: int) -> Finding | None:
    """Return what is wrong with records of which the index says nothing, if anything.

    The index cannot be made again from a record that cannot be read.
    """
    try:
        for record in scan_file(landing, file, start, end):
            start = record.capture.offset + record.size
    except ArchiveError as error:
        what = f"not in the index, and damaged: {error.cause.removeprefix('damaged: ')}"
        return Finding(file, what, cure_unlisted(file), start)
    return None


def _verify_record(
    landing: Landing, stream: BinaryIO, row: Capture
) -> tuple[str | None, int, str]:
    """Return what is wrong with a record, the size of its frame, the damaged file.

    A size of 0: it is not known.
    """
    try:
        record = read_record(stream, row.file, row.offset)
    except LandingError as error:
        return error.cause, 0, row.file
    wrong = [
        f.name
        for f in fields(Capture)
        if getattr(row, f.name) != getattr(record.capture, f.name)
    ]
    if wrong:
        return f"index and record differ in {', '.join(wrong)}", record.size, row.file
    if record.origin is not None:
        try:
            landing.read_capture(row.file, row.offset)
        except LandingError as error:
            what = f"refers to a damaged record: {error}"
            return what, record.size, record.origin[0]
    return None, record.size, row.file


# without the index ---------------------------------------------------------


def scan_file(
    landing: Landing, file: str, start: int = 0, end: int | None = None
) -> Iterator[Record]:
    """Yield the records of an archive file, without the index.

    Args:
        landing: the landing area.
        file: the archive file.
        start: of a record.
        end: no record from there on; None: to the end of the file.

    Raises:
        ArchiveError: one is damaged; those after it cannot be found without the index.
    """
    length = (landing.root / file).stat().st_size if end is None else end
    offset = start
    with (landing.root / file).open("rb") as stream:
        while (offset := _pass_holes(stream, offset)) < length:
            record = read_record(stream, file, offset)
            yield record
            offset += record.size
