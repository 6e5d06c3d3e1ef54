"""The page of the schema: every table, mart, column and change, as described."""

from __future__ import annotations

from collections.abc import Iterable

from nightdesk.warehouse.describe import Change, Table

_HEAD = """\
# The schema

Written by `nightdesk warehouse describe --docs docs` from the files in
`include/nightdesk/warehouse/describe/` and `marts/*/schema.yaml`: change those, not
this page. The same sentences are comments in `current.duckdb` (`duckdb_columns()`), and
`nightdesk warehouse describe TABLE` prints them. How to ask: [warehouse](warehouse.md).

**Promised to readers:** every table and mart on this page keeps its name, its grain and
its columns with their types and meanings; new ones may come. What would break that is
marked breaking in the [changes](../CHANGELOG.md) and by number at the end of this page.
Times are instants in UTC; `night` is the UTC day that owns a row; NIGHTLESS
hold for all nights and have none; `n_*` are counts, `*_id` ids, `*_at` instants, `*_on`
days.

![Tables and what refers to what](schema.svg)
"""


def write_page(
    tables: Iterable[Table], marts: Iterable[Table], changes: Iterable[Change]
) -> str:
    """Return the page as Markdown; internal tables are left out.

    Args:
        tables: of `read_tables`.
        marts: of `read_marts`.
        changes: of `read_changes`.
    """
    shown = [table for table in tables if table.use == "promised"]
    parts = [_head(shown), "## Tables\n", *(_write_table(table) for table in shown)]
    parts += ["## Marts\n", *(_write_table(mart) for mart in marts)]
    parts += ["## What changed\n", "| migration | for a reader |\n| --- | --- |"]
    lines = [f"| {change.version:03} | {_cell(change.means)} |" for change in changes]
    return "\n".join([*parts, *lines]) + "\n"


def _head(tables: Iterable[Table]) -> str:
    names = [t.name for t in tables if "night" not in {c.name for c in t.columns}]
    listed = ", ".join(f"`{name}`" for name in names)
    return _HEAD.replace("NIGHTLESS", listed)


def _write_table(table: Table) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    lines = [
        f"### {table.name}\n",
        f"{table.means} A row is {table.grain}" + (f" ({key})." if key else "."),
        "\n| column | type | meaning |\n| --- | --- | --- |",
    ]
    for column in table.columns:
        means = column.means + (f" As `{column.to}`." if column.to else "")
        lines.append(f"| `{column.name}` | {_cell(column.type)} | {_cell(means)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
