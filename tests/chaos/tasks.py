"""Kill -9 between any two tasks of the nightly DAG, and within each; then try again.

    python tests/chaos/tasks.py --seed 1

A night goes through Airflow in a process that dies before one of its tasks begins. The
next process goes on with the same run, as a scheduler does, and dies at a random moment
of that task; the third brings the run to its end. Its rows must be those of a night
that nobody killed. Every task has its turn, mapped ones each, with a data folder and an
Airflow of its own. Made-up news only, loopback only.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from nightdesk.newsstand import World, serve
from nightdesk.warehouse.connect import connect_to, open_warehouse
from nightdesk.warehouse.content import hash_tables

ROOT = Path(__file__).parents[2]
NIGHT = (datetime.now(UTC) - timedelta(days=1)).date()  # as Airflow's clock has it
_INIT = (
    "from airflow.utils.db import initdb; initdb();"
    "from airflow.models.pool import Pool;"
    "[Pool.create_or_update_pool(n, 1, '', False) for n in "
    "('nightdesk_fetch', 'nightdesk_warehouse')]"
)


@dataclass
class Drill:
    """Where a drill works, and what it has counted."""

    folder: Path
    mirrors: Path
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    tasks: list[tuple[str, float]] = field(default_factory=list)  # with its seconds

    def environment(self, place: str) -> dict[str, str]:
        """Return what a process of one of the folders is started with."""
        home, data = self.folder / place / "airflow", self.folder / place / "data"
        warehouse = data / "nightdesk.duckdb"
        return {
            **os.environ,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
            "AIRFLOW_CONN_NIGHTDESK_WAREHOUSE": json.dumps(
                {"conn_type": "duckdb", "host": str(warehouse)}
            ),
            "PYTHONPATH": str(ROOT / "include"),
            "NIGHTDESK_DATA": str(data),
            "NIGHTDESK_WAREHOUSE": str(warehouse),
            "NIGHTDESK_MIRRORS": str(self.mirrors),
        }

    def read_hashes(self, place: str) -> dict[str, str]:
        """Return the content hashes of the night in one of the folders."""
        path = self.folder / place / "data" / "nightdesk.duckdb"
        with open_warehouse(connect_to(str(path))) as con:
            return hash_tables(con, NIGHT)


@contextmanager
def open_drill(folder: Path, seed: int, n_articles: int = 60) -> Iterator[Drill]:
    """Yield a drill with an Airflow that has run nothing, and with news to read."""
    world = World(now=partial(datetime.now, UTC), articles_per_night=n_articles)
    with serve(world) as stand:
        mirrors = folder / "mirrors.json"
        mirrors.write_text(json.dumps(world.mirrors(stand.base_url)))
        drill = Drill(folder, mirrors, random.Random(seed))
        (folder / "new").mkdir()
        subprocess.run(
            [sys.executable, "-c", _INIT],
            env=drill.environment("new"),
            check=True,
            capture_output=True,
        )
        yield drill


def run_dag(drill: Drill, place: str, *more: str) -> list[str]:
    """Run the night in a process of its own; return what that said, to its end."""
    target = drill.folder / place
    if not target.exists():
        shutil.copytree(drill.folder / "new", target)
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/chaos/dagrun.py"), str(NIGHT), *more],
        env=drill.environment(place),
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    said = [
        line.removeprefix("nightdesk: ")
        for line in done.stdout.splitlines()
        if line.startswith("nightdesk: ")
    ]
    is_killed = done.returncode == -9
    assert is_killed or said[-1:] == ["run success"], done.stdout + done.stderr
    assert is_killed == bool(more) or "--within" in more, said
    drill.counts["kills"] += is_killed
    return said


def run_whole(drill: Drill) -> dict[str, str]:
    """Run the night with nobody killing; return its hashes, and note its tasks."""
    drill.tasks = read_ends(run_dag(drill, "whole"))
    return drill.read_hashes("whole")


def read_ends(said: Iterable[str]) -> list[tuple[str, float]]:
    """Return the tasks that came to their end, each with its seconds."""
    words = [line.split() for line in said if line.startswith("end ")]
    return [(name, float(seconds)) for _, name, seconds in words]


def run_kills(drill: Drill, names: Collection[str] | None = None) -> Counter[str]:
    """Kill a run before each of the tasks, and within it; None: every task.

    An AssertionError says what was wrong.
    """
    wanted = run_whole(drill)
    seen: Counter[str] = Counter()
    for n, (name, seconds) in enumerate(drill.tasks):
        nth, seen[name] = seen[name], seen[name] + 1
        if names is not None and name not in names:
            continue
        place = f"killed-{n}"
        said = []
        if n:  # before the first nothing has happened
            said += run_dag(drill, place, "--kill", name, str(nth))
            drill.counts[f"killed before {name}"] += 1
        after_s = str(drill.chance.uniform(0, seconds))
        said += run_dag(drill, place, "--kill", name, "0", "--within", after_s)
        if said[-1] != "run success":
            drill.counts[f"killed within {name}"] += 1
            said += run_dag(drill, place)
        again = count(read_ends(said)) - count(drill.tasks)
        assert not again, f"killed at {name}: had succeeded, and ran again: {again}"
        found = drill.read_hashes(place)
        wrong = sorted(k for k in wanted if wanted[k] != found.get(k))
        assert not wrong, f"killed at {name}: other rows in {wrong}"
        drill.counts["nights equal to the unkilled one"] += 1
        shutil.rmtree(drill.folder / place)
    return drill.counts


def count(tasks: Iterable[tuple[str, float]]) -> Counter[str]:
    return Counter(name for name, _ in tasks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--task", action="append", help="only at this one")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_drill(Path(folder), options.seed) as drill,
    ):
        counts = run_kills(drill, options.task)
    for what, n in sorted(counts.items()):
        sys.stdout.write(f"{n:8} {what}\n")


if __name__ == "__main__":
    main()
