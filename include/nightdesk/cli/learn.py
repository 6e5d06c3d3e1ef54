"""learn: frozen tables out of many nights."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from nightdesk.cli import Commands, add_command, parse_day, say, say_json, say_table
from nightdesk.cli.progress import warn
from nightdesk.config import Settings, load_settings
from nightdesk.errors import ConfigError
from nightdesk.pipeline import Job, last_night
from nightdesk.pipeline.frozen_tables import write_shipped_terms
from nightdesk.pipeline.job import utc_now
from nightdesk.pipeline.learn_task import LEARNERS

_MOST_NIGHTS = 3_650  # ten years
_SHOWN = 40  # rows; --json has all of them


def add_commands(commands: Commands) -> None:
    """Add `learn`."""
    learn = add_command(
        commands,
        "learn",
        _learn,
        "learn from published nights what outlets put under many of their stories, how "
        "rare terms are, and which wording unrelated texts share; nights that are "
        "built from now on use it",
        "learn boilerplate --until 2026-03-01 --nights 28",
    )
    learn.add_argument("table", choices=sorted(LEARNERS), help="what to learn")
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
    learn.add_argument(
        "--from-corpus",
        action="store_true",
        help="terms: make the table that is shipped, from the labelled text beside it",
    )
    learn.add_argument("--json", action="store_true")


def _learn(options: argparse.Namespace) -> int:
    if not 1 <= options.nights <= _MOST_NIGHTS:
        raise ConfigError(
            f"learn: --nights {options.nights}; allowed: 1 to {_MOST_NIGHTS}"
        )
    if options.from_corpus:
        return _learn_shipped(load_settings(), options.table)
    job = Job(load_settings(), "learn", say=warn)
    job.say(f"reading the texts of up to {options.nights} nights")
    until = options.until or last_night(utc_now())
    learned = LEARNERS[options.table](job, until, options.nights)
    rows = [asdict(row) for row in learned["rows"]]
    if options.json:
        say_json({**learned, "rows": rows})
        return 0
    version, n_texts = learned["version"], learned["n_texts"]
    say(f"{options.table} {version}: {len(rows)} rows, from {n_texts} texts")
    if rows:
        say()
        say_table(rows[:_SHOWN], tuple(rows[0]))
        if len(rows) > _SHOWN:
            say(f"... and {len(rows) - _SHOWN} more: --json")
        say("\na night that is built already takes it with: nightdesk run --latest")
    return 0


def _learn_shipped(settings: Settings, table: str) -> int:
    from nightdesk.cli.train import read_examples
    from nightdesk.deduplicate.rarity import count_terms
    from nightdesk.deduplicate.terms import list_terms

    if table != "terms":
        raise ConfigError(f"learn {table}: --from-corpus is for terms alone")
    texts = [example.text for example in read_examples(settings.shipped / "corpus")]
    rows = count_terms(("en", list_terms(None, text)) for text in texts)
    write_shipped_terms(settings.shipped, rows)
    say(f"terms that are shipped: {len(rows)} rows, from {len(texts)} texts")
    return 0
