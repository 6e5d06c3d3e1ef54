"""Split a text into pieces with offsets, and say where sentences start.

A piece is a run of letters and digits: "Port-au-Prince" is three, "Pakistan's" two.
What lies between two pieces (the gap) decides whether they can be one name, so that
names match however they are hyphenated, and never across a comma or a line.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import accumulate

from nightdesk.tag.lexicon import ABBREVIATIONS, CALENDAR, PARTICLES, STARTERS

#: In a piece, not between two: soft hyphens, marks that no letter has swallowed.
_INSIDE = "\u00ad\u200b\u2060\u0300-\u036f"
_LETTERS = rf"[^\W_]+(?:[{_INSIDE}]+[^\W_]*)*"
_PIECE = re.compile(_LETTERS)
_PARTS = re.compile(f"({_LETTERS})")
_ASCII_PARTS = re.compile(r"([^\W_]+)")
_STOP = re.compile(r"[.!?…:](?!,)\W*\s|\n|[“\"«(]\s*$")
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a letter
_LONG_GAP = 40  # a row of points or blanks: no sentence goes on after it
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "ß": "ss", "œ": "oe", "ð": "d"}
    | dict.fromkeys("\u00ad\u200b\u2060", "")
)
_ASCII_GAPS = {code: " " for code in range(128) if not chr(code).isalnum()}
_JOINTS = frozenset((" ", "-", "'", "’", "‘", "–", "ʻ"))
_JOINTS |= {"\u00a0", "\u2009", "\u202f", "  "}


def fold_piece(piece: str) -> str:
    """Return a piece without case and marks.

    >>> fold_piece("Łódź"), fold_piece("TÜRKİYE")
    ('lodz', 'turkiye')
    """
    if piece.isascii():
        return piece.lower()
    plain = unicodedata.normalize("NFKD", piece.casefold().translate(_PLAIN))
    return "".join(c for c in plain if not unicodedata.combining(c)).translate(_PLAIN)


def fold_key(name: str) -> str:
    """Return the look-up key of a name: its folded pieces, blank between.

    >>> fold_key("Côte d'Ivoire"), fold_key("U.S.")
    ('cote d ivoire', 'u s')
    """
    if name.isascii():
        if name.isalpha():  # most names, in half the time
            return name.lower()
        return " ".join(name.lower().translate(_ASCII_GAPS).split())
    return " ".join([fold_piece(piece) for piece in _PIECE.findall(name)])


@dataclass(frozen=True, slots=True)
class Words:
    """The pieces of one text, as parallel lists."""

    text: str
    starts: list[int]
    ends: list[int]
    pieces: list[str]
    gaps: list[str]  # what lies between a piece and the next; a line end after the last
    keys: list[str]
    caps: list[bool]  # does the piece start with a capital letter?
    firsts: list[bool]  # does a sentence or a quotation start here?

    def __len__(self) -> int:
        return len(self.keys)

    def surface(self, first: int, stop: int) -> str:
        """Return the text from piece `first` to before piece `stop`."""
        return self.text[self.starts[first] : self.ends[stop - 1]]

    def gap(self, index: int) -> str:
        """Return what lies between piece `index` and the next."""
        return self.gaps[index]

    def is_joint(self, index: int) -> bool:
        """Can piece `index` and the next one belong to one name?"""
        gap = self.gap(index)
        if gap in _JOINTS:
            return True
        if gap in (". ", "."):
            key = self.keys[index]
            return len(key) == 1 or key in ABBREVIATIONS
        return False


def mend_text(text: str) -> str:
    """Return a text of the same length that a model can read: no half letters."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def split_pieces(text: str) -> Words:
    """Return the pieces of a text with their offsets.

    >>> words = split_pieces("He left. Kabul said")
    >>> words.keys, words.firsts
    (['he', 'left', 'kabul', 'said'], [True, False, True, False])
    """
    find = _ASCII_PARTS if text.isascii() else _PARTS
    parts = find.split(mend_text(text))  # a gap, a piece, a gap, a piece ..., a gap
    pieces, gaps = parts[1::2], parts[2::2]
    edges = list(accumulate(map(len, parts)))
    starts, ends = edges[:-1:2], edges[1::2]
    if text.isascii():
        keys = list(map(str.lower, pieces))
        caps = [piece[0] != key[0] for piece, key in zip(pieces, keys, strict=True)]
    else:
        keys = [p.lower() if p.isascii() else fold_piece(p) for p in pieces]
        caps = [piece[0].isupper() for piece in pieces]
    if gaps:
        gaps[-1] = "\n"
    return Words(
        text, starts, ends, pieces, gaps, keys, caps, _find_firsts(gaps, keys, caps)
    )


def _find_firsts(gaps: list[str], keys: list[str], caps: list[bool]) -> list[bool]:
    """Return for each piece whether a sentence or a quotation starts there."""
    firsts = [False] * len(gaps)
    firsts[:1] = [True] * min(1, len(gaps))
    stops: dict[str, bool] = {}  # gap -> does it end a sentence?
    for index, gap in enumerate(gaps[:-1]):
        if len(gap) < 2:
            continue
        is_stop = stops.get(gap)
        if is_stop is None:
            is_stop = stops[gap] = _is_stop(gap)
        if is_stop and (gap != ". " or not _is_short(keys[index], caps[index])):
            firsts[index + 1] = True
    return firsts


def _is_stop(gap: str) -> bool:
    return len(gap) > _LONG_GAP or _STOP.search(gap) is not None


def _is_short(key: str, is_capital: bool) -> bool:
    return (len(key) == 1 and is_capital) or key in ABBREVIATIONS


def find_runs(words: Words) -> list[tuple[int, int]]:
    """Return the runs of capitalised pieces that may be one name, in order.

    Particles stand in lower case inside a run ("Ursula von der Leyen"). A word that is
    capitalised only because a sentence starts with it is left out.
    """
    runs = []
    index, count = 0, len(words)
    while index < count:
        if not words.caps[index] or words.keys[index] in CALENDAR:
            index += 1
            continue
        stop = _end_run(words, index)
        first = index
        while first < stop and words.keys[first] in STARTERS and words.firsts[first]:
            first += 1
        if first < stop:
            runs.append((first, stop))
        index = stop
    return runs


def _end_run(words: Words, first: int) -> int:
    """Return the piece after the run that starts at `first`."""
    stop = first + 1
    while words.is_joint(stop - 1):
        if words.keys[stop] in CALENDAR or words.firsts[stop]:
            break
        if words.caps[stop]:
            stop += 1
            continue
        ahead = stop
        while words.keys[ahead] in PARTICLES and words.is_joint(ahead):
            ahead += 1
        if ahead == stop or not words.caps[ahead]:
            break
        stop = ahead + 1
    return stop
