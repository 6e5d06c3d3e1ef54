"""backfill plan: what of past nights is where, its cost, and how to read it."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

from nightdesk.cli import Commands, add_command, parse_day, say, say_json, say_table
from nightdesk.cli.night import open_job
from nightdesk.errors import ConfigError
from nightdesk.gaps import Backfill
from nightdesk.past.cost import say_bytes
from nightdesk.past_file import Kind, Place, load_places
from nightdesk.pipeline.backfill_plan import (
    ALL,
    Offer,
    Span,
    list_spans,
    plan_backfill,
)
from nightdesk.pipeline.past_run import caps_of
from nightdesk.settings import CHECKOUT


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
        places = load_places(job.settings)
    if options.json:
        say_json([asdict(offer) for offer in offers])
        return 0
    _say_offers(offers, [source.id for source in sources], nights)
    _say_totals(offers)
    _say_caps(places)
    for problem in asked.problems if asked else ():
        say(f"not known: {problem}")
    _say_ways(Backfill(first, last, tuple(options.sources or ())))
    return 0


def _say_offers(
    offers: Sequence[Offer], source_ids: Sequence[str], nights: Sequence[date]
) -> None:
    """Print a row a source, or one for each range of nights with the same answer."""
    wanted = [offer for offer in offers if offer.is_enabled]
    # What is read once for all of them comes last.
    ids = [*source_ids, *([ALL] if any(o.source_id == ALL for o in wanted) else [])]
    rows = [
        {
            "source": "all" if span.source_id == ALL else span.source_id,
            "nights": _say_nights(span),
            "requests": span.n_requests,
            "size": say_bytes(span.n_bytes) if span.n_bytes else "",
            "where": "; ".join(span.answers) or "nowhere that is turned on",
        }
        for source_id in ids
        for span in list_spans(wanted, source_id, nights)
    ]
    say_table(rows, ("source", "nights", "requests", "size", "where"))


def _say_nights(span: Span) -> str:
    return f"{span.first}" + (f" to {span.last}" if span.last != span.first else "")


def _say_totals(offers: Sequence[Offer]) -> None:
    say()
    for is_enabled, title in ((True, "In all, about:"), (False, "Turned off:")):
        chosen = [offer for offer in offers if offer.is_enabled is is_enabled]
        for place in dict.fromkeys(offer.place for offer in chosen):
            mine = [offer for offer in chosen if offer.place == place]
            n = sum(offer.n_requests for offer in mine)
            size = say_bytes(sum(offer.n_bytes for offer in mine))
            say(f"{title} {place}: {n} requests, {size}")
    say("Pages come on top: as many as the nights have, at the pace of their hosts.")


def _say_caps(places: Mapping[Kind, Place]) -> None:
    """Print what a task may spend, whatever the estimates say."""
    for kind, place in places.items():
        if place.is_enabled:
            say(f"Cap of a task: {kind}: {caps_of(place).words()}")
    say("A task is a batch of sources for one night; what a cap leaves waits.")
    say("A place is turned on and its caps are changed in data/config/past.yaml.")


def _say_ways(backfill: Backfill) -> None:
    """Print the three ways to do it."""
    say()
    say("In the Airflow UI:")
    for n, click in enumerate(backfill.clicks, 1):
        say(f"  {n}. {click}")
    say("By REST, with a token of POST /auth/token:")
    say(f"  curl -X POST http://127.0.0.1:{find_port()}/api/v2/backfills \\")
    say("    -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/json' \\")
    say(f"    -d '{json.dumps(backfill.body)}'")
    say("On the command line:")
    say(f"  {backfill.command}")


def find_port(
    home: Path = CHECKOUT / ".airflow", environ: Mapping[str, str] = os.environ
) -> str:
    """Return the port of this checkout's Airflow, else that of the next start.

    Args:
        home: where the launcher notes what it runs.
        environ: what the next start will see.
    """
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(int(json.loads((home / "launcher.json").read_text("utf-8"))["port"]))
    return environ.get("NIGHTDESK_PORT") or "8080"
