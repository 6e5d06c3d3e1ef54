"""gaps, try, brief: what people ask while they work."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from nightdesk.cli import (
    Commands,
    add_command,
    add_private_option,
    parse_day,
    say,
    say_json,
    say_table,
)
from nightdesk.cli.accounts import locate_brief
from nightdesk.config import load_settings, load_sources, sources_path
from nightdesk.errors import ConfigError, WarehouseError
from nightdesk.gaps import Backfill, choose_nights, find_gaps, list_backfills
from nightdesk.landing import Landing
from nightdesk.model import Refusal
from nightdesk.pipeline.publish_task import read_edition
from nightdesk.pipeline.refusals import list_refusals
from nightdesk.warehouse.read import (
    list_nights,
    open_catalogue,
    read_coverage,
    read_marts,
)


def add_commands(commands: Commands) -> None:
    """Add `gaps`, `try` and `brief`."""
    gaps = add_command(
        commands,
        "gaps",
        _gaps,
        "print what is missing, and the backfill that would close it",
        "gaps --from 2026-03-01 --to 2026-03-07",
    )
    gaps.add_argument("--from", dest="first", type=parse_day, metavar="DAY")
    gaps.add_argument("--to", dest="last", type=parse_day, metavar="DAY")
    gaps.add_argument("--json", action="store_true")
    attempt = add_command(
        commands,
        "try",
        _try,
        "show what each step keeps of one page, drops and why, beside trafilatura",
        "try https://news.example/story",
    )
    attempt.add_argument("page", metavar="URL|FILE")
    add_private_option(attempt)
    brief = add_command(
        commands,
        "brief",
        _brief,
        "print a night's brief: in short, or whole with --format",
        "brief --night 2026-03-01 --format md",
    )
    brief.add_argument("--night", type=parse_day, metavar="DAY")
    brief.add_argument("--json", action="store_true", help="the short one, as JSON")
    brief.add_argument(
        "--format",
        choices=("md", "json"),
        help="the whole of it: Markdown, or JSON with the rows behind each sentence",
    )


def _gaps(options: argparse.Namespace) -> int:
    settings = load_settings()
    first, last = choose_nights(options.first, options.last, datetime.now(UTC))
    if last < first:
        raise ConfigError(f"no whole night from --from {first} to {last}")
    with open_catalogue(settings.published) as con:
        rows = read_coverage(con, first, last)
    sources = load_sources(sources_path(settings)).enabled
    gaps = find_gaps(rows, [source.id for source in sources], first, last)
    backfills = list_backfills(gaps)
    _explain_gaps(gaps, list_refusals(Landing(settings.landing)), backfills)
    if options.json:
        say_json(gaps)
        return 0
    if not gaps:
        say(f"no gaps from {first} to {last}")
        return 0
    say_table(gaps, ("night", "source", "status", "reason"))
    for backfill in backfills:
        say()
        _say_steps(backfill)
    return 0


def _say_steps(backfill: Backfill) -> None:
    """Say how to run a backfill, in each of the three ways."""
    say(f"to close {backfill.first} to {backfill.last}, one of:")
    say(f"  in Airflow: {' > '.join(backfill.clicks)}")
    say(f"  {backfill.airflow_command}")
    say(f"  {backfill.command}")


def _explain_gaps(
    gaps: list[dict[str, Any]],
    refusals: Sequence[Refusal],
    backfills: Sequence[Backfill],
) -> None:
    """Add to each gap the command that may close it, and why a night was refused."""
    broken = {
        refusal.night: "refused: " + ", ".join(check.name for check in refusal.checks)
        for refusal in refusals
    }
    for gap in gaps:
        if gap["status"] == "not_loaded":
            gap["reason"] = broken.get(gap["night"])
        closing = [b for b in backfills if b.first <= gap["night"] <= b.last]
        gap["close"] = closing[0].command if gap["can_close"] else None


def _try(options: argparse.Namespace) -> int:
    from nightdesk.cli.attempt import read_page, say_page

    settings = load_settings()
    page = read_page(settings, options.page, allow_private=options.allow_private)
    return 0 if say_page(settings, page) else 1


def _brief(options: argparse.Namespace) -> int:
    from nightdesk import report

    settings = load_settings()
    with open_catalogue(settings.published) as con:
        nights = list_nights(con)
        night = options.night or nights[-1]
        if night not in nights:
            raise WarehouseError(f"night {night}: not in the warehouse")
        marts = read_marts(con, night)
    if options.format:
        edition = read_edition(settings.briefs, night)
        written = {"md": report.write_markdown, "json": report.write_json}
        facts = report.gather_facts(night, marts)
        sys.stdout.write(written[options.format](night, facts, edition))
        return 0
    summary = report.brief_summary(night, marts)
    refusals = list_refusals(Landing(settings.landing))
    if options.json:
        say_json(
            {
                "refused": [report.say_refusal(refusal) for refusal in refusals],
                **summary,
            }
        )
        return 0
    for refusal in refusals:
        say(report.say_refusal(refusal))
    for key, value in {"night": str(night), **summary}.items():
        if isinstance(value, list):
            say(f"\n{key}")
            rows = [row for row in value if isinstance(row, dict)]
            say_table(rows, tuple(rows[0]) if rows else ())
        else:
            say(f"{key:26} {value}")
    say(f"\nbrief  {locate_brief(settings, night)}")
    return 0
