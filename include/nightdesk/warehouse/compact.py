"""Give back the room that rewritten nights have left in a database file."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from nightdesk.errors import WarehouseError
from nightdesk.warehouse.connect import STORAGE, Connect, open_warehouse
from nightdesk.warehouse.content import hash_tables


def compact_warehouse(connect: Connect, path: Path) -> tuple[int, int]:
    """Copy the writer's file into a fresh one that takes its place; return both sizes.

    A kill leaves the old file in force. Other writers wait meanwhile.

    Args:
        connect: opens the warehouse.
        path: its file.

    Raises:
        WarehouseError: the copy cannot be written, or holds other rows.
    """
    fresh = path.with_name(f".{path.name}.compact.tmp")
    fresh.unlink(missing_ok=True)
    with open_warehouse(connect) as con:
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
