"""Kill -9 at random moments of collect runs, and look at what is left each time.

    python tests/chaos/drill.py --kills 50 --seed 1

Half of the kills come after a random time, the others at a random write: between two
of the calls that bring something to disk. A landing area is killed over and over until
one run gets through; then its night is built and compared with one that nobody killed,
and the next landing area begins. Made-up news only, loopback only.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from nightdesk.config import Settings
from nightdesk.landing import Landing
from nightdesk.landing.inspect import scan_file, verify_day
from nightdesk.model import Attempt, Capture, Coverage, KnownUrl, Listing
from nightdesk.newsstand import World, serve
from nightdesk.pipeline import Job, plan_run, run_night
from nightdesk.warehouse.connect import connect_to, open_warehouse
from nightdesk.warehouse.content import (
    LEFT_OUT,
    hash_tables,
    list_tables,
    night_column,
)

ROOT = Path(__file__).parents[2]
MORNING = datetime(2026, 3, 2, 0, 20, tzinfo=UTC)
NIGHT = date(2026, 3, 1)
_LONGEST_S = 180.0


@dataclass
class Drill:
    """What one drill works with, and what it has counted."""

    mirrors: Path
    chance: random.Random
    moment: datetime = MORNING  # of the first run
    nights: tuple[date, ...] = (NIGHT,)
    #: Wraps a run: what it does must be in order with what was archived before it.
    watch: Callable[[Path], contextlib.AbstractContextManager[None]] = (
        contextlib.nullcontext
    )
    counts: Counter[str] = field(default_factory=Counter)
    config: Path | None = None  # a folder of files of the desk's own
    reach: float = 1.0  # kills fall into this part of a run, from its beginning on
    whole_s: float = 0.0  # how long a run takes that nobody kills
    n_syncs: int = 0  # how often it brings something to disk

    def prepare(self, data: Path) -> Path:
        """Return a data folder that has the desk's own files."""
        if self.config is not None:
            shutil.copytree(self.config, data / "config")
        return data

    def settings(self, data: Path) -> Settings:
        """Return the settings of a data folder."""
        return Settings(
            data=data,
            landing=str(data / "landing"),
            warehouse=str(data / "warehouse" / "nightdesk.duckdb"),
            mirrors=json.loads(self.mirrors.read_text("utf-8")),
        )


def run_drill(folder: Path, n_kills: int, seed: int, n_articles: int = 80) -> Counter:
    """Kill n times and return the counts; an AssertionError says what was wrong."""
    world = World(now=lambda: MORNING, articles_per_night=n_articles)
    with serve(world) as stand:
        mirrors = folder / "mirrors.json"
        mirrors.write_text(json.dumps(world.mirrors(stand.base_url)))
        return kill_landings(Drill(mirrors, random.Random(seed)), folder, n_kills)


def kill_landings(drill: Drill, folder: Path, n_kills: int) -> Counter:
    """Kill runs over landing areas until n were killed; return the counts."""
    wanted = measure(drill, drill.prepare(folder / "whole"))
    while drill.counts["kills"] < n_kills:
        n = drill.counts["landings"] = drill.counts["landings"] + 1
        data = drill.prepare(folder / f"killed-{n}")
        kill_until_done(drill, data, n_kills)
        found = build_nights(drill, data)
        wrong = sorted(k for k in wanted if wanted[k] != found.get(k))
        for name in wrong:
            say_difference(drill, name, folder / "whole", data)
        assert not wrong, f"landing {n}: other rows in {wrong}"
        drill.counts["nights equal to the unkilled one"] += 1
        say(f"{drill.counts['kills']} of {n_kills} kills, {n} nights compared")
    return drill.counts


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say_difference(drill: Drill, name: str, whole: Path, killed: Path) -> None:
    """Print the rows of a table of a night that only one of two folders has."""
    table, _, night = name.partition(" of ")
    sides = []
    for data in (whole, killed):
        with open_warehouse(connect_to(drill.settings(data).warehouse)) as con:
            columns = list_tables(con)[table]
            kept = [c for c in columns if c not in LEFT_OUT.get(table, ())]
            by_night = night_column(table, columns)
            where = f" WHERE {by_night} = '{night}'" if by_night else ""
            sql = f"SELECT {', '.join(kept)} FROM {table}{where}"
            sides.append({str(dict(zip(kept, row, strict=True)))
                          for row in con.execute(sql).fetchall()})  # fmt: skip
    for word, rows in (("whole", sides[0] - sides[1]), ("killed", sides[1] - sides[0])):
        for row in sorted(rows)[:5]:
            say(f"{name}: {word} alone: {row}")


def measure(drill: Drill, data: Path) -> dict[str, str]:
    """Run unkilled; return the content hashes of the night."""
    with drill.watch(data), start_child(drill, data, drill.moment) as child:
        start = time.monotonic()
        last = wait_for_end(child)
        drill.whole_s = time.monotonic() - start
    word, n_syncs = last.split()
    assert word == "done"
    drill.n_syncs = int(n_syncs)
    check_landing(data, drill.moment.date())
    return build_nights(drill, data)


@contextlib.contextmanager
def start_child(
    drill: Drill, data: Path, moment: datetime, *more: str
) -> Iterator[subprocess.Popen[str]]:
    """Yield a collect run that has begun; it is ended if it still runs."""
    paths = [str(ROOT / "include"), os.environ.get("PYTHONPATH", "")]
    child = subprocess.Popen(
        [
            sys.executable,
            str(ROOT / "tests/chaos/child.py"),
            str(data),
            str(drill.mirrors),
            moment.isoformat(),
            *(f"--night={night}" for night in drill.nights),
            *more,
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        stdout=subprocess.PIPE,
        text=True,
    )
    timer = threading.Timer(_LONGEST_S, child.kill)
    timer.start()
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield child
    finally:
        timer.cancel()
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def wait_for_end(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    last = child.stdout.read().strip()
    child.wait()
    return last


def kill_until_done(drill: Drill, data: Path, n_kills: int) -> None:
    """Start collect runs until one gets through, and kill those before it."""
    for n in range(1, 60):
        moment = drill.moment + timedelta(minutes=n)
        is_last = drill.counts["kills"] >= n_kills
        by_time = drill.chance.random() < 0.5
        at_sync = drill.chance.randint(1, int(drill.n_syncs * drill.reach))
        after_s = drill.chance.uniform(0, drill.whole_s * drill.reach)
        more = [] if by_time or is_last else ["--kill-at-sync", str(at_sync)]
        with drill.watch(data), start_child(drill, data, moment, *more) as child:
            if by_time and not is_last:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(after_s)
                child.kill()
            wait_for_end(child)
        drill.counts["runs"] += 1
        drill.counts.update(check_landing(data, drill.moment.date()))
        if child.returncode == 0:
            return
        assert child.returncode == -signal.SIGKILL, child.returncode
        drill.counts["kills"] += 1
        drill.counts["kills by time" if by_time else "kills at a write"] += 1
    raise AssertionError("no run got through")


def later_than(moment: datetime) -> datetime:
    """A clock that stands still; a child process can be given it."""
    return moment + timedelta(hours=2)


def build_nights(drill: Drill, data: Path) -> dict[str, str]:
    """Build the nights from the archive alone; return their content hashes."""
    settings = drill.settings(data)
    job = Job(settings, "build", partial(later_than, drill.moment))
    connect = connect_to(settings.warehouse)
    bins = ("n_loaded", "n_duplicate", "n_rejected", "n_failed", "n_pending")
    for night in drill.nights:
        plan = plan_run(job, night, offline=True)
        for account in run_night(job, plan, connect):
            assert account["n_seen"] == sum(account[name] for name in bins)
    with open_warehouse(connect) as con:
        return {
            f"{name} of {night}": digest
            for night in drill.nights
            for name, digest in hash_tables(con, night).items()
        }


# what must hold after every kill -------------------------------------------

#: Purposes of requests whose answers are read and not kept.
_PASSING = frozenset({"robots", "file"})
ROWS = {
    "captures": Capture,
    "fetch_log": Attempt,
    "entries": Listing,
    "undated": Listing,
    "coverage": Coverage,
    "urls": KnownUrl,
}


def check_landing(data: Path, day: date) -> Counter[str]:
    """Check all that a killed run left, and return what was looked at."""
    landing, seen = Landing(str(data / "landing")), Counter[str]()
    rows = read_everything(landing, seen)
    places = [(row.file, row.offset) for row in rows["captures"]]
    assert len(places) == len(set(places)), "a place is in the index twice"
    said: dict[tuple[str, int], str] = {}
    for row in (*rows["entries"], *rows["undated"], *rows["urls"]):
        if row.file is not None:
            said[row.file, row.offset] = row.digest
    for row in rows["captures"]:
        said[row.file, row.offset] = row.digest
    for (file, offset), digest in said.items():
        record = landing.read_record(file, offset)
        assert record.capture.digest == digest, (file, offset)
        landing.read_capture(file, offset)  # compares the body with the digest
        seen["bodies read back"] += 1
    check_logged(rows, set(said.values()))
    check_twice(landing, rows, day, seen)
    return seen


def read_everything(landing: Landing, seen: Counter[str]) -> dict[str, list]:
    """Read every run file and every state file: a torn one raises."""
    rows: dict[str, list] = {folder: [] for folder in ROWS}
    root = Path(landing.address(""))
    for path in sorted(root.rglob("*")) if root.exists() else ():
        name = str(path.relative_to(root))
        top = name.split("/")[0]
        if path.is_dir() or path.name.startswith("."):
            seen["temporary files left"] += path.is_file()
        elif name.endswith(".json"):
            assert landing.read_json(name), name
            seen["state files read"] += 1
        elif name.endswith(".parquet") and top in ROWS:
            rows[top] += landing.read_rows([name], ROWS[top])
            seen["row files read"] += 1
    return rows


def check_logged(rows: dict[str, list], digests: set[str]) -> None:
    """What was logged as ok is in the archive."""
    for row in (*rows["entries"], *rows["undated"]):
        assert row.outcome != "ok" or row.file is not None, row.url
    for attempt in rows["fetch_log"]:
        if attempt.outcome == "ok" and attempt.purpose not in _PASSING:
            assert attempt.digest in digests, attempt.url


def check_twice(
    landing: Landing, rows: dict[str, list], day: date, seen: Counter[str]
) -> None:
    """A page is captured again only where the first capture was lost by a kill."""
    counted: dict[int, dict[str, set]] = {}
    for row in (*rows["entries"], *rows["undated"], *rows["urls"]):
        if row.file is not None:
            bodies = counted.setdefault(row.article_id, {})
            bodies.setdefault(row.digest, set()).add((row.file, row.offset))
    for article_id, bodies in counted.items():
        for digest, places in bodies.items():
            assert len(places) == 1, f"{article_id}: {digest} counts twice: {places}"
    known = {place for b in counted.values() for found in b.values() for place in found}
    n_good, findings = verify_day(landing, day)
    seen["records verified"] += n_good
    for finding in findings:
        assert finding.problem == "not in the index", finding
        for record in scan_file(landing, finding.file):  # whole, though nobody's
            assert (finding.file, record.capture.offset) not in known
            seen["captures lost by a kill, fetched again"] += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        counts = run_drill(Path(folder), options.kills, options.seed)
    for what, n in sorted(counts.items()):
        say(f"{n:8} {what}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
