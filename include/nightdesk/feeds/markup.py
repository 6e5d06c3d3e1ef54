"""Stated text with or without markup, and the plain line that a title should be.

Feeds state titles as plain text, escaped HTML, XHTML or base64, and say which in ways
that are often wrong. `Markup` keeps what was stated; `plain_text` makes one squeezed
line of it. Left out: cleaning HTML for display, which is the report's task.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from nightdesk.text import unescape

_HIDDEN = re.compile(r"<(script|style)(?=[\s>])", re.I)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_ANY_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
# In text that does not say it is HTML only these are taken for markup, so that the
# headline "Why <blink> had to go" keeps its word.
_KNOWN_TAG = re.compile(
    r"</?(?:a|abbr|b|br|center|cite|code|del|div|em|font|h[1-6]|i|img|ins|mark|p|q|s"
    r"|small|span|strong|sub|sup|u|wbr)(?:\s[^<>]*)?/?>",
    re.I,
)


class Markup(NamedTuple):
    """Text as stated.

    Attributes:
        value: the text.
        is_html: the feed says so, or it holds elements.
        is_plain: the format knows no markup here; tags and entities are words.
    """

    value: str
    is_html: bool = False
    is_plain: bool = False


def squeeze(text: str) -> str:
    """Return the text on one line with single blanks, stripped.

    >>> squeeze(" Rain    today ")
    'Rain today'
    """
    return " ".join(text.split())


def drop_hidden(markup: Markup) -> str:
    """Return HTML without scripts, styles and comments; other text as it is.

    >>> drop_hidden(Markup("Rain<!-- ad -->", is_html=True))
    'Rain'
    """
    if not markup.is_html or "<" not in markup.value:
        return markup.value
    return _drop_scripts(_COMMENT.sub("", markup.value))


def _drop_scripts(text: str) -> str:
    """Return HTML without script and style elements; one without an end stays.

    By hand, because a pattern for this needs O(n^2) for many starts without an end.
    """
    kept, position = [], 0
    while start := _HIDDEN.search(text, position):
        end = re.compile(rf"</{start[1]}\s*>", re.I).search(text, start.end())
        if end is None:
            break
        kept.append(text[position : start.start()])
        position = end.end()
    return "".join(kept) + text[position:]


def plain_text(markup: Markup | None) -> str | None:
    """Return one line of text without tags and entities; None for none at all.

    >>> plain_text(Markup("Rain &amp;amp; <b>wind</b>", is_html=True))
    'Rain &amp; wind'
    >>> plain_text(Markup("Why <blink> had to go"))
    'Why <blink> had to go'
    """
    if markup is None:
        return None
    value = markup.value
    if markup.is_plain:
        return squeeze(value) or None
    if "<" in value:
        value = drop_hidden(markup)
        value = (_ANY_TAG if markup.is_html else _KNOWN_TAG).sub("", value)
    if "&" in value:
        value = unescape(value)
    return squeeze(value) or None
