"""The backfill that closes a gap: its steps in Airflow, and its command without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any


@dataclass(frozen=True)
class Backfill:
    """Nights in a row that lack the same sources."""

    first: date
    last: date
    sources: tuple[str, ...]  # (): all of them

    @property
    def command(self) -> str:
        """Return what runs it without Airflow."""
        until = f" --until {self.last}" if self.last != self.first else ""
        sources = f" --sources {','.join(self.sources)}" if self.sources else ""
        return f"nightdesk run --night {self.first}{until}{sources}"


def list_backfills(gaps: Sequence[Mapping[str, Any]]) -> list[Backfill]:
    """Return the fewest backfills that run every night with a gap that may close.

    Args:
        gaps: of `find_gaps`, by night.
    """
    wanted: dict[date, list[str]] = {}
    for gap in gaps:
        if gap["can_close"]:
            wanted.setdefault(gap["night"], [])
            if not gap["is_whole"]:
                wanted[gap["night"]].append(gap["source"])
    found: list[Backfill] = []
    for night in sorted(wanted):
        sources = tuple(sorted(wanted[night]))
        before = found[-1] if found else None
        if (
            before
            and before.sources == sources
            and before.last == night - timedelta(days=1)
        ):
            found[-1] = Backfill(before.first, night, sources)
        else:
            found.append(Backfill(night, night, sources))
    return found


def write_steps(backfill: Backfill) -> Iterator[str]:
    """Yield the lines that say how to run a backfill, in each of the three ways.

    In Airflow it has all sources: those that are there are taken from the archive.
    """
    days = f"{backfill.first} to {backfill.last}"
    yield f"to close {days}, one of:"
    yield f"  in Airflow: nightdesk_nightly > Trigger > Backfill, {days}, All Runs"
    yield (
        "  airflow backfill create --dag-id nightdesk_nightly "
        f"--from-date {backfill.first} --to-date {backfill.last} "
        "--reprocess-behavior completed"
    )
    yield f"  {backfill.command}"
