"""What a night costs the warehouse, beside one that holds fifty times as many articles.

    python tests/bench/warehouse.py --articles 100000 5000000

Rows are made up by the engine, 2,000 a night, with 12 hashes each, a tenth of them in
clusters and stories. Then a night of 2,000 articles, of which every tenth is a copy of
an older one, is loaded four days after the last: rows, pairs, clusters, stories,
checks. Reading the texts for stories is left out (no article is within the three
nights), since that is the same in both and would hide what grows. CPU seconds, the best
of several loads; the night is loaded again each time, exact keys and all.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Figure = tuple[str, str, float, str, float]  # what, unit, ours, against, theirs

PER_NIGHT = 2000
N_OLD = 200  # real articles, ten nights back, of which the new night has copies
N_TURNS = 5
START = date(2020, 1, 1)


def warehouse(small: int = 100_000, large: int = 5_000_000) -> Iterator[Figure]:
    """CPU of one night's load and of its marts, at two sizes of the warehouse."""
    sys.path[:0] = [str(ROOT / "include"), str(ROOT / "tests")]
    costs: dict[tuple[str, int], list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        paths = {n: Path(folder) / f"{n}.duckdb" for n in (small, large)}
        for n_articles, path in paths.items():
            build(path, n_articles)
        for _ in range(N_TURNS):  # in turn, so that a busy minute meets both
            for n_articles, path in paths.items():
                for what, seconds in measure(path, n_articles):
                    costs[what, n_articles].append(seconds)
    for what in ("load of a night", "marts of a night"):
        yield (
            f"{what}, {large:,} articles",
            "CPU s",
            min(costs[what, large]),
            f"{small:,} articles",
            min(costs[what, small]),
        )


def find_nights(n_articles: int) -> tuple[date, date]:
    """Return the night of the older articles and the one that is loaded."""
    last = START + timedelta(days=n_articles // PER_NIGHT - 1)
    return last - timedelta(days=10), last + timedelta(days=4)


def build(path: Path, n_articles: int) -> None:
    from linkworld import load_night

    from nightdesk.warehouse.connect import connect_to, open_warehouse

    old, new = find_nights(n_articles)
    articles = write_articles(old, new)
    with open_warehouse(connect_to(str(path))) as con:
        fill(con, n_articles, old)
        load_night(con, old, articles[:N_OLD], has_stories=False)
        load_night(con, new, articles[N_OLD:], has_stories=False)


def measure(path: Path, n_articles: int) -> Iterator[tuple[str, float]]:
    """Load the new night once more, and read its marts."""
    from linkworld import load_night

    from nightdesk.warehouse.connect import connect_to, open_warehouse

    old, new = find_nights(n_articles)
    articles = write_articles(old, new)[N_OLD:]
    with open_warehouse(connect_to(str(path))) as con:
        con.execute("SET threads = 1")
        load = partial(load_night, con, new, articles, has_stories=False)
        yield "load of a night", time_it(load)
        yield "marts of a night", time_it(partial(read_marts, con, new))


def time_it(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def read_marts(con: Any, night: date) -> None:
    from nightdesk.warehouse.mart import load_marts

    for mart in load_marts():
        made = f"CREATE OR REPLACE TEMP TABLE {mart.name} AS {mart.query}"
        con.execute(made, {"night": night})


def fill(con: Any, n_articles: int, free: date) -> None:
    """Make up the nights; all but `free`, which is left to real articles."""
    con.execute(
        "CREATE TEMP TABLE made AS "
        "SELECT i, night, (hash(i) >> 1)::BIGINT AS article_id FROM ("
        "SELECT range AS i, $1::DATE + (range // $2)::INTEGER AS night FROM range($3)) "
        "WHERE night <> $4",
        [START, PER_NIGHT, n_articles, free],
    )
    con.execute(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    con.execute("DROP TABLE made")


def write_articles(old: date, new: date) -> list[Any]:
    """Return the old articles and those of the new night."""
    from linkworld import make_document

    rng, documents = random.Random(1), []
    words = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "nrstlmk"]
    for n in range(N_OLD + PER_NIGHT):
        night = old if n < N_OLD else new
        text = " ".join(rng.choices(words, k=60))
        if n >= N_OLD and n % 10 == 0:
            text = documents[(n // 10) % N_OLD].text + f" And {text[:40]}."
        at = datetime.fromisoformat(f"{night}T12:00:00+00:00")
        url = f"https://s{n % 20}.example/{night}/{n}"
        documents.append(make_document(url, text, at))
    return documents


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, nargs=2, default=(100_000, 5_000_000))
    for what, unit, ours, against, theirs in warehouse(*parser.parse_args().articles):
        print(f"{what}: {ours:.3f} {unit}, {against} {theirs:.3f}: {ours / theirs:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
