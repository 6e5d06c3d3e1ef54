"""The language of a text: by its words where it is long enough, else as stated.

py3langid decides; what the page states breaks ties between languages that it is known
to take for each other.
"""

from __future__ import annotations

import py3langid

_MIN_CHARS = 120  # below this the classifier guesses
_SAMPLE_CHARS = 2_000  # its answer does not change with more; its time does
_SAME = {
    "nb": "no",
    "nn": "no",
    "iw": "he",
    "in": "id",
    "ji": "yi",
    "fil": "tl",
    "yue": "zh",
}
_TWINS = (
    {"no", "da", "sv"},
    {"id", "ms", "jv"},
    {"hr", "bs", "sr", "sl"},
    {"cs", "sk"},
    {"pt", "gl", "es"},
    {"nl", "af"},
    {"ru", "uk", "be", "bg"},
    {"zu", "xh", "sw"},
    {"fa", "ps", "ur", "ar"},
    {"en", "pcm"},
)
_LATIN = "\u0250"  # letters before it are Latin ones


def find_language(text: str, stated: str | None) -> str | None:
    """Return the ISO 639-1 code of a text's language; None if there is no telling.

    Args:
        text: the article's text.
        stated: the language of the page's `lang` attribute.
    """
    stated = _SAME.get(stated, stated) if stated else None
    if len(text) < _MIN_CHARS and stated:
        return stated
    if not text:
        return None
    found = str(py3langid.classify(text[:_SAMPLE_CHARS])[0])
    found = _SAME.get(found, found)
    if stated and any(stated in twins and found in twins for twins in _TWINS):
        return stated
    return found


def guess_language(text: str) -> str | None:
    """Return the same where nothing is stated: English for few words in Latin letters.

    >>> guess_language("Police in Hull")
    'en'
    """
    letters = [letter for letter in text[:_SAMPLE_CHARS] if letter.isalpha()]
    is_latin = 2 * sum(letter < _LATIN for letter in letters) >= len(letters)
    return find_language(text, "en" if is_latin else None)
