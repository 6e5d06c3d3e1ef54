"""Kill -9 at random moments of loads and publishes, with two readers that never stop.

    python tests/chaos/nights.py --kills 200 --seed 1

After every kill the warehouse is opened: each night is whole and of one version, none
older than what was said to be committed, and the readers saw nothing else meanwhile.
Made-up rows only.
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
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
from writer import N_ARTICLES, write_for_ever

from nightdesk.warehouse.connect import connect_to, open_warehouse
from nightdesk.warehouse.publish import list_kept, list_parts, publish_nights

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["writer"])
_VERSIONS = """
SELECT night, min(text), max(text), count(*), count(DISTINCT entry.url)
FROM article_text LEFT JOIN entry USING (night, article_id) GROUP BY night
"""


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
    round_s: float = 60.0  # how long a load and a publish take
    said: dict[date, int] = field(default_factory=dict)  # night -> last version known
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def warehouse(self) -> Path:
        return self.folder / "nightdesk.duckdb"

    @property
    def published(self) -> Path:
        return self.folder / "published"


def run_kills(folder: Path, n_kills: int, seed: int) -> Counter[str]:
    """Kill n loads and n publishes; an AssertionError says what was wrong."""
    drill = Drill(folder, random.Random(seed))
    drill.published.mkdir()
    readers = [Reader(drill.published) for _ in range(2)]
    for reader in readers:
        reader.start()
    counts = drill.counts
    while min(counts["killed in a load"], counts["killed in a publish"]) < n_kills:
        run_and_kill(drill)
        look(drill)
    for reader in readers:
        reader.must_stop.set()
        reader.join()
        counts["reads"] += reader.n_reads
        assert reader.wrong == [], reader.wrong[:3]
    see_it_swept(drill)
    return counts


def run_and_kill(drill: Drill) -> None:
    """Run a writer and kill it at a random moment of its first two rounds."""
    ours, theirs = _FORKS.Pipe(duplex=False)
    first = 1 + max(drill.said.values(), default=0)
    arguments = (drill.warehouse, drill.published, first, theirs)
    process = _FORKS.Process(target=write_for_ever, args=arguments)
    process.start()
    theirs.close()
    start, is_measured = time.monotonic(), drill.round_s < 60
    until = drill.chance.uniform(0, 2 * drill.round_s) if is_measured else None
    what, n_rounds = "published", 0
    try:
        while until is None or ours.poll(max(0.0, until - (time.monotonic() - start))):
            what, night, n = ours.recv()
            drill.said[night] = n
            drill.counts[what] += 1
            n_rounds += what == "published"
            if until is None and n_rounds == 2:
                drill.round_s = (time.monotonic() - start) / 2
                break
        process.kill()
        while True:  # what it said before it knew
            what, night, n = ours.recv()
            drill.said[night] = n
            drill.counts[what] += 1
    except EOFError:
        process.join()
    drill.counts[f"killed in a {'publish' if what == 'loaded' else 'load'}"] += 1


def look(drill: Drill) -> None:
    """Open the warehouse, and compare its nights with what was said of them."""
    with open_warehouse(connect_to(str(drill.warehouse))) as con:
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
    with open_warehouse(connect_to(str(drill.warehouse))) as con:
        publish_nights(con, folder, again=True)
    kept = list_kept(folder)
    used = {part for manifest in kept.values() for part in list_parts(manifest)}
    used |= {f"nightdesk-{n}.{ending}" for n in kept for ending in ("json", "duckdb")}
    there = {str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir()}
    assert there == used | {"current.duckdb"}, there ^ used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=200, help="of loads; of publishes")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        counts = run_kills(Path(folder), options.kills, options.seed)
    for what, n in sorted(counts.items()):
        sys.stdout.write(f"{what:24} {n}\n")


if __name__ == "__main__":
    main()
