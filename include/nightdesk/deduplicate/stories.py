"""Articles -> stories: reports of one event, whoever wrote them in whatever words.

Without a model: two reports resemble each other in their matter (words weighted by
rarity, in the text and in its lead) and in their facts (names, names of two words,
numbers), and the weaker of the two counts most. Reports from one template differ in
their facts; other news of one person or place differ in their matter. Groups are joined
by average linkage within a time window.

Rarity is counted in the batch, so that a story is a function of the batch as a whole,
never of its order; copies (`find_pairs`) do not have that weakness. Known to miss:
reports in two languages. Known to join: two events of one kind in one place within the
window, when the same people speak.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from nightdesk.deduplicate.clusters import rank_document
from nightdesk.deduplicate.documents import Document, stated_days
from nightdesk.text import split_words

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Row = dict[tuple[int, str], float]

#: Least mean similarity of two groups that are joined. This and the shares were picked
#: on ECB+ and on made-up events; their neighbours are within .02 of B-cubed F1.
MIN_SIMILARITY = 0.13
WINDOW_DAYS = 3.0  # two reports that are further apart are of two events
LEAD_WORDS = 40
MATTER_SHARES = (0.67, 0.33)  # of text, lead
FACT_SHARES = (0.3, 0.7)  # of names; of names of two words and numbers
#: Similarity is the mean of matter and facts, less that much of their difference.
IMBALANCE = 0.25
_NEVER = -1e9  # below every mean of similarities, also of several of itself
#: A word in more than that share of the articles weighs next to nothing, and its
#: postings would be most of the work. In a small batch the share says nothing: there a
#: word is left out by its length, since the short ones are the common ones.
MAX_FREQUENCY = 0.25
FEW_ARTICLES = 25
_SHORT_WORD = 4  # letters
#: Rarity is that among so many articles where there are fewer, since what twelve
#: reports of one event have in common is not common.
_AT_LEAST = 100

_TOKEN = re.compile(r"\d+(?:[.,:/-]\d+)*|[^\W\d_][^\W_]*|[.!?;:,()\"“”]")


def cluster_stories(documents: Sequence[Document]) -> dict[int, int]:
    """Return article_id -> story_id for every document, ordered by article_id.

    A story's id is that of its earliest article (by `rank_document`); an article that
    resembles no other is a story of its own. The order of the documents does not
    matter. Time grows with the square of the number of articles that share words.
    """
    documents = sorted(documents, key=lambda d: (*rank_document(d), d.article_id))
    similarities = _Similarities(documents)
    stories: dict[int, int] = {}
    for group in _find_groups(similarities):
        matrix = similarities.compare(group)
        for members in link_average(matrix, MIN_SIMILARITY):
            story_id = documents[group[members[0]]].article_id
            for member in members:
                stories[documents[group[member]].article_id] = story_id
    return dict(sorted(stories.items()))


class _Similarities:
    """How much each document resembles the others, in matter and facts."""

    def __init__(self, documents: Sequence[Document]) -> None:
        read = [_read_document(document) for document in documents]
        self.size = len(documents)
        self._days = stated_days(documents)
        # A word is as rare as in the texts, wherever it stands.
        in_texts = Counter(word for (text, _), _ in read for word in text)
        pairs = Counter(pair for _, (_, pairs) in read for pair in pairs)
        matter = _weigh([m for m, _ in read], MATTER_SHARES, (in_texts, in_texts))
        facts = _weigh([f for _, f in read], FACT_SHARES, (in_texts, pairs))
        self._matter, self._facts = _Postings(matter), _Postings(facts)
        self._has_facts = np.array([any(f) for _, f in read], np.bool_)

    def compare_one(self, i: int) -> Floats:
        """Return the similarity of document i to every one; 0 outside the window."""
        matter, facts = self._matter.multiply(i), self._facts.multiply(i)
        sums = (matter + facts) / 2 - IMBALANCE * np.abs(matter - facts)
        bare = ~(self._has_facts & self._has_facts[i])  # a script without capitals
        sums[bare] = matter[bare]
        sums[np.abs(self._days - self._days[i]) > WINDOW_DAYS] = 0.0
        return sums

    def compare(self, group: Sequence[int]) -> Floats:
        """Return the square matrix of similarities within a group."""
        return np.array([self.compare_one(i)[group] for i in group])


class _Postings:
    """Weighted cosines of documents, summed over the postings of their terms.

    A term is a word together with the field in which it stands, so that one sum over
    terms is the weighted sum of the cosines of the fields.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        numbers = {term: i for i, term in enumerate(sorted(set().union(*rows)))}
        self._size = len(rows)
        self._offsets = _offsets([len(row) for row in rows])
        self._terms = np.array([numbers[t] for row in rows for t in row], np.int64)
        self._weights = np.array([w for row in rows for w in row.values()], np.float64)
        owners = np.repeat(np.arange(self._size), np.diff(self._offsets))
        order = np.argsort(self._terms, kind="stable")
        self._posted = owners[order]
        self._posted_weights = self._weights[order]
        counts = np.bincount(self._terms, minlength=len(numbers))
        self._postings = _offsets(counts)

    def multiply(self, i: int) -> Floats:
        """Return the sum for document i and every one."""
        mine = slice(self._offsets[i], self._offsets[i + 1])
        terms = self._terms[mine]
        starts = self._postings[terms]
        counts = self._postings[terms + 1] - starts
        places = np.arange(counts.sum())
        places += np.repeat(starts - (np.cumsum(counts) - counts), counts)
        products = np.repeat(self._weights[mine], counts)
        products *= self._posted_weights[places]
        sums = np.bincount(self._posted[places], products, minlength=self._size)
        return sums.astype(np.float64, copy=False)


Fields = tuple[Counter[str], Counter[str]]


def _read_document(document: Document) -> tuple[Fields, Fields]:
    """Return the counts of (text, lead) and of (names, pairs), the title included."""
    text = f"{document.title}\n{document.text}" if document.title else document.text
    words = split_words(text)
    tokens = _TOKEN.findall(text)
    small = {token for token in tokens if token[0].islower()}
    names = {
        token.casefold()
        for token in tokens
        if len(token) > 1 and token[0].isupper() and token.lower() not in small
    }
    matter = Counter(words), Counter(words[:LEAD_WORDS])
    return matter, (Counter(sorted(names)), Counter(_find_pairs(tokens, names)))


def _find_pairs(tokens: Sequence[str], names: set[str]) -> list[str]:
    """Return the names of two words and the numbers of a text, each once, sorted."""
    pairs = {token for token in tokens if token[0].isdigit() and len(token) > 1}
    for one, other in pairwise(tokens):
        both = one.casefold(), other.casefold()
        if one[0].isupper() and other[0].isupper() and names.issuperset(both):
            pairs.add(" ".join(both))
    return sorted(pairs)


def _weigh(
    read: Sequence[Fields],
    shares: tuple[float, float],
    frequencies: tuple[Counter[str], Counter[str]],
) -> list[Row]:
    """Return each document's terms and weights; those of one field have length share.

    The length is taken over all terms, and then the terms that no other document has
    are left out, since they meet nothing.
    """
    rows: list[Row] = []
    for fields in read:
        row: Row = {}
        for place, counts in enumerate(fields):
            frequency = frequencies[place]
            weights = {
                word: (1 + math.log(n)) * _rarity(frequency[word], len(read))
                for word, n in counts.items()
                if _is_telling(word, frequency[word], len(read))
            }
            length = math.sqrt(sum(w * w for w in weights.values())) or 1.0
            scale = math.sqrt(shares[place]) / length
            for word, weight in weights.items():
                if frequency[word] > 1:
                    row[place, word] = scale * weight
        rows.append(row)
    return rows


def _is_telling(word: str, frequency: int, n_documents: int) -> bool:
    if frequency <= MAX_FREQUENCY * n_documents:
        return True
    return frequency <= FEW_ARTICLES and not (
        word.isalpha() and len(word) <= _SHORT_WORD
    )


def _rarity(frequency: int, n_documents: int) -> float:
    return math.log((1 + max(n_documents, _AT_LEAST)) / (1 + frequency))


def _offsets(counts: Sequence[int] | Ints) -> Ints:
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)))


def _find_groups(similarities: _Similarities) -> list[list[int]]:
    """Return the connected components over similar pairs, each ascending.

    Average linkage never joins across them: two groups whose mean similarity is high
    enough have a pair whose similarity is.
    """
    labels = np.arange(similarities.size)
    for i in range(similarities.size):
        near = np.flatnonzero(similarities.compare_one(i) >= MIN_SIMILARITY)
        touched = np.isin(labels, labels[near])
        touched[i] = True
        labels[touched | (labels == labels[i])] = labels[touched].min()
    groups: dict[int, list[int]] = defaultdict(list)
    for i, label in enumerate(labels.tolist()):
        groups[label].append(i)
    return list(groups.values())


def link_average(matrix: Floats, least: float) -> list[list[int]]:
    """Return the groups of average linkage, each ascending, ordered by first member.

    The two groups of the highest mean similarity are joined until it is below `least`;
    of equals the first. Each group remembers its best partner, which a join of two
    others cannot make better: about n * n steps in all.
    """
    matrix = matrix.copy()
    n = len(matrix)
    np.fill_diagonal(matrix, _NEVER)
    groups = {i: [i] for i in range(n)}
    partner, best = matrix.argmax(1), matrix.max(1)
    while best.max() >= least:
        i, j = sorted((int(best.argmax()), int(partner[best.argmax()])))
        a, b = len(groups[i]), len(groups[j])
        mean = (a * matrix[i] + b * matrix[j]) / (a + b)
        matrix[i], matrix[:, i] = mean, mean
        matrix[i, i] = _NEVER
        matrix[j], matrix[:, j] = _NEVER, _NEVER
        groups[i] += groups.pop(j)
        stale = (partner == i) | (partner == j)
        stale[[i, j]] = True
        partner[stale], best[stale] = matrix[stale].argmax(1), matrix[stale].max(1)
    return [sorted(group) for _, group in sorted(groups.items())]
