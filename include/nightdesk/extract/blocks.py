"""The blocks of a page as its markup has them: links, and paragraphs.

Compared with the text that trafilatura found they tell a related headline (a paragraph
or list item that is nothing but one link; dropping them gave +.002 mean F1), a front
page (a text made of links) and a doubtful text (few of its lines are paragraphs).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from nightdesk.text import weigh_text

_MIN_LINK = 20  # "Pakistan" in a list of places is text; headlines are longer
_MAX_LINK = 300
_MIN_PARAGRAPH = 80
_MAX_CHILDREN = 50  # more, and a block is no single link or paragraph


@dataclass(frozen=True)
class Blocks:
    """Texts of a page's blocks, blanks folded."""

    lone_links: frozenset[str] = frozenset()  # paragraphs and items that are one link
    links: frozenset[str] = frozenset()  # every link as long as a headline
    paragraphs: frozenset[str] | None = None  # of 80 characters or more; None: no page
    sequence: tuple[str, ...] = ()  # every paragraph, in order, repeats included


def read_blocks(tree: HtmlElement) -> Blocks:
    """Return the blocks of a parsed page."""
    links, lone = set(), set()
    block_texts: dict[HtmlElement, str] = {}  # a block may hold thousands of links
    for link in tree.iter("a"):
        text = _squash(link)
        if not _MIN_LINK <= len(text) <= _MAX_LINK:
            continue
        links.add(text)
        block = next(link.iterancestors("p", "li", "div"), None)
        if block is None or block.tag == "div":
            continue
        if block not in block_texts:
            block_texts[block] = _squash(block)
        if block_texts[block] == text:
            lone.add(text)
    sequence = _read_sequence(tree)
    paragraphs = frozenset(t for t in sequence if weigh_text(t) >= _MIN_PARAGRAPH)
    return Blocks(frozenset(lone), frozenset(links), paragraphs, sequence)


def _read_sequence(tree: HtmlElement) -> tuple[str, ...]:
    """Paragraphs in order; a repeat counts only beside the one that it repeats.

    The same words in a side column or a copy for printing are no repeat of the story.
    """
    parents: dict[str, HtmlElement] = {}
    sequence = []
    for paragraph in tree.iter("p"):
        text, parent = _squash(paragraph), paragraph.getparent()
        if text and parents.setdefault(text, parent) is parent:
            sequence.append(text)
    return tuple(sequence)


def link_share(lines: Sequence[str], blocks: Blocks) -> float:
    """Return the share of lines that are, or begin with, the text of a link."""
    if not lines or not blocks.links:
        return 0.0
    starts: dict[str, list[str]] = {}
    for link in blocks.links:
        starts.setdefault(link[:_MIN_LINK], []).append(link)
    bare = (line.removeprefix("- ") for line in lines)
    found = (line.startswith(tuple(starts.get(line[:_MIN_LINK], ()))) for line in bare)
    return sum(found) / len(lines)


def paragraph_share(lines: Sequence[str], blocks: Blocks) -> float:
    """Return the share of a text's characters in lines that are whole paragraphs."""
    if blocks.paragraphs is None:
        return 1.0
    size = sum(map(len, lines))
    inside = sum(len(line) for line in lines if line in blocks.paragraphs)
    return inside / size if size else 0.0


def _squash(element: HtmlElement) -> str:
    if len(element) > _MAX_CHILDREN:
        return ""
    return " ".join(element.text_content().split())
