"""Find countries, capitals and large cities in a text that is not English.

No rules of English, no trained model: names that people wrote down for one language
(`include/config/languages`), matched whole, with the endings and prefixes that the
language puts on them. Persons and organisations are not looked for. What has two
meanings counts only with support: another mention of the country, or a word like "in"
beside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from nightdesk.tag.table import LanguageNames, Name

#: A form ends in one of these: an ending may follow, an ending must follow.
OPEN, BARE_NEVER = "~", "+"
#: A form starts with this: it counts only with support.
DOUBTED = "?"
_CAPITAL = "^"
#: What may lie between two pieces of one name: ZWNJ, NBSP and apostrophes among it.
_GAP = re.compile(r"[-  \u00a0\u200c'’‘.–—]{0,3}")
#: Letters, and the marks of Arabic and Indic scripts, which Python counts as none.
_MARKS = (
    "\u0300-\u036f\u064b-\u065f\u0670"
    "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
)
_PIECE = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")
_SIGN = re.compile(r"\S")
#: Several ways to write one letter; vowel signs and the nukta are left out.
_LETTERS = str.maketrans(
    {
        "ي": "ی", "ى": "ی", "ې": "ی", "ۍ": "ی", "ے": "ی", "ئ": "ی", "ۓ": "ی",
        "ك": "ک", "ګ": "گ", "ة": "ه", "ہ": "ه", "ھ": "ه", "ۀ": "ه", "ە": "ه", "ۃ": "ه",
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ؤ": "و", "ټ": "ٹ", "ډ": "ڈ",
        "ı": "i", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe",
        "ـ": None, "\u093c": None,
    }
)  # fmt: skip
_DROPPED = re.compile("[\u0300-\u036f\u064b-\u065f\u0670]")


def fold_letters(piece: str) -> str:
    """Return a piece as it is looked up: without case, marks and variants of letters.

    >>> fold_letters("İRAN"), fold_letters("Perú"), fold_letters("أفغانية")
    ('iran', 'peru', 'افغانیه')
    """
    if piece.isascii():
        return piece.lower()
    plain = unicodedata.normalize("NFKD", piece.casefold().translate(_LETTERS))
    return _DROPPED.sub("", plain).translate(_LETTERS)


@dataclass(frozen=True, slots=True)
class Hit:
    """A name found in a line, and what it means there."""

    start: int
    end: int
    name: Name


@dataclass(slots=True)
class _Node:
    """What may follow in a name, and what the name means that ends here."""

    steps: dict[str, _Node] = field(default_factory=dict)
    meanings: list[tuple[Name, ...]] = field(default_factory=list)  # likeliest first
    is_doubted: bool = False

    @property
    def is_sure(self) -> bool:
        """Does the name alone say which country is meant?"""
        return len(self.meanings) == 1 and not self.is_doubted


@dataclass(frozen=True, slots=True)
class _Find:
    """A name where it stands, not yet decided."""

    spans: list[tuple[int, int]]  # of its pieces
    node: _Node
    is_led: bool  # counts without support


class NameReader:
    """Finds the names of one language; built once, then only read."""

    def __init__(self, names: LanguageNames) -> None:
        self._names = names
        self._root = _Node()
        self._endings = frozenset(map(fold_letters, names.endings))
        self._longest = max(map(len, self._endings), default=0)
        self._prefixes = tuple(sorted(map(fold_letters, names.prefixes), key=len))
        self._words = {
            key: frozenset(map(fold_letters, getattr(names, key)))
            for key in ("before", "after", "not_after", "not_before")
        }
        self._atoms: set[str] = set()
        for meant, forms in names.forms:
            for form in forms:
                self._add(form, meant)

    def read_lines(self, lines: Iterable[str]) -> list[list[Hit]]:
        """Return the names of each line, in order; none of them overlap."""
        read = [self._read_line(line) for line in lines]
        sure = {
            country
            for found in read
            for find in found
            if find.node.is_sure
            for name in find.node.meanings[0]
            for country in name.countries
        }
        return [
            [hit for find in found for hit in _choose(find, sure)] for found in read
        ]

    def _add(self, form: str, names: tuple[Name, ...]) -> None:
        node = self._root
        text = form.removeprefix(DOUBTED)
        for piece, mark in self._split_form(text):
            atom = fold_letters(piece) + mark
            if piece[0] != piece[0].lower():
                atom = _CAPITAL + atom
            self._atoms.add(atom)
            node = node.steps.setdefault(atom, _Node())
        if not node.meanings:  # what stands first in the file
            node.is_doubted = form.startswith(DOUBTED)
        known = {name.countries for meant in node.meanings for name in meant}
        if not known.intersection(name.countries for name in names):
            node.meanings.append(names)

    def _split_form(self, form: str) -> Iterator[tuple[str, str]]:
        pattern = _PIECE if self._names.is_spaced else _SIGN
        for found in pattern.finditer(form):
            mark = form[found.end() : found.end() + 1]
            if found[0] not in (OPEN, BARE_NEVER):
                yield found[0], mark if mark in (OPEN, BARE_NEVER) else ""

    def _read_line(self, line: str) -> list[_Find]:
        pattern = _PIECE if self._names.is_spaced else _SIGN
        pieces = list(pattern.finditer(line))
        keys = [fold_letters(piece[0]) for piece in pieces]
        out: list[_Find] = []
        index = 0
        while index < len(pieces):
            stop, node = self._match(line, pieces, keys, index)
            if node is not None and not self._is_language(node, keys, index, stop):
                is_led = not node.is_doubted or self._is_led(keys, index, stop)
                spans = [piece.span() for piece in pieces[index:stop]]
                out.append(_Find(spans, node, is_led))
            index = stop
        return out

    def _match(
        self, line: str, pieces: list[re.Match[str]], keys: list[str], first: int
    ) -> tuple[int, _Node | None]:
        """Return where the longest name from a piece on ends, and its meaning."""
        best: tuple[int, _Node | None] = (first + 1, None)
        ahead = [(first, self._root)]
        while ahead:
            index, node = ahead.pop()
            if index >= len(pieces):
                continue
            if index > first and not self._touch(line, pieces, index):
                continue
            for atom in self._list_atoms(pieces[index][0], keys[index], index == first):
                step = node.steps.get(atom)
                if step is None:
                    continue
                is_longer = index + 1 > best[0] or best[1] is None
                if step.meanings and is_longer:
                    best = (index + 1, step)
                ahead.append((index + 1, step))
        return best

    def _touch(self, line: str, pieces: list[re.Match[str]], index: int) -> bool:
        gap = line[pieces[index - 1].end() : pieces[index].start()]
        return not gap if not self._names.is_spaced else bool(_GAP.fullmatch(gap))

    def _list_atoms(self, piece: str, key: str, is_first: bool) -> Iterator[str]:
        """Yield the ways in which a piece may stand in the table, the plain first."""
        is_capital = piece[0] != piece[0].lower()
        for word in self._list_words(key) if is_first else (key,):
            for atom in self._list_stems(word):
                if is_capital and _CAPITAL + atom in self._atoms:
                    yield _CAPITAL + atom
                if atom in self._atoms:
                    yield atom

    def _list_words(self, key: str) -> Iterator[str]:
        yield key
        for prefix in self._prefixes:
            if key.startswith(prefix) and len(key) > len(prefix) + 2:
                yield key[len(prefix) :]
                if prefix.endswith("لل"):  # the article lost its first letter
                    yield "ال" + key[len(prefix) :]

    def _list_stems(self, word: str) -> Iterator[str]:
        yield word
        yield word + OPEN
        for size in range(1, min(self._longest, len(word) - 1) + 1):
            if word[-size:] in self._endings:
                yield word[:-size] + OPEN
                yield word[:-size] + BARE_NEVER

    def _is_led(self, keys: list[str], first: int, stop: int) -> bool:
        before = keys[first - 1] if first else ""
        after = keys[stop] if stop < len(keys) else ""
        return before in self._words["before"] or after in self._words["after"]

    def _is_language(self, node: _Node, keys: list[str], first: int, stop: int) -> bool:
        if node.meanings[0][0].kind != "demonym":
            return False
        before = keys[first - 1] if first else ""
        after = keys[stop] if stop < len(keys) else ""
        return before in self._words["not_after"] or after in self._words["not_before"]


def _choose(find: _Find, sure: set[str]) -> Iterator[Hit]:
    """Yield what a name means where these countries are named without doubt.

    Nothing for a phrase that only looks like a place, nor for a name without support.
    """
    meanings = find.node.meanings
    fitting = [m for m in meanings if sure.intersection(m[0].countries)]
    if not fitting and not find.is_led:
        return
    names = (fitting or meanings)[0]
    if len(names) > 1:
        for span, name in zip(find.spans, names, strict=True):
            yield Hit(*span, name)
    elif names[0].kind != "phrase":
        yield Hit(find.spans[0][0], find.spans[-1][1], names[0])
