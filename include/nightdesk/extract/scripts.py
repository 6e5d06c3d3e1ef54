"""The values in a page's JSON-LD scripts; what can be told of those that are broken.

One page in seventy has a script that is no JSON: values that follow each other, a brace
too many, comments, a quote inside a text. Browsers ignore it, so nobody notices. What
stands before the fault is whole; else the plain statements of an article are picked out
one by one. Leaves out what such a script nests deeper than an author's name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

from nightdesk.text import unescape

_MAX_CHARS = 2_000_000  # of one script; 10 MB of JSON-LD took 2.5 s
_OPENINGS = ("<!--", "//<![CDATA[", "// <![CDATA[", "<![CDATA[")
_CLOSINGS = ("-->", "//]]>", "// ]]>", "]]>", ";")
_TRAILING_COMMA = re.compile(r",\s*([}\]])")
_COMMENT_LINE = re.compile(r"^[ \t]*//.*$", re.MULTILINE)
_BETWEEN = re.compile(r"[\s,;]*")
_DECODER = json.JSONDecoder(strict=False)  # allows raw control characters

_STRING = r'"((?:[^"\\]|\\.)*+)"'
#: A string that ends where a value does: one with a stray quote inside does not.
_MEMBER = re.compile(
    r'"(@type|headline|datePublished|dateModified|articleSection)"\s*:\s*'
    rf"{_STRING}(?=\s*[,}}\]])"
)
_AUTHOR = re.compile(r'"author"\s*:\s*(?:\[([^\]]{1,2000})\]|\{([^{}]{1,500})\})')
_NAME = re.compile(rf'"name"\s*:\s*{_STRING}')


def load_scripts(tree: HtmlElement) -> Iterator[Any]:
    """Yield the value of each JSON-LD script of a page, in its order."""
    for script in tree.iter("script"):
        kind = (script.get("type") or "").strip().lower()
        if kind.startswith("application/ld+json"):
            text = script.text or ""
            if len(text) <= _MAX_CHARS:
                yield from load_values(text)


def load_values(text: str) -> Iterator[Any]:
    """Yield the value of one script, mended where that makes it readable.

    >>> list(load_values('{"@type": "NewsArticle", "headline": "It rains"}}'))
    [{'@type': 'NewsArticle', 'headline': 'It rains'}]
    """
    bare = _strip_marks(text)
    if not bare:
        return
    for attempt in (
        bare,
        _TRAILING_COMMA.sub(r"\1", bare),
        _COMMENT_LINE.sub("", bare),
        unescape(bare),
    ):
        try:
            yield _DECODER.decode(attempt)
        except (ValueError, RecursionError):
            continue
        return
    values = list(_load_leading(bare))
    yield from values or _pick_statements(bare)


def _strip_marks(text: str) -> str:
    bare = text.strip()
    for mark in _OPENINGS:
        bare = bare.removeprefix(mark)
    for mark in _CLOSINGS:
        bare = bare.strip().removesuffix(mark)
    return bare.strip()


def _load_leading(text: str) -> Iterator[Any]:
    """Yield the whole values that stand before the fault."""
    at = 0
    while at < len(text):
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        if isinstance(value, dict | list):
            yield value
        if between := _BETWEEN.match(text, at):
            at = between.end()


def _pick_statements(text: str) -> Iterator[dict[str, Any]]:
    """Yield what a script says in so many words, as one object; the first of each."""
    found: dict[str, Any] = {}
    for key, raw in _MEMBER.findall(text):
        if value := _read_string(raw):
            found.setdefault(key, value)
    if author := _AUTHOR.search(text):
        names = map(_read_string, _NAME.findall(author[1] or author[2]))
        found["author"] = [name for name in names if name]
    if "@type" in found:
        yield found


def _read_string(raw: str) -> str | None:
    try:
        value = _DECODER.decode(f'"{raw}"')
    except ValueError:
        return None
    return value if isinstance(value, str) else None
