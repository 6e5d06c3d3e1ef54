"""Say which topics an article is about, by the words that speak for each.

A list of weighted words per topic, and a sum: whoever wonders why reads the words that
were found. Words inside the names of persons and places say nothing ("Bishop" the
town). English only. Missed: a topic that an article is about without any of its words.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from nightdesk.model import TermHit, TopicScore
from nightdesk.tag.spans import Passage
from nightdesk.tag.table import TopicTable
from nightdesk.tag.words import fold_key

Term = tuple[str, tuple[tuple[str, float], ...]]  # see `TopicTable.terms`

WEIGHTS = {"strong": 3.0, "plain": 2.0, "weak": 1.0}
_TITLE = 2  # a word in the title, or among the first of the text, counts as so many
_LEAD = 40  # words
_SHORT = 60  # words; a longer text needs more of them to be about a topic
LEAST = 5.0  # picked, like the share, on half of the labelled articles
_SHARE = 0.75  # of the score of the first topic
#: Different words that it takes, by the weight of the best one; weak ones never do.
_FEWEST = {3.0: 2, 2.0: 3, 1.0: 1000}
_MOST = 3  # topics of an article


def build_table(
    names: Mapping[str, str],
    terms: Iterable[tuple[str, str, float]],
    least: Mapping[str, float] | None = None,
) -> TopicTable:
    """Return the table of topics.

    Args:
        names: topic id -> name.
        terms: (topic id, term, weight); a plural of its last word is found as well.
        least: topic id -> the score from which on it is one, where not the usual.
    """
    found: dict[str, tuple[str, dict[str, float]]] = {}
    longest: dict[str, int] = {}
    for topic, term, weight in terms:
        for key in _list_forms(fold_key(term)):
            adds = found.setdefault(key, (term, {}))[1]
            adds[topic] = max(weight, adds.get(topic, 0.0))
            first, size = key.split(" ", 1)[0], key.count(" ") + 1
            longest[first] = max(size, longest.get(first, 0))
    packed = {key: (term, tuple(adds.items())) for key, (term, adds) in found.items()}
    return TopicTable(names, packed, longest, least or {})


def _list_forms(key: str) -> list[str]:
    """Return a term and the plural of its last word.

    >>> _list_forms("city"), _list_forms("coach")
    (['city', 'cities'], ['coach', 'coaches'])
    """
    if key.endswith("y") and key[-2:-1] not in "aeiou":
        return [key, f"{key[:-1]}ies"]
    if key.endswith(("s", "x", "ch", "sh")):
        return [key, f"{key}es"]
    return [key, f"{key}s"]


def find_topics(
    passages: Sequence[Passage], table: TopicTable
) -> tuple[TopicScore, ...]:
    """Return the topics of a document, highest score first; often one, at most three.

    The score of a topic = sum over its words of weight x (1 + ln n), n being how often
    the word stands there (twice in the title and the first 40 words), less for a long
    text: divided by 1 + ln(words / 60). It takes two different
    words, three where none of them is strong, and more than weak ones.

    Args:
        passages: of one document, with their names found.
        table: see `build_table`.
    """
    counts: dict[Term, int] = defaultdict(int)
    n_words = 0
    for passage in passages:
        is_title = passage.field == "title"
        for key, at in _find_terms(passage, table):
            is_lead = is_title or n_words + at < _LEAD
            counts[table.terms[key]] += _TITLE if is_lead else 1
        n_words += 0 if is_title else len(passage.words)
    scale = 1 + math.log(max(n_words, _SHORT) / _SHORT)
    hits: dict[str, list[TermHit]] = defaultdict(list)
    best: dict[str, float] = defaultdict(float)  # topic -> weight of its best word
    for (term, adds), n in counts.items():
        for topic, weight in adds:
            value = round(weight * (1 + math.log(n)) / scale, 6)
            hits[topic].append(TermHit(term, n, value))
            best[topic] = max(weight, best[topic])
    scored = [_make_score(topic, found) for topic, found in hits.items()]
    scored.sort(key=lambda row: (-row.score, row.topic))
    near = scored[0].score * _SHARE if scored else 0.0
    kept = [
        row
        for row in scored[:_MOST]
        if row.score >= max(near, table.least.get(row.topic, LEAST))
    ]
    return tuple(row for row in kept if len(row.hits) >= _FEWEST[best[row.topic]])


def _make_score(topic: str, found: Iterable[TermHit]) -> TopicScore:
    hits = sorted(found, key=lambda hit: (-hit.weight, hit.term))
    return TopicScore(topic, round(sum(hit.weight for hit in hits), 6), tuple(hits))


def _find_terms(passage: Passage, table: TopicTable) -> list[tuple[str, int]]:
    """Return the terms of a passage and at which piece, the longest at each place."""
    keys, longest, terms = passage.words.keys, table.longest, table.terms
    found: list[tuple[str, int]] = []
    stop = 0
    for index, key in [(i, key) for i, key in enumerate(keys) if key in longest]:
        if index < stop:
            continue
        for end in range(min(index + longest[key], len(keys)), index, -1):
            term = key if end == index + 1 else " ".join(keys[index:end])
            if term in terms:
                stop = end
                found.append((term, index))
                break
    if not found:
        return found
    named = _list_named(passage)
    return [(term, index) for term, index in found if index not in named]


def _list_named(passage: Passage) -> set[int]:
    return {
        index
        for span in passage.spans
        if span.type in ("PER", "LOC")
        for index in range(span.first, span.stop)
    }
