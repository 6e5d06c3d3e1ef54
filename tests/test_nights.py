"""Which night owns an entry, and the bin that it ends in."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from nightdesk.fetch import answered
from nightdesk.model import Article, Coverage, KnownUrl, Listing, Source
from nightdesk.nights import (
    merge_coverage,
    merge_listings,
    night_of,
    plan_night,
)
from nightdesk.settle import settle_night

NIGHT = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
SOURCES = {"a": Source("a", "A", "rss", "https://a.example/f")}


def listing(url: str, **more: object) -> Listing:
    path = url.split("?")[0]
    values: dict[str, object] = {
        "source_id": "a",
        "url": url,
        "canonical_url": path,
        "article_id": sum(map(ord, path)),
        "via": "feed",
        "listed_at": LATER,
        "stated_at": NOON,
        "stated_precision": "second",
    }
    return Listing(**(values | more))  # type: ignore[arg-type]


def captured(url: str, **more: object) -> Listing:
    values = {"outcome": "ok", "captured_at": LATER, "digest": url, "file": "f"}
    return listing(url, **(values | {"offset": 0} | more))


def article(row: Listing, **more: object) -> Article:
    values: dict[str, object] = {
        "article_id": row.article_id,
        "canonical_url": row.canonical_url,
        "url": row.url,
        "source_id": row.source_id,
        "status": "ok",
        "page_digest": row.digest,
    }
    return Article(**(values | more))  # type: ignore[arg-type]


def bins(rows: list[Listing], articles: list[Article], **known: list[KnownUrl]):
    index = {k.article_id: [k] for part in known.values() for k in part}
    plan = plan_night(NIGHT, rows, index, SOURCES, answered)
    settled = settle_night(NIGHT, plan.entries, plan.pages, articles)
    return settled, Counter((e.bin, e.reason) for e in settled.entries)


A = captured("https://a.example/1")


@pytest.mark.parametrize(
    ("rows", "articles", "want"),
    [
        ([], [], {}),
        ([A], [article(A)], {("loaded", None): 1}),
        ([A], [], {("failed", "not_extracted"): 1}),
        (
            [A],
            [article(A, status="rejected", reason="captcha")],
            {("rejected", "captcha"): 1},
        ),
        (
            [A, listing("https://a.example/1?utm=x")],
            [article(A)],
            {("loaded", None): 1, ("duplicate", "same canonical URL"): 1},
        ),
        ([listing("https://a.example/2")], [], {("pending", "not_fetched"): 1}),
        (
            [listing("https://a.example/2", outcome="host_busy")],
            [],
            {("pending", "host_busy"): 1},
        ),
        (
            [listing("https://a.example/2", outcome="robots")],
            [],
            {("rejected", "robots"): 1},
        ),
        (
            [listing("https://a.example/2", outcome="not_found")],
            [],
            {("failed", "not_found"): 1},
        ),
    ],
    ids=[
        "an empty night has no entries",
        "a read page is loaded",
        "a page that extraction lost has failed",
        "a page that is no article is rejected with the reason",
        "a second address of one article is a duplicate",
        "an entry whose page was never asked for waits",
        "an entry whose host was busy waits",
        "an entry that robots.txt forbids is rejected",
        "an entry without its page has failed",
    ],
)
def test_every_entry_is_in_one_bin(rows, articles, want) -> None:
    _, counts = bins(rows, articles)
    assert counts == want


def test_an_article_belongs_to_the_earliest_night_that_is_stated() -> None:
    earlier = KnownUrl(A.canonical_url, A.article_id, night=NIGHT - timedelta(days=2))
    _, counts = bins([A], [article(A)], known=[earlier])
    assert counts == {("duplicate", "in night 2026-02-27"): 1}


@pytest.mark.parametrize(
    ("published", "owns"),
    [
        (None, False),
        (NOON, True),
        (NOON - timedelta(days=9), False),
    ],
    ids=[
        "without any date it belongs to the day of its first capture",
        "the page's own day counts when it is a day from the capture",
        "a page's far older day does not",
    ],
)
def test_a_page_without_a_stated_day(published: datetime | None, owns: bool) -> None:
    row = captured("https://a.example/9", stated_at=None, stated_precision=None)
    settled, counts = bins([row], [article(row, published_at=published)])
    assert bool(settled.articles) == owns
    assert sum(counts.values()) == int(owns)


def test_a_night_is_the_utc_day() -> None:
    late_in_karachi = datetime.fromisoformat("2026-03-02T02:00:00+05:00")
    assert night_of(late_in_karachi) == NIGHT


def test_the_newest_capture_is_the_article_and_older_ones_are_versions() -> None:
    new = captured(
        "https://a.example/1", digest="new", captured_at=LATER + timedelta(hours=3)
    )
    settled, _ = bins([A, new], [article(A, title="old"), article(new, title="new")])
    assert [a.title for a in settled.articles] == ["new"]
    assert [a.title for a in settled.versions] == ["old", "new"]


def test_the_order_of_looks_plays_no_part() -> None:
    looks = [
        listing("https://a.example/1", outcome="timeout"),
        listing(
            "https://a.example/1",
            outcome="server_error",
            listed_at=LATER - timedelta(hours=1),
        ),
        listing(
            "https://a.example/1",
            outcome="connection",
            listed_at=LATER + timedelta(hours=1),
            stated_at=NOON - timedelta(hours=1),
        ),
    ]
    results = set()
    for seed in range(6):
        random.Random(seed).shuffle(looks)
        merged = merge_listings(looks, answered)[("a", "https://a.example/1")]
        results.add((merged.outcome, merged.stated_at))
    assert results == {("server_error", NOON - timedelta(hours=1))}


def test_a_page_that_is_had_later_knows_its_time() -> None:
    day = NOON.replace(hour=0)
    looks = [
        listing("https://a.example/1", outcome="timeout", stated_at=day,
                stated_precision="day", dated_by="url"),
        captured("https://a.example/1", dated_by="page"),
    ]  # fmt: skip
    for order in (looks, looks[::-1]):
        merged = merge_listings(order, answered)[("a", "https://a.example/1")]
        told = (merged.stated_at, merged.stated_precision, merged.dated_by)
        assert told == (NOON, "second", "page")


def test_coverage_keeps_the_best_look() -> None:
    looks = [
        Coverage("a", "no_coverage", LATER, "no_past_source"),
        Coverage("a", "failed", LATER, "not_found"),
        Coverage("a", "failed", LATER + timedelta(hours=1), "connection"),
    ]
    assert merge_coverage(looks, answered)["a"].reason == "not_found"
    offline = Coverage("a", "failed", LATER, "connection", via="archive")
    assert merge_coverage([offline, looks[0]], answered)["a"].status == "no_coverage"
    better = [*looks, Coverage("a", "ok", LATER)]
    assert merge_coverage(reversed(better), answered)["a"].status == "ok"
