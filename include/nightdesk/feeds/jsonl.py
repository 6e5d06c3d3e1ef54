"""One feed as a JSON row, for `nightdesk feed --jsonl` and comparison with peers.

Keeps what `model.Feed` leaves out: entries without a link, and titles with the markup
that the feed states.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict
from typing import Any
from urllib.parse import urljoin

from nightdesk.errors import FeedError
from nightdesk.feeds.dates import find_zone
from nightdesk.feeds.document import Document, Item
from nightdesk.feeds.markup import Markup, drop_hidden
from nightdesk.feeds.parse import first_stamp, warn_of_dates
from nightdesk.feeds.reader import read_document


def feed_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return the OUT row for an IN row; a document that is no feed gets a status.

    Args:
        row: `id`, `body_b64`; optional `headers` (content-type, content-location and
            content-language are read), `url` and `timezone`.

    Returns:
        `id`, `status` ("ok" or "error"), `error` if so, `feed`, `entries`, `warnings`.
        Times are ISO 8601 in UTC; what is not stated is null, but of an entry
        `updated` and `published` stand in for each other, and `content` for
        `summary`, as feedparser, fastfeedparser and feed-rs do.
    """
    out: dict[str, Any] = {"id": row.get("id"), "status": "ok"}
    stated = row.get("headers") or {}
    timezone = str(row.get("timezone") or "UTC")
    try:
        if not isinstance(stated, dict):
            raise TypeError("headers: no JSON object")
        headers = {str(key).lower(): str(value) for key, value in stated.items()}
        find_zone(timezone)  # raises before any work is done
        body = base64.b64decode(row.get("body_b64") or "", validate=True)
        url = urljoin(str(row.get("url") or ""), headers.get("content-location", ""))
        document = read_document(body, url, headers.get("content-type"))
        out["feed"] = _feed_fields(document, headers.get("content-language"), timezone)
        out["entries"] = [_entry_fields(item, timezone) for item in document.items]
        unread = warn_of_dates(
            item.published[0]
            for item in document.items
            if item.published and first_stamp(item.published, timezone) is None
        )
        out["warnings"] = document.warnings + unread
    except (FeedError, binascii.Error, ValueError, TypeError) as error:
        return {
            **{"id": row.get("id"), "status": "error", "error": str(error)},
            **{"feed": {}, "entries": [], "warnings": []},
        }
    return out


def _feed_fields(
    document: Document, content_language: str | None, timezone: str
) -> dict[str, Any]:
    return {
        "kind": document.kind,
        "title": _stated(document.title),
        "link": document.link,
        "description": document.description,
        "subtitle": document.description,
        "author": document.author,
        "language": document.lang or content_language,
        "published": _instant(document.published, timezone),
        "updated": _instant(document.updated, timezone),
        "ttl_s": document.ttl_s,
        "children": document.children,
    }


def _entry_fields(item: Item, timezone: str) -> dict[str, Any]:
    return {
        "title": _stated(item.title),
        "link": item.link,
        "id": item.guid,
        "published": _instant([*item.published, *item.updated], timezone),
        "updated": _instant([*item.updated, *item.published], timezone),
        "summary": item.summary or item.content,
        "content": item.content,
        "author": item.author,
        "authors": item.authors,
        "categories": item.categories,
        "language": item.lang,
        "image": item.image_url,
        "credits": [asdict(credit) for credit in item.credits],
        "source": {"title": item.origin_title, "url": item.origin_url},
    }


def _stated(markup: Markup | None) -> str | None:
    """Return a title with its markup, but without what no reader would see."""
    return (drop_hidden(markup) or None) if markup else None


def _instant(stated: list[str], timezone: str) -> str | None:
    stamp = first_stamp(stated, timezone)
    return stamp.at.isoformat() if stamp else None
