"""The gazetteer as the tagger sees it: names in memory, already read and checked.

Reading the files is `nightdesk.gazetteer`; this module knows no file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class Name:
    """One thing that a name may stand for."""

    kind: Kind
    id: str  # place or entity id
    name: str  # the usual name of the thing
    countries: tuple[str, ...] = ()  # ISO2; several only for a disputed area
    population: int = 0
    admin1: str | None = None  # ISO 3166-2 of a city or division, where known
    exact: str | None = None  # letters that must stand just so: "US" is not "us"
    is_alternate: bool = False  # not the usual name
    is_government: bool = False  # "X government" speaks of the country

    @property
    def country(self) -> str | None:
        """The one country, if there is just one."""
        return self.countries[0] if len(self.countries) == 1 else None


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """All names by key, with what else a tagger reads."""

    names: Mapping[str, tuple[Name, ...]]
    longest: Mapping[str, int]  # first piece -> most pieces of a name so starting
    given_names: frozenset[str]
    common_words: frozenset[str]
    subregions: Mapping[str, str]  # ISO2 -> M49 code of its smallest region
    regions: tuple[Region, ...] = field(default=())
    version: str = ""
    classes: Mapping[str, int] = field(default_factory=dict)  # word -> class
    weights: bytes = b""  # of the trained tagger; empty: rules alone
