"""The tags of a published night, to be compared with others of the same texts."""

from __future__ import annotations

from datetime import date

from nightdesk.warehouse.connect import Connection
from nightdesk.warehouse.read import Rows, fetch_rows


def read_texts(con: Connection, night: date) -> Rows:
    """Return article_id, title, text_hash and tag_version of a night's articles."""
    return fetch_rows(
        con,
        "SELECT article_id, title, text_hash, tag_version FROM article "
        "WHERE night = ? ORDER BY article_id",
        [night],
    )


def read_mentions(con: Connection, night: date) -> Rows:
    """Return the mentions of a night."""
    return fetch_rows(
        con,
        "SELECT article_id, field, start_offset, end_offset, surface, type, "
        "coalesce(entity_id, place_id) AS means, country FROM mention "
        "WHERE night = ? ORDER BY ALL",
        [night],
    )


def read_countries(con: Connection, night: date) -> Rows:
    """Return the countries of a night's articles, the publisher's left out."""
    return fetch_rows(
        con,
        "SELECT a.article_id, r.countries[1] AS country, a.score, a.role, a.is_focus "
        "FROM article_region AS a JOIN region AS r USING (region_id) "
        "WHERE a.night = ? AND r.scheme = 'country' AND a.role <> 'publisher' "
        "ORDER BY ALL",
        [night],
    )
