"""decide, decisions: what people say about texts and stories, and what they said."""

from __future__ import annotations

import argparse
import getpass
import re
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from nightdesk.cli import Commands, add_command, say, say_json, say_table
from nightdesk.config import load_settings
from nightdesk.corrections import load_corrections
from nightdesk.decisions import KINDS, load_decisions, load_merges
from nightdesk.pipeline.correct_task import find_unmet
from nightdesk.pipeline.decide_task import (
    decide_texts,
    find_texts_file,
    list_known,
    list_unread,
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
        "print what people decided, the articles in it that no published night has "
        "(unknown), and the lines that cannot be read",
        "decisions --json",
    )
    listed.add_argument("--json", action="store_true")


def _decide(options: argparse.Namespace) -> int:
    row = {
        "kind": options.kind,
        "articles": [read_id(text) for text in options.articles],
        "who": options.who or getpass.getuser(),
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "why": options.why,
    }
    settings = load_settings()
    decision = decide_texts(settings, row)
    say_table(
        list_known(settings, decision.articles),
        ("article_id", "night", "source_id", "title"),
    )
    path = find_texts_file(settings)
    say(f"{path}: added; the next load of any night applies it")
    return 0


def read_id(text: str) -> int | str:
    """Return an article id as a number, whatever else as it is."""
    # 64 bits have 19 digits; the rest is for `read_decision` to refuse.
    return int(text) if re.fullmatch(r"-?[0-9]{1,20}", text) else text


def _list(options: argparse.Namespace) -> int:
    settings = load_settings()
    rows = load_decisions(settings.decisions).rows
    merges = load_merges(settings.decisions).rows
    corrections = load_corrections(settings.decisions)
    named = list_known(settings, {i for row in rows for i in row.articles})
    unknown = {row["article_id"] for row in named if "night" not in row}
    listed = {
        "decisions": [
            {**_show(row), "unknown": [i for i in row.articles if i in unknown]}
            for row in rows
        ],
        "merges": [_show(row) for row in merges],
        "corrections": [_show(row) for row in corrections.rows],
    }
    problems = list_unread(settings.decisions)
    unmet = find_unmet(settings, corrections.rows)
    if options.json:
        say_json({**listed, "problems": problems, "unmet": unmet})
        return 2 if problems else 0
    for name, table in listed.items():
        if table:
            say(name)
            say_table(table, tuple(table[0]))
    if not any(listed.values()):
        say("nobody has decided anything yet")
    for problem in problems:
        say(f"cannot be read: {problem}")
    for problem in unmet:
        say(f"not applied: {problem}")
    return 2 if problems else 0


def _show(row: Any) -> dict[str, Any]:
    """Return a row for people: its time as `at`, in front, and lists as such."""
    values = asdict(row)
    at = values.pop("at", None) or values.pop("decided_at")
    lists = {k: list(v) for k, v in values.items() if isinstance(v, tuple)}
    return {"at": at.isoformat(), **values, **lists}
