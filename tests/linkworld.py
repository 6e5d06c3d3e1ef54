"""Nights of made-up articles, loaded as the pipeline does without landing and pages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from nightdesk.decisions import Decision
from nightdesk.deduplicate import Document, find_pairs, fingerprint_text
from nightdesk.landing import Landing
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
from nightdesk.pipeline.frozen_tables import FrozenTables
from nightdesk.pipeline.link_task import LinkedNight, find_reports, link_night
from nightdesk.pipeline.versions import Version, list_versions
from nightdesk.settings import SHIPPED
from nightdesk.text import hash_text
from nightdesk.urls import article_id
from nightdesk.warehouse import store
from nightdesk.warehouse.connect import Connection, load_in_turn

START = datetime(2026, 1, 1, tzinfo=UTC)
N_SOURCES = 20
#: As before anything has been learned.
TABLES = FrozenTables(Landing("unused"), SHIPPED)
NOTHING_LEARNED: Mapping[str, str] = {}
RARITY = TABLES.read_rarity(NOTHING_LEARNED)
SOURCES = [
    Source(f"s{n}", f"S{n} Daily", "rss", f"https://s{n}.example/feed")
    for n in range(N_SOURCES)
]


def make_document(
    url: str, text: str, at: datetime | None, title: str | None = None
) -> Document:
    """Return an article of the source that its address begins with."""
    return Document(
        article_id=article_id(url),
        text=text,
        title=title or text.splitlines()[0][:40],
        published_at=at,
        canonical_url=url,
        source_id=str(urlsplit(url).hostname).split(".")[0],
        text_hash=hash_text(text),
        hashes=tuple(fingerprint_text(text)),
    )


def load_night(
    con: Connection,
    night: date,
    documents: Sequence[Document],
    decisions: Sequence[Decision] = (),
    *,
    has_stories: bool = True,
    learned: Mapping[str, str] = NOTHING_LEARNED,
    tables: FrozenTables = TABLES,
) -> set[date]:
    """Load a night, its articles taken as extracted; return the nights that differ."""
    rarity = tables.read_rarity(learned)
    copies = find_pairs(documents, hot=tables.read_hot(learned))

    def load() -> set[date]:
        faces = store.read_faces(con, night)
        store.replace_night(con, night, make_tables(night, documents))
        moved = link_night(
            con,
            LinkedNight(
                night=night,
                documents=documents,
                copies=copies,
                reports=find_reports(documents, rarity, copies) if has_stories else (),
                learned=learned,
                tables=tables,
                decisions=decisions,
                faces=faces,
                run_id="test",
                at=START,
            ),
        )
        store.refuse_failed(night, store.run_checks(con, night))
        row = store.LedgerRow(night, 1, "", "", len(documents), len(documents), START)
        facts = dict.fromkeys(("run_id", "code_version", "sources_digest"), "")
        store.write_ledger(con, row, {**facts, "learned": json.dumps(learned)})
        return moved

    return load_in_turn(con, load)


def make_tables(night: date, documents: Sequence[Document]) -> dict[str, object]:
    """Return what the statements of `warehouse/load` read, for untagged articles."""
    articles = [
        Article(
            article_id=d.article_id,
            canonical_url=d.canonical_url,
            url=d.canonical_url,
            source_id=str(d.source_id),
            status="ok",
            title=d.title,
            text=d.text,
            published_at=d.published_at,
            text_hash=d.text_hash,
            page_digest=d.text_hash,
            captured_at=START,
            version="v",
        )
        for d in documents
    ]
    entries = [
        PlannedEntry(
            source_id=a.source_id,
            url=a.url,
            canonical_url=a.url,
            article_id=a.article_id,
            via="feed",
            is_primary=True,
            bin="loaded",
        )
        for a in articles
    ]
    prints = [Fingerprint(d.article_id, "", d.hashes) for d in documents]
    watched = [Watched(s.id, START.date(), START, s) for s in SOURCES]
    return {
        "in_source": make_table(SOURCES, Source),
        "in_watched": make_table(watched, Watched),
        "in_ended": make_table([], Watched),
        "in_region": make_table([], Region),
        "in_entry": make_table(entries, PlannedEntry),
        "in_coverage": make_table([], Coverage),
        "in_attempt": make_table([], Attempt),
        "in_article": make_table(articles, Article),
        "in_version": make_table(list_versions(articles), Version),
        "in_fingerprint": make_table(prints, Fingerprint),
        "in_tags": make_table([Tags(d.article_id) for d in documents], Tags),
        "in_review": make_table([], Review),
        "in_merge": make_table([], Merge),
        "in_page": make_table([], PlannedPage),
        "in_correction": make_table([], Correction),
        "in_topic": make_table([], Topic),
    }
