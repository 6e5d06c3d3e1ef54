"""A Wayback Machine of the sample world: an index of captures, and their bytes.

Feeds are captured four times a day, a page two hours after it was published; a page
that its outlet took away was captured while it was there. The index holds some rows
that are none.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import parse_qs, unquote

HOST = "web.archive.org"
_FIELDS = ["timestamp", "original", "mimetype", "statuscode", "digest"]
_REPLAY = re.compile(r"/web/(\d{14})id_/(https?://.+)")
_STAMP = "%Y%m%d%H%M%S"
_FIRST, _EVERY = timedelta(minutes=40), timedelta(hours=6)
#: How long after its publication a page is captured.
_PAGE_AFTER = timedelta(hours=2)


class Library(Protocol):
    """What a world has to tell of the past."""

    def feed_at(self, url: str, at: datetime) -> tuple[bytes, str] | None:
        """Return the feed at an address as it stood, and its type."""

    def page_of(self, url: str) -> tuple[bytes, datetime] | None:
        """Return a page and when it was published, whether it still is there or not."""


def answer_cdx(query: str, now: datetime, library: Library) -> bytes:
    """Return the index's answer to a query."""
    words = {key: values[0] for key, values in parse_qs(query).items()}
    url, rows = words.get("url", ""), [_FIELDS]
    since, until = (words.get(key, "").ljust(14, "0") for key in ("from", "to"))
    for at, body, kind in _captures(url, since, until, now, library):
        digest = base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest())
        rows.append([f"{at:{_STAMP}}", url, kind, "200", digest.decode()])
    if len(rows) > 1:
        rows += [[rows[1][0]], ["soon", *rows[1][1:]], [*rows[1][:3], "404", "X"]]
    return json.dumps(rows if len(rows) > 1 else []).encode()


def _captures(
    url: str, since: str, until: str, now: datetime, library: Library
) -> Iterator[tuple[datetime, bytes, str]]:
    first, last = (_read(text) for text in (since, until))
    if first is None or last is None:
        return
    page = library.page_of(url)
    if page is not None:
        at = page[1] + _PAGE_AFTER
        if first <= at <= min(last, now):
            yield at, page[0], "text/html"
        return
    at = first.replace(hour=0, minute=0, second=0) + _FIRST
    while at <= min(last, now):
        feed = library.feed_at(url, at)
        if feed is not None and at >= first:
            yield at, *feed
        at += _EVERY


def _read(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def answer_replay(
    path: str, now: datetime, library: Library
) -> tuple[bytes, str, tuple[tuple[str, str], ...]] | None:
    """Return the bytes of a capture, their type, and headers; None: there is none."""
    match = _REPLAY.fullmatch(path)
    at = _read(match[1]) if match else None
    if match is None or at is None or at > now:
        return None
    url = unquote(match[2]) if "%3A" in match[2] else match[2]
    memento = ("Memento-Datetime", format_datetime(at, usegmt=True))
    page = library.page_of(url)
    if page is not None:
        return page[0], "text/html; charset=utf-8", (memento,)
    feed = library.feed_at(url, at)
    return (feed[0], feed[1], (memento,)) if feed is not None else None
