"""Words as the index means them: folded, and scripts without blanks by character pairs.

Index, queries and highlights read a text here, so that what is found is what is marked.
A *unit* is a word, or a character (with its marks) of a script written without blanks.
In the index a word is a term of its own; of a run of characters each one is a term
together with the next, and the last by itself. So every part of a run is a phrase of
pairs, and no dictionary is needed. Hangul counts among those scripts, since its
particles stick to their nouns.

Folded are case, accents, Arabic letter shapes and the digits of all scripts. Left apart
are simplified and traditional Han, Hiragana and Katakana, and the forms of a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

#: What the words of an index depend on beside this module.
UNICODE = unicodedata.unidata_version

_LONGEST = 60  # characters of a word that are kept; no language's words are longer

# Written without blanks: Thai, Lao, Myanmar, Hangul, Khmer, Kana, Bopomofo, Han.
_SOLO = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u312f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
# Accents and vowel points, which people leave out: Latin, Greek and Cyrillic accents,
# Hebrew points, Arabic vowels, nuktas. Marks that are vowels of their script stay.
_DROPPED = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06ed\u093c\u0a3c\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f"
    "\ufe20-\ufe2f\U000e0100-\U000e01ef]"
)
_LIKE = str.maketrans(
    {
        **{"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"},
        **{"þ": "th", "ð": "d", "\u0640": ""},
        # Arabic, Persian and Urdu write one letter with several code points.
        **{"ي": "ی", "ى": "ی", "ے": "ی", "ك": "ک", "ة": "ه", "ہ": "ه", "ھ": "ه"},
        **{"ە": "ه", "ۃ": "ه"},
    }
)
_HALF_KANA = re.compile("[\uff66-\uff9d][\uff9e\uff9f]")  # a letter and its sound mark


class Unit(NamedTuple):
    """A word or a character of a text, folded."""

    text: str
    start: int  # where it begins in the text that was read
    end: int
    is_solo: bool  # of a script without blanks
    is_joined: bool  # follows another such character without anything between


class _Table(dict[int, str]):
    """What each character folds to, by its code; filled as they come."""

    def __missing__(self, code: int) -> str:
        self[code] = "".join(map(_blank_sign, _fold_character(chr(code))))
        return self[code]


def _fold_character(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.digit(char))
    if category == "Cf" and char != "\u200b":  # that one ends a word
        return ""
    text = unicodedata.normalize("NFKD", char.casefold()).casefold()
    text = _DROPPED.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", text.translate(_LIKE))


def _blank_sign(char: str) -> str:
    is_kept = char.isalnum() or unicodedata.category(char) in ("Mn", "Mc")
    return char if is_kept else " "


def _list_marks() -> str:
    """Return the signs of the scripts without blanks that stand with a letter."""
    low = (chr(n) for n in (*range(0x0E00, 0x3100), *range(0xA9E0, 0xAA80)))
    marks = (c for c in low if unicodedata.category(c) in ("Mn", "Mc"))
    return "".join(c for c in marks if re.match(f"[{_SOLO}]", c))


_TABLE = _Table()
_MARKS = _list_marks()
_HAS_SOLO = re.compile(f"[{_SOLO}]")
_RUN = re.compile(f"([{_SOLO}]+)|[^ {_SOLO}]+")
_SIGN = re.compile(f"[^{_MARKS}][{_MARKS}]*|[{_MARKS}]+")


def compose_text(text: str) -> str:
    """Return the text as its readers see it, in the form that `split_units` wants: NFC.

    >>> compose_text("cafe\u0301") == "caf\u00e9"
    True
    """
    text = unicodedata.normalize("NFC", text)
    return _HALF_KANA.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)


def fold_terms(text: str) -> str:
    """Return the terms of a text for the index, in order, with blanks between them.

    >>> fold_terms("The Caf\u00e9's 3,000")
    'the cafe s 3 000'
    >>> fold_terms("\u4e0b\u96e8\u4e86")
    '\u4e0b\u96e8 \u96e8\u4e86 \u4e86'
    """
    folded = compose_text(text).translate(_TABLE)
    if not _HAS_SOLO.search(folded):
        words = folded.split()
        if max(map(len, words), default=0) > _LONGEST:
            words = [word[:_LONGEST] for word in words]
        return " ".join(words)
    return " ".join(term for run in _RUN.finditer(folded) for term in _pair(run))


def _pair(run: re.Match[str]) -> Sequence[str]:
    if not run[1]:
        return (run[0][:_LONGEST],)
    signs = _SIGN.findall(run[1])
    return [a + b for a, b in zip(signs, [*signs[1:], ""], strict=True)]


def split_units(text: str) -> list[Unit]:
    """Return the units of a composed text, in order, with their places in it.

    >>> [unit[:3] for unit in split_units("U.N. aid")]
    [('u', 0, 1), ('n', 2, 3), ('aid', 5, 8)]
    """
    folded = text.translate(_TABLE)
    if text.isascii():  # each character folds to one
        return list(_read_units(folded, range(len(text)), folded))
    pieces = [_TABLE[ord(char)] for char in text]
    places = [n for n, piece in enumerate(pieces) for _ in piece]
    return list(_read_units(folded, places, pieces))


def _read_units(
    folded: str, places: Sequence[int], pieces: Sequence[str]
) -> Iterator[Unit]:
    for run in _RUN.finditer(folded):
        parts = _SIGN.finditer(folded, *run.span()) if run[1] else (run,)
        for part in parts:
            is_joined = part.start() > run.start()
            start, end = places[part.start()], places[part.end() - 1] + 1
            while end < len(pieces) and not pieces[end]:
                end += 1  # an accent that is dropped belongs to its letter
            yield Unit(part[0][:_LONGEST], start, end, bool(run[1]), is_joined)
