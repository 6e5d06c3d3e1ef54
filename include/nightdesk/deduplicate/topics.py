"""Two texts -> has one of them, beside what they share, a story of another matter?

A longer version of a story, a background added to it and a cut copy speak of the same
people, places and things from beginning to end. A digest does not: where the story ends
that the two share, names and longer words are others. Boilerplate is foreign too, but
shorter than a story.

Known to miss: digests of short items, of stories about one matter, and in scripts
without capitals and word boundaries, where nothing is ever foreign.
"""

from __future__ import annotations

import numpy as np

from nightdesk.deduplicate.profiles import GRAM, Profile, find_names
from nightdesk.deduplicate.scan import (
    Flags,
    Hashes,
    count_shared,
    distinct,
    hash_grams,
    is_among,
    scan_words,
)

MIN_FOREIGN_WORDS = 100  # a page's own boilerplate has up to 90 or so
MIN_FOREIGN_SHARE = 0.2  # of the text
#: Shared names and shared long words, as shares, added: what is below is foreign.
#: Real reissues with as much that is new begin at .35; two stories have .2 mostly.
MAX_COHESION = 0.35
LONG_WORD = 5  # letters
#: Words in which a text says what it is about, the names that it needs for it, and the
#: share of those that a copy with another first sentence has.
BEGIN_WORDS = 12
MIN_BEGIN_NAMES = 2
MIN_BEGIN_SHARE = 0.34
_DENSITY = 0.25  # share of grams within a shared passage that must be shared


def has_foreign_story(
    text: str, profile: Profile, n_shared: int, other: Hashes
) -> bool:
    """Say whether much of a text is about something else than what it shares.

    Args:
        text: the text.
        profile: of the text.
        n_shared: how many grams it shares with the other text.
        other: the grams of the other text.
    """
    share = 1 - n_shared / profile.grams.size
    if share < MIN_FOREIGN_SHARE or share * profile.facts.n_words < MIN_FOREIGN_WORDS:
        return False
    words = scan_words(text)
    passage = _find_passage(is_among(hash_grams(words.hashes, GRAM), other))
    within = np.zeros(words.hashes.size, np.bool_)
    within[passage] = True
    n_foreign = words.hashes.size - int(within.sum())
    if n_foreign < max(MIN_FOREIGN_WORDS, MIN_FOREIGN_SHARE * words.hashes.size):
        return False
    is_name = is_among(words.hashes, find_names(words))
    is_long = words.lengths >= LONG_WORD
    cohesion = _overlap(words.hashes, within, is_name)
    cohesion += _overlap(words.hashes, within, is_long)
    return cohesion < MAX_COHESION


def begin_apart(a: tuple[str, Profile], b: tuple[str, Profile]) -> bool:
    """Say whether two texts begin with names and words that the other has nowhere.

    Short reports on one site share more of its furniture than they have words of their
    own. A copy whose first sentence was written anew names who is in the text.

    Args:
        a: a text and its profile.
        b: the other.
    """
    return _begins_elsewhere(*a, b[1]) and _begins_elsewhere(*b, a[1])


def _begins_elsewhere(text: str, profile: Profile, other: Profile) -> bool:
    words = scan_words(text[: 40 * BEGIN_WORDS])
    begin = words.hashes[:BEGIN_WORDS]
    names = distinct(begin[is_among(begin, profile.facts.names)])
    if names.size < MIN_BEGIN_NAMES:
        return False
    if count_shared(names, other.facts.names) >= MIN_BEGIN_SHARE * names.size:
        return False
    return not is_among(hash_grams(begin, GRAM), other.grams).any()


def _find_passage(shared: Flags) -> slice:
    """Return the run of words whose grams are shared most: the run of greatest sum."""
    sums = np.concatenate((np.zeros(1), np.cumsum(shared - _DENSITY)))
    lows = np.minimum.accumulate(sums)
    end = int(np.argmax(sums - lows))
    start = int(np.argmax(sums[: end + 1] == lows[end]))
    return slice(start, end + GRAM - 1)


def _overlap(words: Hashes, within: Flags, kind: Flags) -> float:
    """Return the share of a kind's words that inside and outside have in common."""
    inside, outside = distinct(words[kind & within]), distinct(words[kind & ~within])
    fewer = min(inside.size, outside.size)
    return (count_shared(inside, outside) + 0.5) / (fewer + 1)
