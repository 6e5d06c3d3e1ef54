"""A backfilled night and the same night collected live, through the whole pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from engines import connect_at, connect_to
from pastworld import BY_ID, NIGHT, NOW, Desk, open_desk, stand_still

from nightdesk.pipeline import plan_run, run_night
from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.content import hash_tables

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

MORNING = datetime(2026, 3, 11, 0, 40, tzinfo=UTC)
SITEMAP, FEED, PAGES = "pacific-lantern", "stepnoy-telegraf", "gulf-meridian"
#: Tables of a night that say what it holds.
SAME = ("entry", "article", "article_text", "mention", "article_entity",
        "article_region", "cluster", "story", "paragraph_repeat")  # fmt: skip


def run(desk: Desk) -> None:
    settings = desk.job().settings
    job = desk.job()
    plan = plan_run(job, NIGHT)
    run_night(job, plan, connect_to(settings.warehouse))


def query(desk: Desk, sql: str) -> list[tuple]:
    with open_warehouse(connect_at(desk.folder / "warehouse.duckdb")) as con:
        return con.execute(sql).fetchall()


def hashes(desk: Desk) -> dict[str, str]:
    with open_warehouse(connect_at(desk.folder / "warehouse.duckdb")) as con:
        return hash_tables(con, NIGHT)


@contextmanager
def desk_with(
    folder: Path, sources: dict[str, dict[str, str]], moment: datetime
) -> Iterator[Desk]:
    with open_desk(folder, moment=moment, articles_per_night=60) as desk:
        desk.watch(**sources)
        yield desk


def live(folder: Path, sources: dict[str, dict[str, str]]) -> dict[str, str]:
    """The night as it was collected on its day and just after it."""
    with desk_with(folder, sources, MORNING) as desk:
        for then in (MORNING - timedelta(hours=18), MORNING):
            desk.moment = then
            desk.world.now = partial(stand_still, then)
            desk.collect(list(sources), None)
        run(desk)
        return hashes(desk)


@pytest.mark.parametrize(
    ("source_id", "kinds", "own"),
    [
        pytest.param(
            SITEMAP, (),
            {"past_url": f'"{BY_ID[SITEMAP].past_url}"'},
            id="from dated sitemaps",
        ),
        pytest.param(FEED, ("wayback",), {}, id="from archived feeds"),
    ],
)  # fmt: skip
def test_a_backfilled_night_is_the_night(
    tmp_path: Path, source_id: str, kinds: tuple[str, ...], own: dict[str, str]
) -> None:
    sources = {source_id: own}
    before = live(tmp_path / "live", sources)
    (tmp_path / "past").mkdir()
    with desk_with(tmp_path / "past", sources, NOW) as desk:
        if kinds:
            desk.turn_on(*kinds)
        run(desk)
        after = hashes(desk)
    assert {name: after[name] for name in SAME} == {name: before[name] for name in SAME}
    assert int(after["article"].partition(":")[0]) > 0


def test_the_archive_alone_gives_the_night_again(tmp_path: Path) -> None:
    """Another desk id for the same feed: own captures, and no network for the list."""
    with desk_with(tmp_path, {FEED: {}}, MORNING) as desk:
        for then in (MORNING - timedelta(hours=18), MORNING):
            desk.moment = then
            desk.world.now = partial(stand_still, then)
            desk.collect([FEED], None)
        run(desk)
        before = hashes(desk)
        desk.moment, desk.world.now = NOW, partial(stand_still, NOW)
        run(desk)
        assert hashes(desk) == before


def test_pages_of_a_crawl_give_the_same_articles(tmp_path: Path) -> None:
    """Texts, owners and tags; a crawl knows nothing of what a feed says."""
    told = (
        "SELECT a.canonical_url, a.night, a.source_id, a.text_hash, any_value("
        "o.origin_id), list_sort(list(DISTINCT (r.region_id, r.role))), "
        "list_sort(list(DISTINCT e.entity_id)) FROM article a "
        "LEFT JOIN article_origin o USING (article_id) "
        "LEFT JOIN article_region r USING (article_id) "
        "LEFT JOIN article_entity e USING (article_id) "
        f"WHERE a.night = '{NIGHT}' GROUP BY ALL ORDER BY ALL"
    )
    live(tmp_path / "live", {PAGES: {}})
    with open_warehouse(connect_at(tmp_path / "live" / "warehouse.duckdb")) as con:
        before = con.execute(told).fetchall()
    (tmp_path / "past").mkdir()
    with desk_with(tmp_path / "past", {PAGES: {}}, NOW) as desk:
        desk.turn_on("ccnews")
        run(desk)
        after = query(desk, told)
        ways = query(desk, "SELECT DISTINCT via, content_via FROM article")
        rules = query(desk, "SELECT DISTINCT dated_by FROM entry WHERE bin = 'loaded'")
    assert (ways, rules) == ([("ccnews", "ccnews")], [("page",)])
    assert len(after) >= 4
    assert all(row[4] and row[5] and row[6] for row in after)
    assert after == before
