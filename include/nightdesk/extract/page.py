"""What extraction is given: the bytes of one page and what is known about them.

Kept apart from the work so that the pipeline can compute the digest of an extraction's
inputs without loading trafilatura.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from nightdesk.model import Precision

EXTRACT_VERSION = "extract/5+trafilatura-2.3.1"


@dataclass(frozen=True)
class Page:
    """A fetched page, its addresses, and what its feed or sitemap states about it."""

    body: bytes  # decoded from transfer and content encodings
    url: str  # final address: relative links resolve against it
    canonical_url: str
    article_id: int
    source_id: str
    content_type: str | None = None  # the HTTP header as received
    captured_at: datetime | None = None
    stated_at: datetime | None = None  # the entry's date
    stated_precision: Precision | None = None
    stated_title: str | None = None
    timezone: str = "UTC"  # IANA name; reads times that state no zone
    site_lines: tuple[str, ...] = ()  # learned as furniture of its source


def hash_body(body: bytes) -> str:
    """Return the SHA-256 (hex) of a page's bytes."""
    return hashlib.sha256(body).hexdigest()


def input_digest(page: Page) -> str:
    """Return the SHA-256 (hex) of all that can change what is extracted.

    Of the capture time only the UTC day counts, since a date is compared with nothing
    finer: the same bytes captured again on that day need no second extraction. A kept
    article that is used again therefore needs its `captured_at` set by the caller.
    """
    facts = {
        "version": EXTRACT_VERSION,
        "body": hash_body(page.body),
        "url": page.url,
        "canonical_url": page.canonical_url,
        "article_id": page.article_id,
        "source_id": page.source_id,
        "content_type": page.content_type,
        "captured_on": _utc(page.captured_at)[:10],
        "stated_at": _utc(page.stated_at),
        "stated_precision": page.stated_precision,
        "stated_title": page.stated_title,
        "timezone": page.timezone,
        "site_lines": page.site_lines,
    }
    packed = json.dumps(facts, sort_keys=True)  # ASCII: a lone surrogate is escaped
    return hashlib.sha256(packed.encode()).hexdigest()


def _utc(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat()
