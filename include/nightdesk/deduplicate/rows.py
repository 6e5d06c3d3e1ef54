"""Weighted terms of documents, and what two documents have in common of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Row = dict[tuple[int, str], float]


def add_field(row: Row, place: int, field: Mapping[str, float], share: float) -> None:
    """Add the terms of a field to a row; their squares add up to its share."""
    length = math.sqrt(sum(weight * weight for weight in field.values())) or 1.0
    scale = math.sqrt(share) / length
    row.update({(place, term): scale * weight for term, weight in field.items()})


class Rows:
    """Weighted terms of documents, by document and by term.

    A term is a word together with the field in which it stands, so that one sum over
    terms is the weighted sum of the cosines of the fields. Terms of one document meet
    nothing and are left out.
    """

    def __init__(
        self, rows: Sequence[Row], numbers: Mapping[tuple[int, str], int] | None = None
    ) -> None:
        if numbers is None:
            numbers = _number_shared(rows)
        kept = [
            [(numbers[t], w) for t, w in row.items() if t in numbers] for row in rows
        ]
        self._size = len(rows)
        self._offsets = _offsets([len(row) for row in kept])
        self._terms = np.array([t for row in kept for t, _ in row], np.int64)
        self._weights = np.array([w for row in kept for _, w in row], np.float64)
        owners = np.repeat(np.arange(self._size), np.diff(self._offsets))
        order = np.argsort(self._terms, kind="stable")
        self._posted, self._posted_weights = owners[order], self._weights[order]
        counts = np.bincount(self._terms, minlength=len(numbers))
        self._postings = _offsets(counts)
        self._own = np.zeros(len(numbers), np.float64)  # of one document, at work

    def meet(self, i: int) -> Floats:
        """Return the sum over shared terms for document i and every one."""
        mine = slice(self._offsets[i], self._offsets[i + 1])
        terms = self._terms[mine]
        places, counts = _ranges(self._postings, terms)
        products = np.repeat(self._weights[mine], counts)
        products *= self._posted_weights[places]
        sums = np.bincount(self._posted[places], products, minlength=self._size)
        return sums.astype(np.float64, copy=False)

    def overlap(self, i: int, others: Ints) -> Floats:
        """Return the sum of the smaller weight of each shared term."""
        return self._pair(i, others, self, np.minimum)

    def compare(self, i: int, others: Ints, among: Rows | None = None) -> Floats:
        """Return the same for some documents only; `among` other rows of them."""
        return self._pair(i, others, among or self, np.multiply)

    def _pair(self, i: int, others: Ints, rows: Rows, combine: np.ufunc) -> Floats:
        mine = slice(self._offsets[i], self._offsets[i + 1])
        self._own[self._terms[mine]] = self._weights[mine]
        places, counts = _ranges(rows._offsets, others)
        products = combine(self._own[rows._terms[places]], rows._weights[places])
        owners = np.repeat(np.arange(others.size), counts)
        self._own[self._terms[mine]] = 0.0
        sums = np.bincount(owners, products, minlength=others.size)
        return sums.astype(np.float64, copy=False)


def _number_shared(rows: Sequence[Row]) -> Mapping[tuple[int, str], int]:
    """Return term -> number, of the terms that two rows or more have."""
    seen: set[tuple[int, str]] = set()
    shared: set[tuple[int, str]] = set()
    for row in rows:
        shared.update(seen.intersection(row))  # `&` would go through all that is seen
        seen.update(row)
    return {term: i for i, term in enumerate(sorted(shared))}


def _ranges(offsets: Ints, keys: Ints) -> tuple[Ints, Ints]:
    """Return the places offsets[k]:offsets[k + 1] of all keys, and their numbers."""
    starts = offsets[keys]
    counts = offsets[keys + 1] - starts
    places = np.arange(counts.sum())
    places += np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return places, counts


def _offsets(counts: Sequence[int] | Ints) -> Ints:
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)))
