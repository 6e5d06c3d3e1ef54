"""Pairs of undated documents: which of several uses of a text do they belong to?

A copy is looked for within 30 days, since what is later is another use of the text. An
undated document is compared with all, and would join two uses that are years apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from nightdesk.deduplicate.candidates import MAX_DAYS_APART
from nightdesk.deduplicate.clusters import MERGING_KINDS, cluster_pairs, rank_document
from nightdesk.deduplicate.documents import Document
from nightdesk.model import Pair

_WINDOW = timedelta(days=MAX_DAYS_APART)


def part_uses(pairs: Collection[Pair], documents: Iterable[Document]) -> list[Pair]:
    """Return the pairs but those by which undated documents join two uses of a text.

    Undated documents that are copies of each other go together, to the earliest dated
    one that any of them is a copy of, and to what follows it with no gap of more than
    30 days. Pairs of two dated documents, and those that do not merge, stay.

    Args:
        pairs: those of whole components.
        documents: every one that is in a pair.
    """
    known = {document.article_id: document for document in documents}
    times = {i: d.published_at for i, d in known.items() if d.published_at is not None}
    ranks = {i: rank_document(document) for i, document in known.items()}
    merging = [pair for pair in pairs if pair.kind in MERGING_KINDS]
    is_dated = {(p.a_id, p.b_id): (p.a_id in times, p.b_id in times) for p in merging}
    uses, groups = (
        cluster_pairs((p for p in merging if all_of == is_dated[p.a_id, p.b_id]), ranks)
        for all_of in ((True, True), (False, False))
    )
    ties: dict[int, set[int]] = defaultdict(set)
    mixed: dict[tuple[int, int], tuple[int, int]] = {}
    for (a_id, b_id), (a_dated, b_dated) in is_dated.items():
        if a_dated != b_dated:
            dated, undated = (a_id, b_id) if a_dated else (b_id, a_id)
            group = groups.get(undated, undated)
            ties[group].add(dated)
            mixed[a_id, b_id] = (group, dated)
    kept = {group: _follow_first(found, uses, times) for group, found in ties.items()}
    return [
        pair
        for pair in pairs
        if pair.kind not in MERGING_KINDS
        or (tie := mixed.get((pair.a_id, pair.b_id))) is None
        or tie[1] in kept[tie[0]]
    ]


def _follow_first(
    dated: Iterable[int], uses: Mapping[int, int], times: Mapping[int, datetime]
) -> set[int]:
    """Return those of the first use, and those that follow it without a long gap."""
    ordered = sorted(dated, key=lambda i: (times[i], i))
    kept: set[int] = set()
    last, joined = times[ordered[0]], set[int]()
    for article_id in ordered:
        use = uses.get(article_id, article_id)
        if use in joined or times[article_id] - last <= _WINDOW:
            kept.add(article_id)
            joined.add(use)
            last = times[article_id]
    return kept
