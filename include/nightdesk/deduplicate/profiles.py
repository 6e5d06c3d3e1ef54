"""What a close look at one text keeps: its grams, how it begins, what it states.

Made for the documents of candidate pairs only, since it costs more than a fingerprint.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from nightdesk.deduplicate.fingerprints import Hashes, hash_grams, hash_words

GRAM = 3  # words; short enough to survive an edit in every second line
LEAD = 60  # grams: the first paragraph or two
TOP = 140  # grams: where the lead may be after a byline, a dateline, a new paragraph
OPENING = 40  # grams: the first sentences

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_TOKEN = re.compile(r"[^\W\d_][^\W_]*")


@dataclass(frozen=True, slots=True)
class Profile:
    """One text as pairs are judged by it; grams are hashes of three words."""

    n_words: int
    grams: Hashes  # distinct, ascending
    lead: frozenset[int]
    top: frozenset[int]
    opening: Hashes  # distinct, ascending
    numbers: frozenset[str]
    names: frozenset[str]


def profile_text(text: str) -> Profile:
    """Return the profile of a text; that of a text without words is empty.

    Numbers are as written. Names are the capitalised words that occur nowhere in the
    text in small letters: a cheap stand-in for entities that needs no model, and that
    finds nothing in scripts without capitals.

    >>> sorted(profile_text("The mayor of Ost met 12 aides. The end.").names)
    ['ost', 'the']
    """
    words = hash_words(text)
    grams = hash_grams(words, GRAM)
    tokens = _TOKEN.findall(text)
    small = {token for token in tokens if token[0].islower()}
    return Profile(
        n_words=words.size,
        grams=np.unique(grams),
        lead=frozenset(grams[:LEAD].tolist()),
        top=frozenset(grams[:TOP].tolist()),
        opening=np.unique(grams[:OPENING]),
        numbers=frozenset(_NUMBER.findall(text)),
        names=frozenset(_read_names(tokens, small)),
    )


def _read_names(tokens: list[str], small: set[str]) -> set[str]:
    return {
        token.casefold()
        for token in tokens
        if len(token) > 1 and token[0].isupper() and token.lower() not in small
    }


def count_shared(a: Hashes, b: Hashes) -> int:
    """Return how many hashes two ascending arrays of distinct hashes share."""
    return int(np.intersect1d(a, b, assume_unique=True).size)
