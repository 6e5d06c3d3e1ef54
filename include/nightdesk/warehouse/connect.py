"""Open the warehouse, wait for another writer, bring the schema up to date."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import duckdb

from nightdesk.errors import (
    ConfigError,
    WarehouseDamaged,
    WarehouseError,
    WarehouseLocked,
    WarehouseMissing,
)
from nightdesk.warehouse.lake import (
    NO_WAREHOUSE,
    PREFIX,
    Lake,
    attach_lake,
    hide_passwords,
    name_lake,
    parse_lake,
)
from nightdesk.warehouse.lake_digests import record_digests

log = logging.getLogger(__name__)

Connection = duckdb.DuckDBPyConnection
Connect = Callable[[], Connection]
Check = Callable[[Connection], None]
T = TypeVar("T")

_SCHEMA = Path(__file__).parent / "schema"
_HOLDER = re.compile(r"Conflicting lock is held in (?P<who>.*?) ?\(PID (?P<pid>\d+)\)")
_HELD_HERE = "Unique file handle conflict"  # a lake's catalogue, open in this process
_CLASH = "conflict"
#: What DuckDB says of a file that has been damaged.
_DAMAGED = (
    "Corrupt database file",
    "not a valid DuckDB database file",
    "Could not read enough bytes",
    "replaying WAL",
    ".parquet'",  # of a lake
)
_VERSIONS = (
    "CREATE TABLE IF NOT EXISTS schema_version ("
    "version INTEGER NOT NULL, sha256 VARCHAR NOT NULL)"
)
REBUILD = "nightdesk warehouse rebuild"
_NEW_CATALOGUE = f"move that file away, then {REBUILD}"
STORAGE = "v1.5.0"  # files that DuckDB 1.5 can open, whichever version makes them
#: No extension is ever downloaded.
_OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False
}


def _open_memory() -> Connection:
    return duckdb.connect(config=_OFFLINE)


def find_file(uri: str) -> Path | None:
    """Return the file that a connection string names; None: it is no plain file.

    >>> find_file("md:news"), find_file("/srv/news.duckdb")
    (None, PosixPath('/srv/news.duckdb'))
    """
    return None if ":" in uri.split("/", 1)[0] else Path(uri)


def connect_to(
    uri: str,
    key: str | None = None,
    *,
    open_memory: Connect = _open_memory,
    open_file: Connect | None = None,
    must_exist: bool = False,
) -> Connect:
    """Return what opens a DuckDB connection string; makes a missing file's folder.

    A new file is created in a storage version that DuckDB 1.5 reads.

    Args:
        uri: a file, `ducklake:...` (see `lake`) or another string that DuckDB knows.
        key: of the S3 that a lake's files lie in, as `ID:SECRET`.
        open_memory: opens the database in memory that a lake is attached to.
        open_file: opens the file, once it is there; None: DuckDB itself.
        must_exist: what is missing, a lake too, is not made: what is returned raises
            WarehouseMissing.

    Raises:
        WarehouseError: it is the string of a lake, and cannot be read.
    """
    lake = parse_lake(uri) if uri.startswith(PREFIX) else None
    path = lake.file if lake else find_file(uri)

    def connect() -> Connection:
        if path is not None and not path.exists():
            if must_exist:
                raise WarehouseMissing(NO_WAREHOUSE.format(where=path))
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise WarehouseError(f"warehouse: {path}: {error}") from error
            _create(path, lake)
        if lake is not None:
            is_there = must_exist or path is not None  # a file: it was made above
            return _open_lake(lake, key, open_memory, must_exist=is_there)
        if open_file is not None:
            con = open_file()
        else:
            con = duckdb.connect(uri, config=_OFFLINE if path is None else {})
        if path is not None:
            _refuse_catalogue(con)
        return con

    return connect


def _open_lake(
    lake: Lake, key: str | None, open_memory: Connect, *, must_exist: bool = False
) -> Connection:
    con = open_memory()
    try:
        attach_lake(con, lake, key, must_exist=must_exist)
    except BaseException:
        con.close()
        raise
    return con


def _create(path: Path, lake: Lake | None) -> None:
    """Make a new file, whole from the start; somebody else's that came first stays."""
    with tempfile.TemporaryDirectory(
        prefix=f".{path.name}.", dir=path.parent
    ) as folder:
        fresh = Path(folder) / path.name
        if lake is not None:
            _open_lake(lake.at(fresh), None, _open_memory).close()
        else:
            quoted = str(fresh).replace("'", "''")
            how = f"STORAGE_VERSION '{STORAGE}'"
            with duckdb.connect() as memory:
                memory.execute(f"ATTACH '{quoted}' AS fresh ({how})")
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(fresh)


@contextmanager
def open_warehouse(
    connect: Connect,
    *,
    wait_s: float = 120,
    check: Check | None = None,
    is_migrated: bool = True,
) -> Iterator[Connection]:
    """Open the warehouse for writing, with its schema up to date.

    Args:
        connect: opens a connection (`connect_to`, or a hook's `get_conn`).
        wait_s: how long to wait for another process that has it open.
        check: raises for what must not be; the schema stays as it was then.
        is_migrated: bring the schema up to date.

    Raises:
        WarehouseLocked: another process held it for all that time; names its pid.
        WarehouseError: it cannot be opened.
        ConfigError: it is a lake's catalogue, opened as a plain file.
    """
    con = open_patiently(connect, wait_s)
    try:
        con.execute("SET TimeZone = 'UTC'")
        if is_migrated:
            migrate(con, check)
        yield con
        if lake := name_lake(con):
            record_digests(con, lake)
    except duckdb.Error as error:
        raise _tell(error) from _hide_cause(error)
    finally:
        con.close()


def open_patiently(connect: Connect, wait_s: float = 120) -> Connection:
    """Return what opens a database, which another process may have open for a while.

    Raises:
        WarehouseLocked: it had it open for all that time; names its pid.
        WarehouseError: it cannot be opened.
    """
    deadline, pause, told = time.monotonic() + wait_s, 0.2, 0
    while True:
        try:
            return connect()
        except duckdb.Error as error:
            holder = _find_holder(str(error))
            if holder is None:
                raise _tell(error, "cannot be opened: ") from _hide_cause(error)
            pid, who = holder
            if time.monotonic() >= deadline:
                raise WarehouseLocked(
                    f"warehouse: locked by process {pid} ({who}); "
                    "end that process or wait until it is done",
                    pid,
                ) from error
            if pid != told:
                log.warning(
                    "warehouse locked pid=%d (%s), waiting up to %d s", pid, who, wait_s
                )
            told = pid
            time.sleep(pause)
            pause = min(pause * 2, 5)


def _refuse_catalogue(con: Connection) -> None:
    found = con.execute(
        "SELECT path FROM duckdb_tables() "
        "JOIN duckdb_databases() USING (database_name) "
        "WHERE table_name = 'ducklake_metadata' AND database_name = current_database()"
    ).fetchone()
    if found:
        con.close()
        raise ConfigError(
            f"warehouse: {found[0]} is the catalogue of a lake: write "
            f"{PREFIX}{found[0]} (NIGHTDESK_WAREHOUSE; in Airflow, the connection "
            "nightdesk_warehouse)"
        )


def _find_holder(message: str) -> tuple[int, str] | None:
    """Return the process that keeps a file from being opened, and its program."""
    if found := _HOLDER.search(message):
        return int(found["pid"]), found["who"]
    return (os.getpid(), "this one") if _HELD_HERE in message else None


def _tell(error: duckdb.Error, what: str = "") -> WarehouseError:
    said = hide_passwords(str(error))
    if not any(words in said for words in _DAMAGED):
        return WarehouseError(f"warehouse: {what}{said}")
    # A lake is emptied for a rebuild, which wants its catalogue whole.
    cure = _NEW_CATALOGUE if "DuckLake" in said else REBUILD
    return WarehouseDamaged(f"warehouse: {what}{said}", cure)


def _hide_cause(error: duckdb.Error) -> duckdb.Error | None:
    """Return an error as a cause to show; None if it has a password in it."""
    return error if hide_passwords(str(error)) == str(error) else None


def migrate(con: Connection, check: Check | None = None) -> None:
    """Apply the numbered schema files that this warehouse has not seen: all, or none.

    None, too, if the warehouse does not stand a check afterwards.

    Raises:
        WarehouseError: a file that was applied has been changed since.
    """
    con.execute(_VERSIONS)
    rows = con.execute("SELECT version, sha256 FROM schema_version").fetchall()
    applied, fresh = dict(rows), []
    for version, digest, sql in _read_schema():
        if version not in applied:
            fresh.append((version, digest, sql))
        elif applied[version] != digest:
            raise WarehouseError(
                f"warehouse: schema file {version:03d}_*.sql is not the one that made "
                "this warehouse; schema files are added, never changed"
            )
    if fresh or check:
        with transaction(con):
            _apply(con, fresh)
            if check:
                check(con)


def apply_schema(con: Connection) -> None:
    """Make every table of a database without any; inside a transaction."""
    con.execute(_VERSIONS)
    _apply(con, _read_schema())


def _read_schema() -> Iterator[tuple[int, str, str]]:
    """Yield number, digest and text of every schema file, in their order."""
    for path in sorted(_SCHEMA.glob("[0-9]*.sql")):
        sql = path.read_text("utf-8")
        digest = hashlib.sha256(sql.encode()).hexdigest()
        yield int(path.name.split("_", 1)[0]), digest, sql


def _apply(con: Connection, files: Iterable[tuple[int, str, str]]) -> None:
    for version, digest, sql in files:
        con.execute(sql)
        con.execute("INSERT INTO schema_version VALUES (?, ?)", [version, digest])


def read_version(connect: Connect) -> int:
    """Return the number of the newest schema file that a warehouse has seen.

    0: none. Nothing is migrated.
    """
    con = open_patiently(connect)
    try:
        tables = {row[0] for row in con.execute("SHOW TABLES").fetchall()}
        if "schema_version" not in tables:
            return 0
        row = con.execute("SELECT coalesce(max(version), 0) FROM schema_version")
        return int((row.fetchone() or (0,))[0])
    except duckdb.Error as error:
        raise _tell(error) from _hide_cause(error)
    finally:
        con.close()


def drop_tables(connect: Connect) -> None:
    """Take all tables and views out of a warehouse, in one transaction."""
    con = open_patiently(connect)
    try:
        with transaction(con):
            drop_all(con)
    except duckdb.Error as error:
        raise _tell(error) from _hide_cause(error)
    finally:
        con.close()


def drop_all(con: Connection) -> None:
    """Drop every table and view, inside a transaction."""
    rows = con.execute(
        "SELECT table_type, table_name FROM information_schema.tables "
        "WHERE table_catalog = current_database() AND table_schema = 'main'"
    ).fetchall()
    for kind, name in rows:
        con.execute(f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} {name}")


@contextmanager
def transaction(con: Connection) -> Iterator[None]:
    """Commit what happens inside, or nothing of it."""
    con.execute("BEGIN TRANSACTION")
    try:
        yield
    except BaseException:
        con.execute("ROLLBACK")
        raise
    con.execute("COMMIT")


def load_in_turn(con: Connection, load: Callable[[], T], *, wait_s: float = 600) -> T:
    """Run a load in a transaction of its own, and commit it; return what it returns.

    A load reads what other nights hold, so that two side by side would each miss the
    other's articles: neither sees what the other has not committed. So all update one
    row, and of two that do only one is committed. The other runs again: at once where
    the engine finds the clash at the update, as in a file that is open twice; after
    its whole work where the clash is found at the commit, as in a lake. Between
    processes the lock on a file keeps loads apart.

    Args:
        con: the warehouse.
        load: what to do; it leaves nothing behind outside the transaction.
        wait_s: how long to go on trying while others are first.

    Raises:
        WarehouseLocked: others took all that time.
    """
    deadline = time.monotonic() + wait_s
    while True:
        try:
            with transaction(con):
                con.execute("UPDATE load_turn SET n = n + 1")
                return load()
        except duckdb.TransactionException as error:
            if _CLASH not in str(error).lower():
                raise
            if time.monotonic() >= deadline:
                raise WarehouseLocked(
                    f"warehouse: other loads took {wait_s:.0f} s"
                ) from error
            log.info("load: another load came first; again")
        time.sleep(0.1)
