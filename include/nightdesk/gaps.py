"""What is missing of a range of nights, and whether another run may bring it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from nightdesk.model import BY_HAND

Row = Mapping[str, Any]


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


def _is_asked(row: Row) -> bool:
    return row["status"] != "not_collected" and bool(row["source_id"] != BY_HAND)
