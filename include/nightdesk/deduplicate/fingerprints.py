"""Text -> sampled hashes of its word 5-grams (FracMinHash), the keys of candidates.

A gram is kept when its 64-bit hash is below 2**61, so that two texts keep the same
eighth of what they share, whatever their lengths: containment can be seen, which
MinHash of a fixed size cannot show for a cut or a framed copy. (Method: Irber et al.,
doi.org/10.1101/2022.01.11.475838; measured on news in our notes at .999 recall.)

The hash is our own polynomial over code points, made with numpy, in wrapping unsigned
64-bit arithmetic: the same on every machine and in every version. It resists accident,
not attack. A change of it is a change of `RULE_VERSION` and of every stored
fingerprint.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import numpy.typing as npt

from nightdesk.text import split_words

Hashes = npt.NDArray[np.uint64]

GRAM = 5  # words
_KEEP_BELOW = np.uint64(1 << 61)  # an eighth of all hashes
_BLANK = 32
_BASE = 0x9E3779B97F4A7C15  # odd, hence with an inverse: 2**64 / golden ratio
_BASE_INVERSE = pow(_BASE, -1, 1 << 64)
_STEP = np.uint64(0xD6E8FEB86659FD93)  # odd; weighs the words of a gram by place
# Constants of the finaliser of splitmix64 (Steele et al., OOPSLA 2014).
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def fingerprint_text(text: str) -> tuple[int, ...]:
    """Return the sampled word 5-gram hashes of a text, signed 64-bit, ascending.

    About one in eight grams is kept, and the smallest of all where that leaves none,
    so that only a text without words has no fingerprint. A text of fewer than five
    words is one gram. Each hash is given once.

    >>> fingerprint_text("")
    ()
    >>> fingerprint_text("Rain, again.") == fingerprint_text("rain again")
    True
    """
    grams = hash_grams(hash_words(text), GRAM)
    if not grams.size:
        return ()
    kept = grams[grams < _KEEP_BELOW]
    if not kept.size:
        kept = grams.min(keepdims=True)
    signed: list[int] = np.unique(kept.view(np.int64)).tolist()
    return tuple(signed)


def hash_words(text: str) -> Hashes:
    """Return one hash per word of `split_words(text)`, in order, with repeats.

    The hash of a word is the mixed sum of its code points times powers of the base;
    the powers run on over the whole text and are divided out again at the start of each
    word, so that a word has one hash wherever it stands.

    >>> first, _, third = hash_words("Rain, then rain").tolist()
    >>> first == third
    True
    """
    codes, is_word = _read_codes(text)
    begins = is_word.copy()
    begins[1:] &= ~is_word[:-1]
    starts = np.flatnonzero(begins)
    if not starts.size:
        return np.empty(0, np.uint64)
    values = codes * is_word * _powers(_BASE, codes.size)
    sums: Hashes = np.add.reduceat(values, starts)
    return _mix(sums * _powers(_BASE_INVERSE, codes.size)[starts])


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


def _read_codes(text: str) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.bool_]]:
    """Return code points, and which of them are in words; runs of those are the words.

    The same words as `split_words` finds, four times as fast, for texts in alphabets.
    Where a character could be a word of its own, `split_words` itself is asked.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    codes = _encode(folded)
    if codes.size and codes.max() < _TABLE_END:
        classes = _CLASSES[codes]
        if classes.max() < _UNSURE:
            return codes, classes.view(np.bool_)
    codes = _encode(" ".join(split_words(text)))
    return codes, codes != _BLANK


def _encode(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _powers(base: int, count: int) -> Hashes:
    if count <= _MANY:
        return _POWERS[base][:count]
    return np.cumprod(np.full(count, base, np.uint64), dtype=np.uint64)


def _classify(code: int) -> int:
    if 0x0E00 <= code < 0x2000:  # Thai, Lao, Burmese, Khmer and their neighbours
        return _UNSURE
    return chr(code).isalnum()


def _mix(values: Hashes) -> Hashes:
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    return values ^ (values >> np.uint64(31))


_TABLE_END = 0x3000  # Kana and Han begin above it
_UNSURE = 2
_CLASSES = np.array([_classify(code) for code in range(_TABLE_END)], np.uint8)

_MANY = 1 << 14  # characters; a longer text has its powers made for it
_POWERS = {
    base: np.cumprod(np.full(_MANY, base, np.uint64), dtype=np.uint64)
    for base in (_BASE, _BASE_INVERSE)
}
