"""A night loaded a hundred times again: the same rows, the other nights untouched.

    python tests/chaos/rebuilds.py --rebuilds 100

Six nights of made-up articles with texts of 3.7 kB; one of them is loaded again and
again, or every one in turn, each time by a connection of its own, which compacts a file
of which half is free, as a task does. Each time the rows of all nights are compared
with those from before. The file may be at most twice the size of one that was
compacted. All in turn is the worst that can be: six nights lie in one row group, which
each load writes anew.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle, islice, pairwise
from pathlib import Path
from typing import Any

from warehouseworld import NIGHT, article, entry, load

from nightdesk.model import Pair
from nightdesk.warehouse.compact import compact_loaded, compact_warehouse
from nightdesk.warehouse.connect import connect_to, open_warehouse
from nightdesk.warehouse.content import hash_tables

N_NIGHTS = 6
ALL = range(N_NIGHTS)
_WORDS = [a + b + c for a in "bdfgklmnprst" for b in "aeiou" for c in "nrstlmk"]


def run_rebuilds(
    path: Path, n_rebuilds: int, n_articles: int, which: Sequence[int]
) -> float:
    """Return the largest size of the file, as a multiple of that of a compact one.

    An AssertionError says which rows are others.

    Args:
        path: of the file to be.
        n_rebuilds: how often a night is loaded again.
        n_articles: of each night.
        which: the numbers of the nights that are loaded in turn.
    """
    largest = 0
    with open_warehouse(connect_to(str(path))) as con:
        for n in range(N_NIGHTS):
            load_one(con, n, n_articles)
        before = [read_hashes(con, n) for n in range(N_NIGHTS)]
    for n in islice(cycle(which), n_rebuilds):
        with open_warehouse(connect_to(str(path))) as con:
            load_one(con, n, n_articles)
            found = read_hashes(con, n)
            compact_loaded(con)
        assert found == before[n], f"night {n} rebuilt: other rows"
        largest = max(largest, path.stat().st_size)
    _, compact = compact_warehouse(connect_to(str(path)), path)
    with open_warehouse(connect_to(str(path))) as con:
        assert [read_hashes(con, n) for n in range(N_NIGHTS)] == before
    return largest / compact


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
    parser.add_argument("--articles", type=int, default=500, help="of each night")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for what, which, limit in (("one night", [2], 2), ("all in turn", ALL, 2)):
            path = Path(folder) / f"{len(which)}.duckdb"
            ratio = run_rebuilds(path, options.rebuilds, options.articles, which)
            sys.stdout.write(f"{options.rebuilds} rebuilds, {what}: {ratio:.2f}\n")
            assert ratio <= limit, f"more than {limit} times a compact file"


if __name__ == "__main__":
    main()
