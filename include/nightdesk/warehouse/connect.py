"""Open the warehouse, wait for another writer, bring the schema up to date."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from nightdesk.errors import WarehouseError, WarehouseLocked

log = logging.getLogger(__name__)

Connection = duckdb.DuckDBPyConnection
Connect = Callable[[], Connection]

_SCHEMA = Path(__file__).parent / "schema"
_HOLDER = re.compile(r"Conflicting lock is held in (?P<who>.*?) ?\(PID (?P<pid>\d+)\)")
STORAGE = "v1.5.0"  # files that DuckDB 1.5 can open, whichever version makes them


def connect_to(uri: str) -> Connect:
    """Return what opens a DuckDB connection string; makes a missing file's folder.

    A new file is created in a storage version that DuckDB 1.5 reads.
    """

    def connect() -> Connection:
        path = Path(uri)
        if ":" not in uri.split("/", 1)[0] and not path.exists():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise WarehouseError(f"warehouse: {path}: {error}") from error
            _create(path)
        return duckdb.connect(uri)

    return connect


def _create(path: Path) -> None:
    """Make a new file, whole from the start; somebody else's that came first stays."""
    with tempfile.TemporaryDirectory(
        prefix=f".{path.name}.", dir=path.parent
    ) as folder:
        fresh = Path(folder) / path.name
        quoted = str(fresh).replace("'", "''")
        with duckdb.connect() as memory:
            memory.execute(f"ATTACH '{quoted}' AS fresh (STORAGE_VERSION '{STORAGE}')")
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(fresh)


@contextmanager
def open_warehouse(connect: Connect, *, wait_s: float = 120) -> Iterator[Connection]:
    """Open the warehouse for writing, with its schema up to date.

    Args:
        connect: opens a connection (`connect_to`, or a hook's `get_conn`).
        wait_s: how long to wait for another process that has it open.

    Raises:
        WarehouseLocked: another process held it for all that time; names its pid.
        WarehouseError: it cannot be opened.
    """
    con = _patiently(connect, wait_s)
    try:
        con.execute("SET TimeZone = 'UTC'")
        migrate(con)
        yield con
    except duckdb.Error as error:
        raise WarehouseError(f"warehouse: {error}") from error
    finally:
        con.close()


def _patiently(connect: Connect, wait_s: float) -> Connection:
    deadline, pause = time.monotonic() + wait_s, 0.2
    while True:
        try:
            return connect()
        except duckdb.IOException as error:
            holder = _HOLDER.search(str(error))
            if holder is None:
                raise WarehouseError(f"warehouse: cannot be opened: {error}") from error
            pid = int(holder["pid"])
            if time.monotonic() >= deadline:
                raise WarehouseLocked(
                    f"warehouse: locked by process {pid} ({holder['who']}); "
                    "end that process or wait until it is done",
                    pid,
                ) from error
            log.warning("warehouse locked pid=%d, waiting", pid)
            time.sleep(pause)
            pause = min(pause * 2, 5)


def migrate(con: Connection) -> None:
    """Apply the numbered schema files that this warehouse has not seen, in order.

    Raises:
        WarehouseError: a file that was applied has been changed since.
    """
    con.execute(
        "CREATE TABLE IF NOT EXISTS schema_version ("
        "version INTEGER NOT NULL, sha256 VARCHAR NOT NULL)"
    )
    rows = con.execute("SELECT version, sha256 FROM schema_version").fetchall()
    applied = dict(rows)
    for path in sorted(_SCHEMA.glob("[0-9]*.sql")):
        version = int(path.name.split("_", 1)[0])
        sql = path.read_text("utf-8")
        digest = hashlib.sha256(sql.encode()).hexdigest()
        if version not in applied:
            with transaction(con):
                con.execute(sql)
                con.execute(
                    "INSERT INTO schema_version VALUES (?, ?)", [version, digest]
                )
        elif applied[version] != digest:
            raise WarehouseError(
                f"warehouse: schema file {path.name} is not the one that made this "
                "warehouse; schema files are added, never changed"
            )


def read_version(connect: Connect) -> int:
    """Return the number of the newest schema file that a warehouse has seen.

    0: none. Nothing is migrated.
    """
    con = _patiently(connect, 120)
    try:
        tables = {row[0] for row in con.execute("SHOW TABLES").fetchall()}
        if "schema_version" not in tables:
            return 0
        row = con.execute("SELECT coalesce(max(version), 0) FROM schema_version")
        return int((row.fetchone() or (0,))[0])
    except duckdb.Error as error:
        raise WarehouseError(f"warehouse: {error}") from error
    finally:
        con.close()


@contextmanager
def transaction(con: Connection) -> Iterator[None]:
    """Commit what happens inside, or nothing of it."""
    con.execute("BEGIN TRANSACTION")
    with _ending(con):
        yield


@contextmanager
def load_transaction(con: Connection, *, wait_s: float = 600) -> Iterator[None]:
    """Commit a load, or nothing of it; loads of several connections take turns.

    A load reads what other nights hold, so that two side by side would each miss the
    other's articles: neither sees what the other has not committed. Between processes
    the lock on a file keeps them apart. Where one file is open twice in a process, the
    second waits here; on an engine that finds the clash at the commit, its load fails
    and is to be run again.

    Raises:
        WarehouseLocked: others took all that time.
    """
    deadline = time.monotonic() + wait_s
    while not _take_turn(con):
        if time.monotonic() >= deadline:
            raise WarehouseLocked(f"warehouse: other loads took {wait_s:.0f} s")
        time.sleep(0.1)
    with _ending(con):
        yield


def _take_turn(con: Connection) -> bool:
    """Begin a transaction with the turn; False, and none, if another has it."""
    con.execute("BEGIN TRANSACTION")
    try:
        con.execute("UPDATE load_turn SET n = n + 1")
    except duckdb.TransactionException:
        con.execute("ROLLBACK")
        return False
    return True


@contextmanager
def _ending(con: Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        con.execute("ROLLBACK")
        raise
    con.execute("COMMIT")
