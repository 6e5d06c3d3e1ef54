"""What the fetcher is asked, what it answers, and where it stops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from nightdesk.fetch.reservations import read_reservations
from nightdesk.model import Attempt, Source

Purpose: TypeAlias = Literal["feed", "page", "robots", "tdmrep", "file"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a fetch ends at the latest: seconds, bytes, hops."""

    feed_s: float = 20.0
    page_s: float = 30.0
    file_s: float = 120.0
    connect_s: float = 5.0
    wire_bytes: int = 10_000_000
    decoded_bytes: int = 15_000_000
    sitemap_bytes: int = 52_428_800  # what sitemaps.org allows, packed or not
    robots_bytes: int = 524_288  # RFC 9309 asks for 500 KiB at least
    file_bytes: int = 67_108_864  # a file of an archive, or one part of it
    redirects: int = 5
    crawl_delay_s: float = 120.0  # a host that asks for more is left alone
    # Failures of a host in a row, after which it is left alone. 0: every request is
    # sent, no matter how often the host failed or asked to wait; for tests of servers.
    breaker: int = 5


@dataclass(frozen=True, slots=True)
class Request:
    """An address to fetch, for what, and what is known of it from last time.

    Attributes:
        secrets: headers of a subscriber (Authorization, Cookie). They go to the host
            of `url` only, never in the clear where `url` is https, and into no row.
        span: of purpose `file`: the first byte wanted and the one after the last.
        gap_s: least time between two starts on the host, where no source says it.
    """

    url: str
    purpose: Literal["feed", "page", "tdmrep", "file"]
    source: Source | None = None
    etag: str | None = None
    last_modified: str | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    span: tuple[int, int] | None = None
    gap_s: float | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of a request.

    Attributes:
        attempt: the row of the fetch log. Its redirects read `301 https://...`, so
            that a move for good can be told from one for now.
        body: decoded; empty unless the outcome is ok.
        headers: of the last answer as it came, names in lower case; a content-coding
            they may state is undone in `body`.
        agent: the product name that we went by.
    """

    attempt: Attempt
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    agent: str = ""

    @property
    def reservations(self) -> tuple[str, ...]:
        """What a page or its server reserves: see `reservations.read_reservations`.

        Looked up when asked for, since few of those who fetch ask.
        """
        is_page = self.attempt.purpose == "page"
        return read_reservations(
            self.agent,
            self.attempt.status or 0,
            self.headers,
            self.body if is_page else b"",
        )
