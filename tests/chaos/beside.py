"""A nightly load beside a backfill of thirty nights, and readers that will not let go.

    python tests/chaos/beside.py --nights 30 --hold 60

Both load in processes of their own. What came out is compared with the same nights that
one process loaded, one after the other: each night is there once, and right. Then a
process holds the writer's file for a minute, once as a program does that only reads it,
once as one that writes: a load waits, says for whom, and goes on; one that may not
wait so long ends with an error that says so, and the next one loads the night.
Made-up rows only.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from warehouseworld import NIGHT, article, entry, load

from nightdesk.errors import WarehouseLocked
from nightdesk.model import Pair
from nightdesk.warehouse.connect import connect_to, open_warehouse
from nightdesk.warehouse.content import hash_tables

N_ARTICLES = 20
_SPAWNS = multiprocessing.get_context("spawn")


class Heard(logging.Handler):
    """Keeps what is logged while somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def load_nights(warehouse: Path, numbers: list[int]) -> None:
    """Load nights as tasks do: each opens the warehouse for itself."""
    for n in numbers:
        with open_warehouse(connect_to(str(warehouse)), wait_s=600) as con:
            load_one(con, n)


def load_one(con: Any, n: int) -> None:
    """Load the n-th night, whose first article copies the last of the one before."""
    ids = range(n * N_ARTICLES, (n + 1) * N_ARTICLES)
    pairs = [Pair(ids[0] - 1, ids[0], "exact", 1.0, "r")] if n else []
    pairs.append(Pair(ids[-1], ids[-1] + 1, "exact", 1.0, "r"))
    load(con, night_of(n), [entry(i) for i in ids], [article(i) for i in ids], pairs)


def night_of(n: int) -> date:
    return NIGHT + timedelta(days=n)


def run_beside(folder: Path, n_nights: int) -> Counter[str]:
    """Load a night over and over beside a backfill of n; an AssertionError says more.

    The nightly process loads the newest night, and the two before it as a nightly run
    does that catches up: nights that the backfill loads as well.
    """
    both, alone = folder / "both.duckdb", folder / "alone.duckdb"
    nights = list(range(n_nights))
    newest = [n_nights, n_nights - 1, n_nights - 2]
    loaders = [
        _SPAWNS.Process(target=load_nights, args=(both, some))
        for some in (nights, newest * max(1, n_nights // 6))
    ]
    for loader in loaders:
        loader.start()
    for loader in loaders:
        loader.join()
        assert loader.exitcode == 0, f"a loader ended by {loader.exitcode}"
    load_nights(alone, [*nights, n_nights])
    with open_warehouse(connect_to(str(both))) as con:
        hashes = hash_tables(con)
        rows = con.execute(
            "SELECT l.night, count(*), count(DISTINCT a.article_id) "
            "FROM load_ledger AS l JOIN article AS a USING (night) GROUP BY ALL"
        ).fetchall()
        once = con.execute("SELECT count(*) FROM load_ledger").fetchall()
    assert once == [(n_nights + 1,)], once
    assert sorted(rows) == [
        (night_of(n), N_ARTICLES, N_ARTICLES) for n in range(n_nights + 1)
    ]
    with open_warehouse(connect_to(str(alone))) as con:
        assert hash_tables(con) == hashes, "not as loaded one after the other"
    return Counter({"nights loaded beside each other, each once": n_nights + 1})


def hold_file(warehouse: Path, hold_s: float, to: Any, *, reads: bool) -> None:
    """Have the file open for a time, as a shell or a dashboard does."""
    with duckdb.connect(str(warehouse), read_only=reads) as con:
        con.execute("SELECT count(*) FROM load_ledger").fetchall()
        to.send("open")
        time.sleep(hold_s)


@contextmanager
def held(warehouse: Path, hold_s: float, *, reads: bool) -> Iterator[Any]:
    """Yield a process that has the file open."""
    ours, theirs = _SPAWNS.Pipe(duplex=False)
    holder = _SPAWNS.Process(
        target=hold_file, args=(warehouse, hold_s, theirs), kwargs={"reads": reads}
    )
    holder.start()
    assert ours.recv() == "open"
    try:
        yield holder
    finally:
        holder.join()


def run_held(folder: Path, hold_s: float) -> Counter[str]:
    """Load while somebody has the file; an AssertionError says what was wrong."""
    warehouse, alone = folder / "held.duckdb", folder / "free.duckdb"
    load_nights(warehouse, [0])
    heard, log = Heard(), logging.getLogger("nightdesk.warehouse.connect")
    log.addHandler(heard)
    log.setLevel(logging.WARNING)
    counts: Counter[str] = Counter()
    try:
        for n, reads in enumerate((True, False), 1):
            heard.lines.clear()
            with held(warehouse, hold_s, reads=reads) as holder:
                refuse_soon(warehouse, holder.pid)
                load_nights(warehouse, [n])  # the second wait
                said = [line for line in heard.lines if f"pid={holder.pid}" in line]
                assert len(said) == 2, f"not said once, for whom: {heard.lines}"
            counts[f"waited for a {'reader' if reads else 'writer'}, then loaded"] += 1
            counts["told that they may not wait so long"] += 1
    finally:
        log.removeHandler(heard)
    load_nights(alone, [0, 1, 2])
    hashes = []
    for path in (warehouse, alone):
        with open_warehouse(connect_to(str(path))) as con:
            hashes.append(hash_tables(con))
    assert hashes[0] == hashes[1], "not as loaded with nobody there"
    return counts


def refuse_soon(warehouse: Path, pid: int) -> None:
    """See that one who may not wait is told who has the file."""
    told: WarehouseLocked | None = None
    try:
        with open_warehouse(connect_to(str(warehouse)), wait_s=0.5):
            pass
    except WarehouseLocked as error:
        told = error
    assert told is not None, "opened what another process has open"
    assert told.pid == pid, told
    assert f"process {pid} (" in str(told), told
    assert "end that process or wait until it is done" in str(told), told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--nights", type=int, default=30, help="of the backfill")
    parser.add_argument("--hold", type=float, default=60, help="seconds, by each")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        counts = run_beside(Path(folder), options.nights)
        counts += run_held(Path(folder), options.hold)
    for what, n in sorted(counts.items()):
        sys.stdout.write(f"{n:8} {what}\n")


if __name__ == "__main__":
    main()
