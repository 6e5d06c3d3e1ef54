"""Load one night: delete its rows, insert those of its landing files, check, commit.

Every statement stands in `load/` and `checks/`; this module runs them in their order.
What nights share beyond that is in `links`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from nightdesk.errors import CheckFailed
from nightdesk.warehouse.connect import Connection
from nightdesk.warehouse.links import put_rows

_LOAD = Path(__file__).parent / "load"
_CHECKS = Path(__file__).parent / "checks"


@dataclass(frozen=True)
class LedgerRow:
    """What a night was built from."""

    night: date
    seq: int
    capture_digest: str
    article_digest: str
    n_seen: int
    n_loaded: int
    loaded_at: datetime


@dataclass(frozen=True)
class Check:
    """A query whose rows are what is wrong with a night."""

    name: str
    severity: str  # error | warn
    sql: str  # takes $night


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
        "SELECT night, seq, capture_digest, article_digest, n_seen, n_loaded, "
        "loaded_at FROM load_ledger ORDER BY night"
    ).fetchall()
    return {row[0]: LedgerRow(*row) for row in rows}


def find_lost(
    ledger: Mapping[date, LedgerRow], known: Mapping[date, datetime | None]
) -> dict[date, str]:
    """Return the nights of which the warehouse has lost a load, and what it has.

    A database whose last commits are cut off opens as if they had never been made.

    Args:
        ledger: what the warehouse holds.
        known: when each night was last loaded, as was noted after the commit; None:
            it was, and nobody knows when.
    """
    lost = {}
    for night, at in sorted(known.items()):
        row = ledger.get(night)
        if row is None:
            when = f" of {at:%Y-%m-%d %H:%M} UTC" if at else ""
            lost[night] = f"its load{when} is not there"
        elif at is not None and row.loaded_at < at:
            older = f"{row.loaded_at:%Y-%m-%d %H:%M}"
            lost[night] = f"as loaded {older} UTC, not {at:%Y-%m-%d %H:%M}"
    return lost


def read_faces(con: Connection, night: date) -> dict[int, str]:
    """Return the articles of a night, each with a digest of what other nights see.

    A list of copies or of a story shows them in the marts of every night it reaches.
    """
    rows = con.execute(
        "SELECT article_id, md5(concat_ws('|', title, url, source_id, "
        "epoch_us(published_at), text_hash)) FROM article WHERE night = ?",
        [night],
    )
    return dict(rows.fetchall())


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
            if table in ("source", "region", "entity_alias", "topic"):
                con.execute(f"DELETE FROM {table}")
            else:
                con.execute(f"DELETE FROM {table} WHERE night = ?", [night])
            sql = path.read_text("utf-8")
            con.execute(sql, {"night": night} if "$night" in sql else None)
    finally:
        for name in tables:
            con.unregister(name)


def replace_decisions(con: Connection, rows: Iterable[tuple[Any, ...]]) -> set[int]:
    """Keep what people decided; return the articles of what came or went since.

    Args:
        con: inside a transaction.
        rows: kind, articles, who, decided_at, why.
    """
    columns = {
        "kind": "VARCHAR",
        "articles": "BIGINT[]",
        "who": "VARCHAR",
        "decided_at": "TIMESTAMPTZ",
        "why": "VARCHAR",
    }
    put_rows(con, "decided", columns, rows)
    changed = con.execute(
        "SELECT DISTINCT unnest(articles) FROM ((FROM decided EXCEPT FROM decision) "
        "UNION ALL (FROM decision EXCEPT FROM decided))"
    ).fetchall()
    if changed:
        con.execute("DELETE FROM decision")
        con.execute("INSERT INTO decision FROM decided")
    return {row[0] for row in changed}


def list_checks() -> list[Check]:
    """Return the checks of a night in the order of their names."""
    found = []
    for path in sorted(_CHECKS.glob("*.sql")):
        sql = path.read_text("utf-8")
        severity = re.search(r"-- severity: (error|warn)", sql)
        found.append(Check(path.stem, severity[1] if severity else "error", sql))
    return found


def run_checks(con: Connection, night: date) -> list[CheckResult]:
    """Run every check on a night and store the results with it."""
    results = []
    for check in list_checks():
        rows = con.execute(check.sql, {"night": night}).fetchall()
        sample = repr(rows[0]) if rows else None
        results.append(CheckResult(check.name, check.severity, len(rows), sample))
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
        raise CheckFailed(
            f"night {night}: refused by its checks: {detail}",
            night,
            [(r.check_name, r.n_failed, r.sample) for r in bad],
        )


def write_ledger(con: Connection, row: LedgerRow, facts: Mapping[str, str]) -> None:
    """Write a night's ledger row.

    Args:
        con: inside a transaction.
        row: what the night was built from.
        facts: run_id, code_version, sources_digest and learned.
    """
    con.execute("DELETE FROM load_ledger WHERE night = ?", [row.night])
    con.execute(
        "INSERT INTO load_ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
            row.loaded_at,
            facts["learned"],
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
