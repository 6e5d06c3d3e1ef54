"""What the marts and the publish of one night cost, beside ten times as many articles.

    python tests/bench/publishing.py --articles 1000000 10000000

A night of 10,000 articles is made up by the engine (`page.sql`); the other nights are
its rows, and its parts, with dates and ids moved on. Texts, mentions and fetched pages
stand in the last night alone: no mart reads them, and a publish copies those of its own
night. Then the last night is marked as changed and published, marts and all. CPU of all
threads, the best of several turns, which go back and forth between the sizes; the
memory is the most that a process held which did nothing else.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from page import PER_NIGHT, START, move_columns, move_part

ROOT = Path(__file__).parents[2]
Figure = tuple[str, str, float, str, float]  # what, unit, ours, against, theirs

N_TURNS = 3
_NIGHTS_BACK = 28  # as far as a mart looks into other marts
_LAST_ONLY = frozenset({"article_text", "mention", "fetch_log"})


def publishing(small: int = 1_000_000, large: int = 10_000_000) -> Iterator[Figure]:
    """CPU of the marts and of the publish of a night, at two sizes; their memory."""
    sys.path[:0] = [str(ROOT / "include")]
    costs: dict[tuple[str, int], list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for n_articles in (small, large):
            build(Path(folder) / str(n_articles), n_articles)
        for _ in range(N_TURNS):  # in turn, so that a busy minute meets both
            for n_articles in (small, large):
                for what, cost in run_apart(Path(folder) / str(n_articles)).items():
                    costs[what, n_articles].append(cost)
    beside = f"{small:,} articles"
    for what in ("marts of a night", "publish of a night"):
        ours, theirs = min(costs[what, large]), min(costs[what, small])
        yield f"{what}, {large:,} articles", "CPU s", ours, beside, theirs
    memory = max(costs["memory", large])
    yield f"marts and publish, {large:,} articles", "MiB", memory, "limit", 2048


def build(folder: Path, n_articles: int) -> None:
    """Fill a warehouse, and publish all of it but for what is the same."""
    from nightdesk.warehouse import publish
    from nightdesk.warehouse.catalogue import write_catalogue
    from nightdesk.warehouse.connect import connect_to, open_warehouse
    from nightdesk.warehouse.mart import load_marts

    n_nights = n_articles // PER_NIGHT
    kept = {mart.name: mart.is_table for mart in load_marts()}
    folder.mkdir(parents=True)
    with open_warehouse(connect_to(str(folder / "warehouse.duckdb"))) as con:
        con.execute(
            "CREATE TEMP TABLE made AS SELECT i, ?::DATE AS night, "
            "1000000 + i AS article_id FROM range(?) AS r(i)",
            [START, PER_NIGHT],
        )
        con.execute((ROOT / "tests" / "bench" / "page.sql").read_text("utf-8"))
        publish.publish_nights(con, folder)
        manifest = publish.read_manifest(folder)
        first = manifest["nights"][str(START)]
        for n in range(1, n_nights):
            night = START + timedelta(days=n)
            is_near = n_nights - n <= _NIGHTS_BACK
            parts = {
                table: move_part(con, folder, part, (table, night, n))
                if kept.get(table) or (is_near and table in kept)
                else part
                for table, part in first["parts"].items()
            }
            manifest["nights"][str(night)] = {"load": first["load"], "parts": parts}
        move_rows(con, n_nights)
    manifest["number"] = 2
    write_catalogue(folder, manifest)


def move_rows(con: Any, n_nights: int) -> None:
    """Make the other nights of the warehouse from its first, in their order."""
    from nightdesk.warehouse.content import list_tables, night_column

    for table, columns in list_tables(con).items():
        if night_column(table, columns) is None:
            continue
        moved = move_columns(con.execute(f"DESCRIBE {table}").fetchall(), "days")
        con.execute(f"CREATE OR REPLACE TEMP TABLE first AS FROM {table}")
        start = n_nights - 1 if table in _LAST_ONLY else 1
        for n in range(start, n_nights, 50):
            con.execute(
                f"INSERT INTO {table} SELECT {moved} "
                "FROM first, range(?, ?) AS r(days) ORDER BY days",
                [n, min(n + 50, n_nights)],
            )
    con.execute("DROP TABLE first")
    con.execute("CHECKPOINT")


def run_apart(folder: Path) -> dict[str, float]:
    """Measure in a process of its own; return CPU seconds, and MiB."""
    done = subprocess.run(
        [sys.executable, __file__, "--in", str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "include")},
        check=True,
        capture_output=True,
        text=True,
    )
    lines = (line.rpartition(" ") for line in done.stdout.splitlines())
    return {what: float(cost) for what, _, cost in lines}


def measure(folder: Path) -> None:
    """Print what the last night costs."""
    from nightdesk.warehouse.catalogue import read_manifest
    from nightdesk.warehouse.connect import connect_to, open_warehouse
    from nightdesk.warehouse.publish import publish_nights
    from nightdesk.warehouse.store import bump_nights, next_seq

    with open_warehouse(connect_to(str(folder / "warehouse.duckdb"))) as con:
        con.execute("SET memory_limit = '1GiB'")
        nights = read_manifest(folder)["nights"]
        night = date.fromisoformat(max(nights))
        start = time.process_time()
        make_marts(con, folder, night, nights)
        print(f"marts of a night {time.process_time() - start}")
        bump_nights(con, [night], next_seq(con))
        start = time.process_time()
        done = publish_nights(con, folder)
        print(f"publish of a night {time.process_time() - start}")
        assert done.nights == (night,), done
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}")


def make_marts(con: Any, folder: Path, night: date, nights: Any) -> None:
    """Make every mart of a night, as a publish does, and keep none."""
    from nightdesk.warehouse.mart import load_marts, show_parts

    for mart in load_marts():
        first = night - timedelta(days=mart.looks_back)
        for other in load_marts():
            if other.name in mart.reads:
                shown = [
                    folder / entry["parts"][other.name]
                    for day, entry in nights.items()
                    if str(first) <= day <= str(night)
                ]
                show_parts(con, other, shown)
        made = f"CREATE OR REPLACE TEMP TABLE part AS {mart.query}"
        start = time.process_time()
        con.execute(made, {"night": night})
        print(f"mart {mart.name} {time.process_time() - start}")
    con.execute("DROP TABLE part")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sizes = (1_000_000, 10_000_000)
    parser.add_argument("--articles", type=int, nargs=2, default=sizes)
    parser.add_argument("--in", type=Path, dest="folder", help="measure what is there")
    options = parser.parse_args()
    if options.folder:
        measure(options.folder)
        return 0
    for what, unit, ours, against, theirs in publishing(*options.articles):
        print(f"{what}: {ours:.3f} {unit}, {against} {theirs:.3f}: {ours / theirs:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
