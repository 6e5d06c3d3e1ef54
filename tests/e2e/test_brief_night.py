"""What is planted in the newsstand stands in the brief, and nothing that is not so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest
from briefpage import walk_page
from briefworld import walk_brief, walk_markdown
from engines import connect_to
from nightworld import share_extractors
from test_night import at, run, settings_in

from nightdesk.newsstand import Headline, World, serve
from nightdesk.newsstand.headline import name_official
from nightdesk.newsstand.outlets import OUTLETS, list_english
from nightdesk.pipeline import (
    Job,
    collect_sources,
    deduplicate_nights,
    extract_pages,
    load_nights,
    select_pages,
    tag_articles,
)
from nightdesk.pipeline.publish_task import write_brief
from nightdesk.pipeline.register_task import note_sources
from nightdesk.warehouse.connect import Connection, open_warehouse
from nightdesk.warehouse.publish import publish_nights
from nightdesk.warehouse.read import open_catalogue

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(1800)]

NIGHT = date(2026, 3, 12)
NEXT = NIGHT + timedelta(days=1)
OUTAGE = NEXT + timedelta(days=1)
HEADLINE = Headline(NIGHT, NEXT, "PG", "savanna-courier")
ENGLISH = sorted(outlet.id for outlet in list_english())
UP = {"savanna-courier", "gulf-meridian"}  # in the night of the outage
DOWN = frozenset(ENGLISH) - UP
#: The wire, and the outlets in other languages, whose places are tagged too.
OTHERS = {o.id for o in OUTLETS if o.weight and o.id not in ENGLISH}


def morning_of(night: date) -> datetime:
    return datetime.combine(night + timedelta(days=1), time(0, 20), UTC)


def make_world(night: date, broken: frozenset[str] = frozenset()) -> World:
    return World(60, partial(at, morning_of(night)), headline=HEADLINE, broken=broken)


def build(folder: Path, night: date, *, broken: frozenset[str] = frozenset()) -> None:
    run(folder, make_world(night, broken), night, morning_of(night))


def collect(folder: Path, night: date) -> None:
    world = make_world(night)
    with serve(world) as stand:
        settings = settings_in(folder, world.mirrors(stand.base_url))
        job = Job(settings, "test", partial(at, morning_of(night)))
        sources = job.load_sources()
        note_sources(job, sources, night)
        collect_sources(job, night, [source.id for source in sources.enabled])


def catch_up(folder: Path, night: date) -> None:
    """Load a night and those of the week before it that have been collected."""
    job = Job(settings_in(folder), "test", partial(at, morning_of(night)))
    pool = share_extractors()
    shards = [extract_pages(job, s, pool=pool) for s in select_pages(job, night)]
    joined = deduplicate_nights(job, shards)
    shards = [tag_articles(job, shard) for shard in shards]
    load_nights(job, night, shards, joined, connect_to(job.settings.warehouse))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven nights, the two of the headline, and one with most sources down."""
    place = tmp_path_factory.mktemp("brief")
    for back in range(7, -2, -1):
        collect(place, NIGHT - timedelta(days=back))
    for night in (NIGHT - timedelta(days=1), NEXT):
        catch_up(place, night)
    settings = settings_in(place)
    with open_warehouse(connect_to(settings.warehouse)) as con:
        publish_nights(con, settings.published)
    build(place, OUTAGE, broken=DOWN)
    return place


@contextmanager
def snapshot(folder: Path) -> Iterator[Connection]:
    with open_catalogue(folder / "published") as con:
        yield con


def ask(folder: Path, sql: str, *values: object) -> list[tuple]:
    with snapshot(folder) as con:
        return con.execute(sql, list(values)).fetchall()


def test_the_spike_is_found_and_explained(folder: Path) -> None:
    [(verdict, n_sources, stories)] = ask(
        folder,
        "SELECT verdict, n_sources, stories FROM unusual"
        " WHERE night = ? AND item_id = 'iso:PG'",
        NIGHT,
    )
    assert verdict == "rise"
    assert n_sources >= 6
    assert stories[0]["n_sources"] >= 4
    [(first,)] = ask(
        folder,
        "SELECT item_id FROM unusual WHERE night = ? AND kind = 'region'"
        " AND verdict = 'rise' AND type = 'country' ORDER BY rowid LIMIT 1",
        NIGHT,
    )
    assert first == "iso:PG"


def test_the_outage_is_no_drop(folder: Path) -> None:
    [(down, compared)] = ask(
        folder, "SELECT absent_sources, sources FROM baseline WHERE night = ?", OUTAGE
    )
    assert set(down) == DOWN
    assert set(compared) == {*OTHERS, *UP}
    fallen = ask(
        folder,
        "SELECT name FROM attention WHERE kind = 'region' GROUP BY item_id, name"
        " HAVING sum(n_texts) FILTER (WHERE night < $1) >= 9 * 6 AND 2 * 9 *"
        " coalesce(sum(n_texts) FILTER (WHERE night = $1), 0)"
        " < sum(n_texts) FILTER (WHERE night < $1)",
        OUTAGE,
    )
    assert fallen  # to under half of its nine nights before: it could mislead
    drops = "SELECT name FROM unusual WHERE night >= ? AND verdict = 'drop'"
    assert ask(folder, drops, NIGHT) == []


def test_copying_raises_articles_alone(folder: Path) -> None:
    rows = ask(
        folder,
        "SELECT count(*), count(DISTINCT text_id), count(DISTINCT origin_id),"
        " count(DISTINCT source_id) FROM attended WHERE night = ? AND kind = 'all'"
        " GROUP BY text_id HAVING count(*) > 1",
        NIGHT,
    )
    assert len(rows) >= 3
    for n_articles, n_texts, n_origins, n_publishers in rows:
        assert (n_texts, n_origins) == (1, 1)
        assert n_articles >= n_publishers
    assert max(n_publishers for *_, n_publishers in rows) >= 3


def test_the_new_name_is_new_once(folder: Path) -> None:
    name = name_official("nightdesk", HEADLINE)
    sql = "SELECT night FROM new_names WHERE name = ? ORDER BY night"
    nights = [night for (night,) in ask(folder, sql, name)]
    assert nights == [NIGHT]
    sql = "SELECT n_texts FROM entities_by_day WHERE name = ? AND night = ?"
    assert ask(folder, sql, name, NEXT) != []


def test_who_missed_the_big_story_is_named(folder: Path) -> None:
    sql = (
        "SELECT source_id, n_covered FROM missed_stories"
        " WHERE night = ? ORDER BY n_covered DESC, source_id LIMIT 1"
    )
    assert ask(folder, sql, NIGHT) == [("savanna-courier", 8)]


def test_every_figure_of_the_brief_is_in_the_snapshot(folder: Path) -> None:
    brief = folder / "briefs" / "latest"
    written = (brief / "brief.json").read_text("utf-8")
    page = (brief / "index.html").read_text("utf-8")
    lines = (brief / "brief.md").read_text("utf-8")
    with snapshot(folder) as con:
        assert walk_brief(con, written) > 60
        assert walk_page(con, page, json.loads(written)) > 200
        assert walk_markdown(con, lines, json.loads(written)) > 60


def test_a_new_edition_says_what_changed(folder: Path) -> None:
    briefs = folder / "briefs" / str(OUTAGE)
    job = Job(settings_in(folder), "test", partial(at, morning_of(OUTAGE)))
    first = {p.name: p.read_bytes() for p in (briefs / "1").iterdir()}
    assert set(first) == {"index.html", "brief.md", "brief.json"}
    assert write_brief(job, OUTAGE).parent.name == "1"  # nothing changed
    again = replace(job.settings, data=folder / "again")
    (folder / "again").mkdir()
    (folder / "again" / "published").symlink_to(folder / "published")
    made = write_brief(replace(job, settings=again), OUTAGE).parent
    assert {p.name: p.read_bytes() for p in made.iterdir()} == first
    build(folder, OUTAGE)  # the sources that were down are back
    second = json.loads((briefs / "2" / "brief.json").read_text("utf-8"))
    changed = {change["name"]: change for change in second["edition"]["changes"]}
    assert changed["Cascade Beacon"]["was"] == "failed: not found."
    assert changed["Cascade Beacon"]["now"] == "no longer said"
    assert {p.name: p.read_bytes() for p in (briefs / "1").iterdir()} == first
