"""Finds who copied whom: fingerprints -> candidates -> verified pairs -> clusters.

    fingerprint_text   when an article is extracted
    find_pairs         a night against the 30 days around it
    find_digests       over all pairs of the components that a night touches
    demote_digests     what holds several stories joins none of them
    cluster_pairs      the same pairs, to clusters named after their canonical article
    find_origin        who made the text of a cluster, and the part of each member
    cluster_stories    reports of one event in different words, which are no copies
    diff_versions      what changed between two versions of one article

Pure, and independent of order and batch: what is rare, and which wording proves
nothing, comes from frozen tables.
"""

from __future__ import annotations

from nightdesk.deduplicate.clusters import MERGING_KINDS, cluster_pairs, rank_document
from nightdesk.deduplicate.credits import Credit, read_credits
from nightdesk.deduplicate.digests import demote_digests, find_digests
from nightdesk.deduplicate.documents import Document
from nightdesk.deduplicate.fingerprints import fingerprint_text
from nightdesk.deduplicate.origin import Member, Origin, Part, find_origin
from nightdesk.deduplicate.pairs import find_pairs
from nightdesk.deduplicate.profiles import Profiles
from nightdesk.deduplicate.stories import cluster_stories
from nightdesk.deduplicate.verify import RULE_VERSION
from nightdesk.deduplicate.versions import (
    Edit,
    VersionDiff,
    diff_versions,
    is_same_article,
)

__all__ = [
    "MERGING_KINDS",
    "RULE_VERSION",
    "Credit",
    "Document",
    "Edit",
    "Member",
    "Origin",
    "Part",
    "Profiles",
    "VersionDiff",
    "cluster_pairs",
    "cluster_stories",
    "demote_digests",
    "diff_versions",
    "find_digests",
    "find_origin",
    "find_pairs",
    "fingerprint_text",
    "is_same_article",
    "rank_document",
    "read_credits",
]
