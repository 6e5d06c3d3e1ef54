"""Put what people say of an article's names in the place of what was found.

It comes after every rule that finds and links names, and before roles and scores, so
that what a country scores follows from what people say. The surface is looked for in
the text itself: what the tagger missed is corrected like what it found, and so is what
another version of it makes of the text.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from nightdesk.model import Correction, Unmet
from nightdesk.tag.spans import PLACE_KINDS, Passage, Span, split_passages
from nightdesk.tag.table import Gazetteer, Kind, Name
from nightdesk.tag.words import Words, fold_key

RULE = "decision"
_KINDS: dict[str, Kind] = {"PER": "person", "ORG": "org", "LOC": "metonym"}
_TYPES = {kind: type_ for type_, kind in _KINDS.items()}
_GEO = frozenset((*PLACE_KINDS, "demonym"))
_WIDE = frozenset(("country", "abbreviation", "area", "demonym", "capital", "admin1"))
Place = tuple[Passage, int, int]  # pieces first to before stop


def digest_corrections(rows: Iterable[Correction]) -> str:
    """Return the SHA-256 (hex) of what is said, by whomever; "" of nothing."""
    said = sorted(
        repr((r.article_id, r.kind, r.surface, r.nth, r.value, r.type)) for r in rows
    )
    return hashlib.sha256("\n".join(said).encode()).hexdigest() if said else ""


class Corrector:
    """Corrects documents by one gazetteer; its indexes are made when first needed."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    def correct(
        self, passages: Sequence[Passage], corrections: Iterable[Correction]
    ) -> tuple[Unmet, ...]:
        """Correct the spans of a document; return what found nothing to correct.

        Args:
            passages: with their names found and linked.
            corrections: oldest first; those of the date do nothing here.
        """
        unmet = []
        for correction in corrections:
            if correction.surface is not None:
                cause = self._correct(passages, correction, correction.surface)
                if cause:
                    unmet.append(Unmet(correction.surface, correction.nth, cause))
        return tuple(unmet)

    def check(self, title: str | None, text: str, correction: Correction) -> str | None:
        """Return why a correction can find nothing in a text; None: it can."""
        unmet = self.correct(split_passages(title, text), [correction])
        return unmet[0].cause if unmet else None

    def find_type(self, entity_id: str) -> str | None:
        """Return PER, ORG or LOC of an entity of the gazetteer; None: it has it not."""
        known = self._entities.get(entity_id)
        return None if known is None else _TYPES[known.kind]

    def _correct(
        self, passages: Sequence[Passage], correction: Correction, surface: str
    ) -> str | None:
        """Apply one correction; return why it cannot be."""
        name = self._find_meaning(correction, surface)
        if name is None and correction.kind != "tag_none":
            return f"{correction.value} is in no gazetteer"
        places = [at for p in passages for at in _find_places(p, surface)]
        if not places:
            return "stands nowhere in the title or the text as whole words"
        if correction.nth is not None:
            if correction.nth > len(places):
                return f"stands in {len(places)} places, not in {correction.nth}"
            places = [places[correction.nth - 1]]
        else:
            places = [at for at in places if _is_name_itself(*at)]
            if not places:
                return "stands only inside longer names"
        marks = {_put(at, name, correction.type) for at in places} - {""}
        if name is not None and correction.type is not None and correction.nth is None:
            _follow(passages, marks, _make_span(0, 1, name, correction.type))
        return None

    # what a correction means

    def _find_meaning(self, correction: Correction, surface: str) -> Name | None:
        value = str(correction.value)
        if correction.kind == "tag_place":
            is_country = len(value) == 2
            return self._find_in(value, surface) if is_country else self._find(value)
        if correction.kind == "tag_entity":
            known = self._entities.get(value)
            kind = _KINDS[str(correction.type)]
            merged = self._gazetteer.known.get(self._gazetteer.merged.get(value, ""))
            return known or Name(kind, value, merged or surface)
        return None

    def _find(self, place_id: str) -> Name | None:
        return self._places.get(place_id)

    def _find_in(self, country: str, surface: str) -> Name | None:
        """Return what a name means in a country: the largest place, else itself."""
        found = self._gazetteer.names.get(fold_key(surface), ())
        there = [n for n in found if n.kind in _GEO and n.countries == (country,)]
        if there:
            return max(there, key=lambda name: (name.kind in _WIDE, name.population))
        return self._find(f"iso:{country}")

    @cached_property
    def _places(self) -> dict[str, Name]:
        names = (name for found in self._gazetteer.names.values() for name in found)
        geo = [name for name in names if name.kind in PLACE_KINDS]
        return {name.id: name for name in sorted(geo, key=_is_odd, reverse=True)}

    @cached_property
    def _entities(self) -> dict[str, Name]:
        found = self._gazetteer.entities.values()
        return {name.id: name for names in found for name in names}


def _is_odd(name: Name) -> bool:
    return name.is_alternate or name.kind == "abbreviation"


def _find_places(passage: Passage, surface: str) -> Iterator[Place]:
    """Yield where a surface stands as whole pieces."""
    words: Words = passage.words
    while surface and not surface[0].isalnum():
        surface = surface[1:]
    while surface and not surface[-1].isalnum():
        surface = surface[:-1]
    start = words.text.find(surface)
    while start >= 0:
        end = start + len(surface)
        first = bisect_left(words.starts, start)
        last = bisect_left(words.ends, end)
        if (
            last < len(words)
            and words.starts[first] == start
            and words.ends[last] == end
        ):
            yield passage, first, last + 1
        start = words.text.find(surface, end)


def _put(at: Place, name: Name | None, type_: str | None) -> str:
    """Put a span in the place of those that are there; return whom the old one named.

    A longer name stays round it; without a meaning, only what is there goes.
    """
    passage, first, stop = at
    inside = [s for s in passage.spans if first <= s.first and s.stop <= stop]
    old = next((s for s in inside if (s.first, s.stop) == (first, stop)), None)
    kept = [s for s in passage.spans if s not in inside]
    if name is not None:
        apart = [s for s in kept if s.stop <= first or stop <= s.first]
        around = [s for s in kept if _is_around(s, first, stop)]
        if old is not None and old.type == "DEMONYM" and name.kind in _GEO:
            name = name._replace(kind="demonym")
        span = _make_span(first, stop, name, type_)
        span.within = any(s.type == "ORG" for s in around)
        kept = [*apart, *around, span]
    passage.spans = sorted(kept, key=lambda span: (span.first, -span.stop))
    return _identify(old) if old is not None else ""


def _is_name_itself(passage: Passage, first: int, stop: int) -> bool:
    """Is a place no part of a longer name, or tagged inside it as well?"""
    typed = [span for span in passage.spans if span.type]
    if any((span.first, span.stop) == (first, stop) for span in typed):
        return True
    return not any(_is_around(span, first, stop) for span in typed)


def _is_around(span: Span, first: int, stop: int) -> bool:
    is_longer = span.stop - span.first > stop - first
    return is_longer and span.first <= first and stop <= span.stop


def _make_span(first: int, stop: int, name: Name, type_: str | None) -> Span:
    if name.kind in _GEO:
        type_ = "DEMONYM" if name.kind == "demonym" else "LOC"
    return Span(first, stop, (name,), type_ or "", RULE, chosen=name, full=name.name)


def _identify(span: Span) -> str:
    """Return a mark of the person or organisation that a span names; "": nobody."""
    if span.type not in ("PER", "ORG"):
        return ""
    key = span.chosen.id if span.chosen is not None else fold_key(span.full or "")
    return f"{span.type} {key}" if key else ""


def _follow(passages: Iterable[Passage], marks: set[str], new: Span) -> None:
    """Let the other, shorter names of the one who was corrected mean the same."""
    for passage in passages:
        for span in passage.spans:
            if span.rule != RULE and _identify(span) in marks:
                span.type, span.rule, span.score = new.type, RULE, 1.0
                span.names, span.chosen, span.full = new.names, new.chosen, new.full
