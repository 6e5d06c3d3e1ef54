"""The brief in words: every figure is a row's, editions say what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import duckdb
import pytest
from briefpage import walk_page
from briefworld import find_numbers, list_figures, walk_brief
from lxml import html
from test_marts import CASES, NIGHT, WAREHOUSE, build_mart, fill_table
from test_report_marts import LENDERS
from test_report_rows import SHAPES

from nightdesk.errors import ReportError
from nightdesk.report import (
    Draft,
    Edition,
    Row,
    draft_brief,
    list_changes,
    read_facts,
)
from nightdesk.report.written import escape
from nightdesk.warehouse.mart import list_marts, load_marts

#: Marts that the small night takes from a case with nights before it.
GIVEN = {
    "attended": "unusual/copies_and_own_work/attended.csv",
    "missed_stories": "missed_stories/copies_and_own_work/expect.csv",
}
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) **1** `a` \n# 1. &lt; |"


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables and marts of one night with eight before it."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for script in sorted((WAREHOUSE / "schema").glob("*.sql")):
            connection.execute(script.read_text("utf-8"))
        for table, mart in LENDERS.items():
            path = CASES / mart / "copies_and_own_work" / f"{table}.csv"
            fill_table(connection, path)
        fill_table(connection, CASES / "unusual/copies_and_own_work/article.csv")
        marts = {mart.name: mart for mart in load_marts()}
        for mart in list_marts():
            if mart in GIVEN:
                casts = ", ".join(
                    f'CAST("{c}" AS {kind}) AS "{c}"' for c, kind in marts[mart].columns
                )
                connection.execute(
                    f"CREATE TABLE {mart} AS SELECT {casts} FROM read_csv("
                    f"'{CASES / GIVEN[mart]}', header = true, all_varchar = true)"
                )
            else:
                build_mart(connection, mart)
        yield connection


@pytest.fixture(scope="module")
def marts(con: duckdb.DuckDBPyConnection) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for mart in list_marts():
        done = con.execute(f"FROM {mart}")
        names = [column[0] for column in done.description]
        found[mart] = [dict(zip(names, row, strict=True)) for row in done.fetchall()]
    return found


@pytest.fixture(scope="module")
def draft(marts: dict[str, list[Row]]) -> Draft:
    return draft_brief(NIGHT, marts, shapes=SHAPES)


def read_section(draft: Draft, name: str) -> list[str]:
    [section] = [section for section in draft.facts if section.id == name]
    return [f"{fact.name}: {fact.text}" if fact.name else fact.text
            for fact in section.facts]  # fmt: skip


SAID = [
    (
        "unusual",
        [
            "Amina: Rise: 6 unique texts; expected <0.1 by the 28 nights before, <0.1"
            " by the last 7. In all 6 articles, 6 unique texts, 3 independent sources;"
            " false alarms among such: <1 %.",
            "Pakistan: Rise: 12 unique texts; expected 4.1 by the 28 nights before, 4.1"
            " by the last 7. In all 12 articles, 12 unique texts, 3 independent"
            " sources; false alarms among such: <1 %. Same story as Amina.",
        ],
    ),
    (
        "baseline",
        [
            "Compared with 7 of the 7 nights before and 8 of the 28, over 3 sources"
            " with texts then and now, in unique texts. Under 28 nights a rise is less"
            " sure."
        ],
    ),
    (
        "missed",
        [
            "Strike by a: 3 of 5 sources that publish in its language ran it;"
            " 2 did not: The D and The E."
        ],
    ),
]


@pytest.mark.parametrize(("section", "said"), SAID, ids=[name for name, _ in SAID])
def test_sentences(draft: Draft, section: str, said: list[str]) -> None:
    assert read_section(draft, section) == said


def test_every_figure_is_that_of_a_row(
    con: duckdb.DuckDBPyConnection, draft: Draft
) -> None:
    assert walk_brief(con, draft.to_json(Edition())) > 20


def test_every_table_and_chart_is_of_rows(
    con: duckdb.DuckDBPyConnection, draft: Draft
) -> None:
    page = draft.to_html(Edition())
    assert walk_page(con, page, NIGHT) > 20
    with pytest.raises(AssertionError):
        walk_page(con, page.replace('<td class="n">', '<td class="n">9'), NIGHT)


def test_a_figure_that_no_row_has_is_found() -> None:
    row = {"mart": "m", "key": {}, "values": {"n_texts": 12, "name": "Route 66"}}
    fact = {"text": "Route 66: 13 texts of 12", "rows": [row]}
    assert find_numbers(fact) - list_figures(fact) == {"13"}


def test_markdown_and_page_say_what_the_json_says(draft: Draft) -> None:
    brief = json.loads(draft.to_json(Edition()))
    markdown = draft.to_markdown(Edition())
    page = html.document_fromstring(draft.to_html(Edition()))
    shown = " ".join(page.text_content().split())
    for section in brief["sections"]:
        for fact in section["facts"]:
            assert escape(fact["text"]) in markdown
            if section["id"] in ("unusual", "baseline", "missed", "names", "movers"):
                assert " ".join(fact["text"].split()) in shown


def test_links_inside_the_page_lead_somewhere(draft: Draft) -> None:
    page = html.document_fromstring(draft.to_html(Edition()))
    inside = page.xpath("//a[starts-with(@href, '#')]/@href")
    assert len(inside) > 20
    for target in inside:
        assert len(page.xpath("//*[@id=$id]", id=target[1:])) == 1, target


def test_an_edition_says_what_changed(marts: dict[str, list[Row]]) -> None:
    old = draft_brief(NIGHT, marts, shapes=SHAPES)
    _, facts = read_facts(old.to_json(Edition()))
    assert list_changes(facts, old.facts) == ()
    rows = marts["unusual"]
    kept = [{**row, "n_compared": 9} for row in rows if row["name"] == "Pakistan"]
    kept += [{**kept[0], "item_id": "iso:FJ", "name": "Fiji"}]
    new = draft_brief(NIGHT, {**marts, "unusual": kept}, shapes=SHAPES)
    changes = list_changes(facts, new.facts)
    assert [(c.name, c.was[:14], c.now[:14]) for c in changes] == [
        ("Pakistan", "Rise: 12 uniqu", "Rise: 9 unique"),
        ("Fiji", "", "Rise: 9 unique"),
        ("Amina", "Rise: 6 unique", "no longer said"),
    ]
    edition = Edition(2, changes=changes)
    assert read_facts(new.to_json(edition))[0] == edition
    shown = html.document_fromstring(new.to_html(edition)).text_content()
    assert "3 sentences changed since edition 1" in shown
    assert "- Changed: **Fiji**: Rise: 9 unique" in new.to_markdown(edition)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"edition": {}}', '{"edition": 3, "sections": []}']
)
def test_what_is_no_brief_is_named(text: str) -> None:
    with pytest.raises(ReportError, match=r"brief\.json: no brief"):
        read_facts(text)


def test_hostile_text_stays_text(marts: dict[str, list[Row]]) -> None:
    named = {"name", "title", "source_name"}
    hurt = {
        mart: [
            {c: HOSTILE if c in named else v for c, v in row.items()} for row in rows
        ]
        for mart, rows in marts.items()
    }
    hurt["unusual"] = [
        {**row, "stories": [{**s, "title": HOSTILE, "url": "javascript:1"}
                            for s in row["stories"] or ()]}
        for row in hurt["unusual"]
    ]  # fmt: skip
    draft = draft_brief(NIGHT, hurt, shapes=SHAPES)
    page = html.document_fromstring(draft.to_html(Edition()))
    assert not page.xpath("//script")
    assert not [href for href in page.xpath("//@href") if "javascript" in href]
    shown = {
        " ".join(n.text_content().split()) for n in page.xpath("//*[@class='why']//bdi")
    }
    assert shown == {" ".join(HOSTILE.split())}
    for line in draft.to_markdown(Edition()).splitlines():
        assert not line.startswith("# 1")
        assert "<script" not in line.replace("\\<script", "")
        assert "](javascript" not in line.replace("\\]", "")


@pytest.mark.parametrize(
    ("n_nights", "said"),
    [(3, "3 nights of the 28 before this one can be compared with; under 7, nothing"
         " is called unusual."),
     (28, "Compared with 7 of the 7 nights before and 28 of the 28, over 3 sources with"
          " texts then and now, in unique texts.")],
    ids=["too few nights", "a whole month"],
)  # fmt: skip
def test_the_baseline_says_how_long_it_is(
    marts: dict[str, list[Row]], n_nights: int, said: str
) -> None:
    rows = [{**row, "n_nights_28": n_nights} for row in marts["baseline"]]
    draft = draft_brief(NIGHT, {**marts, "baseline": rows}, shapes=SHAPES)
    assert read_section(draft, "baseline") == [said]


def test_a_night_without_rows_says_so() -> None:
    draft = draft_brief(NIGHT + timedelta(days=99), {}, shapes=SHAPES)
    assert "The warehouse holds no row of it." in draft.to_markdown(Edition())
    assert replace(draft).to_html(Edition()) == draft.to_html(Edition())
