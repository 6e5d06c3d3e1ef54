"""Two texts side by side: which paragraphs they share, and which words differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
#: Beyond this a comparison would take seconds; a news paragraph has a tenth of it.
_MOST_WORDS, MOST_PARAGRAPHS = 600, 400
_NEAR = 10  # paragraphs ahead in which a paragraph is looked for
_ALIKE = 0.5  # of the words of two paragraphs, to be set beside each other


class Word(NamedTuple):
    """A run of words, and whether the other text has it not."""

    text: str
    is_changed: bool = False


Line = tuple[Word, ...]


@dataclass(frozen=True)
class Pair:
    """Paragraphs that stand beside each other; an empty line: the other has none."""

    kind: Literal["same", "changed", "left", "right"]
    left: Line = ()
    right: Line = ()


def compare_words(old: str, new: str) -> tuple[Line, Line]:
    """Return two paragraphs in runs of words that both have and that one has.

    >>> compare_words("Rain fell.", "Hail fell.")[0]
    (Word(text='Rain', is_changed=True), Word(text=' fell.', is_changed=False))
    """
    a, b = _WORDS.findall(old), _WORDS.findall(new)
    if len(a) > _MOST_WORDS or len(b) > _MOST_WORDS:
        return (Word(old, True),), (Word(new, True),)
    left, right = [], []
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    for kind, a1, a2, b1, b2 in matcher.get_opcodes():
        is_changed = kind != "equal"
        if a2 > a1:
            left.append(Word("".join(a[a1:a2]), is_changed))
        if b2 > b1:
            right.append(Word("".join(b[b1:b2]), is_changed))
    return tuple(left), tuple(right)


def compare_texts(old: str, new: str) -> list[Pair]:
    """Return the first MOST_PARAGRAPHS of two texts, in order, beside each other."""
    a, b = old.split("\n")[:MOST_PARAGRAPHS], new.split("\n")[:MOST_PARAGRAPHS]
    pairs: list[Pair] = []
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    for kind, a1, a2, b1, b2 in matcher.get_opcodes():
        if kind == "equal":
            pairs += [Pair("same", (Word(p),), (Word(p),)) for p in a[a1:a2]]
        else:
            pairs += _pair_changed(a[a1:a2], b[b1:b2])
    return pairs


def _pair_changed(old: Sequence[str], new: Sequence[str]) -> Iterator[Pair]:
    """Yield the paragraphs of one changed stretch: who is alike in order, or alone."""
    words = [set(_WORDS.findall(paragraph)) for paragraph in new]
    place = 0
    for paragraph in old:
        mine = set(_WORDS.findall(paragraph))
        near = range(place, min(place + _NEAR, len(new)))
        found = next((n for n in near if _is_alike(mine, words[n])), None)
        if found is None:
            yield Pair("left", left=(Word(paragraph),))
            continue
        yield from (Pair("right", right=(Word(p),)) for p in new[place:found])
        yield Pair("changed", *compare_words(paragraph, new[found]))
        place = found + 1
    yield from (Pair("right", right=(Word(p),)) for p in new[place:])


def _is_alike(one: set[str], other: set[str]) -> bool:
    return len(one & other) >= _ALIKE * max(len(one), len(other), 1)
