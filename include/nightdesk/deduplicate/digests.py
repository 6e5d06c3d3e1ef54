"""Pairs -> pairs in which a digest of several stories no longer joins them.

Judged over three articles, hence a step of its own after the pairs: two documents alone
cannot tell a digest of two stories from a longer version of the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np

from nightdesk.deduplicate.documents import Document
from nightdesk.deduplicate.profiles import Profile, Profiles
from nightdesk.deduplicate.scan import Hashes, count_shared
from nightdesk.deduplicate.topics import share_headline, tell_apart
from nightdesk.deduplicate.verify import has_opening
from nightdesk.model import Pair

DIGEST_RULE = "digest/3"

#: A story fills more than the first and less than the second share of its digest. What
#: fills less proves no digest, but is a part of what is proven to be one.
MIN_PART = 0.1
MAX_PART = 0.75
MAX_OVERLAP = 0.15  # of two stories within the digest


def demote_digests(
    pairs: Iterable[Pair], digests: Mapping[int, Collection[int]]
) -> tuple[Pair, ...]:
    """Return the pairs, sorted, those of a digest with its stories as `contains`.

    To do it twice changes nothing more.

    Args:
        pairs: as `find_pairs` returns them, its `contains` pairs included.
        digests: as `find_digests` returns them.
    """
    return tuple(
        replace(pair, kind="contains", rule=DIGEST_RULE)
        if _is_of_digest(pair, digests) and pair.kind != "contains"
        else pair
        for pair in sorted(pairs, key=lambda pair: (pair.a_id, pair.b_id))
    )


def _is_of_digest(pair: Pair, digests: Mapping[int, Collection[int]]) -> bool:
    a_id, b_id = pair.a_id, pair.b_id
    return b_id in digests.get(a_id, ()) or a_id in digests.get(b_id, ())


def find_digests(
    pairs: Iterable[Pair],
    documents: Iterable[Document],
    profiles: Profiles | None = None,
) -> dict[int, tuple[int, ...]]:
    """Return the article_ids of the digests, each with those of its stories.

    An article is a digest when two neighbours that are no pair of each other fill
    different parts of it, which are of two matters, and each one's first sentences are
    in it: two cuts of one report tell one matter, and one under its headline is no part
    of a digest. All articles are judged by the pairs as they came, none by what became
    of another; their order does not matter.

    Args:
        pairs: all of a component at once: one that is missing may be the proof.
        documents: the articles of the pairs; one that is not given proves nothing.
        profiles: of the documents, from an earlier step.
    """
    neighbours: dict[int, set[int]] = defaultdict(set)
    for pair in pairs:
        neighbours[pair.a_id].add(pair.b_id)
        neighbours[pair.b_id].add(pair.a_id)
    by_id = {d.article_id: d for d in documents if d.article_id in neighbours}
    kept = profiles or Profiles()
    found: dict[int, tuple[int, ...]] = {}
    # Neighbours after each other, while their profiles are at hand.
    for article_id in sorted(by_id, key=lambda i: (min(i, *neighbours[i]), i)):
        whole = by_id[article_id]
        around = sorted(neighbours[article_id] & by_id.keys())
        if _has_strangers(whole, [by_id[i] for i in around], neighbours):
            parts = (i for i in around if not share_headline(by_id[i], whole))
            read = {i: kept.read(by_id[i]) for i in (article_id, *parts)}
            part_ids = _find_parts(whole, neighbours, read)
            if part_ids:
                found[article_id] = part_ids
    return dict(sorted(found.items()))


def _has_strangers(
    document: Document,
    around: Iterable[Document],
    neighbours: Mapping[int, set[int]],
) -> bool:
    """Say whether two neighbours of other texts are no pair of each other."""
    others = {d.text_hash: d.article_id for d in around}
    others.pop(document.text_hash, None)
    pairs = combinations(others.values(), 2)
    return any(b not in neighbours[a] for a, b in pairs)


def _find_parts(
    document: Document,
    neighbours: Mapping[int, set[int]],
    profiles: Mapping[int, Profile],
) -> tuple[int, ...]:
    """Return whose stories the article tells as a digest; none if it is not one."""
    digest = profiles[document.article_id]
    parts: dict[int, Hashes] = {}
    for part_id in sorted(profiles.keys() - {document.article_id}):
        grams = profiles[part_id].grams
        shared = np.intersect1d(digest.grams, grams, assume_unique=True)
        if shared.size < MAX_PART * digest.grams.size:  # else a copy of all of it
            parts[part_id] = shared
    stories = [
        part_id
        for part_id, shared in parts.items()
        if shared.size > MIN_PART * digest.grams.size
        and has_opening(digest, profiles[part_id])
    ]
    is_digest = any(
        b not in neighbours[a]
        and _is_apart(parts[a], parts[b])
        and tell_apart(document.text, parts[a], parts[b])
        for a, b in combinations(stories, 2)
    )
    return tuple(parts) if is_digest else ()


def _is_apart(a: Hashes, b: Hashes) -> bool:
    return count_shared(a, b) < MAX_OVERLAP * min(a.size, b.size)
