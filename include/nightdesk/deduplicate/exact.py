"""Documents of one text -> pairs, no more than join them.

A wall that a site shows in place of a thousand articles would give half a million
pairs. What they make is a component, so that few do: in a group one document, the hub,
stands for those of its time, and between two groups a pair joins what touches.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise, product

from nightdesk.deduplicate.candidates import MAX_DAYS_APART
from nightdesk.deduplicate.documents import Document, days_apart, make_pair
from nightdesk.deduplicate.terms import states_something
from nightdesk.deduplicate.verify import MIN_WORDS
from nightdesk.model import Pair
from nightdesk.text import hash_text, split_words

EXACT_RULE = "exact/3"

_LONG_NOTICE = 2_000  # characters; longer ones always state something, not looked at
_LONG_TEXT = 400  # characters; surely more than MIN_WORDS words, not counted

_NEVER = datetime.max.replace(tzinfo=UTC)  # of who states no time: after all others

_pair = partial(make_pair, kind="exact", score=1.0, rule=EXACT_RULE)

Run = list[Document]  # of one text, each within MAX_DAYS_APART of the one before


def join_group(documents: Sequence[Document]) -> Iterator[Pair]:
    """Yield pairs that join the documents of one text, as all pairs of them would.

    Two documents carry one text where `text_hash` is the same, and the title too where
    the text says too little to identify an article: it is short, or a notice that
    states nothing. Those more than 30 days apart are joined by what is between them. A
    document without a time goes with the earliest.
    """
    for text in list_texts(documents):
        for run in _split_runs(text):
            hub = run[0]
            for before, document in pairwise(run):
                if _is_apart(hub, document):
                    hub = before
                yield _pair(hub, document)


def list_texts(documents: Sequence[Document]) -> list[list[Document]]:
    """Return the documents of each text that several carry, by time.

    What carries one text is said at `join_group`; those without a time are last.
    """
    counts = Counter(document.text_hash for document in documents)
    repeated = {text_hash for text_hash, count in counts.items() if count > 1}
    return list(_group_texts(documents, repeated).values())


def join_groups(own: Sequence[Document], others: Sequence[Document]) -> Iterator[Pair]:
    """Yield pairs between two groups that join them, as all pairs between them would.

    With those of `join_group` for each. No document is in both.
    """
    shared = {d.text_hash for d in own} & {d.text_hash for d in others}
    here, there = _group_texts(own, shared), _group_texts(others, shared)
    for text in here.keys() & there.keys():
        mine, theirs = here[text], there[text]
        if mine[0].published_at is None or theirs[0].published_at is None:
            yield _pair(mine[0], theirs[0])
            continue
        for one, other in product(_split_runs(mine), _split_runs(theirs)):
            touching = _find_touching(one, other)
            if touching is not None:
                yield _pair(*touching)


def _group_texts(
    documents: Iterable[Document], text_hashes: Collection[str]
) -> dict[tuple[str, str | None], list[Document]]:
    """Return the documents of these texts, by hash and, where it is needed, title."""
    texts: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        if document.hashes and document.text_hash in text_hashes:
            texts[document.text_hash].append(document)  # an empty text is no copy
    groups: dict[tuple[str, str | None], list[Document]] = defaultdict(list)
    for text_hash, carriers in texts.items():
        is_enough = _identifies(carriers[0].text)
        for document in sorted(carriers, key=_order):
            title = None if is_enough else hash_text(document.title or "")
            groups[text_hash, title].append(document)
    return groups


def _split_runs(documents: Iterable[Document]) -> list[Run]:
    """Return the documents of one text, given by time, in runs without a long pause."""
    runs: list[Run] = []
    for document in documents:
        if runs and document.published_at is None:
            runs[0].append(document)
        elif runs and not _is_apart(runs[-1][-1], document):
            runs[-1].append(document)
        else:
            runs.append([document])
    return runs


def _find_touching(one: Run, other: Run) -> tuple[Document, Document] | None:
    """Return the first two neighbours in time of both runs, if any are near enough."""
    is_other = {document.article_id for document in other}
    stated = [d for d in [*one, *other] if d.published_at]
    for a, b in pairwise(sorted(stated, key=_order)):
        crosses = (a.article_id in is_other) != (b.article_id in is_other)
        if crosses and not _is_apart(a, b):
            return a, b
    return None


def _identifies(text: str) -> bool:
    """Say whether a text alone can tell which article it is of."""
    is_short = len(text) < _LONG_TEXT and len(split_words(text)) < MIN_WORDS
    return not is_short and (len(text) > _LONG_NOTICE or states_something(text))


def _order(document: Document) -> tuple[datetime, int]:
    return document.published_at or _NEVER, document.article_id


def _is_apart(a: Document, b: Document) -> bool:
    days = days_apart(a, b)
    return days is not None and days > MAX_DAYS_APART
