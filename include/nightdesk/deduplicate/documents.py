"""What deduplicate needs to know of an article; kept small, a window holds many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from nightdesk.model import Pair, PairKind


@dataclass(frozen=True, slots=True)
class Document:
    """One article, with the fingerprint that was made when it was extracted.

    `text_hash` is `text.hash_text(text)` and `hashes` is `fingerprint_text(text)`;
    they are stored with the article, so that they are passed in and not made again.
    """

    article_id: int
    text: str
    title: str | None
    published_at: datetime | None
    canonical_url: str
    source_id: str | None
    text_hash: str
    hashes: tuple[int, ...]
    lang: str | None = None  # None: not known


def stated_days(documents: Iterable[Document]) -> npt.NDArray[np.float64]:
    """Return the times as days since 1970; not a number where none is stated."""
    stated = (
        d.published_at.timestamp() / 86_400 if d.published_at else float("nan")
        for d in documents
    )
    return np.fromiter(stated, np.float64)


def make_pair(
    a: Document, b: Document, kind: PairKind, score: float, rule: str
) -> Pair:
    """Return the pair of two documents, given in any order."""
    a_id, b_id = sorted((a.article_id, b.article_id))
    return Pair(a_id, b_id, kind, score, rule)


def days_apart(a: Document, b: Document) -> float | None:
    """Return how many days are between two; None where one states no time."""
    if a.published_at is None or b.published_at is None:
        return None
    return abs((a.published_at - b.published_at).total_seconds()) / 86_400
