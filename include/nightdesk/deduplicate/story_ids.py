"""Groups of tonight -> stories that keep their ids, with a log of what was rearranged.

A group is named after the story that most of its articles were in before, so that a
story keeps its id while it grows, and only what is new gets a new one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class StoryMove:
    """Articles of one story that are in another one now."""

    kind: Literal["split", "merged"]  # merged: nothing is left of the story
    from_id: int
    to_id: int
    article_ids: tuple[int, ...]


def keep_story_ids(
    groups: Mapping[int, int], known: Mapping[int, int]
) -> tuple[dict[int, int], tuple[StoryMove, ...]]:
    """Return article_id -> story_id, and what moved between stories known before.

    Every story goes on in the group that holds most of its articles; a group in which
    several go on is named after the one with most articles there, of equals the one
    with the smallest id. A group in which none goes on gets the id of its first
    article, which is what `cluster_stories` names it. The order does not matter.

    Args:
        groups: article_id -> label of its group, as `cluster_stories` returns it, for
            tonight's articles and those of the window before.
        known: article_id -> story_id of earlier nights; articles that are in no group
            are left alone.

    >>> keep_story_ids({1: 1, 2: 1, 3: 1}, {2: 2, 3: 2})[0]
    {1: 2, 2: 2, 3: 2}
    """
    names = _name_groups(groups, known)
    stories = {i: names[label] for i, label in sorted(groups.items())}
    moved: dict[tuple[int, int], list[int]] = defaultdict(list)
    for article_id, story_id in stories.items():
        before = known.get(article_id, story_id)
        if before != story_id:
            moved[before, story_id].append(article_id)
    alive = set(stories.values()) | {known[i] for i in known if i not in groups}
    moves = tuple(
        StoryMove("split" if a in alive else "merged", a, b, tuple(ids))
        for (a, b), ids in sorted(moved.items())
    )
    return stories, moves


def _name_groups(groups: Mapping[int, int], known: Mapping[int, int]) -> dict[int, int]:
    """Return label of a group -> id of its story."""
    shared = Counter(
        (known[article_id], label)
        for article_id, label in groups.items()
        if article_id in known
    )
    names: dict[int, int] = {}
    placed: set[int] = set()
    for story_id, label in sorted(shared, key=lambda k: (-shared[k], *k)):
        if story_id not in placed and label not in names:
            names[label] = story_id
            placed.add(story_id)
    for label in sorted(set(groups.values()) - names.keys()):
        members = sorted(i for i in groups if groups[i] == label)
        free = [i for i in (label, *members) if i not in placed]
        # The complement where every article of the group founded a story that lives on
        # without it.
        names[label] = free[0] if free else ~label
        placed.add(names[label])
    return names


def count_independent(
    article_ids: Iterable[int],
    clusters: Mapping[int, int],
    makers: Mapping[int, str],
) -> int:
    """Return how many makers reported a story, however often each was copied.

    Args:
        article_ids: of the story.
        clusters: article_id -> cluster_id, for articles that have copies.
        makers: cluster_id (of an article without copies: its own id) -> who made the
            text: the agency of its origin, or else the source.

    >>> count_independent([1, 2, 3], {1: 1, 2: 1}, {1: "KNA", 3: "coast-daily"})
    2
    """
    texts = {clusters.get(article_id, article_id) for article_id in article_ids}
    return len({makers[text_id] for text_id in texts})
