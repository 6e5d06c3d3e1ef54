"""An article -> the terms by which stories compare it: words, names, facts.

Facts are what a template leaves open: names of two words and numbers. A script without
capitals has no names to see; there every two words in a row (three characters, where
words are not set apart) stand for them, of which a learned table knows the common ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nightdesk.deduplicate.rarity import TermKind
from nightdesk.text import SOLO, split_words

LEAD_WORDS = 40
#: Least share of words with a letter that can be a capital, for capitals to tell names.
MIN_CASED = 0.5

_TOKEN = re.compile(
    rf"\d+(?:[.,:/-]\d+)*|[{SOLO}]|[^\W\d_{SOLO}][^\W_{SOLO}]*|[.!?;:,()\"“”。，、；：！？،؛؟]"
)
_ALONE = re.compile(f"[{SOLO}]")


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one article, case-folded, its title included."""

    words: Mapping[str, int]  # how often each is in the text
    lead: Mapping[str, int]  # the same of its first words
    names: tuple[str, ...]  # capitalised wherever they are; each once, sorted
    facts: tuple[str, ...]  # names of two words, numbers; each once, sorted
    numbers: tuple[str, ...]  # of one digit too; each once, sorted


def read_terms(title: str | None, text: str) -> Terms:
    """Return the terms of an article; a text without words has none."""
    if title:
        text = f"{title}\n{text}"
    words = split_words(text)
    if _ALONE.search(" ".join(words)):
        words = list(_pair_characters(words))
    tokens = _TOKEN.findall(text)
    numbers = {token for token in tokens if token[0].isdigit()}
    names: set[str] = set()
    if _has_capitals(tokens):
        small = {token for token in tokens if token[0].islower()}
        names = {
            token.casefold()
            for token in tokens
            if len(token) > 1 and token[0].isupper() and token.lower() not in small
        }
        facts = set(_pair_names(tokens, names))
    else:
        facts = set(_pair_words(tokens))
    return Terms(
        words=Counter(words),
        lead=Counter(words[:LEAD_WORDS]),
        names=tuple(sorted(names)),
        facts=tuple(sorted(facts | {number for number in numbers if len(number) > 1})),
        numbers=tuple(sorted(numbers)),
    )


def list_terms(title: str | None, text: str) -> Mapping[TermKind, Sequence[str]]:
    """Return the terms of an article as `count_terms` counts them."""
    terms = read_terms(title, text)
    return {"word": tuple(terms.words), "fact": terms.facts}


def _pair_characters(words: Sequence[str]) -> Iterator[str]:
    """Yield the words, and characters that are words of their own two by two."""
    before = ""
    for word in words:
        is_alone = _ALONE.match(word) is not None
        if not is_alone:
            yield word
        elif before:
            yield before + word
        before = word if is_alone else ""


def _has_capitals(tokens: Sequence[str]) -> bool:
    words = [token for token in tokens if token[0].isalpha()]
    n_cased = sum(token[0].islower() or token[0].isupper() for token in words)
    return n_cased >= MIN_CASED * len(words)


def _pair_names(tokens: Sequence[str], names: set[str]) -> Iterator[str]:
    for one, other in pairwise(tokens):
        if one[0].isupper() and other[0].isupper():
            both = one.casefold(), other.casefold()
            if names.issuperset(both):
                yield " ".join(both)


def _pair_words(tokens: Sequence[str]) -> Iterator[str]:
    """Yield every two words in a row; of characters that are words, every three."""
    thirds = (*tokens[2:], "")
    for one, other, third in zip(tokens, tokens[1:], thirds, strict=False):
        if one[0].isalpha() and other[0].isalpha():
            if not _ALONE.match(one):
                yield f"{one} {other}".casefold()
            elif _ALONE.match(third):
                yield one + other + third
