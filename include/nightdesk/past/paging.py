"""Which address has the entries before those of a feed?

RFC 5005 has two ways: archive documents (`prev-archive`) and pages (`next`); JSON Feed
has `next_url`. WordPress states none of them, but has always had `?paged=N`.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from nightdesk.model import Feed
from nightdesk.urls import registered_domain

_PAGED = re.compile(r"(?:^|&)paged=(\d{1,6})(?=&|$)")


def find_older_page(feed: Feed, url: str) -> str | None:
    """Return the address of the next older page of a feed, None where there is none.

    Only at home: a feed that names somebody else's address is not followed.

    Args:
        feed: as it was read.
        url: where.

    >>> from nightdesk.model import Entry
    >>> entries = (Entry("https://hill.example/a"),)
    >>> feed = Feed("rss", entries, generator="https://wordpress.org/?v=6.8")
    >>> find_older_page(feed, "https://hill.example/feed/")
    'https://hill.example/feed/?paged=2'
    >>> find_older_page(feed, "https://hill.example/feed/?paged=2")
    'https://hill.example/feed/?paged=3'
    """
    if not feed.entries:
        return None
    if feed.older_url is not None:
        return feed.older_url if _is_at_home(feed.older_url, url) else None
    if "wordpress" in (feed.generator or "").lower():
        return _count_up(url)
    return None


def _is_at_home(older: str, url: str) -> bool:
    try:
        return older != url and registered_domain(older) == registered_domain(url)
    except ValueError:
        return False


def _count_up(url: str) -> str:
    parts = urlsplit(url)
    match = _PAGED.search(parts.query)
    page = int(match[1]) + 1 if match else 2
    kept = [word for word in parts.query.split("&") if word and "paged=" not in word]
    return urlunsplit(parts._replace(query="&".join([*kept, f"paged={page}"])))
