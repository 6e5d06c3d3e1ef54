"""The gazetteer as the tagger sees it: names in memory, already read and checked.

Reading the files is `nightdesk.gazetteer`; this module knows no file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from nightdesk.model import Region

Kind = Literal[
    "country",
    "demonym",
    "abbreviation",
    "capital",
    "admin1",
    "city",
    "area",
    "org",
    "person",
    "metonym",
    "phrase",  # looks like a place and is none
]


#: What the number of a word in `Gazetteer.classes` holds, from the lowest bit: its
#: class, how often it is capitalised (0: unknown; 1: hardly ever, to 6: nearly always),
#: whether it is a given name, whether a surname (of its capitalised form).
CLASS_MASK = 1023
GIVEN, SURNAME = 1 << 13, 1 << 14
_CAPITAL_SHIFT, _CAPITAL_MASK, _MOSTLY = 10, 7, 5
#: Bits of the families in the number of `Gazetteer.families`, the lowest first; what is
#: above them is the row of the word's own vector, 0: it has none.
SMALL_BITS, MIDDLE_BITS, LARGE_BITS = 11, 9, 7


def weigh_capital(number: int) -> int:
    """Return how often a word of that number is capitalised, 0 to 6."""
    return number >> _CAPITAL_SHIFT & _CAPITAL_MASK


def is_capital(number: int) -> bool:
    """Is a word of that number hardly ever written in lower case?"""
    return weigh_capital(number) >= _MOSTLY


class Families(NamedTuple):
    """What words stand in like company of a word, and which vector is nearest to it."""

    small: int
    middle: int
    large: int
    vector: int  # row of `Gazetteer.vectors`: the word's own, or its small family's


def find_families(lines: str, word: str) -> Families | None:
    r"""Return the families of a word; None: unknown.

    Args:
        lines: rows of word, tab, number, sorted; one is found without reading all.
        word: a folded one.

    >>> find_families("ana\t1050627\nlima\t0\n", "ana")
    Families(small=3, middle=1, large=1, vector=3)
    """
    want = f"{word}\t"
    low, high = 0, len(lines)
    while low < high:
        start = lines.rfind("\n", low, (low + high) // 2) + 1 or low
        stop = lines.index("\n", start) + 1
        if lines.startswith(want, start):
            return _split_number(int(lines[start + len(want) : stop]))
        low, high = (stop, high) if lines[start:stop] < want else (low, start)
    return None


def _split_number(number: int) -> Families:
    above, small = divmod(number, 1 << SMALL_BITS)
    above, middle = divmod(above, 1 << MIDDLE_BITS)
    vector, large = divmod(above, 1 << LARGE_BITS)
    return Families(small, middle, large, vector or small)


class Name(NamedTuple):
    """One thing that a name may stand for; a tuple, for 55,000 are made at a start."""

    kind: Kind
    id: str  # place or entity id
    name: str  # the usual name of the thing
    countries: tuple[str, ...] = ()  # ISO2; several only for a disputed area
    population: int = 0
    admin1: str | None = None  # ISO 3166-2 of a city or division, where known
    exact: str | None = None  # letters that must stand just so: "US" is not "us"
    is_alternate: bool = False  # not the usual name
    is_government: bool = False  # "X government" speaks of the country
    needs_support: bool = False  # means its entity only if the text supports it
    is_wire: bool = False  # signs datelines

    @property
    def country(self) -> str | None:
        """The one country, if there is just one."""
        return self.countries[0] if len(self.countries) == 1 else None


@dataclass(frozen=True, slots=True)
class CertainWords:
    """Words that leave no doubt of a name's type (`certain`)."""

    company: frozenset[str] = frozenset()  # the last word of one
    person: frozenset[str] = frozenset()  # in lower case before one
    verb: frozenset[str] = frozenset()  # behind a person


@dataclass(frozen=True, slots=True)
class TopicTable:
    """The words of all topics."""

    names: Mapping[str, str] = field(default_factory=dict)  # topic id -> name
    #: key of a term -> the term as it is written, and what it adds to which topics
    terms: Mapping[str, tuple[str, tuple[tuple[str, float], ...]]] = field(
        default_factory=dict
    )
    longest: Mapping[str, int] = field(default_factory=dict)  # first piece -> pieces
    least: Mapping[str, float] = field(default_factory=dict)  # topic id -> its score


@dataclass(frozen=True, slots=True)
class LanguageNames:
    """What one language calls places, as its file says, ids already looked up."""

    #: name -> how it is written; several names: one for each sign ("中美")
    forms: tuple[tuple[tuple[Name, ...], tuple[str, ...]], ...]
    endings: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    before: tuple[str, ...] = ()  # words before a doubted name that support it
    after: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()  # after these a demonym is a language
    not_before: tuple[str, ...] = ()
    is_spaced: bool = True  # False: every sign is a piece


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """All names by key, with what else a tagger reads."""

    names: Mapping[str, tuple[Name, ...]]
    longest: Mapping[str, int]  # first piece -> most pieces of a name so starting
    given_names: frozenset[str]
    common_words: frozenset[str]
    subregions: Mapping[str, str]  # ISO2 -> M49 code of its smallest region
    regions: tuple[Region, ...] = field(default=())
    #: letters of a short form, just so -> the division that it means behind a town:
    #: "Athens, Ga.", while "Ms." is no Mississippi
    short_states: Mapping[str, Name] = field(default_factory=dict)
    version: str = ""
    #: word -> its class, how often it is capitalised, whether persons bear it
    classes: Mapping[str, int] = field(default_factory=dict)
    families: str = ""  # sorted lines of word, tab, number (`find_families`)
    vectors: bytes = b""  # of numpy: a row for each small family, then of words
    organisations: frozenset[str] = frozenset()  # keys of well-known ones: hints
    certain: CertainWords = field(default_factory=CertainWords)
    weights: bytes = b""  # of the trained tagger; empty: rules alone
    #: key -> the people, organisations and metonyms that bear the name; those of them
    #: that are looked for in texts stand in `names` as well
    entities: Mapping[str, tuple[Name, ...]] = field(default_factory=dict)
    people: Mapping[str, int] = field(default_factory=dict)  # as `longest`
    merged: Mapping[str, str] = field(default_factory=dict)  # old id -> entity id
    #: entity id -> its name; of the entities above
    known: Mapping[str, str] = field(default_factory=dict)
    topics: TopicTable = field(default_factory=TopicTable)
    #: ISO 639-1 -> what that language calls places; English is read by its own rules
    languages: Mapping[str, LanguageNames] = field(default_factory=dict)
