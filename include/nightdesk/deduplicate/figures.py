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
_ALONE = re.compile(f"[{SOLO}]")  # three of them are about a word
_Places = Mapping[tuple[str, str], set[str]]


class Figures(NamedTuple):
    """In how many places of both texts the figures are the same, and are others."""

    n_agreed: int
    n_contradicted: int


def compare_figures(a: str, b: str) -> Figures:
    """Return how often two texts agree in their figures, and how often they do not.

    A place is what stands before a figure with what stands behind it: a word, or
    another figure, whichever. It agrees where half of the figures of the text that has
    fewer there are common: of two draws of a lottery, one number may be.

    >>> compare_figures("It held 27 fish and 4 eels.", "It held 31 fish and 4 eels.")
    Figures(n_agreed=1, n_contradicted=1)
    """
    one, other = _read_places(a), _read_places(b)
    common = one.keys() & other.keys()
    n_agreed = sum(
        2 * len(one[place] & other[place]) >= min(len(one[place]), len(other[place]))
        for place in common
    )
    return Figures(n_agreed, len(common) - n_agreed)


def _read_places(text: str) -> _Places:
    """Return (word before, word behind) -> the figures that stand between them."""
    tokens = ["", *(token.casefold() for token in _TOKEN.findall(text)), ""]
    kinds = ["#" if token[:1].isdigit() else token for token in tokens]
    places: dict[tuple[str, str], set[str]] = defaultdict(set)
    for n, kind in enumerate(kinds):
        if kind == "#":
            is_alone = _ALONE.match(kinds[n - 1])
            before = kinds[max(0, n - 3) : n] if is_alone else kinds[n - 1 : n]
            places["".join(before), kinds[n + 1]].add(tokens[n])
    return places
