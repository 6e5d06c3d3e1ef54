"""What is missing of a range of nights, and the backfills that may bring it. Pure.

How a backfill is run is said here alone, in the words of Airflow 3.3's own form. That
form has a trap: without "Override parameters on existing runs" it sends no parameters
at all, of new runs neither, and a run of a chosen source would collect them all.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from nightdesk.model import BY_HAND
from nightdesk.nights import ONE_DAY, last_night

Row = Mapping[str, Any]

DAG_ID = "nightdesk_nightly"
_WEEK = 7


@dataclass(frozen=True)
class Backfill:
    """Nights in a row that are run again for the same sources."""

    first: date
    last: date
    sources: tuple[str, ...]  # (): all of them

    @property
    def clicks(self) -> tuple[str, ...]:
        """What to do in the Airflow UI, in its words and in its order.

        >>> Backfill(date(2026, 3, 1), date(2026, 3, 2), ("hill",)).clicks[-2]
        'Run Parameters, Sources: hill'
        """
        sources = ", ".join(self.sources)
        if len(self.sources) > 1:
            sources += " (each on a line of its own)"
        return (
            f"{DAG_ID}, Trigger, Backfill",
            f"From {self.first} 00:00, To {self.last} 00:00",
            "All Runs",
            "Override parameters on existing runs (without it no parameter is sent)",
            *([f"Run Parameters, Sources: {sources}"] if sources else []),
            "Run Backfill",
        )

    @property
    def conf(self) -> dict[str, list[str]]:
        """The parameters of its runs; stated when empty, as runs keep old ones."""
        return {"sources": list(self.sources)}

    @property
    def body(self) -> dict[str, Any]:
        """What POST /api/v2/backfills wants."""
        return {
            "dag_id": DAG_ID,
            "from_date": f"{self.first}T00:00:00Z",
            "to_date": f"{self.last}T00:00:00Z",
            "reprocess_behavior": "completed",
            "max_active_runs": 1,
            "run_backwards": False,
            "dag_run_conf": self.conf,
        }

    @property
    def airflow_command(self) -> str:
        """What starts it by Airflow's command line."""
        conf = shlex.quote(json.dumps(self.conf, separators=(",", ":")))
        return (
            f"airflow backfill create --dag-id {DAG_ID} --from-date {self.first} "
            f"--to-date {self.last} --reprocess-behavior completed "
            f"--dag-run-conf {conf}"
        )

    @property
    def command(self) -> str:
        """What runs it without Airflow."""
        until = f" --until {self.last}" if self.last != self.first else ""
        sources = f" --sources {','.join(self.sources)}" if self.sources else ""
        return f"nightdesk run --night {self.first}{until}{sources}"


def choose_nights(
    first: date | None, last: date | None, now: datetime
) -> tuple[date, date]:
    """Return the range to look for gaps in; the last is before the first: an empty one.

    It ends with the last whole night: one that is not over is no gap. Without a first
    night it has a week.

    >>> choose_nights(None, date(2026, 3, 9), datetime(2026, 3, 9, 8))
    (datetime.date(2026, 3, 2), datetime.date(2026, 3, 8))
    """
    over = last_night(now)
    last = min(last or over, over)
    return first or last - (_WEEK - 1) * ONE_DAY, last


def find_gaps(
    rows: Sequence[Row], source_ids: Sequence[str], first: date, last: date
) -> list[dict[str, Any]]:
    """Return what is missing: a row a source, or one (`is_whole`) for a whole night.

    A whole night is missing where none is loaded, and where nobody asked a source for
    it: what it holds came with a correction, by hand, or in the feed of another night.
    `can_close` says whether another run may help: none does without a source for the
    past, or for a source that is not watched any more.

    Args:
        rows: the coverage of the nights.
        source_ids: the sources that are watched today.
        first: the first night.
        last: the last one.
    """
    by_night: dict[date, list[Row]] = {}
    for row in rows:
        by_night.setdefault(row["night"], []).append(row)
    gaps = []
    for n in range((last - first).days + 1):
        night = first + timedelta(days=n)
        known = by_night.get(night, [])
        if not any(map(_is_asked, known)):
            gaps.append(
                {
                    "night": night,
                    "source": f"all {len(source_ids)}",
                    "status": "not_collected" if known else "not_loaded",
                    "reason": None,
                    "can_close": True,
                    "is_whole": True,
                }
            )
            continue
        gaps += [
            {
                "night": night,
                "source": row["source_id"],
                "status": row["status"],
                "reason": row["reason"],
                "can_close": row["status"] != "no_coverage"
                and row["source_id"] in source_ids,
                "is_whole": False,
            }
            for row in known
            if row["status"] != "ok" or row["n_pending"]
        ]
    return gaps


def list_backfills(gaps: Sequence[Row]) -> list[Backfill]:
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
        if before and (before.last, before.sources) == (night - ONE_DAY, sources):
            found[-1] = Backfill(before.first, night, sources)
        else:
            found.append(Backfill(night, night, sources))
    return found


def _is_asked(row: Row) -> bool:
    return row["status"] != "not_collected" and bool(row["source_id"] != BY_HAND)
