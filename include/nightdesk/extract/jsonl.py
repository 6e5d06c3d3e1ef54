"""Extraction over JSON lines: one row and its page in, one row out.

For people who want this stage alone, for benchmarks, and for comparison with other
extractors. Leaves reading and writing of files to the command line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from nightdesk.extract.article import extract_article
from nightdesk.extract.moments import read_moment
from nightdesk.extract.page import Page
from nightdesk.model import Article


def extract_row(row: Mapping[str, Any], page: bytes) -> dict[str, Any]:
    """Return the OUT row of `nightdesk extract --jsonl` for an IN row and its page.

    Beside `id` and `url`, a row may state `content_type`, `captured_at`, `stated_at`,
    `title` and `timezone`. A page that is no article has an empty text and a `reason`.
    """
    article = extract_article(_make_page(row, page))
    return {
        "id": row.get("id"),
        "status": article.status,
        "reason": article.reason,
        "text": article.text,
        "title": article.title,
        "date": article.published_on.isoformat() if article.published_on else None,
        "author": list(article.authors),
        "published_at": _state_time(article),
        "published_via": article.published_via,
        "modified_at": article.modified_at.isoformat() if article.modified_at else None,
        "confidence": article.confidence,
        "paragraphs_removed": len(article.repeats),
        "repeats": {str(r.dropped): r.kept for r in article.repeats},
        "edited": {str(r.dropped): r.text for r in article.repeats if r.text},
        "lang": article.lang,
        "n_words": article.n_words,
        "site_name": article.site_name,
        "section": article.section,
        "description": article.description,
        "image_url": article.image_url,
        "canonical_url": article.stated_url,
        "article_type": article.article_type,
        "is_free": article.is_free,
        "version": article.version,
    }


def _make_page(row: Mapping[str, Any], body: bytes) -> Page:
    url = _text(row, "url") or ""
    key = hashlib.sha256(url.encode("utf-8", "replace")).digest()[:8]
    stated = read_moment(_text(row, "stated_at") or "")
    captured = read_moment(_text(row, "captured_at") or "")
    return Page(
        body=body,
        url=url,
        canonical_url=url,
        article_id=int.from_bytes(key, "big", signed=True),
        source_id="jsonl",
        content_type=_text(row, "content_type"),
        captured_at=captured.at if captured else None,
        stated_at=stated.at if stated else None,
        stated_precision=stated.precision if stated else None,
        stated_title=_text(row, "title"),
        timezone=_text(row, "timezone") or "UTC",
    )


def _text(row: Mapping[str, Any], key: str) -> str | None:
    value = row.get(key)
    return value if isinstance(value, str) and value else None


def _state_time(article: Article) -> str | None:
    """The instant at the publisher's offset; a day where only that is known."""
    at, zone = article.published_at, article.published_zone
    if at is None:
        return None
    if article.published_precision == "day":
        return article.published_on.isoformat() if article.published_on else None
    if zone in (None, "Z"):
        return at.astimezone(UTC).isoformat()
    return at.astimezone(
        datetime.fromisoformat(f"2000-01-01T00:00:00{zone}").tzinfo
    ).isoformat()
