"""Questions to the published catalogue; the writer's file is never opened here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from nightdesk.errors import WarehouseError
from nightdesk.warehouse.catalogue import CURE
from nightdesk.warehouse.connect import STORAGE, Connection
from nightdesk.warehouse.mart import load_marts
from nightdesk.warehouse.wal import make_way

Rows = list[dict[str, Any]]

#: Marts that a brief shows over many nights.
_SERIES = frozenset({"articles_by_region", "coverage_by_night", "desk_days"})
#: Marts of many rows that no brief shows.
_UNSHOWN = frozenset({"attention", "story_timeline"})


@contextmanager
def open_catalogue(folder: Path) -> Iterator[Connection]:
    """Open the catalogue in force, read-only.

    Raises:
        WarehouseError: nothing has been published yet, or by a version that did not
            know what is asked for; or the catalogue or a part cannot be read.
    """
    current = folder / "current.duckdb"
    if not current.exists():
        raise WarehouseError(f"published: nothing there yet: {current}")
    try:
        with duckdb.connect(str(current.resolve()), read_only=True) as con:
            con.execute("SET TimeZone = 'UTC'")
            yield con
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        raise WarehouseError(
            f"published: {current}: {error}; if another version of nightdesk has "
            "published it, nightdesk publish brings it up to date"
        ) from error
    except (duckdb.Error, UnicodeDecodeError) as error:
        first = str(error).partition("\n")[0]
        raise WarehouseError(f"published: {current}: {first}; {CURE}") from error


def fetch_rows(con: Connection, sql: str, parameters: object = None) -> Rows:
    """Return the rows of a query as dicts."""
    cursor = con.execute(sql, parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def name_articles(
    con: Connection, article_ids: Iterable[int]
) -> dict[int, dict[str, Any]]:
    """Return article_id -> night, source_id and title, of those that are published."""
    rows = fetch_rows(
        con,
        "SELECT article_id, night, source_id, title FROM article "
        "WHERE article_id IN (SELECT unnest($1::BIGINT[])) ORDER BY night DESC",
        [list(article_ids)],
    )
    return {row["article_id"]: row for row in rows}


def read_marts(con: Connection, night: date, days: int = 28) -> dict[str, Rows]:
    """Return the rows that a brief is built from, of the series for earlier nights too.

    Each mart's own order is kept. Marts that a brief does without are left out, and
    those that a catalogue of an older version does not have.
    """
    known = {row[0] for row in con.execute("SHOW TABLES").fetchall()}
    return {
        mart.name: fetch_rows(
            con,
            f"SELECT * FROM {mart.name} WHERE night BETWEEN ? AND ? "
            "ORDER BY night, rowid",
            [
                night - timedelta(days=days - 1) if mart.name in _SERIES else night,
                night,
            ],
        )
        for mart in load_marts()
        if mart.is_table and mart.name in known - _UNSHOWN
    }


def list_nights(con: Connection) -> list[date]:
    """Return the nights that are published, oldest first.

    From a mart, which the catalogue itself holds with one row a night: `load_ledger` is
    a view over as many files as there are nights.
    """
    rows = con.execute("SELECT night FROM coverage_by_night ORDER BY night").fetchall()
    return [row[0] for row in rows]


def read_coverage(con: Connection, first: date, last: date) -> Rows:
    """Return the coverage rows of these nights, by night and source."""
    return fetch_rows(
        con,
        "SELECT * FROM coverage WHERE night BETWEEN ? AND ? ORDER BY night, source_id",
        [first, last],
    )


def read_checks(con: Connection, night: date) -> Rows:
    """Return what the checks found in a published night, broken ones first."""
    return fetch_rows(
        con,
        "SELECT check_name, severity, n_failed, sample FROM check_result "
        "WHERE night = ? ORDER BY n_failed = 0, severity, check_name",
        [night],
    )


def count_nights(con: Connection, first: date, last: date) -> Rows:
    """Return what became of each source's entries in these nights, and its articles.

    A date that comes from the address or the feed says nothing about the page, so
    `n_dated` leaves it out.
    """
    return fetch_rows(
        con,
        """
        SELECT
            coverage.source_id,
            coverage.night,
            coverage.status,
            coverage.reason,
            coverage.n_seen,
            coverage.n_loaded,
            coverage.n_rejected,
            median(article.n_words) AS median_words,
            count(article.article_id) AS n_articles,
            count(*) FILTER (WHERE published_via IN ('jsonld', 'meta', 'time'))
                AS n_dated,
            count(*) FILTER (WHERE len(article.authors) > 0) AS n_signed,
            count(article.title) AS n_titled
        FROM coverage
        LEFT JOIN article
            ON article.night = coverage.night
            AND article.source_id = coverage.source_id
        WHERE coverage.night BETWEEN ? AND ?
        GROUP BY ALL
        """,
        [first, last],
    )


def export_catalogue(folder: Path, target: Path) -> None:
    """Write one self-contained DuckDB file: the catalogue with its views as tables.

    Raises:
        WarehouseError: see `open_catalogue`; or the file cannot be written.
    """
    fresh = make_way(target.with_name(f".{target.name}.tmp"))
    try:
        with open_catalogue(folder) as shelf:
            tables = [row[0] for row in shelf.execute("SHOW TABLES").fetchall()]
        with duckdb.connect() as con:
            for path, name, how in (
                ((folder / "current.duckdb").resolve(), "shelf", "READ_ONLY"),
                (fresh, "copied", f"STORAGE_VERSION '{STORAGE}'"),
            ):
                quoted = str(path).replace("'", "''")
                con.execute(f"ATTACH '{quoted}' AS {name} ({how})")
            for table in tables:
                rows = f"SELECT * FROM shelf.{table}"
                con.execute(f"CREATE TABLE copied.{table} AS {rows}")
            con.execute("DETACH copied")
    except duckdb.Error as error:
        first = str(error).partition("\n")[0]
        make_way(fresh)
        cure = "" if fresh.name in first else f"; {CURE}"
        raise WarehouseError(f"export: {target}: {first}{cure}") from error
    fresh.replace(target)


@dataclass(frozen=True, slots=True)
class SampledText:
    """One article of the published nights, as learning reads it."""

    lang: str | None
    title: str | None
    text: str


def sample_texts(
    con: Connection, first: date, last: date, most: int
) -> list[SampledText]:
    """Return up to `most` articles of these nights, each text once.

    At random, but the same each time: ids are hashes of addresses.
    """
    rows = con.execute(
        "SELECT lang, title, text FROM article "
        "JOIN article_text USING (night, article_id) "
        "LEFT JOIN cluster_member AS member USING (night, article_id) "
        "WHERE night BETWEEN ? AND ? AND coalesce(member.is_canonical, true) "
        "ORDER BY article_id LIMIT ?",
        [first, last, most],
    ).fetchall()
    return [SampledText(*row) for row in rows]


def read_site_texts(
    con: Connection, first: date, last: date, most: int = 400
) -> list[tuple[str, list[str]]]:
    """Return sources with the lines of their stories, each story once.

    With the lines that were dropped as the source's furniture, so that learning does
    not forget what it has taught. Of a source's stories `most` are taken, at random
    but the same each time.
    """
    rows = con.execute(
        "SELECT article.source_id, text, site_lines FROM article "
        "JOIN article_text USING (night, article_id) "
        "LEFT JOIN cluster_member AS member USING (night, article_id) "
        "WHERE night BETWEEN ? AND ? AND coalesce(member.is_canonical, true) "
        "QUALIFY row_number() OVER "
        "(PARTITION BY article.source_id ORDER BY article_id) <= ? "
        "ORDER BY article.source_id, article_id",
        [first, last, most],
    ).fetchall()
    return [(row[0], [*row[1].split("\n"), *(row[2] or ())]) for row in rows]
