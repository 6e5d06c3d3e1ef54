"""Text as every stage means it: paragraphs, words, and the hash of a text.

Kept apart from the stages because extract, deduplicate and tag must agree on what a
paragraph and a word are. Pure; leaves languages to their own stages.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata

# Scripts written without blanks: each character is a word of its own.
SOLO = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{SOLO}]|[^\W_{SOLO}]+")
_SOLO = re.compile(f"[{SOLO}]")
#: A word as it stands, or a number with what parts its digits.
TOKEN = re.compile(rf"\d+(?:[.,:/-]\d+)*|[{SOLO}]|[^\W\d_{SOLO}]+")
# Inside words and not seen, or drawn only: soft hyphens, joiners, signs of direction,
# the lines that stretch Arabic words, and their vowel signs.
_UNSEEN = dict.fromkeys(
    (0xAD, 0x640, *range(0x64B, 0x653), 0x670, *range(0x200B, 0x2010), 0x2060, 0xFEFF)
)
_UNSEEN_SIGNS = tuple(map(chr, _UNSEEN))
_LONG_NUMBER = re.compile(r"&#[0-9]{1000,};?")


def unescape(text: str) -> str:
    """Return a text with the characters that HTML's references stand for.

    A number of any length is read: one that is no character is U+FFFD.

    >>> unescape("Rain &amp; &#8216;wind&#8217;")
    'Rain & ‘wind’'
    """
    try:
        return html.unescape(text)
    except ValueError:  # Python reads no number of thousands of digits
        return html.unescape(_LONG_NUMBER.sub("\ufffd", text))


def split_paragraphs(text: str) -> tuple[str, ...]:
    r"""Return the non-blank lines of a text, stripped, in order.

    >>> split_paragraphs("One.\n\n  Two.\n")
    ('One.', 'Two.')
    """
    return tuple(line for raw in text.splitlines() if (line := raw.strip()))


def split_words(text: str) -> list[str]:
    """Return the words of a text, case-folded, NFKC; Han, Kana, Thai by character.

    >>> split_words("The U.N. said 3,000")
    ['the', 'u', 'n', 'said', '3', '000']
    """
    return _WORD.findall(unify(text).casefold())


def unify(text: str) -> str:
    r"""Return a text in NFKC, without what is inside words and not seen.

    >>> unify("Halb\xadton ﬁn")
    'Halbton fin'
    """
    text = unicodedata.normalize("NFKC", text)
    if text.isascii() or not any(sign in text for sign in _UNSEEN_SIGNS):
        return text
    return text.translate(_UNSEEN)


def weigh_text(text: str) -> int:
    """Return the length of a text; characters that are words of their own count double.

    >>> weigh_text("rain"), weigh_text("下雨")
    (4, 4)
    """
    return len(text) + len(_SOLO.findall(text))


def hash_text(text: str) -> str:
    """Return the SHA-256 (hex) of a text's words: blind to case, blanks and marks.

    >>> hash_text("A  b.") == hash_text("a B")
    True
    """
    return hashlib.sha256(" ".join(split_words(text)).encode()).hexdigest()
