"""Articles -> stories: reports of one event, whoever wrote them in whatever words.

Without a model: `likeness` says how much two reports resemble each other, and groups
are joined by average linkage within a time window. A story is a function of the
articles and of a frozen table of rarities, never of their order.

Known to miss: reports in two languages, and short ones whose writers share neither
names nor words. Known to join: two events of one kind in one place within the window,
told by reports that name the same people.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from heapq import heapify, heappop, heappush
from itertools import combinations

from nightdesk.deduplicate.candidates import MAX_DAYS_APART
from nightdesk.deduplicate.clusters import cluster_pairs, rank_document
from nightdesk.deduplicate.documents import Document, days_apart
from nightdesk.deduplicate.exact import list_texts
from nightdesk.deduplicate.likeness import WINDOW_DAYS, Likeness, Pairs, weigh_company
from nightdesk.deduplicate.rarity import Rarity
from nightdesk.model import Pair

__all__ = [
    "CYCLE_NIGHTS",
    "GAP_NIGHTS",
    "LATE_NIGHTS",
    "STORY_RULE",
    "WINDOW_DAYS",
    "cluster_stories",
    "follow_copies",
    "limit_stories",
    "link_average",
]

STORY_RULE = "story/6"

#: Least mean similarity of two large groups that are joined. This and the shares of
#: `likeness` were picked on ECB+, on Russian and English pairs and on made-up events.
MIN_SIMILARITY = 0.12
#: What two single reports need more. One likeness may be chance; a mean over n pairs is
#: chance so much less, by the square root of n.
CHANCE = 0.08
#: A round-up has passages of so many hashes, of about eight words each, and of that
#: share of its own; together they are so much of it.
MIN_PASSAGE = 3
MIN_PASSAGE_SHARE = 0.15
MIN_ROUNDUP_SHARE = 0.5

#: At the end of every cycle, by the calendar, a story that has run for more than
#: OLD_NIGHTS is closed, and what is reported later is a story of its own: without that
#: a war would be one story for years. What a night adds therefore reaches no further
#: than the cycles next to its own, and a story lives for three weeks at the most.
CYCLE_NIGHTS = 14
OLD_NIGHTS = 7
#: Copies of one text in a story follow each other within so many nights. Less than
#: CYCLE_NIGHTS - OLD_NIGHTS, or a story could outlive the end of two cycles.
GAP_NIGHTS = 6
#: A copy that comes when its story is over is told with it for so many nights, as it is
#: a copy for so long.
LATE_NIGHTS = int(MAX_DAYS_APART)

Similar = Iterable[Pairs]


def cluster_stories(
    documents: Sequence[Document],
    rarity: Rarity | None = None,
    digests: Container[int] = (),
) -> dict[int, int]:
    """Return article_id -> story_id for every document, ordered by article_id.

    A story's id is that of its earliest article (by `rank_document`); an article that
    resembles no other is a story of its own. The order of the documents does not
    matter.

    Args:
        documents: the articles.
        rarity: of terms, from a frozen table; None: by their form alone.
        digests: article_ids of those that tell several stories, as `find_digests` finds
            them; each is a story of its own, or it would make one of those.
    """
    documents = sorted(documents, key=lambda d: (*rank_document(d), d.article_id))
    firsts = _find_firsts(documents)
    alone = [d.article_id for d in documents if d.article_id in digests]
    apart = {*firsts, *alone}
    told = [d for d in documents if d.article_id not in apart]
    pairs = list(Likeness(told, rarity or Rarity()).list_pairs())
    pairs = _drop(_find_roundups(told, pairs), pairs)
    stories = {i: i for i in alone}
    alike = weigh_company(len(told), pairs)
    for group in link_average(len(told), alike, MIN_SIMILARITY, CHANCE):
        for member in group:
            stories[told[member].article_id] = told[group[0]].article_id
    stories |= {i: stories[first] for i, first in firsts.items() if i not in stories}
    return dict(sorted(stories.items()))


def _find_firsts(documents: Sequence[Document]) -> dict[int, int]:
    """Return article_id -> that of the first with its text, of those after it.

    A text is compared once within the window, however many carry it.
    """
    firsts: dict[int, int] = {}
    for text in list_texts(documents):
        first = text[0]
        for document in text[1:]:
            days = days_apart(first, document)
            if days is None:  # no time of its own: it goes with the earliest
                firsts[document.article_id] = text[0].article_id
            elif days <= WINDOW_DAYS:
                firsts[document.article_id] = first.article_id
            else:
                first = document
    return firsts


def _find_roundups(documents: Sequence[Document], pairs: Iterable[Pairs]) -> set[int]:
    """Return the places of those that are made of passages of others, of two matters.

    As digests of first paragraphs are, which share too little with an article to be its
    copy: two that are not alike have each a passage of its own in it.
    """
    around: dict[int, set[int]] = defaultdict(set)
    for i, later, similarities in pairs:
        for j in later[similarities >= MIN_SIMILARITY].tolist():
            around[i].add(j)
            around[j].add(i)
    prints = [frozenset(document.hashes) for document in documents]
    found = set()
    for i, others in around.items():
        least = max(MIN_PASSAGE, MIN_PASSAGE_SHARE * len(prints[i]))
        parts = {j: prints[i] & prints[j] for j in sorted(others)}
        parts = {j: part for j, part in parts.items() if len(part) >= least}
        n_told = len(frozenset().union(*parts.values()))
        if n_told >= MIN_ROUNDUP_SHARE * len(prints[i]) and any(
            b not in around[a] and parts[a].isdisjoint(parts[b])
            for a, b in combinations(parts, 2)
        ):
            found.add(i)
    return found


def _drop(places: Container[int], pairs: Iterable[Pairs]) -> list[Pairs]:
    """Return the pairs that have none of these places."""
    left = []
    for i, others, similarities in pairs:
        if i not in places:
            is_left = [j not in places for j in others.tolist()]
            left.append((i, others[is_left], similarities[is_left]))
    return left


def follow_copies(
    stories: Mapping[int, int],
    clusters: Mapping[int, int],
    ranks: Mapping[int, tuple[datetime, str]],
) -> dict[int, int]:
    """Return article_id -> story_id with every copy in the story of its canonical.

    However late it was printed, and whatever it resembles beside it. The order of the
    articles does not matter.

    Args:
        stories: article_id -> story_id, of every article.
        clusters: article_id -> id of the canonical article, of copies and their like.
        ranks: of every article, as `rank_document` makes them.
    """
    groups: dict[int, list[int]] = defaultdict(list)
    for article_id in stories:
        groups[stories[clusters.get(article_id, article_id)]].append(article_id)
    named = {
        article_id: min(group, key=lambda i: (ranks[i], i))
        for group in groups.values()
        for article_id in group
    }
    return dict(sorted(named.items()))


def limit_stories(pairs: Iterable[Pair], nights: Mapping[int, date]) -> list[Pair]:
    """Return the pairs without those by which a story would outlive its cycle.

    Whether a story is closed at the end of a cycle depends on the nights of that cycle
    alone: what a later night adds leaves it as it was.

    Args:
        pairs: within and between nights, these at most GAP_NIGHTS apart.
        nights: of the articles.
    """
    pairs = list(pairs)
    cycles = {i: night.toordinal() // CYCLE_NIGHTS for i, night in nights.items()}
    ranks = {i: (datetime.combine(n, time(), UTC), "") for i, n in nights.items()}
    firsts = cluster_pairs(
        [pair for pair in pairs if cycles[pair.a_id] == cycles[pair.b_id]], ranks
    )

    def is_open(pair: Pair) -> bool:
        earlier, later = sorted((pair.a_id, pair.b_id), key=lambda i: nights[i])
        if cycles[earlier] == cycles[later]:
            return True
        end = cycles[later] * CYCLE_NIGHTS
        begun = nights[firsts.get(earlier, earlier)].toordinal()
        return cycles[later] - cycles[earlier] == 1 and end - begun <= OLD_NIGHTS

    return [pair for pair in pairs if is_open(pair)]


def link_average(
    size: int, pairs: Similar, least: float, chance: float = 0.0
) -> list[list[int]]:
    """Return the groups of average linkage, each ascending, ordered by first member.

    The two groups of the highest mean similarity are joined, of those that may be; of
    equals the first. Time and memory grow with the pairs, not with their square.

    Args:
        size: how many there are to group.
        pairs: (i, those after i, their similarities); who is not named has none.
        least: similarity of groups that are joined.
        chance: what is asked for on top, over the root of the number of pairs between
            the two groups.
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
        if i < j and similarity >= least + chance
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
            n_pairs = len(groups[i]) * len(groups[k])
            mean = total / n_pairs
            if mean >= least + chance / math.sqrt(n_pairs):
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
