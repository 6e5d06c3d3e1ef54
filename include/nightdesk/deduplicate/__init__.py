"""Finds who copied whom: fingerprints -> candidates -> verified pairs -> clusters.

    fingerprint_text   when an article is extracted
    find_pairs         a night against the 30 days around it
    demote_digests     over all pairs of the components that a night touches
    cluster_pairs      the same pairs, to clusters named after their canonical article

Pure, and independent of order and batch. Reports of one event in different words are
`stories`, not copies.
"""

from __future__ import annotations

from nightdesk.deduplicate.clusters import MERGING_KINDS, cluster_pairs, rank_document
from nightdesk.deduplicate.digests import demote_digests, find_digests
from nightdesk.deduplicate.documents import Document
from nightdesk.deduplicate.fingerprints import fingerprint_text
from nightdesk.deduplicate.pairs import find_pairs
from nightdesk.deduplicate.verify import RULE_VERSION

__all__ = [
    "MERGING_KINDS",
    "RULE_VERSION",
    "Document",
    "cluster_pairs",
    "demote_digests",
    "find_digests",
    "find_pairs",
    "fingerprint_text",
    "rank_document",
]
