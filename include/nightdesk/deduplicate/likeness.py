"""Documents -> which of them resemble each other, as reports of one event do.

Two reports resemble each other in their matter (words weighted by rarity, in the text
and in its lead) and in their facts (names; names of two words and numbers): the
geometric mean of the two cosines, since neither proves anything alone. Reports from one
template differ in their facts; other news of one person or place differ in their
matter. Pairs are found by their facts, so that time grows with the number of articles
that share a name which is not known to be common.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from nightdesk.deduplicate.documents import Document, stated_days
from nightdesk.deduplicate.rarity import Rarity
from nightdesk.deduplicate.terms import Terms, read_terms

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Row = dict[tuple[int, str], float]

WINDOW_DAYS = 3.0  # two reports that are further apart are of two events
MATTER_SHARES = (0.67, 0.33)  # of text, lead
FACT_SHARES = (0.3, 0.7)  # of names; of names of two words and numbers
#: Rarity below which a term is left out: one article in four has it.
MIN_RARITY = 1.4
#: Facts that are less alike than that are not alike at all.
MIN_FACTS = 0.02
#: Of two reports that share so much of their wording, as fingerprints see it, the facts
#: must be alike too; else they share a template. Reports in words of their own share
#: next to nothing, and what one copied from the other has its facts in it.
TEMPLATE_SHARE = 0.03
MIN_TEMPLATE_FACTS = 0.25


class Likeness:
    """How much each document resembles the others.

    Args:
        documents: in the order by which pairs are named.
        rarity: of their terms.
    """

    def __init__(self, documents: Sequence[Document], rarity: Rarity) -> None:
        self._days = stated_days(documents)
        matter, facts = [], []
        for document in documents:
            terms = read_terms(document.title, document.text)
            matter.append(_weigh_matter(terms, rarity, document.lang))
            facts.append(_weigh_facts(terms, rarity, document.lang))
        self._matter, self._facts = _Rows(matter), _Rows(facts)
        self._prints = _Rows([_spread_hashes(d) for d in documents])
        self._n_hashes = np.array([len(d.hashes) for d in documents], np.float64)

    def list_pairs(self) -> Iterator[tuple[int, Ints, Floats]]:
        """Yield (i, the later documents that are like i, how much), by i."""
        for i in range(self._days.size):
            facts = self._facts.meet(i)
            facts[: i + 1] = 0.0
            facts[np.abs(self._days - self._days[i]) > WINDOW_DAYS] = 0.0
            near = np.flatnonzero(facts >= MIN_FACTS)
            near = near[~self._is_template(i, near, facts[near])]
            if near.size:
                yield i, near, np.sqrt(facts[near] * self._matter.compare(i, near))

    def _is_template(self, i: int, near: Ints, facts: Floats) -> Flags:
        """Say of each whether it shares wording with document i, but not its facts."""
        shared = self._prints.compare(i, near)
        fewer = np.minimum(self._n_hashes[i], self._n_hashes[near])
        is_worded: Flags = shared >= np.maximum(TEMPLATE_SHARE * fewer, 0.5)
        return is_worded & (facts < MIN_TEMPLATE_FACTS)


def _spread_hashes(document: Document) -> Row:
    return {(0, str(key)): 1.0 for key in document.hashes}


def _weigh_matter(terms: Terms, rarity: Rarity, lang: str | None) -> Row:
    weights = rarity.weigh_terms(terms.words, "word", lang)
    row: Row = {}
    for place, (counts, share) in enumerate(
        zip((terms.words, terms.lead), MATTER_SHARES, strict=True)
    ):
        field = {
            word: (1 + math.log(n)) * weights[word]
            for word, n in counts.items()
            if weights[word] >= MIN_RARITY
        }
        _add_field(row, place, field, share)
    return row


def _weigh_facts(terms: Terms, rarity: Rarity, lang: str | None) -> Row:
    shares = FACT_SHARES if terms.names else (0.0, 1.0)
    row: Row = {}
    names = rarity.weigh_terms(terms.names, "word", lang)
    facts = rarity.weigh_terms(terms.facts, "fact", lang)
    for place, (field, share) in enumerate(zip((names, facts), shares, strict=True)):
        kept = {term: weight for term, weight in field.items() if weight >= MIN_RARITY}
        _add_field(row, place, kept, share)
    return row


def _add_field(row: Row, place: int, field: Mapping[str, float], share: float) -> None:
    """Add the terms of a field to a row; their squares add up to its share."""
    length = math.sqrt(sum(weight * weight for weight in field.values())) or 1.0
    scale = math.sqrt(share) / length
    row.update({(place, term): scale * weight for term, weight in field.items()})


class _Rows:
    """Weighted terms of documents, by document and by term.

    A term is a word together with the field in which it stands, so that one sum over
    terms is the weighted sum of the cosines of the fields. Terms of one document meet
    nothing and are left out.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        seen: set[tuple[int, str]] = set()
        shared: set[tuple[int, str]] = set()
        for row in rows:
            shared |= seen & row.keys()
            seen |= row.keys()
        numbers = {term: i for i, term in enumerate(sorted(shared))}
        kept = [
            [(numbers[t], w) for t, w in row.items() if t in shared] for row in rows
        ]
        self._size = len(rows)
        self._offsets = _offsets([len(row) for row in kept])
        self._terms = np.array([t for row in kept for t, _ in row], np.int64)
        self._weights = np.array([w for row in kept for _, w in row], np.float64)
        owners = np.repeat(np.arange(self._size), np.diff(self._offsets))
        order = np.argsort(self._terms, kind="stable")
        self._posted, self._posted_weights = owners[order], self._weights[order]
        counts = np.bincount(self._terms, minlength=len(numbers))
        self._postings = _offsets(counts)
        self._own = np.zeros(len(numbers), np.float64)  # of one document, at work

    def meet(self, i: int) -> Floats:
        """Return the sum over shared terms for document i and every one."""
        mine = slice(self._offsets[i], self._offsets[i + 1])
        terms = self._terms[mine]
        places, counts = _ranges(self._postings, terms)
        products = np.repeat(self._weights[mine], counts)
        products *= self._posted_weights[places]
        sums = np.bincount(self._posted[places], products, minlength=self._size)
        return sums.astype(np.float64, copy=False)

    def compare(self, i: int, others: Ints) -> Floats:
        """Return the same for some documents only."""
        mine = slice(self._offsets[i], self._offsets[i + 1])
        self._own[self._terms[mine]] = self._weights[mine]
        places, counts = _ranges(self._offsets, others)
        products = self._own[self._terms[places]] * self._weights[places]
        owners = np.repeat(np.arange(others.size), counts)
        self._own[self._terms[mine]] = 0.0
        sums = np.bincount(owners, products, minlength=others.size)
        return sums.astype(np.float64, copy=False)


def _ranges(offsets: Ints, keys: Ints) -> tuple[Ints, Ints]:
    """Return the places offsets[k]:offsets[k + 1] of all keys, and their numbers."""
    starts = offsets[keys]
    counts = offsets[keys + 1] - starts
    places = np.arange(counts.sum())
    places += np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return places, counts


def _offsets(counts: Sequence[int] | Ints) -> Ints:
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)))
