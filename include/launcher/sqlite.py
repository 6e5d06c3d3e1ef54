"""What SQLite needs so that Airflow's processes can share one database file.

Named in `AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS`, so every process that opens the
database imports it. Seen without it: a backfill made in the UI failed half-way with
"database is locked", was taken back, and the scheduler, which had seen its runs
already, died of it.

1. A deferred transaction that has read cannot write once another has written, however
   long its time-out (SQLITE_BUSY_SNAPSHOT); an immediate one waits for its turn.
2. Python's driver begins a transaction at the first change, not at a savepoint, and the
   release of a savepoint without a transaction commits it: others see half of the work.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

CONNECT_ARGS = {"timeout": 60, "isolation_level": "IMMEDIATE"}


@event.listens_for(Engine, "savepoint")
def begin_before_savepoint(connection: Connection, name: str) -> None:
    """Begin the transaction that a savepoint is to be part of."""
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection) and not driver.in_transaction:
        driver.execute("BEGIN IMMEDIATE")
