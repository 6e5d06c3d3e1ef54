"""Pairs -> clusters: the connected components, named after their canonical article."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from nightdesk.deduplicate.documents import Document
from nightdesk.model import Pair

MERGING_KINDS = frozenset({"exact", "near", "update"})

_UNDATED = datetime.max.replace(tzinfo=UTC)  # after every stated time


def rank_document(document: Document) -> tuple[datetime, str]:
    """Return the key by which the canonical article of a cluster is the first.

    The earliest is canonical, an article without a time after all others, and of two
    at one time the one whose canonical URL sorts first.
    """
    return (document.published_at or _UNDATED, document.canonical_url)


def cluster_pairs(
    pairs: Iterable[Pair], rank: Mapping[int, tuple[datetime, str]]
) -> dict[int, int]:
    """Return article_id -> cluster_id for the articles of the pairs that merge.

    A cluster is a connected component over exact, near and update pairs; its id is the
    id of its canonical article, the first by (rank, article_id). The order of the pairs
    does not matter. The result is ordered by article_id.

    Args:
        pairs: those of whole components; a part of one gives a part of its cluster.
        rank: of every article in a pair that merges, as `rank_document` makes it.

    Raises:
        KeyError: an article has no rank.

    >>> pair = Pair(1, 2, "near", 0.9, "near/1")
    >>> day = datetime(2030, 1, 1, tzinfo=UTC)
    >>> cluster_pairs([pair], {1: (day, "b"), 2: (day, "a")})
    {1: 2, 2: 2}
    """
    parents: dict[int, int] = {}
    for pair in pairs:
        if pair.kind in MERGING_KINDS:
            a, b = _find_root(parents, pair.a_id), _find_root(parents, pair.b_id)
            first, last = sorted((a, b), key=lambda i: (rank[i], i))
            parents[last] = first
    return {i: _find_root(parents, i) for i in sorted(parents)}


def _find_root(parents: dict[int, int], article_id: int) -> int:
    """Return the root of an article's tree, halving the way there."""
    parents.setdefault(article_id, article_id)
    while parents[article_id] != article_id:
        parents[article_id] = parents[parents[article_id]]
        article_id = parents[article_id]
    return article_id
