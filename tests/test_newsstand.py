"""The sample world: the same every time, and what it says of itself is so."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from nightdesk.errors import ConfigError
from nightdesk.newsstand import OUTLETS, ArticleTruth, Outlet, Response, Truth, World
from nightdesk.newsstand.pages import write_page
from nightdesk.text import hash_text, split_words

INCLUDE = Path(__file__).parents[1] / "include"
NIGHT = date(2026, 11, 24)
NEXT_NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ALIVE = [outlet for outlet in OUTLETS if not outlet.is_dead]
WITH_PAST = [outlet for outlet in OUTLETS if outlet.past]
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
ATOM = "{http://www.w3.org/2005/Atom}"

Rows = list[tuple[str, datetime]]  # address and time, as listed


def at_next_noon() -> datetime:
    return NEXT_NOON


@pytest.fixture(scope="module")
def world() -> World:
    return World(now=at_next_noon)


@pytest.fixture(scope="module")
def truth(world: World) -> Truth:
    return world.truth(NIGHT)


def get(world: World, url: str, headers: dict[str, str] | None = None) -> Response:
    scheme, _, host, path = url.split("/", 3)
    return world.respond(scheme.rstrip(":"), host, f"/{path}", headers or {})


def past_url(outlet: Outlet, day: date) -> str:
    assert outlet.past_url is not None
    return outlet.past_url.format(
        yyyy=f"{day:%Y}", mm=f"{day:%m}", dd=f"{day:%d}"
    )  # fmt: skip


def read_feed(kind: str, body: bytes) -> Rows:
    """Read a feed with nothing but the standard library."""
    if kind == "jsonfeed":
        return [
            (row["url"], datetime.fromisoformat(row["date_published"]))
            for row in json.loads(body)["items"]
        ]
    root = ElementTree.fromstring(re.sub(rb"&(?!#?\w+;)", b"&amp;", body))  # noqa: S314
    if kind == "rss":
        return [
            (item.findtext("link", ""), parsedate_to_datetime(item.findtext("pubDate")))
            for item in root.iter("item")
        ]
    if kind == "atom":
        return [
            (
                entry.find(f"{ATOM}link").get("href"),
                datetime.fromisoformat(entry.findtext(f"{ATOM}published")),
            )
            for entry in root.iter(f"{ATOM}entry")
        ]
    return [
        (
            row.findtext(f"{SITEMAP}loc"),
            datetime.fromisoformat(row.findtext(f".//{NEWS}publication_date")),
        )
        for row in root.iter(f"{SITEMAP}url")
    ]


def canonical(url: str, truth: Truth) -> str:
    plain = url.partition("?")[0]
    known = {a.url: a.canonical_url for a in truth.articles}
    return known.get(plain, plain)


def page_text(body: bytes) -> str:
    return body.decode("utf-8")


def paragraphs_of(body: bytes) -> list[str]:
    """The paragraphs between headline and related links, byline left out."""
    middle = page_text(body).partition("</h1>")[2].partition('class="related"')[0]
    return re.findall(r"<p>(.*?)</p>", middle)


@pytest.mark.parametrize("outlet", ALIVE, ids=lambda o: o.id)
def test_a_feed_is_the_same_in_another_world(outlet: Outlet, world: World) -> None:
    other = World(now=at_next_noon)
    first, second = get(world, outlet.feed_url), get(other, outlet.feed_url)
    assert first == second
    assert first.status == 200
    assert len(first.body) < 60_000


def test_pages_are_the_same_in_another_world(world: World, truth: Truth) -> None:
    other = World(now=at_next_noon)
    assert other.truth(NIGHT) == truth
    for article in truth.articles:
        assert get(world, article.url) == get(other, article.url)


def test_pages_are_the_same_in_another_process(world: World, truth: Truth) -> None:
    code = (
        "import hashlib; from datetime import date; from nightdesk.newsstand import *;"
        "from nightdesk.newsstand.pages import write_page;"
        "night = World().plan(date(2026, 11, 24));"
        "total = hashlib.sha256();"
        "[total.update(write_page(item, [])) for item in night.items];"
        "print(total.hexdigest())"
    )
    ours = hashlib.sha256()
    for item in world.plan(NIGHT).items:
        ours.update(write_page(item, []))
    for hash_seed in ("1", "2"):
        env = os.environ | {"PYTHONPATH": str(INCLUDE), "PYTHONHASHSEED": hash_seed}
        told = subprocess.check_output([sys.executable, "-c", code], env=env, text=True)
        assert told.strip() == ours.hexdigest()


def test_another_seed_and_another_day_give_other_news(world: World) -> None:
    titles = {a.title for a in world.truth(NIGHT).articles}
    other_seed = {a.title for a in World(seed="x").truth(NIGHT).articles}
    other_day = {a.title for a in world.truth(NIGHT - timedelta(days=1)).articles}
    assert len(titles & other_seed) < 5
    assert len(titles & other_day) < 5


@pytest.mark.parametrize("outlet", OUTLETS, ids=lambda o: o.id)
def test_a_feed_lists_what_the_truth_says(outlet: Outlet, world: World) -> None:
    truth = world.truth(NIGHT)
    answer = get(world, outlet.feed_url)
    if outlet.is_dead:
        assert (answer.status, truth.entries[outlet.id]) == (404, 0)
        return
    rows = read_feed(outlet.kind, answer.body)
    of_night = [url for url, at in rows if at.astimezone(UTC).date() == NIGHT]
    assert len(of_night) == len(set(of_night)) == truth.entries[outlet.id]
    times = {a.canonical_url: a.published_at for a in truth.articles}
    for url, at in rows:
        if at.astimezone(UTC).date() == NIGHT:
            listed = times[canonical(url, truth)]
            assert listed == at
    assert len(rows) > len(of_night), "the items of today so far are missing"
    assert max(at for _, at in rows) <= NEXT_NOON


@pytest.mark.parametrize("outlet", WITH_PAST, ids=lambda o: o.id)
def test_a_dated_sitemap_lists_exactly_its_day(outlet: Outlet, world: World) -> None:
    day = NIGHT - timedelta(days=40)
    rows = read_feed("sitemap", get(world, past_url(outlet, day)).body)
    assert len(rows) == world.truth(day, via_past=True).entries[outlet.id] > 0
    assert {at.astimezone(UTC).date() for _, at in rows} == {day}
    tomorrow = past_url(outlet, NEXT_NOON.date() + timedelta(days=1))
    assert get(world, tomorrow).status == 404


def test_entries_add_up(truth: Truth) -> None:
    assert truth.n_entries == sum(truth.entries.values())
    assert truth.n_entries == sum(a.n_listings for a in truth.articles)
    assert truth.n_distinct == len({a.canonical_url for a in truth.articles}) == 180
    assert truth.n_duplicate_entries == truth.n_entries - truth.n_distinct > 0
    assert truth.n_distinct == (
        truth.n_articles + truth.n_not_articles + sum(truth.n_failed.values())
    )


@pytest.mark.parametrize("n_articles", [60, 180, 2000], ids="{} articles".format)
def test_everything_is_planted_at_every_size(n_articles: int) -> None:
    truth = World(n_articles).truth(NIGHT)
    kinds = Counter(article.kind for article in truth.articles)
    assert truth.n_distinct == n_articles
    assert truth.n_exact_copies == kinds["exact_copy"] >= 6
    assert truth.n_edited_copies == kinds["edited_copy"] >= 4
    assert truth.n_updates == kinds["update"] >= 2
    assert truth.n_not_articles == sum(
        kinds[kind] for kind in ("video", "captcha", "gallery")
    )
    assert min(kinds["video"], kinds["captcha"], kinds["gallery"]) >= 1
    assert truth.n_failed == {
        "not_found": kinds["missing"],
        "robots": kinds["members"],
    }
    assert truth.n_repeats_articles >= 2
    assert truth.n_events >= 3
    assert truth.dead_sources == ("fjord-examiner",)
    assert set(truth.sources_without_past) == {"fjord-examiner", "gulf-meridian"}


def test_a_load_of_two_thousand_is_planned_in_seconds() -> None:
    world = World(2000)
    started = time.process_time()
    world.truth(NIGHT)
    assert time.process_time() - started < 3


def test_times_keep_off_midnight_but_for_the_zone_borders(truth: Truth) -> None:
    odd = Counter(
        article.source_id
        for article in truth.articles
        if article.stated_at.date() != NIGHT
    )
    assert odd["indus-observer"] >= 1  # +05:00: there it is already tomorrow
    assert odd["cascade-beacon"] >= 1  # -08:00: there it is still yesterday
    for article in truth.articles:
        minute = article.published_at.hour * 60 + article.published_at.minute
        assert article.published_at.date() == NIGHT
        assert 5 <= minute <= 23 * 60 + 50


def test_every_article_page_holds_its_text(world: World, truth: Truth) -> None:
    lengths = []
    for article in truth.articles:
        if not article.is_article:
            continue
        body = get(world, article.canonical_url).body
        assert len(body) < 60_000
        found = paragraphs_of(body)
        assert len(found) == article.n_paragraphs + article.n_repeated, article.url
        assert len(set(found)) == article.n_paragraphs, article.url
        assert not re.search(r"[{}\[\]]", "".join(found)), article.url
        if article.lang == "en":
            lengths.append(sum(len(text.split()) for text in found))
    assert min(lengths) >= 150
    assert max(lengths) <= 560


def text_of(world: World, article: ArticleTruth) -> str:
    return "\n".join(paragraphs_of(get(world, article.canonical_url).body))


def shingles(text: str) -> set[tuple[str, ...]]:
    words = split_words(text)
    return set(zip(*(words[shift:] for shift in range(5)), strict=False))


def test_copies_are_copies_and_nothing_else_looks_like_one(
    world: World, truth: Truth
) -> None:
    had = [article for article in truth.articles if article.is_article]
    texts = {a.canonical_url: text_of(world, a) for a in had}
    marks = {url: shingles(text) for url, text in texts.items()}
    origins = {a.canonical_url: a.copy_of_url or a.canonical_url for a in had}
    for one, two in combinations(texts, 2):
        share = len(marks[one] & marks[two]) / min(len(marks[one]), len(marks[two]))
        if origins[one] == origins[two]:
            assert share > 0.6, (one, two)
        else:
            assert share < 0.4, (one, two)
    exact = Counter(hash_text(text) for text in texts.values())
    assert sum(exact.values()) - len(exact) == truth.n_exact_copies


def test_an_edited_copy_and_an_update_differ_from_their_origin(
    world: World, truth: Truth
) -> None:
    by_url = {a.canonical_url: a for a in truth.articles}
    for copy in (a for a in truth.articles if a.kind in ("edited_copy", "update")):
        origin = by_url[copy.copy_of_url]
        ours, theirs = text_of(world, copy), text_of(world, origin)
        assert copy.title != origin.title
        assert copy.published_at > origin.published_at
        if copy.kind == "update":
            assert copy.source_id == origin.source_id
            assert len(ours.splitlines()) == len(theirs.splitlines()) + 2
            assert not ours.startswith(theirs), "nothing was corrected"
        else:
            assert copy.source_id != origin.source_id
            kept = set(ours.splitlines()) & set(theirs.splitlines())
            assert len(kept) == len(theirs.splitlines()) - 1


def test_reports_of_one_event_share_the_place_and_no_sentence(
    world: World, truth: Truth
) -> None:
    events: dict[int, list[ArticleTruth]] = {}
    for article in truth.articles:
        if article.event is not None:
            events.setdefault(article.event, []).append(article)
    assert len(events) == truth.n_events
    for reports in events.values():
        assert len({report.source_id for report in reports}) == len(reports) >= 2
        assert len({report.countries for report in reports}) == 1
        for one, two in combinations(reports, 2):
            lines = text_of(world, one).splitlines()
            assert not set(lines) & set(text_of(world, two).splitlines())


@pytest.mark.parametrize(
    ("articles", "broken", "named"),
    [
        pytest.param(59, frozenset(), "at least 60", id="too few for what is planted"),
        pytest.param(60, frozenset({"nobody"}), "nobody", id="a source unknown to us"),
    ],
)
def test_a_wrong_argument_is_named(
    articles: int, broken: frozenset[str], named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        World(articles, broken=broken)


@pytest.mark.parametrize(
    ("broken", "n_dead"),
    [
        pytest.param(frozenset({"indus-observer"}), 2, id="one source more"),
        pytest.param(frozenset({"harbour-ledger"}), 2, id="the wire itself"),
        pytest.param(frozenset({"*"}), len(OUTLETS), id="all of them"),
    ],
)
def test_a_broken_source_lists_nothing(broken: frozenset[str], n_dead: int) -> None:
    world = World(now=at_next_noon, broken=broken)
    truth = world.truth(NIGHT)
    assert len(truth.dead_sources) == n_dead
    for outlet in OUTLETS:
        if outlet.id in truth.dead_sources:
            assert truth.entries[outlet.id] == 0
            assert get(world, outlet.feed_url).status == 404
    texts = Counter(
        hash_text(text_of(world, a)) for a in truth.articles if a.is_article
    )
    assert sum(texts.values()) - len(texts) == truth.n_exact_copies
    assert truth.n_distinct == len(truth.articles)


def test_the_clock_decides_what_is_there(truth: Truth) -> None:
    early = truth.articles[0].published_at
    world = World(now=lambda: early)
    later = next(a for a in truth.articles if a.published_at > early and a.is_article)
    assert get(world, later.canonical_url).status == 404
    assert get(World(now=at_next_noon), later.canonical_url).status == 200
    outlet = next(o for o in ALIVE if o.id == later.source_id)
    listed = [
        url for url, _ in read_feed(outlet.kind, get(world, outlet.feed_url).body)
    ]
    assert listed
    assert later.url not in listed
