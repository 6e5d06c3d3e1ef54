"""What is true about a night: the counts that tests ask for.

A listing is one address as one source lists it; an entry count counts listings. The
canonical address of an item has no tracking parameters and no redirect before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from nightdesk.newsstand.outlets import OUTLETS, Outlet
from nightdesk.newsstand.plan import NOT_ARTICLES, Item, ItemKind, Night
from nightdesk.newsstand.stories import choose_places
from nightdesk.newsstand.texts import RUN_LENGTH, count_paragraphs


@dataclass(frozen=True, slots=True)
class ArticleTruth:
    """The truth about one canonical address that the night lists."""

    url: str  # as its own outlet lists it, first
    canonical_url: str
    source_id: str  # of its own outlet, whoever else lists it
    published_at: datetime  # UTC
    stated_at: datetime  # the same instant in the zone that the outlet states
    title: str
    lang: str
    n_paragraphs: int  # none counted twice; 0: no article
    n_repeated: int  # paragraphs of the page that repeat earlier ones
    kind: ItemKind
    outcome: str  # of its page: ok | not_found | robots
    copy_of_url: str | None  # canonical address of what it copies or updates
    event: int | None  # outlets' own reports of one event have the same number
    countries: tuple[str, ...]  # ISO2: where it happens, then whom it names
    n_listings: int
    agency: str | None = None  # who wrote it, where an outlet carries an agency
    wire_story: str | None = None  # the same for all copies of one agency story

    @property
    def is_article(self) -> bool:
        """Whether an article can be had: fetched, and with a text."""
        return self.outcome == "ok" and self.kind not in NOT_ARTICLES


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth about one night, for the sources that answer.

    A text group is an original that can be had with all its exact copies that can.
    """

    night: date
    entries: Mapping[str, int]  # source id -> listings; every source is a key
    articles: tuple[ArticleTruth, ...]  # each canonical address once, by time
    n_entries: int
    n_distinct: int  # canonical addresses
    n_duplicate_entries: int  # n_entries - n_distinct
    n_articles: int  # addresses with an article that can be had
    n_exact_copies: int  # articles of text groups beyond the first of each
    n_edited_copies: int  # with a member of their origin's text group at hand
    n_updates: int  # the same of updates
    n_repeats_articles: int
    n_not_articles: int  # pages that answer and hold no article
    n_failed: Mapping[str, int]  # outcome -> addresses; without "ok"
    n_events: int  # events with two reports or more
    dead_sources: tuple[str, ...]
    sources_without_past: tuple[str, ...]


def tell_truth(night: Night, silent: Iterable[str], dead: Iterable[str]) -> Truth:
    """Return the truth about a night.

    Args:
        night: what is published.
        silent: ids of the sources that list nothing (dead, or asked for the past).
        dead: ids of the sources whose feed is dead.
    """
    hushed = frozenset(silent)
    entries = {outlet.id: 0 for outlet in OUTLETS}
    listings: Counter[str] = Counter()
    found: dict[str, Item] = {}
    for outlet in OUTLETS:
        if outlet.id in hushed:
            continue
        for item, _ in night.list_of(outlet):
            entries[outlet.id] += 1
            listings[item.url] += 1
            found[item.url] = item
    articles = [describe_item(item, listings[url]) for url, item in found.items()]
    articles.sort(key=lambda article: (article.published_at, article.canonical_url))
    return _count(night.day, entries, articles, sorted(dead))


def describe_item(item: Item, n_listings: int) -> ArticleTruth:
    """Return the truth about one item."""
    outcome = {"missing": "not_found", "members": "robots"}.get(item.kind, "ok")
    place, partner = choose_places(item.story)
    return ArticleTruth(
        url=item.outlet.root + item.listed[0],
        canonical_url=item.url,
        source_id=item.outlet.id,
        published_at=item.at,
        stated_at=item.stated_at,
        title=item.title,
        lang=item.outlet.lang,
        n_paragraphs=count_paragraphs(item),
        n_repeated=RUN_LENGTH if item.repeats else 0,
        kind=item.kind,
        outcome=outcome,
        copy_of_url=item.origin.url if item.origin else None,
        event=item.event,
        countries=(place.code, partner.code),
        n_listings=n_listings,
        agency=item.carry.agency.name if item.carry else None,
        wire_story=item.carry.key if item.carry else None,
    )


def _count(
    day: date,
    entries: dict[str, int],
    articles: list[ArticleTruth],
    dead: list[str],
) -> Truth:
    had = [article for article in articles if article.is_article]
    groups = Counter(_group_of(a) for a in had if a.kind in ("original", "exact_copy"))
    kinds = Counter(a.kind for a in had if _group_of(a) in groups)
    events = Counter(a.event for a in had if a.event is not None)
    failed = Counter(a.outcome for a in articles if a.outcome != "ok")
    return Truth(
        night=day,
        entries=MappingProxyType(entries),
        articles=tuple(articles),
        n_entries=sum(entries.values()),
        n_distinct=len(articles),
        n_duplicate_entries=sum(entries.values()) - len(articles),
        n_articles=len(had),
        n_exact_copies=sum(groups.values()) - len(groups),
        n_edited_copies=kinds["edited_copy"],
        n_updates=kinds["update"],
        n_repeats_articles=sum(article.n_repeated > 0 for article in had),
        n_not_articles=sum(article.kind in NOT_ARTICLES for article in articles),
        n_failed=MappingProxyType(dict(failed)),
        n_events=sum(size > 1 for size in events.values()),
        dead_sources=tuple(dead),
        sources_without_past=tuple(o.id for o in OUTLETS if not has_past(o)),
    )


def _group_of(article: ArticleTruth) -> str:
    return article.copy_of_url or article.canonical_url


def has_past(outlet: Outlet) -> bool:
    """Return whether an outlet keeps dated sitemaps."""
    return outlet.past is not None
