"""Digests of a lake's files, kept in its catalogue.

Parquet files have no checksum: with a flipped bit they read as other rows, and nothing
says so. What a file held when it was committed is written down right after; `verify`
compares all of them, a publish those that hold its nights.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

import duckdb

from nightdesk.warehouse.lake import find_catalogue

_TABLE = "nightdesk_file_digest"
_FILES = """
SELECT table_name, file.path FROM (
    SELECT table_id, path FROM {place}.ducklake_data_file WHERE end_snapshot IS NULL
    UNION ALL
    SELECT table_id, path FROM {place}.ducklake_delete_file WHERE end_snapshot IS NULL
) AS file JOIN {place}.ducklake_table AS named USING (table_id)
WHERE named.end_snapshot IS NULL
"""
_KNOWN = """
SELECT path FROM {place}.ducklake_data_file
UNION ALL SELECT path FROM {place}.ducklake_delete_file
"""
_OF_OTHER_NIGHTS = """
SELECT data.path
FROM {place}.ducklake_data_file AS data
JOIN {place}.ducklake_file_column_stats AS stats USING (data_file_id)
JOIN {place}.ducklake_column AS named
    ON (named.table_id, named.column_id) = (stats.table_id, stats.column_id)
WHERE named.column_name = 'night' AND (stats.min_value > ? OR stats.max_value < ?)
"""


def record_digests(con: duckdb.DuckDBPyConnection, lake: str) -> None:
    """Write down the digests of a lake's files that have none, outside a transaction.

    Args:
        con: a connection to which the lake is attached.
        lake: what it is attached as.
    """
    place = find_catalogue(con, lake)
    known = _read_digests(con, place)
    files = con.execute(_FILES.format(place=place)).fetchall()
    tables = sorted({table for table, path in files if _name(path) not in known})
    fresh = [
        (_name(file), _digest(con, file))
        for table in tables
        for pair in _list_files(con, lake, table)
        for file in pair
        if _name(file) not in known
    ]
    if not fresh:
        return
    con.execute(
        f"CREATE TABLE IF NOT EXISTS {place}.{_TABLE} (name VARCHAR, sha256 VARCHAR)"
    )
    con.executemany(f"INSERT INTO {place}.{_TABLE} VALUES (?, ?)", fresh)


def prune_digests(con: duckdb.DuckDBPyConnection, lake: str) -> int:
    """Forget the digests of files that no snapshot has any more; return how many.

    A digest is written after its file was committed: those that are read first have
    their file in what is read next, whatever another load commits meanwhile.
    """
    place = find_catalogue(con, lake)
    known = _read_digests(con, place)
    rows = con.execute(_KNOWN.format(place=place)).fetchall()
    gone = sorted(known.keys() - {_name(path) for (path,) in rows})
    if gone:
        con.execute(
            f"DELETE FROM {place}.{_TABLE} WHERE name IN (SELECT unnest(?))", [gone]
        )
    return len(gone)


def find_changed(
    con: duckdb.DuckDBPyConnection, lake: str, nights: Collection[date] = ()
) -> Iterator[tuple[str, str]]:
    """Yield files whose bytes are not those that were written, and what is wrong.

    Args:
        con: a connection to which the lake is attached.
        lake: what it is attached as.
        nights: only files that may hold rows of the time from the first to the last;
            none: all files.
    """
    place = find_catalogue(con, lake)
    known = _read_digests(con, place)
    others = set[str]()
    if nights:
        last, first = max(nights).isoformat(), min(nights).isoformat()
        rows = con.execute(_OF_OTHER_NIGHTS.format(place=place), [last, first])
        others = {_name(path) for (path,) in rows.fetchall()}
    files = con.execute(_FILES.format(place=place)).fetchall()
    for table in sorted({table for table, _ in files}):
        for data, *deleted in _list_files(con, lake, table):
            if _name(data) in others:
                continue
            for file in (data, *deleted):
                if problem := _find_fault(con, file, known.get(_name(file))):
                    yield file, problem


def _find_fault(
    con: duckdb.DuckDBPyConnection, file: str, known: str | None
) -> str | None:
    try:
        digest = _digest(con, file)
    except duckdb.Error as error:
        return f"cannot be read: {error}"
    return "its bytes have changed" if known not in (None, digest) else None


def _read_digests(con: duckdb.DuckDBPyConnection, place: str) -> dict[str, str]:
    try:
        return dict(con.execute(f"FROM {place}.{_TABLE}").fetchall())
    except duckdb.CatalogException:  # of before there were any
        return {}


def _list_files(
    con: duckdb.DuckDBPyConnection, lake: str, table: str
) -> Iterator[tuple[str, ...]]:
    """Yield each file of a table, with the one that says which of its rows are gone."""
    rows = con.execute(
        "SELECT data_file, delete_file FROM ducklake_list_files(?, ?)", [lake, table]
    )
    for pair in rows.fetchall():
        yield tuple(file for file in pair if file)


def _digest(con: duckdb.DuckDBPyConnection, file: str) -> str:
    sql = "SELECT sha256(content) FROM read_blob(?)"
    ((digest,),) = con.execute(sql, [[file]]).fetchall()
    return str(digest)


def _name(path: str) -> str:
    return path.rpartition("/")[2]  # each has a name of its own
