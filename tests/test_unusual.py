"""unusual: its statistic against another reckoning, chance alone, and late nights."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

import duckdb
import pyarrow as pa
import pytest
from engines import connect_at
from test_marts import CASES, NIGHT, build_mart, fill_case
from warehouseworld import NEXT, article, entry, load
from warehouseworld import NIGHT as FIRST

from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.mart import load_marts
from nightdesk.warehouse.publish import publish_nights
from nightdesk.warehouse.read import open_catalogue, read_marts

HISTORIES = sorted(path.parent for path in CASES.glob("unusual/*/attended.csv"))
COLUMNS = next(mart.columns for mart in load_marts() if mart.name == "attended")


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        folder = CASES.parents[1] / "include/nightdesk/warehouse/schema"
        for script in sorted(folder.glob("*.sql")):
            connection.execute(script.read_text("utf-8"))
        yield connection


def reckon_tail(n: int, n_before: int, expected: float, burst: float) -> float:
    """Return the tail probability, term by term from the one before it."""
    size = 1 / (1 / (n_before + 0.5) + burst)
    rest = expected / (size + expected)
    term, terms = (1 - rest) ** size, []
    for k in range(n + 1):
        terms.append(term)
        term *= rest * (k + size) / (k + 1)
    tail = 1 - sum(terms[:-1]) if n >= expected else sum(terms)
    return min(1.0, 2 * max(tail, 1e-9))


@pytest.mark.parametrize("case", HISTORIES, ids=lambda path: path.name)
def test_tail_is_the_negative_binomials(
    con: duckdb.DuckDBPyConnection, case: Path
) -> None:
    fill_case(con, "unusual", case)
    build_mart(con, "unusual")
    sql = "SELECT kind, item_id, n_compared, n_before, expected, burst FROM "
    by_item: dict[tuple[str, str], list[float]] = {}
    for kind, item, *row in con.execute(f"{sql} expected_texts").fetchall():
        by_item.setdefault((kind, item), []).append(reckon_tail(*row))
    found = con.execute("SELECT kind, item_id, p FROM unusual").fetchall()
    assert {(kind, item) for kind, item, _ in found} == set(by_item)
    for kind, item, p in found:
        assert p == pytest.approx(max(by_item[kind, item]), abs=1e-8)


def draw_poisson(rng: Random, mean: float) -> int:
    """Return a Poisson count: how many unit waiting times fit."""
    n, waited = 0, rng.expovariate(1)
    while waited < mean:
        n, waited = n + 1, waited + rng.expovariate(1)
    return n


def make_world(
    con: duckdb.DuckDBPyConnection, spikes: frozenset[int], bursty: bool
) -> None:
    """Fill `attended` with 28 nights and one: 200 items at rates of their own."""
    rng = Random(7)
    rows, article_id = [], 0
    rates = [0.2 * 1.025**item for item in range(200)]
    for back in range(28, -1, -1):
        night = NIGHT - timedelta(days=back)
        for item, rate in enumerate(rates):
            mean = rate * (rng.gammavariate(2, 0.5) if bursty else 1.0)
            mean = mean * 5 + 8 if back == 0 and item in spikes else mean
            for _ in range(draw_poisson(rng, mean)):
                article_id += 1
                name = f"nd:per:{item}"
                source = "abcde"[article_id % 5]
                for kind, item_id in (("all", "all"), ("entity", name)):
                    rows.append(
                        (night, kind, item_id, item_id, None, article_id, source,
                         article_id, source, article_id, "t")
                    )  # fmt: skip
    columns = {name: [row[n] for row in rows] for n, (name, _) in enumerate(COLUMNS)}
    con.register("rows", pa.table(columns))
    con.execute("CREATE TABLE attended AS SELECT * FROM rows")
    con.execute("UPDATE attended SET type = NULL")
    con.execute("ALTER TABLE attended ALTER type TYPE VARCHAR")
    con.execute(
        "INSERT INTO article BY NAME SELECT night, article_id, source_id, '' AS "
        "canonical_url, '' AS url, 0 AS n_words, 0 AS n_paragraphs, 0 AS n_repeats, "
        "true AS is_tagged, '' AS text_hash, '' AS page_digest, '' AS via, "
        "'' AS extract_version, tag_version FROM attended WHERE kind = 'all'"
    )
    fill_case(con, "unusual", Path("none"))
    build_mart(con, "unusual")


@pytest.mark.parametrize("bursty", [False, True], ids=["steady news", "news in bursts"])
def test_chance_raises_no_alarm(con: duckdb.DuckDBPyConnection, bursty: bool) -> None:
    make_world(con, frozenset(), bursty)
    n_rows, n_alarms, n_low = con.execute(
        "SELECT count(*), count(*) FILTER (WHERE verdict <> 'usual'),"
        " count(*) FILTER (WHERE p <= 0.05) FROM unusual"
    ).fetchall()[0]
    assert n_rows > 80
    assert n_alarms == 0
    assert n_low <= 0.05 * n_rows


def test_every_planted_rise_is_found(con: duckdb.DuckDBPyConnection) -> None:
    spikes = frozenset(range(5, 200, 40))
    make_world(con, spikes, bursty=False)
    found = con.execute("SELECT item_id FROM unusual WHERE verdict = 'rise'").fetchall()
    assert {item for (item,) in found} == {f"nd:per:{item}" for item in spikes}


def test_an_older_night_joins_the_baseline_of_later_ones(tmp_path: Path) -> None:
    folder = tmp_path / "published"

    def read(night: date) -> int:
        with open_catalogue(folder) as con:
            sql = "SELECT n_nights_28 FROM baseline WHERE night = ?"
            return con.execute(sql, [night]).fetchall()[0][0]

    with open_warehouse(connect_at(tmp_path / "w.duckdb")) as con:
        load(con, NEXT, [entry(2)], [article(2)])
        con.execute("UPDATE article SET is_tagged = true")
        publish_nights(con, folder)
        assert read(NEXT) == 0
        load(con, FIRST, [entry(1)], [article(1)])
        con.execute("UPDATE article SET is_tagged = true")
        assert publish_nights(con, folder).nights == (FIRST,)
        assert read(NEXT) == 1
        assert read(FIRST) == 0


def test_a_catalogue_without_the_mart_is_read(con: duckdb.DuckDBPyConnection) -> None:
    fill_case(con, "unusual", CASES / "unusual" / "copies_and_own_work")
    build_mart(con, "unusual")
    assert [row["name"] for row in read_marts(con, NIGHT)["unusual"]] != []
    con.execute("DROP TABLE unusual")
    assert "unusual" not in read_marts(con, NIGHT)
