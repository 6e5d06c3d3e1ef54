"""Lines that an outlet puts under many stories: learned, frozen, pinned by nights."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest
from test_build import NIGHT, NOON, job, land, page, query
from test_naughty import WORDS

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
from nightdesk.model import SiteLine
from nightdesk.pipeline import (
    Job,
    deduplicate_nights,
    extract_pages,
    load_nights,
    publish_changes,
    select_pages,
    tag_articles,
)
from nightdesk.pipeline.learn_task import learn_boilerplate
from nightdesk.warehouse.connect import connect_to, open_warehouse
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
    learned = learn_boilerplate(job, NIGHT)
    assert [row.line for row in learned["rows"]] == [BOX]
    assert rebuild(job, latest=False) == before
    after = rebuild(job, latest=True)
    assert query(job, count) == [(0,)]
    assert query(job, "SELECT DISTINCT site_lines FROM article") == [([BOX],)]
    assert query(job, "SELECT learned FROM load_ledger") == [
        (f'{{"boilerplate": "{learned["version"]}"}}',)
    ]

    publish_changes(job, connect_to(job.settings.warehouse))
    assert learn_boilerplate(job, NIGHT)["version"] == learned["version"]
    freeze_rows(job.landing, "boilerplate", [], SiteLine)
    Path(job.settings.warehouse).unlink()
    assert rebuild(job, latest=False) == after
