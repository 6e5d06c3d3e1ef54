"""Lines of a JSON lines file that hold no row."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


class BadLine(dict[str, Any]):
    """What stands for a bad line among the rows: no row of anybody's has its type."""


def make_bad_line(number: int, error: str) -> BadLine:
    """Return what stands for a line, counted from 1."""
    return BadLine(line=number, error=error)


def state_bad_line(bad: BadLine) -> Row:
    """Return the OUT row of a bad line; without an id, since any might be a row's.

    >>> state_bad_line(make_bad_line(7, "not a JSON object"))
    {'id': None, 'status': 'bad_row', 'error': 'not a JSON object', 'line': 7}
    """
    return {"id": None, "status": "bad_row", "error": bad["error"], "line": bad["line"]}
