"""The part of a load that looks at other nights: pairs, clusters, stories.

Both kinds of pairs are functions of the nights that they join, so that clusters and
stories come out the same in whatever order nights are loaded, and however often.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import (
    Collection,
    Container,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from nightdesk.decisions import Decision, Scope, find_ties, mend_pairs
from nightdesk.deduplicate import (
    Document,
    Profiles,
    cluster_pairs,
    demote_digests,
    find_digests,
    find_pairs,
    rank_document,
)
from nightdesk.deduplicate.credits import make_key
from nightdesk.deduplicate.origin import Member, find_origin
from nightdesk.deduplicate.rarity import Rarity
from nightdesk.deduplicate.stories import (
    CYCLE_NIGHTS,
    GAP_NIGHTS,
    LATE_NIGHTS,
    STORY_RULE,
    WINDOW_DAYS,
    cluster_stories,
    limit_stories,
)
from nightdesk.model import Pair
from nightdesk.pipeline.frozen_tables import FrozenTables, Learned
from nightdesk.warehouse import groups, links, store
from nightdesk.warehouse.connect import Connection
from nightdesk.warehouse.reach import Life

#: Night -> the tables that it was built with.
Rules = Mapping[date, Learned]

#: Nights on either side in which reports of one event are looked for.
_STORY_WINDOW = timedelta(days=WINDOW_DAYS)


@dataclass(frozen=True)
class LinkedNight:
    """A night whose rows are in place, before it is linked with others."""

    night: date
    documents: Sequence[Document]
    copies: Iterable[Pair]  # inside the night
    reports: Iterable[Pair]  # of one event inside the night, from `find_reports`
    learned: Learned  # the tables that the night is built with
    tables: FrozenTables
    decisions: Sequence[Decision]
    faces: Mapping[int, str]  # of the night before the load: `store.read_faces`
    run_id: str
    at: datetime


def link_night(con: Connection, given: LinkedNight) -> set[date]:
    """Bring pairs, clusters and stories up to date; return the nights that differ.

    Args:
        con: inside the transaction that has put the night's rows in place.
        given: the night.
    """
    decided = store.replace_decisions(
        con,
        [(d.kind, d.articles, d.who, d.at.isoformat(), d.why) for d in given.decisions],
    )
    rules = links.read_learned(con, given.night)
    copies = {*given.copies, *_find_copies_across(con, given, rules)}
    moved = links.replace_pairs(con, "duplicate_pair", given.night, copies)
    touch = _touch(con, given, decided, "cluster")
    life = Life(CYCLE_NIGHTS, GAP_NIGHTS, LATE_NIGHTS)
    rule = _cluster_rule(given)
    moved |= groups.replace_clusters(con, touch, rule, _find_origin, life)
    reports = {*given.reports, *_find_reports_across(con, given, rules, copies)}
    moved |= links.replace_pairs(con, "story_pair", given.night, reports)
    touch = _touch(con, given, decided, "story")
    return moved | groups.replace_stories(con, touch, _story_rule(given), life)


def _choose_rule(given: LinkedNight, other: date, rules: Rules) -> Learned:
    """Return the tables by which a night is compared: those of the later of the two."""
    return given.learned if other < given.night else rules.get(other, {})


def _find_copies_across(
    con: Connection, given: LinkedNight, rules: Rules
) -> Iterator[Pair]:
    """Yield the pairs of this night's articles with those of other nights."""
    near, texts = links.find_neighbours(con, given.night)
    own = [d for d in given.documents if d.article_id in near]
    nights: dict[date, list[Document]] = defaultdict(list)
    for text in texts:
        nights[text.night].append(_document(text))
    groups: dict[frozenset[int], list[list[Document]]] = defaultdict(list)
    for night, documents in nights.items():
        hot = given.tables.read_hot(_choose_rule(given, night, rules))
        groups[hot].append(documents)
    for hot, others in groups.items():
        for pair in find_pairs(own, others, hot=hot):
            if not near.issuperset((pair.a_id, pair.b_id)):
                yield pair


def find_reports(
    documents: Sequence[Document], rarity: Rarity, copies: Iterable[Pair]
) -> tuple[Pair, ...]:
    """Return the pairs that make the stories inside a night: each with its first."""
    digests = find_digests(copies, documents)
    stories = cluster_stories(documents, rarity, digests)
    return tuple(_report(i, first) for i, first in stories.items() if i != first)


def _report(a_id: int, b_id: int) -> Pair:
    return Pair(min(a_id, b_id), max(a_id, b_id), "near", 1.0, STORY_RULE)


def _find_reports_across(
    con: Connection, given: LinkedNight, rules: Rules, copies: Iterable[Pair]
) -> Iterator[Pair]:
    """Yield the pairs that join this night's stories with those of one night each.

    What is a digest by the texts of both nights is in none.
    """
    own, profiles = _keep_firsts(given.documents, given.reports), Profiles()
    for step in range(-_STORY_WINDOW.days, _STORY_WINDOW.days + 1):
        other = given.night + timedelta(days=step)
        if other == given.night:
            continue
        texts = [_document(text) for text in links.read_night(con, other)]
        if texts:
            inside = links.read_pairs(con, "story_pair", other)
            rarity = given.tables.read_rarity(_choose_rule(given, other, rules))
            pairs = {*copies, *links.read_pairs(con, "duplicate_pair", other)}
            digests = _find_digests(pairs, [*given.documents, *texts], profiles)
            yield from _join_stories(own, _keep_firsts(texts, inside), rarity, digests)


def _find_digests(
    pairs: Iterable[Pair], documents: Sequence[Document], profiles: Profiles
) -> Collection[int]:
    """Return the digests by the pairs of these documents alone."""
    known = {document.article_id for document in documents}
    inside = [pair for pair in pairs if pair.a_id in known and pair.b_id in known]
    return find_digests(inside, documents, profiles).keys()


def _keep_firsts(
    documents: Iterable[Document], reports: Iterable[Pair]
) -> list[Document]:
    """Return the documents that are first in their story, in order."""
    documents = sorted(documents, key=lambda d: (*rank_document(d), d.article_id))
    ranks = {d.article_id: rank_document(d) for d in documents}
    stories = cluster_pairs(reports, ranks)
    return [d for d in documents if stories.get(d.article_id) in (None, d.article_id)]


def _join_stories(
    own: Sequence[Document],
    others: Sequence[Document],
    rarity: Rarity,
    digests: Container[int],
) -> Iterator[Pair]:
    """Yield a pair for every story that two nights have in common."""
    found = cluster_stories([*own, *others], rarity, digests)
    firsts = [
        {found[d.article_id]: d.article_id for d in reversed(side)}
        for side in (own, others)
    ]
    for story_id in sorted(firsts[0].keys() & firsts[1].keys()):
        yield _report(firsts[0][story_id], firsts[1][story_id])


def _touch(
    con: Connection, given: LinkedNight, decided: Iterable[int], scope: Scope
) -> links.Touch:
    after = store.read_faces(con, given.night)
    ids = given.faces.keys() | after.keys()
    return links.Touch(
        night=given.night,
        ids=frozenset(ids),
        changed=frozenset(i for i in ids if given.faces.get(i) != after.get(i)),
        decided=frozenset(decided),
        ties=find_ties(given.decisions, scope),
        run_id=given.run_id,
        at=given.at,
    )


def _cluster_rule(given: LinkedNight) -> groups.GroupRule:
    def rule(
        pairs: Sequence[Pair], texts: Sequence[links.StoredText]
    ) -> dict[int, int]:
        documents = [_document(text) for text in texts]
        ranks = {d.article_id: rank_document(d) for d in documents}
        kept = demote_digests(pairs, find_digests(pairs, documents))
        mended = mend_pairs(kept, given.decisions, "cluster", ranks)
        return cluster_pairs(mended, ranks)

    return rule


def _story_rule(given: LinkedNight) -> groups.GroupRule:
    def rule(
        pairs: Sequence[Pair], texts: Sequence[links.StoredText]
    ) -> dict[int, int]:
        ranks = {text.article_id: rank_document(_document(text)) for text in texts}
        nights = {text.article_id: text.night for text in texts}
        kept = limit_stories(pairs, nights)
        stories = cluster_pairs(kept, ranks)
        told = [_report(i, first) for i, first in stories.items() if i != first]
        copies = cluster_pairs([p for p in kept if p.rule == groups.COPY_RULE], ranks)
        decisions = _decide_texts(given.decisions, copies)
        mended = mend_pairs(told, decisions, "story", ranks)
        return cluster_pairs(mended, ranks)

    return rule


def _decide_texts(
    decisions: Iterable[Decision], copies: Mapping[int, int]
) -> list[Decision]:
    """Return decisions with the copies of their articles, which tell one story."""
    texts: dict[int, set[int]] = defaultdict(set)
    for article_id, text_id in copies.items():
        texts[text_id].add(article_id)
    decided = []
    for decision in decisions:
        ids = set(decision.articles)
        ids.update(*(texts[copies[i]] for i in ids & copies.keys()))
        decided.append(replace(decision, articles=tuple(sorted(ids))))
    return decided


def _find_origin(texts: Sequence[links.StoredText]) -> list[groups.OriginRow]:
    """Return who wrote the text that these articles carry, and the part of each."""
    sources = {text.article_id: text.source_id for text in texts}
    origin = find_origin(
        [
            Member(_document(t), t.authors, t.outlet or t.source_id, t.first_seen_at)
            for t in texts
        ]
    )
    words = {i: credit.evidence for i, credit in reversed(origin.evidence)}
    if origin.article_id is not None:
        origin_id = sources[origin.article_id]
    else:
        origin_id = f"agency:{make_key(origin.name or '')}"
    return [
        groups.OriginRow(
            article_id=part.article_id,
            origin_id=origin_id,
            origin_name=origin.name,
            via=origin.via,
            evidence=words.get(part.article_id),
            role=part.role,
            own_share=part.own_share,
        )
        for part in origin.parts
    ]


def _document(text: links.StoredText) -> Document:
    return Document(
        article_id=text.article_id,
        text=text.text,
        title=text.title,
        published_at=text.published_at,
        canonical_url=text.canonical_url,
        source_id=text.source_id,
        text_hash=text.text_hash,
        hashes=text.hashes,
        lang=text.lang,
    )
