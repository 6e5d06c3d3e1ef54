"""Every check of a load: an error takes the load back, a warning is written down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from warehouseworld import NIGHT, article, entry, tables

from nightdesk.errors import CheckFailed
from nightdesk.warehouse import store
from nightdesk.warehouse.connect import connect_to, load_in_turn, open_warehouse
from nightdesk.warehouse.content import list_tables

#: Check -> what goes wrong with a night of one article between its rows and its checks.
DAMAGE = {
    "accounting": "UPDATE coverage SET n_seen = 5",
    "article_unique": "INSERT INTO article SELECT * REPLACE (night - 1 AS night) "
    "FROM article",
    "entry_unique": "INSERT INTO entry FROM entry",
    "loaded_are_articles": "DELETE FROM article_text",
    "mention_in_article": "INSERT INTO mention BY NAME SELECT night, article_id, "
    "'text' AS field, 5 AS start_offset, 99 AS end_offset, 'x' AS surface, "
    "'PER' AS type, 'r' AS rule, 1 AS score FROM article",
    "published_in_window": "UPDATE article SET published_on = night - 4",
    "ranges": "UPDATE article SET confidence = 1.5",
    "row_drift": "INSERT INTO load_ledger BY NAME SELECT night - n::INTEGER AS night, "
    "n AS seq, '' AS capture_digest, '' AS article_digest, 90 AS n_seen, "
    "90 AS n_loaded, '' AS run_id, '' AS code_version, '' AS sources_digest, "
    "published_at AS loaded_at FROM article, range(1, 4) AS r(n)",
}
CHECKS = {check.name: check.severity for check in store.list_checks()}


@pytest.fixture
def con(tmp_path: Path) -> Iterator[Any]:
    with open_warehouse(connect_to(str(tmp_path / "nightdesk.duckdb"))) as con:
        load_damaged(con, 7, "SELECT 1")
        yield con


def load_damaged(con: Any, n: int, damage: str) -> None:
    """Load a night of one article, to which something happens before it is checked."""

    def put() -> None:
        store.replace_night(con, NIGHT, tables([entry(n)], [article(n)]))
        con.execute(damage)
        store.refuse_failed(NIGHT, store.run_checks(con, NIGHT))

    load_in_turn(con, put)


def read_all(con: Any) -> dict[str, list[tuple]]:
    names = list_tables(con)
    return {t: con.execute(f"FROM {t} ORDER BY ALL").fetchall() for t in names}


def test_every_check_has_its_damage_here() -> None:
    assert CHECKS.keys() == DAMAGE.keys()
    assert set(CHECKS.values()) == {"error", "warn"}


def test_a_whole_night_breaks_none(con) -> None:
    rows = con.execute("SELECT check_name, n_failed, sample FROM check_result")
    assert sorted(rows.fetchall()) == [(name, 0, None) for name in sorted(DAMAGE)]


@pytest.mark.parametrize("check", [n for n, s in CHECKS.items() if s == "error"])
def test_an_error_takes_the_whole_load_back(con, check: str) -> None:
    before = read_all(con)
    with pytest.raises(CheckFailed, match=f"{check}: 1, ") as refused:
        load_damaged(con, 1, DAMAGE[check])
    assert check in {name for name, _, _ in refused.value.checks}
    assert read_all(con) == before


@pytest.mark.parametrize("check", [n for n, s in CHECKS.items() if s == "warn"])
def test_a_warning_is_written_down_with_the_night(con, check: str) -> None:
    load_damaged(con, 1, DAMAGE[check])
    assert con.execute("SELECT article_id FROM article").fetchall() == [(1,)]
    found = con.execute(
        "SELECT check_name, severity, n_failed, sample IS NOT NULL FROM check_result "
        "WHERE n_failed > 0"
    ).fetchall()
    assert found == [(check, "warn", 1, True)]
    load_damaged(con, 1, "DELETE FROM load_ledger")  # and is gone with its cause
    failed = con.execute("SELECT sum(n_failed) FROM check_result").fetchall()
    assert failed == [(0,)]
