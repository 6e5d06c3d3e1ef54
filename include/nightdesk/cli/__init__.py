"""One module per group of commands; each has `add_commands(commands)`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

Commands = Any  # argparse keeps the type of its sub-parsers to itself
Handler = Callable[[argparse.Namespace], int]


def add_command(
    commands: Commands, name: str, run: Handler, about: str, example: str
) -> argparse.ArgumentParser:
    """Add a sub-command with its example and return its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=about, description=about, epilog=f"example: nightdesk {example}"
    )
    parser.set_defaults(run=run)
    return parser


def add_private_option(parser: argparse.ArgumentParser) -> None:
    """Add `--allow-private`, for what asks one address."""
    parser.add_argument(
        "--allow-private",
        action="store_true",
        help="ask a private address too, as the key `allow_private` of a source does",
    )


def parse_day(text: str) -> date:
    """Return a day written as YYYY-MM-DD.

    Raises:
        argparse.ArgumentTypeError: it is written otherwise, or no day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a day (YYYY-MM-DD)"
        ) from error


def say(line: str = "") -> None:
    """Write a line for people."""
    sys.stdout.write(line + "\n")


def say_json(value: object) -> None:
    """Write a value for programs."""
    say(json.dumps(value, default=str, ensure_ascii=False))


def say_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write rows as aligned columns; numbers to the right."""
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [
        max(len(column), *(len(row[i]) for row in cells)) if cells else len(column)
        for i, column in enumerate(columns)
    ]
    say("  ".join(c.ljust(w) for c, w in zip(columns, widths, strict=True)).rstrip())
    for row in cells:
        parts = [
            cell.rjust(w) if cell.lstrip("-").isdigit() else cell.ljust(w)
            for cell, w in zip(row, widths, strict=True)
        ]
        say("  ".join(parts).rstrip())


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return "".join(c if c.isprintable() else " " for c in text)
