"""A night loaded a hundred times again: the same rows, the other nights untouched.

    python tests/chaos/rebuilds.py --rebuilds 100

Six nights of made-up articles with texts of 3.7 kB; every night in turn is loaded
again, each time by a connection of its own, as a task does. Each time the rows of all
nights are compared with those from before. At the end the file may be at most twice
the size of one that was compacted, and none of its rows may be another.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from warehouseworld import NIGHT, article, entry, load

from nightdesk.model import Pair
from nightdesk.warehouse.compact import compact_warehouse
from nightdesk.warehouse.connect import connect_to, open_warehouse
from nightdesk.warehouse.content import hash_tables

N_NIGHTS = 6
_WORDS = [a + b + c for a in "bdfgklmnprst" for b in "aeiou" for c in "nrstlmk"]


def run_rebuilds(
    path: Path, n_rebuilds: int, n_articles: int
) -> Iterator[tuple[int, int]]:
    """Yield the size of the file in bytes after each rebuild, and that of a whole one.

    The second is 0 but for the last pair, which is of the file before it was compacted
    and after. An AssertionError says which rows are others.
    """
    with open_warehouse(connect_to(str(path))) as con:
        for n in range(N_NIGHTS):
            load_one(con, n, n_articles)
        before = [read_hashes(con, n) for n in range(N_NIGHTS)]
    for n in range(n_rebuilds):
        with open_warehouse(connect_to(str(path))) as con:
            load_one(con, n % N_NIGHTS, n_articles)
            found = read_hashes(con, n % N_NIGHTS)
        assert found == before[n % N_NIGHTS], f"rebuild {n}: other rows"
        yield path.stat().st_size, 0
    yield compact_warehouse(connect_to(str(path)), path)
    with open_warehouse(connect_to(str(path))) as con:
        assert [read_hashes(con, n) for n in range(N_NIGHTS)] == before


def read_hashes(con: Any, n: int) -> tuple[dict[str, str], dict[str, str]]:
    """Return the hashes of a night and of all: equal ones, and so are the others."""
    return hash_tables(con, NIGHT + timedelta(days=n)), hash_tables(con)


def load_one(con: Any, n: int, n_articles: int) -> None:
    """Load the n-th night; its first article is a copy of the first one before it."""
    rng, first = random.Random(n), n * n_articles
    ids = range(first, first + n_articles)
    texts = [" ".join(rng.choices(_WORDS, k=920)) for _ in ids]
    linked = [i for i in (first - n_articles, first, first + n_articles) if i >= 0]
    pairs = [Pair(a, b, "exact", 1.0, "r") for a, b in pairwise(linked)]
    rows = [article(i, text) for i, text in zip(ids, texts, strict=True)]
    night = NIGHT + timedelta(days=n)
    load(con, night, [entry(i) for i in ids], rows, pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rebuilds", type=int, default=100)
    parser.add_argument("--articles", type=int, default=1000, help="of each night")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nightdesk.duckdb"
        sizes = list(run_rebuilds(path, options.rebuilds, options.articles))
    largest = max(size for size, _ in sizes)
    _, compact = sizes[-1]
    sys.stdout.write(
        f"{options.rebuilds} rebuilds: {largest / 1e6:.1f} MB at most, "
        f"compact {compact / 1e6:.1f} MB: {largest / compact:.2f}\n"
    )
    assert largest <= 2 * compact


if __name__ == "__main__":
    main()
