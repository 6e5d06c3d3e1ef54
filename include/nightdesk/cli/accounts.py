"""The accounting table of a night, and where its results lie."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from nightdesk.cli import say, say_table
from nightdesk.config import Settings
from nightdesk.model import BINS
from nightdesk.pipeline.publish_task import find_brief
from nightdesk.warehouse.read import open_catalogue, read_coverage

_COUNTS = ("n_seen", *(f"n_{name}" for name in BINS))


def is_published(settings: Settings) -> bool:
    """Say whether any night has been published."""
    return (settings.published / "current.duckdb").exists()


def say_accounts(settings: Settings, night: date) -> int:
    """Print what became of every entry of a published night; exit code.

    Raises:
        WarehouseError: nothing has been published yet.
    """
    with open_catalogue(settings.published) as con:
        rows = read_coverage(con, night, night)
    if not rows:
        say(f"night {night}: not in the warehouse")
        return 1
    say(f"\nnight {night}: seen = loaded + duplicate + rejected + failed + pending\n")
    table = [_short(row) for row in rows]
    total = {"source": "total"} | {
        name.removeprefix("n_"): sum(row[name] for row in rows) for name in _COUNTS
    }
    columns = ("source", "seen", *BINS, "status")
    say_table([*table, total], columns)
    say()
    _say_missing(rows)
    say(f"brief      {locate_brief(settings, night)}")
    say(f"warehouse  {settings.published / 'current.duckdb'} (read-only, whole nights)")
    return 0


def _short(row: dict[str, Any]) -> dict[str, Any]:
    status = row["status"] + (f" ({row['reason']})" if row["reason"] else "")
    return {
        "source": row["source_id"],
        "status": status,
        **{name.removeprefix("n_"): row[name] for name in _COUNTS},
    }


def _say_missing(rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        if row["status"] != "ok":
            why = f", {row['reason']}" if row["reason"] else ""
            say(f"missing    {row['source_id']}: {row['status']}{why}")


def locate_brief(settings: Settings, night: date) -> str:
    """Return the path of a night's newest brief, or that there is none."""
    return str(find_brief(settings.briefs, night) or "none yet")
