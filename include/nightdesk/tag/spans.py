"""Find the names of the gazetteer in a passage: the longest at each place.

A span is what the rules pass among themselves; it becomes a `Mention` at the end.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from nightdesk.tag.lexicon import (
    CALENDAR,
    GEO_NOUNS,
    JOINERS,
    PARTICLES,
    PHRASE_WORDS,
    PLACE_JOINERS,
    PLACE_PREPOSITIONS,
)
from nightdesk.tag.table import Gazetteer, Name, is_capital
from nightdesk.tag.words import Words, split_pieces

#: A paragraph shorter than this may repeat for good reasons ("Read more").
REPEAT_WORDS = 6
REPEAT_SIGNS = 20  # the same where there are no blanks between words
_LOWER_STARTS = PARTICLES
_MAX_LOWERED = 3  # pieces of a name in lower case
_KNOWN_CITY = 250_000  # people
_INNER = GEO_NOUNS | JOINERS | PARTICLES | PHRASE_WORDS | PLACE_JOINERS
_GLUE = frozenset("-'’‘ʻ")
PLACE_KINDS = ("country", "abbreviation", "capital", "admin1", "city", "area")


@dataclass(slots=True)
class Span:
    """Pieces `first` to before `stop` of a passage, and what they may name."""

    first: int
    stop: int
    names: tuple[Name, ...] = ()  # candidates of the gazetteer
    type: str = ""  # PER, ORG, LOC, DEMONYM; empty: not decided
    rule: str = ""
    score: float = 1.0
    chosen: Name | None = None
    confirmed: Name | None = None  # what the name before it says that it means
    full: str | None = None  # full name of a person or organisation
    within: bool = False  # part of an organisation's name
    role: str = "about"  # about | dateline | venue
    hint: str = ""  # what the model takes a name of the gazetteer for, if for one
    hint_score: float = 0.0
    weight: float = 0.0  # what it adds to each country that it counts for
    counts_for: tuple[str, ...] = ()

    @property
    def is_place(self) -> bool:
        """Can the span name a place?"""
        return any(name.kind in PLACE_KINDS for name in self.names)


@dataclass(slots=True)
class Passage:
    """One title or paragraph with its spans, in order."""

    field: str  # title | text
    base: int  # offset of the passage in its field
    position: int  # the same, repeated paragraphs left out
    words: Words
    spans: list[Span] = dataclasses.field(default_factory=list)
    taken: set[int] = dataclasses.field(default_factory=set)  # pieces in some span


@dataclass(frozen=True, slots=True)
class Line:
    """The title, or one paragraph, and where it stands."""

    field: str  # title | text
    base: int  # offset in its field
    position: int  # the same, repeated paragraphs left out
    text: str


def split_lines(title: str | None, text: str) -> list[Line]:
    """Return the title and each paragraph of the text that is no exact repeat."""
    lines = [Line("title", 0, 0, title)] if title else []
    seen: set[str] = set()
    base = position = 0
    for line in text.splitlines(keepends=True):
        body = line.strip()
        is_repeat = body in seen and _is_long(body)
        if body and not is_repeat:
            lines.append(Line("text", base, position, line))
            position += len(line)
        seen.add(body)
        base += len(line)
    return lines


def _is_long(body: str) -> bool:
    n_blanks = body.count(" ")
    if n_blanks or body.isascii():
        return n_blanks + 1 >= REPEAT_WORDS
    return len(body) >= REPEAT_SIGNS


def split_passages(title: str | None, text: str) -> list[Passage]:
    """Return the lines of an English article as pieces."""
    return [
        Passage(line.field, line.base, line.position, split_pieces(line.text))
        for line in split_lines(title, text)
    ]


def find_names(words: Words, gazetteer: Gazetteer) -> list[Span]:
    """Return the longest gazetteer name at each piece, left to right."""
    spans = []
    index, count = 0, len(words)
    keys, caps, longest = words.keys, words.caps, gazetteer.longest
    for at, key in enumerate(keys):
        size = longest.get(key, 0)
        if not size or at < index:
            continue
        if caps[at] or key in _LOWER_STARTS or key[0].isdigit():
            span = _match_at(words, at, min(size, count - at), gazetteer)
        else:
            span = _match_lowered(words, at, min(size, count - at), gazetteer)
        if span:
            spans.append(span)
            index = span.stop
    return _add_states(words, spans, gazetteer)


def _add_states(words: Words, spans: list[Span], gazetteer: Gazetteer) -> list[Span]:
    """Add the short states behind towns: "Athens, Ga.", "Keene, N.H.", "Paris, TX"."""
    added: list[Span] = []
    for at, gap in enumerate(words.gaps[:-1], 1):
        if gap == ", " and words.caps[at] and words.caps[at - 1]:
            span = _match_state(words, at, spans, gazetteer)
            if span is not None:
                added.append(span)
    if not added:
        return spans
    new = {i for span in added for i in range(span.first, span.stop)}
    kept = [x for x in spans if new.isdisjoint(range(x.first, x.stop))]
    return sorted(kept + added, key=lambda span: span.first)


def _match_state(
    words: Words, at: int, spans: list[Span], gazetteer: Gazetteer
) -> Span | None:
    for stop in range(min(at + _MAX_LOWERED, len(words)), at, -1):
        state = gazetteer.short_states.get("".join(words.pieces[at:stop]))
        inner = words.gaps[at : stop - 1]
        if state is None or any(gap not in (".", ". ") for gap in inner):
            continue
        is_code = len(words.keys[at]) > 1 and words.pieces[at].isupper()
        if not is_code and words.text.startswith(".", words.ends[stop - 1]):
            return Span(at, stop, (state,))
        # "Berlin, DE" is no Delaware
        before = next((x for x in spans if x.stop == at), None)
        inside = before is not None and any(
            state.admin1 == x.admin1 for x in before.names
        )
        if is_code and inside:
            return Span(at, stop, (state,))
    return None


def _match_at(words: Words, index: int, size: int, gazetteer: Gazetteer) -> Span | None:
    reach = 1
    while reach < size and _can_go_on(words, index, reach):
        reach += 1
    for length in range(reach, 0, -1):
        stop = index + length
        names = gazetteer.names.get(" ".join(words.keys[index:stop]))
        if not names or not _has_capital(words, index, stop):
            continue
        if length == 1 and words.keys[index] in CALENDAR:
            return None
        fitting = tuple(name for name in names if _fits(words, index, stop, name))
        if fitting and fitting[0].kind == "phrase":
            return Span(index, stop, fitting, rule="phrase")
        if fitting:
            return Span(index, stop, fitting)
    return None


def _match_lowered(
    words: Words, index: int, size: int, gazetteer: Gazetteer
) -> Span | None:
    """Return a place after "in" that a careless writer left in lower case.

    Only a well-known one whose last word is hardly ever written so ("in glasgow",
    "from new york"), not "in turkey", "at reading".
    """
    if not index or words.keys[index - 1] not in PLACE_PREPOSITIONS:
        return None
    classes = gazetteer.classes
    for length in range(min(size, _MAX_LOWERED), 0, -1):
        stop = index + length
        gaps = set(words.gaps[index - 1 : stop - 1])
        if gaps != {" "} or any(words.caps[index:stop]):
            continue
        last = words.keys[stop - 1]
        names = gazetteer.names.get(" ".join(words.keys[index:stop]), ())
        known = tuple(name for name in names if _is_known(name))
        number = classes.get(last) or classes.get(last.capitalize(), 0)
        if known and is_capital(number):
            return Span(index, stop, known)
    return None


def _is_known(name: Name) -> bool:
    if name.kind in ("city", "capital"):
        return name.population >= _KNOWN_CITY
    return name.kind in ("country", "admin1") and name.exact is None


def _can_go_on(words: Words, index: int, reach: int) -> bool:
    after = index + reach
    if not words.is_joint(after - 1):
        return words.keys[after] == "dc" and words.gap(after - 1) == ", "
    is_glued = words.gap(after - 1) in _GLUE  # "Xi'an", "Usol'ye"
    return words.caps[after] or is_glued or _is_inner(words.keys[after])


def _is_inner(key: str) -> bool:
    return key in _INNER or key.isdigit()


def _has_capital(words: Words, index: int, stop: int) -> bool:
    """Is a piece capitalised that is more than a particle?"""
    return any(
        words.caps[i] and (words.keys[i] not in PARTICLES or stop - index == 1)
        for i in range(index, stop)
    )


def _fits(words: Words, index: int, stop: int, name: Name) -> bool:
    if name.exact is None:
        surface = words.surface(index, stop)
        return not (1 < len(surface) < 5 and surface.isupper() and index)
    if words.gap(stop - 1).startswith("$"):
        return False  # US$ 5
    surface = words.surface(index, stop)
    return "".join(c for c in surface if c.isalnum()) == name.exact
