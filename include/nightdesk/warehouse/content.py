"""One order-independent content hash per table: equal hashes, equal rows.

Tests, drills and migrations compare by it. What two equal nights may differ in is left
out, and listed here.
"""

from __future__ import annotations

from datetime import date

from nightdesk.warehouse.connect import Connection

#: Columns that say when or how we came by a row, not what it is.
LEFT_OUT: dict[str, frozenset[str]] = {
    "entry": frozenset({"via", "dated_by", "content_via"}),
    "coverage": frozenset({"via"}),
    "article": frozenset(
        {"archive_file", "archive_offset", "captured_at", "content_via", "via"}
    ),
    "article_version": frozenset({"captured_at"}),
}
#: Tables that are a log of runs, in the order of the runs; checks compare a night with
#: those that were there when it was loaded.
SKIPPED = frozenset(
    {
        "check_result",
        "cluster_change",
        "fetch_log",
        "load_ledger",
        "load_turn",
        "schema_version",
        "story_change",
    }
)
#: The night of a row, where that is no column of its own.
NIGHT_OF = dict.fromkeys(("duplicate_pair", "story_pair"), "greatest(a_night, b_night)")


def list_tables(con: Connection) -> dict[str, list[str]]:
    """Return the columns of every table of the warehouse, by table name."""
    rows = con.execute(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_catalog = current_database() AND table_schema = 'main' "
        "AND table_name IN (SELECT table_name FROM information_schema.tables "
        " WHERE table_catalog = current_database() AND table_type = 'BASE TABLE') "
        "ORDER BY table_name, ordinal_position"
    ).fetchall()
    tables: dict[str, list[str]] = {}
    for table, column in rows:
        tables.setdefault(table, []).append(column)
    return tables


def night_column(table: str, columns: list[str]) -> str | None:
    """Return the SQL for a row's night; None for a table that is not by night."""
    return NIGHT_OF.get(table) or ("night" if "night" in columns else None)


def hash_tables(con: Connection, night: date | None = None) -> dict[str, str]:
    """Return `rows:hash` per table, for one night or for all.

    Tables that are not by night (source, region) are hashed whole in both cases.
    """
    result = {}
    for table, columns in list_tables(con).items():
        if table in SKIPPED:
            continue
        kept = [c for c in columns if c not in LEFT_OUT.get(table, frozenset())]
        by_night = night_column(table, columns)
        where = f"WHERE {by_night} = ?" if night and by_night else ""
        packed = ", ".join(f'"{c}" := "{c}"' for c in kept)
        n_rows, total = con.execute(
            "SELECT count(*), coalesce(sum(md5_number_lower("
            f"to_json(struct_pack({packed}))::VARCHAR)::HUGEINT), 0) "
            f"FROM {table} {where}",
            [night] if where else [],
        ).fetchall()[0]
        result[table] = f"{n_rows}:{total:x}"
    return result


def read_blocks(con: Connection) -> None:
    """Read every value of every table, so that the engine compares its checksums.

    Also of the columns and tables that no hash has. A count, a minimum or a maximum is
    answered from statistics, and reads nothing. Blocks of which every row is deleted
    hold nothing that anybody asks for, and stay unread.

    Raises:
        duckdb.Error: a block is damaged.
    """
    for table, columns in list_tables(con).items():
        for column in columns:  # one at a time: wide texts are not all held at once
            con.execute(f'SELECT bit_xor(hash("{column}")) FROM "{table}"').fetchall()
