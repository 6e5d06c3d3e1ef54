"""A small network over word vectors, beside the CRF of `crf.py`.

It reads the vectors of a piece and of its neighbours, and those features of the piece
that it was taught, through one hidden layer (Collobert et al. 2011). All weights are
whole numbers, so that sums are exact: in whatever order a machine adds, the labels are
the same. Learning them is `net_training.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from nightdesk.tag.features import Island

LABELS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
REACH = 4  # pieces to either side
CELL = 32  # 1 in a cell of a window; what is usual in a vector
UNIT = 64  # 1 in a hidden unit
_NO_WORD, _UNKNOWN = 0, 1  # rows before those of the vectors
_SPECIAL = 2
_MOST = 65535.0  # of a hidden unit
_SMALL = 250_000  # products in a multiplication for which no threads are started

Bytes = NDArray[np.int8]
Floats = NDArray[np.float64]
Real = TypeVar("Real", np.float32, np.float64)


@dataclass(frozen=True, slots=True)
class NetWeights:
    """What a network has learned.

    n features, w cells of a window, h hidden units; a scale is what 1 stands for in a
    column.
    """

    features: Mapping[str, int]  # feature -> row of `table`, from 1
    table: Bytes  # (n + 1, h); row 0 is nought
    table_scale: Floats  # (h,)
    window: Bytes  # (w, h)
    window_scale: Floats  # (h,)
    bias: Floats  # (h,)
    out: NDArray[np.int16]  # (h, labels)
    out_scale: Floats  # (labels,)
    out_bias: Floats  # (labels,)


def list_arrays(weights: NetWeights) -> dict[str, NDArray[Any]]:
    """Return the arrays that `make_weights` takes, by name."""
    names = "\n".join(weights.features).encode()
    arrays = {"features": np.frombuffer(names, np.uint8)}
    for name in NetWeights.__slots__[1:]:
        arrays[name] = getattr(weights, name)
    return arrays


def make_weights(arrays: Mapping[str, NDArray[Any]]) -> NetWeights:
    """Return the weights of the arrays that `list_arrays` gave; others are ignored."""
    names = arrays["features"].tobytes().decode().split("\n")
    parts = {name: arrays[name] for name in NetWeights.__slots__[1:]}
    return NetWeights({name: row for row, name in enumerate(names, 1)}, **parts)


class WordVectors:
    """The vectors of words, as whole numbers."""

    def __init__(self, raw: bytes) -> None:
        vectors = np.load(BytesIO(raw))
        self._rows = np.pad(vectors, ((_SPECIAL, 0), (0, _SPECIAL)))
        self._rows[(_NO_WORD, _UNKNOWN), (-2, -1)] = CELL

    def read_windows(self, islands: Sequence[Island]) -> Bytes:
        """Return a row for each piece of the islands: vectors and capitals round it."""
        rows: list[int] = []
        caps: list[bool] = []
        bases: dict[int, int] = {}  # passage -> its first row
        places: list[int] = []
        for island in islands:
            base = bases.get(id(island.passage))
            if base is None:
                base = bases[id(island.passage)] = len(rows) + REACH
                rows += [_NO_WORD - _SPECIAL] * REACH + island.vectors
                caps += [False] * REACH + island.passage.words.caps
            places += range(base + island.first, base + island.stop)
        rows += [_NO_WORD - _SPECIAL] * REACH
        caps += [False] * REACH
        near = np.array(places)[:, None] + np.arange(-REACH, REACH + 1)
        cells = self._rows[np.array(rows)[near] + _SPECIAL]
        signs = np.array(caps, np.int8)[near, None] * np.int8(CELL)
        return np.concatenate((cells, signs), axis=2).reshape(len(near), -1)


class Net:
    """Says how likely each label of a piece is."""

    def __init__(self, vectors: WordVectors, weights: NetWeights) -> None:
        self._vectors = vectors
        self._weights = weights
        self._window = weights.window.astype(np.float32)
        self._out = weights.out.astype(np.float64)

    def weigh(self, islands: Sequence[Island]) -> Floats:
        """Return the logarithm of each label's probability, a row for each piece."""
        known = self._weights
        cells = self._vectors.read_windows(islands).astype(np.float32)
        # whole numbers below 2**24 (477 cells of 127 * 127): exact in 32 bits
        hidden = multiply(cells, self._window) * known.window_scale
        hidden += self._add_features(islands) * known.table_scale
        hidden += known.bias
        units = np.rint(np.clip(hidden * UNIT, 0.0, _MOST))
        scores = multiply(units, self._out) * known.out_scale
        return normalize(scores + known.out_bias)

    def _add_features(self, islands: Sequence[Island]) -> NDArray[np.int32]:
        find = self._weights.features.get
        starts: list[int] = []
        rows: list[int] = []
        for island in islands:
            for features in island.rows:
                starts.append(len(rows))
                rows.append(0)
                rows += filter(None, map(find, features))
        table = self._weights.table[rows]
        return np.add.reduceat(table, starts, axis=0, dtype=np.int32)


def multiply(left: NDArray[Real], right: NDArray[Real]) -> NDArray[Real]:
    """Return the product of two matrices, without the threads of the library.

    They cost more time than they save here, and what they add depends on their number.
    """
    step = max(1, _SMALL // right.size)
    blocks = range(0, len(left), step)
    return np.concatenate([left[start : start + step] @ right for start in blocks])


def normalize(scores: Floats) -> Floats:
    """Return log-probabilities for scores, row by row."""
    scores = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)))
