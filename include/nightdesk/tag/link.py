"""Link what was found to the people and organisations that we know.

By exact name after folding (case, marks, titles, "the", "Inc."), never by likeness. A
name that needs support ("AP", "Labour Party") means a row only if the document gives
another name of it, speaks of no country more often than of its own, or signs its
dateline with it; otherwise it stays a name of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from nightdesk.tag.lexicon import GENERATIONS, TITLES
from nightdesk.tag.spans import Passage, Span
from nightdesk.tag.table import Gazetteer, Kind, Name
from nightdesk.tag.words import fold_key

ENTITY_KINDS = ("org", "person", "metonym")
_KINDS_OF: dict[str, tuple[Kind, ...]] = {"PER": ("person",), "ORG": ("org", "metonym")}
_LEGAL_FORMS = frozenset(("inc", "corp", "co", "ltd", "plc", "llc", "ag", "gmbh", "sa"))
_DATELINE = 80  # characters before which a dateline is signed


def find_people(passage: Passage, gazetteer: Gazetteer) -> None:
    """Add the full names of known people that rules and model missed, or cut short."""
    words, longest = passage.words, gazetteer.people
    added: list[Span] = []
    typed: dict[int, Span] | None = None
    stop = 0
    for index, key in enumerate(words.keys):
        if index < stop or not words.caps[index] or key not in longest:
            continue
        if typed is None:
            found = [span for span in passage.spans if span.type]
            typed = {i: span for span in found for i in range(span.first, span.stop)}
        end = _match_person(passage, index, typed, gazetteer)
        if end:
            stop = end
            name = words.surface(index, end)
            added.append(Span(index, end, (), "PER", "known name", full=name))
    if added:
        inside = {i for span in added for i in range(span.first, span.stop)}
        kept = [s for s in passage.spans if not inside & {*range(s.first, s.stop)}]
        passage.spans = sorted(kept + added, key=lambda span: (span.first, -span.stop))


def _match_person(
    passage: Passage, first: int, typed: dict[int, Span], gazetteer: Gazetteer
) -> int | None:
    words, stop = passage.words, first + 1
    most = min(len(words), first + gazetteer.people[words.keys[first]])
    while stop < most and words.is_joint(stop - 1):
        stop += 1
    for end in range(stop, first + 1, -1):
        key = " ".join(words.keys[first:end])
        found = gazetteer.entities.get(key, ())
        is_whole = words.caps[end - 1] or words.gap(end - 2) == "-"  # "Mao Tse-tung"
        if is_whole and any(name.kind == "person" for name in found):
            over = [typed[i] for i in range(first, end) if i in typed]
            return end if all(_is_part(span, first, end) for span in over) else None
    return None


def _is_part(span: Span, first: int, stop: int) -> bool:
    """Is a span a person's name, but not the whole of it?"""
    is_inside = first <= span.first and span.stop <= stop
    return span.type == "PER" and is_inside and span.stop - span.first < stop - first


def link_entities(passages: Sequence[Passage], gazetteer: Gazetteer) -> None:
    """Give every person and organisation that we know its meaning, or take a false one.

    Args:
        passages: of one document, whose places have been judged.
        gazetteer: with its entities.
    """
    _Linker(passages, gazetteer).link()


class _Linker:
    """Links the spans of one document."""

    def __init__(self, passages: Sequence[Passage], gazetteer: Gazetteer) -> None:
        self.passages = passages
        self.entities = gazetteer.entities
        self.named: set[str] = set()  # ids that another name in the text gives for sure
        self.meant: dict[tuple[str, str], tuple[Name | None, str]] = {}
        self.shared: set[str] | None = None  # surnames; looked for when needed

    def link(self) -> None:
        """Link the sure names first: they support the others."""
        doubted = []
        for passage, span in self._iterate_spans():
            claims = self._find_claims(passage, span)
            if len(claims) == 1 and not claims[0].needs_support:
                _give(span, claims[0])
                self.named.add(claims[0].id)
            elif claims:
                doubted.append((passage, span, claims))
        spoken = self._count_countries() if doubted else Counter()
        for passage, span, claims in doubted:
            self._settle(passage, span, claims, spoken)

    def _settle(
        self,
        passage: Passage,
        span: Span,
        claims: tuple[Name, ...],
        spoken: Counter[str],
    ) -> None:
        """Give a span the one that it can mean, if it is one; the same everywhere."""
        surface = passage.words.surface(span.first, span.stop)
        at = (span.type, surface)
        if at not in self.meant:
            self.meant[at] = self._choose(claims, spoken, surface)
        name, reason = self.meant[at]
        if name is not None:
            _give(span, name)
            span.rule = f"{span.rule}, {reason}"
        elif span.chosen is not None:
            span.chosen, span.names = None, ()
            span.full = span.full or surface

    def _iterate_spans(self) -> Iterator[tuple[Passage, Span]]:
        for passage in self.passages:
            for span in passage.spans:
                is_known = span.chosen is not None and span.chosen.kind in ENTITY_KINDS
                if is_known or span.type in _KINDS_OF:
                    yield passage, span

    def _find_claims(self, passage: Passage, span: Span) -> tuple[Name, ...]:
        """Return those who bear the name of a span; none: it is nobody's."""
        surface = passage.words.surface(span.first, span.stop)
        is_table = span.chosen is not None and span.chosen.kind in ENTITY_KINDS
        if span.full and (span.rule == "acronym in brackets" or not is_table):
            surface = span.full
        claims = self.entities.get(fold_key(surface), ())
        if not claims and not is_table:
            claims = self.entities.get(_strip(surface, span.type), ())
        if not claims or self._is_shared(span.type, surface):
            return ()
        kinds = _KINDS_OF.get(span.type, ())
        if span.chosen is not None and is_table:
            kinds = (span.chosen.kind,)
        letters = "".join(c for c in surface if c.isalnum())
        found = {
            name.id: name
            for name in claims
            if name.kind in kinds and name.exact in (None, letters)
        }
        return tuple(found.values())

    def _is_shared(self, type_: str, surface: str) -> bool:
        """Is it a surname that several people in the text have?"""
        if type_ != "PER" or " " in surface:
            return False
        if self.shared is None:
            self.shared = _find_shared(self.passages)
        return fold_key(surface) in self.shared

    def _count_countries(self) -> Counter[str]:
        """Return how often the text speaks of each country, organisations left out."""
        spoken: Counter[str] = Counter()
        for passage in self.passages:
            for span in passage.spans:
                name = span.chosen
                if span.type in ("LOC", "DEMONYM") and name and not name.needs_support:
                    spoken.update(name.countries)
        return spoken

    def _is_signed(self, surface: str) -> bool:
        """Does the text begin "LAGOS, Nigeria (AP) -"?"""
        for passage in self.passages:
            if passage.field == "text":
                return f"({surface})" in passage.words.text[:_DATELINE]
        return False

    def _choose(
        self, claims: tuple[Name, ...], spoken: Counter[str], surface: str
    ) -> tuple[Name | None, str]:
        named = [name for name in claims if name.id in self.named]
        if named:
            return _only(named), "its full name in the text"
        wires = [name for name in claims if name.is_wire]
        if wires and self._is_signed(surface):
            return _only(wires), "signs the dateline"
        most = max(spoken.values(), default=0)
        home = [
            n for n in claims if most and any(spoken[c] == most for c in n.countries)
        ]
        if home:
            return _only(home), "its country in the text"
        return _only([n for n in claims if not n.needs_support]), "most often meant"


def _find_shared(passages: Sequence[Passage]) -> set[str]:
    """Return the surnames that several people in the text have."""
    people: dict[str, set[str]] = {}
    for passage in passages:
        for span in passage.spans:
            if span.type == "PER" and span.full and " " in span.full:
                key = _strip(span.full, "PER")
                people.setdefault(key.split()[-1], set()).add(key)
    return {surname for surname, keys in people.items() if len(keys) > 1}


def _only(names: list[Name]) -> Name | None:
    return names[0] if len(names) == 1 else None


def _give(span: Span, name: Name) -> None:
    span.chosen, span.names, span.full = name, (name,), name.name


def _strip(surface: str, type_: str) -> str:
    """Return the key of a name without titles, "the", points, a company's form.

    >>> _strip("President Ana Ruiz", "PER"), _strip("The Acme Co.", "ORG")
    ('ana ruiz', 'acme')
    >>> _strip("The F.B.I.", "ORG")
    'fbi'
    """
    keys = fold_key(surface).split()
    before = TITLES if type_ == "PER" else ("the",)
    after = GENERATIONS if type_ == "PER" else _LEGAL_FORMS
    while len(keys) > 1 and keys[0] in before:
        del keys[0]
    while len(keys) > 1 and keys[-1] in after:
        del keys[-1]
    is_pointed = len(keys) > 1 and all(len(key) == 1 for key in keys)
    return ("" if is_pointed else " ").join(keys)
