"""Find persons, organisations and facilities in runs of capitalised words.

Rules only: a title before the name, a given name in front, an organisation's last or
first word, a verb of speech behind. Misses organisations named without such a word
("Gazeta") and takes some two-word product names for persons.
"""

from __future__ import annotations

from collections.abc import Iterator

from nightdesk.tag.lexicon import (
    CALENDAR,
    GENERATIONS,
    LOC_HEADS,
    LOC_SUFFIXES,
    NO_PERSON_AFTER,
    NOT_ACRONYMS,
    ORG_HEADS,
    ORG_SUFFIXES,
    PLACE_PREPOSITIONS,
    SETTLEMENTS,
    SPEECH,
    STARTERS,
    STRONG_TITLES,
    SURE_PREPOSITIONS,
    SURNAMES,
    TITLES,
)
from nightdesk.tag.spans import Span
from nightdesk.tag.table import Gazetteer
from nightdesk.tag.words import Words, find_runs

_MAX_NAME = 5  # pieces of a person's name


def read_runs(words: Words, found: list[Span], gazetteer: Gazetteer) -> list[Span]:
    """Return the spans of a passage: those of the runs, and found ones beside them.

    A found span inside a new organisation is kept with `within` set; one inside a
    person or facility goes, but a facility takes its country.
    """
    reader = RunReader(words, found, gazetteer)
    made: list[Span] = []
    for first, stop in find_runs(words):
        made.extend(reader.read_run(first, stop))
    return _merge(found, made)


def _merge(found: list[Span], made: list[Span]) -> list[Span]:
    out = list(made)
    cover = {index: span for span in made for index in range(span.first, span.stop)}
    for span in found:
        over = cover.get(span.first) or cover.get(span.stop - 1)
        if over is None:
            out.append(span)
        elif over.type == "ORG" and not _is_entity(span):
            span.within = True
            out.append(span)
        elif over.type == "LOC" and span.is_place and span.stop < over.stop:
            over.names = over.names or span.names
    return sorted(out, key=lambda span: (span.first, -span.stop))


def _is_entity(span: Span) -> bool:
    return any(name.kind in ("org", "person") for name in span.names)


class RunReader:
    """Reads one run of capitalised words after the other."""

    def __init__(self, words: Words, found: list[Span], gazetteer: Gazetteer) -> None:
        self.words = words
        self.keys = words.keys
        self.given = gazetteer.given_names
        self.cover: dict[int, Span] = {
            index: span for span in found for index in range(span.first, span.stop)
        }
        self.done = 0  # pieces before this are used up

    def read_run(self, first: int, stop: int) -> Iterator[Span]:
        """Yield the spans that the rules find in one run."""
        first = max(first, self.done)
        if first >= stop or self._is_known(first, stop):
            return
        span = self._read_org(first, stop) or self._read_facility(first, stop)
        if span is None:
            span = self._read_town(first, stop) or self._read_person(first, stop)
        if span is None:
            span = self._read_acronym(first, stop)
        if span is not None:
            self.done = span.stop
            yield span

    def _is_known(self, first: int, stop: int) -> bool:
        """Is the run, or its end, a name of the gazetteer, and no lone given name?"""
        last = self.cover.get(stop - 1)
        if last is not None and _is_entity(last) and last.stop == stop:
            return self._is_home(first, last)
        span = self.cover.get(first)
        if span is None or span.stop < stop or span.first > first:
            return False
        if span.stop - span.first > 1:
            return True
        return self.keys[first] not in ORG_HEADS and not self._is_titled(first, stop)

    def _is_home(self, first: int, entity: Span) -> bool:
        """Is what stands before an entity its own country ("English Premier League")?

        If not, it is another one of that name ("Australian Democratic Party").
        """
        home = entity.names[0].countries
        before = [self.cover.get(index) for index in range(first, entity.first)]
        if not all(span and span.names[0].countries == home for span in before):
            return False
        for span in before:
            if span is not None:
                span.within = True
        return True

    def _is_titled(self, first: int, stop: int) -> bool:
        before = self.keys[first - 1] if first else ""
        return before in STRONG_TITLES and self.words.is_joint(first - 1)

    # organisations

    def _read_org(self, first: int, stop: int) -> Span | None:
        last = self._last_suffix(first, stop)
        if last is None:
            return self._read_org_of(first, stop)
        if last == first or self._is_person_like(first, last):
            return self._read_org_of(first, stop)
        if self.keys[first] == "the":
            first += 1
        if last == first or self._has_title(last + 1, stop):
            return None
        longer = self._read_org_of(last, stop) if last + 1 >= stop else None
        end = longer.stop if longer else stop
        return self._make(first, end, "ORG", "organisation word")

    def _last_suffix(self, first: int, stop: int) -> int | None:
        for index in range(stop - 1, first - 1, -1):
            if self.keys[index] in ORG_SUFFIXES:
                inside = self.cover.get(index)
                if inside is None or inside.stop <= index + 1:
                    return index
        return None

    def _has_title(self, first: int, stop: int) -> bool:
        return any(key in TITLES for key in self.keys[first:stop])

    def _is_person_like(self, first: int, last: int) -> bool:
        return last - first == 1 and (
            self.keys[first] in self.given and self.keys[last] in SURNAMES
        )

    def _read_org_of(self, first: int, stop: int) -> Span | None:
        """Read "Ministry of Health", "Bank of the South", "Institute for X and Y"."""
        head = stop - 1
        if head < first or self.keys[head] not in ORG_HEADS:
            return None
        index = head + 1
        if index >= len(self.keys) or self.keys[index] not in ("of", "for"):
            return None
        if self.words.gap(head) != " ":
            return None
        end = self._end_phrase(index + 1)
        if end is None:
            return None
        return self._make(head if head == first else first, end, "ORG", "head of")

    def _end_phrase(self, index: int) -> int | None:
        if index < len(self.keys) and self.keys[index] == "the":
            index += 1
        end = self._end_caps(index)
        if end == index:
            return None
        joined = end < len(self.keys) and self.keys[end] in ("and", "of", "for")
        if joined and self.words.gap(end - 1) == " ":
            after = self._end_caps(end + 1)
            is_place = end + 1 in self.cover
            if after > end + 1 and not is_place:
                return after
        return end

    def _end_caps(self, index: int) -> int:
        end = index
        while end < len(self.keys) and self.words.caps[end]:
            if self.keys[end] in CALENDAR:
                break
            end += 1
            if not self.words.is_joint(end - 1):
                break
        return end

    # facilities and natural features

    def _read_facility(self, first: int, stop: int) -> Span | None:
        last = stop - 1
        if last > first and self.keys[last] in LOC_SUFFIXES:
            if self.keys[first] in self.given and self.keys[last] in SURNAMES:
                return None
            if self._has_entity(first, stop):
                return None
            return self._make(first, stop, "LOC", "place word")
        if last > first and self.keys[first] in LOC_HEADS and first not in self.cover:
            return self._make(first, stop, "LOC", "place word")
        return None

    def _read_town(self, first: int, stop: int) -> Span | None:
        """Read a place that no table has: "in Mbeko, Kenya", "the village of Mbeko"."""
        if stop - first > 3 or self._has_found(first, stop) or self._is_odd(first):
            return None
        before = self.keys[first - 1] if first else ""
        if self.keys[first] in STARTERS or self.keys[stop - 1] in TITLES:
            return None
        if before == "of" and first > 1 and self.keys[first - 2] in SETTLEMENTS:
            return self._make(first, stop, "LOC", "settlement", 0.8)
        is_led = before in PLACE_PREPOSITIONS or before in ("of", "from", "to")
        other = self.cover.get(stop) if self.words.gap(stop - 1) == ", " else None
        if is_led and other and other.names[0].kind in ("country", "admin1"):
            return self._make(first, stop, "LOC", "before its country", 0.8)
        if before in SURE_PREPOSITIONS and stop - first <= 2:
            return self._make(first, stop, "LOC", "after in", 0.5)
        return None

    def _has_entity(self, first: int, stop: int) -> bool:
        return any(
            index in self.cover and _is_entity(self.cover[index])
            for index in range(first, stop)
        )

    # persons

    def _read_person(self, first: int, stop: int) -> Span | None:
        title = self._last_title(first, stop)
        if title is not None:
            if title + 1 < stop:
                return self._titled(title + 1, stop, self.keys[title])
            return self._read_apposition(title)
        if first and self._follows_title(first):
            span = self._titled(first, stop, self.keys[first - 1])
            if span:
                return span
        if stop - first == 1:
            return self._read_lone(first)
        return self._read_given(first, stop) or self._read_spoken(first, stop)

    def _read_lone(self, index: int) -> Span | None:
        """Read a given name alone ("Grace said", "with Grace")."""
        if index in self.cover or self.keys[index] not in self.given:
            return None
        if self.keys[index] in STARTERS or self.keys[index] in ORG_SUFFIXES:
            return None
        before = self.keys[index - 1] if index else ""
        if before in NO_PERSON_AFTER and before not in ("to", "for", "from"):
            return None
        return self._make(index, index + 1, "PER", "given name alone", 0.6)

    def _last_title(self, first: int, stop: int) -> int | None:
        for index in range(stop - 1, first - 1, -1):
            if self.keys[index] in TITLES and not self._is_inside(index):
                return index
        return None

    def _is_inside(self, index: int) -> bool:
        span = self.cover.get(index)
        return span is not None and span.stop - span.first > 1

    def _follows_title(self, first: int) -> bool:
        gap = self.words.gap(first - 1)
        return self.keys[first - 1] in TITLES and gap in (" ", ". ")

    def _titled(self, first: int, stop: int, title: str) -> Span | None:
        stop = min(stop, first + _MAX_NAME)
        span = self.cover.get(first)
        is_bare = stop - first == 1
        if span is not None and not (is_bare and title in ("mr", "mrs", "ms", "miss")):
            is_given = self.keys[first] in self.given
            if _is_entity(span) or span.stop >= stop or not is_given:
                return None
        if is_bare and title not in STRONG_TITLES:
            return None
        return self._make(first, stop, "PER", "title")

    def _read_apposition(self, title: int) -> Span | None:
        """Read the name in "Information Minister, Attaullah Tarar, accused"."""
        first = title + 1
        if first >= len(self.keys) or self.words.gap(title) != ", ":
            return None
        stop = self._end_caps(first)
        if not 2 <= stop - first <= _MAX_NAME or self._has_found(first, stop):
            return None
        return self._make(first, stop, "PER", "title, name")

    def _has_found(self, first: int, stop: int) -> bool:
        return any(index in self.cover for index in range(first, stop))

    def _read_given(self, first: int, stop: int) -> Span | None:
        index = first
        while index < stop - 1 and self._is_before_name(index):
            index += 1
        if index >= stop - 1 or self.keys[index] not in self.given:
            return None
        if self._is_inside(index) or not self.words.is_joint(index):
            return None
        rest = self.cover.get(index + 1)
        if rest is not None and (
            rest.stop - rest.first > 1 or rest.names[0].kind in ("org", "phrase")
        ):
            return None
        if self.keys[index + 1] in TITLES:
            return None
        return self._make(index, min(stop, index + _MAX_NAME), "PER", "given name")

    def _is_before_name(self, index: int) -> bool:
        span = self.cover.get(index)
        return span is not None and self.keys[index] not in self.given

    def _read_spoken(self, first: int, stop: int) -> Span | None:
        """Read an unknown run of two or three words that speaks or is described."""
        size = stop - first
        if not 2 <= size <= 4 or self._has_found(first, stop):
            return None
        if any(self._is_odd(index) for index in range(first, stop)):
            return None
        if self._is_after_place_word(first):
            return None
        if self._is_initial(first) or self._speaks(stop):
            return self._make(first, stop, "PER", "speaks")
        before = self.keys[first - 1] if first else ""
        if self.words.firsts[first] or before in NO_PERSON_AFTER:
            return None
        return self._make(first, stop, "PER", "unknown run", 0.5)

    def _is_odd(self, index: int) -> bool:
        key = self.keys[index]
        surface = self.words.surface(index, index + 1)
        is_caps = len(surface) > 1 and surface.isupper()
        return is_caps or any(c.isdigit() for c in key)

    def _is_after_place_word(self, first: int) -> bool:
        return first > 0 and self.keys[first - 1] in PLACE_PREPOSITIONS

    def _is_initial(self, first: int) -> bool:
        return len(self.keys[first]) == 1 and self.words.gap(first) == ". "

    def _speaks(self, stop: int) -> bool:
        return stop < len(self.keys) and self.keys[stop] in SPEECH

    # acronyms

    def _read_acronym(self, first: int, stop: int) -> Span | None:
        surface = self.words.surface(first, stop)
        if stop - first > 1 or first in self.cover or not surface.isupper():
            return None
        is_word = not 2 <= len(surface) <= 6 or not surface.isalpha()
        if is_word or self.keys[first] in NOT_ACRONYMS:
            return None
        return self._make(first, stop, "ORG", "acronym", 0.5)

    def _make(
        self, first: int, stop: int, type_: str, rule: str, score: float = 1.0
    ) -> Span:
        if type_ == "PER" and stop - first > 2 and self.keys[stop - 1] in GENERATIONS:
            full = self.words.surface(first, stop - 1).rstrip(", ")
        else:
            full = self.words.surface(first, stop)
        return Span(first, stop, (), type_, rule, score, full=full)
