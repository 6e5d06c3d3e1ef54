"""Two documents -> do they carry one text, and how: the rule that joins.

The verdict reads the two documents and nothing else, so that it is the same in every
batch, in every order and on every night. These measures are compared with thresholds:

    containment  shared grams / grams of the side that has fewer
    numbers      shared numbers / numbers of the side that has fewer
    facts        the same for numbers and names together
    lead         each text's beginning found near the beginning of the other
    resemblance  shared grams / grams of the side that has more
    cohesion     names and words common to what is shared and the rest (`topics`)
    exchange     numbers and names in the same words: the same, or others (`slots`)
    beginning    words of each text before what is shared that the other has (`topics`)

Numbers and facts keep templates apart (tables of results, weather, markets), lead keeps
texts apart that share an end or a quote, resemblance lets re-ordered copies through,
cohesion knows a digest of several stories by its foreign part, exchanges know reports
from one form, beginnings know short reports in long furniture.
The thresholds were chosen on development sets of newswire (real reissues) and of made
copies. A step of .05 in one of them costs at most .005 of pair F1 on either set, but
for numbers: at .35 shared boilerplate begins to join short reports (-.014).

Known to miss: rewrites that share no five words in a row; corrections that change most
numbers of a short report.
"""

from __future__ import annotations

from typing import NamedTuple

from nightdesk.deduplicate.candidates import MAX_DAYS_APART
from nightdesk.deduplicate.documents import Document, days_apart, make_pair
from nightdesk.deduplicate.profiles import Facts, Profile, Profiles
from nightdesk.deduplicate.scan import count_shared
from nightdesk.deduplicate.slots import compare_slots, is_other_report
from nightdesk.deduplicate.topics import (
    begin_apart,
    has_foreign_story,
    share_headline,
    smooth,
)
from nightdesk.model import Pair, PairKind

RULE_VERSION = "near/9"

MIN_CONTAINMENT = 0.35
MIN_NUMBERS = 0.4
MIN_FACTS = 0.6
MIN_FACTS_LATER = 0.7  # for a copy that is more than SOON_DAYS later, or undated
MIN_STATED = 1.2  # numbers and facts added: where one is weak, the other makes up
MIN_LEAD = 0.25
MIN_RESEMBLANCE = 0.7
SOON_DAYS = 3.0
#: With fewer facts than that (or in a script without capitals) they prove nothing, and
#: the words themselves have to: MIN_CONTAINMENT_BARE takes the place of MIN_FACTS.
FEW_FACTS = 3
MIN_CONTAINMENT_BARE = 0.6
#: Shorter texts ("More to follow.") say too little: never near, and exact only when
#: the titles agree too.
MIN_WORDS = 12
#: A text that contains another may state much else.
MIN_FACTS_WITHIN = 0.5
MIN_OPENING = 0.5  # share of a text's first sentences found in what contains it
#: Share of the earlier version that is kept in the later one of the same source.
MIN_KEPT = 0.6


class _Side(NamedTuple):
    document: Document
    profile: Profile


class _Agreement(NamedTuple):
    """How much of what two texts state is the same."""

    numbers: float
    facts: float
    n_facts: int  # of the side that has fewer
    n_shared: int

    def is_whole(self) -> bool:
        """Say whether one side states nothing that the other does not."""
        return self.n_facts >= FEW_FACTS and self.n_shared == self.n_facts


def judge_near(a: Document, b: Document, profiles: Profiles) -> Pair | None:
    """Return the near, update or contains pair of two documents, or None.

    Symmetric in its two sides. `contains`: one text has the other in it from its first
    sentences on, but does not begin with it, states too much else or has a story of its
    own beside it, as a digest or a live page does.
    """
    days = days_apart(a, b)
    if days is not None and days > MAX_DAYS_APART:
        return None
    facts = _compare_facts(profiles.read_facts(a), profiles.read_facts(b))
    if facts is None:
        return None  # most look-alikes end here, before the costly part
    one, other = _Side(a, profiles.read(a)), _Side(b, profiles.read(b))
    shared = count_shared(one.profile.grams, other.profile.grams)
    fewer, more = sorted((one.profile.grams.size, other.profile.grams.size))
    containment = shared / fewer
    if containment < MIN_CONTAINMENT:
        return None
    kind: PairKind | None = None
    begins_alike = (
        shared / more >= MIN_RESEMBLANCE
        or _share_lead(one.profile, other.profile)
        or share_headline(a, b)
    )
    if begins_alike and _states_the_same(facts, containment, days):
        if not _tell_otherwise(a, b, facts, days, profiles):
            kind = _choose_kind(one, other, shared)
    elif facts.facts >= MIN_FACTS_WITHIN and (
        _is_within(one.profile, other.profile) or begins_alike
    ):
        kind = "contains"
    score = round(containment, 4)
    return make_pair(a, b, kind, score, RULE_VERSION) if kind else None


def find_container(a: Document, b: Document, profiles: Profiles) -> Document | None:
    """Return which of a `contains` pair is the digest; None if that cannot be told."""
    one, other = _Side(a, profiles.read(a)), _Side(b, profiles.read(b))
    shared = count_shared(one.profile.grams, other.profile.grams)
    digest = _find_digest(one, other, shared)
    if digest is not None:
        return digest.document
    if not _is_within(one.profile, other.profile):
        return None
    return a if has_opening(one.profile, other.profile) else b


def _is_within(a: Profile, b: Profile) -> bool:
    """Say whether just one of two has the other's opening in it."""
    return has_opening(a, b) != has_opening(b, a)


def has_opening(whole: Profile, part: Profile) -> bool:
    """Say whether the first sentences of `part` are somewhere in `whole`."""
    shared = count_shared(part.opening, whole.grams)
    return shared >= MIN_OPENING * part.opening.size


def _choose_kind(a: _Side, b: _Side, shared: int) -> PairKind:
    """Return what two texts that begin alike and state the same are to each other."""
    if _find_digest(a, b, shared) is not None:
        return "contains"
    return "update" if _is_update(a, b, shared) else "near"


def _find_digest(a: _Side, b: _Side, shared: int) -> _Side | None:
    """Return the side that has a story of its own beside what is shared, if one has."""
    for one, other in ((a, b), (b, a)):
        text, profile = one.document.text, one.profile
        if has_foreign_story(text, profile, shared, other.profile.grams):
            return None if share_headline(a.document, b.document) else one
    return None


def _compare_facts(a: Facts, b: Facts) -> _Agreement | None:
    """Return what both state; None: it, or their lengths, rule a pair out."""
    if min(a.n_words, b.n_words) < MIN_WORDS:
        return None
    n_numbers = count_shared(a.numbers, b.numbers)
    numbers = smooth(n_numbers, min(a.numbers.size, b.numbers.size))
    if numbers < MIN_NUMBERS:
        return None
    n_facts = min(a.numbers.size + a.names.size, b.numbers.size + b.names.size)
    n_shared = n_numbers + count_shared(a.names, b.names)
    facts = smooth(n_shared, n_facts)
    if n_facts >= FEW_FACTS and facts < MIN_FACTS_WITHIN:
        return None
    return _Agreement(numbers, facts, n_facts, n_shared)


def _tell_otherwise(
    a: Document, b: Document, facts: _Agreement, days: float | None, profiles: Profiles
) -> bool:
    """Say whether two tell two matters in the same words, or above the same words."""
    if not facts.is_whole():
        exchange = compare_slots(profiles.read_slots(a), profiles.read_slots(b))
        if is_other_report(exchange, days):
            return True
    return begin_apart(a, b, profiles)


def _share_lead(a: Profile, b: Profile) -> bool:
    """Say whether each begins with what is near the beginning of the other."""
    return (
        count_shared(a.lead, b.top) >= MIN_LEAD * a.lead.size
        and count_shared(b.lead, a.top) >= MIN_LEAD * b.lead.size
    )


def _states_the_same(facts: _Agreement, containment: float, days: float | None) -> bool:
    if facts.n_facts < FEW_FACTS:
        return containment >= MIN_CONTAINMENT_BARE
    if facts.numbers + facts.facts < MIN_STATED:
        return False
    is_soon = days is not None and days <= SOON_DAYS
    return facts.facts >= (MIN_FACTS if is_soon else MIN_FACTS_LATER)


def _is_update(a: _Side, b: _Side, shared: int) -> bool:
    """Say whether one is a later, changed version of the other by the same source."""
    sources = {a.document.source_id, b.document.source_id}
    if len(sources) > 1 or None in sources:
        return False
    times = (a.document.published_at, b.document.published_at)
    if times[0] is None or times[1] is None or times[0] == times[1]:
        return False
    earlier = a if times[0] < times[1] else b
    return shared >= MIN_KEPT * earlier.profile.grams.size
