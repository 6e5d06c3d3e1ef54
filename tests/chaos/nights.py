"""Kill -9 at random moments of loads and publishes, with two readers that never stop.

    python tests/chaos/nights.py --kills 200 --seed 1
    python tests/chaos/nights.py --kills 50 --publishes 50 --engine postgres

After every kill the warehouse is opened: each night is whole and of one version, none
older than what was said to be committed, and the readers saw nothing else meanwhile.
A lake is slower: there loads alone are killed before publishes are; at the end upkeep
must leave no file that its catalogue does not know. Made-up rows only.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
from engines import FILE, Engine, open_engine
from writer import N_ARTICLES, write_for_ever

from nightdesk.warehouse.catalogue import list_parts
from nightdesk.warehouse.compact import compact_any
from nightdesk.warehouse.connect import Connect, open_warehouse
from nightdesk.warehouse.content import list_tables
from nightdesk.warehouse.publish import list_kept, publish_nights

ENGINES = ("file", "lake", "postgres")
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["writer"])
_VERSIONS = """
SELECT night, min(text), max(text), count(*), count(DISTINCT entry.url)
FROM article_text LEFT JOIN entry USING (night, article_id) GROUP BY night
"""
_FILES = "SELECT data_file, delete_file FROM ducklake_list_files('warehouse', ?)"


class Reader(threading.Thread):
    """Opens what is published again and again, and checks that it is whole."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder, self.n_reads = folder, 0
        self.wrong: list[str] = []
        self.must_stop = threading.Event()

    def run(self) -> None:
        path = self.folder / "current.duckdb"
        while not self.must_stop.is_set():
            time.sleep(0.02)
            if not path.exists():
                continue
            try:
                with duckdb.connect(str(path.resolve()), read_only=True) as con:
                    rows = con.execute(_VERSIONS).fetchall()
                    marts = con.execute(
                        "SELECT night, n_loaded FROM coverage_by_night"
                    ).fetchall()
            except duckdb.Error as error:
                self.wrong.append(str(error))
                continue
            self.n_reads += 1
            whole = (N_ARTICLES, N_ARTICLES)
            if any(row[1] != row[2] or row[3:] != whole for row in rows):
                self.wrong.append(f"half a night: {rows}")
            if sorted(row[0] for row in rows) != sorted(row[0] for row in marts):
                self.wrong.append(f"a mart without its night: {rows} {marts}")


@dataclass
class Drill:
    """What one drill works with, and what it has counted."""

    folder: Path
    chance: random.Random
    engine: Engine = FILE
    round_s: dict[bool, float] = field(default_factory=dict)  # with a publish, or not
    said: dict[date, int] = field(default_factory=dict)  # night -> last version known
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def warehouse(self) -> Path:
        return self.folder / "nightdesk.duckdb"

    @property
    def published(self) -> Path:
        return self.folder / "published"

    @property
    def connect(self) -> Connect:
        return self.engine.connect(self.warehouse)


def run_kills(
    folder: Path,
    n_loads: int,
    n_publishes: int,
    seed: int,
    engine: Engine = FILE,
    tell: Callable[[str], object] = str,
) -> Counter[str]:
    """Kill n loads and n publishes; an AssertionError says what was wrong.

    Args:
        folder: to work in, empty.
        n_loads: to kill at least.
        n_publishes: to kill at least.
        seed: of the moments.
        engine: of the warehouse.
        tell: is given a line after each kill.
    """
    drill = Drill(folder, random.Random(seed), engine)
    drill.published.mkdir()
    readers = [Reader(drill.published) for _ in range(2)]
    for reader in readers:
        reader.start()
    counts = drill.counts
    while True:
        are_loads_done = counts["killed in a load"] >= n_loads
        if are_loads_done and counts["killed in a publish"] >= n_publishes:
            break
        run_and_kill(drill, is_publishing=engine is FILE or are_loads_done)
        look(drill)
        tell(
            f"killed: {counts['killed in a load']} loads, "
            f"{counts['killed in a publish']} publishes"
        )
    for reader in readers:
        reader.must_stop.set()
        reader.join()
        counts["reads"] += reader.n_reads
        assert reader.wrong == [], reader.wrong[:3]
    see_it_swept(drill)
    if engine is not FILE:
        see_no_file_lost(drill)
    return counts


def run_and_kill(drill: Drill, *, is_publishing: bool) -> None:
    """Run a writer and kill it at a random moment of its first two rounds."""
    ours, theirs = _FORKS.Pipe(duplex=False)
    first = 1 + max(drill.said.values(), default=0)
    uri = drill.engine.uri(drill.warehouse)
    arguments = (uri, drill.published if is_publishing else None, first, theirs)
    process = _FORKS.Process(target=write_for_ever, args=arguments)
    process.start()
    theirs.close()
    start, round_s = time.monotonic(), drill.round_s.get(is_publishing)
    until = None if round_s is None else drill.chance.uniform(0, 2 * round_s)
    last = "published" if is_publishing else "loaded"
    what, n_rounds = last, 0
    try:
        while until is None or ours.poll(max(0.0, until - (time.monotonic() - start))):
            what, night, n = ours.recv()
            drill.said[night] = n
            drill.counts[what] += 1
            n_rounds += what == last
            if until is None and n_rounds == 2:
                drill.round_s[is_publishing] = (time.monotonic() - start) / 2
                break
        process.kill()
        while True:  # what it said before it knew
            what, night, n = ours.recv()
            drill.said[night] = n
            drill.counts[what] += 1
    except EOFError:
        process.join()
    part = "load" if what == last else "publish"
    drill.counts[f"killed in a {part}"] += 1


def look(drill: Drill) -> None:
    """Open the warehouse, and compare its nights with what was said of them."""
    with open_warehouse(drill.connect) as con:
        rows = con.execute(_VERSIONS).fetchall()
    assert {row[0] for row in rows} >= set(drill.said)
    for night, low, high, n, m in rows:
        assert low == high, f"half a night: {night} {low} {high}"
        assert n == m == N_ARTICLES, f"half a night: {night} {n} {m}"
        version, known = int(low.removeprefix("version ")), drill.said.get(night, 0)
        assert version >= known, f"lost: {night} is of {low}, {known} was committed"
        drill.counts["committed, not said"] += version > known
        drill.said[night] = version


def see_it_swept(drill: Drill) -> None:
    """Publish once more, whole, and see that nothing is left lying about."""
    folder = drill.published
    with open_warehouse(drill.connect) as con:
        publish_nights(con, folder, again=True)
    kept = list_kept(folder)
    used = {part for manifest in kept.values() for part in list_parts(manifest)}
    used |= {f"nightdesk-{n}.{ending}" for n in kept for ending in ("json", "duckdb")}
    there = {str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir()}
    assert there == used | {"current.duckdb"}, there ^ used


def see_no_file_lost(drill: Drill) -> None:
    """See that upkeep leaves the files of the lake that it needs, and no other."""
    files = Path(drill.engine.data(drill.warehouse))
    before = len(list(files.rglob("*.parquet")))
    done = compact_any(drill.connect)
    drill.counts["lost files removed"] = done["lost files"]
    drill.counts["files of old snapshots"] = done["files"]
    look(drill)
    left = {str(path) for path in files.rglob("*.parquet")}
    with open_warehouse(drill.connect) as con:
        used = {
            path
            for table in list_tables(con)
            for row in con.execute(_FILES, [table]).fetchall()
            for path in row
            if path
        }
    assert left == used, "files that no commit knows"
    drill.counts["files of the lake"] = before


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=200, help="of loads")
    parser.add_argument("--publishes", type=int, help="killed, too; as many as loads")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=ENGINES, default="file")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    n_loads, n_publishes = options.kills, options.publishes
    n_publishes = n_loads if n_publishes is None else n_publishes
    with tempfile.TemporaryDirectory() as folder, open_engine(options.engine) as engine:
        counts = run_kills(
            Path(folder), n_loads, n_publishes, options.seed, engine, _say
        )
    for what, n in sorted(counts.items()):
        sys.stdout.write(f"{what:24} {n}\n")


if __name__ == "__main__":
    main()
