"""Find the stretches of a text in which a name may stand.

English capitalises names, so most words cannot be part of one. An island is a run of
capitalised pieces with the small words between them ("Bank of the South"). The model
labels islands only: five times faster than whole sentences, blind to a name in lower
case.
"""

from __future__ import annotations

from nightdesk.tag.lexicon import CALENDAR, JOINERS, PARTICLES, STARTERS
from nightdesk.tag.words import Words

_BRIDGES = JOINERS | PARTICLES | {"in", "to", "at"}
_MAX_BRIDGE = 3  # "Ministry of the Interior"
_OPEN = frozenset((" ", "-", "'", "’", ", ", ". ", ".", "&", " & "))


def find_islands(words: Words) -> list[tuple[int, int]]:
    """Return the islands of a passage as (first piece, piece after), in order."""
    out = []
    index, count = 0, len(words)
    while index < count:
        if not _is_capital(words, index):
            index += 1
            continue
        first, index = index, _end_island(words, index)
        if first and words.gap(first - 1) == "-" and words.keys[first - 1] in PARTICLES:
            first -= 1  # "al-Qaeda"
        if not _is_plain(words, first, index):
            out.append((first, index))
    return out


def _is_capital(words: Words, index: int) -> bool:
    """Is there a capital letter in the piece ("Lima", "iPhone")?"""
    if words.caps[index]:
        return True
    piece = words.pieces[index]
    if piece == words.keys[index]:
        return False
    return not piece.islower() and not piece[0].isdigit()


def _end_island(words: Words, first: int) -> int:
    stop = first + 1
    while stop < len(words) and _is_open(words, stop):
        ahead = stop
        key = words.keys[stop]
        if not _is_capital(words, stop) and key != "s" and not key.isdigit():
            ahead = _cross_bridge(words, stop)
            if ahead == stop:
                break
        stop = ahead + 1
    return stop


def _cross_bridge(words: Words, stop: int) -> int:
    """Return the capitalised piece behind the small words at `stop`, or `stop`."""
    ahead = stop
    while words.keys[ahead] in _BRIDGES and ahead - stop < _MAX_BRIDGE:
        ahead += 1
        if ahead >= len(words) or not _is_open(words, ahead):
            return stop
    return ahead if _is_capital(words, ahead) else stop


def _is_open(words: Words, index: int) -> bool:
    """Can piece `index` and the one before it be in one island?"""
    return words.gap(index - 1) in _OPEN and not words.firsts[index]


def _is_plain(words: Words, first: int, stop: int) -> bool:
    """Does the island hold only a word that starts a sentence, a day, a currency?"""
    if stop - first == 1 and words.gaps[first].startswith("$"):
        return True  # US$ 5
    keys = words.keys[first:stop]
    if words.firsts[first] and keys[0] in STARTERS:
        piece = words.pieces[first]
        keys = keys[1:] if len(piece) == 1 or not piece.isupper() else keys
    return all(key in CALENDAR or key == "i" for key in keys)
