"""The classes of a map: counts in a few steps that people can hold, and their words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

#: Lower bounds of map classes are taken from these: round figures that people can hold.
_ROUND = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)


def split_classes(top: int) -> list[int]:
    """Return the lower bounds of at most five classes for counts from 1 to `top`.

    >>> split_classes(64), split_classes(3), split_classes(0)
    ([1, 5, 10, 20, 50], [1, 2], [])
    """
    if top < 1:
        return []
    bounds = [bound for bound in _ROUND if bound <= top][-5:]
    return [1, *bounds[1:]]


def say_classes(bounds: Sequence[int]) -> list[str]:
    """Return the classes of the map in words.

    >>> say_classes([1, 2, 5])
    ['1', '2–4', '5 and more']
    """
    said = [
        f"{low:,}" if low == high - 1 else f"{low:,}–{high - 1:,}"
        for low, high in pairwise(bounds)
    ]
    return [*said, f"{bounds[-1]:,} and more"] if bounds else []
