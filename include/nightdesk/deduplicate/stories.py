"""Articles -> stories: reports of one event, whoever wrote them in whatever words.

A first version, without a model: words weighted by rarity (tf-idf) in the text, in the
lead and in the names, and average linkage within a time window. Rarity is counted in
the batch, so that a story is a function of the batch as a whole, never of its order;
copies (`find_pairs`) do not have that weakness. Known to miss: reports in two
languages, and to join: two events of one kind in one place within the window.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nightdesk.deduplicate.clusters import rank_document
from nightdesk.deduplicate.documents import Document, stated_days
from nightdesk.deduplicate.profiles import profile_text
from nightdesk.text import split_words

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Least mean similarity of two groups that are joined; picked on ECB+, where .14 to .20
#: are within .03 of each other in B-cubed F1.
MIN_SIMILARITY = 0.17
WINDOW_DAYS = 3.0  # two reports that are further apart are of two events
LEAD_WORDS = 40
# Shares of the similarity, the best of five weightings on ECB+.
SHARES = (0.5, 0.25, 0.25)  # of text, names, lead
_NEVER = -1e9  # below every mean of similarities, also of several of itself
#: A word in more than that share of the articles weighs next to nothing, and its
#: postings would be most of the work.
MAX_FREQUENCY = 0.25


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
    """Weighted cosines of documents, summed over the postings of their terms.

    A term is a word together with where it stands (text, names or lead), so that one
    sum over terms is the weighted sum of the three cosines.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        rows = _weigh_documents([_count_terms(document) for document in documents])
        numbers = {term: i for i, term in enumerate(sorted(set().union(*rows)))}
        self.size = len(documents)
        self._days = stated_days(documents)
        self._offsets = _offsets([len(row) for row in rows])
        self._terms = np.array([numbers[t] for row in rows for t in row], np.int64)
        self._weights = np.array([w for row in rows for w in row.values()], np.float64)
        owners = np.repeat(np.arange(self.size), np.diff(self._offsets))
        order = np.argsort(self._terms, kind="stable")
        self._posted = owners[order]
        self._posted_weights = self._weights[order]
        counts = np.bincount(self._terms, minlength=len(numbers))
        self._postings = _offsets(counts)

    def compare_one(self, i: int) -> Floats:
        """Return the similarity of document i to every one; 0 outside the window."""
        mine = slice(self._offsets[i], self._offsets[i + 1])
        terms = self._terms[mine]
        starts = self._postings[terms]
        counts = self._postings[terms + 1] - starts
        places = np.arange(counts.sum())
        places += np.repeat(starts - (np.cumsum(counts) - counts), counts)
        products = np.repeat(self._weights[mine], counts)
        products *= self._posted_weights[places]
        sums: Floats = np.bincount(
            self._posted[places], products, minlength=self.size
        ).astype(np.float64, copy=False)
        sums[np.abs(self._days - self._days[i]) > WINDOW_DAYS] = 0.0
        return sums

    def compare(self, group: Sequence[int]) -> Floats:
        """Return the square matrix of similarities within a group."""
        return np.array([self.compare_one(i)[group] for i in group])


def _count_terms(document: Document) -> tuple[Counter[str], ...]:
    """Return the counts of the words of text, names and lead, the title included."""
    text = f"{document.title}\n{document.text}" if document.title else document.text
    words = split_words(text)
    names = Counter(sorted(profile_text(text).names))
    return Counter(words), names, Counter(words[:LEAD_WORDS])


def _weigh_documents(
    fields: Sequence[tuple[Counter[str], ...]],
) -> list[dict[tuple[int, str], float]]:
    """Return each document's terms and weights; those of one field have length share.

    The length is taken over all terms, and then the terms that no other document has
    are left out, since they meet nothing.
    """
    frequency = Counter(word for text, _, _ in fields for word in text)
    limit = max(2.0, MAX_FREQUENCY * len(fields))
    rarity = {
        word: math.log((1 + len(fields)) / (1 + n))
        for word, n in frequency.items()
        if n <= limit
    }
    rows: list[dict[tuple[int, str], float]] = []
    for field in fields:
        row: dict[tuple[int, str], float] = {}
        for place, (counts, share) in enumerate(zip(field, SHARES, strict=True)):
            weights = {
                word: (1 + math.log(n)) * rarity[word]
                for word, n in counts.items()
                if word in rarity
            }
            length = math.sqrt(sum(w * w for w in weights.values())) or 1.0
            for word, weight in weights.items():
                if frequency[word] > 1:
                    row[place, word] = math.sqrt(share) * weight / length
        rows.append(row)
    return rows


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
