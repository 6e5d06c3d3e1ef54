"""Documents -> which of them resemble each other, as reports of one event do.

Two reports resemble each other in their matter (words weighted by rarity, in the text
and in its lead) and in their facts (names; names of two words and numbers): the
geometric mean of the two cosines, since neither proves anything alone. Reports from one
template differ in their facts; other news of one person or place differ in their
matter. Both can be alike by what stands beside the event (the police and the hospital
of a town, an institute that is asked about everything). The names of a lead are the
event's own, as are those that a text repeats and its figures, so that the mean is
lowered where the other text does not have them. Pairs are found by their
facts, so that time grows with the number of articles that share a name which is not
known to be common.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from nightdesk.deduplicate.documents import Document, stated_days
from nightdesk.deduplicate.profiles import Profiles
from nightdesk.deduplicate.rarity import Rarity
from nightdesk.deduplicate.slots import compare_slots, is_other_report
from nightdesk.deduplicate.terms import Terms, read_terms

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Row = dict[tuple[int, str], float]
Pairs = tuple[int, Ints, Floats]  # (i, documents after it, how much they are like it)

WINDOW_DAYS = 3.0  # two reports that are further apart are of two events
MATTER_SHARES = (0.67, 0.33)  # of text, lead
FACT_SHARES = (0.3, 0.7)  # of names; of names of two words and numbers
#: Rarity below which a term is left out: one article in four has it.
MIN_RARITY = 1.4
#: Facts that are less alike than that are not alike at all.
MIN_FACTS = 0.05
#: What is left of a likeness where neither text has a name of the other's lead.
STRAY_SHARE = 0.75
#: The same where the texts have none of the names that the other one repeats.
APART_SHARE = 0.6
#: Figures in common raise a likeness and none lower it, by a root of their share. It is
#: drawn towards a half by as much rarity as two figures have, since long texts have
#: many that are their own; of more than MOST_FIGURES it makes no difference.
FIGURES_DRAWN = 3.0
MOST_FIGURES = 5.0
FIGURES_POWER = 0.35
MOST_RAISED = 1.3
#: A likeness is lowered by this root of how much of the company of two is common.
COMPANY_POWER = 0.15
MIN_COMPANY = 0.1
#: Of two reports that share so much of their wording, as fingerprints see it, the facts
#: must be alike too; else they share a template. Reports in words of their own share
#: next to nothing, and what one copied from the other has its facts in it.
TEMPLATE_SHARE = 0.0225
MIN_TEMPLATE_FACTS = 0.25
#: Two that share so much, and put other names into it, are of one form; a form brings
#: along most of what it states. From ALIKE_SHARE on other figures will do.
FORM_SHARE = 0.3
ALIKE_SHARE = 0.6
#: The same of two reports of one source, which has forms and sentences of its own.
MIN_OWN_TEMPLATE_FACTS = 0.4
#: Where a script has no capitals, pairs of words stand for names, and a template's are
#: its own: there the numbers must be alike, unless the texts are all but one.
MIN_TEMPLATE_NUMBERS = 0.4
COPY_SHARE = 0.8


class Likeness:
    """How much each document resembles the others.

    Args:
        documents: in the order by which pairs are named.
        rarity: of their terms.
    """

    def __init__(self, documents: Sequence[Document], rarity: Rarity) -> None:
        self._documents = documents
        self._profiles = Profiles()
        self._days = stated_days(documents)
        terms = [read_terms(d.title, d.text) for d in documents]
        read = [(t, rarity, d.lang) for t, d in zip(terms, documents, strict=True)]
        self._matter = _Rows([_weigh_matter(*one) for one in read])
        self._facts = _Rows([_weigh_facts(*one) for one in read])
        self._subjects = _Subjects([_weigh_subject(*one) for one in read], terms)
        self._repeated = _Subjects([_weigh_repeated(*one) for one in read], terms)
        figures = [_weigh_figures(*one) for one in read]
        self._figures = _Rows(figures)
        self._n_figures = np.array(
            [sum(w * w for w in row.values()) for row in figures]
        )
        self._numbers = _Rows([_spread_numbers(t) for t in terms])
        self._has_numbers = np.array([bool(_spread_numbers(t)) for t in terms])
        self._prints = _Rows([_spread_hashes(d) for d in documents])
        self._n_hashes = np.array([len(d.hashes) for d in documents], np.float64)
        self._sources = _number_sources(documents)

    def list_pairs(self) -> Iterator[Pairs]:
        """Yield (i, the later documents that are like i, how much), by i."""
        for i in range(self._days.size):
            facts = self._facts.meet(i)
            facts[: i + 1] = 0.0
            facts[np.abs(self._days - self._days[i]) > WINDOW_DAYS] = 0.0
            near = np.flatnonzero(facts >= MIN_FACTS)
            near = near[~self._is_template(i, near, facts[near])]
            if near.size:
                alike = np.sqrt(facts[near] * self._matter.compare(i, near))
                alike *= STRAY_SHARE + (1 - STRAY_SHARE) * self._subjects.meet(i, near)
                alike *= APART_SHARE + (1 - APART_SHARE) * self._repeated.share(i, near)
                yield i, near, alike * self._compare_figures(i, near)

    def _compare_figures(self, i: int, near: Ints) -> Floats:
        """Return by how much common figures raise a likeness or lower it."""
        fewer = np.minimum(self._n_figures[i], self._n_figures[near])
        shared = self._figures.compare(i, near) + FIGURES_DRAWN
        share = shared / (np.minimum(fewer, MOST_FIGURES) + 2 * FIGURES_DRAWN)
        factor: Floats = np.minimum((2 * share) ** FIGURES_POWER, MOST_RAISED)
        return factor

    def _is_template(self, i: int, near: Ints, facts: Floats) -> Flags:
        """Say of each whether it shares wording with document i, but not its facts."""
        shared = self._prints.compare(i, near)
        fewer = np.minimum(self._n_hashes[i], self._n_hashes[near])
        is_worded = shared >= np.maximum(TEMPLATE_SHARE * fewer, 0.5)
        is_own = self._sources[near] == self._sources[i]
        least = np.where(is_own, MIN_OWN_TEMPLATE_FACTS, MIN_TEMPLATE_FACTS)
        differs = self._has_numbers[near] & self._has_numbers[i]
        differs &= self._numbers.compare(i, near) < MIN_TEMPLATE_NUMBERS
        differs &= shared < COPY_SHARE * fewer
        is_template: Flags = is_worded & (differs | (facts < least))
        is_form = ~is_template & (shared >= FORM_SHARE * fewer)
        for k in np.flatnonzero(is_form).tolist():
            is_alike = bool(shared[k] >= ALIKE_SHARE * fewer[k])
            is_template[k] = self._is_other_report(i, int(near[k]), is_alike)
        return is_template

    def _is_other_report(self, i: int, j: int, is_alike: bool) -> bool:
        """Say whether two of one form are of two matters.

        Figures alone prove that only of texts that are all but one: of an event every
        writer has figures of his own.
        """
        days = abs(float(self._days[i] - self._days[j]))
        exchange = compare_slots(
            self._profiles.read_slots(self._documents[i]),
            self._profiles.read_slots(self._documents[j]),
        )
        if not is_alike and not exchange.n_names:
            return False
        return is_other_report(exchange, None if math.isnan(days) else days)


def _number_sources(documents: Sequence[Document]) -> Ints:
    """Return a number for each source; a document without one has its own."""
    keys = [(d.source_id or "", 0 if d.source_id else d.article_id) for d in documents]
    numbers = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], np.int64)


def _spread_numbers(terms: Terms) -> Row:
    """Return the numbers of a text in a script without capitals; else nothing."""
    if terms.names:
        return {}
    numbers = [term for term in terms.facts if term[0].isdigit()]
    return {(0, number): len(numbers) ** -0.5 for number in numbers}


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


def _weigh_subject(terms: Terms, rarity: Rarity, lang: str | None) -> Row:
    """Return the names of the lead; its words, in a script without capitals.

    Their weights add up to 1.
    """
    subject = [name for name in terms.names if name in terms.lead] or terms.lead
    weights = rarity.weigh_terms(subject, "word", lang)
    kept = {term: weight for term, weight in weights.items() if weight >= MIN_RARITY}
    total = sum(kept.values())
    return {(0, term): weight / total for term, weight in kept.items()}


def _weigh_repeated(terms: Terms, rarity: Rarity, lang: str | None) -> Row:
    """Return the names of the lead and those that are repeated, by how often.

    Their weights add up to 1. Words of the lead, in a script without capitals.
    """
    names = terms.names or tuple(terms.lead)
    kept = [n for n in names if n in terms.lead or terms.words.get(n, 1) > 1]
    weights = {
        name: weight * terms.words.get(name, 1) ** 2
        for name, weight in rarity.weigh_terms(kept, "word", lang).items()
        if weight >= MIN_RARITY
    }
    total = sum(weights.values())
    return {(0, name): weight / total for name, weight in weights.items()}


def _weigh_figures(terms: Terms, rarity: Rarity, lang: str | None) -> Row:
    """Return the numbers, so that a sum over shared ones is that of their rarities."""
    weights = rarity.weigh_terms(terms.numbers, "word", lang)
    return {(0, number): math.sqrt(weight) for number, weight in weights.items()}


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

    def __init__(
        self, rows: Sequence[Row], numbers: Mapping[tuple[int, str], int] | None = None
    ) -> None:
        if numbers is None:
            numbers = _number_shared(rows)
        kept = [
            [(numbers[t], w) for t, w in row.items() if t in numbers] for row in rows
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

    def overlap(self, i: int, others: Ints) -> Floats:
        """Return the sum of the smaller weight of each shared term."""
        return self._pair(i, others, self, np.minimum)

    def compare(self, i: int, others: Ints, among: _Rows | None = None) -> Floats:
        """Return the same for some documents only; `among` other rows of them."""
        return self._pair(i, others, among or self, np.multiply)

    def _pair(self, i: int, others: Ints, rows: _Rows, combine: np.ufunc) -> Floats:
        mine = slice(self._offsets[i], self._offsets[i + 1])
        self._own[self._terms[mine]] = self._weights[mine]
        places, counts = _ranges(rows._offsets, others)
        products = combine(self._own[rows._terms[places]], rows._weights[places])
        owners = np.repeat(np.arange(others.size), counts)
        self._own[self._terms[mine]] = 0.0
        sums = np.bincount(owners, products, minlength=others.size)
        return sums.astype(np.float64, copy=False)


class _Subjects:
    """Names that say what texts are about, and which other texts have them.

    Args:
        subjects: of each document; the weights of each add up to 1.
        terms: of each document.
    """

    def __init__(self, subjects: Sequence[Row], terms: Sequence[Terms]) -> None:
        asked = {term: n for n, term in enumerate(sorted(set().union(*subjects)))}
        self._named = _Rows(subjects, asked)
        self._had = _Rows(
            [{(0, word): 1.0 for word in t.words if (0, word) in asked} for t in terms],
            asked,
        )

    def meet(self, i: int, others: Ints) -> Floats:
        """Return how much of the subject of one of the two the other text has."""
        return np.maximum(*self._cover(i, others))

    def share(self, i: int, others: Ints) -> Floats:
        """Return how much of the subjects of the two the other texts have: the mean."""
        here, there = self._cover(i, others)
        mean: Floats = (here + there) / 2
        return mean

    def _cover(self, i: int, others: Ints) -> tuple[Floats, Floats]:
        here = self._had.compare(i, others, self._named)
        return here, self._named.compare(i, others, self._had)


def weigh_company(size: int, pairs: Iterable[Pairs]) -> Iterator[Pairs]:
    """Yield the pairs again, less alike where they keep other company.

    What two reports of one event resemble is the same: all others of it. Two that have
    in common who spoke of both events resemble others each.

    Args:
        size: how many documents there are.
        pairs: as `Likeness.list_pairs` yields them.
    """
    pairs = list(pairs)
    rows: list[Row] = [{} for _ in range(size)]
    for i, others, likeness in pairs:
        for j, alike in zip(others.tolist(), likeness.tolist(), strict=True):
            if alike >= MIN_COMPANY:
                rows[i][j, ""] = rows[j][i, ""] = alike
    company = _Rows(rows, {(i, ""): i for i in range(size)})
    totals = np.array([sum(row.values()) for row in rows], np.float64)
    for i, others, likeness in pairs:
        common = company.overlap(i, others)
        either = totals[i] + totals[others] - 2 * likeness - common
        share = np.where(likeness < MIN_COMPANY, 1, (1 + common) / (1 + either))
        yield i, others, likeness * share**COMPANY_POWER


def _number_shared(rows: Sequence[Row]) -> Mapping[tuple[int, str], int]:
    """Return term -> number, of the terms that two rows or more have."""
    seen: set[tuple[int, str]] = set()
    shared: set[tuple[int, str]] = set()
    for row in rows:
        shared.update(seen.intersection(row))  # `&` would go through all that is seen
        seen.update(row)
    return {term: i for i, term in enumerate(sorted(shared))}


def _ranges(offsets: Ints, keys: Ints) -> tuple[Ints, Ints]:
    """Return the places offsets[k]:offsets[k + 1] of all keys, and their numbers."""
    starts = offsets[keys]
    counts = offsets[keys + 1] - starts
    places = np.arange(counts.sum())
    places += np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return places, counts


def _offsets(counts: Sequence[int] | Ints) -> Ints:
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)))
