"""Say in which part a place is named: as the subject, the dateline, or a venue.

A dateline says where the reporter sat, a venue where others met, a mediator who
helped them: each counts less than a country that the text is about.
"""

from __future__ import annotations

import re

from nightdesk.tag.lexicon import MEDIATE_VERBS, MEDIATE_WORDS, TALK_WORDS
from nightdesk.tag.places import iterate_places
from nightdesk.tag.spans import Passage, Span

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_PLACE = r"[A-Z][^\W\d_]+(?:[ .'/-][^\W\d_.]+\.?){0,4}(?:, [A-Z][\w. ]{1,24}){0,2}?"
_DATELINE = re.compile(
    rf"(?P<place>{_PLACE})(?:, {_MONTH} \d\d?)?"
    r"(?: ?\((?P<agency>[^)\n]{2,40})\))?\s?(?:[-–—]|: ?-)\s"
)
_NEAR = 3  # pieces between "talks" and "in Doha"
_FAR = 8  # the same, "held" among them
_AHEAD = 4  # pieces between "Qatar" and "mediating"
_MAX_STEPS = 12  # along a list of places


def mark_roles(passages: list[Passage]) -> None:
    """Set the role of every place span of a document."""
    bodies = [passage for passage in passages if passage.field == "text"]
    if bodies:
        _mark_dateline(bodies[0])
    for passage in passages:
        places = {span.first: span.stop for span in iterate_places(passage)}
        for span in iterate_places(passage):
            if span.role != "about" or span.within:
                continue
            if _is_met_in(passage, span) or _is_mediator(passage, span, places):
                span.role = "venue"


def _mark_dateline(passage: Passage) -> None:
    found = _DATELINE.match(passage.words.text.lstrip("\ufeff"))
    if not found:
        return
    first_word = re.split(r"[\s,]", found["place"], maxsplit=1)[0]
    if not found["agency"] and not first_word.isupper():
        return
    for span in passage.spans:
        if passage.words.starts[span.first] < found.end() and span.type == "LOC":
            span.role = "dateline"


def _is_met_in(passage: Passage, span: Span) -> bool:
    """Read "talks on Monday in Istanbul", "talks on Yemen were held in Muscat"."""
    words = passage.words
    at = span.first - 1
    if at < 1 or words.keys[at] not in ("in", "at"):
        return False
    far = _FAR if words.keys[at - 1] == "held" else _NEAR
    for index in range(at - 1, max(-1, at - 2 - far), -1):
        if words.firsts[index + 1] or "," in words.gap(index):
            return False
        if words.keys[index] in TALK_WORDS:
            return True
        if words.caps[index] and index + 1 < at:
            continue
    return False


def _is_mediator(passage: Passage, span: Span, places: dict[int, int]) -> bool:
    return _is_after_by(passage, span, places) or _is_before_verb(passage, span, places)


def _is_after_by(passage: Passage, span: Span, places: dict[int, int]) -> bool:
    """Read "mediated by Qatar, Egypt and Turkey": walk back over the list."""
    keys = passage.words.keys
    index = span.first
    for _ in range(_MAX_STEPS):
        if index < 2:
            return False
        before = index - 1
        is_list = keys[before] == "and" or passage.words.gap(before) == ", "
        if keys[before] == "the":
            index = before
        elif keys[before] == "by":
            return keys[before - 1] in MEDIATE_VERBS
        elif is_list:
            stop = before if keys[before] == "and" else index
            first = _find_start(places, stop)
            if first is None:
                return False
            index = first
        else:
            return False
    return False


def _find_start(places: dict[int, int], stop: int) -> int | None:
    """Return where the place that ends before piece `stop` starts."""
    near = range(stop - 1, max(-1, stop - 6), -1)
    return next((first for first in near if places.get(first) == stop), None)


def _is_before_verb(passage: Passage, span: Span, places: dict[int, int]) -> bool:
    """Read "With Qatar and Turkey continuing to mediate the talks"."""
    words = passage.words
    index, left = span.stop, _AHEAD
    for _ in range(_MAX_STEPS):
        if index >= len(words) or not left or words.firsts[index]:
            return False
        if words.keys[index] in MEDIATE_WORDS:
            return True
        if index in places:
            index = places[index]
        elif words.caps[index]:
            return False
        else:
            left -= words.keys[index] != "and"
            index += 1
    return False
