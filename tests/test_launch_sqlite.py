"""Airflow's database file under several writers: they wait, and show whole work."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from launcher.sqlite import CONNECT_ARGS

pytestmark = pytest.mark.airflow  # sqlalchemy comes with it


def make_engine(path: Path):
    engine = create_engine(f"sqlite:///{path}", connect_args=dict(CONNECT_ARGS))
    with engine.begin() as con:
        con.execute(text("PRAGMA journal_mode = WAL"))
        con.execute(text("CREATE TABLE IF NOT EXISTS run (n INTEGER)"))
    return engine


def test_nobody_sees_the_work_of_a_savepoint_before_its_commit(tmp_path: Path) -> None:
    engine = make_engine(tmp_path / "db")
    with engine.connect() as con:
        with con.begin_nested():
            con.execute(text("INSERT INTO run VALUES (1)"))
        with sqlite3.connect(tmp_path / "db") as other:
            assert other.execute("SELECT count(*) FROM run").fetchall() == [(0,)]
        con.commit()
    with sqlite3.connect(tmp_path / "db") as other:
        assert other.execute("SELECT count(*) FROM run").fetchall() == [(1,)]


def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    engine = make_engine(tmp_path / "db")
    errors = []

    def write() -> None:
        try:
            for n in range(40):
                with engine.connect() as con:
                    con.execute(text("SELECT count(*) FROM run")).fetchall()
                    with con.begin_nested():
                        con.execute(text("INSERT INTO run VALUES (:n)"), {"n": n})
                    con.commit()
        except Exception as error:  # noqa: BLE001  told to the test below
            errors.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with sqlite3.connect(tmp_path / "db") as other:
        assert other.execute("SELECT count(*) FROM run").fetchall() == [(160,)]
