"""What a close look at one text keeps: its grams, how it begins, what it states.

Made for the documents of candidate pairs only, since it costs more than a fingerprint.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass

from nightdesk.deduplicate.documents import Document
from nightdesk.deduplicate.scan import (
    Hashes,
    Words,
    distinct,
    hash_grams,
    is_among,
    scan_words,
)

GRAM = 3  # words; short enough to survive an edit in every second line
LEAD = 60  # grams: the first paragraph or two
TOP = 140  # grams: where the lead may be after a byline, a dateline, a new paragraph
OPENING = 40  # grams: the first sentences

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")


@dataclass(frozen=True, slots=True)
class Profile:
    """One text as pairs are judged by it; hashes are distinct, ascending.

    `grams` are of three words; `lead`, `top` and `opening` are those at its beginning.
    """

    n_words: int
    grams: Hashes
    lead: Hashes
    top: Hashes
    opening: Hashes
    numbers: frozenset[str]
    names: Hashes


def profile_text(text: str) -> Profile:
    """Return the profile of a text; that of a text without words is empty.

    Numbers are as written. Names are the capitalised words that occur nowhere in the
    text in small letters: a cheap stand-in for entities that needs no model, and that
    finds nothing in scripts without capitals.

    >>> profile_text("The mayor of Ost met 12 aides. The end.").names.size
    2
    """
    words = scan_words(text)
    grams = hash_grams(words.hashes, GRAM)
    return Profile(
        n_words=words.hashes.size,
        grams=distinct(grams),
        lead=distinct(grams[:LEAD]),
        top=distinct(grams[:TOP]),
        opening=distinct(grams[:OPENING]),
        numbers=frozenset(_NUMBER.findall(text)),
        names=find_names(words),
    )


def find_names(words: Words) -> Hashes:
    """Return the hashes of the words that begin with a capital wherever they occur."""
    long = words.lengths > 1
    names = distinct(words.hashes[words.capitals & long])
    small = words.hashes[~words.capitals & long]
    return names[~is_among(names, distinct(small))]


class Profiles:
    """The profiles of documents, each made once while it is among the last used.

    Passed along by whoever runs several steps over the same documents, so that no step
    keeps a cache of its own; a profile takes some 6 KB.
    """

    def __init__(self, limit: int = 8_192) -> None:
        self._limit = limit
        self._kept: OrderedDict[int, Profile] = OrderedDict()

    def read(self, document: Document) -> Profile:
        """Return the profile of a document's text."""
        profile = self._kept.get(document.article_id)
        if profile is None:
            profile = profile_text(document.text)
            if len(self._kept) >= self._limit:
                self._kept.popitem(last=False)
        else:
            del self._kept[document.article_id]
        self._kept[document.article_id] = profile
        return profile
