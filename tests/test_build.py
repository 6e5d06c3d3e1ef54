"""From captures to the warehouse: versions, owners that move, nights that come back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from engines import connect_at, connect_to, lose_warehouse, name_warehouse
from nightworld import share_extractors

from nightdesk.config import Settings
from nightdesk.errors import NightFailed
from nightdesk.model import Capture, Coverage, Finding, KnownUrl, Listing
from nightdesk.pipeline import (
    Job,
    deduplicate_nights,
    extract_pages,
    load_nights,
    publish_changes,
    select_pages,
    tag_articles,
)
from nightdesk.pipeline.built import read_loads
from nightdesk.pipeline.register_task import note_sources
from nightdesk.urls import article_id, canonicalize_url
from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.content import hash_tables
from nightdesk.warehouse.read import list_nights, open_catalogue
from nightdesk.warehouse.verify import verify_warehouse

pytestmark = pytest.mark.slow

NIGHT = date(2026, 3, 5)
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
MORNING = datetime(2026, 3, 6, 0, 30, tzinfo=UTC)
SOURCES = """\
sources:
  - {id: alpha, name: Alpha, kind: rss, url: "https://alpha.example/feed"}
  - {id: beta, name: Beta, kind: rss, url: "https://beta.example/feed"}
"""
FIRST = [
    "Ministers of Ghana and Togo met in Accra on Thursday to settle a fish quarrel.",
    "Trade Minister Ama Sample said the two countries would share their catch evenly.",
    "Fishing crews in Lome had blocked the harbour for nine days before the meeting.",
    "The agreement runs until the end of the year and can be renewed by both sides.",
]


def at(moment: datetime) -> datetime:
    return moment


@pytest.fixture
def job(tmp_path: Path) -> Job:
    settings = Settings(
        data=tmp_path,
        landing=str(tmp_path / "landing"),
        warehouse=name_warehouse(tmp_path / "warehouse.duckdb"),
        contact="desk@newsroom.example",
    )
    settings.config_dir.mkdir()
    (settings.config_dir / "sources.yaml").write_text(SOURCES)
    return Job(settings, "test", partial(at, MORNING))


def page(paragraphs: Sequence[str]) -> bytes:
    body = "".join(f"<p>{line}</p>" for line in paragraphs)
    return f"<html><title>Fish</title><article><h1>Fish</h1>{body}</article>".encode()


def land(
    job: Job,
    path: str,
    stated: datetime | None,
    *,
    source: str = "alpha",
    body: bytes | None = None,
    seen: datetime = MORNING,
    reservations: tuple[str, ...] = (),
) -> None:
    """Put into the landing area what a collect run would have."""
    landing, url = job.landing, f"https://{source}.example/{path}"
    if path.startswith("https:"):
        url = path
    canonical = canonicalize_url(url)
    captured: dict[str, object] = {}
    name = hashlib.sha256(f"{url}{stated}{seen}{body!r}".encode()).hexdigest()[:12]
    if body is not None:
        archive = landing.open_archive(seen.date(), name)
        digest = hashlib.sha256(body).hexdigest()
        capture = Capture(url, url, seen, digest, "", 0, "text/html", source)
        placed = archive.add(capture, {"content-type": "text/html"}, body)
        archive.close()
        captured = {
            "captured_at": seen,
            "final_url": url,
            "content_type": "text/html",
            "digest": digest,
            "file": placed.file,
            "offset": placed.offset,
            "reservations": reservations,
        }
    row = Listing(
        source_id=source,
        url=url,
        canonical_url=canonical,
        article_id=article_id(canonical),
        via="feed",
        listed_at=seen,
        stated_at=stated,
        stated_precision="second" if stated else None,
        title="Fish",
        outcome="ok" if body else None,
        **captured,
    )
    night = stated.date() if stated else None
    known = KnownUrl(canonical, row.article_id, night, **captured)
    landing.write_urls(name, [known])
    folder = f"entries/night={night}" if night else f"undated/day={seen.date()}"
    landing.write_rows(folder, name, [row], Listing)
    looked = Coverage(source, "ok", seen, via="feed")
    landing.write_rows(f"coverage/night={night or NIGHT}", name, [looked], Coverage)


def build(job: Job, night: date = NIGHT, warehouse: str | None = None) -> None:
    """Everything of a run but collect and publish."""
    note_sources(job, job.load_sources(), night)
    pool = share_extractors()
    shards = select_pages(job, night)
    shards = [extract_pages(job, shard, pool=pool) for shard in shards]
    joined = deduplicate_nights(job, shards)
    shards = [tag_articles(job, shard) for shard in shards]
    connect = connect_to(warehouse or job.settings.warehouse)
    load_nights(job, night, shards, joined, connect)


def query(job: Job, sql: str) -> list[tuple]:
    with open_warehouse(connect_to(job.settings.warehouse)) as con:
        return con.execute(sql).fetchall()


def test_a_page_captured_twice_is_one_article_with_two_versions(job: Job) -> None:
    land(job, "fish", NOON, body=page(FIRST))
    build(job)
    later = MORNING + timedelta(hours=2)
    land(job, "fish", NOON, body=page([*FIRST, "A third country joined."]), seen=later)
    build(job)
    assert query(job, "SELECT n_paragraphs FROM article") == [(5,)]
    versions = "SELECT n, kind, len(edits) FROM article_version ORDER BY n"
    assert query(job, versions) == [(1, None, 0), (2, "update", 1)]
    assert query(job, "SELECT count(*) > 0 FROM mention") == [(True,)]
    twice = "SELECT count(*) - count(DISTINCT (field, start_offset)) FROM mention"
    assert query(job, twice) == [(0,)]


@pytest.mark.parametrize(
    "night", [NIGHT, date(2026, 3, 6)], ids=["its own", "the next"]
)
def test_an_article_moves_when_an_earlier_day_is_stated(job: Job, night: date) -> None:
    land(job, "fish", NOON, body=page(FIRST))
    land(job, "other", NOON, body=page(FIRST[::-1]))
    build(job)
    land(job, "fish", NOON - timedelta(days=1), source="alpha", seen=MORNING)
    build(job, night)
    fish = "(SELECT article_id FROM entry WHERE url LIKE '%fish' LIMIT 1)"
    nights = query(job, f"SELECT night FROM article WHERE article_id = {fish}")
    assert nights == [(NIGHT - timedelta(days=1),)]
    bins = query(
        job,
        "SELECT night, bin, reason FROM entry WHERE url LIKE '%fish' ORDER BY night",
    )
    assert bins == [
        (NIGHT - timedelta(days=1), "loaded", None),
        (NIGHT, "duplicate", "in night 2026-03-04"),
    ]
    assert query(job, "SELECT count(*) FROM article") == [(2,)]


def test_an_article_moves_to_a_night_that_is_long_past(job: Job) -> None:
    land(job, "fish", NOON, body=page(FIRST))
    build(job)
    past = NOON - timedelta(days=20)
    land(job, "fish", past)
    build(job, past.date())
    assert query(job, "SELECT night FROM article") == [(past.date(),)]


def test_the_order_of_builds_plays_no_part(job: Job, tmp_path: Path) -> None:
    land(job, "fish", NOON, body=page(FIRST))
    land(job, "copy", NOON + timedelta(days=1), source="beta", body=page(FIRST))
    land(job, "fish", NOON - timedelta(days=1))
    nights = [NIGHT + timedelta(days=n) for n in (-1, 0, 1)]
    found = []
    for n, order in enumerate(
        (nights, nights[::-1], [nights[1], nights[0], nights[2]])
    ):
        path = tmp_path / f"order-{n}.duckdb"
        for name in job.landing.names("built", ".json"):
            job.landing.drop(name)
        for night in order:
            build(job, night, name_warehouse(path))
        with open_warehouse(connect_at(path)) as con:
            found.append(hash_tables(con))
    assert found[0] == found[1] == found[2]
    with open_warehouse(connect_at(path)) as con:
        assert con.execute("SELECT n_articles FROM cluster").fetchall() == [(2,)]


def test_what_a_page_reserves_is_kept_with_its_article(job: Job) -> None:
    land(job, "fish", NOON, body=page(FIRST), reservations=("tdm", "noai"))
    build(job)
    assert query(job, "SELECT reservations FROM article") == [(["tdm", "noai"],)]


def test_a_lost_warehouse_is_built_again_and_readers_keep_their_nights(
    job: Job,
) -> None:
    for n in range(3):
        stated = NOON - timedelta(days=n)
        land(job, f"fish-{n}", stated, body=page(FIRST[n:] + FIRST[:n]))
        build(job, stated.date())
    publish_changes(job, connect_to(job.settings.warehouse))
    lose_warehouse(job.settings.warehouse)
    build(job)
    publish_changes(job, connect_to(job.settings.warehouse))
    with open_catalogue(job.settings.published) as con:
        assert len(list_nights(con)) == 3
    assert len(find_lost(job)) == 2  # and stay named, whatever else is loaded
    build(job)  # now the nights of the week are known to be missing
    assert query(job, "SELECT count(*) FROM load_ledger") == [(3,)]
    assert find_lost(job) == []


def find_lost(job: Job) -> list[Finding]:
    connect = connect_to(job.settings.warehouse)
    return list(verify_warehouse(connect, read_loads(job.landing)))


def test_a_night_that_nothing_covers_says_so_and_is_no_failure(job: Job) -> None:
    for source in ("alpha", "beta"):
        look = Coverage(source, "no_coverage", MORNING, "no_past_source")
        job.landing.write_rows(f"coverage/night={NIGHT}", source, [look], Coverage)
    build(job)
    rows = query(job, "SELECT source_id, status, reason FROM coverage ORDER BY ALL")
    assert [row[1:] for row in rows] == [("no_coverage", "no_past_source")] * 2


def test_a_night_whose_sources_failed_is_a_failure_with_its_rows(job: Job) -> None:
    look = Coverage("alpha", "failed", MORNING, "dns")
    job.landing.write_rows(f"coverage/night={NIGHT}", "alpha", [look], Coverage)
    with pytest.raises(NightFailed, match="alpha: dns"):
        build(job)
    rows = query(job, "SELECT source_id, status FROM coverage ORDER BY ALL")
    assert rows == [("alpha", "failed"), ("beta", "not_collected")]
