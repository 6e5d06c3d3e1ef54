"""Where the lines of a text stand in their page, and what that tells of them.

Extractors judge a block by itself. Once most of a text is found, the element that holds
it judges the rest: what follows outside of it is sign-up, biography or comment form (of
880 word 4-grams dropped so on 246 labelled pages, 820 were not the story's). Lines that
nothing in the page matches are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lxml.html import HtmlElement

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCKS = _HEADINGS | frozenset(
    ("p", "li", "blockquote", "td", "dd", "dt", "div", "section", "pre", "figcaption")
)
_NESTING = _BLOCKS | {"ul", "ol", "dl", "table", "tr", "tbody", "figure", "article"}
_MAX_CHILDREN = 60  # more, and a block is no single line
_MAIN_SHARE = 0.7  # of the text's characters
_LINK_SHARE = 0.7
_MIN_LINK = 25  # shorter ones are names in a list
#: Words in class and id of blocks that stand inside the story but are none of it. In
#: labelled pages 2,100 word 4-grams below them were not the story's, 90 were. Not
#: "related", "teaser", "paywall", "caption", "tweet": stories stand there too.
_FOREIGN = frozenset(
    (
        *("author", "bio", "comment", "comments", "factbox", "infobox", "footer"),
        *("newsletter", "poll", "promo", "signup", "share", "social", "subscribe"),
        *("readmore", "recirc"),
    )
)
_NAMES = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_PAIRS = {("fact", "box"), ("info", "box"), ("sign", "up"), ("read", "more")}
_SENTENCE_END = re.compile(r"[.!?…。।؟։][\"'”’»›)\]）」]*$")

Blocks = Mapping[str, list[HtmlElement]]


@dataclass(frozen=True)
class Places:
    """Where the lines of one reading stand, and the element that holds the story."""

    blocks: Mapping[str, HtmlElement]  # by text; the story's own, if several say it
    main: HtmlElement | None
    spine: frozenset[HtmlElement]  # that element and all around it

    def find(self, line: str) -> HtmlElement | None:
        """Return the block of one of the lines that these places were found from."""
        return self.blocks.get(_key(line.removeprefix("- ")))

    def holds(self, element: HtmlElement) -> bool:
        """Is an element inside the one that holds the story?"""
        return _is_below(element, self.main)


def index_blocks(tree: HtmlElement) -> Blocks:
    """Return the blocks of a page that hold no other blocks, by their text."""
    blocks: dict[str, list[HtmlElement]] = {}
    for element in tree.iter(*_BLOCKS):
        if len(element) > _MAX_CHILDREN:
            continue
        if element.tag == "li" or not any(c.tag in _NESTING for c in element):
            blocks.setdefault(_key(element.text_content()), []).append(element)
    blocks.pop("", None)
    return blocks


def find_places(blocks: Blocks, lines: Sequence[str]) -> Places:
    """Return the places of a page, seen from the lines of one reading."""
    weights: dict[HtmlElement, int] = {}
    total = 0
    keys = [key for line in lines if (key := _key(line.removeprefix("- "))) in blocks]
    for key in keys:
        total += len(key)
        for above in blocks[key][0].iterancestors():
            weights[above] = weights.get(above, 0) + len(key)
    heavy = [e for e, weight in weights.items() if weight >= _MAIN_SHARE * total]
    main = max(heavy, key=_depth, default=None)
    spine = () if main is None else (main, *main.iterancestors())
    own = {
        key: next((e for e in blocks[key] if _is_below(e, main)), blocks[key][0])
        for key in dict.fromkeys(keys)
    }
    return Places(own, main, frozenset(spine))


def drop_strays(lines: Sequence[str], places: Places) -> tuple[str, ...]:
    """Return the lines without those that their place in the page gives away.

    All of them stay where more than two thirds of the text would go: such a page is
    built in a way that these rules do not know.
    """
    if places.main is None:
        return tuple(lines)
    kept = tuple(
        line
        for index, line in enumerate(lines)
        if (element := places.find(line)) is None
        or not _is_stray(element, line, places, late=index > len(lines) / 2)
    )
    return kept if 3 * sum(map(len, kept)) >= sum(map(len, lines)) else tuple(lines)


def _is_stray(element: HtmlElement, line: str, places: Places, *, late: bool) -> bool:
    if late and not places.holds(element):
        return True
    return _is_foreign(element, places) or _is_pointer(element, line)


def _is_foreign(element: HtmlElement, places: Places) -> bool:
    """Does a class or id between a block and the story's element say so?"""
    for above in (element, *element.iterancestors()):
        if above in places.spine:
            return False
        stated = f"{above.get('class') or ''} {above.get('id') or ''}"
        names = [name.lower() for name in _NAMES.findall(stated)]
        if not _FOREIGN.isdisjoint(names) or not _PAIRS.isdisjoint(pairwise(names)):
            return True
    return False


def _is_pointer(element: HtmlElement, line: str) -> bool:
    """Is a line little but a link to another story, with a word or two around it?"""
    if element.tag in _HEADINGS or _SENTENCE_END.search(line) or line.endswith(":"):
        return False
    linked = max((len(_key(a.text_content())) for a in element.iter("a")), default=0)
    return linked >= max(_MIN_LINK, _LINK_SHARE * len(_key(line))) and "://" not in line


def _key(text: str) -> str:
    """A text without blanks and soft hyphens, which extractors treat differently."""
    return "".join(text.replace("\xad", "").split())


def _is_below(element: HtmlElement, main: HtmlElement | None) -> bool:
    return any(above is main for above in element.iterancestors())


def _depth(element: HtmlElement) -> int:
    return sum(1 for _ in element.iterancestors())
