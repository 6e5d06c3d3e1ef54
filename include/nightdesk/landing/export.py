"""A day of the archive as `.warc.gz`, for tools that know no zstd."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from nightdesk.errors import ArchiveError, LandingError
from nightdesk.landing import Landing
from nightdesk.landing.archive import Record
from nightdesk.landing.cures import name_cure
from nightdesk.landing.files import Spool
from nightdesk.landing.inspect import Progress, read_index
from nightdesk.model import Capture, Finding


def export_day(
    landing: Landing, day: date, target: Path, progress: Progress | None = None
) -> tuple[int, list[Finding]]:
    """Write a day as `.warc.gz`, one gzip member a record.

    Revisits stay revisits; the body that one of them refers to may lie in another day.

    Returns:
        How many records were written, and what of the day is damaged and was not.

    Raises:
        ArchiveError: nothing was captured, or no record can be read; then nothing is
            written.
        LandingError: the file cannot be written.
    """
    rows, findings = read_index(landing, day)
    if not rows and not findings:
        raise ArchiveError(f"archive: {day}: nothing was captured on that day")
    rows.sort(key=lambda row: (row.file, row.offset))
    n_written = 0
    try:
        sink = Spool(type(landing.root)(str(target.absolute())))
        for record in _read_records(landing, rows, findings, progress):
            if not n_written:
                sink.write(_zip(_describe(rows)))
            sink.write(_zip(record.raw))
            n_written += 1
        if n_written:
            sink.close()
    except OSError as error:
        raise LandingError(f"archive: cannot write {target}: {error}") from error
    if not n_written:
        raise ArchiveError(
            f"archive: {day}: no record can be read: {findings[0].file}: "
            f"{findings[0].problem}; nightdesk archive verify --day {day}"
        )
    return n_written, findings


def _read_records(
    landing: Landing,
    rows: list[Capture],
    findings: list[Finding],
    progress: Progress | None,
) -> Iterator[Record]:
    """Yield the records that can be read; the others are added to the findings."""
    for n, row in enumerate(rows):
        if progress:
            progress(n, len(rows), row.file)
        try:
            yield landing.read_record(row.file, row.offset)
        except ArchiveError as error:
            problem = f"{row.url}: {error.cause}"
            findings.append(Finding(row.file, problem, name_cure(row.file), row.offset))
    if progress:
        progress(len(rows), len(rows), "")


def _describe(rows: list[Capture]) -> bytes:
    """Return the warcinfo record with which a file begins."""
    block = b"software: nightdesk\r\nformat: WARC File Format 1.1\r\n"
    stamp = min(row.captured_at for row in rows).strftime("%Y-%m-%dT%H:%M:%SZ")
    name = rows[0].digest[:32].ljust(32, "0")
    head = (
        "WARC/1.1\r\nWARC-Type: warcinfo\r\n"
        f"WARC-Date: {stamp}\r\nWARC-Record-ID: <urn:uuid:{_uuid(name)}>\r\n"
        "Content-Type: application/warc-fields\r\n"
        f"Content-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def _uuid(hexadecimal: str) -> str:
    h = hexadecimal
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def _zip(record: bytes) -> bytes:
    gzip = zlib.compressobj(6, zlib.DEFLATED, 31)
    return gzip.compress(record) + gzip.flush()
