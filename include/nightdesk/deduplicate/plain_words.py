"""Words that are no names though they begin with a capital, and words for figures."""

from __future__ import annotations

from collections.abc import Mapping

_DAY_NAMES = (
    "monday tuesday wednesday thursday friday saturday sunday"
    " january february march april may june july august september october november"
    " december montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag"
    " januar februar märz mai juni juli oktober dezember"
)
#: Every report of a day has them. In languages that write them with a capital.
DAYS = frozenset(_DAY_NAMES.split())

_ENGLISH = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    " fifteen sixteen seventeen eighteen nineteen twenty"
)
_GERMAN = (
    "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn"
    " fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig"
)
#: Figures in words; "one" and its like are hardly ever figures.
FIGURES: Mapping[str, str] = {
    word: str(n)
    for words in (_ENGLISH, _GERMAN)
    for n, word in enumerate(words.split(), 2)
}
