"""Load one night: delete its rows, insert those of its landing files, check, commit.

Every statement stands in `load/` and `checks/`; this module runs them in their order.
Nothing here knows how pairs are judged: `pipeline` brings them and the rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from nightdesk.errors import CheckFailed
from nightdesk.model import Pair
from nightdesk.warehouse.connect import Connection
from nightdesk.warehouse.content import NIGHT_OF

_LOAD = Path(__file__).parent / "load"
_CHECKS = Path(__file__).parent / "checks"

#: Nights on either side in which copies of a text are looked for.
WINDOW = timedelta(days=30)
#: Tables whose rows depend on neighbouring nights too.
_LINKED = ("duplicate_pair", "cluster", "cluster_member")


@dataclass(frozen=True)
class LedgerRow:
    """What a night was built from."""

    night: date
    seq: int
    capture_digest: str
    article_digest: str
    n_seen: int
    n_loaded: int


@dataclass(frozen=True)
class StoredText:
    """An article as the comparison of texts needs it."""

    article_id: int
    text: str
    title: str | None
    published_at: datetime | None
    canonical_url: str
    source_id: str
    text_hash: str
    hashes: tuple[int, ...]


#: Pairs of whole components, and their articles -> article_id: cluster_id.
ClusterRule = Callable[[Sequence[Pair], Sequence[StoredText]], Mapping[int, int]]


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check of one night."""

    check_name: str
    severity: str
    n_failed: int
    sample: str | None


def read_ledger(con: Connection) -> dict[date, LedgerRow]:
    """Return the ledger row of every night in the warehouse."""
    rows = con.execute(
        "SELECT night, seq, capture_digest, article_digest, n_seen, n_loaded "
        "FROM load_ledger ORDER BY night"
    ).fetchall()
    return {row[0]: LedgerRow(*row) for row in rows}


def list_articles(con: Connection, night: date) -> set[int]:
    """Return the article ids that the warehouse holds of a night."""
    rows = con.execute("SELECT article_id FROM article WHERE night = ?", [night])
    return {row[0] for row in rows.fetchall()}


def replace_night(con: Connection, night: date, tables: Mapping[str, Any]) -> None:
    """Put a night's rows in the place of those that are there.

    Args:
        con: inside a transaction.
        night: the night.
        tables: Arrow tables by the names that the statements in `load/` read.
    """
    for name, table in tables.items():
        con.register(name, table)
    try:
        for path in sorted(_LOAD.glob("*.sql")):
            table = path.stem.split("_", 1)[1]
            if table in ("source", "region"):
                con.execute(f"DELETE FROM {table}")
            else:
                con.execute(f"DELETE FROM {table} WHERE night = ?", [night])
            sql = path.read_text("utf-8")
            con.execute(sql, {"night": night} if "$night" in sql else None)
    finally:
        for name in tables:
            con.unregister(name)


def find_neighbours(con: Connection, night: date) -> tuple[set[int], list[StoredText]]:
    """Return who of a night shares a hash with another night, and those others."""
    rows = con.execute(
        "SELECT DISTINCT own.article_id, other.article_id FROM fingerprint AS own "
        "JOIN fingerprint AS other USING (hash) "
        "WHERE own.night = $night AND other.night <> $night "
        "AND other.night BETWEEN $first AND $last",
        {"night": night, "first": night - WINDOW, "last": night + WINDOW},
    ).fetchall()
    return {row[0] for row in rows}, read_texts(con, {row[1] for row in rows})


def read_texts(con: Connection, ids: set[int]) -> list[StoredText]:
    """Return these articles with their hashes, by id; those not there are left out."""
    if not ids:
        return []
    _use_ids(con, ids)
    rows = con.execute(
        "SELECT a.article_id, t.text, a.title, a.published_at, a.canonical_url, "
        "a.source_id, a.text_hash, f.hashes "
        "FROM wanted JOIN article AS a USING (article_id) "
        "JOIN article_text AS t USING (article_id) "
        "JOIN (SELECT article_id, list(hash ORDER BY hash) AS hashes "
        "FROM fingerprint JOIN wanted USING (article_id) GROUP BY article_id) AS f "
        "USING (article_id) ORDER BY a.article_id"
    ).fetchall()
    names = [field.name for field in fields(StoredText)]
    return [
        StoredText(**dict(zip(names, (*row[:-1], tuple(row[-1])), strict=True)))
        for row in rows
    ]


def replace_pairs(con: Connection, night: date, pairs: Iterable[Pair]) -> None:
    """Put the pairs that touch a night in the place of those that are there."""
    con.execute(
        "DELETE FROM duplicate_pair WHERE a_night = $night OR b_night = $night",
        {"night": night},
    )
    rows = [(p.a_id, p.b_id, p.kind, p.score, p.rule) for p in pairs]
    if not rows:
        return
    con.execute(
        "CREATE OR REPLACE TEMP TABLE new_pair "
        "(a_id BIGINT, b_id BIGINT, kind VARCHAR, score DOUBLE, rule VARCHAR)"
    )
    con.executemany("INSERT INTO new_pair VALUES (?, ?, ?, ?, ?)", rows)
    con.execute(
        "INSERT INTO duplicate_pair BY NAME "
        "SELECT a.night AS a_night, b.night AS b_night, p.* FROM new_pair AS p "
        "JOIN article AS a ON a.article_id = p.a_id "
        "JOIN article AS b ON b.article_id = p.b_id"
    )
    con.execute("DROP TABLE new_pair")


def replace_clusters(con: Connection, touched: set[int], rule: ClusterRule) -> None:
    """Compute the clusters anew that these articles are, or were, part of."""
    touched = touched | _members_with(con, touched)
    pairs = _pairs_around(con, touched)
    ids = {i for pair in pairs for i in (pair.a_id, pair.b_id)}
    members = rule(pairs, read_texts(con, ids))
    _use_ids(con, ids | touched)
    con.execute(
        "DELETE FROM cluster WHERE cluster_id IN "
        "(SELECT cluster_id FROM cluster_member JOIN wanted USING (article_id))"
    )
    con.execute(
        "DELETE FROM cluster_member WHERE article_id IN (SELECT article_id FROM wanted)"
    )
    if members:
        _insert_clusters(con, members)


def _members_with(con: Connection, ids: set[int]) -> set[int]:
    _use_ids(con, ids)
    rows = con.execute(
        "SELECT article_id FROM cluster_member WHERE cluster_id IN "
        "(SELECT cluster_id FROM cluster_member JOIN wanted USING (article_id))"
    ).fetchall()
    return {row[0] for row in rows}


def _pairs_around(con: Connection, ids: set[int]) -> list[Pair]:
    """Return the stored pairs of every component that these articles are in."""
    frontier, seen = set(ids), set(ids)
    pairs: dict[tuple[int, int], Pair] = {}
    while frontier:
        _use_ids(con, frontier)
        rows = con.execute(
            "SELECT a_id, b_id, kind, score, rule FROM duplicate_pair WHERE a_id IN "
            "(SELECT article_id FROM wanted) OR b_id IN (SELECT article_id FROM wanted)"
        ).fetchall()
        found = {i for row in rows for i in row[:2]}
        pairs.update({row[:2]: Pair(*row) for row in rows})
        frontier = found - seen
        seen |= found
    return [pairs[key] for key in sorted(pairs)]


def _use_ids(con: Connection, ids: set[int]) -> None:
    con.execute("CREATE OR REPLACE TEMP TABLE wanted (article_id BIGINT)")
    con.execute("INSERT INTO wanted SELECT unnest(?::BIGINT[])", [sorted(ids)])


def _insert_clusters(con: Connection, members: Mapping[int, int]) -> None:
    con.execute("CREATE OR REPLACE TEMP TABLE member (a BIGINT, c BIGINT)")
    con.executemany("INSERT INTO member VALUES (?, ?)", sorted(members.items()))
    con.execute(
        "INSERT INTO cluster_member BY NAME "
        "SELECT a.night, m.c AS cluster_id, a.article_id, "
        "a.article_id = m.c AS is_canonical "
        "FROM member AS m JOIN article AS a ON a.article_id = m.a"
    )
    con.execute(
        "INSERT INTO cluster BY NAME "
        "SELECT min(a.night) FILTER (WHERE a.article_id = m.c) AS night, "
        "m.c AS cluster_id, count(*) AS n_articles, "
        "count(DISTINCT a.source_id) AS n_sources, "
        "min(a.night) AS first_night, max(a.night) AS last_night "
        "FROM member AS m JOIN article AS a ON a.article_id = m.a GROUP BY m.c"
    )
    con.execute("DROP TABLE member")


def hash_links(con: Connection, night: date) -> dict[date, tuple[str, ...]]:
    """Return, per night of the window, the hashes of the rows that nights share."""
    hashes: dict[date, list[str]] = {}
    for table in _LINKED:
        column = NIGHT_OF.get(table, "night")
        rows = con.execute(
            f"SELECT {column} AS n, "
            "sum(md5_number_lower(to_json(t)::VARCHAR)::HUGEINT) "
            f"FROM {table} AS t WHERE {column} BETWEEN ? AND ? GROUP BY n",
            [night - 2 * WINDOW, night + 2 * WINDOW],
        ).fetchall()
        for day, total in rows:
            hashes.setdefault(day, []).append(f"{table}:{total}")
    return {day: tuple(parts) for day, parts in hashes.items()}


def run_checks(con: Connection, night: date) -> list[CheckResult]:
    """Run every check on a night and store the results with it."""
    results = []
    for path in sorted(_CHECKS.glob("*.sql")):
        sql = path.read_text("utf-8")
        severity = re.search(r"-- severity: (error|warn)", sql)
        rows = con.execute(sql, {"night": night}).fetchall()
        results.append(
            CheckResult(
                check_name=path.stem,
                severity=severity[1] if severity else "error",
                n_failed=len(rows),
                sample=repr(rows[0]) if rows else None,
            )
        )
    con.execute("DELETE FROM check_result WHERE night = ?", [night])
    con.executemany(
        "INSERT INTO check_result VALUES (?, ?, ?, ?, ?)",
        [(night, r.check_name, r.severity, r.n_failed, r.sample) for r in results],
    )
    return results


def refuse_failed(night: date, results: Iterable[CheckResult]) -> None:
    """Raise for checks of severity error that found rows.

    Raises:
        CheckFailed: names each check, with a sample row.
    """
    bad = [r for r in results if r.severity == "error" and r.n_failed]
    if bad:
        detail = "; ".join(f"{r.check_name}: {r.n_failed}, {r.sample}" for r in bad)
        raise CheckFailed(f"night {night}: refused by its checks: {detail}")


def write_ledger(
    con: Connection, row: LedgerRow, facts: Mapping[str, str], loaded_at: datetime
) -> None:
    """Write a night's ledger row.

    Args:
        con: inside a transaction.
        row: what the night was built from.
        facts: run_id, code_version and sources_digest.
        loaded_at: the time of the load.
    """
    con.execute("DELETE FROM load_ledger WHERE night = ?", [row.night])
    con.execute(
        "INSERT INTO load_ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            row.night,
            row.seq,
            row.capture_digest,
            row.article_digest,
            row.n_seen,
            row.n_loaded,
            facts["run_id"],
            facts["code_version"],
            facts["sources_digest"],
            loaded_at,
        ],
    )


def next_seq(con: Connection) -> int:
    """Return a number above every one in the ledger."""
    value = con.execute("SELECT coalesce(max(seq), 0) + 1 FROM load_ledger").fetchone()
    return int(value[0]) if value else 1


def bump_nights(con: Connection, nights: Iterable[date], seq: int) -> None:
    """Mark other nights as changed, so that publish sees them."""
    for night in nights:
        con.execute("UPDATE load_ledger SET seq = ? WHERE night = ?", [seq, night])
