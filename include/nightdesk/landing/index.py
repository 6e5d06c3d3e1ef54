"""The index of a day of capture made again from its archive."""

from __future__ import annotations

from datetime import date

from nightdesk.errors import ArchiveError
from nightdesk.landing import Landing
from nightdesk.landing.cures import cure_unlisted
from nightdesk.landing.inspect import (
    AGAIN,
    ENDING,
    Progress,
    archive_files,
    read_captures,
    scan_file,
)
from nightdesk.model import Capture


def index_day(landing: Landing, day: date, progress: Progress | None = None) -> int:
    """Write the index of records that have none; return how many.

    Raises:
        LandingError: a file of the index is damaged.
        ArchiveError: a file of the archive is; the records before the damage, and
            those of other files, are in the index then.
    """
    known = {(row.file, row.offset) for row in read_captures(landing, day)}
    files, n_new = archive_files(landing, day), 0
    damaged: list[ArchiveError] = []
    for n, file in enumerate(files):
        if progress:
            progress(n, len(files), file)
        rows, error = _scan_whole(landing, file)
        new = [row for row in rows if (file, row.offset) not in known]
        if error is not None:
            damaged.append(ArchiveError(f"{error}: {cure_unlisted(file)}"))
        if new:
            stem = file.rpartition("/")[2].removesuffix(ENDING)
            landing.write_keyed(f"captures/day={day}", f"{stem}{AGAIN}", new, Capture)
            n_new += len(new)
    if progress:
        progress(len(files), len(files), "")
    if damaged:
        raise damaged[0]
    return n_new


def _scan_whole(
    landing: Landing, file: str
) -> tuple[list[Capture], ArchiveError | None]:
    """Return the captures of an archive file, and what ends them early."""
    rows: list[Capture] = []
    try:
        for record in scan_file(landing, file):
            rows.append(record.capture)
    except ArchiveError as error:
        return rows, error
    return rows, None
