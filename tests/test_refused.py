"""A night that its checks refuse: readers keep what they had, and are told."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from engines import connect_at, connect_to, name_warehouse
from lxml import html
from warehouseworld import NIGHT as QUIET
from warehouseworld import article, entry, load

from nightdesk.__main__ import main
from nightdesk.warehouse import mart, store
from nightdesk.warehouse.catalogue import read_manifest
from nightdesk.warehouse.connect import open_warehouse

NIGHT = "2026-03-01"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def find_warehouse(data: Path) -> str:
    return name_warehouse(data / "warehouse" / "nightdesk.duckdb")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("LANDING", "MIRRORS", "CONTACT"):
        monkeypatch.delenv(f"NIGHTDESK_{name}", raising=False)
    monkeypatch.setenv("NIGHTDESK_DATA", str(tmp_path))
    monkeypatch.setenv("NIGHTDESK_WAREHOUSE", find_warehouse(tmp_path))
    monkeypatch.setenv("NIGHTDESK_NEWSSTAND_ARTICLES", "80")
    return tmp_path


def change(data: Path, sql: str) -> None:
    with open_warehouse(connect_to(find_warehouse(data))) as con:
        con.execute(sql)


def first_line(data: Path) -> str:
    page = html.parse(str(data / "briefs" / "latest" / "index.html"))
    return page.xpath("string(//body//p[1])")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(list(words))
    return code, capsys.readouterr().out


def test_a_refused_night_is_said_mended_and_published(data: Path, capsys) -> None:
    assert run(capsys, "run", "--night", NIGHT)[0] == 0
    assert "Refused" not in first_line(data)
    assert run(capsys, "warehouse", "checks")[0] == 0
    before = read_manifest(data / "published")
    # An article that another night has as well.
    change(
        data,
        "INSERT INTO article SELECT * REPLACE (DATE '2025-01-01' AS night) FROM article"
        " WHERE title IS NOT NULL ORDER BY article_id LIMIT 1",
    )
    code, said = run(capsys, "run", "--night", NIGHT, "--until", "2026-03-02")
    assert code == 1
    assert f"FAILED: night {NIGHT}: refused by its checks: article_unique: 1" in said
    assert "night 2026-03-02: seen = " in said  # the run went on
    now = read_manifest(data / "published")
    kept, had = (m["nights"][NIGHT]["parts"]["article"] for m in (now, before))
    assert kept == had
    assert set(now["nights"]) == {NIGHT, "2026-03-02"}
    words = f"The night of {NIGHT} was refused at "
    assert first_line(data).startswith(f"Refused. {words}")
    assert "article_unique (1 row)" in first_line(data)
    code, said = run(capsys, "warehouse", "checks", "--night", NIGHT)
    assert code == 1
    assert said.startswith(words)
    assert f"night {NIGHT}, as it was loaded" in said
    code, said = run(capsys, "warehouse", "checks", "--json")
    (refused,) = json.loads(said)["refused"]
    assert refused["checks"][0]["name"] == "article_unique"
    assert run(capsys, "brief")[1].startswith(words)
    change(data, "DELETE FROM article WHERE night = DATE '2025-01-01'")
    code, said = run(capsys, "run", "--night", NIGHT, "--offline")
    assert code == 0, said
    assert "Refused" not in first_line(data)
    assert run(capsys, "warehouse", "checks")[0] == 0
    after = read_manifest(data / "published")
    assert after["nights"][NIGHT]["load"] != before["nights"][NIGHT]["load"]


def test_a_first_night_that_is_refused_has_a_brief_that_says_so(
    data: Path, capsys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    checks = tmp_path / "checks"
    shutil.copytree(store._CHECKS, checks)
    (checks / "never.sql").write_text(
        "-- severity: error\nSELECT 7 AS n WHERE $night::DATE IS NOT NULL"
    )
    monkeypatch.setattr(store, "_CHECKS", checks)
    code, said = run(capsys, "run", "--night", NIGHT)
    assert code == 1
    assert f"FAILED: night {NIGHT}: refused by its checks: never: 1, (7,)" in said
    assert first_line(data).startswith(f"Refused. The night of {NIGHT} was refused")
    code, said = run(capsys, "warehouse", "checks")
    assert code == 1
    assert said.endswith("no night has been published yet\n")


def test_a_mart_that_breaks_its_check_leaves_the_catalogue_and_says_so(
    data: Path, capsys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert run(capsys, "run", "--night", NIGHT)[0] == 0
    before = read_manifest(data / "published")
    marts, shipped = tmp_path / "marts", mart._MARTS
    shutil.copytree(shipped, marts)
    checks = marts / "languages" / "checks.sql"
    never = "-- error: never\nSELECT lang FROM languages WHERE night = $night LIMIT 1;"
    checks.write_text(f"{never}\n\n{checks.read_text()}")
    monkeypatch.setattr(mart, "_MARTS", marts)
    assert main(["run", "--night", NIGHT, "--offline"]) == 1
    assert read_manifest(data / "published") == before
    assert "(publish) by its checks: languages.never (1 row)" in first_line(data)
    monkeypatch.setattr(mart, "_MARTS", shipped)
    assert main(["publish"]) == 0
    assert "Refused" not in first_line(data)
    assert main(["warehouse", "checks"]) == 0


DAMAGE = [
    ("article", "confidence = 1.5"),
    ("article", "n_words = -1"),
    ("fetch_log", "bytes_wire = -1"),
]


@pytest.fixture
def warehouse(tmp_path: Path):
    with open_warehouse(connect_at(tmp_path / "w.duckdb")) as con:
        yield con


def found(con, night: date, check: str) -> list[str | None]:
    return [
        r.sample
        for r in store.run_checks(con, night)
        if r.check_name == check and r.n_failed and r.severity == "warn"
    ]


@pytest.mark.parametrize(("table", "damage"), DAMAGE, ids=[d for _, d in DAMAGE])
def test_a_value_out_of_range_is_a_warning(warehouse, table, damage) -> None:
    load(warehouse, QUIET, [entry(1)], [article(1)])
    warehouse.execute(
        "INSERT INTO fetch_log BY NAME SELECT ? AS night, 'feed' AS purpose, '' AS url,"
        " '' AS final_url, 'ok' AS outcome, 1 AS duration_ms, 1 AS bytes_wire,"
        " 1 AS bytes_decoded",
        [QUIET],
    )
    assert found(warehouse, QUIET, "ranges") == []
    warehouse.execute(f"UPDATE {table} SET {damage}")
    assert len(found(warehouse, QUIET, "ranges")) == 1


@pytest.mark.parametrize(
    ("usual", "n_articles", "is_odd"),
    [
        ([90, 90, 90], 30, True),
        ([90, 90, 90], 31, False),
        ([10, 10, 10], 30, True),
        ([10, 10, 10], 29, False),
        ([90, 90], 1, False),
        ([9, 9, 9], 1, False),
    ],
    ids=[
        "a third of the usual is odd",
        "a little more is not",
        "three times as much is odd",
        "a little less is not",
        "two nights are not enough to know",
        "eight articles fewer are no drift",
    ],
)
def test_a_night_unlike_those_before_is_a_warning(
    warehouse, usual: list[int], n_articles: int, is_odd: bool
) -> None:
    for n, count in enumerate(usual, 1):
        row = store.LedgerRow(
            QUIET - timedelta(days=n), n, "c", "a", count, count, article(1).captured_at
        )
        facts = dict.fromkeys(
            ("run_id", "code_version", "sources_digest", "learned"), ""
        )
        store.write_ledger(warehouse, row, facts)
    numbers = range(1, n_articles + 1)
    load(warehouse, QUIET, [entry(n) for n in numbers], [article(n) for n in numbers])
    assert bool(found(warehouse, QUIET, "row_drift")) == is_odd
