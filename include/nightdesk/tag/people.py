"""Link later, shorter names to the full name in the same document.

"Tarar" is "Attaullah Tarar" if just one person of that surname was named in full, and
"al-Masri", "Okonkwo-Bell" and "van der Meer" likewise; "Zhou" is "Zhou Haoran" if
nobody has it as a surname behind. An acronym in brackets after an organisation stands
for it from there on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from nightdesk.tag.lexicon import GENERATIONS, PARTICLES, PLACE_PREPOSITIONS
from nightdesk.tag.spans import Passage, Span
from nightdesk.tag.table import is_capital
from nightdesk.tag.words import fold_key

_SURE_RULES = ("title", "title, name", "given name", "speaks", "model", "known name")

#: From here on the model's organisation is none of the persons that bear its name.
_CERTAIN = 0.9


@dataclass(frozen=True, slots=True)
class _People:
    """The people whom a document names in full, by what else it may call them."""

    #: key of a surname, with its particles and without -> full names
    behind: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    #: key of the first word -> full names: "Zhou Haoran", "Ana Ruiz"
    front: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, full: str) -> None:
        parts = _split_name(full)
        for tail in _iterate_surnames(parts):
            self.behind[tail].add(full)
        self.front[fold_key(parts[0])].add(full)

    def find(self, key: str) -> set[str]:
        """Return the full names of those who may be called so."""
        return self.behind.get(key) or self.front.get(key) or set()


def link_names(passages: list[Passage], words: Mapping[str, int]) -> None:
    """Give every span of a known person or acronym its full name, and find more.

    Args:
        passages: of one document.
        words: known words and their numbers; a surname that is one of them ("Design")
            and is written in lower case at times is not looked for.
    """
    found = _collect_people(passages)
    people = {
        key: full
        for key, full in found.behind.items()
        if key not in words or is_capital(words[key])
    }
    acronyms = _collect_acronyms(passages)
    for passage in passages:
        for span in passage.spans:
            _link_person(span, found)
        _find_more(passage, people, acronyms)


def _collect_people(passages: list[Passage]) -> _People:
    """Return the people of a document whom it names in full."""
    people, spelled = _People(), dict[str, str]()
    bare = []  # "van der Meer", or "Le Minh"
    for passage in passages:
        for span in passage.spans:
            is_full = span.stop - span.first > 1 and span.rule in _SURE_RULES
            if span.type != "PER" or not span.full or not is_full:
                continue
            full = spelled.setdefault(fold_key(span.full), span.full)
            parts = _split_name(full)
            if all(_is_particle(part) for part in parts[:-1]):
                bare.append(full)
            else:
                people.add(full)
    for full in bare:
        if fold_key(full) not in people.behind:
            people.add(full)
    return people


def _split_name(full: str) -> list[str]:
    """Return the words of a name; what a hyphen joins is one, "Jr." none."""
    parts = [part for part in full.split() if fold_key(part) not in GENERATIONS]
    return parts or [full]


def _is_particle(part: str) -> bool:
    return fold_key(part) in PARTICLES


def _iterate_surnames(parts: list[str]) -> Iterator[str]:
    """Yield the keys of "van der Meer", "der Meer", "Meer"; of "al-Masri", "Masri"."""
    first = len(parts) - 1
    while first > 1 and _is_particle(parts[first - 1]):
        first -= 1
    keys = [fold_key(part) for part in parts[first:]]
    for at in range(len(keys)):
        yield " ".join(keys[at:])
    head, _, rest = keys[-1].partition(" ")
    if rest and head in PARTICLES:
        yield rest


def _link_person(span: Span, people: _People) -> None:
    if span.type != "PER" or not span.full:
        return
    key = fold_key(span.full)
    is_short = span.stop - span.first == 1
    names = people.find(key) if is_short else people.behind.get(key, set())
    if is_short or names:
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
    _find_compounds(passage, people)
    words = passage.words
    taken = {i: s for s in passage.spans for i in range(s.first, s.stop)}
    added: list[Span] = []
    for index, key in enumerate(words.keys):
        if not words.caps[index]:
            continue
        known = taken.get(index)
        owner = acronyms.get(words.surface(index, index + 1)) if acronyms else None
        if owner is not None and (known is None or _is_lone(known)):
            _drop(passage, known)
            added.append(_alias(index, owner))
        elif key in people and _may_be_person(passage, index, known):
            _drop(passage, known)
            added.append(_surname_span(index, index + 1, people[key]))
    passage.spans = sorted(passage.spans + added, key=lambda s: (s.first, -s.stop))


def _find_compounds(passage: Passage, people: dict[str, set[str]]) -> None:
    """Add the surnames of several pieces: "al-Masri", "De la Cruz", "Okonkwo-Bell"."""
    tails: dict[str, list[list[str]]] = defaultdict(list)
    for tail in sorted(people, key=len, reverse=True):
        keys = tail.split()
        if len(keys) > 1:
            tails[keys[0]].append(keys)
    if not tails:
        return
    words = passage.words
    for index, key in enumerate(words.keys):
        for keys in tails.get(key, ()):
            stop = index + len(keys)
            if words.keys[index:stop] == keys and _is_free(passage, index, stop):
                inside = [s for s in passage.spans if index <= s.first < stop]
                for span in inside:
                    _drop(passage, span)
                span = _surname_span(index, stop, people[" ".join(keys)])
                passage.spans.append(span)
                break
    passage.spans.sort(key=lambda s: (s.first, -s.stop))


def _is_free(passage: Passage, first: int, stop: int) -> bool:
    """Are these pieces one name, which is in no other and not found as a whole?"""
    words = passage.words
    is_joined = all(map(words.is_joint, range(first, stop - 1)))
    if not words.caps[stop - 1] or not is_joined:
        return False
    over = [s for s in passage.spans if s.first < stop and first < s.stop]
    return all(
        first <= s.first and s.stop <= stop and s.stop - s.first < stop - first
        for s in over
    )


def _is_lone(span: Span) -> bool:
    """Is it one word that no table has, like an acronym that is found by itself?"""
    return span.stop - span.first == 1 and not span.names


def _drop(passage: Passage, span: Span | None) -> None:
    if span is not None:
        passage.spans.remove(span)


def _alias(index: int, owner: Span) -> Span:
    return Span(
        index, index + 1, owner.names, "ORG", "acronym in brackets", full=owner.full
    )


def _surname_span(first: int, stop: int, names: set[str]) -> Span:
    full = next(iter(names)) if len(names) == 1 else None
    return Span(first, stop, (), "PER", "surname", 0.9, full=full)


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
