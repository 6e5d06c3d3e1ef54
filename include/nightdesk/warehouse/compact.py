"""Give back the room that rewritten nights have left in a warehouse."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import duckdb

from nightdesk.errors import WarehouseError
from nightdesk.warehouse.connect import (
    STORAGE,
    Connect,
    Connection,
    open_patiently,
    open_warehouse,
)
from nightdesk.warehouse.content import hash_tables
from nightdesk.warehouse.lake import name_lake
from nightdesk.warehouse.lake_files import clean_lake
from nightdesk.warehouse.wal import make_way

log = logging.getLogger(__name__)

#: A file is worth compacting when this share of its blocks is free, and it is no
#: trifle: a copy reads and writes the rest of it.
_FREE_SHARE, _SMALLEST = 0.3, 32 << 20
#: A load compacts a file of which half is free: the copy then writes no more than the
#: loads before it have, and a file stays below twice the size of a compact one.
_HALF = 0.5


def find_room(connect: Connect) -> tuple[Path | None, float]:
    """Return the file of the warehouse and the share of it that is free.

    None: it is no file of its own, and has nothing to compact here.
    """
    with open_warehouse(connect) as con:
        return _read_room(con)


def _read_room(con: Connection) -> tuple[Path | None, float]:
    if name_lake(con):  # its CHECKPOINT is upkeep of all its files
        return None, 0.0
    con.execute("CHECKPOINT")
    row = con.execute(
        "SELECT path, total_blocks, free_blocks FROM pragma_database_size() AS s "
        "JOIN duckdb_databases() AS d USING (database_name) "
        "WHERE database_name = current_database() AND type = 'duckdb'"
    ).fetchone()
    if row is None or not row[0] or not Path(row[0]).is_file():
        return None, 0.0
    return Path(row[0]), row[2] / row[1] if row[1] else 0.0


def compact_loaded(con: Connection, *, smallest: int = _SMALLEST) -> bool:
    """Compact the file that loads have written to if half of it is free.

    What cannot be done is logged: what was loaded stays, and `maintain` tries again.

    Args:
        con: the only connection to it; nothing may be done with it afterwards but to
            close it.
        smallest: size of a file in bytes below which it is left alone.

    Returns:
        Whether it was compacted.
    """
    try:
        path, free = _read_room(con)
        if path is None or free < _HALF or path.stat().st_size < smallest:
            return False
        if con.execute("FROM duckdb_connection_count()").fetchone() != (1,):
            return False  # another thread has it open, and would write to the old file
        before, after = _swap_copy(con, path)
    except (OSError, duckdb.Error, WarehouseError) as error:
        log.warning("load: the file is not compacted: %s", error)
        return False
    log.info("load compacted file=%s before=%d after=%d", path, before, after)
    return True


def compact_if_worth(
    connect: Connect, *, smallest: int = _SMALLEST
) -> tuple[int, int] | None:
    """Compact the warehouse where that gives back much; return both sizes.

    Args:
        connect: opens the warehouse.
        smallest: size of a file in bytes below which it is left alone.

    Raises:
        WarehouseError: see `compact_warehouse`.
    """
    path, free = find_room(connect)
    if path is None or free < _FREE_SHARE or path.stat().st_size < smallest:
        return None
    return compact_warehouse(connect, path)


def compact_any(connect: Connect) -> dict[str, int]:
    """Compact the warehouse whatever that gives back: bytes of deleted rows go.

    Returns:
        Counts of what was done.

    Raises:
        WarehouseError: see `compact_warehouse`.
    """
    cleaned = clean_lake(connect, is_whole=True)
    if cleaned is None:
        path, _ = find_room(connect)
        before, after = compact_warehouse(connect, path) if path else (0, 0)
        return {"bytes": before - after}
    with open_warehouse(connect) as con:
        row = con.execute(
            "SELECT path FROM duckdb_databases() "
            "WHERE database_name = current_database()"
        ).fetchone()
    catalogue = Path(row[0] if row else "")
    if catalogue.is_file():  # small rows lie in it
        con = open_patiently(lambda: duckdb.connect(str(catalogue)))
        try:
            _swap_copy(con, catalogue)
        finally:
            con.close()
    return cleaned


def compact_warehouse(connect: Connect, path: Path) -> tuple[int, int]:
    """Copy the writer's file into a fresh one that takes its place; return both sizes.

    A kill leaves the old file in force. Other writers wait meanwhile.

    Args:
        connect: opens the warehouse.
        path: its file.

    Raises:
        WarehouseError: the copy cannot be written, or holds other rows.
    """
    with open_warehouse(connect) as con:
        return _swap_copy(con, path)


def _swap_copy(con: Connection, path: Path) -> tuple[int, int]:
    fresh = make_way(path.with_name(f".{path.name}.compact.tmp"))
    con.execute("CHECKPOINT")
    before = path.stat().st_size
    name = con.execute("SELECT current_database()").fetchall()[0][0]
    quoted = str(fresh).replace("'", "''")
    con.execute(f"ATTACH '{quoted}' AS fresh (STORAGE_VERSION '{STORAGE}')")
    con.execute(f'COPY FROM DATABASE "{name}" TO fresh')
    con.execute("DETACH fresh")
    with duckdb.connect(str(fresh), read_only=True) as copied:
        copied.execute("SET TimeZone = 'UTC'")
        if hash_tables(copied) != hash_tables(con):
            raise WarehouseError(f"compact: {fresh}: holds other rows: not used")
    with fresh.open("rb") as stream:
        os.fsync(stream.fileno())
    fresh.replace(path)  # while the lock is ours: nobody writes to the old one
    return before, path.stat().st_size
