"""The engines that a warehouse may be on, as tests ask for them.

Each gives a connection string for a path, so that a test says where its warehouse is
and not what. A lake needs its extensions, and two of them a Postgres, which may be
named in NIGHTDESK_TEST_POSTGRES; the tests make schemas of their own there.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
from s3world import Store, open_store

from nightdesk.errors import WarehouseError
from nightdesk.warehouse import connect as connect_module
from nightdesk.warehouse.connect import Connect
from nightdesk.warehouse.lake import INSTALL, find_extension

NAMES = ("file", "lake", "postgres", "s3")
LAKES = NAMES[1:]
POSTGRES = os.environ.get(
    "NIGHTDESK_TEST_POSTGRES", "host=127.0.0.1 user=postgres dbname=test"
)
KEY_ID = "desk"
KEY = f"{KEY_ID}:hush"
_MOVE = "UPDATE ducklake_metadata SET value = ? WHERE key = 'data_path'"
_COPY = """
DO $$ DECLARE name TEXT; BEGIN
FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = '{old}' LOOP
    EXECUTE 'CREATE SCHEMA IF NOT EXISTS {new}';
    EXECUTE format('CREATE TABLE {new}.%I (LIKE {old}.%I INCLUDING ALL)', name, name);
    EXECUTE format('INSERT INTO {new}.%I SELECT * FROM {old}.%I', name, name);
    IF name = 'ducklake_metadata' THEN
        UPDATE {new}.ducklake_metadata SET value = '{data}' WHERE key = 'data_path';
    END IF;
END LOOP; END $$
"""
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Engine:
    """One of them."""

    name: str
    store: Store | None = None
    schemas: dict[Path, str] = field(default_factory=dict)

    def uri(self, path: Path) -> str:
        """Return the connection string of a warehouse; always the same for a path."""
        if self.name == "file":
            return str(path)
        if path not in self.schemas:
            self.schemas[path] = f"nightdesk_test_{os.getpid()}_{next(_NUMBERS)}"
        if self.name == "lake":
            return f"ducklake:{path}"
        schema = self.schemas[path]
        options = f"METADATA_SCHEMA '{schema}', DATA_PATH '{self.data(path)}'"
        if self.store:
            options += f", S3_ENDPOINT '{self.store.address}'"
            options += ", S3_URL_STYLE 'path', S3_USE_SSL 'false'"
        return f"ducklake:postgres:{POSTGRES} ({options})"

    def data(self, path: Path) -> str:
        """Return where the files of a lake on Postgres lie."""
        if self.store:
            return f"s3://nightdesk/{self.schemas[path]}/"
        return f"{path}.files/"

    def read_files(self, path: Path) -> dict[str, bytes]:
        """Return the files in which a lake holds its rows, by where they lie."""
        if self.store:
            start = f"/nightdesk/{self.schemas[path]}/"
            objects = self.store.objects.items()
            return {name: data for name, data in objects if name.startswith(start)}
        files = Path(f"{path}.files").rglob("*.parquet")
        return {str(file): file.read_bytes() for file in files}

    def write_file(self, name: str, data: bytes) -> None:
        """Put other bytes where one of `read_files` lies."""
        if self.store:
            self.store.objects[name] = data
        else:
            Path(name).write_bytes(data)

    def connect(self, path: Path) -> Connect:
        return connect_module.connect_to(self.uri(path), KEY if self.store else None)

    def copy_warehouses(self, old: Path, new: Path) -> None:
        """Give the copy of a folder its own copies of the lakes in it."""
        for path in [path for path in self.schemas if path.is_relative_to(old)]:
            copy = new / path.relative_to(old)
            self.uri(copy)
            if self.name == "lake":
                if copy.exists():
                    with duckdb.connect(str(copy)) as con:
                        con.execute(_MOVE, [f"{copy}.files/"])
                continue
            names = {"old": self.schemas[path], "new": self.schemas[copy]}
            ask_postgres(_COPY.format(**names, data=self.data(copy)))
            if self.store:
                self.store.copy(*(f"/nightdesk/{name}/" for name in names.values()))


FILE = Engine("file")
_RUN = [FILE]


# the engine of this run of the tests (`pytest --engine`) ---------------------


def run_engine() -> Engine:
    """Return what the warehouses of this run are on."""
    return _RUN[-1]


@contextmanager
def run_on(name: str) -> Iterator[None]:
    """Put the warehouses that tests make meanwhile on an engine."""
    with open_engine(name) as engine:
        _RUN.append(engine)
        try:
            yield
        finally:
            _RUN.pop()


def name_warehouse(path: Path) -> str:
    """Return the connection string of a warehouse at a path."""
    return run_engine().uri(path)


def connect_to(uri: str) -> Connect:
    """Return what opens one of the warehouses of this run."""
    return connect_module.connect_to(uri, KEY if run_engine().store else None)


def connect_at(path: Path) -> Connect:
    """Return what opens the warehouse at a path."""
    return connect_to(name_warehouse(path))


def lose_warehouse(uri: str) -> None:
    """Take a warehouse away: its file; or all that a lake holds."""
    if run_engine() is FILE:
        Path(uri).unlink()
    else:
        connect_module.drop_tables(connect_to(uri))


def copy_desk(old: Path, new: Path) -> None:
    """Copy a data folder with the warehouses in it, wherever those are."""
    shutil.copytree(old, new, symlinks=True)
    run_engine().copy_warehouses(old, new)


# engines ---------------------------------------------------------------------


@contextmanager
def open_engine(name: str) -> Iterator[Engine]:
    """Yield an engine; skips where this machine lacks what it needs."""
    if name == "file":
        yield FILE
        return
    if importlib.util.find_spec("duckdb_extension_ducklake") is None:
        pytest.skip(f"the lake's extensions are not installed: {INSTALL}")
    if name == "lake":
        yield Engine(name)
        return
    try:
        ask_postgres("SELECT 1")
    except (duckdb.Error, WarehouseError) as error:
        pytest.skip(f"no Postgres (NIGHTDESK_TEST_POSTGRES names another): {error}")
    with ExitStack() as stack:
        store = stack.enter_context(open_store(KEY_ID)) if name == "s3" else None
        engine = Engine(name, store)
        try:
            yield engine
        finally:
            for schema in engine.schemas.values():
                ask_postgres(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


def ask_postgres(sql: str) -> None:
    """Run a statement in the Postgres of the tests."""
    with duckdb.connect() as con:
        con.execute(f"LOAD '{find_extension('postgres_scanner')}'")
        con.execute(f"ATTACH '{POSTGRES}' AS asked (TYPE postgres)")
        con.execute("CALL postgres_execute('asked', ?)", [sql])
