"""What became of an attempt: the names, and the rules that choose them.

Kept apart so that a status, a content type or an error gets its outcome in one place.
The list itself is `model.OUTCOMES`; what to do about an outcome is the caller's matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from nightdesk.errors import NightdeskError

#: Outcomes that may be another one when tried again later.
RETRYABLE: frozenset[str] = frozenset(
    {
        "connection",
        "decode",
        "dns",
        "empty_body",
        "host_busy",
        "http_error",
        "rate_limited",
        "server_error",
        "timeout",
        "tls",
        "truncated",
    }
)

#: Outcomes on one host that, five in a row, say that it is down.
HOST_DOWN: frozenset[str] = frozenset({"connection", "server_error", "timeout"})

#: Outcomes without a word from the server. A refusal of ours (robots.txt, a bad or
#: forbidden address) is final and therefore no part of them.
NO_CONTACT: frozenset[str] = frozenset({"connection", "dns", "host_busy", "tls"})

# Where a status alone says it. 999 is what some sites answer to robots.
_BY_STATUS: dict[int, str] = {
    204: "empty_body",
    205: "empty_body",
    206: "http_error",  # a part nobody asked for; see body.check_part
    304: "not_modified",
    401: "auth",
    402: "auth",
    403: "blocked",
    404: "not_found",
    407: "auth",
    410: "gone",
    429: "rate_limited",
    451: "blocked",
    999: "blocked",
}

# A year-2099 Retry-After is real; the next night looks again anyway.
_RETRY_AFTER_CAP_S = 86_400

_PAGE_TYPES: frozenset[str] = frozenset(
    {
        "",
        "application/octet-stream",  # servers that do not know; the magic bytes decide
        "application/xhtml+xml",
        "application/xml",
        "text/html",
        "text/plain",
        "text/xml",
    }
)

# Offset -> how pictures, films, sounds, PDFs and packed files start there.
_MAGIC: dict[int, tuple[bytes, ...]] = {
    0: (
        b"%PDF-",
        b"\x89PNG\r\n",
        b"GIF87a",
        b"GIF89a",
        b"\xff\xd8\xff",  # JPEG
        b"PK\x03\x04",  # zip, docx, epub
        b"Rar!\x1a",
        b"7z\xbc\xaf",
        b"\x1f\x8b\x08",  # gzip
        b"OggS\x00",
        b"ID3\x03\x00",  # mp3
        b"ID3\x04\x00",
        b"\x1aE\xdf\xa3",  # webm
    ),
    4: (b"ftyp",),  # mp4, avif, heic
    8: (b"WEBPVP8", b"WAVEfmt ", b"AVI LIST"),
}


class HopFailed(NightdeskError):
    """One request could not be answered; inside this package only.

    Attributes:
        outcome: one of `model.OUTCOMES`.
        is_stale: a kept connection broke just as it was used again, which says nothing
            of the server (RFC 9112, 9.3.1): worth one more try.
    """

    def __init__(self, outcome: str, why: str) -> None:
        super().__init__(why)
        self.outcome = outcome
        self.is_stale = False


def answered(outcome: str) -> int:
    """Return how much is known: 2 a verdict, 1 it broke off, 0 no contact.

    Of several tries of one address the one with the highest rank counts.

    >>> answered("not_found"), answered("timeout"), answered("dns")
    (2, 1, 0)
    """
    if outcome in NO_CONTACT:
        return 0
    return 1 if outcome in ("timeout", "truncated") else 2


def judge_status(status: int, headers: Mapping[str, str]) -> str:
    """Return the outcome that status and headers alone decide; "ok" means: read on.

    Redirects are no outcome and must have been followed before.

    >>> judge_status(503, {}), judge_status(503, {"retry-after": "60"})
    ('server_error', 'rate_limited')
    """
    if "cf-mitigated" in headers:  # a challenge page, whatever its status
        return "blocked"
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status == 503 and "retry-after" in headers:
        return "rate_limited"
    if 500 <= status <= 599:
        return "server_error"
    return "ok" if 200 <= status <= 299 else "http_error"


def read_retry_after(value: str | None, now: datetime) -> int | None:
    """Return the seconds that a Retry-After header asks for, 24 hours at most.

    None where it is absent or says nothing readable.

    >>> from datetime import datetime, timezone
    >>> now = datetime(2031, 1, 1, tzinfo=timezone.utc)
    >>> read_retry_after("120", now), read_retry_after("soon", now)
    (120, None)
    >>> read_retry_after("Wed, 01 Jan 2031 00:01:00 GMT", now)
    60
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), _RETRY_AFTER_CAP_S)
    try:
        at = parsedate_to_datetime(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        wait_s = int((at - now).total_seconds())
    except (ValueError, OverflowError):
        return None
    return min(max(wait_s, 0), _RETRY_AFTER_CAP_S)


def is_page_type(content_type: str | None) -> bool:
    """Return whether a Content-Type can be that of a page with text.

    >>> is_page_type("text/HTML; charset=utf-8"), is_page_type("application/pdf")
    (True, False)
    """
    media = (content_type or "").partition(";")[0].strip().lower()
    return media in _PAGE_TYPES or (media.endswith("+xml") and "svg" not in media)


def looks_binary(body: bytes) -> bool:
    """Return whether a body starts like a picture, film, sound, PDF or packed file.

    >>> looks_binary(b"%PDF-1.7"), looks_binary(b"<!doctype html>")
    (True, False)
    """
    return any(body.startswith(magic, at) for at, magic in _MAGIC.items())


#: The error of a `host_busy` whose host another run holds: it will be free again.
HELD_ELSEWHERE = "leased by another run"
