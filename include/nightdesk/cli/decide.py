"""decide, decisions: what people say about texts and stories, and what they said."""

from __future__ import annotations

import argparse
import getpass
import json
from datetime import UTC, datetime

from nightdesk.cli import Commands, add_command, say, say_json, say_table
from nightdesk.config import load_settings
from nightdesk.decisions import (
    KINDS,
    append_decision,
    load_decisions,
    read_decision,
)


def add_commands(commands: Commands) -> None:
    """Add `decide` and `decisions`."""
    decide = add_command(
        commands,
        "decide",
        _decide,
        "say that articles carry one text or tell one story, or that they do not: "
        "a split makes the articles named one of their own, apart from the rest",
        "decide cluster_merge 17 https://a.example/fish --why 'one text, retyped'",
    )
    decide.add_argument("kind", choices=KINDS)
    decide.add_argument(
        "articles", nargs="+", metavar="ARTICLE", help="article id or address"
    )
    decide.add_argument("--why", required=True, help="for who reads it in a year")
    decide.add_argument("--who", default=None, help="default: the name of the login")
    listed = add_command(
        commands,
        "decisions",
        _list,
        "print what people decided, and the lines that cannot be read",
        "decisions --json",
    )
    listed.add_argument("--json", action="store_true")


def _decide(options: argparse.Namespace) -> int:
    row = {
        "kind": options.kind,
        "articles": [_read_id(text) for text in options.articles],
        "who": options.who or getpass.getuser(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "why": options.why,
    }
    decision = read_decision(json.dumps(row))
    path = load_settings().decisions / "texts.jsonl"
    append_decision(path, decision)
    say(f"{path}: added; the next load of any night applies it")
    return 0


def _read_id(text: str) -> int | str:
    return int(text) if text.removeprefix("-").isdecimal() else text


def _list(options: argparse.Namespace) -> int:
    rows, problems = load_decisions(load_settings().decisions)
    table = [
        {
            "at": row.at.isoformat(),
            "kind": row.kind,
            "articles": list(row.articles),
            "who": row.who,
            "why": row.why,
        }
        for row in rows
    ]
    if options.json:
        say_json({"decisions": table, "problems": list(problems)})
    elif table:
        say_table(table, ("at", "kind", "articles", "who", "why"))
    else:
        say("nobody has decided anything yet")
    for problem in () if options.json else problems:
        say(f"left out: {problem}")
    return 2 if problems else 0
