"""All that the published catalogue knows of one article or entity: why it is as it is.

Only rows are read here; what is computed from them is the pipeline's (`why_task`).
"""

from __future__ import annotations

from typing import Any

from nightdesk.warehouse.connect import Connection
from nightdesk.warehouse.read import Rows, fetch_rows

Row = dict[str, Any]

#: What is asked of one article: name -> query of $night and $id, in the order shown.
_OF_ARTICLE = {
    "mentions": "SELECT field, start_offset, end_offset, surface, type, entity_id, "
    "name, country, place_id, via, role, rule, score, weight, counts_for "
    "FROM mention AS m LEFT JOIN (SELECT entity_id, name FROM entity "
    "WHERE night = $night) USING (entity_id) "
    "WHERE m.night = $night AND article_id = $id "
    "ORDER BY field DESC, start_offset, end_offset DESC",
    "regions": "SELECT region_id, r.name, scheme, countries, role, score, share, "
    "n_mentions, is_focus FROM article_region AS a JOIN region AS r USING (region_id) "
    "WHERE a.night = $night AND article_id = $id "
    "ORDER BY scheme, score DESC, region_id, role",
    "topics": "SELECT topic_id, t.name, score, terms FROM article_topic AS a "
    "LEFT JOIN topic AS t USING (topic_id) "
    "WHERE a.night = $night AND article_id = $id ORDER BY score DESC, topic_id",
    "corrections": "SELECT kind, surface, nth, value, who, decided_at, why, problem "
    "FROM correction WHERE night = $night AND article_id = $id ORDER BY decided_at",
    "entries": "SELECT night, source_id, url, title, stated_at, stated_precision, bin, "
    "reason, via FROM entry WHERE night = $night AND article_id = $id ORDER BY ALL",
    "versions": "SELECT n, kind, captured_at, title, n_words, is_new_headline "
    "FROM article_version WHERE night = $night AND article_id = $id ORDER BY n",
    "ledger": "SELECT run_id, code_version, learned, loaded_at FROM load_ledger "
    "WHERE night = $night",
}
#: What is asked of the group that an article is in: its id is $group.
_MEMBERS = (
    "SELECT m.article_id, m.night, a.title, a.source_id, a.canonical_url, {more} "
    "FROM {name}_member AS m JOIN article AS a USING (night, article_id) "
    "WHERE {name}_id = $group ORDER BY a.published_at, m.article_id"
)
_PAIRS = (
    "SELECT a_id, b_id, kind, score, rule FROM {table} WHERE a_id IN "
    "(SELECT article_id FROM {name}_member WHERE {name}_id = $group) AND b_id IN "
    "(SELECT article_id FROM {name}_member WHERE {name}_id = $group) ORDER BY ALL"
)
_DECISIONS = "SELECT * FROM decision WHERE list_contains(articles, $id) ORDER BY ALL"


def find_article(con: Connection, article_id: int) -> Row | None:
    """Return the row of a published article with its text; None: there is none."""
    rows = fetch_rows(
        con,
        "SELECT a.*, t.text FROM article AS a "
        "LEFT JOIN article_text AS t USING (night, article_id) WHERE article_id = ?",
        [article_id],
    )
    return rows[0] if rows else None


def find_entries(con: Connection, article_id: int) -> Rows:
    """Return what became of an address in every night that lists it."""
    return fetch_rows(
        con,
        "SELECT night, source_id, url, title, bin, reason FROM entry "
        "WHERE article_id = ? ORDER BY ALL",
        [article_id],
    )


def has_entity(con: Connection, entity_id: str) -> bool:
    """Is an entity named in a published night, or was it, before it was merged?"""
    rows = con.execute(
        "SELECT 1 FROM entity WHERE entity_id = $id UNION ALL "
        "SELECT 1 FROM entity_alias WHERE old_id = $id LIMIT 1",
        {"id": entity_id},
    ).fetchall()
    return bool(rows)


def explain_article(con: Connection, article_id: int) -> Row | None:
    """Return all rows about an article by what they are; None: it is not there."""
    article = find_article(con, article_id)
    if article is None:
        return None
    given = {"night": article["night"], "id": article_id}
    found: Row = {"article": article}
    for name, query in _OF_ARTICLE.items():
        wanted = {k: v for k, v in given.items() if f"${k}" in query}
        found[name] = fetch_rows(con, query, wanted)
    found["source"] = fetch_rows(
        con, "SELECT * FROM source WHERE source_id = ?", [article["source_id"]]
    )
    found["fetches"] = fetch_rows(
        con,
        "SELECT night, url, outcome, status, started_at, bytes_wire, digest "
        "FROM fetch_log WHERE digest = ? AND purpose = 'page' ORDER BY started_at",
        [article["page_digest"]],
    )
    found["decisions"] = fetch_rows(con, _DECISIONS, {"id": article_id})
    found["origin"] = fetch_rows(
        con,
        "SELECT * EXCLUDE (night, article_id) FROM article_origin "
        "WHERE night = $night AND article_id = $id",
        given,
    )
    found["cluster"] = _explain_group(con, "cluster", given)
    found["story"] = _explain_group(con, "story", given)
    return found


def _explain_group(con: Connection, name: str, given: Row) -> Row | None:
    rows = con.execute(
        f"SELECT {name}_id FROM {name}_member "
        "WHERE night = $night AND article_id = $id",
        given,
    ).fetchall()
    if not rows:
        return None
    group = {"group": rows[0][0]}
    is_cluster = name == "cluster"
    more = "is_canonical" if is_cluster else "is_first"
    table = "duplicate_pair" if is_cluster else "story_pair"
    return {
        f"{name}_id": rows[0][0],
        "members": fetch_rows(con, _MEMBERS.format(name=name, more=more), group),
        "pairs": fetch_rows(con, _PAIRS.format(name=name, table=table), group),
    }


def read_bodies(con: Connection, article_ids: list[int]) -> Rows:
    """Return what the comparison of texts reads of these articles, by id."""
    return fetch_rows(
        con,
        "SELECT a.article_id, t.text, a.title, a.published_at, a.canonical_url, "
        "a.source_id, a.text_hash, a.lang FROM article AS a "
        "JOIN article_text AS t USING (night, article_id) "
        "WHERE list_contains($ids, a.article_id) ORDER BY a.article_id",
        {"ids": article_ids},
    )


def explain_entity(con: Connection, entity_id: str) -> Row | None:
    """Return all rows about an entity by what they are; None: it is nowhere."""
    asked = {"id": entity_id}
    found: Row = {
        "names": fetch_rows(
            con,
            "SELECT name, type, min(night) AS first_night, max(night) AS last_night "
            "FROM entity WHERE entity_id = $id GROUP BY ALL ORDER BY ALL",
            asked,
        ),
        "articles": fetch_rows(
            con,
            "SELECT m.night, m.article_id, a.title, a.source_id, "
            "count(*) AS n_mentions, "
            "list_sort(list(DISTINCT surface)) AS surfaces, "
            "list_sort(list(DISTINCT rule)) AS rules, a.tag_version "
            "FROM mention AS m JOIN article AS a USING (night, article_id) "
            "WHERE entity_id = $id GROUP BY ALL ORDER BY m.night DESC, m.article_id",
            asked,
        ),
        "merges": fetch_rows(
            con,
            "SELECT * FROM entity_alias WHERE $id IN (old_id, entity_id) ORDER BY ALL",
            asked,
        ),
        "reviews": fetch_rows(
            con,
            "SELECT * FROM entity_review WHERE $id IN (entity_id, candidate_id) "
            "ORDER BY ALL",
            asked,
        ),
        "corrections": fetch_rows(
            con, "SELECT * FROM correction WHERE value = $id ORDER BY ALL", asked
        ),
    }
    return found if any(found.values()) else None


def list_corrected(con: Connection) -> Rows:
    """Return the corrections that the published nights were built with."""
    return fetch_rows(con, "SELECT * FROM correction ORDER BY ALL")
