"""Link later, shorter names to the full name in the same document.

"Tarar" is "Attaullah Tarar" if just one person of that surname was named in full; an
acronym in brackets after an organisation's name stands for it from there on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container
from dataclasses import replace

from nightdesk.tag.lexicon import GENERATIONS, PARTICLES, PLACE_PREPOSITIONS
from nightdesk.tag.spans import Passage, Span
from nightdesk.tag.words import fold_key

_SURE_RULES = ("title", "title, name", "given name", "speaks", "model", "known name")

#: From here on the model's organisation is none of the persons that bear its name.
_CERTAIN = 0.9


def link_names(passages: list[Passage], words: Container[str]) -> None:
    """Give every span of a known person or acronym its full name, and find more.

    Args:
        passages: of one document.
        words: known words; a surname that is one of them ("Design") is not looked for.
    """
    found = _collect_people(passages)
    people = {key: names for key, names in found.items() if key not in words}
    acronyms = _collect_acronyms(passages)
    for passage in passages:
        for span in passage.spans:
            _link_person(span, found)
        _find_more(passage, people, acronyms)


def _collect_people(passages: list[Passage]) -> dict[str, set[str]]:
    """Return surname key -> full names in the document."""
    people: dict[str, set[str]] = defaultdict(set)
    spelled: dict[str, str] = {}
    for passage in passages:
        for span in passage.spans:
            is_full = span.stop - span.first > 1 and span.rule in _SURE_RULES
            if span.type == "PER" and span.full and is_full:
                key = fold_key(span.full)
                people[_surname(key)].add(spelled.setdefault(key, span.full))
    return people


def _surname(key: str) -> str:
    parts = [part for part in key.split() if part not in GENERATIONS]
    return parts[-1] if parts else key


def _link_person(span: Span, people: dict[str, set[str]]) -> None:
    if span.type != "PER" or not span.full:
        return
    names = people.get(_surname(fold_key(span.full)), set())
    if span.stop - span.first > 1:
        return
    span.full = next(iter(names)) if len(names) == 1 else None


def _collect_acronyms(passages: list[Passage]) -> dict[str, Span]:
    """Return letters in brackets -> the organisation's span before them."""
    out: dict[str, Span] = {}
    for passage in passages:
        words = passage.words
        for span in passage.spans:
            at = span.stop
            is_org = span.type == "ORG" or _is_org(span)
            if not is_org or at >= len(words) or words.gap(at - 1) != " (":
                continue
            letters = words.surface(at, at + 1)
            if letters.isupper() and len(letters) > 1:
                full = span.full or words.surface(span.first, span.stop)
                out[letters] = replace(span, full=full)
    return out


def _is_org(span: Span) -> bool:
    return any(name.kind == "org" for name in span.names)


def _find_more(
    passage: Passage, people: dict[str, set[str]], acronyms: dict[str, Span]
) -> None:
    """Add the surnames and acronyms that no rule has found in this passage."""
    words = passage.words
    taken = {i: s for s in passage.spans for i in range(s.first, s.stop)}
    added: list[Span] = []
    for index, key in enumerate(words.keys):
        if not words.caps[index]:
            continue
        known = taken.get(index)
        owner = acronyms.get(words.surface(index, index + 1)) if acronyms else None
        if owner is not None and (known is None or known.rule == "acronym"):
            _drop(passage, known)
            added.append(_alias(index, owner))
        elif key in people and _may_be_person(passage, index, known):
            _drop(passage, known)
            added.append(_surname_span(index, people[key]))
    passage.spans = sorted(passage.spans + added, key=lambda s: (s.first, -s.stop))


def _drop(passage: Passage, span: Span | None) -> None:
    if span is not None:
        passage.spans.remove(span)


def _alias(index: int, owner: Span) -> Span:
    return Span(
        index, index + 1, owner.names, "ORG", "acronym in brackets", full=owner.full
    )


def _surname_span(index: int, names: set[str]) -> Span:
    full = next(iter(names)) if len(names) == 1 else None
    return Span(index, index + 1, (), "PER", "surname", 0.9, full=full)


def _is_doubted(span: Span) -> bool:
    """Does the model alone take one word for an organisation, without being sure?"""
    is_short = span.stop - span.first == 1 and not span.names
    return (
        is_short
        and (span.type, span.rule) == ("ORG", "model")
        and span.score < _CERTAIN
    )


def _may_be_person(passage: Passage, index: int, known: Span | None) -> bool:
    """Is a lone capitalised surname a person here, not a place or part of a name?"""
    words = passage.words
    if known is not None and _is_doubted(known):
        known = None
    if known is not None and (known.type or known.stop - known.first > 1):
        return False
    if known is not None and index:
        before = words.keys[index - 1]
        if before in PLACE_PREPOSITIONS or known.names[0].kind in ("demonym", "org"):
            return False
    after = index + 1
    if after < len(words) and words.caps[after] and words.gap(index) == " ":
        return False
    return words.keys[index] not in PARTICLES
