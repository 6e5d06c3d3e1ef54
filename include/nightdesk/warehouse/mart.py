"""Marts as they lie in their folders: query, checks, and what the schema says of them.

A mart is a query for `$night`. It reads the tables of the warehouse, and by name the
marts that its schema lists under `reads`; with `looks_back` it depends on so many
nights before its own, and is made again when one of them changes.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import yaml

from nightdesk.errors import CheckFailed
from nightdesk.warehouse.connect import Connection

log = logging.getLogger(__name__)

_MARTS = Path(__file__).parent / "marts"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # neither makes objects
#: A check of a mart: `-- error: name` or `-- warn: name`, a query, a semicolon.
_CHECK = re.compile(r"^-- (error|warn): (\w+)$(.*?);", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mart:
    """One mart.

    Attributes:
        name: of its folder and its table.
        query: one SELECT for `$night`.
        columns: name and type, in order.
        reads: other marts that the query names.
        looks_back: how many nights before its own it depends on.
        is_table: kept whole in the catalogue; else readers get a view over its parts.
    """

    name: str
    query: str
    columns: tuple[tuple[str, str], ...]
    reads: tuple[str, ...]
    looks_back: int
    is_table: bool


@cache  # files of the package, which do not change under it
def load_marts() -> tuple[Mart, ...]:
    """Return every mart, each after those that it reads, else by name."""
    marts = {}
    for path in sorted(_MARTS.glob("*/query.sql")):
        text = path.with_name("schema.yaml").read_text("utf-8")
        schema = yaml.load(text, Loader=_LOADER)  # noqa: S506
        marts[path.parent.name] = Mart(
            path.parent.name,
            path.read_text("utf-8").rstrip().rstrip(";"),
            tuple((column["name"], column["type"]) for column in schema["columns"]),
            tuple(schema.get("reads", ())),
            schema.get("looks_back", 0),
            schema.get("kept") != "parts",
        )
    order = TopologicalSorter({name: mart.reads for name, mart in marts.items()})
    return tuple(marts[name] for name in order.static_order())


def list_marts() -> dict[str, str]:
    """Return the query of every mart by name, each after those that it reads."""
    return {mart.name: mart.query for mart in load_marts()}


def show_parts(con: Connection, mart: Mart, parts: list[Path]) -> None:
    """Let queries read the parts of a mart, which may be none, under its name."""
    if parts:
        paths = ", ".join("'" + str(part).replace("'", "''") + "'" for part in parts)
        rows = f"SELECT * FROM read_parquet([{paths}])"
    else:
        nulls = (f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in mart.columns)
        rows = f"SELECT {', '.join(nulls)} WHERE false"
    con.execute(f"CREATE OR REPLACE TEMP VIEW {mart.name} AS {rows}")


def check_mart(con: Connection, mart: Mart, night: date) -> None:
    """Run the checks of a mart, which queries see under its name, on one night.

    Raises:
        CheckFailed: a check of severity error found rows.
    """
    text = (_MARTS / mart.name / "checks.sql").read_text("utf-8")
    for severity, name, sql in _CHECK.findall(text):
        rows = con.execute(sql, {"night": night}).fetchall()
        if rows and severity == "error":
            raise CheckFailed(
                f"publish: night {night}: mart {mart.name}: {name}: "
                f"{len(rows)}, {rows[0]}",
                night,
                [(f"{mart.name}.{name}", len(rows), repr(rows[0]))],
            )
        if rows:
            log.warning(
                "publish night=%s mart=%s check=%s rows=%d",
                night,
                mart.name,
                name,
                len(rows),
            )
