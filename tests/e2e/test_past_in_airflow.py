"""Past nights of chosen sources by a backfill from Airflow's own form, in a browser.

Each source can be read at another place of the past, and one at none. The world is
served by the test, which so sees every request. Three nights, or thirty as part of the
long tests (NIGHTDESK_CHAOS=1).
"""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest
from clicks import open_airflow, run_backfill
from desk import Desk, Rest, wait_for
from pastworld import BY_ID, write_sources

from nightdesk.newsstand import Stand, World, serve
from nightdesk.newsstand.crawl import list_crawled
from nightdesk.newsstand.plan import Item
from nightdesk.urls import canonicalize_url

IS_WHOLE = bool(os.environ.get("NIGHTDESK_CHAOS"))
N_NIGHTS = 30 if IS_WHOLE else 3
#: Several runs at a time share archives and hosts, and are as right as one.
N_AT_ONCE = 3 if IS_WHOLE else 1
#: Out of every feed, and of what the newest night catches up on.
LAST = (datetime.now(UTC) - timedelta(days=16)).date()
FIRST = LAST - timedelta(days=N_NIGHTS - 1)
NIGHTS = [FIRST + timedelta(days=n) for n in range(N_NIGHTS)]

PAGED, CRAWLED, TODAY = "lagoon-post", "gulf-meridian", "wangjiang-daily"
CHOSEN: dict[str, dict[str, str]] = {
    PAGED: {"url": f'"{BY_ID[PAGED].root}/paged{BY_ID[PAGED].feed}"'},
    **{
        source_id: {"past_url": f'"{BY_ID[source_id].root}/sitemaps/{path}"'}
        for source_id, path in (
            ("pacific-lantern", "{yyyy}/{mm}/{dd}.xml"),
            ("savanna-courier", "month/{yyyy}-{mm}.xml"),
            ("indus-observer", "index.xml"),
        )
    },
    "deichbote": {},  # its feed stands in the Wayback Machine
    # Under these addresses no feed was ever archived. One is known to Common Crawl.
    CRAWLED: {"url": f'"{BY_ID[CRAWLED].feed_url}?new"'},
    TODAY: {"url": f'"{BY_ID[TODAY].feed_url}?new"'},
}
#: Watched as well, with a past, and not chosen.
OTHERS: dict[str, dict[str, str]] = {
    source_id: {"past_url": f'"{BY_ID[source_id].past_url}"'}
    for source_id in ("harbour-ledger", "ghats-dispatch", "brujula-austral")
}
PLACES = "past: {wayback: {enabled: true, gap_s: 0}, ccnews: {enabled: true, gap_s: 0}}"

#: What is looked at: left, top, width, height.
PARTS = {
    "backfill-form": (180, 50, 920, 1190),
    "backfill-runs": (0, 0, 1280, 750),
    "backfill-gaps": (0, 0, 1280, 550),
}

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(5400 if IS_WHOLE else 1200),
]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk whose outlets are served by the test: no newsstand of its own."""
    desk = Desk(tmp_path)
    config = desk.data / "config"
    config.mkdir(parents=True)
    rows = {
        key: {**own, "tags": "[abroad]" if key in CHOSEN and key != TODAY else "[]"}
        for key, own in {**CHOSEN, **OTHERS}.items()
    }
    text = write_sources(rows).replace("newsstand: true\n", "")
    (config / "sources.yaml").write_text(text, "utf-8")
    (config / "past.yaml").write_text(PLACES, "utf-8")
    return desk


def published(desk: Desk, sql: str) -> list[tuple]:
    path = (desk.data / "published" / "current.duckdb").resolve()
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(sql).fetchall()


#: Night, source, and the addresses under which an article is listed or stands.
Planted = tuple[date, str, frozenset[str]]


def list_planted(world: World, night: date) -> list[Planted]:
    """Return all articles of a night that the past has of the chosen sources."""
    plan = world.plan(night)
    crawled = {item.url for item in list_crawled(plan)}
    return [
        (night, source_id, addresses_of(item))
        for source_id in CHOSEN
        if source_id != TODAY
        for item in plan.by_outlet.get(source_id, ())
        if item.is_article and (source_id != CRAWLED or item.url in crawled)
    ]


def addresses_of(item: Item) -> frozenset[str]:
    """Return them canonical: some feeds list a short one that leads to the page."""
    listed = {item.outlet.root + path for path in item.listed}
    return frozenset(map(canonicalize_url, {item.url, *listed}))


def wait_for_backfill(rest: Rest) -> None:
    """Wait until every night of the range, and what follows from it, is done."""

    def look() -> bool:
        runs = rest.runs("nightdesk_nightly") + rest.runs("nightdesk_publish")
        assert not [run for run in runs if run["state"] == "failed"]
        done = {
            run["logical_date"][:10]
            for run in runs
            if run["state"] == "success" and run["run_type"] == "backfill"
        }
        is_busy = any(run["state"] in ("queued", "running") for run in runs)
        return {str(night) for night in NIGHTS} <= done and not (
            is_busy or rest.is_backfilling("nightdesk_nightly")
        )

    wait_for(look, 90 * N_NIGHTS + 300)


def hosts_since(stand: Stand, n_before: int) -> Counter[str]:
    return Counter(asked.host for asked in list(stand.log)[n_before:])


def test_a_backfill_of_chosen_sources_finds_theirs_and_asks_no_others(
    desk: Desk, browser: Any, tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("NIGHTDESK_PICTURES") or tmp_path)
    world = World(articles_per_night=80)
    with serve(world) as stand:
        mirrors = tmp_path / "mirrors.json"
        mirrors.write_text(json.dumps(world.mirrors(stand.base_url)))
        env = {
            "NIGHTDESK_MIRRORS": str(mirrors),
            "NIGHTDESK_CONTACT": "desk@newsroom.example",
        }
        with desk.up(**env) as port, open_airflow(browser, port) as page:
            rest = Rest(port)
            hush(rest)
            n_before = len(stand.log)
            dag = f"http://127.0.0.1:{port}/dags/nightdesk_nightly"
            page.goto(dag)

            def look(name: str) -> None:
                x, y, width, height = PARTS[name]
                clip = {"x": x, "y": y, "width": width, "height": height}
                page.screenshot(path=pictures / f"{name}.png", clip=clip)

            run_backfill(page, FIRST, LAST, ["abroad", TODAY], look, N_AT_ONCE)
            wait_for(lambda: len(finished(rest)) >= min(8, N_NIGHTS - 1), 1800)
            page.goto(dag)
            page.wait_for_timeout(3000)
            look("backfill-runs")
            wait_for_backfill(rest)
            gaps = f"http://127.0.0.1:{port}/nightdesk/gaps?first={FIRST}&last={LAST}"
            page.goto(gaps)
            page.wait_for_timeout(1000)
            look("backfill-gaps")
            asked = hosts_since(stand, n_before)
            confs = {json.dumps(run["conf"]["sources"]) for run in finished(rest)}
    assert confs == {json.dumps(["abroad", TODAY])}
    check(desk, world, asked)


def hush(rest: Rest) -> None:
    """Pause the half-hourly polls, which have all sources, and wait for their end."""
    rest.patch("/api/v2/dags/nightdesk_collect", {"is_paused": True})
    wait_for(
        lambda: all(
            run["state"] not in ("queued", "running")
            for dag in ("collect", "nightly", "publish")
            for run in rest.runs(f"nightdesk_{dag}")
        ),
        600,
    )


def finished(rest: Rest) -> list[dict]:
    return [
        run
        for run in rest.runs("nightdesk_nightly")
        if run["run_type"] == "backfill" and run["state"] == "success"
    ]


def check(desk: Desk, world: World, asked: Counter[str]) -> None:
    """Hold what was published, and what was asked for, against what was planted."""
    planted = [row for night in NIGHTS for row in list_planted(world, night)]
    span = f"night BETWEEN '{FIRST}' AND '{LAST}'"
    rows = published(
        desk, f"SELECT night, source_id, canonical_url FROM article WHERE {span}"
    )
    there = {(night, source_id, url) for night, source_id, url in rows}
    lost = [
        (night, source_id, urls)
        for night, source_id, urls in planted
        if not any((night, source_id, url) in there for url in urls)
    ]
    others = {BY_ID[source_id].host for source_id in OTHERS}
    n_others = sum(n for host, n in asked.items() if host in others)
    print(  # noqa: T201  the figures of the issue
        f"nights={N_NIGHTS} planted={len(planted)} lost={len(lost)} "
        f"requests={sum(asked.values())} of others={n_others}"
    )
    per_source = Counter(source_id for _, source_id, _ in planted)
    assert min(per_source[key] for key in CHOSEN if key != TODAY) >= N_NIGHTS
    assert len(lost) <= 0.01 * len(planted), lost[:20]
    assert n_others == 0, asked
    assert {source_id for _, source_id, _ in rows} == {*CHOSEN} - {TODAY}
    archives = {"web.archive.org", "data.commoncrawl.org"}
    hosts = {urlsplit(BY_ID[key].root).netloc for key in CHOSEN}
    assert {*asked} <= archives | hosts
    looks = published(
        desk,
        "SELECT night, status, reason, n_seen FROM coverage "
        f"WHERE {span} AND source_id = '{TODAY}' ORDER BY night",
    )
    assert [look[:2] for look in looks] == [(night, "no_coverage") for night in NIGHTS]
    assert all(look[2] and not look[3] for look in looks), looks
