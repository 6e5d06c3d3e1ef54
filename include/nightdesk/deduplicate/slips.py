"""Two words -> is one of them the other misspelt?"""

from __future__ import annotations

MAX_SLIPS = 2  # letters by which a long word may be misspelt
MIN_LONG = 8  # letters of a word that is long
MIN_NAME = 5  # letters of a name that may have one too many or too few
MIN_LONG_NAME = 7  # and one that is another; shorter ones are other names: Iran, Iraq
# Short words that may be missing or too many without a change of what is said; words
# that turn a statement round are not among them ("t" of "can't").
TURNS = frozenset(
    ["no", "not", "non", "ne", "ni", "nie", "nor", "kein", "не", "ни", "t"]
)
_NEGATIONS = ("il", "un", "in", "im", "ir", "dis", "non")
# Words that state a fact though they are small, and differ from each other by little.
_FACT_NAMES = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    " fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty"
    " seventy eighty ninety hundred thousand million billion trillion millions"
    " billions trillions first third fourth fifth sixth seventh eighth ninth tenth"
    " half millón billón monday tuesday wednesday thursday friday saturday sunday"
    " january february march april june july august september october november"
    " december juni juli junio julio junho julho июня июля июнь июль"
)
FACTS = frozenset(_FACT_NAMES.split())
_PERSONS = frozenset(["he", "she"])
SHORT = 3  # letters


def is_slip(one: str, other: str) -> bool:
    """Say whether one of two words is the other misspelt, and neither says its own.

    Of words with capitals less is taken for a slip: they are names.
    """
    is_name = one[0].isupper() and other[0].isupper()
    one, other = sorted((one.casefold(), other.casefold()), key=len)
    if one == other:
        return True
    if any({one, other} <= words for words in (FACTS, _PERSONS)):
        return False
    if TURNS & {one, other} or other in {f"{start}{one}" for start in _NEGATIONS}:
        return False
    n = _count_slips(one, other)
    if n > 1:
        is_long = len(one) >= MIN_LONG and one[0] == other[0]
        is_form = other in {f"{one}es", f"{one}ed"}
        return n == MAX_SLIPS and (is_long or is_form) and not is_name
    if not is_name or sorted(one) == sorted(other):
        return len(other) >= SHORT
    least = MIN_NAME if len(one) < len(other) else MIN_LONG_NAME
    return len(one) >= least and one[0] == other[0]


def _count_slips(one: str, other: str) -> int:
    """Return the letters too many, missing, exchanged or swapped; 3 for any more."""
    if len(other) - len(one) > MAX_SLIPS:
        return MAX_SLIPS + 1
    above: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, last, row = row, above, [i]
        for j, letter_too in enumerate(other, 1):
            n = min(above[j] + 1, row[-1] + 1, above[j - 1] + (letter != letter_too))
            if i > 1 and j > 1 and letter_too + letter == one[i - 2] + other[j - 2]:
                n = min(n, last[j - 2] + 1)
            row.append(n)
    return min(row[-1], MAX_SLIPS + 1)
