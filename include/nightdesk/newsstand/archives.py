"""The public archives, as the sample world would fill them: who answers which address.

Real names and exact layouts, on loopback: `World.mirrors` puts these hosts beside the
outlets, so that a sample desk whose `past.yaml` turns an archive on never leaves the
machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from urllib.parse import urlsplit

from nightdesk.newsstand import crawl, gdelt, wayback
from nightdesk.newsstand.listings import Listed, content_type, write_feed
from nightdesk.newsstand.outlets import HOSTS, OUTLETS, Outlet
from nightdesk.newsstand.pages import write_page
from nightdesk.newsstand.plan import Item, Night

ARCHIVE_HOSTS = (crawl.HOST, gdelt.HOST, wayback.HOST)
_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{1,12})")
#: A body, its type, and more headers.
Found = tuple[bytes, str, tuple[tuple[str, str], ...]]


class Archives:
    """Archives of one world.

    Args:
        plan: what is published on a day.
        list_recent: what a source's feed lists at a time.
        find_item: the item at a host and path, of any kind.
    """

    def __init__(
        self,
        plan: Callable[[date], Night],
        list_recent: Callable[[Outlet, datetime], Listed],
        find_item: Callable[[str, str], Item | None],
    ) -> None:
        self._plan = plan
        self._list_recent = list_recent
        self._find_item = find_item

    def find(self, host: str, path: str, now: datetime) -> Found | None:
        """Return what an archive answers; None: it has no such thing."""
        way, _, query = path.partition("?")
        body: bytes | None
        if host == wayback.HOST:
            if way == "/cdx/search/cdx":
                return wayback.answer_cdx(query, now, self), "application/json", ()
            return wayback.answer_replay(path, now, self)
        if host == crawl.HOST:
            body = crawl.answer_crawl(way, now, self._plan, self._render)
        else:
            body = gdelt.answer_gdelt(way, now, self._plan)
        return None if body is None else (body, "application/octet-stream", ())

    def feed_at(self, url: str, at: datetime) -> tuple[bytes, str] | None:
        """Return the feed at an address as it stood, and its type."""
        for outlet in OUTLETS:
            if outlet.feed_url == url and not outlet.is_dead:
                body = write_feed(outlet, self._list_recent(outlet, at))
                return body, content_type(outlet)
        return None

    def page_of(self, url: str) -> tuple[bytes, datetime] | None:
        """Return a page and when it was published, whether it still is there or not."""
        parts = urlsplit(url)
        if parts.netloc not in HOSTS:
            return None
        item = self._find_item(parts.netloc, parts.path)
        if item is None or item.kind == "members":
            return None
        return self._render(item), item.at

    def _render(self, item: Item) -> bytes:
        """Return a page as it was first shown; of one that was taken away, too."""
        shown = replace(item, kind="original") if item.kind == "missing" else item
        return write_page(shown, ())


def cut_part(body: bytes, asked: str | None) -> tuple[bytes, str] | None:
    """Return the part of a body that a Range header asks for, and what it is.

    None for a request that asks for no part, or for one behind the end.

    >>> cut_part(b"abcdef", "bytes=2-3")
    (b'cd', 'bytes 2-3/6')
    """
    match = _RANGE.fullmatch(asked or "")
    if match is None or int(match[1]) >= len(body):
        return None
    first, end = int(match[1]), min(int(match[2]) + 1, len(body))
    return body[first:end], f"bytes {first}-{end - 1}/{len(body)}"
