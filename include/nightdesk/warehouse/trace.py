"""Where articles have left rows, who else carries their texts, and what is left."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from nightdesk.errors import WarehouseError
from nightdesk.warehouse.connect import Connection
from nightdesk.warehouse.content import list_tables
from nightdesk.warehouse.lake_files import list_kept
from nightdesk.warehouse.read import fetch_rows

#: Tables in which a source has rows of its entries; in others it has counts.
_OF_SOURCES = frozenset({"article", "entry"})
#: Logs of what moved, by ids alone.
_LOGS = frozenset({"cluster_change", "story_change"})


def find_nights(
    con: Connection, ids: Collection[int], sources: Collection[str]
) -> set[date]:
    """Return the nights that have rows of these articles, or entries of these sources.

    Args:
        con: the warehouse, open.
        ids: of the articles.
        sources: of the sources.
    """
    nights = set()
    wanted = {"article_id": sorted(ids), "source_id": sorted(sources)}
    for table, columns in list_tables(con).items():
        if "night" not in columns or table in _LOGS:
            continue
        for column, values in wanted.items():
            is_count = column == "source_id" and table not in _OF_SOURCES
            if column in columns and values and not is_count:
                sql = f"SELECT DISTINCT night FROM {table} "
                rows = con.execute(f"{sql} WHERE list_contains(?, {column})", [values])
                nights |= {row[0] for row in rows.fetchall()}
    return nights


def list_copies(con: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """Return the other articles that carry a text of these, by night and address."""
    return fetch_rows(
        con,
        "SELECT DISTINCT article.night, article.source_id, article.url, article.title "
        "FROM cluster_member AS mine JOIN cluster_member AS other USING (cluster_id) "
        "JOIN article ON article.article_id = other.article_id "
        "AND article.night = other.night WHERE list_contains($ids, mine.article_id) "
        "AND NOT list_contains($ids, other.article_id) ORDER BY ALL",
        {"ids": sorted(ids)},
    )


HasNeedle = Callable[[bytes], bool]


def scan_tables(
    con: Connection,
    name: str,
    has_needle: HasNeedle,
    ids: Collection[int],
) -> tuple[int, list[str], list[str]]:
    """Look through every row of a database; of a lake, of its files and catalogue, too.

    Args:
        con: open.
        name: how the database is called in what is found.
        has_needle: says whether a row, as JSON, holds what must not be there.
        ids: of the articles.

    Returns:
        The bytes that were looked through, where traces are, and which rows of other
        articles hold a needle.
    """
    tables = [(f"{name}: {table}", table) for table in list_tables(con)]
    n_bytes, hits, others = 0, list[str](), list[str]()
    for place, sql in itertools.chain(tables, list_kept(con)):
        columns = con.execute(f"SELECT * FROM {sql} LIMIT 0").description or ()
        own = "article_id" if "article_id" in {c[0] for c in columns} else "NULL"
        cursor = con.execute(f"SELECT {own}, to_json(t)::VARCHAR FROM {sql} AS t")
        while rows := cursor.fetchmany(2000):
            for article_id, text in rows:
                raw = text.encode("utf-8", "surrogatepass")
                n_bytes += len(raw)
                if article_id in ids:
                    hits.append(f"{place}: a row of the article")
                elif has_needle(raw):
                    found = others if article_id is not None else hits
                    found.append(place)
    return n_bytes, hits, others


def scan_file(
    path: Path, has_needle: HasNeedle, ids: Collection[int]
) -> tuple[int, list[str], list[str]]:
    """Look through a database file that nobody writes; see `scan_tables`.

    Raises:
        WarehouseError: it cannot be read.
    """
    try:
        with duckdb.connect(str(path), read_only=True) as con:
            return scan_tables(con, path.name, has_needle, ids)
    except duckdb.Error as error:
        raise WarehouseError(f"{path}: {error}") from error
