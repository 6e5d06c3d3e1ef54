"""What a reader of one format hands to the parser: fields as stated, links absolute.

Between the formats and `model.Feed` because two callers want different things of one
reading: the pipeline wants entries with a usable link and plain titles, `feed_row`
wants every entry and the markup as stated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nightdesk.feeds.markup import Markup
from nightdesk.model import Credit


@dataclass(slots=True)
class Item:
    """One entry as stated; date lists are in order of trust, the best first."""

    link: str | None = None
    title: Markup | None = None
    guid: str | None = None
    summary: str | None = None
    content: str | None = None
    author: str | None = None  # as stated, may hold an address
    authors: Sequence[str] = ()  # names
    categories: Sequence[str] = ()
    lang: str | None = None
    image_url: str | None = None
    published: Sequence[str] = ()
    updated: Sequence[str] = ()
    credits: Sequence[Credit] = ()
    origin_title: str | None = None
    origin_url: str | None = None


@dataclass(slots=True)
class Document:
    """One feed, sitemap or sitemap index as stated."""

    kind: str  # rss | atom | jsonfeed | sitemap | sitemapindex
    items: list[Item] = field(default_factory=list)
    title: Markup | None = None
    link: str | None = None
    description: str | None = None
    author: str | None = None
    lang: str | None = None
    published: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    ttl_s: int | None = None
    children: list[str] = field(default_factory=list)
    changed: list[str | None] = field(default_factory=list)  # of each child, as stated
    older_url: str | None = None
    generator: str | None = None
    warnings: list[str] = field(default_factory=list)
