"""Times, texts and packed lists of strangers, read without trust."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeGuard

#: Years in which the web can have been looked at. Days and zones can be added to a
#: moment in them, which the ends of the calendar do not bear.
_YEARS = range(1990, 2200)
_MAGIC = b"\x1f\x8b"
_STEP = 1 << 20


def read_stamp(text: str) -> datetime | None:
    """Return the moment of 14 digits in UTC, None where they are none.

    >>> read_stamp("20260301101500")
    datetime.datetime(2026, 3, 1, 10, 15, tzinfo=datetime.timezone.utc)
    """
    if len(text) != 14 or not text.isascii() or not text.isdigit():
        return None
    try:
        at = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return at if at.year in _YEARS else None


def read_moment(text: str) -> datetime | None:
    """Return an ISO 8601 moment, in UTC where it states a zone; None: it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.year not in _YEARS:
        return None
    return at if at.tzinfo is None or at.tzinfo is UTC else at.astimezone(UTC)


def is_text(value: object) -> TypeGuard[str]:
    """Say whether a value of JSON can be written down: half a character cannot."""
    if not isinstance(value, str):
        return False
    return value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value)


def say_counts(problems: Mapping[str, int]) -> str:
    """Return what was left out, in one order.

    >>> say_counts({"short_row": 1, "bad_url": 2})
    'bad_url=2 short_row=1'
    """
    return " ".join(f"{why}={n}" for why, n in sorted(problems.items()))


def unpack_lines(body: bytes, most: int) -> tuple[bytes, str | None]:
    """Return the lines of a list that may be packed, and why some are missing.

    What came before the place where it breaks is returned up to its last whole line.

    Args:
        body: plain, or gzip in one member or several.
        most: bytes of the text, at most.

    Returns:
        The text, and `damaged`, `truncated` (it ends early, or is longer than that) or
        None.
    """
    if not body.startswith(_MAGIC):
        return body, None
    text, problem = bytearray(), None
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            while len(text) <= most and (part := file.read1(_STEP)):
                text += part
    except EOFError:
        problem = "truncated"
    except (OSError, zlib.error):
        problem = "damaged"
    if len(text) > most:
        problem = "truncated"
        del text[most:]
    if problem is not None:
        del text[text.rfind(b"\n") + 1 :]
    return bytes(text), problem
