"""Captures are kept for a while; what was read in them stays in the articles.

A record goes once its own time is over and none that is kept needs its body: a revisit
holds the digest of the record that it refers to, at most `LOOK_BACK` before it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from nightdesk.landing import Landing
from nightdesk.landing.holes import erase_records, remove_files
from nightdesk.landing.writer import LOOK_BACK
from nightdesk.model import Capture

#: Says whether the time of a capture is over.
IsOver = Callable[[Capture], bool]


@dataclass(frozen=True, slots=True)
class GivenUp:
    """What was given up of a day."""

    n_records: int = 0
    n_files: int = 0  # that went whole
    size_bytes: int = 0


def give_up_day(landing: Landing, day: date, is_over: IsOver, on: date) -> GivenUp:
    """Give up the captures of a day whose time is over.

    The records go first and their rows of the index after them: a run that was killed
    in between is finished by the next.

    Args:
        landing: the landing area.
        day: of capture.
        is_over: says it of a capture.
        on: the day of doing so.

    Raises:
        LandingError: a file of the index or the archive cannot be read or written.
    """
    rows = _read_index(landing, day)
    needed = _list_needed(landing, day, is_over)
    over = {
        (row.file, row.offset)
        for part in rows.values()
        for row in part
        if is_over(row) and row.digest not in needed
    }
    if not over:
        return GivenUp()
    return erase_day(landing, day, dict.fromkeys(over), on)


def erase_day(
    landing: Landing, day: date, sizes: Mapping[tuple[str, int], int | None], on: date
) -> GivenUp:
    """Take records of a day out of the archive, and their rows out of its index.

    Args:
        landing: the landing area.
        day: of capture.
        sizes: of their frames, by file and offset; None: as read there.
        on: the day of doing so.
    """
    rows = _read_index(landing, day)
    kept = {
        row.file for part in rows.values() for row in part if place(row) not in sizes
    }
    whole = {file for file, _ in sizes} - kept
    n_bytes = sum(_size(landing, file) for file in whole)
    remove_files(landing, day, whole, on)
    for file in sorted({file for file, _ in sizes} - whole):
        frames = {at: size for (name, at), size in sizes.items() if name == file}
        n_bytes += erase_records(landing, file, frames)
    _write_index(landing, rows, sizes)
    return GivenUp(len(sizes), len(whole), n_bytes)


def place(row: Capture) -> tuple[str, int]:
    """Return where a capture lies."""
    return row.file, row.offset


def _read_index(landing: Landing, day: date) -> dict[str, list[Capture]]:
    return {
        name: landing.read_rows([name], Capture)
        for name in landing.names(f"captures/day={day}")
    }


def _list_needed(landing: Landing, day: date, is_over: IsOver) -> set[str]:
    """Return the digests of the kept captures that may refer to this day."""
    last = day + LOOK_BACK + timedelta(days=1)
    return {
        row.digest
        for later in landing.capture_days(since=day, until=last)
        for part in _read_index(landing, later).values()
        for row in part
        if not is_over(row)
    }


def _size(landing: Landing, file: str) -> int:
    path = landing.root / file
    return int(path.stat().st_size) if path.exists() else 0


def _write_index(
    landing: Landing,
    rows: Mapping[str, Sequence[Capture]],
    gone: Collection[tuple[str, int]],
) -> None:
    for name, part in rows.items():
        left = [row for row in part if place(row) not in gone]
        if not left:
            landing.drop(name)
        elif len(left) < len(part):
            landing.replace_rows(name, left, Capture)
