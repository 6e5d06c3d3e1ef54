"""Decide which spans are places, and which of several places a name means.

A name is looked at twice: first every name that can only mean one country is counted
as evidence for the document, then the others are chosen by what follows ("Birmingham,
Alabama"), by that evidence, and by size. A small city needs a reason to be believed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator

from nightdesk.tag.context import (
    find_qualifiers,
    find_state,
    is_beside,
    is_civic,
    is_disease,
    is_language,
    is_of_ship,
    is_of_town,
    is_state_wanted,
    is_tailed,
    is_thing,
)
from nightdesk.tag.lexicon import PLACE_PREPOSITIONS, STREETS, WEAK_PREPOSITIONS
from nightdesk.tag.spans import PLACE_KINDS, Passage, Span
from nightdesk.tag.table import Gazetteer, Name

#: How likely a kind is meant when nothing else is known; a city by its size instead.
_PRIOR = {"country": 9.0, "abbreviation": 9.0, "area": 9.0, "demonym": 9.0}
_PRIOR |= {"capital": 7.5, "admin1": 6.6, "org": 9.5, "metonym": 9.5, "person": 9.5}
_EVIDENCE = 2.5  # a country named elsewhere in the document
_NEIGHBOUR = 0.8  # another country of its M49 sub-region named
_QUALIFIED = 20.0  # "Birmingham, Alabama"
_CAMPUS = 5.0  # for a state after "university of"
_SMALLER = 15  # a city this many times smaller gets nothing from evidence
_SURE_PLACE = 0.6  # of the model: a place, whichever
_KNOWN_CITY = 250_000  # is believed without a preposition
_FAMOUS_CITY = 1_500_000
_NATIONAL = ("country", "demonym", "abbreviation", "metonym")
#: Rules that make a place of a name that no table has.
MADE_PLACES = (
    "place word", "settlement", "before its country", "after in", "model place"
)  # fmt: skip
_MOST = 0.6  # of the evidence: the country of the whole text
_LOCAL = 0.6  # its cities or divisions are named, not only the country


class PlaceJudge:
    """Resolves the place spans of one document."""

    def __init__(self, gazetteer: Gazetteer, home_country: str | None) -> None:
        self.gazetteer = gazetteer
        self.evidence: Counter[str] = Counter()
        self.local: Counter[str] = Counter()
        self.regions: Counter[str] = Counter()
        self.home_country = home_country
        self.believed: set[str] = set()  # ids of places accepted so far
        self.towns: dict[str, str] = {}  # key of a town without a row -> its country

    def judge(self, passages: Iterable[Passage]) -> None:
        """Choose a meaning for each span, and drop those that are no place."""
        listed = list(passages)
        for passage in listed:
            self._find_towns(passage)
        for passage in listed:
            for span in passage.spans:
                self._count(passage, span)
        self._count_regions()
        doubted = [(p, span) for p in listed for span in self._judge_passage(p)]
        self._judge_again(doubted)
        for passage, span in doubted:
            if not self._is_common(passage, span):
                self._keep_unknown(span)
        for passage in listed:
            passage.spans = [span for span in passage.spans if span.type]

    def _find_towns(self, passage: Passage) -> None:
        """Find towns that no table has and that are called after a larger place.

        "Cuba, Missouri", and "Cuba" in the rest of that text.
        """
        for number, span in enumerate(passage.spans):
            if span.type or not span.is_place:
                continue
            key = " ".join(passage.words.keys[span.first : span.stop])
            country = find_state(passage, number, _KNOWN_CITY) or self.towns.get(key)
            if country is not None:
                self.towns[key] = country
                full = passage.words.surface(span.first, span.stop)
                span.names, span.type, span.rule = (), "LOC", "before its country"
                span.chosen = Name("area", "", full, (country,))

    def _judge_passage(self, passage: Passage) -> list[Span]:
        """Accept what can be believed; return the spans that cannot yet."""
        doubted = []
        passage.taken = {
            index for span in passage.spans for index in range(span.first, span.stop)
        }
        for number, span in enumerate(passage.spans):
            after = passage.spans[number + 1 : number + 3]
            if span.rule in MADE_PLACES:
                self._judge_facility(passage, span, after)
            if not span.names:
                continue
            is_qualified = self._choose(passage, span, after)
            if is_qualified and len(after) and after[0].names:
                self._confirm(span, after[0])
            if span.type or is_qualified or self._believe(passage, span):
                self._accept(span)
            else:
                doubted.append(span)
        return doubted

    def _confirm(self, span: Span, other: Span) -> None:
        """Note which meaning of the second name in "Athens, Georgia" fits the first."""
        chosen = span.chosen
        fitting = [x for x in other.names if chosen and self._is_in(chosen, x)]
        if len(fitting) == 1:
            other.confirmed = fitting[0]

    def _judge_again(self, doubted: list[tuple[Passage, Span]]) -> None:
        """Believe what was believed elsewhere in the document."""
        for passage, span in doubted:
            known = span.chosen is not None and span.chosen.id in self.believed
            if known and not is_beside(passage, span):
                self._accept(span)

    @staticmethod
    def _keep_unknown(span: Span) -> None:
        """Keep what the model is sure is a place, though not one of those we know."""
        if not span.type and span.hint == "LOC" and span.hint_score >= _SURE_PLACE:
            span.type, span.rule, span.score = "LOC", "model place", span.hint_score
            span.names, span.chosen = (), None

    def _judge_facility(self, passage: Passage, span: Span, after: list[Span]) -> None:
        """Give a facility the country in its name, after it, or of the whole text."""
        if passage.words.keys[span.stop - 1] in STREETS:
            span.names = ()
        self._keep_owner(passage, span)
        if span.names:
            self._choose(passage, span, after)
        inner = span.chosen
        qualifiers = find_qualifiers(passage, span, after)
        countries = {name.country for name in qualifiers if name.country}
        if inner is not None and (not countries or countries & set(inner.countries)):
            is_sure = inner.kind in ("country", "admin1", "capital")
            if is_sure or self._seen(inner) > 0:
                return
        span.names, span.chosen = (), None
        if len(countries) != 1:
            top = self.evidence.most_common(1)
            total = self.evidence.total()
            if top and top[0][1] >= total * _MOST:
                countries = {top[0][0]}
        if len(countries) == 1:
            where = tuple(countries)
            span.chosen = Name("area", "", span.full or "", where)

    def _keep_owner(self, passage: Passage, span: Span) -> None:
        """Leave of the meanings of "Indian Punjab" those that lie in India, if any."""
        first = self.gazetteer.names.get(passage.words.keys[span.first], ())
        where = {c for name in first if name.kind == "demonym" for c in name.countries}
        kept = tuple(name for name in span.names if where & set(name.countries))
        span.names = kept or span.names

    def _count(self, passage: Passage, span: Span) -> None:
        """Take a name that can mean one country only as evidence for it."""
        if span.type or not span.names:
            return
        top = [name for name in span.names if name.kind in _NATIONAL]
        divisions = [name for name in span.names if name.kind == "admin1"]
        countries = {c for name in top or span.names for c in name.countries}
        if len(countries) > 1:
            countries = self._count_large(passage, span)
        if len(countries) != 1 or (top and divisions):
            return
        if not top and self._is_common(passage, span):
            return  # "Police" is a town in Poland
        self.evidence.update(countries)
        if not top:
            self.local.update(countries)

    def _count_large(self, passage: Passage, span: Span) -> set[str]:
        """Return the country of a city that outweighs all of its namesakes."""
        sizes = sorted((name.population for name in span.names), reverse=True)
        is_large = sizes[0] >= _KNOWN_CITY and sizes[0] > sizes[1] * _SMALLER
        if not is_large or self._is_given(passage, span):
            return set()
        largest = max(span.names, key=lambda name: name.population)
        return set(largest.countries)

    def _count_regions(self) -> None:
        for country in self.evidence:
            self.regions[self.gazetteer.subregions.get(country, "")] += 1
        if self.home_country:
            self.evidence[self.home_country] += 1

    # which of several

    def _choose(self, passage: Passage, span: Span, after: list[Span]) -> bool:
        """Set the meaning of a span; return whether what follows confirms it."""
        qualifiers = find_qualifiers(passage, span, after)
        best = span.names[0]
        if span.confirmed is not None:
            best = span.confirmed
        elif len(span.names) > 1:
            most = max(name.population for name in span.names)
            campus = _CAMPUS if is_state_wanted(passage, span) else 0.0
            best = max(
                span.names,
                key=lambda x: (
                    self._rank(x, qualifiers, most) + campus * (x.kind == "admin1")
                ),
            )
        span.chosen = best
        return any(self._is_in(best, other) for other in qualifiers)

    def _rank(self, name: Name, qualifiers: list[Name], most: int) -> float:
        rank = _PRIOR.get(name.kind, math.log10(name.population + 10))
        if name.kind == "capital":
            rank = max(rank, math.log10(name.population + 10))
        if name.is_alternate and name.kind in ("city", "capital"):
            rank -= 1.0
        if any(self._is_in(name, other) for other in qualifiers):
            return rank + _QUALIFIED
        if name.kind in ("city", "capital") and name.population * _SMALLER < most:
            return rank
        return rank + self._evidence_of(name)

    def _evidence_of(self, name: Name) -> float:
        if not name.country:
            return 0.0
        seen = self.evidence.get(name.country, 0)
        region = self.gazetteer.subregions.get(name.country, "")
        others = self.regions.get(region, 0) - (1 if seen else 0)
        weight = _EVIDENCE + min(seen, 8) * 0.1 if seen else 0.0
        if name.kind == "admin1":
            weight = min(weight, _EVIDENCE - _LOCAL)
            weight += 2 * _LOCAL if self.local.get(name.country) else 0.0
        return weight + (_NEIGHBOUR if others > 0 else 0.0)

    @staticmethod
    def _is_in(name: Name, other: Name) -> bool:
        """Does the place lie in the country or division that the other names?"""
        if name.id == other.id or not set(name.countries) & set(other.countries):
            return False
        if other.admin1 and name.admin1 and name.kind == "city":
            return other.admin1 == name.admin1
        return name.kind in ("city", "capital", "admin1", "area")

    # is it a place at all

    def _believe(self, passage: Passage, span: Span) -> bool:
        name = span.chosen
        if name is None or name.kind == "phrase":
            return False
        if name.kind == "demonym":
            return not is_language(passage, span)
        if name.kind in ("org", "person", "metonym"):
            return True
        return self._believe_place(passage, span, name)

    def _believe_place(self, passage: Passage, span: Span, name: Name) -> bool:
        before = passage.words.keys[span.first - 1] if span.first else ""
        if is_of_ship(passage, span):
            return False
        is_led = before in PLACE_PREPOSITIONS or is_tailed(passage, span)
        is_led |= is_of_town(passage, span) or is_civic(passage, span)
        is_led |= span.hint == "LOC" and not self._is_common(passage, span)
        is_joined = is_beside(passage, span)
        if name.kind in ("city", "capital") and (
            is_disease(passage, span) or is_thing(passage, span)
        ):
            return False
        if name.kind in ("country", "abbreviation", "area"):
            if self._is_common(passage, span) and not is_led:
                return False  # "Reunion" as a sentence starts
            return not is_joined or is_led or not self._is_given(passage, span)
        if is_joined and not is_led:
            return False
        if is_led:
            return self._is_likely(passage, span, name)
        return self._is_well_known(passage, span, name, before)

    def _is_likely(self, passage: Passage, span: Span, name: Name) -> bool:
        """Can a name after "in" be believed?"""
        is_small = name.kind == "city" and name.population < _KNOWN_CITY // 2
        if is_small and self.evidence and not self._seen(name):
            return False  # a namesake: the text speaks of other countries
        if not self._is_common(passage, span):
            return True
        before = passage.words.keys[span.first - 1] if span.first else ""
        return name.population >= _KNOWN_CITY // 2 and before != "at"

    def _is_well_known(
        self, passage: Passage, span: Span, name: Name, before: str
    ) -> bool:
        """Can a name without "in" before it be believed?"""
        if self._is_common(passage, span):
            return False
        if name.kind in ("capital", "admin1"):
            return not self._is_given(passage, span) or bool(self._seen(name))
        is_longer = span.stop - span.first > 1
        least = _KNOWN_CITY
        if before in WEAK_PREPOSITIONS or is_longer or self._seen(name):
            least = 50_000
        if self._is_given(passage, span):
            least = _FAMOUS_CITY
        return name.population >= least

    def _seen(self, name: Name) -> int:
        return self.evidence.get(name.country or "", 0)

    def _is_common(self, passage: Passage, span: Span) -> bool:
        if span.stop - span.first > 1:
            return False
        return passage.words.keys[span.first] in self.gazetteer.common_words

    def _is_given(self, passage: Passage, span: Span) -> bool:
        key = passage.words.keys[span.first]
        return span.stop - span.first == 1 and key in self.gazetteer.given_names

    def _accept(self, span: Span) -> None:
        name = span.chosen
        if name is None:
            return
        if not span.type:
            span.type = _type_of(name)
            span.rule = name.kind
        if name.kind in PLACE_KINDS:
            self.believed.add(name.id)


def _type_of(name: Name) -> str:
    if name.kind == "demonym":
        return "DEMONYM"
    types = {"org": "ORG", "person": "PER"}
    return types.get(name.kind, "LOC")


def iterate_places(passage: Passage) -> Iterator[Span]:
    """Yield the spans of a passage that name a place."""
    return (s for s in passage.spans if s.type == "LOC" and s.chosen is not None)
