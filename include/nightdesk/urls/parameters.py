"""Queries: which parameters can name an article, and which tell how one came to it?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from nightdesk.urls import known
from nightdesk.urls.escapes import QUERY_SAFE, escape

# An address copied from HTML: "&amp;b=2", or "&amp;amp;b=2", escaped or not.
_COPIED = re.compile(r"^(?:amp(?:;|%3B))+", re.I)
_WORDS = re.compile(r"[^a-z0-9]+")


class Parameter(NamedTuple):
    """One of a query, its key and value in the one spelling."""

    key: str
    value: str
    text: str


def read_query(query: str) -> list[Parameter]:
    """Return the parameters of a query, sorted by key."""
    found: list[Parameter] = []
    # A second question mark begins what somebody has put behind a whole address.
    for part in re.split("[&?]", query):
        part = _COPIED.sub("", part)
        key, mark, value = part.partition("=")
        key = escape(key, QUERY_SAFE).replace("%20", "+")
        value = escape(value, QUERY_SAFE).replace("%20", "+")
        if key or value:
            text = f"{key}={value}" if mark and value else key
            found.append(Parameter(key, value, text))
    return sorted(found, key=lambda parameter: parameter.key)


def name_article(parameters: Iterable[Parameter]) -> bool:
    """Say whether parameters name an article: story.php?id=7 is one."""
    return any(
        value and _is_id(key.lower()) and not is_tracker(key, value, is_named=True)
        for key, value, _ in parameters
    )


def is_tracker(key: str, value: str, *, is_named: bool) -> bool:
    """Say whether a parameter tells how one came or reads, not what the page is.

    Args:
        key: in the one spelling.
        value: the same.
        is_named: the article is named by something else of the address.
    """
    key, value = key.lower(), value.lower()
    if _is_always(key, value):
        return True
    return _leads_here(key, value) if is_named else _is_origin(key, value)


def _is_id(key: str) -> bool:
    is_doubtful = key in known.WHERE_NAMED or key in known.WORDED | known.ORIGIN
    return not is_doubtful and (key in known.ID_KEYS or key.endswith("id"))


def _is_always(key: str, value: str) -> bool:
    if key in known.KEPT:
        return False
    is_prefixed = key.startswith(known.ALWAYS_PREFIXES) and not _may_be_id(key)
    pattern = known.ALWAYS_VALUES.get(key)
    return (
        key in known.ALWAYS
        or is_prefixed
        or (pattern is not None and bool(re.fullmatch(pattern, value)))
        or (key in known.VIEW_KEYS and value in known.VIEW_VALUES)
        or (key in known.VIEW_FLAGS and value in known.VIEW_YES)
    )


def _may_be_id(key: str) -> bool:
    """Say whether a tool's prefix and an id make the key: pk_id."""
    if key.startswith(known.SURE_PREFIXES):
        return False
    return any(
        key.startswith(prefix) and key.removeprefix(prefix) in known.ID_TAILS
        for prefix in known.ALWAYS_PREFIXES
    )


def _is_origin(key: str, value: str) -> bool:
    """Say whether a value says where a click came from, and nothing else."""
    if key in known.WORDED:
        words = _WORDS.split(value)
        are_known = all(len(w) <= 2 or w in known.ORIGIN_WORDS for w in words)
        return are_known and not _has_digit(value)
    is_yes = value in known.YES and key in known.ORIGIN_YES
    is_known = key in known.ORIGIN or key in known.WHERE_NAMED
    return is_known and (is_yes or value in known.ORIGIN_VALUES)


def _leads_here(key: str, value: str) -> bool:
    """Say the same where something else names the article."""
    pattern = known.WHERE_NAMED.get(key)
    if pattern is not None and re.fullmatch(pattern, value):
        return True
    if _may_be_id(key):
        return True
    if key in known.WORDED and not _has_digit(value):
        return True
    is_yes = value in known.YES and key in known.ORIGIN
    is_known = key in known.WORDED or key in known.ORIGIN
    return is_yes or (is_known and _has_origin(value))


def _has_digit(value: str) -> bool:
    return any(c.isdigit() for c in value)


def _has_origin(value: str) -> bool:
    return any(
        word in known.ORIGIN_WORDS or word.startswith("rss")
        for word in _WORDS.split(value)
    )
