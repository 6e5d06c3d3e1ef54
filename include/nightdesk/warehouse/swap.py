"""A warehouse that was built beside takes the place of the old one, all at once."""

from __future__ import annotations

import logging
from pathlib import Path

import duckdb

from nightdesk.errors import WarehouseError, WarehouseLocked
from nightdesk.warehouse.catalogue import flush
from nightdesk.warehouse.connect import (
    Connect,
    Connection,
    apply_schema,
    drop_all,
    open_patiently,
    open_warehouse,
    transaction,
)
from nightdesk.warehouse.content import list_tables
from nightdesk.warehouse.wal import name_wal

log = logging.getLogger(__name__)


def swap_file(fresh: Path, path: Path) -> None:
    """Put a database file in the place of another one, or of none.

    A kill leaves the one or the other. Other writers wait meanwhile, and this one for
    them.

    Raises:
        WarehouseLocked: another process has the old one open for long.
        WarehouseError: the new one cannot be put there.
    """
    with open_warehouse(lambda: duckdb.connect(str(fresh))) as con:
        con.execute("CHECKPOINT")
    old = _open_old(path)
    try:
        # Its WAL would be taken for one of the new file.
        name_wal(path).unlink(missing_ok=True)
        flush(fresh)
        fresh.replace(path)
        flush(path.parent)
    except OSError as error:
        raise WarehouseError(f"rebuild: {path}: {error}") from error
    finally:
        if old is not None:
            old.close()


def _open_old(path: Path) -> Connection | None:
    """Return the old file, locked and without a WAL; None if it cannot be opened."""
    if not path.exists():
        return None
    try:
        old = open_patiently(lambda: duckdb.connect(str(path)))
    except WarehouseLocked:
        raise
    except WarehouseError as error:
        log.warning("rebuild: what is replaced is damaged: %s", error)
        return None
    try:
        old.execute("CHECKPOINT")
    except duckdb.Error as error:
        log.warning("rebuild: what is replaced is damaged: %s", error)
    return old


def fill_anew(connect: Connect, fresh: Path) -> None:
    """Put all rows of a database file in the place of those of a warehouse.

    In one transaction, whatever the warehouse was: that of before, or this one.

    Raises:
        WarehouseError: it cannot be opened or written.
    """
    quoted = str(fresh).replace("'", "''")
    with open_warehouse(connect, is_migrated=False) as con:
        con.execute(f"ATTACH '{quoted}' AS made (READ_ONLY)")
        with transaction(con):
            drop_all(con)
            apply_schema(con)
            for table in list_tables(con):
                con.execute(f'DELETE FROM "{table}"')
                con.execute(f'INSERT INTO "{table}" BY NAME FROM made.main."{table}"')
        con.execute("DETACH made")
