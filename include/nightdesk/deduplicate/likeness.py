"""Documents -> which of them resemble each other, as reports of one event do.

Two reports resemble each other in their matter (words weighted by rarity, in the text
and in its lead) and in their facts (names; names of two words and numbers): a weighted
geometric mean of the two cosines, since neither proves anything alone. A name is no
matter, or who is named in both would count for both; in German, where all nouns have
capitals, only names of two words are left out. Reports from one template differ in
their facts, and from one form in what fills the same slots; other news of one person or
place differ in their matter. Both can be alike by what stands beside the event (the
police and the hospital of a town, an institute that is asked about everything). The
names of a lead are the event's own, as are those that a text repeats and its figures,
so that the mean is lowered where the other text does not have them. Pairs are found by
their facts, so that time grows with the number of articles that share a name which is
not known to be common.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from nightdesk.deduplicate.documents import Document, stated_days
from nightdesk.deduplicate.profiles import Profiles
from nightdesk.deduplicate.rarity import Rarity
from nightdesk.deduplicate.rows import Floats, Ints, Row, Rows, add_field
from nightdesk.deduplicate.slots import Slots, compare_slots, is_other_report
from nightdesk.deduplicate.terms import (
    Terms,
    find_bearers,
    has_solo,
    list_stems,
    read_terms,
)
from nightdesk.deduplicate.topics import begin_apart

Flags = npt.NDArray[np.bool_]
Pairs = tuple[int, Ints, Floats]  # (i, documents after it, how much they are like it)

WINDOW_DAYS = 3.0  # two reports that are further apart are of two events
MATTER_SHARES = (0.67, 0.33)  # of text, lead
#: Of names of two words and numbers, against names, where both texts have some.
PAIRS_SHARE = 0.6
#: Likeness is a geometric mean of facts and matter, by this power of facts: a mayor
#: speaks of a bridge and of a library, and his city has both.
FACTS_POWER = 0.3
#: Rarity below which a term is left out: one article in four has it.
MIN_RARITY = 1.4
#: Facts that are less alike than that are not alike at all.
MIN_FACTS = 0.08
#: What is left of a likeness where neither text has a name of the other's lead.
STRAY_SHARE = 0.6
#: The same where the texts have none of the names that the other one repeats.
APART_SHARE = 0.8
#: Figures in common raise a likeness and none lower it, by a root of their share. It is
#: drawn towards a half by as much rarity as two figures have, since long texts have
#: many that are their own; of more than MOST_FIGURES it makes no difference.
FIGURES_DRAWN = 2.0
MOST_FIGURES = 5.0
FIGURES_POWER = 0.2
#: A likeness is lowered by this root of how much of the company of two is common.
COMPANY_POWER = 0.15
MIN_COMPANY = 0.1
#: Of two reports that share so much of their wording, as fingerprints see it, the facts
#: must be alike too; else they share a template. Reports in words of their own share
#: next to nothing, and what one copied from the other has its facts in it.
TEMPLATE_SHARE = 0.0225
MIN_TEMPLATE_FACTS = 0.25
#: The same where characters are words, of which five in a row are one phrase.
SOLO_TEMPLATE_SHARE = 0.4
#: Two are of one form that have so many slots in common, of what the one states that
#: has fewer. Of own reports it is hardly ever a fifth. Two that share sentences have
#: half in common; those are of two matters where they put other names into them.
ALIKE_SHARE = 0.75
FORM_SHARE = 0.4
MIN_FORM_NAMES = 2
MIN_FORM_SLOTS = 2
#: The same of two reports of one source, which has forms and sentences of its own.
MIN_OWN_TEMPLATE_FACTS = 0.4
#: Where a script has no capitals, pairs of words stand for names, and a template's are
#: its own: there the numbers must be alike, unless the texts are all but one.
MIN_TEMPLATE_NUMBERS = 0.4
COPY_SHARE = 0.8
#: Two that share so much of their wording and are no copies may have the same words of
#: a site below what they tell.
WALL_SHARE = 0.3


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
        terms = [read_terms(d.title, d.text, d.lang) for d in documents]
        read = [(t, rarity, d.lang) for t, d in zip(terms, documents, strict=True)]
        self._matter = Rows([_weigh_matter(*one) for one in read])
        self._names = Rows([_weigh_names(*one) for one in read])
        self._pairs = Rows([_weigh_facts(*one) for one in read])
        self._has_names = np.array([bool(t.names) for t in terms], np.bool_)
        self._has_pairs = np.array([bool(t.facts) for t in terms], np.bool_)
        self._subjects = _Subjects([_weigh_subject(*one) for one in read], terms)
        self._repeated = _Subjects([_weigh_repeated(*one) for one in read], terms)
        figures = [_weigh_figures(*one) for one in read]
        self._figures = Rows(figures)
        self._n_figures = np.array(
            [sum(w * w for w in row.values()) for row in figures]
        )
        self._numbers = Rows([_spread_numbers(t) for t in terms])
        self._has_numbers = np.array([bool(_spread_numbers(t)) for t in terms])
        self._prints = Rows([_spread_hashes(d) for d in documents])
        self._n_hashes = np.array([len(d.hashes) for d in documents], np.float64)
        self._template_shares = np.array(
            [
                SOLO_TEMPLATE_SHARE if has_solo(d.text) else TEMPLATE_SHARE
                for d in documents
            ]
        )
        self._sources = _number_sources(documents)
        slots = [_spread_slots(self._read_slots(i)) for i in range(len(documents))]
        self._slots = Rows(slots)
        self._n_slots = np.array([len(row) for row in slots], np.float64)

    def list_pairs(self) -> Iterator[Pairs]:
        """Yield (i, the later documents that are like i, how much), by i."""
        for i in range(self._days.size):
            facts = self._compare_facts(i)
            facts[: i + 1] = 0.0
            facts[np.abs(self._days - self._days[i]) > WINDOW_DAYS] = 0.0
            near = np.flatnonzero(facts >= MIN_FACTS)
            near = near[~self._is_template(i, near, facts[near])]
            if near.size:
                alike = facts[near] ** FACTS_POWER
                alike *= self._matter.compare(i, near) ** (1 - FACTS_POWER)
                alike *= STRAY_SHARE + (1 - STRAY_SHARE) * self._subjects.meet(i, near)
                alike *= APART_SHARE + (1 - APART_SHARE) * self._repeated.share(i, near)
                yield i, near, alike * self._compare_figures(i, near)

    def _compare_facts(self, i: int) -> Floats:
        """Return how much the facts of each are those of document i.

        Names alone where one of the two has nothing else; where a script has no
        capitals, the rest alone.
        """
        has_both = self._has_pairs & self._has_pairs[i]
        share = np.where(has_both, PAIRS_SHARE, 0.0)
        share[~(self._has_names & self._has_names[i])] = 1.0
        facts: Floats = share * self._pairs.meet(i)
        facts += (1 - share) * self._names.meet(i)
        return facts

    def _compare_figures(self, i: int, near: Ints) -> Floats:
        """Return by how much common figures raise a likeness or lower it."""
        fewer = np.minimum(self._n_figures[i], self._n_figures[near])
        shared = self._figures.compare(i, near) + FIGURES_DRAWN
        share = shared / (np.minimum(fewer, MOST_FIGURES) + 2 * FIGURES_DRAWN)
        factor: Floats = (2 * share) ** FIGURES_POWER
        return factor

    def _is_template(self, i: int, near: Ints, facts: Floats) -> Flags:
        """Say of each whether it shares wording with document i, but not its facts."""
        shared = self._prints.compare(i, near)
        fewer = np.minimum(self._n_hashes[i], self._n_hashes[near])
        share = np.minimum(self._template_shares[i], self._template_shares[near])
        is_worded = shared >= np.maximum(share * fewer, 0.5)
        is_own = self._sources[near] == self._sources[i]
        least = np.where(is_own, MIN_OWN_TEMPLATE_FACTS, MIN_TEMPLATE_FACTS)
        differs = self._has_numbers[near] & self._has_numbers[i]
        differs &= self._numbers.compare(i, near) < MIN_TEMPLATE_NUMBERS
        differs &= shared < COPY_SHARE * fewer
        is_template: Flags = is_worded & (differs | (facts < least))
        for k in np.flatnonzero((shared >= WALL_SHARE * fewer) & ~is_template).tolist():
            pair = self._documents[i], self._documents[near[k]]
            is_template[k] = begin_apart(*pair, self._profiles)
        shared = self._slots.compare(i, near)
        fewer = np.minimum(self._n_slots[i], self._n_slots[near])
        is_form = shared >= np.maximum(FORM_SHARE * fewer, MIN_FORM_SLOTS)
        for k in np.flatnonzero(is_form & ~is_template).tolist():
            is_alike = bool(shared[k] >= ALIKE_SHARE * fewer[k])
            is_template[k] = self._is_other_report(i, int(near[k]), is_alike)
        return is_template

    def _is_other_report(self, i: int, j: int, is_alike: bool) -> bool:
        """Say whether two of one form are of two matters."""
        exchange = compare_slots(self._read_slots(i), self._read_slots(j))
        if not is_alike and exchange.n_names < MIN_FORM_NAMES:
            return False
        days = abs(float(self._days[i] - self._days[j]))
        return is_other_report(exchange, None if math.isnan(days) else days)

    def _read_slots(self, i: int) -> Slots:
        return self._profiles.read_slots(self._documents[i])


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


def _spread_slots(slots: Slots) -> Row:
    return {
        (n, " ".join(place)): 1.0
        for n, places in enumerate((slots.numbers, slots.names, slots.nouns))
        for place in places
    }


def _weigh_matter(terms: Terms, rarity: Rarity, lang: str | None) -> Row:
    """Return the words but for names, which facts count, by their first letters."""
    weights = rarity.weigh_terms(terms.words, "word", lang)
    bearers = find_bearers(terms)
    row: Row = {}
    for place, (counts, share) in enumerate(
        zip((terms.words, terms.lead), MATTER_SHARES, strict=True)
    ):
        field: dict[str, float] = {}
        for word, n in counts.items():
            if weights[word] >= MIN_RARITY and word not in bearers:
                weight = (1 + math.log(n)) * weights[word]
                for stem in list_stems(word, has_nouns=terms.has_nouns):
                    field[stem] = max(weight, field.get(stem, 0.0))
        add_field(row, place, field, share)
    return row


def _weigh_names(terms: Terms, rarity: Rarity, lang: str | None) -> Row:
    return _weigh_field(rarity.weigh_terms(terms.names, "word", lang))


def _weigh_facts(terms: Terms, rarity: Rarity, lang: str | None) -> Row:
    return _weigh_field(rarity.weigh_terms(terms.facts, "fact", lang))


def _weigh_field(weights: Mapping[str, float]) -> Row:
    row: Row = {}
    kept = {term: weight for term, weight in weights.items() if weight >= MIN_RARITY}
    add_field(row, 0, kept, 1.0)
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


class _Subjects:
    """Names that say what texts are about, and which other texts have them.

    Args:
        subjects: of each document; the weights of each add up to 1.
        terms: of each document.
    """

    def __init__(self, subjects: Sequence[Row], terms: Sequence[Terms]) -> None:
        asked = {term: n for n, term in enumerate(sorted(set().union(*subjects)))}
        self._named = Rows(subjects, asked)
        self._had = Rows(
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
    company = Rows(rows, {(i, ""): i for i in range(size)})
    totals = np.array([sum(row.values()) for row in rows], np.float64)
    for i, others, likeness in pairs:
        common = company.overlap(i, others)
        either = totals[i] + totals[others] - 2 * likeness - common
        share = np.where(likeness < MIN_COMPANY, 1, (1 + common) / (1 + either))
        yield i, others, likeness * share**COMPANY_POWER
