"""takedown: an article or a source removed for good, with the proof."""

from __future__ import annotations

import argparse
import getpass
from dataclasses import asdict

from nightdesk.cli import Commands, add_command, say, say_json, say_table
from nightdesk.cli.connection import connect_warehouse
from nightdesk.cli.night import open_job
from nightdesk.config import load_settings
from nightdesk.errors import ConfigError
from nightdesk.pipeline.takedown_scan import describe_scan
from nightdesk.pipeline.takedown_task import TakenDown, take_down
from nightdesk.tombstones import CURE, load_tombstones

_SHOWN = 20  # lines of a list; --json has all of them


def add_commands(commands: Commands) -> None:
    """Add `takedown`."""
    takedown = add_command(
        commands,
        "takedown",
        _takedown,
        "remove an article, or all of a source, with its traces from everything that "
        "is kept, bar it for good, and prove that it is gone; 1 if something is left",
        "takedown https://www.example.org/story --why 'court order 12/26'",
    )
    takedown.add_argument("url", nargs="?", metavar="URL", help="of the article")
    takedown.add_argument("--source", metavar="ID", help="all of this source instead")
    takedown.add_argument("--why", help="for who reads it in a year")
    takedown.add_argument("--who", default=None, help="default: the name of the login")
    takedown.add_argument("--list", action="store_true", help="print all takedowns")
    takedown.add_argument("--json", action="store_true")


def _takedown(options: argparse.Namespace) -> int:
    if options.list:
        return _list(options)
    if not options.why:
        raise ConfigError("takedown: --why: is missing; it is kept with the takedown")
    if bool(options.url) == bool(options.source):
        raise ConfigError("takedown: wants an address or --source ID, one of them")
    with open_job(with_world=False) as job:
        done = take_down(
            job,
            connect_warehouse(job.settings, must_exist=True),
            url=options.url,
            source_id=options.source,
            who=options.who or getpass.getuser(),
            why=options.why,
        )
    if options.json:
        say_json({**asdict(done), "is_clean": done.is_clean})
    else:
        _say(done, options.source)
    return 0 if done.is_clean else 1


def _list(options: argparse.Namespace) -> int:
    settings = load_settings()
    stones = load_tombstones(settings.decisions, {})
    rows = [asdict(stone) for stone in stones.rows]
    if options.json:
        say_json({"takedowns": rows, "problems": stones.problems})
        return 1 if stones.problems else 0
    for row in rows:
        row["articles"] = len(row["articles"])
    say_table(rows, ("at", "who", "articles", "source_id", "why"))
    for problem in stones.problems:
        say(f"cannot be read: {problem}: {CURE}")
    return 1 if stones.problems else 0


def _say(done: TakenDown, source_id: str | None) -> None:
    nights = ", ".join(map(str, done.nights)) or "none had it"
    say(f"articles   {len(done.ids)} barred; nights built again: {nights}")
    say("removed    " + ", ".join(f"{n} {name}" for name, n in done.counts.items()))
    say(f"scan       {describe_scan(done.scan)}")
    for line in (done.scan.hits + done.scan.unread)[:_SHOWN]:
        say(f"LEFT       {line}")
    links = [line for line in done.scan.others if line.startswith("archive/")]
    for line in links[:_SHOWN]:  # rows of others are those of the copies below
        say(f"names it   {line}")
    if done.copies:
        say("\nother articles that carry the text; they stay until you take them down:")
        say_table(done.copies, ("night", "source_id", "url", "title"))
    if source_id:
        say(f"\n{source_id} is not collected any more; remove it from sources.yaml")
