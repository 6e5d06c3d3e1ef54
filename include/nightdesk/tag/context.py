"""What stands round a name of the gazetteer, and what it says of the name.

Each function reads the pieces beside one span, and changes nothing.
"""

from __future__ import annotations

from bisect import bisect_left

from nightdesk.tag.lexicon import (
    CIVIC_WORDS,
    DISEASE_WORDS,
    FLUENT,
    FUNCTION_WORDS,
    GEO_NOUNS,
    LANGUAGE_VERBS,
    LANGUAGE_WORDS,
    SEATS,
    SHIP_MARKS,
    SHIP_WORDS,
    SPEAK,
    TITLES,
)
from nightdesk.tag.spans import Passage, Span
from nightdesk.tag.table import Name
from nightdesk.tag.words import Words

_QUALIFYING = (", ", " (", " in ", " on ", " in northern ", " in southern ")
_FAR = 8  # pieces of a ship's name, languages in a list
#: Of parties that are organised by states.
_PARTISANS = frozenset(("republican", "republicans", "democrat", "democrats", "gop"))
_LISTING = (", ", " and ", " or ", ", and ", ", or ")
#: After "the X": X is the name of a thing, not a city before a noun.
_AFTER_THING = frozenset(
    ["in", "of", "at", "on", "is", "was", "near", "has", "had", "will"]
)


def find_qualifiers(passage: Passage, span: Span, after: list[Span]) -> list[Name]:
    """Return the countries and divisions in "X, Y", "X (Y)", "X in Y"."""
    stop = span.stop
    out: list[Name] = []
    for other in after:
        if _gap(passage, stop, other.first) not in _QUALIFYING:
            break
        kinds = ("country", "admin1", "abbreviation")
        out.extend(name for name in other.names if name.kind in kinds)
        stop = other.stop
    return out


def find_state(passage: Passage, number: int, known: int) -> str | None:
    """Return the country of a town in "X, State" if no X of the tables lies there.

    Args:
        passage: its spans are read round the one with this number.
        number: of the span X.
        known: people; a larger city than that is meant before a country ("Naples, Italy
            and Spain" is a list), though not before a state ("Naples, Florida").
    """
    spans = passage.spans
    span = spans[number]
    if number + 1 >= len(spans) or _is_listed(passage, number):
        return None
    other = spans[number + 1]
    if _gap(passage, span.stop, other.first) not in (", ", " on "):
        return None
    wider = [name for name in other.names if name.kind in ("admin1", "country")]
    where = {country for name in wider for country in name.countries}
    if len(where) != 1 or any(_may_lie(x, y) for x in span.names for y in wider):
        return None
    is_state = all(name.kind == "admin1" for name in wider)
    is_small = all(n.kind == "city" and n.population < known for n in span.names)
    return where.pop() if is_state or is_small else None


def _may_lie(name: Name, wider: Name) -> bool:
    """May a place lie in a country or division?"""
    if not set(name.countries) & set(wider.countries):
        return False
    is_known = name.kind == "city" and name.admin1 and wider.admin1
    return not is_known or name.admin1 == wider.admin1


def _is_listed(passage: Passage, number: int) -> bool:
    """Is the span, or the one after it, part of a list of places?"""
    spans = passage.spans
    span, other = spans[number], spans[number + 1]
    if number and _gap(passage, spans[number - 1].stop, span.first) in _LISTING:
        return True
    words, gap = passage.words, passage.words.gap(other.stop - 1)
    if other.stop >= len(words) or gap not in (" ", ", "):
        return False
    if words.keys[other.stop] in ("and", "or"):
        return True
    wider = spans[number + 2] if number + 2 < len(spans) else None
    if wider is not None and wider.first == other.stop:
        here = {country for name in other.names for country in name.countries}
        if any(here & set(name.countries) for name in wider.names):
            return False  # "Malia on Crete, Greece"
    return gap == ", " and words.caps[other.stop]


def _gap(passage: Passage, stop: int, first: int) -> str:
    words = passage.words
    return words.text[words.ends[stop - 1] : words.starts[first]]


def is_state_wanted(passage: Passage, span: Span) -> bool:
    """Is a state meant: "university of X", "Y County, X", "Republicans in X"?"""
    keys, first = passage.words.keys, span.first
    if _PARTISANS.intersection(keys[span.stop : span.stop + 1]):
        return True
    if _PARTISANS.intersection(keys[max(0, first - 2) : first][:1]):
        return keys[first - 1] in ("in", "from", "of")
    if keys[max(0, first - 2) : first] in (
        ["university", "of"],
        ["universities", "of"],
    ):
        return True
    is_county = first > 0 and keys[first - 1] == "county"
    return is_county and passage.words.gap(first - 1) == ", "


def is_language(passage: Passage, span: Span) -> bool:
    """Does "English" name the language ("in English.", "English-speaking")?"""
    words = passage.words
    after = words.keys[span.stop] if span.stop < len(words) else ""
    before = words.keys[span.first - 1] if span.first else ""
    if after in LANGUAGE_WORDS or before in SPEAK:
        return True
    first, stop = _end_list(passage, span)
    lead = words.keys[max(0, first - 3) : first]
    if lead[-1:] == ["the"] and lead[-2:-1] == ["from"] and lead[0] == "translated":
        return True
    if lead and lead[-1] in FLUENT:
        del lead[-1]
    if not lead or lead[-1] not in LANGUAGE_VERBS:
        return False
    if words.keys[stop : stop + 1] == ["and"] and any(words.caps[stop + 1 : stop + 2]):
        stop += 2  # "in both English and Hindi"
    return _is_last(words, stop)


def _is_last(words: Words, stop: int) -> bool:
    """Does a clause end before a piece ("reads Turkish and teaches ...")?"""
    if words.gap(stop - 1) != " ":
        return True
    if words.keys[stop] in FUNCTION_WORDS:
        return not words.keys[stop - 1].endswith("s")  # "a rise in Mexicans with visas"
    then = words.keys[stop + 1 : stop + 2]
    return words.keys[stop] in ("and", "or") and bool(LANGUAGE_VERBS.intersection(then))


def _end_list(passage: Passage, span: Span) -> tuple[int, int]:
    """Return the ends of the list of demonyms that a span stands in."""
    spans = passage.spans
    at = first = last = bisect_left(spans, span.first, key=lambda other: other.first)
    while max(0, at - _FAR) < first and _follows(
        passage, spans[first - 1], spans[first]
    ):
        first -= 1
    end = min(len(spans), at + _FAR)
    while last + 1 < end and _follows(passage, spans[last], spans[last + 1]):
        last += 1
    return spans[first].first, spans[last].stop


def _follows(passage: Passage, span: Span, other: Span) -> bool:
    is_both = all(x.names and x.names[0].kind == "demonym" for x in (span, other))
    return is_both and _gap(passage, span.stop, other.first) in _LISTING


def is_disease(passage: Passage, span: Span) -> bool:
    """Is a disease or strain called after the name?"""
    words, after = passage.words, span.stop
    return after < len(words) and words.keys[after] in DISEASE_WORDS


def is_tailed(passage: Passage, span: Span) -> bool:
    """Does "city", "province" or the like follow in lower case?"""
    words = passage.words
    after = span.stop
    return (
        after < len(words)
        and words.keys[after] in GEO_NOUNS | {"province", "district", "prefecture"}
        and words.gap(after - 1) == " "
    )


def is_beside(passage: Passage, span: Span) -> bool:
    """Does an unknown capitalised word touch the name ("Rio Tinto")?"""
    words, taken = passage.words, passage.taken
    after, before = span.stop, span.first - 1
    if after < len(words) and words.caps[after] and words.gap(after - 1) == " ":
        is_known = after in taken or words.keys[after] in TITLES
        if not is_known:
            return True
    if before < 0 or not words.caps[before] or words.gap(before) != " ":
        return False
    return not (words.firsts[before] or before in taken)


def is_civic(passage: Passage, span: Span) -> bool:
    """Does "police" or "council" follow a name that no sentence begins with?"""
    words, after = passage.words, span.stop
    if after >= len(words) or words.gap(after - 1) != " " or words.firsts[span.first]:
        return False
    return words.keys[after] in CIVIC_WORDS and not words.caps[after]


def is_of_town(passage: Passage, span: Span) -> bool:
    """Does the name follow "mayor of", "outskirts of"?"""
    keys, first = passage.words.keys, span.first
    return first > 1 and keys[first - 1] == "of" and keys[first - 2] in SEATS


def is_of_ship(passage: Passage, span: Span) -> bool:
    """Is the name part of a ship's ("the tanker Star of Norway", "USS Georgia")?"""
    words, first = passage.words, span.first
    while max(0, span.first - _FAR) < first and words.gap(first - 1) == " ":
        is_inner = words.caps[first - 1] or words.keys[first - 1] in ("of", "the")
        if not is_inner:
            break
        first -= 1
    run = words.keys[first : span.first]
    if SHIP_MARKS & set(run):
        return True
    if not first or words.keys[first - 1] not in SHIP_WORDS:
        return False
    stop = span.stop
    is_led = stop < len(words) and words.caps[stop] and words.gap(stop - 1) == " "
    return (bool(run) or is_led) and words.gap(first - 1) == " "


def is_thing(passage: Passage, span: Span) -> bool:
    """Does "the" before the name, and no noun behind it, say that it is no city?"""
    words = passage.words
    if not span.first or words.keys[span.first - 1] != "the":
        return False
    is_last = words.gap(span.stop - 1) != " "
    return is_last or words.keys[span.stop] in _AFTER_THING
