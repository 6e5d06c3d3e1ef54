"""Fingerprints -> pairs of documents that are worth a close look.

A pair is a candidate when its documents share sampled hashes enough: a function of the
two documents and of the frozen table of hot hashes, so that a pair is found or not
found whatever else is in the batch. There is no cap on how many documents may carry one
hash, since a cap would break that. Memory is bounded instead: the documents are probed
in blocks that meet at most `BLOCK_ROWS` equal hashes (or one document's own, where
those are more). Time is not: a hash that is in n documents costs n * n / 2 rows, about
10 million a second, until it is put in the hot table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nightdesk.deduplicate.documents import Document

Rows = npt.NDArray[np.int64]

BLOCK_ROWS = 1_000_000  # of 8 bytes, some five arrays of them: about 50 MB
MAX_DAYS_APART = 30.0  # a copy that is later than that is another use of the text
#: Least share of the smaller fingerprint that must be common. Boilerplate and quotes
#: stay below it; of the 2,576 pairs of the development sets that the rule joins one
#: does.
MIN_SHARE = 0.06
#: A fingerprint is a sample: one of a copy that shares that much of its 5-grams has
#: hardly ever so many deviations fewer. The longer a text, the closer to it the least,
#: so that a line that an outlet puts under all its texts makes no candidates of them.
#: None of those 2,576 pairs is lost by it.
SAMPLED_SHARE = 0.25
MOST_DEVIATIONS = 2.5


class _Index(NamedTuple):
    """The hashes of all documents in one array, with a second view sorted by hash."""

    hashes: Rows  # grouped by document
    offsets: Rows  # of document i: hashes[offsets[i]:offsets[i + 1]]
    sorted_hashes: Rows
    sorted_documents: npt.NDArray[np.int32]


def find_candidates(
    documents: Sequence[Document], n_own: int, hot: frozenset[int] = frozenset()
) -> Iterator[tuple[int, int]]:
    """Yield the index pairs (i, j), i < j and i < n_own, each once, ascending.

    Args:
        documents: the own ones first, then those that they are compared with.
        n_own: how many are own; two that are not own are never compared.
        hot: hashes that many texts carry and that therefore prove nothing.
    """
    if not documents or not n_own:
        return
    index = _build_index(documents, hot)
    sizes = np.diff(index.offsets)
    for first, last in _blocks(index, n_own):
        left, right, shared = _probe(index, first, last)
        smaller = np.minimum(sizes[left], sizes[right])
        keep = shared >= _fewest(smaller)
        yield from zip(left[keep].tolist(), right[keep].tolist(), strict=True)


def _fewest(sizes: Rows) -> npt.NDArray[np.float64]:
    """Return how many hashes must be common, by the size of the smaller fingerprint."""
    deviation = np.sqrt(sizes * SAMPLED_SHARE * (1 - SAMPLED_SHARE))
    sampled = SAMPLED_SHARE * sizes - MOST_DEVIATIONS * deviation
    fewest: npt.NDArray[np.float64] = np.maximum(MIN_SHARE * sizes, sampled)
    return fewest


def _build_index(documents: Sequence[Document], hot: frozenset[int]) -> _Index:
    counts = np.fromiter((len(d.hashes) for d in documents), np.int64, len(documents))
    total = int(counts.sum())
    hashes = np.fromiter((h for d in documents for h in d.hashes), np.int64, total)
    owners = np.repeat(np.arange(len(documents), dtype=np.int32), counts)
    if hot:
        cold = ~np.isin(hashes, np.fromiter(hot, np.int64, len(hot)))
        hashes, owners = hashes[cold], owners[cold]
        counts = np.bincount(owners, minlength=len(documents))
    order = np.argsort(hashes, kind="stable")
    offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    return _Index(hashes, offsets, hashes[order], owners[order])


def _blocks(index: _Index, n_own: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of own documents whose hashes meet few enough equal ones."""
    rows = _count_rows(index, n_own)
    first = 0
    while first < n_own:
        end = int(np.searchsorted(rows, rows[first] + BLOCK_ROWS, "right")) - 1
        last = min(max(end, first + 1), n_own)
        yield first, last
        first = last


def _count_rows(index: _Index, n_own: int) -> Rows:
    """Return how many equal hashes the own documents before each one meet."""
    own = index.hashes[: index.offsets[n_own]]
    meets = np.searchsorted(index.sorted_hashes, own, "right")
    meets -= np.searchsorted(index.sorted_hashes, own, "left")
    rows = np.concatenate((np.zeros(1, np.int64), np.cumsum(meets)))
    return rows[index.offsets[: n_own + 1]]


def _probe(index: _Index, first: int, last: int) -> tuple[Rows, Rows, Rows]:
    """Return (left, right, number of shared hashes) of the pairs of one block."""
    begin, end = index.offsets[first], index.offsets[last]
    probes = index.hashes[begin:end]
    sizes = np.diff(index.offsets[first : last + 1])
    owners = np.repeat(np.arange(first, last), sizes)
    low = np.searchsorted(index.sorted_hashes, probes, "left")
    meets = np.searchsorted(index.sorted_hashes, probes, "right") - low
    left = np.repeat(owners, meets)
    runs = np.cumsum(meets) - meets
    places = np.arange(left.size) - np.repeat(runs - low, meets)
    right = index.sorted_documents[places]
    ahead = right > left
    n_documents = index.offsets.size - 1
    keys, shared = np.unique(
        left[ahead] * n_documents + right[ahead], return_counts=True
    )
    return keys // n_documents, keys % n_documents, shared
