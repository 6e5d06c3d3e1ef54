"""Pairs of articles, inside a night and between nights, and what hangs together.

All of it runs inside the transaction of one night's load. Every query finds its rows by
night as well as by id: nights are what the engine's zone maps can prune, so that a load
costs the same however many nights are in the warehouse.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter

from nightdesk.model import Pair
from nightdesk.warehouse.connect import Connection
from nightdesk.warehouse.content import NIGHT_OF

#: Nights on either side in which copies of a text are looked for.
WINDOW = timedelta(days=30)

_PAIR_COLUMNS = {
    "a_id": "BIGINT",
    "b_id": "BIGINT",
    "kind": "VARCHAR",
    "score": "DOUBLE",
    "rule": "VARCHAR",
}
_PAIR_KEY = ("a_night", "b_night", "a_id", "b_id")
KEYS = {
    "duplicate_pair": _PAIR_KEY,
    "story_pair": _PAIR_KEY,
    "cluster": ("night", "cluster_id"),
    "article_origin": ("night", "article_id"),
    "cluster_member": ("night", "article_id"),
    "story": ("night", "story_id"),
    "story_member": ("night", "article_id"),
}


@dataclass(frozen=True)
class StoredText:
    """An article as the comparison of texts needs it."""

    night: date
    article_id: int
    text: str
    title: str | None
    published_at: datetime | None
    canonical_url: str
    source_id: str
    lang: str | None
    text_hash: str
    hashes: tuple[int, ...]
    authors: tuple[str, ...]
    outlet: str | None  # the name of its source
    first_seen_at: datetime | None


@dataclass(frozen=True)
class Touch:
    """What a load touches beside the pairs of its night."""

    night: date
    ids: frozenset[int]  # of the night, before the load and after it
    changed: frozenset[int]  # of those, what readers of other nights see differently
    decided: frozenset[int]  # of any night, in decisions that came or went
    ties: Mapping[int, frozenset[int]]  # article -> those that people put with it
    run_id: str
    at: datetime


def put_rows(
    con: Connection,
    table: str,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[object]],
) -> None:
    """Make a temporary table of rows that Python has; as JSON, in one go.

    A list as a parameter is converted value by value, at 0.3 ms each.

    Args:
        con: the warehouse.
        table: its name.
        columns: name -> type, in the order of the rows' values.
        rows: of values that JSON can hold.
    """
    packed = json.dumps([dict(zip(columns, row, strict=True)) for row in rows])
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS "
        "SELECT r.* FROM (SELECT unnest(from_json($1, $2)) AS r)",
        [packed, json.dumps([columns])],
    )


def put_ids(con: Connection, table: str, ids: Iterable[int]) -> None:
    """Make a temporary table of article ids."""
    put_rows(con, table, {"article_id": "BIGINT"}, ([i] for i in sorted(ids)))


def find_neighbours(con: Connection, night: date) -> tuple[set[int], list[StoredText]]:
    """Return who of a night shares a hash with another night, and those others."""
    window = {"night": night, "first": night - WINDOW, "last": night + WINDOW}
    others = "night BETWEEN $first AND $last AND night <> $night"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE wanted AS "
        f"SELECT DISTINCT night, article_id FROM fingerprint WHERE {others} "
        "AND hash IN (SELECT hash FROM fingerprint WHERE night = $night)",
        window,
    )
    rows = con.execute(
        "SELECT DISTINCT article_id FROM fingerprint WHERE night = $night "
        f"AND hash IN (SELECT hash FROM fingerprint WHERE {others})",
        window,
    ).fetchall()
    return {row[0] for row in rows}, read_texts(con, "wanted", has_hashes=True)


def read_night(con: Connection, night: date) -> list[StoredText]:
    """Return the articles of a night that have a text, by id."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE wanted AS "
        "SELECT night, article_id FROM article WHERE night = ?",
        [night],
    )
    return read_texts(con, "wanted", has_hashes=True)


def read_learned(con: Connection, night: date) -> dict[date, dict[str, str]]:
    """Return the learned tables, name -> version, of the nights round a night."""
    rows = con.execute(
        "SELECT night, arg_max(learned, seq) FROM load_ledger "
        "WHERE night BETWEEN $1 AND $2 GROUP BY night",
        [night - WINDOW, night + WINDOW],
    ).fetchall()
    return {row[0]: json.loads(row[1]) for row in rows if row[1]}


def read_pairs(con: Connection, table: str, night: date) -> list[Pair]:
    """Return the pairs inside a night."""
    rows = con.execute(
        f"SELECT a_id, b_id, kind, score, rule FROM {table} "
        "WHERE a_night = $night AND b_night = $night ORDER BY ALL",
        {"night": night},
    ).fetchall()
    return [Pair(*row) for row in rows]


def read_texts(
    con: Connection, keys: str, *, has_hashes: bool = False, has_text: bool = True
) -> list[StoredText]:
    """Return the articles of a table of (night, article_id), by id.

    Those that are not there are left out, and so are those without a text.
    """
    between = span_nights(con, keys)
    text = "text FROM article_text" if has_text else "'' AS text FROM article"
    rows = con.execute(
        f"WITH body AS (SELECT night, article_id, {text} "
        "WHERE night BETWEEN $1 AND $2), "
        "seen AS (SELECT night, article_id, min(captured_at) AS first_seen_at "
        f"FROM article_version AS v JOIN {keys} USING (night, article_id) "
        "WHERE v.night BETWEEN $1 AND $2 GROUP BY ALL) "
        "SELECT a.article_id, t.text, a.title, a.published_at, a.canonical_url, "
        "a.source_id, a.text_hash, coalesce(a.authors, []), s.name, first_seen_at, "
        "a.night, a.lang "
        f"FROM {keys} JOIN article AS a USING (night, article_id) "
        "JOIN body AS t USING (night, article_id) "
        "LEFT JOIN seen USING (night, article_id) "
        "LEFT JOIN source AS s ON s.source_id = a.source_id "
        "WHERE a.night BETWEEN $1 AND $2 ORDER BY a.article_id",
        between,
    ).fetchall()
    hashes = _read_hashes(con, keys, between) if has_hashes else {}
    return [
        StoredText(
            article_id=row[0],
            text=row[1],
            title=row[2],
            published_at=row[3],
            canonical_url=row[4],
            source_id=row[5],
            text_hash=row[6],
            hashes=hashes.get(row[0], ()),
            authors=tuple(row[7]),
            outlet=row[8],
            first_seen_at=row[9],
            night=row[10],
            lang=row[11],
        )
        for row in rows
    ]


def span_nights(con: Connection, keys: str) -> list[date | None]:
    """Return the first and last night of a table of keys; None where it is empty.

    Said as a range in the query, they prune also where a join alone does not.
    """
    row = con.execute(f"SELECT min(night), max(night) FROM {keys}").fetchall()[0]
    return list(row)


def _read_hashes(
    con: Connection, keys: str, between: list[date | None]
) -> dict[int, tuple[int, ...]]:
    rows = con.execute(
        "SELECT article_id, list(hash ORDER BY hash) "
        f"FROM fingerprint AS f JOIN {keys} USING (night, article_id) "
        "WHERE f.night BETWEEN $1 AND $2 GROUP BY article_id",
        between,
    ).fetchall()
    return {row[0]: tuple(row[1]) for row in rows}


def replace_pairs(
    con: Connection, table: str, night: date, pairs: Iterable[Pair]
) -> set[date]:
    """Put the pairs that touch a night in the place of those that are there.

    Returns:
        The nights whose pairs differ. The articles of all those pairs, old and new,
        are left in the temporary table `<table>_end` for the groups made of them.
    """
    window = {"first": night - WINDOW, "last": night + WINDOW}
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE before AS SELECT * FROM {table} "
        "WHERE a_night BETWEEN $first AND $last AND b_night BETWEEN $first AND $last "
        "AND (a_night = $night OR b_night = $night)",
        {**window, "night": night},
    )
    values = attrgetter(*_PAIR_COLUMNS)
    put_rows(con, "found", _PAIR_COLUMNS, sorted(map(values, pairs)))
    con.execute(
        "CREATE OR REPLACE TEMP TABLE after AS "
        "SELECT a.night AS a_night, b.night AS b_night, p.* FROM found AS p "
        "JOIN article AS a ON a.article_id = p.a_id "
        "AND a.night BETWEEN $first AND $last "
        "JOIN article AS b ON b.article_id = p.b_id "
        "AND b.night BETWEEN $first AND $last",
        window,
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {table}_end AS "
        "WITH old_and_new AS (FROM before UNION ALL FROM after) "
        "SELECT a_night AS night, a_id AS article_id FROM old_and_new "
        "UNION SELECT b_night, b_id FROM old_and_new"
    )
    return swap_rows(con, table)


def swap_rows(con: Connection, table: str) -> set[date]:
    """Bring a table's rows from `before` to `after`; return the nights that differ."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE gone AS FROM before EXCEPT ALL FROM after"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE come AS FROM after EXCEPT ALL FROM before"
    )
    same = " AND ".join(f"{table}.{key} = gone.{key}" for key in KEYS[table])
    con.execute(f"DELETE FROM {table} USING gone WHERE {same}")
    con.execute(f"INSERT INTO {table} BY NAME FROM come")
    night = NIGHT_OF.get(table, "night")
    rows = con.execute(
        f"SELECT {night} FROM gone UNION SELECT {night} FROM come"
    ).fetchall()
    return {row[0] for row in rows}
