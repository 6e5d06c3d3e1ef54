"""The schema is what is said of it, and every row can say where it comes from."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import duckdb
import pytest
from engines import connect_at, connect_to, name_warehouse
from warehouseworld import NIGHT as QUIET
from warehouseworld import article, entry, load

from nightdesk.config import Settings
from nightdesk.errors import WarehouseError
from nightdesk.newsstand import World, serve
from nightdesk.pipeline import Job, plan_run, run_night
from nightdesk.warehouse import connect, describe
from nightdesk.warehouse.connect import migrate, open_warehouse
from nightdesk.warehouse.publish import publish_nights
from nightdesk.warehouse.read import open_catalogue
from nightdesk.warehouse.schema_page import write_page
from nightdesk.warehouse.schema_picture import draw_schema

ROOT = Path(__file__).parents[1]
NIGHT = date(2026, 3, 1)
MORNING = datetime(2026, 3, 2, 0, 20, tzinfo=UTC)
TABLES = describe.read_tables()
MARTS = describe.read_marts()


def at(moment: datetime) -> datetime:
    return moment


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what was published of a newsstand night."""
    folder = tmp_path_factory.mktemp("night")
    world = World(now=partial(at, MORNING), articles_per_night=120)
    with serve(world) as stand:
        settings = Settings(
            data=folder,
            landing=str(folder / "landing"),
            warehouse=name_warehouse(folder / "nightdesk.duckdb"),
            mirrors=world.mirrors(stand.base_url),
        )
        job = Job(settings, "test", partial(at, MORNING))
        run_night(job, plan_run(job, NIGHT), connect_to(settings.warehouse))
    return settings.published


@pytest.fixture
def catalogue(night: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_catalogue(night) as con:
        yield con


def list_columns(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    names = con.execute(
        "SELECT table_name FROM information_schema.tables ORDER BY 1"
    ).fetchall()
    return {
        name: [row[:2] for row in con.execute(f"DESCRIBE {name}").fetchall()]
        for (name,) in names
    }


def described(tables: dict[str, describe.Table]) -> dict[str, list[tuple[str, str]]]:
    return {t.name: [(c.name, c.type) for c in t.columns] for t in tables.values()}


def stored(tables: dict[str, describe.Table]) -> dict[str, list[tuple[str, str]]]:
    """What is described without what publishing adds."""
    found = {
        table.name: [(c.name, c.type) for c in table.columns if not c.added]
        for table in tables.values()
    }
    return {name: columns for name, columns in found.items() if columns}


def test_every_table_and_column_is_described_and_no_other() -> None:
    with duckdb.connect() as con:
        migrate(con)
        real = list_columns(con)
    assert stored(TABLES) == real


def test_the_docs_name_the_tables_that_hold_for_all_nights() -> None:
    nightless = {
        table.name
        for table in TABLES.values()
        if table.use == "promised" and "night" not in {c.name for c in table.columns}
    }
    for name, sentence in (
        ("warehouse.md", r"all nights and have\s+none: (.+?)\. "),
        ("schema.md", r"owns a row; (.+?)\s+hold\s+for all nights"),
    ):
        text = (ROOT / "docs" / name).read_text("utf-8")
        (said,) = re.findall(sentence, text, re.DOTALL)
        assert set(re.findall(r"`(\w+)`", said)) == nightless, name


def test_descriptions_are_sentences_and_point_somewhere() -> None:
    for table in TABLES.values():
        columns = {column.name for column in table.columns}
        assert set(table.key) <= columns, table.name
        assert table.key, table.name
        assert table.means.endswith("."), table.name
        for column in table.columns:
            assert column.means.endswith("."), (table.name, column.name)
            if column.to:
                name, target = column.to.split(".")
                assert target in {c.name for c in TABLES[name].columns}, column


def test_a_wrong_description_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (Path(describe.__file__).parent / "story.yaml").read_text("utf-8")
    monkeypatch.setattr(describe, "_HERE", tmp_path)
    for old, new, message in (
        ("use: promised", "use: maybe", "use: 'maybe'; allowed: promised, internal"),
        ("\nmeans:", "\nmeant:", "means: missing"),
        ("type: DATE", "typ: DATE", "columns: .*'typ'"),
        ("columns:", "columns: [", ""),
    ):
        assert old in text
        (tmp_path / "story.yaml").write_text(text.replace(old, new))
        with pytest.raises(WarehouseError, match=f"(?s)story.yaml.*{message}"):
            describe.read_tables()


def test_the_page_and_the_picture_are_current() -> None:
    cure = "run: nightdesk warehouse describe --docs docs"
    changes = describe.read_changes()
    page = write_page(TABLES.values(), MARTS.values(), changes)
    assert (ROOT / "docs/schema.md").read_text("utf-8") == page, cure
    picture = draw_schema(TABLES.values())
    assert (ROOT / "docs/schema.svg").read_text("utf-8") == picture, cure


def test_every_migration_says_what_it_changed() -> None:
    files = sorted((ROOT / "include/nightdesk/warehouse/schema").glob("[0-9]*.sql"))
    numbers = [int(path.name.split("_")[0]) for path in files]
    assert [change.version for change in describe.read_changes()] == numbers[::-1]


def test_what_was_promised_is_kept() -> None:
    real = {
        f"{table.name}.{column.name} {column.type}"
        for table in (TABLES | MARTS).values()
        if table.use == "promised"
        for column in table.columns
    }
    promised = set((ROOT / "tests/data/promised.txt").read_text("utf-8").splitlines())
    assert sorted(promised - real) == [], "a breaking change: say so in CHANGELOG.md"


@pytest.mark.slow
def test_the_catalogue_is_what_is_promised(catalogue) -> None:
    promised = {n: t for n, t in (TABLES | MARTS).items() if t.use == "promised"}
    assert list_columns(catalogue) == described(promised)


@pytest.mark.slow
def test_the_catalogue_carries_the_descriptions(catalogue) -> None:
    rows = catalogue.execute(
        "SELECT table_name, column_name, comment FROM duckdb_columns() "
        "WHERE NOT internal"
    ).fetchall()
    assert {(t, c): said for t, c, said in rows} == {
        (table.name, column.name): column.means
        for table in (TABLES | MARTS).values()
        if table.use == "promised"
        for column in table.columns
    }
    tables = catalogue.execute(
        "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal"
        " UNION ALL SELECT table_name, comment FROM duckdb_tables()"
    ).fetchall()
    assert [name for name, said in tables if not said] == []


@pytest.mark.slow
def test_rows_are_one_a_grain(catalogue) -> None:
    filled = []
    for table in TABLES.values():
        if table.use != "promised":
            continue
        key = ", ".join(table.key)
        doubles = catalogue.execute(
            f"SELECT {key} FROM {table.name} GROUP BY {key} HAVING count(*) > 1"
        ).fetchall()
        assert doubles == [], table.name
        if catalogue.execute(f"SELECT 1 FROM {table.name} LIMIT 1").fetchall():
            filled.append(table.name)
    assert len(filled) >= 20, filled  # a check over empty tables would say nothing


#: Rows whose reference leads nowhere by its meaning.
DANGLING = {
    ("entry", "article_id"): "bin IN ('rejected', 'failed', 'pending')",
}


@pytest.mark.slow
def test_references_lead_to_rows(catalogue) -> None:
    n_rows = 0
    for table in TABLES.values():
        for column in table.columns:
            if table.use != "promised" or not column.to:
                continue
            name, target = column.to.split(".")
            but = DANGLING.get((table.name, column.name), "false")
            rows = catalogue.execute(
                f"SELECT {column.name}, {column.name} IN (SELECT {target} FROM {name}) "
                f"FROM {table.name} WHERE {column.name} IS NOT NULL AND NOT ({but})"
            ).fetchall()
            n_rows += len(rows)
            assert [value for value, is_there in rows if not is_there] == [], column
    assert n_rows > 1000


@pytest.mark.slow
def test_every_article_says_where_it_comes_from(catalogue) -> None:
    text = (ROOT / "docs/warehouse.md").read_text("utf-8")
    (sql,) = re.findall(r"## Where does a row.*?```sql\n(.*?)```", text, re.DOTALL)
    rows = catalogue.execute(sql).fetchall()
    names = [column[0] for column in catalogue.description]
    ids = catalogue.execute("SELECT article_id FROM article ORDER BY 1").fetchall()
    assert [row[0] for row in rows] == [row[0] for row in ids]
    assert len(rows) > 80
    for row in rows:
        assert all(row), dict(zip(names, row, strict=True))


@pytest.mark.slow
def test_a_migration_reaches_the_nights_that_were_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = connect_at(tmp_path / "w.duckdb")
    published = tmp_path / "published"
    with open_warehouse(opened) as con:
        load(con, QUIET, [entry(1)], [article(1)])
        publish_nights(con, published)
    fresh = tmp_path / "schema"
    shutil.copytree(connect._SCHEMA, fresh)
    (fresh / "999_more.sql").write_text(
        "ALTER TABLE article ADD COLUMN more BIGINT; UPDATE article SET more = 7;"
    )
    monkeypatch.setattr(connect, "_SCHEMA", fresh)
    with open_warehouse(opened) as con:
        publish_nights(con, published)
    with open_catalogue(published) as con:
        assert con.execute("SELECT more FROM article").fetchall() == [(7,)]
