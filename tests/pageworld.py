"""A small published catalogue for the page: made-up rows, put into a warehouse as such.

Nine nights with one missing before the last, a story of three texts with a copy and an
edit, an article with two versions, one held back, one that nobody could tag, and a
source whose every text is hostile.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from engines import connect_to, name_warehouse

from nightdesk.config import Settings
from nightdesk.pipeline.publish_task import update_search
from nightdesk.warehouse.connect import Connection, open_warehouse
from nightdesk.warehouse.publish import publish_nights

NIGHT = date(2026, 3, 9)
GAP = date(2026, 3, 8)
FIRST = date(2026, 3, 1)
NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
DECIDED_AT = NOON - timedelta(hours=3)  # that Ghana is no name in the lead

LEAD, COPY, ECHO, FOREIGN, HELD, HOSTILE = 101, -102, 103, 104, 105, 106
LINES = (
    "Ministers of Ghana met in Accra to settle a fish quarrel.",
    "Ama Sample said the catch would be shared evenly.",
    "The agreement runs until the end of the year.",
)
EDITED = (LINES[0], LINES[1].replace("evenly", "by weight"), "A clerk wrote it down.")
NASTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "</svg></style><script>alert(1)</script>",
    '=HYPERLINK("https://evil.test")',
    "; +cmd|' /C calc'!A0",
)
NASTY_URL = "javascript:alert(1)"
OUTLETS = {
    "ledger": ("Harbour Ledger", "GH"),
    "post": ("Lagoon Post", "TG"),
    "echo": ("Valley Echo", "NG"),
    "deaf": ("Deaf Gazette", "NO"),
    "nasty": (" ".join(NASTY), None),
}
FILLERS = range(201, 220)  # articles about Ghana in the last night, a spike

_ARTICLE = {
    "lang": "en",
    "published_precision": "second",
    "published_via": "meta",
    "n_words": 24,
    "n_paragraphs": 3,
    "n_repeats": 0,
    "is_tagged": True,
    "text_hash": "h",
    "page_digest": "d",
    "via": "feed",
    "extract_version": "extract/1",
    "tag_version": "names/1",
}


def put(con: Connection, table: str, rows: list[dict[str, Any]]) -> None:
    """Insert rows that name some of a table's columns."""
    for row in rows:
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        con.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values())
        )


def put_article(
    con: Connection, night: date, article_id: int, source_id: str, **more: Any
) -> None:
    """Put an article with its text, its version and its entry."""
    text = more.pop("text", "\n".join(LINES))
    url = more.pop("url", f"https://{source_id}.example/{article_id}")
    title = more.pop("title", f"Title {article_id}")
    key = {"night": night, "article_id": article_id}
    at = more.pop("published_at", datetime(*night.timetuple()[:3], 9, tzinfo=UTC))
    row = {
        **key,
        "source_id": source_id,
        "canonical_url": url,
        "url": url,
        "title": title,
        "published_at": at,
        **_ARTICLE,
        **more,
    }
    put(con, "article", [row])
    if not more.get("held_back"):
        put(con, "article_text", [{**key, "text": text}])
    version = {"text_hash": "h", "page_digest": "d", "title": title, "n_words": 24}
    put(con, "article_version", [{**key, **version, "n": 1, "captured_at": at}])
    entry = {"url": url, "canonical_url": url, "title": title, "bin": "loaded"}
    put(con, "entry", [{**key, "source_id": source_id, **entry, "via": "feed"}])


def put_tags(
    con: Connection, night: date, article_id: int, entity: bool = True
) -> None:
    """Tag an article as being about Ghana, and naming Ama Sample."""
    key = {"night": night, "article_id": article_id}
    region = {"score": 2.5, "share": 1.0, "n_mentions": 2, "is_focus": True}
    put(
        con,
        "article_region",
        [{**key, "region_id": "iso:GH", "role": "about"} | region],
    )
    if not entity:
        return
    text = "\n".join(LINES)
    found = [
        ("Ghana", "LOC", None, "GH", "country"),
        ("Accra", "LOC", None, "GH", "city"),
        ("Ama Sample", "PER", "nd:per:ama sample", None, "model"),
    ]
    for surface, kind, entity_id, country, rule in found:
        start = text.index(surface)
        mention = {
            "field": "text",
            "start_offset": start,
            "end_offset": start + len(surface),
            "surface": surface,
            "type": kind,
            "entity_id": entity_id,
            "country": country,
            "rule": rule,
            "score": 0.9,
        }
        put(con, "mention", [{**key, **mention}])
    counts = {"type": "PER", "n_mentions": 1, "first_offset": 60, "is_in_title": False}
    put(con, "article_entity", [{**key, "entity_id": "nd:per:ama sample"} | counts])


def _put_past(con: Connection, night: date) -> None:
    """One article about Ghana, two about nothing."""
    base = 1000 * night.day
    for n, source_id in enumerate(("ledger", "post", "echo")):
        put_article(con, night, base + n, source_id)
    put_tags(con, night, base)


def _put_last(con: Connection) -> None:
    put_article(con, NIGHT, LEAD, "ledger", title="Fish quarrel settled")
    edit = {
        "kind": "changed",
        "old_n": 0,
        "new_n": 0,
        "old": "A fish row.",
        "new": LINES[0],
    }
    second = {"n": 2, "kind": "update", "is_new_headline": True, "edits": [edit]}
    hashed = {"text_hash": "h2", "page_digest": "d2", "title": "Fish quarrel settled"}
    key = {"night": NIGHT, "article_id": LEAD}
    put(con, "article_version", [{**key, **hashed, **second, "n_words": 24}])
    edited = "\n".join(EDITED)
    put_article(con, NIGHT, COPY, "post", title="Fish row over", text=edited)
    put_article(con, NIGHT, ECHO, "echo", title="Accra: a deal", text="Own words here.")
    put_article(
        con,
        NIGHT,
        FOREIGN,
        "echo",
        lang="fr",
        is_tagged=False,
        text="Le port.",
        title=None,
    )
    put_article(con, NIGHT, HELD, "post", held_back="tdm")
    put_article(
        con, NIGHT, HOSTILE, "nasty", title=NASTY[0], url=NASTY_URL,
        text="\n".join(NASTY), section=NASTY[1], authors=list(NASTY),
    )  # fmt: skip
    for n in FILLERS:
        put_article(con, NIGHT, n, ("ledger", "post", "echo")[n % 3])
        put_tags(con, NIGHT, n, entity=False)
    for article_id in (LEAD, ECHO, HELD):
        put_tags(con, NIGHT, article_id, entity=article_id == LEAD)
    said = {"kind": "tag_none", "surface": "Ghana", "who": "ama", "why": "so"}
    put(con, "correction", [{**key, **said, "decided_at": DECIDED_AT}])
    _put_hostile(con)
    _put_story(con)


def _put_hostile(con: Connection) -> None:
    key = {"night": NIGHT, "article_id": HOSTILE}
    mention = {
        "field": "title",
        "start_offset": 0,
        "end_offset": 8,
        "surface": NASTY[1],
    }
    mention |= {"type": "ORG", "entity_id": NASTY[3], "rule": "model", "score": 0.5}
    put(con, "mention", [{**key, **mention}])
    entity = {"night": NIGHT, "entity_id": NASTY[3], "name": NASTY[0], "type": "ORG"}
    put(con, "entity", [entity])
    counts = {"type": "ORG", "n_mentions": 1, "first_offset": -1, "is_in_title": True}
    put(con, "article_entity", [{**key, "entity_id": NASTY[3]} | counts])
    rejected = {"url": NASTY_URL, "canonical_url": NASTY_URL, "title": NASTY[0]}
    rejected |= {"bin": "rejected", "reason": "not_article", "via": "feed"}
    put(
        con,
        "entry",
        [{"night": NIGHT, "source_id": "nasty", "article_id": 9} | rejected],
    )


def _put_story(con: Connection) -> None:
    span = {"first_night": NIGHT, "last_night": NIGHT}
    cluster = {"night": NIGHT, "cluster_id": LEAD, "n_articles": 2, "n_sources": 2}
    put(con, "cluster", [{**cluster, **span}])
    story = {"night": NIGHT, "story_id": LEAD, "n_articles": 3, "n_texts": 2}
    put(con, "story", [{**story, "n_sources": 2, **span}])
    for article_id, source_id, role in (
        (LEAD, "ledger", "origin"),
        (COPY, "ledger", "edit"),
        (ECHO, "echo", "origin"),
    ):
        key = {"night": NIGHT, "article_id": article_id}
        is_first = article_id == LEAD
        put(con, "story_member", [{**key, "story_id": LEAD, "is_first": is_first}])
        origin = {"origin_id": source_id, "via": "credit", "evidence": NASTY[0]}
        put(con, "article_origin", [{**key, **origin, "role": role, "own_share": 0.2}])
        if article_id != ECHO:
            member = {"cluster_id": LEAD, "is_canonical": is_first}
            put(con, "cluster_member", [{**key, **member}])


def put_night(con: Connection, night: date, seq: int) -> None:
    """Put what every night has: coverage by source, names of entities, the ledger."""
    rows = con.execute(
        "SELECT source_id, count(*), count(*) FILTER (bin = 'loaded') FROM entry "
        "WHERE night = ? GROUP BY source_id",
        [night],
    ).fetchall()
    counts = {source_id: (n, loaded) for source_id, n, loaded in rows}
    for source_id in OUTLETS:
        n_seen, n_loaded = counts.get(source_id, (0, 0))
        is_deaf = source_id == "deaf"
        row = {
            "night": night,
            "source_id": source_id,
            "status": "failed" if is_deaf else "ok",
            "reason": "not_found" if is_deaf else None,
            "n_seen": n_seen,
            "n_loaded": n_loaded,
            "n_rejected": n_seen - n_loaded,
        }
        zeros = dict.fromkeys(("n_duplicate", "n_failed", "n_pending"), 0)
        put(con, "coverage", [row | zeros])
    name = {"entity_id": "nd:per:ama sample", "name": "Ama Sample", "type": "PER"}
    put(con, "entity", [{"night": night, **name}])
    ledger = {"night": night, "seq": seq, "n_seen": 0, "n_loaded": 0, "loaded_at": NOON}
    facts = ("capture_digest", "article_digest", "run_id", "code_version")
    words = dict.fromkeys((*facts, "sources_digest", "learned"), "")
    put(con, "load_ledger", [ledger | words])


def put_world(con: Connection) -> None:
    """Put what no night owns: sources and regions."""
    for source_id, (name, country) in OUTLETS.items():
        feed = f"https://{source_id}.example/feed"
        row = {"source_id": source_id, "name": name, "kind": "rss", "feed_url": feed}
        put(con, "source", [{**row, "country": country, "is_enabled": True}])
    for region_id, name, scheme, countries, parent in (
        ("iso:GH", "Ghana", "country", ["GH"], "m49:011"),
        *((f"iso:{c}", c.title(), "country", [c], None) for c in ("NG", "NO", "TG")),
        ("m49:011", "Western Africa", "m49", ["GH", "TG"], None),
        ("desk:coast", "Coast", "desk", ["GH"], None),
    ):
        row = {"region_id": region_id, "name": name, "scheme": scheme}
        zone = "Asia/Karachi" if scheme == "desk" else None
        held = {"countries": countries, "parent_id": parent, "timezone": zone}
        put(con, "region", [row | held])


def make_settings(folder: Path) -> Settings:
    """Return settings whose data lie in a folder."""
    warehouse = name_warehouse(folder / "warehouse.duckdb")
    return Settings(data=folder, landing=str(folder / "landing"), warehouse=warehouse)


def publish_world(folder: Path) -> Settings:
    """Publish the nights into a folder, with the search index."""
    settings = make_settings(folder)
    with open_warehouse(connect_to(settings.warehouse)) as con:
        put_world(con)
        for n in range((NIGHT - FIRST).days):
            night = FIRST + timedelta(days=n)
            if night != GAP:
                _put_past(con, night)
                put_night(con, night, n + 1)
        _put_last(con)
        put_night(con, NIGHT, 20)
        publish_nights(con, settings.published)
    update_search(settings)
    return settings


def publish_empty(folder: Path) -> Settings:
    """Publish one night that has no article."""
    settings = make_settings(folder)
    with open_warehouse(connect_to(settings.warehouse)) as con:
        put_world(con)
        put_night(con, NIGHT, 1)
        publish_nights(con, settings.published)
    update_search(settings)
    return settings
