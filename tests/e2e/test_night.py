"""Whole nights over the sample world, through real HTTP, without Airflow."""

from __future__ import annotations

import os
import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from engines import connect_to, copy_desk, name_warehouse

from nightdesk.config import Settings, load_sources, sources_path
from nightdesk.errors import NightFailed, WarehouseLocked
from nightdesk.newsstand import ArticleTruth, World, serve
from nightdesk.pipeline import Job, plan_run, run_night
from nightdesk.urls import canonicalize_url
from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.content import hash_tables

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

#: Of a night on which all that is planted has its room.
ARTICLES = 80
#: A volume: the whole of it by `make chaos`.
MANY = 2_000 if os.environ.get("NIGHTDESK_CHAOS") else 240
NIGHT = date(2026, 3, 1)
MORNING = datetime(2026, 3, 2, 0, 20, tzinfo=UTC)


def at(moment: datetime) -> datetime:
    return moment


def settings_in(folder: Path, mirrors: dict[str, str] | None = None) -> Settings:
    return Settings(
        data=folder,
        landing=str(folder / "landing"),
        warehouse=name_warehouse(folder / "warehouse" / "nightdesk.duckdb"),
        mirrors=mirrors,
    )


def run(
    folder: Path,
    world: World | None,
    night: date = NIGHT,
    moment: datetime = MORNING,
    **options: object,
) -> list[dict]:
    """Run a night; without a world every address is a closed port."""
    if world is None:
        silent = World(now=partial(at, moment))
        settings = settings_in(folder, silent.mirrors("http://127.0.0.1:9"))
        return run_job(settings, night, moment, **options)
    with serve(world) as stand:
        settings = settings_in(folder, world.mirrors(stand.base_url))
        return run_job(settings, night, moment, **options)


def run_job(settings: Settings, night: date, moment: datetime, **options) -> list[dict]:
    job = Job(settings, "test", partial(at, moment))
    plan = plan_run(job, night, **options)
    return run_night(job, plan, connect_to(settings.warehouse))


def hashes(folder: Path, night: date | None = None) -> dict[str, str]:
    with open_warehouse(connect_to(settings_in(folder).warehouse)) as con:
        return hash_tables(con, night)


def query(folder: Path, sql: str) -> list[tuple]:
    with open_warehouse(connect_to(settings_in(folder).warehouse)) as con:
        return con.execute(sql).fetchall()


def make_world(
    moment: datetime = MORNING, articles: int = ARTICLES, **options
) -> World:
    return World(articles, partial(at, moment), **options)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one night in it."""
    folder = tmp_path_factory.mktemp("night")
    run(folder, make_world())
    return folder


def test_a_second_run_changes_nothing(built: Path) -> None:
    before = hashes(built)
    run(built, make_world())
    assert hashes(built) == before


def test_the_archive_alone_gives_the_same_night(built: Path) -> None:
    before = hashes(built)
    run(built, None)  # the network is closed
    assert hashes(built) == before
    run(built, None, offline=True)
    assert hashes(built) == before


def test_another_machine_gets_the_same_night(built: Path, tmp_path: Path) -> None:
    run(tmp_path, make_world())
    assert hashes(tmp_path) == hashes(built)


def test_a_warehouse_made_again_from_the_landing_is_the_same(
    built: Path, tmp_path: Path
) -> None:
    before = hashes(built)
    copy = Settings(
        data=tmp_path,
        landing=str(built / "landing"),
        warehouse=name_warehouse(tmp_path / "warehouse" / "nightdesk.duckdb"),
    )
    run_job(copy, NIGHT, MORNING, offline=True, reprocess_from="extract")
    assert hashes(tmp_path) == before


def check_truth(folder: Path, world: World) -> None:
    """Compare every count of a loaded night with what the newsstand says it served."""
    truth = world.truth(NIGHT)
    rows = query(folder, "SELECT * EXCLUDE (night, via, reason) FROM coverage")
    assert {row[0]: row[2] for row in rows} == dict(truth.entries)
    assert all(row[2] == sum(row[3:]) for row in rows)
    dead = {row[0] for row in rows if row[1] != "ok"}
    assert dead == set(truth.dead_sources)
    bins = dict(query(folder, "SELECT bin, count(*) FROM entry GROUP BY bin"))
    assert sum(bins.values()) == truth.n_entries
    assert bins["loaded"] == truth.n_articles
    assert bins["duplicate"] == truth.n_duplicate_entries
    robots = truth.n_failed.get("robots", 0)
    assert bins["rejected"] == truth.n_not_articles + robots
    assert bins["failed"] == sum(truth.n_failed.values()) - robots
    assert "pending" not in bins
    kinds = dict(query(folder, "SELECT kind, count(*) FROM duplicate_pair GROUP BY 1"))
    assert kinds["exact"] == truth.n_exact_copies  # a star for each text
    assert kinds["update"] == truth.n_updates > 0
    assert kinds["near"] >= truth.n_edited_copies > 0
    repeats = query(folder, "SELECT count(*) FROM article WHERE n_repeats > 0")
    assert repeats == [(truth.n_repeats_articles,)]
    titles = dict(query(folder, "SELECT canonical_url, title FROM article"))
    expected = {key(a.url): a for a in truth.articles if a.is_article}
    assert set(titles) == set(expected)
    check_copies(folder, expected)


def key(url: str) -> str:
    return canonicalize_url(url)


def check_copies(folder: Path, expected: dict[str, ArticleTruth]) -> None:
    """Every planted copy and update is in the cluster of its origin, and only those."""
    cluster = dict(
        query(
            folder,
            "SELECT canonical_url, cluster_id FROM cluster_member "
            "JOIN article USING (article_id)",
        )
    )
    origins = {
        url: key(article.copy_of_url)
        for url, article in expected.items()
        if article.copy_of_url
    }
    planted = {url: origin for url, origin in origins.items() if origin in expected}
    for url, origin in planted.items():
        assert cluster.get(url), f"{url} was not found to be a copy of {origin}"
        assert cluster[url] == cluster[origin]
    assert set(cluster) <= {*planted, *planted.values(), *siblings(expected)}


def siblings(expected: dict[str, ArticleTruth]) -> set[str]:
    """Copies whose origin could not be had, but of which there are several."""
    groups = Counter(a.copy_of_url for a in expected.values() if a.copy_of_url)
    return {
        url
        for url, a in expected.items()
        if a.copy_of_url and groups[a.copy_of_url] > 1
    }


def test_a_night_is_what_the_newsstand_served(built: Path) -> None:
    check_truth(built, make_world())


def test_a_large_night_is_what_the_newsstand_served(tmp_path: Path) -> None:
    world = make_world(articles=MANY)
    run(tmp_path, world)
    check_truth(tmp_path, world)


def test_a_night_whose_sources_are_all_dead_fails(tmp_path: Path) -> None:
    with pytest.raises(NightFailed, match="none of its"):
        run(tmp_path, make_world(broken=frozenset({"*"})))
    statuses = query(tmp_path, "SELECT DISTINCT status FROM coverage")
    assert statuses == [("failed",)]


def test_one_broken_source_is_named_and_the_night_goes_on(tmp_path: Path) -> None:
    broken = load_sources(sources_path(settings_in(tmp_path))).enabled[0].id
    (account,) = run(tmp_path, make_world(broken=frozenset({broken})))
    assert broken in account["reasons"]
    assert account["n_loaded"] > 50


def test_past_nights_come_from_dated_sitemaps(tmp_path: Path) -> None:
    night = NIGHT - timedelta(days=5)
    run(tmp_path, make_world(), night=night)
    rows = dict(query(tmp_path, "SELECT source_id, status FROM coverage"))
    assert Counter(rows.values())["ok"] >= 8
    assert "no_coverage" in rows.values()
    days = query(tmp_path, "SELECT DISTINCT published_at::DATE FROM article")
    assert days == [(night,)]


def test_one_source_again_leaves_the_others_as_they_were(
    built: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    copy_desk(built, folder)
    before = hashes(folder)
    source = query(folder, "SELECT min(source_id) FROM article")[0][0]
    run(folder, make_world(), sources=[source], refetch=True)
    assert hashes(folder) == before


def test_two_nights_at_once_are_as_one_after_the_other(tmp_path: Path) -> None:
    nights = [NIGHT, NIGHT - timedelta(days=1)]
    moment = MORNING
    for n, folder in enumerate((tmp_path / "one", tmp_path / "two")):
        world = make_world(articles=60)
        with serve(world) as stand:
            settings = settings_in(folder, world.mirrors(stand.base_url))
            threads = [
                threading.Thread(target=run_job, args=(settings, night, moment))
                for night in nights
            ]
            for thread in threads:
                thread.start()
                if n == 0:
                    thread.join()
            for thread in threads:
                thread.join()
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")


@pytest.mark.file_only("nothing locks a lake on Postgres")
def test_a_locked_warehouse_names_its_holder(tmp_path: Path) -> None:
    import subprocess
    import sys

    settings = settings_in(tmp_path)
    with open_warehouse(connect_to(settings.warehouse)):
        pass
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]);"
        "print('open', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, settings.warehouse],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        connect = connect_to(settings.warehouse)
        with (
            pytest.raises(WarehouseLocked, match=str(holder.pid)),
            open_warehouse(connect, wait_s=0),
        ):
            pass
    finally:
        holder.communicate()
