"""gaps, try, brief: what people ask while they work."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, date, datetime, timedelta

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
from nightdesk.gaps import find_gaps
from nightdesk.pipeline import last_night
from nightdesk.pipeline.publish_task import read_edition
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
    last: date = options.last or last_night(datetime.now(UTC))
    first: date = options.first or last - timedelta(days=6)
    if last < first:
        raise ConfigError(f"--to {last} is before --from {first}")
    with open_catalogue(settings.published) as con:
        rows = read_coverage(con, first, last)
    sources = load_sources(sources_path(settings)).enabled
    gaps = find_gaps(rows, [source.id for source in sources], first, last)
    if options.json:
        say_json(gaps)
        return 0
    if not gaps:
        say(f"no gaps from {first} to {last}")
        return 0
    say_table(gaps, ("night", "source", "status", "reason"))
    open_nights = sorted({gap["night"] for gap in gaps if gap["can_close"]})
    if open_nights:
        say(
            "\nto close what can be closed: Backfill of nightdesk_nightly "
            f"from {open_nights[0]} to {open_nights[-1]} with All Runs, or\n"
            f"  nightdesk run --night {open_nights[0]} --until {open_nights[-1]}"
        )
    return 0


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
        write = {"md": report.write_markdown, "json": report.write_json}[options.format]
        sys.stdout.write(write(night, report.gather_facts(night, marts), edition))
        return 0
    summary = report.brief_summary(night, marts)
    if options.json:
        say_json(summary)
        return 0
    for key, value in {"night": str(night), **summary}.items():
        if isinstance(value, list):
            say(f"\n{key}")
            rows = [row for row in value if isinstance(row, dict)]
            say_table(rows, tuple(rows[0]) if rows else ())
        else:
            say(f"{key:26} {value}")
    say(f"\nbrief  {locate_brief(settings, night)}")
    return 0
