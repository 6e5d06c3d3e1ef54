"""Two texts -> do they give the same figures where they use the same words?

A copy repeats the figures of its text. Where the same words stand round other figures,
a report is of another day, draw or match, or a writer of another paper has counted for
himself. Figures alone cannot show that: two reports of one matter have most of them in
common, and an update has new ones beside the old.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from nightdesk.text import SOLO

_TOKEN = re.compile(rf"\d+(?:[.,:/-]\d+)*|[{SOLO}]|[^\W\d_{SOLO}]+")
_Places = Mapping[tuple[str, str], set[str]]


class Figures(NamedTuple):
    """In how many places of both texts the figures are the same, and are others."""

    n_agreed: int
    n_contradicted: int


def compare_figures(a: str, b: str) -> Figures:
    """Return how often two texts agree in their figures, and how often they do not.

    A place is the word before a figure with the word behind it. One that a text has
    several times agrees if any of its figures does.

    >>> compare_figures("It held 27 fish and 4 eels.", "It held 31 fish and 4 eels.")
    Figures(n_agreed=1, n_contradicted=1)
    """
    one, other = _read_places(a), _read_places(b)
    common = one.keys() & other.keys()
    n_agreed = sum(not one[place].isdisjoint(other[place]) for place in common)
    return Figures(n_agreed, len(common) - n_agreed)


def _read_places(text: str) -> _Places:
    """Return (word before, word behind) -> the figures that stand between them."""
    tokens = ["", *(token.casefold() for token in _TOKEN.findall(text)), ""]
    places: dict[tuple[str, str], set[str]] = defaultdict(set)
    for before, token, behind in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if token[:1].isdigit():
            places[before, behind].add(token)
    return places
