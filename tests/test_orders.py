"""Five thousand articles in thirty nights: no order of loads changes a row."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from engines import connect_at
from linkworld import N_SOURCES, START, load_night, make_document

from nightdesk.deduplicate import (
    Document,
    cluster_pairs,
    demote_digests,
    find_digests,
    find_pairs,
    rank_document,
)
from nightdesk.newsstand import World
from nightdesk.newsstand.texts import make_paragraphs
from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.content import hash_tables

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

# A tenth, unless `make chaos` asks for all.
IS_WHOLE = bool(os.environ.get("NIGHTDESK_CHAOS"))
N_NIGHTS, PER_NIGHT, LEAST = (30, 162, 5_000) if IS_WHOLE else (9, 60, 500)
DAYS = [START.date() + timedelta(days=n) for n in range(N_NIGHTS)]
#: Nights of a chain of copies: its ends are sixty nights apart, each link at most 22.
LINKS = (-18, 2, 24, 42)
CHAIN = [START.date() + timedelta(days=n) for n in LINKS]
TABLES = (
    "article_origin", "cluster", "cluster_member", "duplicate_pair",
    "story", "story_member", "story_pair",
)  # fmt: skip

Nights = dict[date, list[Document]]


def make_nights() -> Nights:
    """Return nights of the newsstand, with late copies, and a chain through them."""
    world = World(PER_NIGHT, seed="orders", wire_stories=3)
    chance = random.Random(5)
    nights: Nights = {}
    for day in DAYS:
        items = [item for item in world.plan(day).items if item.is_article]
        nights[day] = [
            make_document(
                f"https://s{chance.randrange(N_SOURCES)}.example{item.path}-{n}",
                "\n".join(make_paragraphs(item)),
                item.at,
                item.title,
            )
            for n, item in enumerate(items)
        ]
    text = nights[DAYS[0]][0].text.split("\n")
    for n, day in enumerate(CHAIN):
        lines = "\n".join(
            [*text, f"Line {n} was added by the desk of the {n}th paper."]
        )
        at = datetime.combine(day, time(5, n), UTC)
        link = make_document(f"https://s{n}.example/chain-{n}", lines, at, "Chain")
        nights.setdefault(day, []).append(link)
    return nights


@pytest.fixture(scope="module")
def nights() -> Nights:
    return make_nights()


def build(nights: Nights, order: Iterable[Sequence[date]], path: Path) -> Path:
    """Load nights in an order; those that come together side by side."""
    connect = connect_at(path)
    with open_warehouse(connect):
        pass  # the file is there before two nights want it

    def load(day: date) -> None:
        with open_warehouse(connect) as con:
            load_night(con, day, nights[day])

    with ThreadPoolExecutor() as pool:
        for days in order:
            list(pool.map(load, days))
    return path


def read_hashes(path: Path) -> dict[str, str]:
    with open_warehouse(connect_at(path)) as con:
        hashes = hash_tables(con)
    return {table: hashes[table] for table in TABLES}


@pytest.fixture(scope="module")
def forwards(nights: Nights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("orders") / "forwards.duckdb"
    return build(nights, [[day] for day in sorted(nights)], path)


def test_nights_give_the_clusters_of_one_batch(nights: Nights, forwards: Path) -> None:
    documents = [d for _, night in sorted(nights.items()) for d in night]
    assert len(documents) >= LEAST
    with open_warehouse(connect_at(forwards)) as con:
        rows = dict(
            con.execute("SELECT article_id, cluster_id FROM cluster_member").fetchall()
        )
    ranks = {d.article_id: rank_document(d) for d in documents}
    pairs = find_pairs(documents)
    pairs = demote_digests(pairs, find_digests(pairs, documents))
    assert rows == cluster_pairs(pairs, ranks)
    chain = {rows[nights[day][-1].article_id] for day in CHAIN}
    assert chain == {nights[CHAIN[0]][-1].article_id}, "one cluster, sixty nights long"


ORDERS: dict[str, Callable[[list[date]], list[list[date]]]] = {
    "backwards": lambda days: [[day] for day in sorted(days, reverse=True)],
    "two at once": lambda days: [days[i : i + 2] for i in range(0, len(days), 2)],
    "mixed, some again": lambda days: [[day] for day in [*days, *days[:5]]],
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS.keys())
def test_no_order_of_loads_changes_a_row(
    nights: Nights,
    forwards: Path,
    tmp_path: Path,
    order: Callable[[list[date]], list[list[date]]],
) -> None:
    mixed = random.Random(3).sample(sorted(nights), len(nights))
    path = build(nights, order(mixed), tmp_path / "other.duckdb")
    assert read_hashes(path) == read_hashes(forwards)
