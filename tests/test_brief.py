"""The brief in words: every figure is a row's, editions say what changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import duckdb
import pytest
from briefpage import walk_page
from briefworld import find_numbers, list_figures, walk_brief, walk_markdown
from lxml import html
from test_marts import CASES, NIGHT, WAREHOUSE, build_mart, fill_table
from test_report_marts import LENDERS
from test_report_rows import SHAPES, make_marts

from nightdesk.errors import ReportError
from nightdesk.report import (
    Draft,
    Edition,
    Row,
    draft_brief,
    gather_unusual,
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
    return read_all(con)


def read_all(con: duckdb.DuckDBPyConnection) -> dict[str, list[Row]]:
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


def make_alarm(item_id: str, name: str, q: float, n_focus: int) -> Row:
    story = {"story_id": 7, "article_id": 7, "title": "Locusts near Madang"}
    story |= {"url": "https://a.test/7", "n_texts": 16, "n_sources": 8}
    counts = dict.fromkeys(("n_articles", "n_texts", "n_compared"), 16)
    return {
        **{"night": NIGHT, "kind": "region", "item_id": item_id, "name": name},
        **{"type": "country", "verdict": "rise", "n_sources": 8, **counts},
        **{"expected_7": 1.3, "expected_28": 1.3, "p": q, "q": q, "n_focus": n_focus},
        "stories": [story],
    }


def test_the_country_that_a_story_is_of_leads_it() -> None:
    alarms = [
        make_alarm("iso:AE", "United Arab Emirates", 1e-9, n_focus=2),
        make_alarm("iso:PG", "Papua New Guinea", 1e-7, n_focus=16),
    ]
    baseline = [{"night": NIGHT, "n_nights_28": 28}]
    first, second = gather_unusual(
        NIGHT, {"unusual": alarms, "baseline": baseline}
    ).facts
    assert [first.name, second.name] == ["Papua New Guinea", "United Arab Emirates"]
    assert second.text.endswith("Same story as Papua New Guinea.")


@pytest.fixture(scope="module")
def wide(marts: dict[str, list[Row]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts of a night that fills every section, with some of the nights before."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for mart in load_marts():
            columns = ", ".join(f'"{name}" {kind}' for name, kind in mart.columns)
            connection.execute(f"CREATE TABLE {mart.name} ({columns})")
            for row in make_marts().get(mart.name, marts[mart.name]):
                names = [name for name, _ in mart.columns if name in row]
                marks = ", ".join("?" for _ in names)
                connection.execute(
                    f"INSERT INTO {mart.name} ({', '.join(names)}) VALUES ({marks})",
                    [row[name] for name in names],
                )
        connection.execute(
            "UPDATE coverage_by_night SET cut_off_at = night + INTERVAL '1 day 20 min'"
        )
        yield connection


def write(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the brief of a snapshot in its three forms."""
    draft = draft_brief(NIGHT, read_all(con), shapes=SHAPES)
    edition = Edition(cut_off_at=draft.cut_off_at)
    forms = {"html": draft.to_html, "json": draft.to_json, "md": draft.to_markdown}
    return {name: form(edition) for name, form in forms.items()}


@pytest.fixture(scope="module")
def written(wide: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return write(wide)


def walk(con: duckdb.DuckDBPyConnection, written: dict[str, str]) -> tuple[int, ...]:
    brief = json.loads(written["json"])
    return (
        walk_brief(con, written["json"]),
        walk_page(con, written["html"], brief),
        walk_markdown(con, written["md"], brief),
    )


def test_every_figure_of_the_brief_is_asked_of_the_rows(
    con: duckdb.DuckDBPyConnection,
    wide: duckdb.DuckDBPyConnection,
    written: dict[str, str],
) -> None:
    assert walk(con, write(con)) == (27, 76, 29)
    assert walk(wide, written) == (23, 70, 25)


#: What somebody could add or get wrong, in which form, by what pattern.
SLIPS = [
    ("a table", "html", r'<td class="n">', '<td class="n">9'),
    ("a card", "html", r'(class="card"><b>)', r"\g<1>9"),
    ("the words of a card", "html", r"loaded from ", "loaded from 9"),
    ("the lead", "html", r'(class="lead">)', r"\g<1>9"),
    ("the accounting", "html", r"(\d) seen =", r"9\1 seen ="),
    ("a sentence", "html", r"expected (?=4.1 by)", "expected 9"),
    ("a bar beside a sentence", "html", r" tonight, ", "9 tonight, "),
    ("a note of a headline", "html", r"(\d) texts?, (\d) sources?\)", r"9\1 texts)"),
    ("a row behind a sentence", "html", r"n_compared ", "n_compared 9"),
    ("a title of a chart", "html", r"Articles a night, ", "Articles a night, 9"),
    ("the words of a series", "html", r'aria-label="Wed 18', 'aria-label="Wed 18 9'),
    ("the words of bars", "html", r'aria-label="hour ', 'aria-label="hour 9'),
    ("a label in a series", "html", r"(>)Tue 24(</text>)", r"\g<1>Tue 25\2"),
    ("a figure in bars", "html", r"(>)(\d+ / \d+</text>)", r"\g<1>9\2"),
    ("a step of an axis", "html", r">1,000<", ">9,000<"),
    ("a class of the map", "html", r"(var\(--map-1\)\"></i>)", r"\g<1>9"),
    ("a story", "html", r"(\d) independent sources?, ", r"9\1 independent sources, "),
    ("the time of a story", "html", r"first at ", "first at 9"),
    ("a count of the missing", "html", r"(<h3>)(\d)", r"\g<1>9\2"),
    ("a count of articles", "html", r"(<summary>)(\d)", r"\g<1>9\2"),
    ("the edition", "html", r"Edition 1", "Edition 2"),
    ("a new paragraph", "html", r"</footer>", "<p>17 in all.</p></footer>"),
    ("a new legend", "html", r"<footer>", '<p title="17">more</p><footer>'),
    ("a sentence", "md", r"(\d) articles, ", r"9\1 articles, "),
    ("a note", "md", r"\((\d) texts?", r"(9\1 texts"),
    ("the edition", "md", r"Edition 1", "Edition 2"),
    ("a new line", "md", r"## The night", "17 in all.\n\n## The night"),
    ("a sentence", "json", r'"text": "(\d)', r'"text": "9\1'),
    ("a note", "json", r'"note": "(\d)', r'"note": "9\1'),
    ("a row", "json", r'"n_compared": ', '"n_compared": 9'),
    ("a new key", "json", r'"night":', '"n_all": 17, "night":'),
    ("a new key of a fact", "json", r'"why": ', '"n": 17, "why": '),
    ("the cut-off", "json", r'"cut_off_at": "?2', '"cut_off_at": "3'),
]


@pytest.mark.parametrize(
    ("form", "found", "put"),
    [slip[1:] for slip in SLIPS],
    ids=[f"{form}: {name}" for name, form, *_ in SLIPS],
)
def test_the_walk_finds_a_figure_of_no_row(
    con: duckdb.DuckDBPyConnection,
    written: dict[str, str],
    form: str,
    found: str,
    put: str,
) -> None:
    wrong, n_changed = re.subn(found, put, written[form], count=1)
    assert n_changed == 1
    with pytest.raises((AssertionError, KeyError)):
        walk(con, {**written, form: wrong})


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
