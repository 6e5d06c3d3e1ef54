"""Nights of a few made-up articles, brought into a warehouse without the pipeline."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from nightdesk.deduplicate.stories import CYCLE_NIGHTS, GAP_NIGHTS, LATE_NIGHTS
from nightdesk.landing.rows import make_table
from nightdesk.model import (
    Article,
    Attempt,
    Correction,
    Coverage,
    Fingerprint,
    Merge,
    PlannedEntry,
    PlannedPage,
    Region,
    Review,
    Source,
    Tags,
    Topic,
    Watched,
)
from nightdesk.pipeline.versions import Version, list_versions
from nightdesk.warehouse import groups, links, store
from nightdesk.warehouse.connect import load_in_turn
from nightdesk.warehouse.reach import Life

NIGHT = date(2026, 3, 1)
NEXT = date(2026, 3, 2)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIFE = Life(CYCLE_NIGHTS, GAP_NIGHTS, LATE_NIGHTS)


def entry(n: int, **more: object) -> PlannedEntry:
    url = f"https://a.example/{n}"
    row = PlannedEntry("a", url, url, n, "feed", is_primary=True, bin="loaded")
    return replace(row, **more)


def article(n: int, text: str = "Some text.") -> Article:
    url = f"https://a.example/{n}"
    return Article(
        article_id=n,
        canonical_url=url,
        url=url,
        source_id="a",
        status="ok",
        title=f"Title {n}",
        text=text,
        published_at=NOON,
        text_hash=text,
        page_digest="d",
        captured_at=NOON,
        version="v",
    )


def tables(entries: list[PlannedEntry], articles: list[Article]) -> dict[str, object]:
    source = Source("a", "A", "rss", "https://a.example/f", country="GH")
    prints = [Fingerprint(a.article_id, "", (a.article_id, 99)) for a in articles]
    return {
        "in_source": make_table([source], Source),
        "in_watched": make_table([Watched("a", NIGHT, NOON, source)], Watched),
        "in_ended": make_table([], Watched),
        "in_region": make_table(
            [Region("iso:GH", "Ghana", "country", ("GH",))], Region
        ),
        "in_entry": make_table(entries, PlannedEntry),
        "in_coverage": make_table([Coverage("a", "ok", NOON)], Coverage),
        "in_attempt": make_table([], Attempt),
        "in_article": make_table(articles, Article),
        "in_version": make_table(list_versions(articles), Version),
        "in_fingerprint": make_table(prints, Fingerprint),
        "in_tags": make_table([Tags(a.article_id) for a in articles], Tags),
        "in_review": make_table([], Review),
        "in_merge": make_table([], Merge),
        "in_page": make_table([], PlannedPage),
        "in_correction": make_table([], Correction),
        "in_topic": make_table([], Topic),
    }


def by_hand(pairs, texts) -> dict[int, int]:
    """Every stored pair merges; the smallest id names the cluster."""
    members: dict[int, int] = {}
    for pair in pairs:
        members[pair.a_id] = members[pair.b_id] = min(pair.a_id, pair.b_id)
    return members


def by_source(texts) -> list[groups.OriginRow]:
    return [
        groups.OriginRow(t.article_id, t.source_id, None, "first_seen", None, "copy", 0)
        for t in texts
    ]


def load(con, night, entries, articles, pairs=()) -> None:
    def put() -> None:
        before = store.read_faces(con, night)
        store.replace_night(con, night, tables(entries, articles))
        links.replace_pairs(con, "duplicate_pair", night, pairs)
        after = store.read_faces(con, night)
        ids = frozenset(before | after)
        changed = frozenset(i for i in ids if before.get(i) != after.get(i))
        touch = links.Touch(night, ids, changed, frozenset(), {}, "r", NOON)
        groups.replace_clusters(con, touch, by_hand, by_source, LIFE)
        results = store.run_checks(con, night)
        store.refuse_failed(night, results)
        row = store.LedgerRow(
            night, store.next_seq(con), "c", "a", len(entries), 0, NOON
        )
        facts = dict.fromkeys(
            ("run_id", "code_version", "sources_digest", "learned"), ""
        )
        store.write_ledger(con, row, facts)

    load_in_turn(con, put)
