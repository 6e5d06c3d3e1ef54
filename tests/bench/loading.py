"""How near the load comes to the speed at which DuckDB itself writes the same rows.

    python tests/bench/loading.py --articles 100000

The limit is CREATE TABLE AS, without a transaction of ours, of every statement in
`warehouse/load` over the same Arrow tables: a night of 10,000 articles of 450 words,
eight names and three countries each, or ten times that. Ours is the load: the same
rows into the schema in one transaction, old ones deleted first; of the single night
with its checks and its ledger row, and then with its links as well. Both end with a
checkpoint, the bytes are in the file then. CPU of all threads, the best of several
turns, ours and theirs in turn.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Figure = tuple[str, str, float, str, float]  # what, unit, ours, against, theirs

PER_NIGHT = 10_000
N_TURNS = 3
NIGHT = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_IDS = ("article_id",)


def loading(n_articles: int = 100_000) -> Iterator[Figure]:
    """Articles a CPU second of loads, beside those of CREATE TABLE AS."""
    sys.path[:0] = [str(ROOT / "include"), str(ROOT / "tests")]
    from nightdesk.deduplicate import find_pairs

    documents = make_documents()
    pairs = find_pairs(documents)  # the stage before has them ready
    tables = make_tables(documents)
    parts = {
        "bulk": (multiply(tables, n_articles // PER_NIGHT), n_articles),
        "night": (tables, PER_NIGHT),
    }
    costs: dict[str, list[float]] = defaultdict(list)
    for _ in range(N_TURNS):
        for what, (rows, _) in parts.items():
            costs[f"limit {what}"].append(measure(create_tables, rows))
        costs["bulk"].append(measure(load_rows, parts["bulk"][0]))
        costs["night"].append(measure(load_checked, tables))
        costs["linked"].append(measure(load_linked, tables, documents, pairs))
    speeds = {
        what: (n_articles if "bulk" in what else PER_NIGHT) / min(seconds)
        for what, seconds in costs.items()
    }
    for label, what, limit in (
        (f"bulk load of {n_articles:,}", "bulk", "limit bulk"),
        (f"load of a night of {PER_NIGHT:,}, checked", "night", "limit night"),
        ("the same with its links", "linked", "limit night"),
    ):
        yield label, "articles a CPU s", speeds[what], "CTAS", speeds[limit]


def make_documents() -> list[Any]:
    """Return the texts of a night; every twentieth is a copy of the one before."""
    from linkworld import make_document

    rng, made = random.Random(1), []
    words = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "nrstlmk"]
    for n in range(PER_NIGHT):
        text = "\n".join(" ".join(rng.choices(words, k=90)) for _ in range(5))
        if n % 20 == 1:
            text = made[-1].text
        url = f"https://s{n % 20}.example/{n}"
        made.append(make_document(url, text, NOON))
    return made


def make_tables(documents: Sequence[Any]) -> dict[str, Any]:
    """Return what the statements of `warehouse/load` read."""
    import linkworld

    from nightdesk.landing.rows import make_table
    from nightdesk.model import CountryScore, Mention, Region, Tags

    def tag(n: int, article_id: int) -> Tags:
        names = [(n * 7 + k * k * 31) % 5000 for k in range(8)]
        mentions = tuple(
            Mention(
                "text", 40 * k, 40 * k + 9, f"Name {q}", "PER", "model", 0.9, f"Q{q}"
            )
            for k, q in enumerate(names)
        )
        countries = tuple(
            CountryScore(f"C{(n + k) % 150}", 1.5, 0.3, 2, "about", is_focus=k == 0)
            for k in range(3)
        )
        return Tags(article_id, mentions, countries, version="v")

    regions = [
        Region(f"iso:C{n}", f"Country {n}", "country", (f"C{n}",)) for n in range(150)
    ]
    tags = [tag(n, d.article_id) for n, d in enumerate(documents)]
    return {
        **linkworld.make_tables(NIGHT, documents),
        "in_region": make_table(regions, Region),
        "in_tags": make_table(tags, Tags),
    }


def multiply(tables: dict[str, Any], times: int) -> dict[str, Any]:
    """Return the tables with the articles so many times, each with ids of its own."""
    from nightdesk.warehouse.connect import connect_to

    con, many = connect_to(":memory:")(), {}
    for name, table in tables.items():
        if not {*_IDS} & {*table.column_names}:
            many[name] = table
            continue
        con.register("one", table)
        more = ", url || turn AS url" if name == "in_entry" else ""
        many[name] = con.execute(
            f"SELECT * REPLACE (article_id + turn AS article_id{more}) "
            "FROM one, range(?) AS r(turn)",
            [times],
        ).to_arrow_table()
        many[name] = many[name].drop_columns(["turn"])
    con.close()
    return many


def measure(write: Callable[..., None], *given: Any) -> float:
    """Return the CPU seconds of writing into a file that is new."""
    from nightdesk.warehouse.connect import connect_to, open_warehouse

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "nightdesk.duckdb")
        with open_warehouse(connect_to(path)) as con:
            start = time.process_time()
            write(con, *given)
            con.execute("CHECKPOINT")
            return time.process_time() - start


def create_tables(con: Any, tables: dict[str, Any]) -> None:
    """Write the rows as DuckDB does where nothing is asked of it."""
    from nightdesk.warehouse import store

    for name, table in tables.items():
        con.register(name, table)
    for path in sorted((Path(store.__file__).parent / "load").glob("*.sql")):
        sql = path.read_text("utf-8")
        query = (
            sql[sql.index("BY NAME") + len("BY NAME") :] if "BY NAME" in sql else sql
        )
        night = {"night": NIGHT} if "$night" in sql else None
        con.execute(f"CREATE TABLE limit_{path.stem} AS {query}", night)
    for name in tables:
        con.unregister(name)


def load_rows(con: Any, tables: dict[str, Any]) -> None:
    from nightdesk.warehouse import store
    from nightdesk.warehouse.connect import load_in_turn

    load_in_turn(con, lambda: store.replace_night(con, NIGHT, tables))


def load_checked(con: Any, tables: dict[str, Any]) -> None:
    load_linked(con, tables)


def load_linked(
    con: Any, tables: dict[str, Any], documents: Any = None, pairs: Any = ()
) -> None:
    """Load a night as a run does, from its Arrow tables on; None: without links."""
    from linkworld import NOTHING_LEARNED, START, TABLES

    from nightdesk.pipeline.link_task import LinkedNight, link_night
    from nightdesk.warehouse import store
    from nightdesk.warehouse.connect import load_in_turn

    given = None
    if documents is not None:
        given = LinkedNight(
            night=NIGHT,
            documents=documents,
            copies=pairs,
            reports=(),
            learned=NOTHING_LEARNED,
            tables=TABLES,
            decisions=(),
            faces={},
            run_id="bench",
            at=START,
        )

    def load() -> None:
        store.replace_night(con, NIGHT, tables)
        if given is not None:
            link_night(con, given)
        store.refuse_failed(NIGHT, store.run_checks(con, NIGHT))
        row = store.LedgerRow(NIGHT, 1, "", "", PER_NIGHT, PER_NIGHT, START)
        names = ("run_id", "code_version", "sources_digest", "learned")
        store.write_ledger(con, row, dict.fromkeys(names, ""))

    load_in_turn(con, load)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=100_000, help="of the bulk")
    options = parser.parse_args()
    for what, unit, ours, against, theirs in loading(options.articles):
        print(f"{what}: {ours:.0f} {unit}, {against} {theirs:.0f}: {ours / theirs:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
