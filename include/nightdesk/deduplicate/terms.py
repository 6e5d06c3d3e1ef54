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

from nightdesk.deduplicate.plain_words import DAYS, FIGURES
from nightdesk.deduplicate.rarity import TermKind
from nightdesk.text import SOLO, split_words

LEAD_WORDS = 40
#: Least share of words with a letter that can be a capital, for capitals to tell names.
MIN_CASED = 0.5

#: Letters of a word that tell what it says; the rest is how it is inflected. Lexical
#: likeness grows by that: "explosion" and "exploded" are one word, so are the cases of
#: Russian nouns.
STEM = 5
#: Share of words with a capital, above which capitals mark nouns, as in German.
MOST_CAPITALS = 0.35
_NOUNS = frozenset({"de", "lb"})  # languages of which that is known

_TOKEN = re.compile(
    rf"\d+(?:[.,:/-]\d+)*|[{SOLO}]|[^\W\d_{SOLO}][^\W_{SOLO}]*"
    r"|[.!?;:,()\"“”„«»‘。，、；：！？،؛؟\n]"
)
#: What a sentence, a line or a quote begins behind.
_OPENS = frozenset('.!?:;"“„«‘\n')
_ALONE = re.compile(f"[{SOLO}]")


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one article, case-folded, its title included."""

    words: Mapping[str, int]  # how often each is in the text
    lead: Mapping[str, int]  # the same of its first words
    names: tuple[str, ...]  # as `_find_names` finds them; each once, sorted
    facts: tuple[str, ...]  # names of two words, numbers; each once, sorted
    numbers: tuple[str, ...]  # of one digit, and in words, too; each once, sorted
    has_nouns: bool  # capitals mark nouns


def read_terms(title: str | None, text: str, lang: str | None = None) -> Terms:
    """Return the terms of an article; a text without words has none."""
    if title:
        text = f"{title}\n{text}"
    words = split_words(text)
    if _ALONE.search(" ".join(words)):
        words = list(_pair_characters(words))
    tokens = _TOKEN.findall(text)
    numbers = {FIGURES.get(token.casefold(), token) for token in tokens}
    numbers = {number for number in numbers if number[0].isdigit()}
    names: set[str] = set()
    has_nouns = lang in _NOUNS if lang else _share_capitals(tokens) > MOST_CAPITALS
    if _has_capitals(tokens):
        names = set(_find_names(tokens, has_nouns=has_nouns))
        facts = set(_pair_names(tokens, names))
    else:
        facts = set(_pair_words(tokens))
    return Terms(
        words=Counter(words),
        lead=Counter(words[:LEAD_WORDS]),
        names=tuple(sorted(names)),
        facts=tuple(sorted(facts | {number for number in numbers if len(number) > 1})),
        numbers=tuple(sorted(numbers)),
        has_nouns=has_nouns,
    )


def has_solo(text: str) -> bool:
    """Say whether a text is in a script whose characters are words of their own."""
    return _ALONE.search(text) is not None


def list_terms(title: str | None, text: str) -> Mapping[TermKind, Sequence[str]]:
    """Return the terms of an article as `count_terms` counts them."""
    terms = read_terms(title, text)
    return {"word": tuple(terms.words), "fact": terms.facts}


def states_something(text: str) -> bool:
    """Say whether a text names anybody or states a figure, as all news do.

    A wall in front of an article does not. Scripts without capitals may hide names.

    >>> states_something("Please accept cookies. By going on you agree to our terms.")
    False
    """
    tokens = _TOKEN.findall(text)
    has_figure = any(token[0].isdigit() for token in tokens)
    return has_figure or not _has_capitals(tokens) or any(_find_names(tokens))


def list_stems(word: str, *, has_nouns: bool) -> tuple[str, ...]:
    """Return what of a word is compared: its first letters, in German its last too.

    German nouns are put together: the last part says what it is.

    >>> list_stems("rheinbrücke", has_nouns=True)
    ('rhein', '-rücke')
    """
    if has_nouns and len(word) >= STEM:
        return word[:STEM], f"-{word[-STEM:]}"
    return (word[:STEM],)


def find_bearers(terms: Terms) -> frozenset[str]:
    """Return the words that say who and where, not what: those of names.

    Where nouns have capitals too, those of names of two words.
    """
    if not terms.has_nouns:
        return frozenset(terms.names)
    return frozenset(word for fact in terms.facts for word in fact.split(" "))


def _share_capitals(tokens: Sequence[str]) -> float:
    words = [
        token
        for last, token in pairwise(("\n", *tokens))
        if token[0].isalpha() and last not in _OPENS
    ]
    return sum(word[0].isupper() for word in words) / (len(words) or 1)


def _find_names(tokens: Sequence[str], *, has_nouns: bool = False) -> Iterator[str]:
    """Yield words that are capitalised wherever they are, but for days and figures.

    At the beginning of a sentence that says nothing, but before another capital, where
    that is no noun.
    """
    small = {token for token in tokens if token[0].islower()}
    before, behind = ("\n", *tokens), (*tokens[1:], "\n")
    for token, last, following in zip(tokens, before, behind, strict=False):
        if len(token) == 1 or not token[0].isupper() or token.lower() in small:
            continue
        name = token.casefold()
        is_free = last not in _OPENS or (following[0].isupper() and not has_nouns)
        if is_free and name not in DAYS and name not in FIGURES:
            yield name


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
