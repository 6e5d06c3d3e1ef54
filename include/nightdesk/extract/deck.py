"""The deck: the sentence or two between headline and story that sum the story up.

Extractors often leave it in the page's header. Where a page shows as text what it
states as its description, that text is the first paragraph: of fifty such lines that
trafilatura had left out, the labelled text had forty. Leaves alone what is not stated,
since captions and teasers stand in the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lxml.etree import XPath
from lxml.html import HtmlElement

from nightdesk.text import split_words

_MIN_CHARS = 50
_MAX_CHARS = 1_000
_PROBE = 24  # characters that must be in one text node
_BLOCKS = frozenset(("p", "div", "h2", "h3", "h4", "li", "section", "header", "td"))
_ASIDE = frozenset(
    (
        *("head", "script", "style", "noscript", "template", "aside", "nav", "footer"),
        *("figure", "figcaption", "button", "form", "a", "select"),
    )
)
_WITH: Callable[..., Any] = XPath("//text()[contains(., $probe)]/..")


def find_deck(
    tree: HtmlElement, stated: Sequence[str], lines: Sequence[str]
) -> str | None:
    """Return the shown text of a stated description that the lines leave out.

    Args:
        tree: the page.
        stated: its descriptions, best first.
        lines: the text as extracted.
    """
    known = "\n".join(map(_key, lines))
    for description in stated:
        bare = description.rstrip(" .…")
        key = _key(bare)
        if len(key) < _MIN_CHARS or key[:_MAX_CHARS] in known:
            continue
        for block in _find_blocks(tree, bare[:_PROBE]):
            text = " ".join(block.text_content().split())
            shown = _key(text)
            if len(text) <= _MAX_CHARS and key in shown and shown not in known:
                return text
    return None


def _find_blocks(tree: HtmlElement, probe: str) -> Iterator[HtmlElement]:
    """Yield the blocks that show a text node with the probe in it."""
    for element in _WITH(tree, probe=probe):
        block = _find_block(element)
        if block is not None:
            yield block


def _find_block(element: HtmlElement) -> HtmlElement | None:
    """The innermost block around an element; None in what is no part of a story."""
    line = [element, *element.iterancestors()]
    if any(not isinstance(e.tag, str) or e.tag in _ASIDE for e in line):
        return None
    return next((e for e in line if e.tag in _BLOCKS), None)


def _key(text: str) -> str:
    return " ".join(split_words(text))
