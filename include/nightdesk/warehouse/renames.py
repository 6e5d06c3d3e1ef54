"""A source that was renamed has one id in all nights, those loaded long ago as well."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from nightdesk.warehouse.connect import Connection
from nightdesk.warehouse.content import list_tables, night_column

#: Columns that name a source.
_COLUMNS = ("source_id", "origin_id")


def rename_sources(con: Connection, present: Mapping[str, str]) -> set[date]:
    """Give every row the present id of its source; return the nights that changed.

    Nothing but the id depends on the id, so that the rows are then those which a
    rebuild of their night would load.

    Args:
        con: inside a transaction.
        present: old id -> present id.
    """
    olds, nights = sorted(present), set[date]()
    for table, columns in list_tables(con).items():
        night = night_column(table, columns)
        for column in set(columns) & {*_COLUMNS}:
            found = con.execute(
                f"SELECT DISTINCT {column}, {night or 'NULL'} FROM {table} "
                f"WHERE {column} IN (SELECT unnest(?::VARCHAR[]))",
                [olds],
            ).fetchall()
            nights |= {row[1] for row in found if row[1] is not None}
            for old in {row[0] for row in found}:
                con.execute(
                    f"UPDATE {table} SET {column} = ? WHERE {column} = ?",
                    [present[old], old],
                )
    return nights
