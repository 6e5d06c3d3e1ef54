"""Find the stretches of a text in which a name may stand.

English capitalises names, so most words cannot be part of one. An island is a run of
capitalised pieces with the small words between them ("Bank of the South") and the
pieces glued to them ("Ku Bon-seok"). A word in lower case that others hardly ever write
so ("pakistan") counts as capitalised. The model labels islands only: five times faster
than whole sentences, blind to other names in lower case.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace

from nightdesk.tag.lexicon import (
    CALENDAR,
    COMPOUND_ENDS,
    CONTRACTIONS,
    JOINERS,
    PARTICLES,
    STARTERS,
)
from nightdesk.tag.words import Words

_BRIDGES = JOINERS | PARTICLES | {"in", "to", "at"}
_BRIDGES |= {"au", "aux", "des", "es", "ez", "las", "los", "na", "ni", "o", "zu"}
_MAX_BRIDGE = 3  # "Ministry of the Interior"
_HYPHENS = frozenset("-\u2011")
_APOSTROPHES = frozenset("'\u2019\u02bb")
_OPEN = _HYPHENS | _APOSTROPHES | {" ", ", ", ". ", ".", "&", " & ", "/", "\u2013"}
_OPEN |= {"., ", "' ", "\u2019 "}  # "Co., Ltd", "Workers' Party"
#: What stands before a nickname, and behind it.
_QUOTES = {' "': '" ', " \u201c": "\u201d ", " '": "' ", " \u2018": "\u2019 "}
_MAX_NUMBER = 5  # characters: "10th", "103"; more is a count or a year


def find_islands(
    words: Words, proper: AbstractSet[str] = frozenset()
) -> list[tuple[int, int]]:
    """Return the islands of a passage as (first piece, piece after), in order.

    Args:
        words: of the passage.
        proper: words in lower case that are hardly ever written so.
    """
    out = []
    index = done = 0
    count, pieces, keys = len(words), words.pieces, words.keys
    if not proper.isdisjoint(pieces):
        caps = [words.caps[i] or pieces[i] in proper for i in range(count)]
        words = replace(words, caps=caps)
    caps = words.caps
    while index < count:
        if not caps[index] and (
            pieces[index] == keys[index] or not _is_capital(words, index)
        ):
            index += 1  # most words, told without a call
            continue
        first, index = index, _end_island(words, index)
        if first > done and _leads(words, first - 1):
            first -= 1
        done = index
        if not _is_plain(words, first, index):
            out.append((first, index))
    return out


def _leads(words: Words, index: int) -> bool:
    """Does a small piece or a number begin the name behind it?"""
    gap, key = words.gap(index), words.keys[index]
    if gap in _HYPHENS:
        return key in PARTICLES  # "al-Qaeda"
    if gap != " " or not key[0].isdigit() or words.firsts[index + 1]:
        return False
    is_whole = not index or words.gap(index - 1)[-1:].isspace()  # not of "1,200"
    return is_whole and len(key) < _MAX_NUMBER and not _is_year(key)


def _is_year(key: str) -> bool:
    return len(key) == 4 and key.isdigit()


def _is_capital(words: Words, index: int) -> bool:
    """Is there a capital letter in the piece ("Lima", "iPhone", "6PR")?"""
    if words.caps[index]:
        return True
    piece = words.pieces[index]
    return piece != words.keys[index] and not piece.islower()


def _end_island(words: Words, first: int) -> int:
    stop, count = first + 1, len(words)
    while stop < count:
        if not _is_open(words, stop):
            ahead = _cross_nickname(words, stop)
        elif words.caps[stop] or _is_inner(words, stop):
            ahead = stop + 1
        else:
            ahead = _cross_bridge(words, stop)
        if ahead == stop:
            break
        stop = ahead
    return stop


def _is_inner(words: Words, index: int) -> bool:
    """May a piece stand inside a name, whatever is behind it?"""
    key, gap = words.keys[index], words.gap(index - 1)
    if key.isdigit():
        return len(key) < _MAX_NUMBER  # more: a postcode, a telephone
    if key == "s" or _is_capital(words, index):
        return True
    if gap in _APOSTROPHES:
        return key not in CONTRACTIONS  # "Ba'itha"
    if gap in _HYPHENS and words.gap(index - 2) not in (".", ""):
        return key not in COMPOUND_ENDS and not key.endswith(("ed", "ing"))
    return False


def _cross_bridge(words: Words, stop: int) -> int:
    """Return the piece behind the capital behind the small words, or `stop`."""
    ahead = stop
    while words.keys[ahead] in _BRIDGES and ahead - stop < _MAX_BRIDGE:
        ahead += 1
        if ahead >= len(words) or not _is_open(words, ahead):
            return stop
    return ahead + 1 if ahead > stop and _is_capital(words, ahead) else stop


def _cross_nickname(words: Words, stop: int) -> int:
    """Return the piece behind a nickname and the capital behind it, or `stop`."""
    close = _QUOTES.get(words.gap(stop - 1))
    is_short = close is not None and words.caps[stop] and stop + 1 < len(words)
    if is_short and words.gap(stop) == close and words.caps[stop + 1]:
        return stop + 2
    return stop


def _is_open(words: Words, index: int) -> bool:
    """Can piece `index` and the one before it be in one island?"""
    return words.gaps[index - 1] in _OPEN and not words.firsts[index]


def _is_plain(words: Words, first: int, stop: int) -> bool:
    """Does the island hold only a word that starts a sentence, a day, a currency?"""
    if stop - first == 1 and words.gaps[first].startswith("$"):
        return True  # US$ 5
    keys = words.keys[first:stop]
    if words.firsts[first] and keys[0] in STARTERS:
        piece = words.pieces[first]
        keys = keys[1:] if len(piece) == 1 or not piece.isupper() else keys
    return all(key in CALENDAR or key == "i" or key.isdigit() for key in keys)
