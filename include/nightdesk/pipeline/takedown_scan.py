"""The proof of a takedown: every file below the data folder is looked through."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path

from nightdesk.errors import WarehouseError
from nightdesk.landing.files import is_local
from nightdesk.landing.inspect import ENDING, verify_files
from nightdesk.landing.traces import (
    Needles,
    Scan,
    scan_archive,
    scan_bytes,
    scan_rows,
    scan_table,
)
from nightdesk.pipeline.job import Job
from nightdesk.pipeline.publish_task import find_brief, point_latest, write_brief
from nightdesk.text import unescape
from nightdesk.warehouse.catalogue import read_manifest
from nightdesk.warehouse.connect import Connect, open_warehouse
from nightdesk.warehouse.read import list_nights, open_catalogue
from nightdesk.warehouse.trace import scan_file, scan_tables

_PUBLISH = "nightdesk publish --again"


def scan_everything(
    job: Job,
    connect: Connect,
    needles: Needles,
    ids: Collection[int],
    passed_over: Collection[str] = (),
) -> Scan:
    """Look through all that is kept for what must not be there any more.

    Rows are read as rows, archives record by record, the rest byte by byte. A word that
    a row of another article has, too, gives nobody away and is not looked for in what
    has no rows. The search index is made anew from the parts before; its bytes are
    looked through like any other file.

    Args:
        job: the run.
        connect: opens the warehouse.
        needles: of the articles.
        ids: of the articles.
        passed_over: names of files that are not looked at.
    """
    files = [path for path in _list_files(job) if path.name not in passed_over]
    damaged = [
        finding
        for finding in verify_files(job.landing)
        if job.landing.exists(finding.file)
    ]
    bad = {Path(job.landing.address(finding.file)) for finding in damaged}
    files = [path for path in files if path not in bad]
    scan, shared = _scan_articles(job, files, needles, ids)
    scan.unread += [f"{f.file}: {f.problem}; {f.cure}" for f in damaged]
    own = Needles(needles.addresses, needles.words - shared)
    pattern = own.pattern()

    def has_needle(raw: bytes) -> bool:
        return pattern is not None and pattern.search(raw) is not None

    scan += scan_archive(job.landing, pattern)
    scan += _scan_warehouse(connect, has_needle, ids)
    for path in files:
        name = _name(job, path)
        if path.suffix == ".parquet":
            scan += scan_rows(path, name, pattern)
        elif not name.endswith(ENDING):
            scan += scan_bytes(path, name, pattern)
        if path.suffix == ".duckdb" and path.parent == job.settings.published:
            scan += _scan_catalogue(path, has_needle, ids)
    return scan


def _scan_articles(
    job: Job, files: Collection[Path], needles: Needles, ids: Collection[int]
) -> tuple[Scan, set[str]]:
    """Look through the files whose rows are of articles; see `scan_table`."""
    scan, shared = Scan(), set[str]()
    for path in files:
        if path.suffix == ".parquet":
            found, words = scan_table(path, _name(job, path), needles, ids)
            if path.is_relative_to(job.settings.published):
                found.unread = [f"{line}; {_PUBLISH}" for line in found.unread]
            scan += found
            shared |= words
    return scan, shared


def _list_files(job: Job) -> list[Path]:
    """Return every file below the data folder, and of a landing area elsewhere."""
    roots = {job.settings.data}
    if is_local(job.landing.root):
        roots.add(Path(str(job.landing.root)))
    found = {p for root in roots for p in root.rglob("*") if p.is_file()}
    return sorted(p for p in found if not p.is_symlink())


def _name(job: Job, path: Path) -> str:
    data = job.settings.data
    return str(path.relative_to(data)) if path.is_relative_to(data) else str(path)


def _scan_warehouse(
    connect: Connect, has_needle: Callable[[bytes], bool], ids: Collection[int]
) -> Scan:
    with open_warehouse(connect) as con:
        n_bytes, hits, others = scan_tables(con, "warehouse", has_needle, ids)
    return Scan(1, n_bytes, hits, others)


def _scan_catalogue(
    path: Path, has_needle: Callable[[bytes], bool], ids: Collection[int]
) -> Scan:
    try:
        n_bytes, hits, others = scan_file(path, has_needle, ids)
    except WarehouseError as error:
        return Scan(unread=[f"{error}; {_PUBLISH}"])
    return Scan(0, n_bytes, hits, others)


# briefs ----------------------------------------------------------------------


def clean_briefs(job: Job, needles: Needles) -> int:
    """Write briefs that name what was taken down anew; delete their old editions.

    Titles are looked for as well: where the copy of another source has the same one,
    the new edition names that.

    Returns:
        How many editions were deleted.
    """
    briefs, pattern, old = job.settings.briefs, needles.pattern(), []
    for path in sorted(briefs.glob("*/[0-9]*/index.html")):
        text = path.read_text("utf-8", "replace")
        raw = (text + unescape(text)).encode("utf-8", "replace")
        if pattern is not None and pattern.search(raw):
            old.append(path.parent)
    nights = {date.fromisoformat(folder.parent.name) for folder in old}
    published = _list_published(job)
    fresh = {write_brief(job, night).parent for night in nights & published}
    gone = [folder for folder in old if folder not in fresh]
    for folder in gone:
        shutil.rmtree(folder)
    left = [night for night in published if find_brief(briefs, night)]
    if left:
        point_latest(job, max(left))
    return len(gone)


def _list_published(job: Job) -> set[date]:
    if not read_manifest(job.settings.published):
        return set()
    with open_catalogue(job.settings.published) as con:
        return set(list_nights(con))


def describe_scan(scan: Scan) -> str:
    """Return a scan in a sentence.

    >>> describe_scan(Scan(n_files=3, n_bytes=1_000))
    '3 files, 1,000 bytes looked through: 0 hits'
    """
    more = [f"{len(scan.hits)} hits"]
    if scan.unread:
        more.append(f"{len(scan.unread)} could not be read")
    if scan.others:
        more.append(f"{len(scan.others)} rows and pages of others name it")
    looked = f"{scan.n_files:,} files, {scan.n_bytes:,} bytes looked through"
    return f"{looked}: {', '.join(more)}"
