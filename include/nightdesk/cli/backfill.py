"""backfill plan: what of past nights is where, its cost, and how to read it."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, timedelta

from nightdesk.cli import Commands, add_command, parse_day, say, say_json, say_table
from nightdesk.cli.night import open_job
from nightdesk.errors import ConfigError
from nightdesk.past.cost import say_bytes
from nightdesk.pipeline.backfill_plan import ALL, Asked, Offer, plan_backfill

_DAG = "nightdesk_nightly"


def add_commands(commands: Commands) -> None:
    """Add `backfill plan`."""
    about = "say what of past nights is where, what it costs, and how to read it"
    example = "backfill plan --from 2026-03-01 --to 2026-03-30 --sources europe"
    parser = add_command(commands, "backfill", _plan, about, example)
    parser.add_argument("what", choices=["plan"], help="what to do")
    for flag, name, which in (("--from", "first", "first"), ("--to", "last", "last")):
        about = f"{which} night, YYYY-MM-DD"
        parser.add_argument(
            flag, dest=name, type=parse_day, metavar="DAY", required=True, help=about
        )
    parser.add_argument(
        "--sources",
        type=lambda text: [word.strip() for word in text.split(",") if word.strip()],
        metavar="LIST",
        help="ids or tags, separated by commas; default: all",
    )
    ask = "ask the archives that are turned on what they have"
    parser.add_argument("--ask", action="store_true", help=ask)
    parser.add_argument("--json", action="store_true", help="print offers as JSON")


def _plan(options: argparse.Namespace) -> int:
    first, last = options.first, options.last
    if last < first:
        raise ConfigError(f"--to {last} is before --from {first}")
    nights = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    with open_job(with_world=options.ask) as job:
        if last >= job.clock().date():
            raise ConfigError(f"--to {last}: still to come; a plan is for past nights")
        sources = job.load_sources().select(options.sources)
        offers, asked = plan_backfill(job, nights, sources, ask=options.ask)
    if options.json:
        say_json([asdict(offer) for offer in offers])
        return 0
    _say_offers(offers)
    _say_totals(offers, asked)
    _say_ways(first, last, options.sources or [])
    return 0


def _say_offers(offers: Iterable[Offer]) -> None:
    rows = [
        {
            "night": offer.night,
            "source": "all" if offer.source_id == ALL else offer.source_id,
            "place": offer.place,
            "requests": offer.n_requests,
            "size": say_bytes(offer.n_bytes) if offer.n_bytes else "",
            "what": offer.what,
        }
        for offer in offers
        if offer.is_enabled
    ]
    say_table(rows, ("night", "source", "place", "requests", "size", "what"))


def _say_totals(offers: Sequence[Offer], asked: Asked | None) -> None:
    say()
    for is_enabled, title in ((True, "In all, at the most:"), (False, "Turned off:")):
        chosen = [offer for offer in offers if offer.is_enabled is is_enabled]
        for place in dict.fromkeys(offer.place for offer in chosen):
            mine = [offer for offer in chosen if offer.place == place]
            n = sum(offer.n_requests for offer in mine)
            size = say_bytes(sum(offer.n_bytes for offer in mine))
            say(f"{title} {place}: {n} requests, {size}")
    say("Pages come on top: as many as the nights have, at the pace of their hosts.")
    say("A place is turned on and its caps are changed in data/config/past.yaml.")
    for problem in asked.problems if asked else ():
        say(f"not known: {problem}")


def _say_ways(first: date, last: date, sources: Sequence[str]) -> None:
    """Print the three ways to do it."""
    port = os.environ.get("NIGHTDESK_PORT") or "8080"
    wanted = {
        "dag_id": _DAG,
        "from_date": f"{first}T00:00:00Z",
        "to_date": f"{last}T00:00:00Z",
        "reprocess_behavior": "completed",
        "max_active_runs": 1,
        "dag_run_conf": {"sources": list(sources)},
    }
    say()
    say("In the Airflow UI:")
    say(f"  1. open {_DAG}, press Trigger, choose Backfill")
    say(f"  2. From {first} 00:00, To {last} 00:00, Reprocess: All Runs")
    say(f"  3. Sources: {', '.join(sources) or 'leave it empty: all of them'}")
    say("  4. press Run Backfill")
    say("By REST, with a token of POST /auth/token:")
    say(f"  curl -X POST http://127.0.0.1:{port}/api/v2/backfills \\")
    say("    -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/json' \\")
    say(f"    -d '{json.dumps(wanted)}'")
    say("On the command line:")
    chosen = f" --sources {','.join(sources)}" if sources else ""
    say(f"  nightdesk run --night {first} --until {last}{chosen}")
