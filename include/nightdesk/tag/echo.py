"""Let the pieces of a document hear what is thought of their word elsewhere in it.

A name is told by its neighbours where it is first said ("the retailer Lumo") and stands
bare later on. Most taggers take the majority of a document; here the mean of the others
is added, so that a piece which leaves no doubt keeps its own mind.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nightdesk.tag.features import Island
from nightdesk.tag.net import LABELS, Floats, normalize

_TYPES = tuple(dict.fromkeys(label[2:] for label in LABELS))
_TYPE = [_TYPES.index(label[2:]) for label in LABELS]
_SHARE = 0.3  # of the others; in held-out text .15 to .4 are alike
_RARE = 0.01  # no type is less likely to the others


def hear_echoes(islands: Sequence[Island], rows: Floats) -> Floats:
    """Return the logarithm of each label's probability when others have been heard.

    Args:
        islands: of one document.
        rows: the same without the others, a row for each piece of the islands.
    """
    groups = _group_pieces(islands)
    types = np.zeros((len(rows), len(_TYPES)))
    for label, type_ in enumerate(_TYPE):
        types[:, type_] += np.exp(rows[:, label])
    types = np.log(types + _RARE)
    sums = np.zeros((len(groups), len(_TYPES)))
    np.add.at(sums, groups, types)
    n_others = np.bincount(groups)[groups] - 1
    others = (sums[groups] - types) / np.maximum(n_others, 1)[:, None]
    return normalize(rows + _SHARE * others[:, _TYPE])


def _group_pieces(islands: Sequence[Island]) -> list[int]:
    """Return a number for each piece, the same for capitalised ones of one word."""
    numbers: dict[str | tuple[int, int], int] = {}
    groups = []
    for island in islands:
        words = island.passage.words
        for index in range(island.first, island.stop):
            own = (id(words), index)
            key = words.keys[index] if words.caps[index] else own
            groups.append(numbers.setdefault(key, len(numbers)))
    return groups
