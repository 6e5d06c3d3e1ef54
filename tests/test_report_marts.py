"""From tables to the page: the marts' rows, as DuckDB returns them, make a brief."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from lxml import html
from test_marts import CASES, NIGHT, WAREHOUSE, build_mart, fill_table

from nightdesk.report import Row, brief_summary, build_brief, load_shapes
from nightdesk.warehouse.mart import list_marts

GEO = Path(__file__).parents[1] / "include" / "config" / "geo"

#: Which mart's case lends a table; all are of one small night.
LENDERS = {
    "article": "article_list",
    "article_entity": "entities_by_day",
    "article_origin": "article_list",
    "article_region": "articles_by_region",
    "cluster": "article_list",
    "cluster_member": "article_list",
    "coverage": "coverage_by_night",
    "entity": "entities_by_day",
    "entry": "reasons",
    "region": "articles_by_region",
    "source": "article_list",
}


@pytest.fixture(scope="module")
def marts() -> dict[str, list[Row]]:
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'Asia/Karachi'")
        for script in sorted((WAREHOUSE / "schema").glob("*.sql")):
            con.execute(script.read_text("utf-8"))
        for table, mart in LENDERS.items():
            fill_table(con, CASES / mart / "copies_and_own_work" / f"{table}.csv")
        found: dict[str, list[Row]] = {}
        for mart in list_marts():
            build_mart(con, mart)
            done = con.execute(f"FROM {mart}")
            names = [column[0] for column in done.description]
            found[mart] = [
                dict(zip(names, row, strict=True)) for row in done.fetchall()
            ]
    return found


def test_figures_are_those_of_the_marts(marts: dict[str, list[Row]]) -> None:
    page = html.document_fromstring(build_brief(NIGHT, marts, shapes=load_shapes(GEO)))
    cards = [node.text_content() for node in page.xpath("//*[@class='card']/b")]
    [head] = marts["coverage_by_night"]
    shown = ("n_articles", "n_texts", "n_independent")
    assert cards == [*(str(head[column]) for column in shown), "2"]
    [story] = page.xpath("//ol/li")
    said = " ".join(story.text_content().split())
    assert "Alpha Wire · first at 06:30 · 3 articles in 3 sources" in said
    assert said.endswith("Copies: Gamma Daily 06:50, Beta Post 07:10")
    counted = page.xpath("//*[@id='articles']//summary")[0].text_content()
    assert counted == "5 articles, newest first"
    assert [node.text_content() for node in page.xpath("//*[@id='missing']//h3")] == [
        "1 source could not be read",
        "1 source had nothing for this night",
        "1 source was not asked",
        "Entries that were not loaded, and why",
    ]


def test_summary_is_that_of_the_marts(marts: dict[str, list[Row]]) -> None:
    summary = brief_summary(NIGHT, marts)
    assert summary["accounting"] == (
        "9 seen = 5 loaded + 2 duplicate + 1 rejected + 1 failed + 0 pending"
    )
    assert summary["n_texts"] == 3
    assert summary["top_countries"] == [
        {"name": "Pakistan", "n_articles": 3},
        {"name": "Afghanistan", "n_articles": 1},
    ]
    assert summary["failed_sources"] == [{"source_id": "d", "reason": "timeout"}]
