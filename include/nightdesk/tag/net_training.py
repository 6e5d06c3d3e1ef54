"""Teach the network of `net.py`: Adam (Kingma and Ba 2015) over shuffled islands.

What is drawn at random comes from one seed: the same documents give the same weights,
byte for byte on one machine. Documents of other habits (`aside`) are learned with a
mark of their own that no text bears later: their language counts, their labels less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from nightdesk.tag.features import Island
from nightdesk.tag.net import (
    CELL,
    LABELS,
    UNIT,
    Bytes,
    NetWeights,
    WordVectors,
    multiply,
    normalize,
)

HIDDEN = 128
TURNS = 8  # through all islands
RATE = 2e-3  # of learning, at first; it falls to nought
BATCH = 64  # pieces
#: Shares of what is left out while learning, so that nothing is relied on alone.
CELLS_OUT, FEATURES_OUT, UNITS_OUT = 0.2, 0.3, 0.5
LEAST_OFTEN = 3  # pieces with a feature
_SEED = 0
_DECAY, _DECAY_SQUARE, _TINY = 0.9, 0.999, 1e-8
#: What the vectors say better: words beside the piece, classes and families of words.
_NOT_TAUGHT = tuple(
    f"{step}{kind}"
    for kind in ("f:", "m:", "l:", "c63:", "c1023:", "c?")
    for step in ("", "-1", "+1")
)
_NOT_TAUGHT += ("-1w:", "+1w:", "-2", "+2", "-3", "+3", "3m", "-4", "+4", "4m")

Floats = NDArray[np.float32]
Weights = dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Lesson:
    """The islands of a document, and the labels of their pieces."""

    islands: list[Island]
    labels: list[list[str]]
    is_aside: bool = False


@dataclass(frozen=True, slots=True)
class _Pieces:
    """n pieces: what is seen of each and what it is."""

    cells: Bytes  # (n, w)
    features: NDArray[np.int32]  # (n, most of one piece); 0: none
    marks: NDArray[np.int32]  # (n, 1): the row of what is aside, or 0
    labels: NDArray[np.intp]  # (n,)


def train_net(vectors: WordVectors, lessons: Sequence[Lesson]) -> NetWeights:
    """Return the weights that the lessons give."""
    names = _choose_features(lessons)
    pieces = _gather_pieces(vectors, lessons, names)
    learner = _Learner(pieces.cells.shape[1], len(names) + 2)
    random = np.random.default_rng(_SEED)
    for turn in range(TURNS):
        order = random.permutation(len(pieces.labels))
        for start in range(0, len(order), BATCH):
            some = order[start : start + BATCH]
            learner.step(pieces, some, random, RATE * (1 - turn / TURNS))
    return _round_weights(names, learner.weights)


def _choose_features(lessons: Iterable[Lesson]) -> dict[str, int]:
    islands = chain.from_iterable(lesson.islands for lesson in lessons)
    counted = Counter(name for x in islands for row in x.rows for name in row)
    names = (
        name
        for name, count in counted.items()
        if count >= LEAST_OFTEN and not name.startswith(_NOT_TAUGHT)
    )
    return {name: row for row, name in enumerate(sorted(names), 1)}


def _gather_pieces(
    vectors: WordVectors, lessons: Sequence[Lesson], names: dict[str, int]
) -> _Pieces:
    cells, marks, labels = [], [], []
    rows: list[list[int]] = []
    for lesson in lessons:
        if not lesson.islands:
            continue
        cells.append(vectors.read_windows(lesson.islands))
        mark = len(names) + 1 if lesson.is_aside else 0
        marks.append(np.full((len(cells[-1]), 1), mark, np.int32))
        labels += [LABELS.index(x) for row in lesson.labels for x in row]
        for island in lesson.islands:
            rows += [[names[x] for x in row if x in names] for row in island.rows]
    features = np.zeros((len(rows), max(map(len, rows))), np.int32)
    for filled, row in zip(features, rows, strict=True):
        filled[: len(row)] = row
    return _Pieces(
        np.concatenate(cells), features, np.concatenate(marks), np.array(labels)
    )


class _Learner:
    """Weights as real numbers, and what Adam remembers of their gradients."""

    def __init__(self, n_cells: int, n_features: int) -> None:
        random = np.random.default_rng(_SEED)

        def draw(height: int, width: int, spread: float) -> Floats:
            drawn = random.standard_normal((height, width)) * spread
            return drawn.astype(np.float32)

        self.weights: Weights = {
            "table": draw(n_features, HIDDEN, 0.05),
            "window": draw(n_cells, HIDDEN, n_cells**-0.5),
            "bias": np.zeros(HIDDEN, np.float32),
            "out": draw(HIDDEN, len(LABELS), HIDDEN**-0.5),
            "out_bias": np.zeros(len(LABELS), np.float32),
        }
        self.weights["table"][0] = 0
        self._means = {key: np.zeros_like(x) for key, x in self.weights.items()}
        self._squares = {key: np.zeros_like(x) for key, x in self.weights.items()}
        self._steps = 0

    def step(
        self,
        pieces: _Pieces,
        some: NDArray[np.intp],
        random: np.random.Generator,
        rate: float,
    ) -> None:
        """Learn from some of the pieces."""
        weights, labels = self.weights, pieces.labels[some]
        cells = pieces.cells[some].astype(np.float32) / np.float32(CELL)
        cells *= _leave_out(random, cells.shape, CELLS_OUT)
        kept = random.random(pieces.features[some].shape) >= FEATURES_OUT
        features = np.hstack((pieces.features[some] * kept, pieces.marks[some]))
        added = weights["table"][features].sum(axis=1) / np.float32(1 - FEATURES_OUT)
        hidden = multiply(cells, weights["window"]) + added + weights["bias"]
        mask = _leave_out(random, hidden.shape, UNITS_OUT) * (hidden > 0)
        units = hidden * mask
        scores = units @ weights["out"] + weights["out_bias"]
        error = np.exp(normalize(scores.astype(np.float64)))
        error[np.arange(len(some)), labels] -= 1
        slope = (error / len(some)).astype(np.float32)
        back = (slope @ weights["out"].T) * mask
        self._steps += 1
        moves = {
            "out": units.T @ slope,
            "out_bias": slope.sum(axis=0),
            "window": multiply(cells.T, back),
            "bias": back.sum(axis=0),
        }
        for key, gradient in moves.items():
            self._move(key, slice(None), gradient, rate)
        found, gradient = _sum_rows(features, back)
        self._move("table", found, gradient / np.float32(1 - FEATURES_OUT), rate)

    def _move(
        self,
        key: str,
        rows: slice | NDArray[np.int32],
        gradient: Floats,
        rate: float,
    ) -> None:
        mean = self._means[key][rows]
        square = self._squares[key][rows]
        mean = mean + np.float32(1 - _DECAY) * (gradient - mean)
        square = square + np.float32(1 - _DECAY_SQUARE) * (gradient**2 - square)
        self._means[key][rows], self._squares[key][rows] = mean, square
        pace = rate * (1 - _DECAY_SQUARE**self._steps) ** 0.5
        pace /= 1 - _DECAY**self._steps
        move = mean / (np.sqrt(square) + np.float32(_TINY))
        self.weights[key][rows] -= np.float32(pace) * move


def _leave_out(
    random: np.random.Generator, shape: tuple[int, ...], share: float
) -> Floats:
    """Return nought for a share of the places, for the others what makes up for it."""
    return (random.random(shape) >= share).astype(np.float32) / np.float32(1 - share)


def _sum_rows(
    features: NDArray[np.int32], back: Floats
) -> tuple[NDArray[np.int32], Floats]:
    """Return the features that occur, and the sum of the pieces' rows for each."""
    pieces, places = np.nonzero(features)
    found = features[pieces, places]
    order = np.argsort(found, kind="stable")
    found = found[order]
    starts = np.flatnonzero(np.r_[True, found[1:] != found[:-1]])
    return found[starts], np.add.reduceat(back[pieces[order]], starts, axis=0)


def _round_weights(names: dict[str, int], weights: Weights) -> NetWeights:
    # a coarse table packs to three quarters; its errors even out over many features
    table, table_scale = _round(weights["table"][: len(names) + 1], 31)
    window, window_scale = _round(weights["window"], 127)
    out, out_scale = _round(weights["out"], 32767)
    return NetWeights(
        features=names,
        table=table.astype(np.int8),
        table_scale=table_scale,
        window=window.astype(np.int8),
        window_scale=window_scale / CELL,
        bias=weights["bias"].astype(np.float64),
        out=out.astype(np.int16),
        out_scale=out_scale / UNIT,
        out_bias=weights["out_bias"].astype(np.float64),
    )


def _round(
    matrix: Floats, most: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return whole numbers up to `most`, and what 1 stands for in each column."""
    wide = matrix.astype(np.float64)
    scale = np.maximum(np.abs(wide).max(axis=0), 1e-9) / most
    return np.rint(wide / scale), scale
