"""Terms -> how rare each is: by counts that were frozen before, and by its form.

What a word or a name proves depends on how many articles have it. Those counts come
from a table that is learned from many nights and never changed (`landing.frozen`);
beside it, and where nothing has been learned, stands what the form of a term says:
short words are the common ones (Zipf's law of abbreviation). A rarity is therefore
never a matter of the batch at hand.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal, cast

from nightdesk.model import TermCount

TermKind = Literal["word", "fact"]
RowKind = Literal["text", "word", "fact"]

#: The form of a term counts as much as that many articles.
PRIOR_TEXTS = 100
#: Share of articles that have a word of so many letters. Rounded from English, German
#: and Russian news; a factor of two in all of them changes little.
_SHARES: tuple[float, ...] = (0.3, 0.3, 0.5, 0.3, 0.12, 0.06, 0.03, 0.02, 0.012)
_SHARE_LONG = 0.006
#: Of numbers, by digits; and of names of two words and their like.
_NUMBER_SHARES = (0.3, 0.3, 0.15, 0.05)
_SHARE_LONG_NUMBER = 0.02
_FACT_SHARE = 0.002

#: A term that fewer articles have is as good as unknown, and is not kept.
MIN_TEXTS = 5
#: Most terms that are kept of a language, those of most articles.
MOST_TERMS = 100_000
_ANY = ""  # of a language that is not known: of all of them


class Rarity:
    """How rare terms are, by language and kind; the same for the same counts.

    Args:
        rows: as `count_terms` returns them; none: only the form of terms counts.
    """

    def __init__(self, rows: Iterable[TermCount] = ()) -> None:
        self._n_texts: Counter[str] = Counter()
        self._counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for row in rows:
            for lang in {row.lang, _ANY}:
                if row.kind == "text":
                    self._n_texts[lang] += row.n_texts
                else:
                    self._counts[lang, row.kind][row.term] += row.n_texts

    def weigh_terms(
        self, terms: Iterable[str], kind: TermKind, lang: str | None
    ) -> dict[str, float]:
        """Return the rarity of each term: 0 where every article has it.

        >>> rarity = Rarity().weigh_terms(["the", "harbourmaster"], "word", "en")
        >>> rarity["the"] < rarity["harbourmaster"]
        True
        """
        counts: Mapping[str, int] = self._counts.get((lang or _ANY, kind), {})
        n_all = self._n_texts[lang or _ANY] + PRIOR_TEXTS
        share = _FACT_SHARE
        rarities = {}
        for term in terms:
            if kind == "word":
                share = _guess_share(term)
            n_texts = counts.get(term, 0) + PRIOR_TEXTS * share
            rarities[term] = max(0.0, math.log(n_all / n_texts))
        return rarities


def count_terms(
    texts: Iterable[tuple[str | None, Mapping[TermKind, Iterable[str]]]],
) -> list[TermCount]:
    """Return in how many articles of a language each term is, in a fixed order.

    Args:
        texts: (language, kind -> terms of the article, repeats allowed).

    Returns:
        For each language one row of kind "text" with the number of its articles, then
        the terms, those of most articles first.
    """
    n_texts: Counter[str] = Counter()
    counts: dict[tuple[str, TermKind], Counter[str]] = {}
    for lang, kinds in texts:
        n_texts[lang or _ANY] += 1
        for kind, terms in kinds.items():
            counts.setdefault((lang or _ANY, kind), Counter()).update(set(terms))
    rows = [TermCount(lang, "text", "", n) for lang, n in sorted(n_texts.items())]
    for (lang, kind), counter in sorted(counts.items()):
        kept = sorted(
            ((n, term) for term, n in counter.items() if n >= MIN_TEXTS),
            key=lambda row: (-row[0], row[1]),
        )
        rows += [TermCount(lang, kind, term, n) for n, term in kept[:MOST_TERMS]]
    return rows


def format_counts(rows: Iterable[TermCount]) -> str:
    r"""Return rows as lines of tab-separated values, for a file.

    >>> format_counts([TermCount("en", "word", "rain", 7)])
    'en\tword\train\t7\n'
    """
    lines = (f"{row.lang}\t{row.kind}\t{row.term}\t{row.n_texts}\n" for row in rows)
    return "".join(lines)


def parse_counts(text: str) -> list[TermCount]:
    r"""Return the rows of such a file.

    >>> parse_counts("en\tword\train\t7\n")
    [TermCount(lang='en', kind='word', term='rain', n_texts=7)]
    """
    rows = []
    for line in text.splitlines():
        lang, kind, term, n_texts = line.split("\t")
        rows.append(TermCount(lang, cast(RowKind, kind), term, int(n_texts)))
    return rows


def _guess_share(word: str) -> float:
    """Return the share of articles that have a word, by its form alone."""
    known, long = _SHARES, _SHARE_LONG
    if word[0].isdigit():
        known, long = _NUMBER_SHARES, _SHARE_LONG_NUMBER
    return known[len(word)] if len(word) < len(known) else long
