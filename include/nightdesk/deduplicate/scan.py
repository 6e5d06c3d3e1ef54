"""Text -> arrays of words: a hash, a capital and a length for each, made with numpy.

The same words as `text.split_words` finds, several times as fast: a text is classified
by character from a table, and runs of letters are the words. A character of a script
without blanks (Han, Kana, Thai and their like) is a word of its own.

The hash is our own polynomial over code points, in wrapping unsigned 64-bit arithmetic:
the same on every machine and in every version. It resists accident, not attack. A
change of it is a change of `RULE_VERSION` and of every stored fingerprint.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nightdesk.text import SOLO, unify

Hashes = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

_BASE = 0x9E3779B97F4A7C15  # odd, hence with an inverse: 2**64 / golden ratio
_BASE_INVERSE = pow(_BASE, -1, 1 << 64)
_STEP = np.uint64(0xD6E8FEB86659FD93)  # odd; weighs the words of a gram by place
# Constants of the finaliser of splitmix64 (Steele et al., OOPSLA 2014).
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


class Words(NamedTuple):
    """The words of a text in order, with repeats; three arrays of one length."""

    hashes: Hashes
    capitals: Flags  # does it begin with a capital?
    lengths: Places  # in characters


def scan_words(text: str) -> Words:
    """Return the words of a text as `split_words` finds them.

    >>> scan_words("Rain, then 3 rains").capitals.tolist()
    [True, False, False, False]
    """
    text = unify(text)
    folded = text.casefold()
    if len(folded) != len(text):
        text = _widen(text)
        folded = text.casefold()
    codes, is_word, starts = _find_words(folded)
    if not starts.size:
        return Words(np.empty(0, np.uint64), np.empty(0, np.bool_), starts)
    return Words(
        hashes=_hash_runs(codes, is_word, starts),
        capitals=codes[starts] != _encode(text)[starts],
        lengths=np.add.reduceat(is_word, starts, dtype=np.int64),
    )


def hash_words(text: str) -> Hashes:
    """Return one hash per word of `split_words(text)`, in order, with repeats.

    >>> first, _, third = hash_words("Rain, then rain").tolist()
    >>> first == third
    True
    """
    folded = unify(text).casefold()
    codes, is_word, starts = _find_words(folded)
    if not starts.size:
        return np.empty(0, np.uint64)
    return _hash_runs(codes, is_word, starts)


def hash_grams(words: Hashes, n: int) -> Hashes:
    """Return the hash of every run of `n` words, in order, with repeats.

    Fewer than `n` words are one run of what there is; no words give no hash.
    """
    n = min(n, words.size)
    if not n:
        return words
    last = words.size - n + 1
    grams = words[:last].copy()
    for place in range(1, n):
        grams *= _STEP
        grams += words[place : place + last]
    return _mix(grams)


def distinct(hashes: Hashes) -> Hashes:
    """Return each hash once, ascending; several times as fast as `numpy.unique`."""
    ordered = np.sort(hashes)
    is_new = np.ones(ordered.size, np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:])
    return ordered[is_new]


def is_among(hashes: Hashes, some: Hashes) -> Flags:
    """Say of each hash whether it is one of `some`, which are ascending."""
    if not some.size:
        return np.zeros(hashes.size, np.bool_)
    places = np.searchsorted(some, hashes)
    places[places == some.size] = 0
    found: Flags = some[places] == hashes
    return found


def count_shared(a: Hashes, b: Hashes) -> int:
    """Return how many hashes two ascending arrays of distinct hashes share."""
    both = np.concatenate((a, b))
    both.sort(kind="stable")  # merges two runs
    return int(np.count_nonzero(both[1:] == both[:-1]))


def _widen(text: str) -> str:
    """Return a text that case folding leaves as long: ß and the like as two letters."""
    for letter in set(text):
        folded = letter.casefold()
        if len(folded) > 1:
            wide = folded.upper() if letter.isupper() else folded
            text = text.replace(letter, wide)
    return text


def _encode(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _find_words(folded: str) -> tuple[Codes, Flags, Places]:
    """Return the code points, which of them are in words, and where words begin."""
    codes = _encode(folded)
    classes = _classify(codes)
    is_word, in_run = classes > 0, classes == _LETTER
    begins = is_word.copy()
    begins[1:] &= ~(in_run[1:] & in_run[:-1])
    return codes, is_word, np.flatnonzero(begins)


def _classify(codes: Codes) -> npt.NDArray[np.uint8]:
    """Return for each code point: no word, a letter of one, or a word of its own."""
    if not codes.size or codes.max() < _TABLE_END:
        return _CLASSES[codes]
    classes = _CLASSES[np.minimum(codes, _TABLE_END - 1)]
    high = codes >= _TABLE_END
    classes[high] = [chr(code).isalnum() for code in codes[high].tolist()]
    return classes


def _hash_runs(codes: Codes, is_word: Flags, starts: Places) -> Hashes:
    """Return the hash of the word at each start.

    The mixed sum of its code points times powers of the base; the powers run on over
    the whole text and are divided out again at the start of each word, so that a word
    has one hash wherever it stands.
    """
    values = codes * is_word * _powers(_BASE, codes.size)
    sums: Hashes = np.add.reduceat(values, starts)
    return _mix(sums * _powers(_BASE_INVERSE, codes.size)[starts])


def _powers(base: int, count: int) -> Hashes:
    if count <= _MANY:
        return _POWERS[base][:count]
    return np.cumprod(np.full(count, base, np.uint64), dtype=np.uint64)


def _mix(values: Hashes) -> Hashes:
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    return values ^ (values >> np.uint64(31))


def _make_classes() -> npt.NDArray[np.uint8]:
    everything = "".join(map(chr, range(_TABLE_END)))
    classes = np.zeros(_TABLE_END, np.uint8)
    for pattern, value in ((r"[^\W_]+", _LETTER), (f"[{SOLO}]+", _ALONE)):
        for match in re.finditer(pattern, everything):
            classes[match.start() : match.end()] = value
    return classes


_LETTER, _ALONE = 1, 2
_TABLE_END = 0x10000  # beyond it are emoji and rare letters
_CLASSES = _make_classes()

_MANY = 1 << 14  # characters; a longer text has its powers made for it
_POWERS = {
    base: np.cumprod(np.full(_MANY, base, np.uint64), dtype=np.uint64)
    for base in (_BASE, _BASE_INVERSE)
}
