"""The same articles, loaded in every order: the same pairs, clusters and stories.

    PYTHONPATH=include:tests python tests/chaos/order.py --articles 5000 --nights 30

Made-up articles of random words: copies, edited copies, chains of edits in which the
first and the last are further apart than the window, reports of one event in other
words. They are loaded forwards, backwards, shuffled with nights run again (some of
them at first with half of their articles), and by two loaders at once; every table of
the warehouse has to come out the same, and as one batch of all articles makes it.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from linkworld import N_SOURCES, START, load_night, make_document

from nightdesk.deduplicate import (
    Document,
    cluster_pairs,
    demote_digests,
    find_digests,
    find_pairs,
    rank_document,
)
from nightdesk.warehouse.connect import Connection, connect_to, open_warehouse
from nightdesk.warehouse.content import hash_tables

CHAIN_STEP = 4  # nights from link to link of a chain: 16 days

Nights = dict[date, list[Document]]


def date_night(number: int) -> datetime:
    """Return the midnight of a night: two in a row, then a week off.

    Ten nights are longer than the window of 30 days, thirty are nearly four.
    """
    return START + timedelta(days=8 * (number // 2) + number % 2)


# the articles ----------------------------------------------------------------


class Writer:
    """Writes articles of random words, the same for a seed."""

    def __init__(self, n_nights: int, seed: int) -> None:
        self.random = random.Random(seed)
        letters = "abcdefghijklmnopqrstuvwxyz"
        self.words = [
            "".join(self.random.choices(letters, k=self.random.randint(3, 9)))
            for _ in range(4000)
        ]
        self.n_nights = n_nights
        self.documents: list[Document] = []

    def write_lines(self, topic: Sequence[str] = ()) -> list[str]:
        """Return the paragraphs of a new text, some words of them of its topic."""
        rng, lines = self.random, []
        for _ in range(rng.randint(3, 7)):
            words = rng.choices(self.words, k=rng.randint(14, 30))
            words += rng.choices(list(topic), k=12) if topic else []
            words[::5] = [word.capitalize() for word in words[::5]]
            words += [f"{a.capitalize()} {b.capitalize()}" for a, b in pairwise(topic)]
            words.append(str(len(topic) * 1000 or rng.randint(2, 9999)))
            lines.append(" ".join(words) + ".")
        return lines

    def edit_lines(self, lines: Sequence[str]) -> list[str]:
        """Return the paragraphs with a few words changed and perhaps one more."""
        rng, edited = self.random, list(lines)
        spot = rng.randrange(1, len(edited))
        words = edited[spot].split()
        words[rng.randrange(len(words) - 1)] = rng.choice(self.words)
        edited[spot] = " ".join(words)
        if rng.random() < 0.5:
            edited.append(self.write_lines()[0])
        return edited

    def publish(self, lines: Sequence[str], night: int, *, dated: bool = True) -> None:
        """Add an article; one without a time belongs to its night all the same."""
        number = len(self.documents)
        at = date_night(night) + timedelta(minutes=self.random.randrange(1440))
        source = f"s{self.random.randrange(N_SOURCES)}"
        document = make_document(
            f"https://{source}.example/{at.date()}/{number}",
            "\n".join(lines),
            at if dated else None,
        )
        self.documents.append(document)

    def write_family(self) -> None:
        """Add one of: a lone text, copies, a chain of edits, reports of one event."""
        rng, last = self.random, self.n_nights - 1
        kind, night = rng.random(), rng.randrange(self.n_nights)
        lines = self.write_lines()
        if kind < 0.45:
            self.publish(lines, night)
        elif kind < 0.7:
            for _ in range(rng.randint(2, 6)):
                copy = lines if rng.random() < 0.5 else self.edit_lines(lines)
                late = min(last, night + rng.choice((0, 0, 0, 1, 2, 3)))
                self.publish(copy, late, dated=rng.random() < 0.95)
        elif kind < 0.85:
            for late in range(rng.randrange(CHAIN_STEP), self.n_nights, CHAIN_STEP):
                self.publish(lines, late)
                lines = self.edit_lines(lines)
        else:
            topic = rng.choices(self.words, k=8)
            for _ in range(rng.randint(2, 5)):
                later = min(last, night + rng.choice((0, 0, 1)))
                self.publish(self.write_lines(topic), later)


def write_articles(n_articles: int, n_nights: int, seed: int) -> Nights:
    """Return so many articles by night."""
    writer = Writer(n_nights, seed)
    nights: Nights = {date_night(n).date(): [] for n in range(n_nights)}
    while len(writer.documents) < n_articles:
        writer.write_family()
    for document in writer.documents[:n_articles]:
        day = document.canonical_url.split("/")[3]
        nights[date.fromisoformat(day)].append(document)
    return nights


# the loads -------------------------------------------------------------------


def load_shuffled(con: Connection, nights: Nights, seed: int) -> None:
    """Load the nights in a random order, some twice, some at first by half."""
    rng = random.Random(seed)
    order = [*nights, *rng.sample(list(nights), len(nights) // 3)]
    rng.shuffle(order)
    for night in order:
        if rng.random() < 0.2:
            load_night(con, night, nights[night][::2])
        load_night(con, night, nights[night])


def load_by_two(path: Path, nights: Nights) -> None:
    """Load the nights by two loaders that start each pair of nights at once."""
    connect, errors = connect_to(str(path)), []
    with open_warehouse(connect):
        pass  # the schema is there before the two begin
    gate = threading.Barrier(2)

    def work(mine: Iterable[date]) -> None:
        try:
            with open_warehouse(connect) as con:
                gate.wait(60)
                for night in mine:
                    load_night(con, night, nights[night])
        except BaseException as error:
            errors.append(error)
            raise

    halves = (list(nights)[::2], list(nights)[1::2][::-1])
    threads = [threading.Thread(target=work, args=(half,)) for half in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


# the comparison --------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What came out of one order."""

    tables: dict[str, str]  # name -> content hash
    clusters: dict[int, int]
    pairs: set[tuple[int, int, str]]  # of different texts: of one, as many as join


def read_outcome(con: Connection) -> Outcome:
    clusters = "SELECT article_id, cluster_id FROM cluster_member ORDER BY 1"
    pairs = "SELECT a_id, b_id, kind FROM duplicate_pair WHERE kind <> 'exact'"
    return Outcome(
        hash_tables(con),
        dict(con.execute(clusters).fetchall()),
        set(con.execute(pairs).fetchall()),
    )


def run_orders(folder: Path, nights: Nights, seed: int) -> dict[str, Outcome]:
    """Return the outcome of every order, by its name."""
    orders: dict[str, Callable[[Connection], None]] = {
        "forwards": lambda con: load_all(con, nights, list(nights)),
        "backwards": lambda con: load_all(con, nights, list(nights)[::-1]),
        "shuffled": lambda con: load_shuffled(con, nights, seed),
    }
    outcomes = {}
    for name, load in orders.items():
        with open_warehouse(connect_to(str(folder / f"{name}.duckdb"))) as con:
            load(con)
            outcomes[name] = read_outcome(con)
    path = folder / "two.duckdb"
    load_by_two(path, nights)
    with open_warehouse(connect_to(str(path))) as con:
        outcomes["two at once"] = read_outcome(con)
    return outcomes


def load_all(con: Connection, nights: Nights, order: Iterable[date]) -> None:
    for night in order:
        load_night(con, night, nights[night])


def run_batch(nights: Nights) -> Outcome:
    """Return pairs and clusters of all articles as one batch."""
    documents = [document for group in nights.values() for document in group]
    pairs = find_pairs(documents)
    ranks = {d.article_id: rank_document(d) for d in documents}
    clusters = cluster_pairs(
        demote_digests(pairs, find_digests(pairs, documents)), ranks
    )
    return Outcome(
        {}, clusters, {(p.a_id, p.b_id, p.kind) for p in pairs if p.kind != "exact"}
    )


def count_chains(nights: Nights, clusters: dict[int, int]) -> int:
    """Return how many clusters reach over more than the window of 30 days."""
    days: dict[int, set[date]] = {}
    for night, documents in nights.items():
        for document in documents:
            if document.article_id in clusters:
                days.setdefault(clusters[document.article_id], set()).add(night)
    return sum((max(group) - min(group)).days > 30 for group in days.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=5000)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    nights = write_articles(options.articles, options.nights, options.seed)
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        outcomes = run_orders(Path(folder), nights, options.seed)
    batch, first = run_batch(nights), outcomes["forwards"]
    equal = [name for name, found in outcomes.items() if found == first]
    is_batch = (batch.clusters, batch.pairs) == (first.clusters, first.pairs)
    sys.stdout.write(
        f"{options.articles} articles in {options.nights} nights: "
        f"{len(first.pairs)} pairs, {len(set(first.clusters.values()))} clusters, "
        f"{count_chains(nights, first.clusters)} of them longer than the window\n"
        f"equal: {', '.join(equal)}{', one batch' if is_batch else ''} "
        f"({time.process_time() - started:.0f} CPU s)\n"
    )
    return 0 if len(equal) == len(outcomes) and is_batch else 1


if __name__ == "__main__":
    sys.exit(main())
