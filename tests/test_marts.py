"""Each mart over small tables: what its query returns, what its checks catch.

A case is a folder of `tests/sql/<mart>/<case>/`: a CSV per filled table and the
expected rows, in order, in expect.csv. A column that a CSV leaves out is NULL, or where
the schema forbids that the plainest value of its type; a DATE is then the night itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml

from nightdesk.warehouse.mart import load_marts

NIGHT = date(2026, 11, 24)
CASES = Path(__file__).parent / "sql"
WAREHOUSE = Path(__file__).parents[1] / "include" / "nightdesk" / "warehouse"
MARTS = sorted(path.parent.name for path in WAREHOUSE.glob("marts/*/query.sql"))
PLAIN = {
    "VARCHAR": "''",
    "BIGINT": "0",
    "DOUBLE": "0.0",
    "BOOLEAN": "false",
    "DATE": f"DATE '{NIGHT}'",
    "TIMESTAMP WITH TIME ZONE": f"TIMESTAMPTZ '{NIGHT} 00:00:00+00'",
}
CHECK = re.compile(r"^-- (error|warn): (\w+)\n(.+?);$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        # Far from UTC, so that a mart that follows the session's clock is found.
        connection.execute("SET TimeZone = 'Asia/Karachi'")
        for script in sorted((WAREHOUSE / "schema").glob("*.sql")):
            connection.execute(script.read_text("utf-8"))
        yield connection


def read_mart(mart: str, part: str) -> str:
    return (WAREHOUSE / "marts" / mart / part).read_text("utf-8")


def fill_table(con: duckdb.DuckDBPyConnection, csv: Path) -> None:
    columns = con.execute(
        "SELECT column_name, data_type, is_nullable FROM information_schema.columns"
        " WHERE table_name = ? ORDER BY ordinal_position",
        [csv.stem],
    ).fetchall()
    stated = csv.read_text("utf-8").splitlines()[0].split(",")
    unknown = set(stated) - {name for name, _, _ in columns}
    assert not unknown, f"{csv}: the table has no column {sorted(unknown)}"
    values = []
    for name, kind, is_nullable in columns:
        if name in stated:
            values.append(f'CAST("{name}" AS {kind})')
        else:
            values.append("NULL" if is_nullable == "YES" else PLAIN[kind])
    con.execute(
        f"INSERT INTO {csv.stem} SELECT {', '.join(values)}"
        f" FROM read_csv('{csv}', header = true, all_varchar = true)"
    )


def make_inputs(
    con: duckdb.DuckDBPyConnection, mart: str, case: Path = Path("none")
) -> None:
    """Make the marts that a mart reads: from the case's CSV, else by their queries."""
    marts = {other.name: other for other in load_marts()}
    for name in marts[mart].reads:
        csv = case / f"{name}.csv"
        if con.execute("FROM duckdb_tables() WHERE table_name = ?", [name]).fetchall():
            continue
        if csv.exists():
            columns = ", ".join(f'"{c}" {kind}' for c, kind in marts[name].columns)
            con.execute(f"CREATE TABLE {name} ({columns})")
            fill_table(con, csv)
        else:
            make_inputs(con, name, case)
            build_mart(con, name)


def fill_case(con: duckdb.DuckDBPyConnection, mart: str, case: Path) -> None:
    """Fill the tables of a case, and make the marts that its mart reads."""
    marts = {f"{other.name}.csv" for other in load_marts()}
    for csv in sorted(case.glob("*.csv")):
        if csv.stem != "expect" and csv.name not in marts:
            fill_table(con, csv)
    make_inputs(con, mart, case)


def build_mart(con: duckdb.DuckDBPyConnection, mart: str) -> list[tuple[str, str]]:
    """Make the mart of NIGHT as a table; return its columns with their types."""
    con.execute(
        f"CREATE TABLE {mart} AS ({read_mart(mart, 'query.sql')})", {"night": NIGHT}
    )
    rows = con.execute(f"DESCRIBE {mart}").fetchall()
    return [(name, kind) for name, kind, *_ in rows]


def read_rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    return [row for (row,) in con.execute(sql).fetchall()]


def list_cases() -> list[object]:
    folders = sorted(path.parent for path in CASES.glob("*/*/expect.csv"))
    return [
        pytest.param(path, id=f"{path.parent.name}: {path.name.replace('_', ' ')}")
        for path in folders
    ]


@pytest.mark.parametrize("case", list_cases())
def test_query(con: duckdb.DuckDBPyConnection, case: Path) -> None:
    mart = case.parent.name
    fill_case(con, mart, case)
    columns = build_mart(con, mart)
    expect = case / "expect.csv"
    assert expect.read_text("utf-8").splitlines()[0] == ",".join(c for c, _ in columns)
    typed = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in columns)
    con.execute(
        f"CREATE TABLE expected AS SELECT {typed}"
        f" FROM read_csv('{expect}', header = true, all_varchar = true)"
    )
    missing = f"(FROM expected EXCEPT ALL FROM {mart})"
    surplus = f"(FROM {mart} EXCEPT ALL FROM expected)"
    assert read_rows(con, f"SELECT x::VARCHAR FROM {missing} AS x") == []
    assert read_rows(con, f"SELECT x::VARCHAR FROM {surplus} AS x") == []
    rows = read_rows(con, f"SELECT x::VARCHAR FROM {mart} AS x")
    assert rows == read_rows(con, "SELECT x::VARCHAR FROM expected AS x")
    broken = {
        name: rows
        for severity, name, sql in CHECK.findall(read_mart(mart, "checks.sql"))
        if (rows := con.execute(sql, {"night": NIGHT}).fetchall())
        and severity == "error"
    }
    assert broken == {}


@pytest.mark.parametrize("mart", MARTS)
def test_schema_is_real(con: duckdb.DuckDBPyConnection, mart: str) -> None:
    make_inputs(con, mart)
    schema = yaml.safe_load(read_mart(mart, "schema.yaml"))
    stated = [(column["name"], column["type"]) for column in schema["columns"]]
    assert stated == build_mart(con, mart)
    assert schema["mart"] == mart
    assert schema["grain"].startswith("night")
    assert schema["answers"].endswith("?")
    assert all(column["means"].endswith(".") for column in schema["columns"])


@pytest.mark.parametrize("mart", MARTS)
def test_mart_has_three_cases(mart: str) -> None:
    cases = {path.parent.name for path in (CASES / mart).glob("*/expect.csv")}
    assert len(cases) >= 3
    assert "empty" in cases


@pytest.mark.parametrize("mart", MARTS)
def test_query_can_be_copied(
    con: duckdb.DuckDBPyConnection, mart: str, tmp_path: Path
) -> None:
    make_inputs(con, mart)
    part = tmp_path / "part.parquet"
    query = read_mart(mart, "query.sql")
    con.execute(f"COPY ({query}) TO '{part}' (FORMAT parquet)", {"night": NIGHT})
    copied = con.execute(f"DESCRIBE FROM read_parquet('{part}')").fetchall()
    assert [(name, kind) for name, kind, *_ in copied] == build_mart(con, mart)


@pytest.mark.parametrize("mart", MARTS)
def test_checks_file_is_whole(mart: str) -> None:
    text = read_mart(mart, "checks.sql")
    checks = CHECK.findall(text)
    assert len(checks) == text.count(";") == len(re.findall(r"^-- \w+: ", text, re.M))
    assert len({name for _, name, _ in checks}) == len(checks)


BROKEN = [
    ("articles_by_region", "n_texts = 9", "sources_texts_and_articles_are_ordered"),
    ("articles_by_region", "share = 1.5", "share_is_between_0_and_1"),
    ("articles_by_region", "region_id = 'x'", "one_row_per_region_and_role"),
    ("articles_by_region", "scheme = NULL", "region_is_known"),
    ("entities_by_day", "entity_id = 'x'", "one_row_per_entity"),
    ("entities_by_day", "n_sources = 0", "sources_texts_and_articles_are_ordered"),
    ("entities_by_day", "type = 'DOG'", "type_is_known"),
    ("entities_by_day", "n_mentions = 0", "each_article_has_a_mention"),
    ("top_clusters", "cluster_id = 1", "one_row_per_cluster"),
    ("top_clusters", "n_tonight = 0", "a_cluster_has_two_articles_or_more"),
    ("top_clusters", "copies = NULL", "all_but_the_canonical_are_copies"),
    ("top_clusters", "url = NULL", "canonical_article_is_loaded"),
    ("top_stories", "story_id = 1", "one_row_per_story"),
    ("top_stories", "n_sources = 9", "sources_texts_and_articles_are_ordered"),
    ("top_stories", "n_articles = 1", "a_story_has_two_articles_or_more"),
    ("top_stories", "reports = NULL", "every_text_is_reported_once"),
    ("own_reporting", "source_id = 'x'", "one_row_per_source"),
    ("own_reporting", "n_own = 99", "parts_add_up"),
    ("own_reporting", "n_texts = 99", "texts_are_not_more_than_articles"),
    ("own_reporting", "own_share = 2", "own_share_is_between_0_and_1"),
    ("source_health", "source_id = 'x'", "one_row_per_source"),
    ("source_health", "n_seen = 99", "bins_add_up"),
    ("source_health", "wire_share = 2", "wire_share_is_between_0_and_1"),
    ("source_health", "status = 'asleep'", "status_is_known"),
    (
        "source_health",
        "status = 'failed', reason = NULL",
        "a_source_that_is_not_ok_says_why",
    ),
    (
        "source_health",
        "status = 'ok', n_seen = 1, n_loaded = 0, n_duplicate = 0",
        "source_with_entries_has_articles",
    ),
    (
        "coverage_by_night",
        "night = DATE '1999-01-01'",
        "the_night_has_one_row",
    ),
    ("coverage_by_night", "n_seen = 99", "bins_add_up"),
    ("coverage_by_night", "n_sources = 99", "sources_add_up"),
    ("coverage_by_night", "n_texts = 99", "sources_texts_and_articles_are_ordered"),
    ("coverage_by_night", "n_loaded = 99", "loaded_entries_are_articles"),
    ("coverage_by_night", "n_articles = 0", "a_night_has_articles"),
    ("reasons", "bin = 'failed', reason = 'x'", "one_row_per_bin_and_reason"),
    ("reasons", "bin = 'loaded'", "bin_is_known"),
    ("reasons", "reason = 'not stated'", "every_entry_says_why"),
    ("articles_by_hour", "hour = 1", "one_row_per_hour"),
    ("articles_by_hour", "hour = 24", "hour_is_of_a_day"),
    ("articles_by_hour", "n_texts = 99", "texts_are_not_more_than_articles"),
    ("articles_by_hour", "hour = NULL", "most_articles_state_an_hour"),
    ("desk_days", "day = night", "one_row_per_desk_and_day"),
    ("desk_days", "day = night - 2", "day_is_near_the_night"),
    ("desk_days", "status = 'soon'", "status_is_known"),
    ("desk_days", "n_texts = 99", "sources_texts_and_articles_are_ordered"),
    ("languages", "lang = 'en'", "one_row_per_language"),
    ("languages", "n_untagged = 99", "parts_are_not_more_than_articles"),
    ("languages", "n_untagged = 1", "language_can_be_tagged"),
    ("attended", "article_id = 1", "one_row_per_item_and_article"),
    ("attended", "kind = 'mood'", "kind_is_known"),
    ("attention", "item_id = 'x'", "one_row_per_item"),
    ("attention", "n_texts = 99", "sources_texts_and_articles_are_ordered"),
    ("attention", "share_texts = 2", "shares_are_between_0_and_1"),
    ("baseline", "night = DATE '1999-01-01'", "the_night_has_one_row"),
    ("baseline", "n_nights_7 = 8", "windows_hold_what_they_can"),
    ("expected_texts", "item_id = 'x'", "one_row_per_window_and_item"),
    ("expected_texts", "expected = 0", "something_is_always_expected"),
    ("unusual", "item_id = 'x', kind = 'region'", "one_row_per_item"),
    ("unusual", "verdict = 'odd'", "verdict_is_known"),
    ("unusual", "q = -1", "probabilities_are_some"),
    ("unusual", "verdict = 'rise', stories = NULL", "a_rise_has_its_stories"),
    ("new_names", "entity_id = 'x'", "one_row_per_entity"),
    ("new_names", "n_texts = 99", "somebody_named_it"),
    ("missed_stories", "source_id = 'x'", "one_row_per_story_and_source"),
    ("missed_stories", "n_covered = n_able", "a_story_that_is_missed_is_big"),
    ("missed_stories", "n_articles = 0", "a_source_that_missed_it_was_read"),
    ("story_timeline", "place = 1", "one_row_per_place"),
    ("story_timeline", "event = 'riot'", "event_is_known"),
    ("article_list", "article_id = 1", "one_row_per_article"),
    ("article_list", "title = NULL", "article_has_a_title"),
]


@pytest.mark.parametrize(
    ("mart", "damage", "check"), BROKEN, ids=[f"{m}: {c}" for m, _, c in BROKEN]
)
def test_check_finds_damage(
    con: duckdb.DuckDBPyConnection, mart: str, damage: str, check: str
) -> None:
    fill_case(con, mart, CASES / mart / "copies_and_own_work")
    build_mart(con, mart)
    checks = {n: sql for _, n, sql in CHECK.findall(read_mart(mart, "checks.sql"))}
    assert con.execute(checks[check], {"night": NIGHT}).fetchall() == []
    con.execute(f"UPDATE {mart} SET {damage}")
    assert con.execute(checks[check], {"night": NIGHT}).fetchall() != []


def test_every_check_is_damaged_once() -> None:
    stated = {
        (mart, name)
        for mart in MARTS
        for _, name, _ in CHECK.findall(read_mart(mart, "checks.sql"))
    }
    assert stated == {(mart, check) for mart, _, check in BROKEN}
