"""A second opinion by feedparser, for the few documents that our reader fails on.

Used only where our reader raised, or found fewer entries than the text has item tags;
feedparser is some fifty times slower and has errors of its own, so its answer is taken
only when it has more entries. It gets our mended text (no DOCTYPE, no long tags), and
only up to a size that it reads in about a second.
"""

from __future__ import annotations

import io
from typing import Any

import feedparser

from nightdesk.feeds.document import Document, Item
from nightdesk.feeds.markup import Markup

MAX_TEXT = 512 * 1024

# What its handlers raise on end tags without a start and on odd numbers: KeyError,
# TypeError and ValueError, each found with mutated real feeds.
_FAULTS = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


def ask_feedparser(text: str, *, limit: int) -> Document | None:
    """Return feedparser's reading of a mended text, None where it has none or fails."""
    if len(text) > MAX_TEXT:
        return None
    try:
        parsed = feedparser.parse(
            io.BytesIO(text.encode("utf-8")),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except _FAULTS:
        return None
    if not parsed.entries:
        return None
    head = parsed.feed
    document = Document("atom" if parsed.version.startswith("atom") else "rss")
    document.title = _markup(head.get("title"))
    document.link = head.get("link") or None
    document.description = head.get("subtitle") or None
    document.lang = head.get("language") or None
    document.published = _dates(head, "published")
    document.updated = _dates(head, "updated")
    document.items = [_read_entry(entry) for entry in parsed.entries[:limit]]
    return document


def _read_entry(entry: Any) -> Item:
    content: dict[str, Any] = next(iter(entry.get("content") or ()), {})
    origin = entry.get("source") or {}
    authors = [a.get("name") for a in entry.get("authors") or () if a.get("name")]
    return Item(
        link=entry.get("link") or None,
        title=_markup(entry.get("title")),
        guid=entry.get("id") or None,
        summary=entry.get("summary") or None,
        content=content.get("value") or None,
        author=entry.get("author") or None,
        authors=list(dict.fromkeys(authors)),
        categories=[t.get("term") for t in entry.get("tags") or () if t.get("term")],
        published=_dates(entry, "published"),
        updated=_dates(entry, "updated"),
        origin_title=origin.get("title") or None,
        origin_url=origin.get("href") or origin.get("link") or None,
    )


def _markup(value: str | None) -> Markup | None:
    return Markup(value) if value else None


def _dates(row: Any, key: str) -> list[str]:
    # Not .get(): feedparser answers "updated" with "published" and warns of it.
    value = row[key] if key in row else None  # noqa: SIM401
    return [value] if value else []
