"""What the fetcher is asked, what it answers, and where it stops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from nightdesk.model import Attempt, Source

Purpose: TypeAlias = Literal["feed", "page", "robots"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a fetch ends at the latest: seconds, bytes, hops."""

    feed_s: float = 20.0
    page_s: float = 30.0
    connect_s: float = 5.0
    wire_bytes: int = 10_000_000
    decoded_bytes: int = 15_000_000
    robots_bytes: int = 524_288  # RFC 9309 asks for 500 KiB at least
    redirects: int = 5
    crawl_delay_s: float = 120.0  # a host that asks for more is left alone
    breaker: int = 5  # failures of a host in a row; 0: no matter how many


@dataclass(frozen=True, slots=True)
class Request:
    """An address to fetch, for what, and what is known of it from last time."""

    url: str
    purpose: Literal["feed", "page"]
    source: Source | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of a request.

    Attributes:
        attempt: the row of the fetch log. Its redirects read `301 https://...`, so
            that a move for good can be told from one for now.
        body: decoded; empty unless the outcome is ok.
        headers: of the last answer as it came, names in lower case; a content-coding
            they may state is undone in `body`.
    """

    attempt: Attempt
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
