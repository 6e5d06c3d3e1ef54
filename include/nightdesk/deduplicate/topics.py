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

from nightdesk.deduplicate.documents import Document
from nightdesk.deduplicate.profiles import GRAM, Profile, Profiles, find_names
from nightdesk.deduplicate.scan import (
    Flags,
    Hashes,
    Words,
    count_shared,
    distinct,
    hash_grams,
    hash_words,
    is_among,
    scan_words,
)

MIN_FOREIGN_WORDS = 100  # a page's own boilerplate has up to 90 or so
MIN_FOREIGN_SHARE = 0.2  # of the text
#: Shares of names, of long words, and of long words that one part repeats, that the
#: other has, added: what is below is foreign. Of the halves and fifths of real news 2 %
#: are below, of two real news put together 95 %.
MAX_COHESION = 0.5
#: The same of two parts of which others have one each, which shows more.
MAX_COHESION_APART = 0.7
LONG_WORD = 5  # letters
#: What stands before all that two texts share is of two matters from so many words on
#: (a byline has fewer), or so many long ones, of which less than that share is anywhere
#: in the other text. What they share begins with so many grams in a row, since fewer
#: are chance.
MIN_BEFORE = 12
MIN_BEFORE_LONG = 5
FEW_BEFORE_LONG = 3
MAX_BEFORE_SHARE = 0.4
SHARED_GRAMS = 4
#: That, where they share no more than the words by which a site asks for something: of
#: so much text the beginning is one paragraph of many.
MAX_ASKED_GRAMS = 100
#: A headline of a matter has so many long words, or so many in a script without blanks,
#: and that share of them is in the text.
MIN_TOLD = 3
MIN_TOLD_SHORT = 8
MIN_TOLD_SHARE = 0.4
MOST_BEFORE = 800  # characters; more is not read
MOST_BEHIND = 200
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
    cohesion = _measure_cohesion(words, within, ~within)
    return cohesion is not None and cohesion < MAX_COHESION


def tell_apart(text: str, a: Hashes, b: Hashes) -> bool:
    """Say whether the passages that a text shares with two others are of two matters.

    They are where nothing shows what they are about, as in scripts without word
    boundaries.

    Args:
        text: the text.
        a: the grams of one other text.
        b: those of the second.
    """
    words = scan_words(text)
    grams = hash_grams(words.hashes, GRAM)
    here, there = (np.zeros(words.hashes.size, np.bool_) for _ in range(2))
    here[_find_passage(is_among(grams, a))] = True
    there[_find_passage(is_among(grams, b))] = True
    cohesion = _measure_cohesion(words, here, there & ~here)
    return cohesion is None or cohesion < MAX_COHESION_APART


def begin_apart(a: Document, b: Document, profiles: Profiles) -> bool:
    """Say whether two matters stand before the little that two texts end with.

    A teaser over the words by which a site asks for a subscription is not its next one.
    Where they share more, the first paragraph was written anew or is a site's own;
    where something follows, what they share is a quote.

    Args:
        a: a document.
        b: the other.
        profiles: of both.
    """
    grams = [profiles.read(document).grams for document in (b, a)]  # of the other one
    if count_shared(*grams) > MAX_ASKED_GRAMS:
        return False
    texts = (a.text, b.text)
    return all(map(_ends_within, texts, grams)) and all(
        map(_begins_elsewhere, texts, grams, texts[::-1])
    )


def _ends_within(text: str, other: Hashes) -> bool:
    """Say whether another text has the last words of a text."""
    grams = hash_grams(scan_words(text[-MOST_BEHIND:]).hashes, GRAM)
    return bool(is_among(grams[-SHARED_GRAMS:], other).all())


def share_headline(a: Document, b: Document) -> bool:
    """Say whether two articles have one headline, that of a matter which both tell.

    A digest has one of its own. One that stands over many articles ("Evening brief")
    has no words of theirs.
    """
    if not a.title or not b.title:
        return False
    words, other = scan_words(a.title), scan_words(b.title)
    if not np.array_equal(words.hashes, other.hashes):
        return False
    is_long = words.lengths >= LONG_WORD
    told = distinct(words.hashes[is_long] if is_long.any() else words.hashes)
    if told.size < (MIN_TOLD if is_long.any() else MIN_TOLD_SHORT):
        return False
    texts = (distinct(hash_words(document.text)) for document in (a, b))
    return all(count_shared(told, text) >= MIN_TOLD_SHARE * told.size for text in texts)


def _begins_elsewhere(text: str, grams: Hashes, other: str) -> bool:
    """Say whether what a text has before its first passage of another is not in that.

    Args:
        text: the text.
        grams: of the other.
        other: the other text.
    """
    words = scan_words(text[:MOST_BEFORE])
    shared = is_among(hash_grams(words.hashes, GRAM), grams)
    run = np.convolve(shared, np.ones(SHARED_GRAMS, np.int64), "valid") == SHARED_GRAMS
    end = int(np.argmax(run)) if run.any() else words.hashes.size
    before = distinct(words.hashes[:end][words.lengths[:end] >= LONG_WORD])
    if before.size < (FEW_BEFORE_LONG if end >= MIN_BEFORE else MIN_BEFORE_LONG):
        return False
    n_met = count_shared(before, distinct(hash_words(other)))
    return n_met < MAX_BEFORE_SHARE * before.size


def _find_passage(shared: Flags) -> slice:
    """Return the run of words whose grams are shared most: the run of greatest sum."""
    sums = np.concatenate((np.zeros(1), np.cumsum(shared - _DENSITY)))
    lows = np.minimum.accumulate(sums)
    end = int(np.argmax(sums - lows))
    start = int(np.argmax(sums[: end + 1] == lows[end]))
    return slice(start, end + GRAM - 1)


def _measure_cohesion(words: Words, here: Flags, there: Flags) -> float | None:
    """Return how much two parts of a text are about the same, 0 to 3; None: unknown."""
    is_name = is_among(words.hashes, find_names(words))
    is_long = words.lengths >= LONG_WORD
    one, other = words.hashes[is_long & here], words.hashes[is_long & there]
    if not one.size or not other.size:
        return None
    one_again, other_again = _find_repeated(one), _find_repeated(other)
    one, other = distinct(one), distinct(other)
    n_again = one_again.size + other_again.size
    n_met = count_shared(one_again, other) + count_shared(other_again, one)
    names = (distinct(words.hashes[is_name & part]) for part in (here, there))
    cohesion = _overlap(*names) + _overlap(one, other)
    # A short text repeats nothing, which shows nothing.
    return cohesion + smooth(n_met, n_again) if n_again else 1.5 * cohesion


def _overlap(one: Hashes, other: Hashes) -> float:
    return smooth(count_shared(one, other), min(one.size, other.size))


def _find_repeated(words: Hashes) -> Hashes:
    hashes, counts = np.unique(words, return_counts=True)
    return hashes[counts > 1]


def smooth(shared: int, total: int) -> float:
    """Return the share, drawn towards a half where there is little to count."""
    return (shared + 0.5) / (total + 1)
