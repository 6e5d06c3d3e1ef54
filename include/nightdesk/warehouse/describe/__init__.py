"""What every table, mart and column means: the files here, and the marts' own.

One file per table, so that a migration brings its descriptions beside it; the marts'
stand in `marts/<mart>/schema.yaml`. From them come the comments in the catalogue, the
pages in `docs/`, and the tests that hold the schema to what is said of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nightdesk.errors import WarehouseError

_HERE = Path(__file__).parent
_MARTS = _HERE.parent / "marts"
_CHANGES = _HERE.parent / "schema" / "changes.yaml"

#: Who may rely on a table: readers, or the loader alone.
USES = ("promised", "internal")
#: The columns of the picture, left to right.
AREAS = {
    "names": "Names and regions",
    "articles": "Articles, sources and runs",
    "copies": "Copies, stories and decisions",
}


@dataclass(frozen=True)
class Column:
    """A column: its type in SQL, its meaning, and the column whose values it holds."""

    name: str
    type: str
    means: str
    to: str | None = None  # table.column
    added: bool = False  # by publishing: the writer's file does not have it


@dataclass(frozen=True)
class Table:
    """A table or a mart as readers see it."""

    name: str
    grain: str
    means: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()  # together they are in one row only; (): a mart
    use: str = "promised"  # one of USES
    area: str | None = None  # one of AREAS; None: a mart


@dataclass(frozen=True)
class Change:
    """What a migration changed for a reader."""

    version: int
    means: str


def read_tables() -> dict[str, Table]:
    """Return the described tables by name, internal ones too.

    Raises:
        WarehouseError: a file is wrong; names it and the key.
    """
    found = (_read_table(path) for path in sorted(_HERE.glob("*.yaml")))
    return {table.name: table for table in found}


def read_marts() -> dict[str, Table]:
    """Return the marts as tables, by name; `means` is the question that they answer."""
    tables = {}
    for path in sorted(_MARTS.glob("*/schema.yaml")):
        data = _read(path)
        tables[data["mart"]] = Table(
            data["mart"], data["grain"], data["answers"], _columns_of(path, data)
        )
    return tables


def read_changes() -> list[Change]:
    """Return what each migration changed for readers, newest first."""
    rows = _read(_CHANGES)
    return [Change(int(version), rows[version]) for version in sorted(rows)[::-1]]


def _read_table(path: Path) -> Table:
    data = _read(path)
    for key in ("grain", "means", "key", "columns"):
        if not data.get(key):
            raise WarehouseError(f"{path.name}: {key}: missing")
    for key, allowed in (("use", USES), ("area", tuple(AREAS)), ("table", [path.stem])):
        if data.get(key) not in allowed:
            words = f"{data.get(key)!r}; allowed: {', '.join(allowed)}"
            raise WarehouseError(f"{path.name}: {key}: {words}")
    return Table(
        name=data["table"],
        grain=data["grain"],
        means=data["means"],
        columns=_columns_of(path, data),
        key=tuple(data["key"]),
        use=data["use"],
        area=data["area"],
    )


def _columns_of(path: Path, data: dict[str, Any]) -> tuple[Column, ...]:
    try:
        return tuple(Column(**row) for row in data["columns"])
    except TypeError as error:
        raise WarehouseError(f"{path.name}: columns: {error}") from error


def _read(path: Path) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(path.read_text("utf-8"), Loader=loader)  # noqa: S506  safe
    except yaml.YAMLError as error:
        raise WarehouseError(f"{path}: {error}") from error


def write_comments(relations: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Yield the `COMMENT ON` statements of what is there.

    Args:
        relations: table or view, TABLE or VIEW, column: a row for each column.
    """
    known = read_tables() | read_marts()
    said = set()
    for name, kind, column in relations:
        if name not in known:
            continue
        table = known[name]
        if name not in said:
            said.add(name)
            text = f"{table.means} One row: {table.grain}."
            yield f"COMMENT ON {kind} {name} IS {_quote(text)}"
        for described in table.columns:
            if described.name == column:
                text = _quote(described.means)
                yield f'COMMENT ON COLUMN {name}."{column}" IS {text}'


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
