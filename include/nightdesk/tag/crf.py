"""The trained tagger: names of persons, organisations and places in a document.

A linear-chain CRF (Lafferty et al. 2001; the crfsuite library) and the network of
`net.py` read the islands of `islands.py`, described by `features.py`; what each thinks
of a piece is weighed together, then what is thought of the same word elsewhere in the
document (`echo.py`). The weights come in as bytes; making them is
`nightdesk train`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from math import exp, log
from typing import Any

import numpy as np
import pycrfsuite
from numpy.typing import NDArray

from nightdesk.tag.echo import hear_echoes
from nightdesk.tag.features import Describer, Island
from nightdesk.tag.net import (
    LABELS,
    Net,
    NetWeights,
    WordVectors,
    list_arrays,
    make_weights,
    normalize,
)
from nightdesk.tag.spans import Passage, Span
from nightdesk.tag.table import Gazetteer

OUTSIDE = LABELS[0]
#: A name less sure than this is left out. In text of a kind that was never learned from
#: organisations are named too readily; set where whole sources were left out.
_LEAST = {"PER": 0.35, "ORG": 0.75, "LOC": 0.55}
_LEAST_LOWER = 0.6  # of a name without any capital
_NEAR = log(1 / 3)  # that a piece goes on with a type that is not the best
_ELSE = 0.8  # share of a type in what the best one leaves
_NET_SHARE = 0.7  # of the word in a label; set in the same way
_RARE = 1e-6  # no label is less likely to the CRF
_NEVER = -1e9
#: Before this label stands one of the same name; -1: whatever it be.
_BEFORE = [LABELS.index(f"B{x[1:]}") if x[0] == "I" else -1 for x in LABELS]


def pack_weights(crf: bytes, net: NetWeights) -> bytes:
    """Return the bytes that a `NameModel` reads."""
    file = BytesIO()
    arrays: dict[str, Any] = {"crf": np.frombuffer(crf, np.uint8), **list_arrays(net)}
    np.savez_compressed(file, **arrays)
    return file.getvalue()


class NameModel:
    """Finds names by the weights of a gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._describer = Describer(gazetteer)
        self._crf = pycrfsuite.Tagger()
        arrays: Mapping[str, NDArray[Any]]
        with np.load(BytesIO(gazetteer.weights)) as arrays:
            self._crf_weights = arrays["crf"].tobytes()  # it reads them where they are
            self._crf.open_inmemory(self._crf_weights)
            self._net = Net(WordVectors(gazetteer.vectors), make_weights(arrays))
        self._labels = self._crf.labels()

    def find_names(self, passages: Sequence[Passage]) -> list[list[Span]]:
        """Return the names in each passage, whose spans are those of the rules."""
        places = {id(passage): number for number, passage in enumerate(passages)}
        out: list[list[Span]] = [[] for _ in passages]
        islands = list(self._describer.describe(passages))
        done = 0
        weighed = self._weigh(islands)
        for island in islands:
            rows = weighed[done : done + len(island.rows)]
            done += len(rows)
            labels = choose_labels(rows)
            spans = out[places[id(island.passage)]]
            for first, stop, type_ in read_labels([LABELS[x] for x in labels]):
                settled = _settle_type(rows[first:stop], type_)
                if settled:
                    type_, score = settled
                    where = (island.first + first, island.first + stop)
                    is_lower = island.passage.words.surface(*where).islower()
                    if score >= _LEAST_LOWER or not is_lower:
                        spans.append(make_span(island.passage, where, type_, score))
        return out

    def _weigh(self, islands: Sequence[Island]) -> list[list[float]]:
        """Return the logarithm of each label's probability for each piece."""
        if not islands:
            return []
        chances = np.zeros((sum(len(x.rows) for x in islands), len(LABELS)))
        columns = [LABELS.index(label) for label in self._labels]
        chances[:, columns] = [row for x in islands for row in self._read(x)]
        crf = np.log(chances + _RARE)
        mixed = crf + _NET_SHARE * (self._net.weigh(islands) - crf)
        rows: list[list[float]] = hear_echoes(islands, normalize(mixed)).tolist()
        return rows

    def _read(self, island: Island) -> Iterator[list[float]]:
        marginal = self._crf.marginal
        self._crf.set(island.rows)
        for index in range(len(island.rows)):
            yield [marginal(label, index) for label in self._labels]


def choose_labels(rows: Sequence[Sequence[float]]) -> list[int]:
    """Return the best row of labels, each a place in LABELS, in which I follows B or I.

    Args:
        rows: the logarithm of each label's probability, for each piece.

    >>> choose_labels([[-0.1, -9, -0.2, -9, -9, -9, -9]])
    [0]
    """
    best = [
        value if before < 0 else _NEVER
        for value, before in zip(rows[0], _BEFORE, strict=True)
    ]
    ways = []
    for row in rows[1:]:
        top = max(range(len(best)), key=best.__getitem__)
        way = [
            top if before < 0 else max(before, label, key=best.__getitem__)
            for label, before in enumerate(_BEFORE)
        ]
        best = [best[before] + value for before, value in zip(way, row, strict=True)]
        ways.append(way)
    labels = [max(range(len(best)), key=best.__getitem__)]
    for way in reversed(ways):
        labels.append(way[labels[-1]])
    return labels[::-1]


def _settle_type(
    rows: Sequence[Sequence[float]], best: str
) -> tuple[str, float] | None:
    """Return the type of a name and how likely it is; None: no type is sure enough.

    What is hardly less likely than the best type may be sure enough where that is not,
    or the only one that it can be if not the best.

    Args:
        rows: the logarithm of each label's probability, for each piece of the name.
        best: the type of the best labels.
    """
    scores = {type_: exp(rows[0][LABELS.index(f"B-{type_}")]) for type_ in _LEAST}
    if scores[best] >= _LEAST[best]:
        return best, scores[best]
    rest = _ELSE * (1 - scores[best])
    for type_, least in _LEAST.items():
        go_on = LABELS.index(f"I-{type_}")
        is_near = type_ != best and all(row[go_on] >= _NEAR for row in rows[1:])
        if is_near and scores[type_] >= min(least, rest):
            return type_, scores[type_]
    return None


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
