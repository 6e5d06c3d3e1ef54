"""Documents -> verified pairs: candidates, then the rule, then one sorted tuple."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, product

from nightdesk.deduplicate.candidates import find_candidates
from nightdesk.deduplicate.documents import Document
from nightdesk.deduplicate.exact import join_group, join_groups
from nightdesk.deduplicate.profiles import Profiles
from nightdesk.deduplicate.verify import judge_near
from nightdesk.model import Pair


def find_pairs(
    own: Sequence[Document],
    others: Sequence[Sequence[Document]] = (),
    *,
    hot: frozenset[int] = frozenset(),
    profiles: Profiles | None = None,
) -> tuple[Pair, ...]:
    """Return the pairs with at least one side in `own`, each once, by (a_id, b_id).

    Pairs of different texts are all there, each a function of its two documents and of
    `hot`. Of one text there are as many as join its documents (see `exact`), those
    between two groups a function of the two. For any split of a set of documents, the
    pairs of the parts and between the parts make the clusters of the whole.

    Args:
        own: the documents to place, e.g. those of a night.
        others: groups that they are compared with, e.g. the nights around; a document
            that is in `own` too is left out.
        hot: frozen table of 5-gram hashes that prove nothing, since many texts that
            have nothing else in common carry them. Never made from the batch.
        profiles: of the documents, from an earlier step or for a later one.

    Raises:
        ValueError: an article is in `own` or in `others` twice.
    """
    rest = _leave_out(own, others)
    documents = [*own, *chain.from_iterable(rest)]
    found = [
        *join_group(own),
        *chain.from_iterable(join_groups(own, group) for group in rest),
        *_find_near(documents, len(own), hot, profiles or Profiles()),
    ]
    return tuple(sorted(found, key=lambda pair: (pair.a_id, pair.b_id)))


def _leave_out(
    own: Sequence[Document], others: Sequence[Sequence[Document]]
) -> list[list[Document]]:
    """Return the groups without the own documents."""
    known = {document.article_id for document in own}
    rest = [[d for d in group if d.article_id not in known] for group in others]
    known.update(d.article_id for group in rest for d in group)
    if len(known) != len(own) + sum(map(len, rest)):
        raise ValueError("find_pairs: documents: an article is given twice")
    return rest


def _find_near(
    documents: Sequence[Document],
    n_own: int,
    hot: frozenset[int],
    profiles: Profiles,
) -> Iterator[Pair]:
    """Yield the pairs of different texts; candidates are looked for once per text."""
    carriers = _group_texts(documents)
    n_texts = sum(group[0] < n_own for group in carriers)
    one_each = [documents[group[0]] for group in carriers]
    for left, right in find_candidates(one_each, n_texts, hot):
        for i, j in product(carriers[left], carriers[right]):
            if min(i, j) < n_own:
                pair = judge_near(documents[i], documents[j], profiles)
                if pair is not None:
                    yield pair


def _group_texts(documents: Sequence[Document]) -> list[list[int]]:
    """Return the places of the documents of each text, in order of their first."""
    texts: dict[str, list[int]] = defaultdict(list)
    for i, document in enumerate(documents):
        texts[document.text_hash].append(i)
    return list(texts.values())
