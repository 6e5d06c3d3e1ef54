"""A cluster of copies -> who had the text first, by what evidence, and who did what.

What the articles say of themselves goes before what a clock says: an agency publishes
nothing that we read, and the first copy that we see is a copy. Where nobody is named,
the article that was there first is the origin.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import numpy as np

from nightdesk.deduplicate.clusters import rank_document
from nightdesk.deduplicate.credits import Credit, is_short_for, make_key, read_credits
from nightdesk.deduplicate.documents import Document
from nightdesk.deduplicate.profiles import Profiles
from nightdesk.deduplicate.scan import distinct, is_among
from nightdesk.text import split_words

ORIGIN_RULE = "origin/3"

Role = Literal["origin", "copy", "edit"]

#: What one article's word for a maker weighs; only the strongest of an article counts.
WEIGHTS: Mapping[str, int] = {
    "first_published": 4,
    "dateline": 3,
    "credit": 3,
    "byline": 2,
    "material": 2,
}
_GLANCE = 80  # characters: nearly every text has a word among its first
MAX_COPY_SHARE = 0.1  # of a text that stands in no other: more makes the copy an edit


@dataclass(frozen=True, slots=True)
class Member:
    """One article of a cluster, with what its page says of its maker."""

    document: Document
    authors: tuple[str, ...] = ()
    outlet: str | None = None  # the name under which its source publishes
    first_seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What one article of a cluster is to the origin."""

    article_id: int
    role: Role
    own_share: float  # of its text, what no other member has


@dataclass(frozen=True, slots=True)
class Origin:
    """Who made the text of a cluster."""

    name: str | None  # of the maker, as most members state it; None: nothing is known
    article_id: int | None  # of the maker's own article; None: it is not in the cluster
    via: str  # the strongest evidence: a kind of credit, or first_seen
    evidence: tuple[tuple[int, Credit], ...]  # (article_id, its word for the maker)
    parts: tuple[Part, ...]  # every member, by article_id
    rule: str = ORIGIN_RULE


def find_origin(members: Sequence[Member], profiles: Profiles | None = None) -> Origin:
    """Return who made the text that the members carry, and the part of each.

    A member's word for its own outlet counts for nothing, since every page has that.
    The order of the members does not matter.

    Args:
        members: all articles of one cluster, one at least.
        profiles: of their documents, from an earlier step.
    """
    members = sorted(members, key=lambda member: member.document.article_id)
    votes = _group_votes([(m, c) for m in members for c in _find_foreign(m)])
    if votes:
        name, found = max(votes.items(), key=lambda vote: (_weigh(vote[1]), vote[0]))
        makers = [m for m in members if m.outlet and _is_same(m.outlet, name)]
    else:
        name, found, makers = None, [], list(members)
    first = min(makers, key=_rank, default=None)
    maker_id = first.document.article_id if first else None
    kinds = {credit.kind for _, credit in found}
    via = max(kinds, key=lambda k: (WEIGHTS[k], k)) if kinds else "first_seen"
    parts = _share_parts(members, maker_id, profiles)
    if len(parts) == 1 and maker_id is None and via != "material":
        # Nothing to compare it with: it says that the text is another's.
        parts = (replace(parts[0], role="copy"),)
    return Origin(
        name=name or (first.outlet if first else None),
        article_id=maker_id,
        via=via,
        evidence=tuple((m.document.article_id, credit) for m, credit in found),
        parts=parts,
    )


def _find_foreign(member: Member) -> list[Credit]:
    """Return whom an article names beside its own outlet."""
    credits = read_credits(member.document.text, member.authors)
    own = member.outlet
    return [credit for credit in credits if not (own and _is_same(own, credit.name))]


def _is_same(one: str, other: str) -> bool:
    return (
        make_key(one) == make_key(other)
        or is_short_for(one, other)
        or is_short_for(other, one)
    )


def _group_votes(
    votes: Sequence[tuple[Member, Credit]],
) -> dict[str, list[tuple[Member, Credit]]]:
    """Return name -> votes; initials and the name that they stand for are one."""
    names = sorted({credit.name for _, credit in votes}, key=lambda n: (-len(n), n))
    groups: dict[str, list[tuple[Member, Credit]]] = defaultdict(list)
    for member, credit in votes:
        name = next(name for name in names if _is_same(name, credit.name))
        groups[name].append((member, credit))
    return groups


def _weigh(votes: Sequence[tuple[Member, Credit]]) -> int:
    strongest: dict[int, int] = defaultdict(int)
    for member, credit in votes:
        key = member.document.article_id
        strongest[key] = max(strongest[key], WEIGHTS[credit.kind])
    return sum(strongest.values())


def _rank(member: Member) -> tuple[datetime, str]:
    """Return the key of who was first: by the time stated, else by when it was seen."""
    stated, url = rank_document(member.document)
    is_stated = member.document.published_at is not None
    return (stated if is_stated else member.first_seen_at or stated), url


def _share_parts(
    members: Sequence[Member], maker_id: int | None, profiles: Profiles | None
) -> tuple[Part, ...]:
    if len(members) == 1:  # most articles: no profile, with nothing to compare it with
        return (_share_alone(members[0], maker_id),)
    if len({member.document.text_hash for member in members}) == 1:
        return tuple(_make_part(member, maker_id, 0.0) for member in members)
    profiles = profiles or Profiles()
    grams = [profiles.read(member.document).grams for member in members]
    everything = np.sort(np.concatenate(grams))
    shared = distinct(everything[1:][everything[1:] == everything[:-1]])
    parts = []
    for member, own in zip(members, grams, strict=True):
        n_own = int(np.count_nonzero(~is_among(own, shared)))
        share = round(n_own / own.size, 4) if own.size else 0.0
        parts.append(_make_part(member, maker_id, share))
    return tuple(parts)


def _share_alone(member: Member, maker_id: int | None) -> Part:
    """Return the part of the only member: all its words are its own, if it has any."""
    text = member.document.text
    has_words = any(split_words(part) for part in (text[:_GLANCE], text))
    return _make_part(member, maker_id, float(has_words))


def _make_part(member: Member, maker_id: int | None, share: float) -> Part:
    role: Role = "copy" if share <= MAX_COPY_SHARE else "edit"
    if member.document.article_id == maker_id:
        role = "origin"
    return Part(member.document.article_id, role, share)
