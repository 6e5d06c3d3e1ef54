"""Paths: what of them is the article's, and do they name one at all?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nightdesk.urls import known
from nightdesk.urls.escapes import PATH_SAFE, escape
from nightdesk.urls.parameters import is_tracker

_SESSION = re.compile(
    r";(?:jsessionid|phpsessid|sid)=[^/;]*|/\((?:[A-Z]\([\w-]+\))+\)(?=/)", re.I
)
# Files that a folder opens with; index.php?id=7 may be another page than /?id=7.
_INDEX = re.compile(r"(?:index|default)\.(?:[sx]?html?|php\d?|aspx?|jsp|cfm)", re.I)
_STATIC_INDEX = re.compile(r"index\.[sx]?html?", re.I)
_VIEW_FILE = re.compile(r"\.(?:amp|print)(?=(?:\.html?)?$)|_amp(?=\.[sx]?html?$)", re.I)
# 48213377-amp.html; "valve-24680-amp" may be the name of what it is about.
_AMP_ID = re.compile(r"(?<=\d{6})-amp(?=(?:\.html?)?$)", re.I)
_COMMENTS = re.compile(r"comment-page-\d+")
# A parameter without its question mark, as broken links have it.
_LOOSE = re.compile("([&;])")
_COPIED = re.compile(r"(?<=&)(?:amp;)+", re.I)
_LAST_SLASHES = re.compile(r"(?:/|%2F)+$", re.I)
_EXTENSION = re.compile(r"\.[a-z]{1,5}\d?$", re.I)
_BETWEEN_WORDS = re.compile(r"[-_+.,~:]+")
_DATE = re.compile(r"(?:^|/)(?:19|20)\d\d(?:[/-]\d\d?(?=[/-]|$)|[01]\d[0-3]\d(?=/|$))")
_NUMBER = re.compile(r"\d{5}")
_DAY = re.compile(r"(?:19|20)\d\d[01]\d[0-3]\d")
_SHORT_ID = re.compile(r"(?!19|20)\d{3,4}")  # no year, and no page of a list


def clean_path(path: str, *, has_query: bool, is_named: bool) -> list[str]:
    """Return the segments of a path, dots resolved, without marks of delivery.

    Args:
        path: as it stands in the address.
        has_query: a query stands behind it, so that index.php may be any page.
        is_named: the article is known to be named, see `names_article`.
    """
    path = _SESSION.sub("", escape(path, PATH_SAFE).replace("%20", "+"))
    segments = _resolve_dots(path)
    index = _STATIC_INDEX if has_query else _INDEX
    is_list = [segment.lower() in known.LISTS for segment in segments]
    n_unlisted = is_list.index(True) if True in is_list else len(segments)
    while segments:
        last = _clean_file(segments.pop(), is_named=is_named)
        is_listed = len(segments) > n_unlisted
        is_mark = last in ("", ".", "..") or _is_view(last.lower(), segments, is_listed)
        if is_mark or index.fullmatch(last):
            continue
        if _is_article([last]):
            if [s.lower() for s in segments[:2]] == ["google", "amp"]:
                del segments[:2]
            for end in (0, -1):  # at the start, or before the article itself
                while segments and segments[end].lower() == "amp":
                    del segments[end]
            if [s.lower() for s in segments] == ["print", "node"]:
                del segments[0]
        segments.append(last)
        break
    return segments


def names_article(segments: Sequence[str]) -> bool:
    """Say whether a path alone names an article, whatever the query.

    Its last segment has two words that are not of pages in general, or a number; or
    one such word below a date; or a long number stands in the path.

    >>> names_article(["news", "ferry-aground"]), names_article(["read-story.php"])
    (True, False)
    """
    rest = list(segments)
    while rest and _INDEX.fullmatch(rest[-1]):
        rest.pop()
    if not rest:
        return False
    if any(_NUMBER.search(s) and not _DAY.fullmatch(s) for s in map(_stem, rest)):
        return True
    words = _words(rest[-1])
    own = [word for word in words if word not in known.PLAIN_WORDS]
    if not own or all(word.isdigit() for word in words):
        return bool(_SHORT_ID.fullmatch("".join(words)))
    has_number = any(word.isdigit() for word in words)
    is_dated = _DATE.search("/".join(rest[:-1])) is not None
    is_code = sum(c.isdigit() for c in "".join(own)) >= 3
    return len(own) >= 2 or has_number or is_dated or is_code


def _stem(segment: str) -> str:
    """Return a segment without its file's extension and loose parameters."""
    return _EXTENSION.sub("", _LOOSE.split(segment)[0])


def _words(segment: str) -> list[str]:
    return [w for w in _BETWEEN_WORDS.split(_stem(segment).lower()) if w]


def _is_view(last: str, before: list[str], is_listed: bool) -> bool:
    """Say whether the last segment says how a page is shown: /news/earthquake/amp.

    Args:
        last: in small letters.
        before: the segments before it.
        is_listed: one of these is of a list: /tags/guitar/amp is about that.
    """
    if _COMMENTS.fullmatch(last):
        return _is_article(before[-1:])
    if last.removesuffix(".html") == "print":
        return not is_listed and _can_be_printed(before)
    if last == "amp.html":
        return _is_article(before[-1:])
    is_article = _is_article(before[-1:]) or len(before) > 1
    return last in ("amp", "lite") and is_article and not is_listed


def _can_be_printed(before: list[str]) -> bool:
    """Say whether print behind these is a view, and not a word: /fine-art/print.

    Stricter than what names an article: nothing but the address tells the section of
    a magazine from a slug of two words, and such a section may have a page on print.
    """
    words = _words(before[-1]) if before else []
    if before[:-1] == ["node"]:
        return "".join(words).isdigit()
    if all(word.isdigit() for word in words):
        number = "".join(words)
        return bool(_NUMBER.search(number)) and not _DAY.fullmatch(number)
    is_dated = _DATE.search("/".join(before[:-1])) is not None
    return len(words) >= 3 or is_dated or any(word.isdigit() for word in words)


def _is_article(segments: list[str]) -> bool:
    """Say whether a segment looks like an article's: /tags/amp is a page about AMP."""
    return any(c == "-" or c.isdigit() for segment in segments for c in segment)


def _clean_file(segment: str, *, is_named: bool) -> str:
    """Return the last segment of a path without loose trackers and marks of AMP."""
    before = None
    while segment != before:
        before = segment
        segment = _LAST_SLASHES.sub("", _COPIED.sub("", segment))
        match = _VIEW_FILE.search(segment) or _AMP_ID.search(segment)
        if match:
            name, ending = segment[: match.start()], segment[match.end() :]
            if _is_article([name]) or (name and ending):
                segment = name + ending
        parts = _LOOSE.split(segment)
        while len(parts) > 1 and _is_loose_tracker(parts[-1], is_named=is_named):
            del parts[-2:]
        segment = "".join(parts)
    return segment


def _is_loose_tracker(text: str, *, is_named: bool) -> bool:
    key, mark, value = text.partition("=")
    return bool(mark) and is_tracker(key, value, is_named=is_named)  # not salt&print


def _resolve_dots(path: str) -> list[str]:
    """Return the segments of a path but `.`, `..` and empty ones (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    return kept
