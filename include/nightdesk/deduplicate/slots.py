"""Two texts -> do they state the same where they use the same words?

A copy repeats the facts of its text. Where the same words stand round other numbers and
other names, a report is of another day, town, draw or match, or a writer of another
paper has found out for himself. Facts alone cannot show that: reports from one form
have all in common that the form brings along, and an update has new ones beside the
old.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nightdesk.deduplicate.slips import is_slip
from nightdesk.text import SOLO, TOKEN, unify

#: Reports from one form have other numbers, and other names, in the same words. So many
#: other numbers, and that share of those stated, are no copy: on one day a toll may
#: rise and a number be put right. Names are hardly ever exchanged: one beside a number,
#: or two, and that share of all slots.
MIN_NUMBERS_EXCHANGED = 2
MIN_NUMBERS_EXCHANGED_SOON = 3  # within SAME_DAY
MIN_NUMBERS_EXCHANGED_SHARE = 0.3
MIN_EXCHANGED = 2
MIN_EXCHANGED_SHARE = 0.05
SAME_DAY = 0.75  # days

#: Japanese shows no names, but nouns: what is written in Kanji or Katakana. Editors
#: exchange a noun or two; a form more, beside its figures.
MIN_NOUNS_EXCHANGED = 3
MIN_NOUNS_EXCHANGED_SHARE = 0.15

_ALONE = re.compile(f"[{SOLO}]")  # three of them are about a word
_KANA = re.compile("[\u3041-\u3096]")
_NOUN_CHARACTERS = "[\u4e00-\u9fff\u3005\u30f6]{2,6}|[\u30a1-\u30fa\u30fc]{2,8}"
_NOUN_TOKEN = re.compile(f"{_NOUN_CHARACTERS}|{TOKEN.pattern}")
_IS_NOUN = re.compile(_NOUN_CHARACTERS)
_NUMBER, _NAME, _NOUN = "#", "@", "&"
_Places = Mapping[tuple[str, str], Collection[str]]


@dataclass(frozen=True, slots=True)
class Slots:
    """What one text states, by what stands around it: (before, behind) -> facts."""

    numbers: _Places
    names: _Places
    nouns: _Places  # of Japanese
    words: frozenset[str]


class Exchange(NamedTuple):
    """In how many slots that two texts have in common their facts are other ones."""

    n_slots: int
    n_of_numbers: int  # of those slots
    n_numbers: int  # with other numbers
    n_names: int  # with names of which the other text knows nothing
    n_nouns: int = 0  # the same of nouns in Japanese, not among the names


def read_slots(title: str | None, text: str) -> Slots:
    """Return the slots of an article, its title included.

    What stands around a fact is a word on either side, or another fact, whichever.
    Names that follow each other are one.
    """
    text = unify(f"{title}\n{text}" if title else text)
    is_japanese = _KANA.search(text) is not None
    tokens = (_NOUN_TOKEN if is_japanese else TOKEN).findall(text)
    kinds, facts = _name_kinds(tokens, is_japanese=is_japanese)
    places: dict[str, dict[tuple[str, str], set[str]]] = {
        kind: defaultdict(set) for kind in (_NUMBER, _NAME, _NOUN)
    }
    for n, fact in enumerate(facts):
        if kinds[n] in places:
            is_alone = _ALONE.match(kinds[n - 1])
            before = kinds[max(0, n - 3) : n] if is_alone else kinds[n - 1 : n]
            places[kinds[n]]["".join(before), kinds[n + 1]].add(fact)
    words = frozenset(token.casefold() for token in tokens)
    return Slots(places[_NUMBER], places[_NAME], places[_NOUN], words)


def _name_kinds(
    tokens: Sequence[str], *, is_japanese: bool
) -> tuple[list[str], list[str]]:
    """Return of each token its word or the kind of its fact, and the word; framed."""
    small = {token for token in tokens if token[0].islower()}
    kinds, facts = [""], [""]
    for token in tokens:
        word = kind = token.casefold()
        if token[0].isdigit():
            kind = _NUMBER
        elif is_japanese and len(token) > 1 and _IS_NOUN.match(token):
            kind = _NOUN
        elif len(token) > 1 and token[0].isupper() and word not in small:
            kind = _NAME
            if kinds[-1] == _NAME:
                facts[-1] += f" {word}"
                continue
        kinds.append(kind)
        facts.append(word)
    return [*kinds, ""], facts


def compare_slots(a: Slots, b: Slots) -> Exchange:
    """Return in how many slots two texts agree, and where they do not.

    A slot agrees where half of the facts of the text that has fewer there are common:
    of two draws of a lottery, one number may be. A name is another one only where no
    word of it is in the other text, not even misspelt, and the other way round.

    >>> text = "{} has {} fish and 4 eels.".format
    >>> a, b = read_slots(None, text("Ost", 27)), read_slots(None, text("Maren", 31))
    >>> compare_slots(a, b)
    Exchange(n_slots=3, n_of_numbers=2, n_numbers=1, n_names=1, n_nouns=0)
    """
    numbers = a.numbers.keys() & b.numbers.keys()
    names = a.names.keys() & b.names.keys()
    nouns = a.nouns.keys() & b.nouns.keys()

    def is_other(one: Collection[str], other: Collection[str]) -> bool:
        return not _agree(one, other) and _are_others(one, b.words, other, a.words)

    return Exchange(
        len(numbers) + len(names) + len(nouns),
        len(numbers),
        sum(not _agree(a.numbers[place], b.numbers[place]) for place in numbers),
        sum(is_other(a.names[place], b.names[place]) for place in names),
        sum(is_other(a.nouns[place], b.nouns[place]) for place in nouns),
    )


def is_other_report(exchange: Exchange, days: float | None) -> bool:
    """Say whether two texts of one wording are reports of two matters.

    Args:
        exchange: what `compare_slots` says of them.
        days: between them; None: not known.
    """
    n_exchanged = exchange.n_numbers + exchange.n_names
    if exchange.n_names and n_exchanged >= MIN_EXCHANGED:
        return n_exchanged >= MIN_EXCHANGED_SHARE * exchange.n_slots
    n_exchanged += exchange.n_nouns
    if exchange.n_nouns and n_exchanged >= MIN_NOUNS_EXCHANGED:
        return n_exchanged >= MIN_NOUNS_EXCHANGED_SHARE * exchange.n_slots
    is_same_day = days is not None and days <= SAME_DAY
    fewest = MIN_NUMBERS_EXCHANGED_SOON if is_same_day else MIN_NUMBERS_EXCHANGED
    share = MIN_NUMBERS_EXCHANGED_SHARE * exchange.n_of_numbers
    return exchange.n_numbers >= max(fewest, share)


def _agree(one: Collection[str], other: Collection[str]) -> bool:
    return 2 * len(set(one) & set(other)) >= min(len(one), len(other))


def _are_others(
    one: Collection[str],
    not_there: frozenset[str],
    other: Collection[str],
    not_here: frozenset[str],
) -> bool:
    """Say whether two sets of names are of others, by words that one text has alone."""
    mine = set(" ".join(one).split()) - not_there
    theirs = set(" ".join(other).split()) - not_here
    return bool(mine and theirs) and not any(
        word[0] == other_word[0] and is_slip(word, other_word)
        for word in mine
        for other_word in theirs
    )
