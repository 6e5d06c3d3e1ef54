"""Articles -> stories: reports of one event, whoever wrote them in whatever words.

Without a model: `likeness` says how much two reports resemble each other, and groups
are joined by average linkage within a time window. A story is a function of the
articles and of a frozen table of rarities, never of their order.

Known to miss: reports in two languages. Known to join: two events of one kind in one
place within the window, when the same people speak; in scripts without capitals also
reports from one template, until a table has been learned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from heapq import heapify, heappop, heappush

from nightdesk.deduplicate.clusters import rank_document
from nightdesk.deduplicate.documents import Document
from nightdesk.deduplicate.likeness import WINDOW_DAYS, Floats, Ints, Likeness
from nightdesk.deduplicate.rarity import Rarity

__all__ = [
    "LIFE_NIGHTS",
    "STORY_RULE",
    "WINDOW_DAYS",
    "cluster_stories",
    "limit_stories",
    "link_average",
]

STORY_RULE = "story/2"

#: Least mean similarity of two groups that are joined. This and the shares of
#: `likeness` were picked on ECB+, on Russian and English pairs and on made-up events.
MIN_SIMILARITY = 0.175

#: A story lives for so many nights from its first. What is reported later of the same
#: matter is a story of its own: without that a war would be one story for years.
LIFE_NIGHTS = 14

Pairs = Iterable[tuple[int, Ints, Floats]]


def cluster_stories(
    documents: Sequence[Document], rarity: Rarity | None = None
) -> dict[int, int]:
    """Return article_id -> story_id for every document, ordered by article_id.

    A story's id is that of its earliest article (by `rank_document`); an article that
    resembles no other is a story of its own. The order of the documents does not
    matter.

    Args:
        documents: the articles.
        rarity: of terms, from a frozen table; None: by their form alone.
    """
    documents = sorted(documents, key=lambda d: (*rank_document(d), d.article_id))
    likeness = Likeness(documents, rarity or Rarity())
    stories: dict[int, int] = {}
    for group in link_average(len(documents), likeness.list_pairs(), MIN_SIMILARITY):
        for member in group:
            stories[documents[member].article_id] = documents[group[0]].article_id
    return dict(sorted(stories.items()))


def limit_stories(
    stories: Mapping[int, int],
    nights: Mapping[int, date],
    ranks: Mapping[int, tuple[datetime, str]],
) -> dict[int, int]:
    """Return article_id -> story_id with every story cut where its life ends.

    The first night after the life of a story begins the next one, so that what a later
    night adds leaves all ids as they were. Ordered by article_id.

    Args:
        stories: whole, as the pairs within and between nights make them.
        nights: of the articles.
        ranks: of the articles, as `rank_document` makes them.
    """
    groups: dict[int, list[int]] = defaultdict(list)
    for article_id, story_id in stories.items():
        groups[story_id].append(article_id)
    limited: dict[int, int] = {}
    for group in groups.values():
        group.sort(key=lambda i: (nights[i], ranks[i], i))
        first = group[0]
        for article_id in group:
            if (nights[article_id] - nights[first]).days >= LIFE_NIGHTS:
                first = article_id
            limited[article_id] = first
    return dict(sorted(limited.items()))


def link_average(size: int, pairs: Pairs, least: float) -> list[list[int]]:
    """Return the groups of average linkage, each ascending, ordered by first member.

    The two groups of the highest mean similarity are joined until it is below `least`;
    of equals the first. Time and memory grow with the pairs, not with their square.

    Args:
        size: how many there are to group.
        pairs: (i, those after i, their similarities); who is not named has none.
        least: similarity of groups that are joined.
    """
    sums: list[dict[int, float]] = [{} for _ in range(size)]
    for i, others, similarities in pairs:
        for j, similarity in zip(others.tolist(), similarities.tolist(), strict=True):
            sums[i][j] = sums[j][i] = similarity
    groups: list[list[int]] = [[i] for i in range(size)]
    heap = [
        (-similarity, i, j, 1, 1)
        for i, row in enumerate(sums)
        for j, similarity in row.items()
        if i < j and similarity >= least
    ]
    heapify(heap)
    while heap:
        _, i, j, n_i, n_j = heappop(heap)
        if (len(groups[i]), len(groups[j])) != (n_i, n_j):
            continue  # one of the two has grown since, or is part of another
        groups[i] += groups[j]
        groups[j] = []
        _join_rows(sums, i, j)
        for k, total in sums[i].items():
            mean = total / (len(groups[i]) * len(groups[k]))
            if mean >= least:
                a, b = min(i, k), max(i, k)
                heappush(heap, (-mean, a, b, len(groups[a]), len(groups[b])))
    return [sorted(group) for group in groups if group]


def _join_rows(sums: list[dict[int, float]], i: int, j: int) -> None:
    """Add the sums of group j to those of group i, on both sides."""
    for k, total in sums[j].items():
        del sums[k][j]
        if k != i:
            sums[i][k] = sums[k][i] = sums[i].get(k, 0.0) + total
    sums[j] = {}
