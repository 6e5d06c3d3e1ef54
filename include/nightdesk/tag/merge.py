"""Bring what the model found together with the names of the gazetteer.

The model says what is a name and of which type; the gazetteer says what a name may
mean. Where they speak of the same words the gazetteer's name keeps its meanings and
takes the model's word as a hint; a longer name of the model goes before the shorter
one of the gazetteer inside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nightdesk.tag.certain import settle_types
from nightdesk.tag.spans import Span
from nightdesk.tag.table import CertainWords
from nightdesk.tag.words import Words, fold_key

#: From here on the model is believed against the gazetteer.
SURE = 0.7
_COURTESIES = frozenset(("mr", "mrs", "ms"))
#: Before a name, and no part of it.
_NO_PART = frozenset(("the", "neighbouring", "neighboring"))


def merge_names(
    words: Words,
    found: list[Span],
    named: list[Span],
    ruled: list[Span],
    certain: CertainWords,
) -> list[Span]:
    """Return the spans of a passage, in order.

    Args:
        words: of the passage.
        found: names of the gazetteer, not decided yet.
        named: what the model found; no two overlap.
        ruled: what the rules made of `found`.
        certain: words that settle a type.
    """
    named = [
        x for x in named if x.stop - x.first > 1 or words.keys[x.first] not in _NO_PART
    ]
    settle_types(words, named, certain)
    _honour(words, named, ruled)
    starts = {span.first: span.stop for span in found}
    for span in named:
        _trim(words, span, starts)
    cover = _cover(named)
    unmade = _cover(span for span in ruled if span.type == "ORG")
    out: list[Span] = []
    dropped: set[int] = set()
    for span in found:
        if span.first in unmade:
            span.within = False
        over = [cover[i] for i in range(span.first, span.stop) if i in cover]
        if not over:
            out.append(span)
            continue
        keep = _keep(span, over[0])
        if keep == "both":
            span.within = True
            is_whole = (over[0].first, over[0].stop) == (span.first, span.stop)
            span.hint = "ORG" if is_whole else ""
        elif keep == "found":
            dropped.update(id(other) for other in over)
            span.hint, span.hint_score = over[0].type, over[0].score
        if keep != "named":
            out.append(span)
    out.extend(span for span in named if id(span) not in dropped)
    return sorted(out, key=lambda span: (span.first, -span.stop))


def trust_given_names(texts: Sequence[Words], named: Sequence[list[Span]]) -> None:
    """Be sure of the lone given names of people whom the model names in full.

    "Jordan Peale ... Jordan's mother, ... Jordan, 19, left": else the place of that
    name would be meant.

    Args:
        texts: the passages of a document.
        named: what the model found in each of them.
    """
    people = [
        (span, fold_key(span.full or ""))
        for spans in named
        for span in spans
        if span.type == "PER"
    ]
    given = {key.split()[0] for _, key in people if " " in key}
    for span, key in people:
        if key in given:
            span.score = max(span.score, SURE)
    for words, spans in zip(texts, named, strict=True):
        aged = [
            Span(i, i + 1, (), "PER", "given name", full=words.surface(i, i + 1))
            for i, key in enumerate(words.keys)
            if key in given and words.caps[i] and _is_aged(words, i)
        ]
        _take_persons(spans, aged)


def _take_persons(named: list[Span], persons: list[Span]) -> None:
    """Put persons in the place of what the model took for places, or for nothing."""
    for span in persons:
        over = [x for x in named if x.first < span.stop and span.first < x.stop]
        if all(other.type == "LOC" for other in over):
            named[:] = [*(x for x in named if x not in over), span]


def _honour(words: Words, named: list[Span], ruled: list[Span]) -> None:
    """Be sure of the persons in "Ms. Lyon" and "Mr. Holland", who is called Holland."""
    titled = (span for span in ruled if span.rule == "title")
    _take_persons(named, [x for x in titled if _is_led(words, x.first)])
    for span in named:
        if words.keys[span.first] in _COURTESIES and span.stop - span.first > 1:
            span.first += 1
            span.full = words.surface(span.first, span.stop)
        if _is_led(words, span.first):
            span.type, span.rule, span.score = "PER", "title", SURE


def _is_led(words: Words, index: int) -> bool:
    """Does "Mr." stand before a piece?"""
    before = index - 1
    is_courteous = before >= 0 and words.keys[before] in _COURTESIES
    return is_courteous and words.caps[before] and words.is_joint(before)


def _is_aged(words: Words, index: int) -> bool:
    """Does an age follow the piece ("Georgia, 44, says")?"""
    if index + 1 >= len(words) or words.gap(index) != ", ":
        return False
    return len(words.keys[index + 1]) == 2 and words.keys[index + 1].isdigit()


def _trim(words: Words, named: Span, starts: dict[int, int]) -> None:
    """Shorten "The Kremlin" and "Cape Town's" to the name of the gazetteer in them.

    "Neighbouring Ghana", where a sentence begins, is another such.
    """
    first, stop = named.first, named.stop
    first += words.keys[first] in _NO_PART
    is_possessive = words.keys[stop - 1] == "s" and words.gap(stop - 2) in ("'", "’")
    stop -= stop - first > 1 and is_possessive
    is_shorter = stop - first < named.stop - named.first
    if is_shorter and starts.get(first) == stop:
        named.first, named.stop = first, stop
        named.full = words.surface(first, stop)


def _is_country(found: Span) -> bool:
    return any(name.kind in ("country", "abbreviation", "area") for name in found.names)


def _cover(spans: Iterable[Span]) -> dict[int, Span]:
    return {i: span for span in spans for i in range(span.first, span.stop)}


def _keep(found: Span, named: Span) -> str:
    is_longer = named.first <= found.first and named.stop >= found.stop
    is_longer = is_longer and named.stop - named.first > found.stop - found.first
    if not is_longer:
        is_sure = found.is_place and named.score >= SURE
        if named.type == "ORG" and is_sure and not _is_country(found):
            return "both"  # a club called after its town
        return "named" if named.type == "PER" and is_sure else "found"
    if named.type == "ORG" and found.is_place:
        return "both"
    if named.type == "LOC" and found.is_place:
        named.names = named.names or found.names
    return "named"
