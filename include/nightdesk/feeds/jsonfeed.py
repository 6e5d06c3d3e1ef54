"""JSON Feed 1.0 and 1.1, read with the patience that its writers need.

A member of the wrong type counts as not stated; a feed is no reason to fail a night.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urljoin

from nightdesk.errors import FeedError
from nightdesk.feeds.document import Document, Item
from nightdesk.feeds.markup import Markup


def read_jsonfeed(text: str, url: str, *, limit: int) -> Document:
    """Return the document of a JSON text.

    Raises:
        FeedError: not JSON, or JSON that is no feed.
    """
    try:
        data = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        cause = "nests too deep" if isinstance(error, RecursionError) else str(error)
        raise FeedError(f"feed: {url or '-'}: not JSON: {cause}", url) from error
    version = data.get("version") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not (
        isinstance(data.get("items"), list) or "jsonfeed.org" in str(version)
    ):
        raise FeedError(f"feed: {url or '-'}: JSON, but no JSON Feed", url)
    document = Document("jsonfeed")
    document.title = _markup(data.get("title"))
    document.link = _address(data.get("home_page_url"), url)
    document.description = _text(data.get("description"))
    document.lang = _text(data.get("language"))
    document.author = next(iter(_names(data)), None)
    document.older_url = _address(data.get("next_url"), url)
    rows = [row for row in data.get("items") or () if isinstance(row, dict)]
    document.items = [_read_item(row, url) for row in rows[:limit]]
    if len(rows) > limit:
        document.warnings.append(f"cut after {limit} entries")
    return document


def _read_item(row: dict[str, Any], url: str) -> Item:
    guid = _text(row.get("id"))
    link = _address(row.get("url") or row.get("external_url"), url)
    if link is None and (guid or "").startswith(("http://", "https://")):
        link = guid
    names = _names(row)
    return Item(
        link=link,
        title=_plain(row.get("title")),
        guid=guid,
        summary=_text(row.get("summary")),
        content=_text(row.get("content_html")) or _text(row.get("content_text")),
        author=names[0] if names else None,
        authors=names,
        categories=[tag for tag in map(_text, _list(row.get("tags"))) if tag],
        lang=_text(row.get("language")),
        image_url=_address(row.get("image") or row.get("banner_image"), url),
        published=_dates(row.get("date_published")),
        updated=_dates(row.get("date_modified")),
    )


def _text(value: object) -> str | None:
    """Return a stated string or number, stripped; None for other types."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = str(value)
    try:
        text.encode()
    except UnicodeEncodeError:  # an escape of half a pair, which no file can store
        text = text.encode("utf-8", "ignore").decode()
    return text.strip() or None


def _plain(value: object) -> Markup | None:
    """Return a title as the format has it: plain text, whatever it looks like."""
    text = _text(value)
    return Markup(text, is_plain=True) if text else None


def _markup(value: object) -> Markup | None:
    text = _text(value)
    return Markup(text) if text else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dates(value: object) -> list[str]:
    text = _text(value)
    return [text] if text else []


def _address(value: object, url: str) -> str | None:
    text = _text(value)
    if text is None:
        return None
    try:
        return urljoin(url, text)
    except ValueError:
        return text


def _names(row: dict[str, Any]) -> list[str]:
    """Return the names of `authors` (1.1) or `author` (1.0)."""
    people = _list(row.get("authors")) or [row.get("author")]
    found = [
        _text(person.get("name")) if isinstance(person, dict) else _text(person)
        for person in people
    ]
    return list(dict.fromkeys(name for name in found if name))
