"""Describe the pieces of an island to the model, as strings.

A piece is told by itself (letters, shape, word class, family, lists), by its
neighbours, by what the gazetteer and the rules of `names.py` make of it, and by what
the rules make of the same word elsewhere in the document. Training and tagging use this
one module: whoever changes a feature trains again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nightdesk.tag import lexicon
from nightdesk.tag.islands import find_islands
from nightdesk.tag.spans import Passage, Span
from nightdesk.tag.table import (
    CLASS_MASK,
    GIVEN,
    SURNAME,
    Families,
    Gazetteer,
    find_families,
    is_capital,
    weigh_capital,
)
from nightdesk.tag.words import fold_piece

_LISTS = {
    "title": lexicon.TITLES,
    "mr": lexicon.STRONG_TITLES,
    "org-last": lexicon.ORG_SUFFIXES,
    "org-first": lexicon.ORG_HEADS,
    "loc-last": lexicon.LOC_SUFFIXES,
    "loc-first": lexicon.LOC_HEADS,
    "day": lexicon.CALENDAR,
    "says": lexicon.SPEECH,
    "in": lexicon.PLACE_PREPOSITIONS,
    "town": lexicon.SETTLEMENTS,
    "starter": lexicon.STARTERS,
    "government": lexicon.GOVERNMENT_WORDS,
    "short": lexicon.ABBREVIATIONS,
    "particle": lexicon.PARTICLES,
    "geo": lexicon.GEO_NOUNS,
}
#: Bits of a word class that make a coarser one: the classes form a binary tree, and
#: its lowest bits are the branches next to the root.
_CLASS_BITS = (63, CLASS_MASK)
_MEMO = 20_000  # words whose description is kept; then the memory starts anew
_CAPITALS = 0.6  # share of words in capitals above which capitals say nothing
_INITIALS = 2  # letters: "i", "tv" are no names in lower case
_SHORT = 4  # pieces: a greeting, a signature
_ENDS = frozenset(".!?…\"'”’")  # of a sentence; a heading has none
_LARGE, _MEDIUM = 1_000_000, 100_000  # people
_NUMBER = "0"  # has the vector of all numbers
_AFAR = (-4, -3, 3, 4)  # pieces away: of these only the family counts


@dataclass(frozen=True, slots=True)
class _Word:
    """What is said of a word wherever it stands, ready for each position."""

    own: tuple[str, ...]
    before: tuple[str, ...]  # as the piece before
    after: tuple[str, ...]
    far_before: tuple[str, ...]
    far_after: tuple[str, ...]
    shape: str
    family: str  # the middle one
    vector: int  # its row, -1: none


@dataclass(frozen=True, slots=True)
class Island:
    """An island of a passage and one list of features for each of its pieces."""

    passage: Passage
    first: int
    stop: int
    rows: list[list[str]]
    vectors: list[int]  # the row of each piece of the passage, -1: none


class Describer:
    """Describes the islands of documents by one gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self._words: dict[str, _Word] = {}
        self._proper = {
            word.lower()
            for word, number in gazetteer.classes.items()
            if is_capital(number) and len(word) > _INITIALS
        }
        #: first piece -> organisations that begin so, the longest first
        self.organisations: dict[str, list[list[str]]] = defaultdict(list)
        for name in sorted(gazetteer.organisations, key=lambda x: (-x.count(" "), x)):
            keys = name.split(" ")
            self.organisations[keys[0]].append(keys)

    def describe(self, passages: Sequence[Passage]) -> Iterator[Island]:
        """Yield the islands of a document whose passages hold the spans of rules."""
        votes = _collect_votes(passages)
        pieces = {piece for passage in passages for piece in passage.words.pieces}
        for passage in passages:
            reader = _PassageReader(self, passage)
            words = passage.words
            islands = find_islands(words, self._proper)
            vectors = [self.look_up(x).vector for x in words.pieces] if islands else []
            for first, stop in islands:
                rows = reader.describe_island(first, stop)
                for index, row in zip(range(first, stop), rows, strict=True):
                    row += votes.get(words.keys[index], ())
                    if words.caps[index] and words.keys[index] in pieces:
                        row.append("lowered")
                yield Island(passage, first, stop, rows, vectors)

    def look_up(self, surface: str) -> _Word:
        """Return what is said of a word."""
        word = self._words.get(surface)
        if word is None:
            if len(self._words) >= _MEMO:
                self._words.clear()
            word = self._words[surface] = self._make_word(surface)
        return word

    def _make_word(self, surface: str) -> _Word:
        key = fold_piece(surface)
        known = self.gazetteer.classes
        number = (
            known.get(surface) or known.get(surface.capitalize()) or known.get(key, 0)
        )
        is_known = number & CLASS_MASK
        classes = [f"c{bits}:{number & bits}" for bits in _CLASS_BITS if is_known]
        lists = [name for name, keys in _LISTS.items() if key in keys]
        persons = known.get(key.capitalize(), 0)
        if key in self.gazetteer.given_names:
            lists.append("given")
        if persons & GIVEN:
            lists.append("given?")
        if persons & SURNAME:
            lists.append("surname")
        if key in self.gazetteer.common_words:
            lists.append("common")
        shape = make_shape(surface)
        classes = classes or ["c?"]
        own = [f"w:{key}", f"x:{shape}", *classes, *lists]
        own += [f"end:{key[-size:]}" for size in (2, 3, 4)]
        own += [f"front:{key[:3]}", f"capital{weigh_capital(number)}"]
        found = find_families(self.gazetteer.families, key)
        families = [f"{x}:{n}" for x, n in zip("fml", found or "???", strict=False)]
        own += families
        near = [f"w:{key}", f"x:{shape}", classes[-1], *lists, families[1]]
        far = [f"w:{key}", classes[-1], *lists[:1], families[1]]
        return _Word(
            tuple(own),
            tuple(f"-1{x}" for x in near),
            tuple(f"+1{x}" for x in near),
            tuple(f"-2{x}" for x in far),
            tuple(f"+2{x}" for x in far),
            shape,
            families[1],
            self._find_vector(found, key),
        )

    def _find_vector(self, found: Families | None, key: str) -> int:
        if found is None and key.isdigit():
            found = find_families(self.gazetteer.families, _NUMBER)
        return -1 if found is None else found.vector


def make_shape(surface: str) -> str:
    """Return the shape of a word.

    >>> [make_shape(x) for x in ("Lima", "UN", "B", "iPhone", "747", "of")]
    ['Xx', 'XX', 'X', 'xXx', 'd3', 'x']
    """
    if surface.islower():
        return "x"
    if surface.isdigit():
        return f"d{min(len(surface), 5)}"
    if surface.isupper():
        return "X" * min(len(surface), 3) if len(surface) < 6 else "XXXX"
    kinds = ["X" if c.isupper() else "x" if c.islower() else "d" for c in surface]
    return "".join(
        kind for i, kind in enumerate(kinds) if not i or kind != kinds[i - 1]
    )[:5]


class _PassageReader:
    """Describes the islands of one passage."""

    def __init__(self, describer: Describer, passage: Passage) -> None:
        self.words = words = passage.words
        self.look_up = describer.look_up
        self.organisations = describer.organisations
        self.marks: dict[int, tuple[str, str]] = {}  # piece -> table's, rules' word
        for span in passage.spans:
            self._mark(span)
        least = max(4.0, _CAPITALS * len(words))
        self.about = ["b"]
        if words.caps.count(True) >= least:
            self.about.append("headline")
            if sum(len(x) > 1 and x.isupper() for x in words.pieces) >= least:
                self.about.append("all capitals")
        if len(words) <= _SHORT:
            self.about.append(f"line{len(words)}")
        if words.text.rstrip()[-1:] not in _ENDS:
            self.about.append("endless")

    def _mark(self, span: Span) -> None:
        size = "1" if span.stop - span.first == 1 else "n"
        table = f"{size}{_name_kinds(span)}" if span.names else ""
        rule = f"{span.type}:{span.rule}" if span.type else ""
        for index in range(span.first, span.stop):
            begin = "B" if index == span.first else "I"
            old = self.marks.get(index, ("", ""))
            self.marks[index] = (
                begin + table if table else old[0],
                begin + rule if rule else old[1],
            )

    def describe_island(self, first: int, stop: int) -> list[list[str]]:
        """Return one list of features for each piece."""
        words, keys = self.words, self.words.keys
        left = keys[first - 1] if first and not words.firsts[first] else "^"
        is_last = stop == len(keys) or words.firsts[stop]
        right = "$" if is_last else keys[stop]
        size = f"size{min(stop - first, 6)}"
        whole = [*self.about, size, f"left:{left}", f"right:{right}"]
        organs = self._find_organs(first, stop)
        rows = []
        for index in range(first, stop):
            row = whole.copy()
            self._add_words(row, index)
            self._add_marks(row, index)
            if organs:
                near = ((step, organs.get(index + step)) for step in (-1, 0, 1))
                row += [f"o{step}{organ}" for step, organ in near if organ]
            self._add_ends(row, index, first, stop)
            rows.append(row)
        return rows

    def _add_ends(self, row: list[str], index: int, first: int, stop: int) -> None:
        """Add where in its island a piece stands, and how that begins and ends."""
        keys = self.words.keys
        if stop - first == 1:
            row.append("alone")
        elif index == first:
            row.append("at first")
        elif index == stop - 1:
            row.append("at last")
        if index < stop - 1:
            row.append(f"last:{keys[stop - 1]}")
        if index > first:
            row.append(f"first:{keys[first]}")

    def _find_organs(self, first: int, stop: int) -> dict[int, str]:
        """Return the pieces of well-known organisations in an island."""
        keys, found = self.words.keys, {}
        index = first
        while index < stop:
            for name in self.organisations.get(keys[index], ()):
                if keys[index : index + len(name)] == name and self.words.caps[index]:
                    size = "1" if len(name) == 1 else "n"
                    found[index] = f"B{size}"
                    for inner in range(index + 1, index + len(name)):
                        found[inner] = f"I{size}"
                    index += len(name) - 1
                    break
            index += 1
        return found

    def _add_words(self, row: list[str], index: int) -> None:
        """Add what the words round a piece say, and what lies between them."""
        words, pieces, look_up = self.words, self.words.pieces, self.look_up
        count = len(pieces)
        own = look_up(pieces[index])
        row += own.own
        if words.firsts[index]:
            row += ("starts", f"starts {own.shape}")
        if index:
            row += look_up(pieces[index - 1]).before
            gap = words.gaps[index - 1]
            if gap != " ":
                row.append(f"-{gap.strip()[:2]}")
        else:
            row.append("-1^")
        if index > 1:
            row += look_up(pieces[index - 2]).far_before
        if index + 1 < count:
            row += look_up(pieces[index + 1]).after
            gap = words.gaps[index]
            if gap != " ":
                row.append(f"+{gap.strip()[:2]}")
        else:
            row.append("+1$")
        if index + 2 < count:
            row += look_up(pieces[index + 2]).far_after
        near = [index + step for step in _AFAR]
        row += [
            f"{i - index}{look_up(pieces[i]).family}" for i in near if 0 <= i < count
        ]

    def _add_marks(self, row: list[str], index: int) -> None:
        """Add what the gazetteer and the rules say of a piece and its neighbours."""
        for step in (-1, 0, 1):
            mark = self.marks.get(index + step)
            if mark is None:
                continue
            table, rule = mark
            if table:
                row.append(f"t{step}{table}")
            if rule:
                row.append(f"r{step}{rule[:4]}")
                if not step:
                    row.append(f"r{rule}")


def _name_kinds(span: Span) -> str:
    kinds = "+".join(sorted({name.kind for name in span.names}))
    if "city" not in kinds:
        return kinds
    people = max(name.population for name in span.names)
    size = "L" if people > _LARGE else "M" if people > _MEDIUM else "S"
    return f"{kinds} {size}"


def _collect_votes(passages: Sequence[Passage]) -> dict[str, list[str]]:
    """Return word -> the types that rules give it somewhere in the document."""
    votes: dict[str, set[str]] = defaultdict(set)
    for passage in passages:
        for span in passage.spans:
            if span.type:
                size = "1" if span.stop - span.first == 1 else "n"
                for key in passage.words.keys[span.first : span.stop]:
                    votes[key].add(f"doc {span.type}{size}")
    return {key: sorted(found) for key, found in votes.items()}
