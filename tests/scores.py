"""How well articles were put together: B-cubed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping

Groups = Mapping[Hashable, Hashable]


def score_groups(found: Groups, gold: Groups) -> tuple[float, float]:
    """Return B-cubed precision and recall of groups, each a mean over articles."""
    return _share_same(found, gold), _share_same(gold, found)


def _share_same(groups: Groups, others: Groups) -> float:
    """Return of how much of an article's group the other groups say the same."""
    members: dict[Hashable, list[Hashable]] = defaultdict(list)
    for key, group in groups.items():
        members[group].append(key)
    shares = [
        sum(others[one] == others[key] for one in members[group]) / len(members[group])
        for key, group in groups.items()
    ]
    return sum(shares) / len(shares)
