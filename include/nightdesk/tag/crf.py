"""The trained tagger: names of persons, organisations and places in a document.

A linear-chain CRF (Lafferty et al. 2001; the crfsuite library) over the islands of
`islands.py`, described by `features.py`. The weights come in as bytes; making them is
`nightdesk train`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pycrfsuite

from nightdesk.tag.features import Describer
from nightdesk.tag.spans import Passage, Span
from nightdesk.tag.table import Gazetteer

OUTSIDE = "O"
#: A name less sure than this is left out; places are often words of no list at all.
_LEAST = {"PER": 0.4, "ORG": 0.4, "LOC": 0.6}


class NameModel:
    """Finds names by the weights of a gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._describer = Describer(gazetteer)
        self._crf = pycrfsuite.Tagger()
        self._crf.open_inmemory(gazetteer.weights)

    def find_names(self, passages: Sequence[Passage]) -> list[list[Span]]:
        """Return the names in each passage, whose spans are those of the rules."""
        places = {id(passage): number for number, passage in enumerate(passages)}
        out: list[list[Span]] = [[] for _ in passages]
        for island in self._describer.describe(passages):
            labels = self._crf.tag(island.rows)
            if any(label != OUTSIDE for label in labels):
                spans = out[places[id(island.passage)]]
                for first, stop, type_ in read_labels(labels):
                    score = self._crf.marginal(labels[first], first)
                    if score >= _LEAST[type_]:
                        where = (island.first + first, island.first + stop)
                        spans.append(make_span(island.passage, where, type_, score))
        return out


def make_span(
    passage: Passage, where: tuple[int, int], type_: str, score: float
) -> Span:
    """Return the pieces `where` of a passage as a name that a model found."""
    rule = "model place" if type_ == "LOC" else "model"
    full = passage.words.surface(*where)
    return Span(*where, (), type_, rule, round(score, 3), full=full)


def read_labels(labels: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield (first, stop, type) of the names in a row of B-, I- and O labels.

    >>> list(read_labels(["B-PER", "I-PER", "O", "I-LOC"]))
    [(0, 2, 'PER'), (3, 4, 'LOC')]
    """
    first = 0
    for index in range(1, len(labels) + 1):
        label = labels[index] if index < len(labels) else OUTSIDE
        begun = labels[first]
        if label[:1] == "I" and begun != OUTSIDE and label[2:] == begun[2:]:
            continue
        if begun != OUTSIDE:
            yield first, index, begun[2:]
        first = index
