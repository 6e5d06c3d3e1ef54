"""Documents -> verified pairs: candidates, then the rule, then one sorted tuple."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from nightdesk.deduplicate.candidates import find_candidates
from nightdesk.deduplicate.documents import Document
from nightdesk.deduplicate.profiles import Profiles
from nightdesk.deduplicate.verify import judge_exact, judge_near
from nightdesk.model import Pair


def find_pairs(
    own: Sequence[Document],
    others: Sequence[Document] = (),
    *,
    hot: frozenset[int] = frozenset(),
    profiles: Profiles | None = None,
) -> tuple[Pair, ...]:
    """Return every pair with at least one side in `own`, each once, by (a_id, b_id).

    A pair is a function of its two documents and of `hot`: for any split of a set
    of documents, the pairs of the parts and between the parts are those of the whole.
    A text that n documents carry gives n * (n - 1) / 2 pairs, none is left out.

    Args:
        own: the documents to place, e.g. those of a night.
        others: what they are compared with, e.g. the 30 days around; a document that
            is in `own` too is left out.
        hot: frozen table of 5-gram hashes that prove nothing, since many texts that
            have nothing else in common carry them. Never made from the batch.
        profiles: of the documents, from an earlier step or for a later one.

    Raises:
        ValueError: an article is in `own` or in `others` twice.
    """
    documents = _merge_documents(own, others)
    candidates = find_candidates(documents, len(own), hot)
    found = [
        *_find_exact(documents, len(own)),
        *_find_near(documents, candidates, profiles or Profiles()),
    ]
    return tuple(sorted(found, key=lambda pair: (pair.a_id, pair.b_id)))


def _merge_documents(
    own: Sequence[Document], others: Sequence[Document]
) -> list[Document]:
    known = {document.article_id for document in own}
    rest = [document for document in others if document.article_id not in known]
    known.update(document.article_id for document in rest)
    if len(known) != len(own) + len(rest):
        raise ValueError("find_pairs: documents: an article is given twice")
    return [*own, *rest]


def _find_exact(documents: Sequence[Document], n_own: int) -> Iterator[Pair]:
    groups: dict[str, list[int]] = defaultdict(list)
    for i, document in enumerate(documents):
        if document.hashes:  # an empty text is nobody's copy
            groups[document.text_hash].append(i)
    for group in groups.values():
        for i, j in combinations(group, 2):
            pair = judge_exact(documents[i], documents[j]) if i < n_own else None
            if pair is not None:
                yield pair


def _find_near(
    documents: Sequence[Document],
    candidates: Iterable[tuple[int, int]],
    profiles: Profiles,
) -> Iterator[Pair]:
    for i, j in candidates:
        a, b = documents[i], documents[j]
        if a.text_hash == b.text_hash:
            continue
        pair = judge_near(a, b, profiles)
        if pair is not None:
            yield pair
