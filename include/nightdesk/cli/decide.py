"""decide, decisions: what people say about texts and stories, and what they said."""

from __future__ import annotations

import argparse
import getpass
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from nightdesk.cli import Commands, add_command, say, say_json, say_table
from nightdesk.config import load_settings
from nightdesk.decisions import (
    KINDS,
    append_decision,
    load_decisions,
    read_decision,
)
from nightdesk.errors import WarehouseError
from nightdesk.settings import Settings
from nightdesk.warehouse.read import Rows, name_articles, open_catalogue


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
        "print what people decided, the articles in it that no published night has "
        "(unknown), and the lines that cannot be read",
        "decisions --json",
    )
    listed.add_argument("--json", action="store_true")


def _decide(options: argparse.Namespace) -> int:
    row = {
        "kind": options.kind,
        "articles": [_read_id(text) for text in options.articles],
        "who": options.who or getpass.getuser(),
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "why": options.why,
    }
    decision = read_decision(json.dumps(row))
    settings = load_settings()
    path = settings.decisions / "texts.jsonl"
    append_decision(path, decision)
    say_table(
        _describe(settings, decision.articles),
        ("article_id", "night", "source_id", "title"),
    )
    say(f"{path}: added; the next load of any night applies it")
    return 0


def _describe(settings: Settings, article_ids: Iterable[int]) -> Rows:
    """Return what is known of articles, so that who decides sees what was meant."""
    try:
        with open_catalogue(settings.published) as con:
            known = name_articles(con, article_ids)
    except WarehouseError:  # nothing has been published: a decision may come first
        known = {}
    unknown = {"title": "(in no published night; applied once it is loaded)"}
    return [{"article_id": i, **known.get(i, unknown)} for i in article_ids]


def _read_id(text: str) -> int | str:
    # 64 bits have 19 digits; the rest is for `read_decision` to refuse.
    return int(text) if re.fullmatch(r"-?[0-9]{1,20}", text) else text


def _list(options: argparse.Namespace) -> int:
    settings = load_settings()
    rows, problems = load_decisions(settings.decisions)
    named = _describe(settings, {i for row in rows for i in row.articles})
    unknown = {row["article_id"] for row in named if "night" not in row}
    table = [
        {
            "at": row.at.isoformat(),
            "kind": row.kind,
            "articles": list(row.articles),
            "unknown": [i for i in row.articles if i in unknown],
            "who": row.who,
            "why": row.why,
        }
        for row in rows
    ]
    if options.json:
        say_json({"decisions": table, "problems": list(problems)})
    elif table:
        say_table(table, ("at", "kind", "articles", "unknown", "who", "why"))
    else:
        say("nobody has decided anything yet")
    for problem in () if options.json else problems:
        say(f"left out: {problem}")
    return 2 if problems else 0
