"""A feed document to `model.Feed`: plain titles, UTC instants, usable links."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from nightdesk.feeds.dates import Stamp, find_zone, parse_date
from nightdesk.feeds.document import Document, Item
from nightdesk.feeds.markup import plain_text
from nightdesk.feeds.page import read_page
from nightdesk.feeds.reader import MAX_ENTRIES, read_document
from nightdesk.model import Entry, Feed

_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+/[^\[\]]*\Z")


def parse_feed(
    body: bytes,
    *,
    url: str,
    content_type: str | None = None,
    timezone: str = "UTC",
    keep_unlinked: bool = False,
    kind: str | None = None,
    link_pattern: str | None = None,
) -> Feed:
    """Return the feed or sitemap in a document, entries in the order stated.

    Args:
        body: as fetched; gzip is unpacked.
        url: where it came from; relative links are resolved against it.
        content_type: the HTTP header, for its charset.
        timezone: IANA name of the zone of times that state none.
        keep_unlinked: keep entries without a usable http(s) link, with `url=""`;
            otherwise they are left out and counted in `warnings`.
        kind: of the source. "page" reads an HTML page by `link_pattern`; feeds and
            sitemaps say themselves what they are.
        link_pattern: regular expression, searched for in the absolute address of a
            link; wanted by kind "page" alone.

    Raises:
        FeedError: the document is no feed; the message says what it is.
        ValueError: `timezone` is no IANA name, or `link_pattern` no pattern.

    >>> parse_feed(b"<rss><channel><title>Hill News</title></channel></rss>",
    ...            url="https://hill.example/rss").title
    'Hill News'
    """
    find_zone(timezone)  # raises before any work is done
    if kind == "page":
        document = read_page(
            body, url, content_type, link_pattern=link_pattern, limit=MAX_ENTRIES
        )
    else:
        document = read_document(body, url, content_type)
    entries = _build_entries(document, timezone)
    warnings = list(document.warnings)
    if not keep_unlinked:
        n_all = len(entries)
        entries = [entry for entry in entries if entry.url]
        if n_left := n_all - len(entries):
            warnings.append(f"left out {n_left} entries without an http(s) link")
    warnings += _list_unread_dates(entries)
    return _build_feed(document, entries, warnings, timezone)


def first_stamp(stated: Iterable[str], timezone: str) -> Stamp | None:
    """Return the first of the stated dates that can be read."""
    for raw in stated:
        if stamp := parse_date(raw, timezone):
            return stamp
    return None


def is_http_url(url: str | None) -> bool:
    """Return whether an address can be fetched: http(s) with a host.

    >>> is_http_url("https://hill.example/a"), is_http_url("mailto:a@hill.example")
    (True, False)
    """
    if not url:
        return False
    if _PLAIN_URL.match(url):
        return True
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _build_feed(
    document: Document, entries: list[Entry], warnings: list[str], timezone: str
) -> Feed:
    published = first_stamp(document.published, timezone)
    updated = first_stamp(document.updated, timezone)
    children = [
        (child, first_stamp([stated] if stated else [], timezone))
        for child, stated in zip(document.children, document.changed, strict=True)
        if is_http_url(child)
    ]
    return Feed(
        kind=document.kind,
        entries=tuple(entries),
        title=plain_text(document.title),
        home_url=document.link if is_http_url(document.link) else None,
        description=document.description,
        lang=document.lang,
        published_at=published.at if published else None,
        updated_at=updated.at if updated else None,
        ttl_s=document.ttl_s,
        children=tuple(child for child, _ in children),
        changed=tuple(stamp and stamp.at for _, stamp in children),
        older_url=document.older_url if is_http_url(document.older_url) else None,
        generator=document.generator,
        warnings=tuple(warnings),
    )


def _build_entries(document: Document, timezone: str) -> list[Entry]:
    """Return the entries of a document; frees its items on the way."""
    items, entries = document.items, []
    items.reverse()
    while items:
        entries.append(_build_entry(items.pop(), timezone))
    return entries


def _build_entry(item: Item, timezone: str) -> Entry:
    published = first_stamp(item.published, timezone)
    is_same = item.updated == item.published
    updated = published if is_same else first_stamp(item.updated, timezone)
    return Entry(
        url=(item.link or "") if is_http_url(item.link) else "",
        title=plain_text(item.title),
        guid=item.guid,
        summary=item.summary,
        content=item.content,
        authors=tuple(item.authors),
        categories=tuple(item.categories),
        lang=item.lang,
        image_url=item.image_url if is_http_url(item.image_url) else None,
        published_at=published.at if published else None,
        published_precision=published.precision if published else None,
        published_raw=published.raw if published else next(iter(item.published), None),
        updated_at=updated.at if updated else None,
        updated_raw=updated.raw if updated else next(iter(item.updated), None),
        credits=tuple(item.credits),
        origin_title=item.origin_title,
        origin_url=item.origin_url if is_http_url(item.origin_url) else None,
    )


def _list_unread_dates(entries: list[Entry]) -> list[str]:
    """Return one warning for the dates that were stated but could not be read."""
    return warn_of_dates(
        entry.published_raw
        for entry in entries
        if entry.published_raw and entry.published_at is None
    )


def warn_of_dates(unread: Iterable[str]) -> list[str]:
    """Return one warning for stated dates that cannot be read, none for none.

    >>> warn_of_dates(["the day before", "soon"])
    ["2 dates not read, such as 'the day before'"]
    """
    found = list(unread)
    if not found:
        return []
    return [f"{len(found)} dates not read, such as {found[0][:60]!r}"]
