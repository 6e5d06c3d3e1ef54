"""learn: frozen tables out of many nights."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from nightdesk.cli import Commands, add_command, parse_day, say, say_json, say_table
from nightdesk.config import load_settings
from nightdesk.errors import ConfigError
from nightdesk.pipeline import Job, last_night
from nightdesk.pipeline.job import utc_now
from nightdesk.pipeline.learn_task import learn_boilerplate

_MOST_NIGHTS = 3_650  # ten years


def add_commands(commands: Commands) -> None:
    """Add `learn`."""
    learn = add_command(
        commands,
        "learn",
        _learn,
        "learn from published nights what outlets put under many of their stories; "
        "nights that are built from now on leave it out",
        "learn boilerplate --until 2026-03-01 --nights 28",
    )
    learn.add_argument("table", choices=("boilerplate",), help="what to learn")
    learn.add_argument(
        "--until", type=parse_day, metavar="DAY", help="last night; default: last night"
    )
    learn.add_argument(
        "--nights",
        type=int,
        default=28,
        metavar="N",
        help=f"how many, 1 to {_MOST_NIGHTS}; default: 28",
    )
    learn.add_argument("--json", action="store_true")


def _learn(options: argparse.Namespace) -> int:
    if not 1 <= options.nights <= _MOST_NIGHTS:
        raise ConfigError(
            f"learn: --nights {options.nights}; allowed: 1 to {_MOST_NIGHTS}"
        )
    job = Job(load_settings(), "learn")
    until = options.until or last_night(utc_now())
    learned = learn_boilerplate(job, until, options.nights)
    if options.json:
        say_json({**learned, "rows": [asdict(row) for row in learned["rows"]]})
        return 0
    version, n_lines = learned["version"], len(learned["rows"])
    say(f"{options.table} {version}: {n_lines} lines, from {learned['n_texts']} texts")
    if learned["rows"]:
        say()
        columns = ("source_id", "n_texts", "n_of", "line")
        say_table([asdict(row) for row in learned["rows"]], columns)
        say("\na night that is built already takes it with: nightdesk run --latest")
    return 0
