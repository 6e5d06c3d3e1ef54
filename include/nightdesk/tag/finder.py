"""Names that a library of the user's finds, in the form that the rules pass on.

`nightdesk.backends` opens the library; what it finds goes the same way as the names of
our own model: `merge`, `people`, `places`, `link_entities`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from nightdesk.tag.crf import make_span
from nightdesk.tag.spans import Passage, Span
from nightdesk.tag.words import Words, mend_text

NameType = Literal["PER", "ORG", "LOC"]


@dataclass(frozen=True, slots=True)
class Found:
    """A name in a text: its offsets, and how sure the finder is, 0 to 1."""

    start: int
    end: int
    type: NameType
    score: float


class Finder(Protocol):
    """Finds names in texts."""

    @property
    def version(self) -> str:
        """What finds them; another version may find other names."""
        ...

    @property
    def most_pieces(self) -> int:
        """How long a text may be."""
        ...

    def find(self, texts: Sequence[str]) -> Iterable[Iterable[Found]]:
        """Return the names in each of the texts."""
        ...


class FoundNames:
    """Reads what a finder says as the names of whole pieces."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder

    def find_names(self, passages: Sequence[Passage]) -> list[list[Span]]:
        """Return the names in each passage; of two that overlap, the surer one."""
        parts = [
            (number, start, end)
            for number, passage in enumerate(passages)
            for start, end in _cut(passage.words, self._finder.most_pieces)
        ]
        texts = [
            mend_text(passages[number].words.text[start:end])
            for number, start, end in parts
        ]
        names: list[list[Found]] = [[] for _ in passages]
        for (number, base, _), found in zip(
            parts, self._finder.find(texts), strict=True
        ):
            names[number] += [
                Found(x.start + base, x.end + base, x.type, x.score) for x in found
            ]
        return list(map(_read_names, passages, names))


def _cut(words: Words, most: int) -> Iterator[tuple[int, int]]:
    """Yield the ends of the parts of a text, which begin with a sentence if one can."""
    first, start = 0, 0
    while len(words) - first > most:
        starts = range(first + most, first, -1)
        first = next((i for i in starts if words.firsts[i]), first + most)
        yield start, words.starts[first]
        start = words.starts[first]
    yield start, len(words.text)


def _read_names(passage: Passage, names: Sequence[Found]) -> list[Span]:
    spans: list[Span] = []
    taken: set[int] = set()
    for name in sorted(names, key=lambda name: (-name.score, name.start)):
        first, stop = _find_pieces(passage.words, name)
        is_some = first < stop and name.start < name.end
        if is_some and taken.isdisjoint(range(first, stop)):
            taken.update(range(first, stop))
            spans.append(make_span(passage, (first, stop), name.type, name.score))
    return sorted(spans, key=lambda span: span.first)


def _find_pieces(words: Words, name: Found) -> tuple[int, int]:
    """Return the pieces of a name, without "the" before and "'s" behind it."""
    first = bisect_right(words.ends, name.start)
    stop = bisect_left(words.starts, name.end)
    while first < stop and words.keys[first] == "the":
        first += 1
    is_owner = stop - first > 1 and words.keys[stop - 1] == "s"
    return first, stop - (is_owner and words.gap(stop - 2) in ("'", "’"))
