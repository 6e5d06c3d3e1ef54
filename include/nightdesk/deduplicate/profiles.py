"""What a close look at one text keeps: its grams, how it begins, what it states.

Made for the documents of candidate pairs only, since it costs more than a fingerprint.
What a text states is a hundredth of it and rules most candidates out, so that it is
kept of far more documents than the rest.
"""

from __future__ import annotations

import re
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from nightdesk.deduplicate.documents import Document
from nightdesk.deduplicate.scan import (
    Hashes,
    Words,
    distinct,
    hash_grams,
    is_among,
    scan_words,
)
from nightdesk.deduplicate.slots import Slots, read_slots

GRAM = 3  # words; short enough to survive an edit in every second line
LEAD = 60  # grams: the first paragraph or two
TOP = 140  # grams: where the lead may be after a byline, a dateline, a new paragraph
OPENING = 40  # grams: the first sentences

Kept = TypeVar("Kept")

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")


@dataclass(frozen=True, slots=True)
class Facts:
    """What one text states; hashes are distinct, ascending."""

    n_words: int
    numbers: Hashes
    names: Hashes


@dataclass(frozen=True, slots=True)
class Profile:
    """One text as pairs are judged by it; hashes are distinct, ascending.

    `grams` are of three words; `lead`, `top` and `opening` are those at its beginning.
    """

    facts: Facts
    grams: Hashes
    lead: Hashes
    top: Hashes
    opening: Hashes


def profile_text(text: str) -> Profile:
    """Return the profile of a text; that of a text without words is empty.

    Numbers are as written. Names are the capitalised words that occur nowhere in the
    text in small letters: a cheap stand-in for entities that needs no model, and that
    finds nothing in scripts without capitals.

    >>> profile_text("The mayor of Ost met 12 aides. The end.").facts.names.size
    2
    """
    words = scan_words(text)
    grams = hash_grams(words.hashes, GRAM)
    return Profile(
        facts=Facts(words.hashes.size, _hash_numbers(text), find_names(words)),
        grams=distinct(grams),
        lead=distinct(grams[:LEAD]),
        top=distinct(grams[:TOP]),
        opening=distinct(grams[:OPENING]),
    )


def _hash_numbers(text: str) -> Hashes:
    numbers = [zlib.crc32(number.encode()) for number in set(_NUMBER.findall(text))]
    return distinct(np.array(numbers, np.uint64))


def find_names(words: Words) -> Hashes:
    """Return the hashes of the words that begin with a capital wherever they occur."""
    long = words.lengths > 1
    names = distinct(words.hashes[words.capitals & long])
    small = words.hashes[~words.capitals & long]
    return names[~is_among(names, distinct(small))]


class Profiles:
    """The profiles of documents, each made once while it is among the last used.

    Passed along by whoever runs several steps over the same documents, so that no step
    keeps a cache of its own; a profile takes some 6 KB, slots 40, facts alone half a
    kilobyte.
    """

    def __init__(
        self, limit: int = 4_096, limit_facts: int = 100_000, limit_slots: int = 512
    ) -> None:
        self._slots = _Latest[Slots](limit_slots)
        self._profiles = _Latest[Profile](limit)
        self._facts = _Latest[Facts](limit_facts)

    def read(self, document: Document) -> Profile:
        """Return the profile of a document's text."""
        profile = self._profiles.find(document.article_id)
        if profile is None:
            profile = profile_text(document.text)
            self._profiles.keep(document.article_id, profile)
            self._facts.keep(document.article_id, profile.facts)
        return profile

    def read_facts(self, document: Document) -> Facts:
        """Return what a document's text states."""
        facts = self._facts.find(document.article_id)
        return self.read(document).facts if facts is None else facts

    def read_slots(self, document: Document) -> Slots:
        """Return the slots of a document."""
        slots = self._slots.find(document.article_id)
        if slots is None:
            slots = read_slots(document.title, document.text)
            self._slots.keep(document.article_id, slots)
        return slots


class _Latest(Generic[Kept]):
    """The last used of something, by article."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[int, Kept] = OrderedDict()

    def find(self, article_id: int) -> Kept | None:
        found = self._kept.get(article_id)
        if found is not None:
            self._kept.move_to_end(article_id)
        return found

    def keep(self, article_id: int, value: Kept) -> None:
        self._kept[article_id] = value
        self._kept.move_to_end(article_id)
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)
