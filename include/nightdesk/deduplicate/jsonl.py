"""The stage over JSON rows, for the command line, benchmarks and other programs.

Here ids are strings or integers of the caller, and a row that cannot be read gets a
status instead of stopping the others; everything else is the package's own functions.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from nightdesk.deduplicate.clusters import MERGING_KINDS, cluster_pairs, rank_document
from nightdesk.deduplicate.digests import demote_digests, find_digests
from nightdesk.deduplicate.documents import Document
from nightdesk.deduplicate.fingerprints import fingerprint_text
from nightdesk.deduplicate.pairs import find_pairs
from nightdesk.deduplicate.profiles import Profiles
from nightdesk.deduplicate.rarity import Rarity
from nightdesk.deduplicate.stories import cluster_stories, follow_copies
from nightdesk.deduplicate.verify import RULE_VERSION, find_container
from nightdesk.deduplicate.versions import share_text
from nightdesk.model import Pair
from nightdesk.text import hash_text
from nightdesk.urls import canonicalize_url

Row = dict[str, Any]

_OK = "ok"
#: Two rows of one address are versions of one article where they share their text.
URL_RULE = "url/1"
#: Of several pairs of one article, the kind that says most about it.
_KIND_ORDER = ("exact", "update", "near")


Id = str | int


class _Read(NamedTuple):
    """What was read of one row; the document of a bad row is None."""

    row_id: Id | None
    name: Id  # of a group that it begins: its id, where no other row has it
    status: str
    document: Document | None


def deduplicate_rows(rows: Sequence[Any]) -> list[Row]:
    """Return one row per row: {id, status, cluster_id, duplicate_of, kind}, in order.

    IN: {id, published_at, title, text, url?, lang?}; a time without an offset is UTC.
    Rows of one address that share their text are versions of one article. OUT:
    `cluster_id` is the id of the cluster's canonical row, `duplicate_of` the same for
    the others of the cluster and None for the canonical one. `kind` says what a row is
    to its canonical (or, where the two are no pair, to a row between): exact, near or
    update; `contains` is a row that holds the text of others without being a copy;
    `unique` all the rest. A bad row has a `status` that says why, and is alone: where
    its id cannot be used, its `cluster_id` is "row 5", by its place among the rows.
    """
    reads = _read_rows(rows)
    documents = {r.document.article_id: r.document for r in reads if r.document}
    profiles = Profiles()
    found = _find_pairs(documents.values(), profiles)
    digests = find_digests(found, documents.values(), profiles)
    pairs = demote_digests(found, digests)
    ranks = {i: rank_document(document) for i, document in documents.items()}
    clusters = cluster_pairs(pairs, ranks)
    containers = _find_containers(pairs, clusters, documents, profiles)
    containers.update(digests)
    kinds = _find_kinds(pairs, clusters, containers)
    names = _name_articles(reads)
    results: list[Row] = []
    for row_id, name, status, document in reads:
        result: Row = {"id": row_id, "status": status, "cluster_id": name}
        result |= {"duplicate_of": None, "kind": "unique"}
        if document is not None:
            canonical_id = clusters.get(document.article_id, document.article_id)
            result["cluster_id"] = names[canonical_id]
            if canonical_id != document.article_id:
                result["duplicate_of"] = names[canonical_id]
            result["kind"] = kinds.get(document.article_id, "unique")
        results.append(result)
    return results


def story_rows(rows: Sequence[Any], rarity: Rarity | None = None) -> list[Row]:
    """Return one row per row: {id, status, story_id, cluster_id}, in order.

    `story_id` is the id of the story's earliest row; `cluster_id` is the same, under
    the name that programs which compare groups read. Copies and versions are in the
    story of the article that they are copies of, however late they are. A bad row is a
    story of its own, with a `status` that says why.

    Args:
        rows: {id, published_at, title, text, url?, lang?}.
        rarity: of terms, from a frozen table; None: by their form alone.
    """
    reads = _read_rows(rows)
    documents = [r.document for r in reads if r.document]
    profiles = Profiles()
    found = _find_pairs(documents, profiles)
    digests = find_digests(found, documents, profiles)
    pairs = demote_digests(found, digests)
    ranks = {d.article_id: rank_document(d) for d in documents}
    stories = follow_copies(
        cluster_stories(documents, rarity, digests), cluster_pairs(pairs, ranks), ranks
    )
    names = _name_articles(reads)
    return [
        {
            "id": row_id,
            "status": status,
            **dict.fromkeys(
                ("story_id", "cluster_id"),
                names[stories[document.article_id]] if document else name,
            ),
        }
        for row_id, name, status, document in reads
    ]


def _find_pairs(documents: Collection[Document], profiles: Profiles) -> list[Pair]:
    """Return the pairs of copies, and of versions of one article."""
    pairs = {(p.a_id, p.b_id): p for p in find_pairs([*documents], profiles=profiles)}
    for pair in _find_versions(documents):
        known = pairs.get((pair.a_id, pair.b_id))
        if known is None or known.kind != "exact":
            pairs[pair.a_id, pair.b_id] = pair
    return [pairs[ids] for ids in sorted(pairs)]


def _find_versions(documents: Iterable[Document]) -> Iterator[Pair]:
    """Yield a pair for every two rows of one canonical URL that share their text."""
    pages: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        if document.source_id:
            try:
                pages[canonicalize_url(document.canonical_url)].append(document)
            except ValueError:  # no address, but no reason to lose the row
                continue
    for group in pages.values():
        for a, b in combinations(sorted(group, key=lambda d: d.article_id), 2):
            if a.text_hash != b.text_hash and share_text(a.text, b.text):
                yield Pair(a.article_id, b.article_id, "update", 1.0, URL_RULE)


def _name_articles(reads: Sequence[_Read]) -> dict[int, Id]:
    return {r.document.article_id: r.name for r in reads if r.document}


def _read_rows(rows: Sequence[Any]) -> list[_Read]:
    """Return what was read of each row; article ids follow the order of the ids."""
    row_ids = [_read_id(row) for row in rows]
    counts = Counter(row_ids)
    known = sorted(
        (i for i in counts if i is not None), key=lambda i: (str(i), repr(i))
    )
    numbers = {row_id: number for number, row_id in enumerate(known)}
    reads: list[_Read] = []
    for place, (row, row_id) in enumerate(zip(rows, row_ids, strict=True), 1):
        status = _check_row(row)
        if status == _OK and counts[row_id] > 1:
            status = "bad_id: used by more than one row"
        document = None
        if row_id is not None and status == _OK:
            document = _make_document(row, numbers[row_id])
        name = row_id if row_id is not None and counts[row_id] == 1 else None
        if name is None:
            name = _name_place(place, numbers)
        reads.append(_Read(row_id, name, status, document))
    return reads


def _name_place(place: int, taken: Collection[Id]) -> str:
    """Return a name for a row whose id cannot be used, which is no row's id."""
    name = f"row {place}"
    while name in taken:
        name += "'"
    return name


def _read_id(row: Any) -> Id | None:
    row_id = row.get("id") if isinstance(row, Mapping) else None
    is_id = isinstance(row_id, str | int) and not isinstance(row_id, bool)
    return row_id if is_id and row_id != "" else None


def _check_row(row: Any) -> str:
    if not isinstance(row, Mapping):
        return "bad_row: not an object"
    if _read_id(row) is None:
        return "bad_id: neither a text nor an integer"
    if not isinstance(row.get("text"), str):
        return "bad_text: not a string"
    for key in ("title", "url", "lang"):
        if not isinstance(row.get(key), str | None):
            return f"bad_{key}: not a string"
    try:
        _read_time(row.get("published_at"))
    except (OverflowError, TypeError, ValueError):
        return "bad_published_at: not an ISO 8601 time"
    return _OK


def _read_time(value: str | None) -> datetime | None:
    if value is None:
        return None
    time = datetime.fromisoformat(value)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _make_document(row: Mapping[str, Any], article_id: int) -> Document:
    url = row.get("url")
    return Document(
        article_id=article_id,
        text=row["text"],
        title=row.get("title"),
        published_at=_read_time(row.get("published_at")),
        canonical_url=url or str(row["id"]),
        source_id=_read_host(url),
        text_hash=hash_text(row["text"]),
        hashes=fingerprint_text(row["text"]),
        lang=row.get("lang") or None,
    )


def _read_host(url: str | None) -> str | None:
    """Return the host as the source of a row; None where the address has none."""
    try:
        return urlsplit(url or "").hostname
    except ValueError:  # "http://[": no address, but no reason to lose the row
        return None


def _find_kinds(
    pairs: Sequence[Pair],
    clusters: Mapping[int, int],
    containers: Collection[int],
) -> dict[int, str]:
    """Return article_id -> kind for what is not unique."""
    kinds = dict.fromkeys(containers, "contains")
    to_canonical: dict[int, str] = {}
    between: dict[int, list[str]] = defaultdict(list)
    for pair in pairs:
        if pair.kind not in MERGING_KINDS:
            continue
        for one, other in ((pair.a_id, pair.b_id), (pair.b_id, pair.a_id)):
            between[one].append(pair.kind)
            if clusters[one] == other:
                to_canonical[one] = pair.kind
    for article_id, canonical_id in clusters.items():
        if article_id != canonical_id:
            nearest = min(between[article_id], key=_KIND_ORDER.index)
            kinds[article_id] = to_canonical.get(article_id, nearest)
    return kinds


def _find_containers(
    pairs: Sequence[Pair],
    clusters: Mapping[int, int],
    documents: Mapping[int, Document],
    profiles: Profiles,
) -> set[int]:
    """Return the articles that have one of another cluster in them."""
    containers: set[int] = set()
    for pair in pairs:
        is_apart = clusters.get(pair.a_id, -1) != clusters.get(pair.b_id, -2)
        if pair.kind == "contains" and pair.rule == RULE_VERSION and is_apart:
            sides = documents[pair.a_id], documents[pair.b_id]
            container = find_container(*sides, profiles)
            if container is not None:
                containers.add(container.article_id)
    return containers
