"""The engines that a warehouse may be on, as tests ask for them.

Each gives a connection string for a path, so that a test says where its warehouse is
and not what. A lake needs its extensions, and two of them a Postgres, which may be
named in NIGHTDESK_TEST_POSTGRES; the tests make schemas of their own there.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
from s3world import Store, open_store

from nightdesk.errors import WarehouseError
from nightdesk.warehouse.connect import Connect, connect_to
from nightdesk.warehouse.lake import INSTALL, find_extension

NAMES = ("file", "lake", "postgres", "s3")
LAKES = NAMES[1:]
POSTGRES = os.environ.get(
    "NIGHTDESK_TEST_POSTGRES", "host=127.0.0.1 user=postgres dbname=test"
)
KEY_ID = "desk"
KEY = f"{KEY_ID}:hush"
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
        if self.name == "lake":
            return f"ducklake:{path}"
        if path not in self.schemas:
            self.schemas[path] = f"nightdesk_test_{os.getpid()}_{next(_NUMBERS)}"
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

    def connect(self, path: Path) -> Connect:
        return connect_to(self.uri(path), KEY if self.store else None)


FILE = Engine("file")


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
