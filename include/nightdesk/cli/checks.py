"""warehouse checks: which nights are refused, and what was found in the others."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import date
from typing import Any

from nightdesk.cli import Commands, add_command, parse_day, say, say_json, say_table
from nightdesk.config import Settings, load_settings
from nightdesk.landing import Landing
from nightdesk.pipeline.refusals import list_refusals
from nightdesk.report import say_refusal
from nightdesk.warehouse.read import list_nights, open_catalogue, read_checks


def add_checks(inner: Commands) -> None:
    """Add `checks` to the actions of `warehouse`."""
    checks = add_command(
        inner,
        "checks",
        _checks,
        "print which nights are refused and why, and what the checks found in a night "
        "that was loaded; 1 if one is refused",
        "warehouse checks --night 2026-03-01",
    )
    checks.add_argument(
        "--night",
        type=parse_day,
        metavar="DAY",
        help="UTC day, YYYY-MM-DD; default: the last published one",
    )
    checks.add_argument("--json", action="store_true")


def _checks(options: argparse.Namespace) -> int:
    settings = load_settings()
    refusals = list_refusals(Landing(settings.landing))
    night, rows = _read_checks(settings, options.night)
    if options.json:
        say_json(
            {
                "refused": [
                    asdict(r) | {"checks": [c._asdict() for c in r.checks]}
                    for r in refusals
                ],
                "night": night,
                "checks": rows,
            }
        )
        return 1 if refusals else 0
    for refusal in refusals:
        say(say_refusal(refusal))
        say_table(
            [check._asdict() for check in refusal.checks],
            ("name", "n_failed", "sample"),
        )
        say()
    if night is None:
        say("no night has been published yet")
    elif not rows:
        say(f"night {night}: not published")
    else:
        say(f"night {night}, as it was loaded:")
        say_table(rows, ("check_name", "severity", "n_failed", "sample"))
    return 1 if refusals else 0


def _read_checks(
    settings: Settings, night: date | None
) -> tuple[date | None, list[dict[str, Any]]]:
    """Return a night, the newest one by default, and the results of its checks."""
    if not (settings.published / "current.duckdb").exists():
        return night, []
    with open_catalogue(settings.published) as con:
        chosen = night or list_nights(con)[-1]
        return chosen, read_checks(con, chosen)
