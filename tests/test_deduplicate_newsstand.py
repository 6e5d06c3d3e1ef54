"""What the newsstand plants, found again: who wrote it, and what is one story."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from scores import score_groups

from nightdesk.deduplicate import (
    Document,
    cluster_pairs,
    demote_digests,
    find_digests,
    find_pairs,
    fingerprint_text,
    rank_document,
)
from nightdesk.deduplicate.origin import Member, find_origin
from nightdesk.deduplicate.profiles import Profiles
from nightdesk.deduplicate.rarity import Rarity
from nightdesk.deduplicate.stories import cluster_stories, follow_copies
from nightdesk.newsstand import World
from nightdesk.newsstand.plan import Item
from nightdesk.newsstand.stories import (
    ANY_VIEW,
    Story,
    make_facts,
    render_text,
    render_title,
)
from nightdesk.newsstand.syndicate import AGENCIES, MAX_LATE_DAYS
from nightdesk.newsstand.texts import make_author, make_paragraphs
from nightdesk.pipeline.frozen_tables import read_shipped_terms
from nightdesk.settings import SHIPPED
from nightdesk.text import hash_text
from nightdesk.urls import article_id, host

FIRST = date(2026, 3, 1)
N_NIGHTS = MAX_LATE_DAYS + 4


def make_document(url: str, title: str, text: str, at: datetime) -> Document:
    return Document(
        article_id=article_id(url),
        text=text,
        title=title,
        published_at=at,
        canonical_url=url,
        source_id=host(url),
        text_hash=hash_text(text),
        hashes=fingerprint_text(text),
    )


def make_member(item: Item) -> Member:
    text = "\n".join(make_paragraphs(item))
    document = make_document(item.url, item.title, text, item.at)
    return Member(document, (make_author(item),), item.outlet.name)


def is_sent_since(item: Item, day: date) -> bool:
    """Say whether it is a copy of an agency story of that day or a later one."""
    return item.carry is not None and item.carry.story.day >= day


@pytest.fixture(scope="module")
def carried() -> dict[int, Item]:
    """The copies of agency stories of some days, and all else of one night."""
    world = World(60, seed="origins", wire_stories=3)
    days = [FIRST + timedelta(days=n) for n in range(N_NIGHTS)]
    items = [
        item
        for day in days
        for item in world.plan(day).items
        if is_sent_since(item, FIRST) or (day == days[-4] and item.is_article)
    ]
    return {article_id(item.url): item for item in items}


def test_agencies_late_copies_and_other_names_are_planted(
    carried: dict[int, Item],
) -> None:
    copies = [item.carry for item in carried.values() if item.carry]
    first: dict[str, date] = {}
    for copy in sorted(copies, key=lambda c: c.at):
        first.setdefault(copy.key, copy.at.date())
    assert {copy.agency for copy in copies} == set(AGENCIES)
    assert len({copy.form for copy in copies}) == 5
    assert max((c.at.date() - first[c.key]).days for c in copies) == MAX_LATE_DAYS


def test_the_origin_of_planted_copies_is_their_agency(
    carried: dict[int, Item],
) -> None:
    members = {key: make_member(item) for key, item in carried.items()}
    documents = [member.document for member in members.values()]
    profiles = Profiles()
    pairs = find_pairs(documents, profiles=profiles)
    pairs = demote_digests(pairs, find_digests(pairs, documents, profiles))
    ranks = {d.article_id: rank_document(d) for d in documents}
    clusters: dict[int, list[int]] = defaultdict(list)
    labels = cluster_pairs(pairs, ranks)
    for key in members:
        clusters[labels.get(key, key)].append(key)
    found: Counter[bool] = Counter()
    for keys in clusters.values():
        origin = find_origin([members[key] for key in keys], profiles)
        for key in keys:
            item = carried[key]
            if is_sent_since(item, FIRST):
                assert item.carry is not None
                agency = item.carry.agency
                found[origin.name in (agency.name, agency.short)] += 1
            elif item.origin:
                found[origin.name == item.origin.outlet.name] += 1
    assert sum(found.values()) > 150
    assert found[True] / sum(found.values()) >= 0.95


def report_event(topic: str, city: str, n_reports: int) -> list[Document]:
    """Own reports of one event in a city, each by another source in its own words."""
    seeds = (f"{topic}|{city}|{n}" for n in count())
    stories = (Story("en", topic, FIRST, seed, seed, ("KE",), 5) for seed in seeds)
    event = next(story for story in stories if make_facts(story)["city"] == city)
    documents = []
    for n in range(n_reports):
        story = Story(
            "en", topic, FIRST, event.facts_seed, f"{event.facts_seed}|{n}", ("KE",), 5,
            view=ANY_VIEW,
        )  # fmt: skip
        at = datetime(FIRST.year, FIRST.month, FIRST.day, 6 + n, tzinfo=UTC)
        text = "\n".join(render_text(story))
        url = f"https://paper{n}.example/{topic}"
        documents.append(make_document(url, render_title(story), text, at))
    return documents


@pytest.fixture(scope="module")
def night() -> list[Document]:
    """What else was in the papers on that day."""
    items = World(180).plan(FIRST).items
    return [make_member(item).document for item in items if item.is_article]


@pytest.mark.parametrize("topic", ["rail", "court"])
def test_twelve_own_reports_are_one_story_with_twelve_sources(
    topic: str, night: list[Document]
) -> None:
    reports = report_event(topic, "Mombasa", 12)
    ids = {report.article_id for report in reports}
    for around in (night, []):
        stories = cluster_stories([*around, *reports])
        (story_id,) = {stories[i] for i in ids}
        assert {i for i, story in stories.items() if story == story_id} == ids
    pairs = find_pairs(reports)
    clusters = cluster_pairs(pairs, {d.article_id: rank_document(d) for d in reports})
    makers = {report.article_id: str(report.source_id) for report in reports}
    assert len({makers[clusters.get(i, i)] for i in ids}) == 12


@pytest.mark.parametrize(
    ("one", "other"), [("rail", "court"), ("trade", "bank"), ("strike", "science")]
)
def test_two_events_in_one_city_on_one_day_stay_two(
    one: str, other: str, night: list[Document]
) -> None:
    events = [report_event(topic, "Mombasa", 6) for topic in (one, other)]
    stories = cluster_stories([*night, *events[0], *events[1]])
    found = [{stories[d.article_id] for d in event} for event in events]
    assert not found[0] & found[1]
    assert [len(ids) for ids in found] == [1, 1]


#: A night before anything has been learned.
FIRST_NIGHTS = [date(2026, 11, 25) - timedelta(days=n) for n in range(3)]


@pytest.mark.parametrize("day", FIRST_NIGHTS, ids=str)
def test_stories_of_a_first_night_hold_one_event(day: date) -> None:
    items = [item for item in World(180).plan(day).items if item.is_article]
    members = {article_id(item.url): item for item in items}
    documents = [
        replace(make_member(item).document, lang=item.outlet.lang) for item in items
    ]
    stories = cluster_stories(documents, Rarity(read_shipped_terms(SHIPPED)))
    events = {key: item.story.facts_seed for key, item in members.items()}
    precision, recall = score_groups(stories, events)
    assert (precision >= 0.94, recall >= 0.97) == (True, True), (precision, recall)
    told: dict[int, list[int]] = defaultdict(list)
    for key, story in stories.items():
        told[story].append(key)
    sources = {s: len({members[key].outlet.id for key in told[s]}) for s in told}
    top = sorted(told, key=lambda story: -sources[story])[:10]
    mixed = [s for s in top if len({events[key] for key in told[s]}) > 1]
    assert len(mixed) <= 2


def tell_nights(seed: str, n_nights: int) -> tuple[Counter[bool], Counter[bool]]:
    """Return how many events are whole, and how many stories of one event.

    Events that several outlets report; stories of several texts and outlets.
    """
    events: Counter[bool] = Counter()
    pure: Counter[bool] = Counter()
    for n in range(n_nights):
        night = World(180, seed=seed).plan(FIRST_NIGHTS[0] - timedelta(days=n))
        items = {article_id(it.url): it for it in night.items if it.is_article}
        stories, clusters = find_stories(items)
        told, reports = defaultdict(list), defaultdict(set)
        for key, item in items.items():
            told[stories[key]].append(key)
            if item.event is not None:
                reports[item.event].add(stories[key])
        events.update(len(found) == 1 for found in reports.values())
        for keys in told.values():
            texts = {clusters.get(key, key) for key in keys}
            if min(len(texts), len({items[key].outlet.id for key in keys})) > 1:
                pure[len({items[key].story.facts_seed for key in keys}) == 1] += 1
    return events, pure


def find_stories(items: dict[int, Item]) -> tuple[dict[int, int], dict[int, int]]:
    """Return the stories of a first night, and the clusters of its copies."""
    documents = [
        replace(make_member(item).document, lang=item.outlet.lang)
        for item in items.values()
    ]
    profiles = Profiles()
    pairs = find_pairs(documents, profiles=profiles)
    pairs = demote_digests(pairs, find_digests(pairs, documents, profiles))
    ranks = {d.article_id: rank_document(d) for d in documents}
    clusters = cluster_pairs(pairs, ranks)
    stories = cluster_stories(documents, Rarity(read_shipped_terms(SHIPPED)))
    return follow_copies(stories, clusters, ranks), clusters


def test_events_that_several_outlets_report_are_whole() -> None:
    (events, pure), (more, purer) = tell_nights("nightdesk", 8), tell_nights("other", 8)
    events, pure = events + more, pure + purer
    assert events.total() == 64
    assert events[True] >= 60, events
    assert pure[False] <= pure.total() / 18, pure
