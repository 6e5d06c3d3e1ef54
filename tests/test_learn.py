"""Lines that an outlet puts under many stories: learned, frozen, pinned by nights."""

from __future__ import annotations

import json
import random
from datetime import date
from pathlib import Path

import pytest
from engines import connect_at, connect_to, lose_warehouse
from linkworld import load_night
from test_build import NIGHT, NOON, job, land, page, query
from test_deduplicate import TEXTS
from test_links import FISH, FISH_RETOLD, doc
from test_links import night as nth_night
from test_naughty import WORDS

from nightdesk.deduplicate import fingerprint_text
from nightdesk.deduplicate.hot import MIN_HOT_TEXTS, count_hot
from nightdesk.deduplicate.rarity import count_terms
from nightdesk.deduplicate.terms import list_terms
from nightdesk.extract import learn_site_lines
from nightdesk.extract.site_lines import drop_site_lines
from nightdesk.landing import Landing
from nightdesk.landing.frozen import (
    NO_VERSION,
    choose_versions,
    find_newest,
    freeze_rows,
    pin_versions,
    read_frozen,
)
from nightdesk.model import HotShingle, SiteLine, TermCount
from nightdesk.pipeline import (
    Job,
    deduplicate_nights,
    extract_pages,
    load_nights,
    publish_changes,
    select_pages,
    tag_articles,
)
from nightdesk.pipeline.frozen_tables import FrozenTables
from nightdesk.pipeline.learn_task import LEARNERS, learn_boilerplate
from nightdesk.settings import SHIPPED
from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.content import hash_tables

__all__ = ["job"]  # a fixture

BOX = "The Harbour Ledger lives on what its readers give; thank you for your help."


def stories(n: int, *more: str) -> list[tuple[str, list[str]]]:
    return [("alpha", [f"Story {i} has words.", *more]) for i in range(n)]


@pytest.mark.parametrize(
    ("texts", "learned"),
    [
        pytest.param(stories(5, BOX), [BOX], id="in every story of five"),
        pytest.param(stories(4, BOX), [], id="four stories are too few"),
        pytest.param(stories(3, BOX) + stories(2), [BOX], id="in three of five"),
        pytest.param(stories(2, BOX) + stories(3), [], id="in two of five"),
        pytest.param(
            stories(9, BOX) + stories(91), [], id="in nine of a hundred, as background"
        ),
        pytest.param(
            [("alpha", [BOX, BOX, BOX]), *stories(4)], [], id="thrice in one story"
        ),
        pytest.param(
            [(f"source-{n}", [BOX]) for n in range(9)], [], id="in many sources"
        ),
        pytest.param(stories(5, "* * *"), [], id="a line without words"),
    ],
)
def test_a_line_is_learned_by_the_stories_that_hold_it(
    texts: list[tuple[str, list[str]]], learned: list[str]
) -> None:
    assert [row.line for row in learn_site_lines(texts)] == learned
    assert learn_site_lines(reversed(texts)) == learn_site_lines(texts)


def test_a_learned_line_is_known_by_its_words() -> None:
    lines = ["It rained.", BOX.upper(), "It rained again."]
    assert drop_site_lines(lines, [BOX]) == (
        ("It rained.", "It rained again."),
        (BOX.upper(),),
    )
    assert drop_site_lines(lines, []) == (tuple(lines), ())


def test_versions_are_numbered_frozen_and_pinned(tmp_path: Path) -> None:
    landing, name = Landing(str(tmp_path)), "boilerplate"
    row = SiteLine("alpha", BOX, 3, 5)
    assert find_newest(landing, name) == NO_VERSION
    assert read_frozen(landing, name, NO_VERSION, SiteLine) == []
    none = choose_versions(landing, NIGHT, [name], latest=False)
    pin_versions(landing, NIGHT, none)
    first = freeze_rows(landing, name, [row], SiteLine)
    assert freeze_rows(landing, name, [row], SiteLine) == first
    second = freeze_rows(landing, name, [], SiteLine)
    assert (first[:5], second[:5]) == ("0001-", "0002-")
    assert read_frozen(landing, name, first, SiteLine) == [row]
    for night, latest, version in (
        (NIGHT, False, NO_VERSION),
        (NIGHT, True, second),
        (date(2026, 3, 9), False, second),
    ):
        chosen = choose_versions(landing, night, [name], latest=latest)
        assert chosen == {name: version}


def rebuild(job: Job, *, latest: bool) -> dict[str, str]:
    """Build the night and return the hashes of what it is."""
    shards = select_pages(job, NIGHT, latest=latest)
    shards = [extract_pages(job, shard) for shard in shards]
    joined = deduplicate_nights(job, shards)
    shards = [tag_articles(job, shard) for shard in shards]
    load_nights(job, NIGHT, shards, joined, connect_to(job.settings.warehouse))
    with open_warehouse(connect_to(job.settings.warehouse)) as con:
        return hash_tables(con, NIGHT)


@pytest.mark.slow
def test_a_night_keeps_to_the_lines_it_was_built_with(job: Job) -> None:
    for n in range(5):
        chance = random.Random(n)
        own = [" ".join(chance.choices(WORDS, k=20)) + "." for _ in range(4)]
        land(job, f"story-{n}", NOON, body=page([*own, BOX]))
    before = rebuild(job, latest=False)
    count = "SELECT count(*) FROM article_text WHERE contains(text, 'lives on what')"
    assert query(job, count) == [(5,)]

    publish_changes(job, connect_to(job.settings.warehouse))
    versions = {name: learn(job, NIGHT)["version"] for name, learn in LEARNERS.items()}
    assert NO_VERSION not in versions.values()
    learned = learn_boilerplate(job, NIGHT)
    assert learned["version"] == versions["boilerplate"]
    assert [row.line for row in learned["rows"]] == [BOX]
    assert rebuild(job, latest=False) == before
    after = rebuild(job, latest=True)
    assert query(job, count) == [(0,)]
    assert query(job, "SELECT DISTINCT site_lines FROM article") == [([BOX],)]
    ((pinned,),) = query(job, "SELECT learned FROM load_ledger")
    assert json.loads(pinned) == versions

    publish_changes(job, connect_to(job.settings.warehouse))
    assert learn_boilerplate(job, NIGHT)["version"] == learned["version"]
    freeze_rows(job.landing, "boilerplate", [], SiteLine)
    lose_warehouse(job.settings.warehouse)
    assert rebuild(job, latest=False) == after


def test_a_shingle_is_hot_in_fifty_different_texts() -> None:
    disclaimer = TEXTS["orchard"]
    texts = [f"Fund {n} rose. {disclaimer}" for n in range(MIN_HOT_TEXTS)]
    assert count_hot(texts[1:]) == []
    hot = count_hot(texts)
    assert {row.n_texts for row in hot} == {MIN_HOT_TEXTS}
    assert {row.hash for row in hot} <= set(fingerprint_text(texts[0]))
    assert count_hot(reversed(texts)) == hot


FAR, NEAR = {"terms": "0001-far", "shingles": "0001-far"}, {}  # type: ignore[var-annotated]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "second", "is_joined"),
    [(FAR, NEAR, True), (NEAR, FAR, False)],
    ids=["the earlier one has other tables", "the later one has"],
)
def test_two_nights_are_compared_by_the_tables_of_the_later_one(
    tmp_path: Path, first: dict[str, str], second: dict[str, str], *, is_joined: bool
) -> None:
    """FAR knows every word and every shingle as common, so that nothing is alike."""
    landing = Landing(str(tmp_path))
    one, told, copy = (
        doc("s1", 1),
        doc("s2", 2, FISH_RETOLD),
        doc("s3", 2, f"{FISH}\nThat is all."),
    )
    terms = count_terms(
        ("", list_terms(d.title, d.text)) for d in (one, told, copy) * 5_000
    )
    hot = [HotShingle(h, 50) for d in (one, copy) for h in d.hashes]
    landing.write_rows("learned/terms", "0001-far", terms, TermCount)
    landing.write_rows("learned/shingles", "0001-far", hot, HotShingle)
    tables = FrozenTables(landing, SHIPPED)
    loads = [(1, [one], first), (2, [told, copy], second)]
    for n_order, order in enumerate((loads, loads[::-1], [*loads, loads[0]])):
        with open_warehouse(connect_at(tmp_path / f"{n_order}.duckdb")) as con:
            for n, documents, learned in order:
                load_night(con, nth_night(n), documents, learned=learned, tables=tables)
            across = "SELECT count(*) FROM {}_pair WHERE a_night <> b_night"
            for table in ("duplicate", "story"):
                ((n_pairs,),) = con.execute(across.format(table)).fetchall()
                assert bool(n_pairs) is is_joined
