"""Upkeep of a lake: old snapshots, the files that only they need, and lost ones.

A lake keeps what it was: every commit is a snapshot, and rows that are gone stay in
their files. A load that was killed leaves files that no snapshot knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from nightdesk.errors import WarehouseDamaged
from nightdesk.warehouse.connect import REBUILD, Connect, Connection, open_warehouse
from nightdesk.warehouse.lake import find_catalogue, name_lake
from nightdesk.warehouse.lake_digests import find_changed, prune_digests

#: How long snapshots can be gone back to; and files that none knows may be a load's
#: that has not committed yet.
_KEEP, _LOST = timedelta(days=7), timedelta(days=1)
#: A file is written again without its deleted rows from this share of them on.
_WORN = 0.3
_NOW = timedelta()
#: The tables of a catalogue that hold values of rows, and those that name such tables.
_VALUES = ("ducklake_table_column_stats", "ducklake_file_column_stats")
_INLINED = "ducklake_inlined_data_tables"


def clean_lake(connect: Connect, *, is_whole: bool = False) -> dict[str, int] | None:
    """Remove what a lake need not keep; return counts, None for what is no lake.

    Args:
        connect: opens the warehouse.
        is_whole: all but the rows of today, and all bytes of rows that were deleted;
            nobody else may be loading.

    Raises:
        WarehouseDamaged: a file is not what was written; nothing was changed.
    """
    with open_warehouse(connect) as con:
        lake = name_lake(con)
        return _clean(con, lake, is_whole=is_whole) if lake else None


def _clean(con: Connection, lake: str, *, is_whole: bool) -> dict[str, int]:
    keep, lost, worn = (_NOW, _NOW, 0.0) if is_whole else (_KEEP, _LOST, _WORN)
    for file, problem in find_changed(con, lake):
        # A file that is merged into another one would be as it ought to be from then.
        raise WarehouseDamaged(f"warehouse: {file}: {problem}", REBUILD)
    _call(con, "flush_inlined_data", lake)
    _call(con, "rewrite_data_files", lake, f"delete_threshold => {worn}")
    _call(con, "merge_adjacent_files", lake)
    if is_whole:
        _forget_bounds(con, lake)
    counts = {
        "snapshots": _call(con, "expire_snapshots", lake, _older_than(keep)),
        "files": _call(con, "cleanup_old_files", lake, "cleanup_all => true"),
        "lost files": _call(con, "delete_orphaned_files", lake, _older_than(lost)),
    }
    return {**counts, "digests": prune_digests(con, lake)}


def _forget_bounds(con: Connection, lake: str) -> None:
    """Forget the smallest and the largest text that a column ever had.

    DuckLake only ever widens these bounds: they would show texts that are long gone.
    Those of single files go with their file.
    """
    place = find_catalogue(con, lake)
    con.execute(
        f"UPDATE {place}.ducklake_table_column_stats SET min_value = NULL, "
        f"max_value = NULL WHERE (table_id, column_id) IN "
        f"(SELECT (table_id, column_id) FROM {place}.ducklake_column "
        "WHERE column_type IN ('varchar', 'json'))"
    )


def list_kept(con: Connection) -> Iterator[tuple[str, str]]:
    """Yield all in which a lake keeps values of rows, as a name and as SQL to read.

    Every Parquet file below its data path, whether a snapshot knows it or not, and
    tables of its catalogue. Nothing for what is no lake.
    """
    lake = name_lake(con)
    if lake is None:
        return
    place = find_catalogue(con, lake)
    inlined = con.execute(f"SELECT table_name FROM {place}.{_INLINED}").fetchall()
    for table in (*_VALUES, *(row[0] for row in inlined)):
        yield f"the catalogue: {table}", f'{place}."{table}"'
    sql = f"SELECT data_path || '**/*.parquet' FROM ducklake_settings('{lake}')"
    ((files,),) = con.execute(sql).fetchall()
    for (file,) in con.execute("FROM glob(?)", [files]).fetchall():
        quoted = file.replace("'", "''")
        yield file, f"read_parquet('{quoted}')"


def _older_than(age: timedelta) -> str:
    return f"older_than => now() - INTERVAL '{age.total_seconds():.0f} seconds'"


def _call(con: Connection, what: str, lake: str, *options: str) -> int:
    """Run a chore of DuckLake; return how many things it dealt with."""
    given = ", ".join((f"'{lake}'", *options))
    return len(con.execute(f"CALL ducklake_{what}({given})").fetchall())
