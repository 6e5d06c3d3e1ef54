"""The recipes and questions in docs/ run as they stand, and no reader is in the way."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import duckdb
import pytest
from engines import connect_to, name_warehouse

from nightdesk.config import Settings
from nightdesk.newsstand import World, serve
from nightdesk.pipeline import Job, plan_run, publish_changes, run_night
from nightdesk.warehouse.read import open_catalogue

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DOCS = Path(__file__).parents[1] / "docs"
NIGHTS = (date(2026, 3, 1), date(2026, 3, 2))
MORNING = datetime(2026, 3, 3, 0, 20, tzinfo=UTC)


def at(moment: datetime) -> datetime:
    return moment


def read_blocks(page: str, kind: str) -> list[tuple[str, str]]:
    """Return heading and text of the blocks of a page, one for each section."""
    text = (DOCS / page).read_text("utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    found = []
    for section in sections:
        for block in re.findall(rf"```{kind}\n(.*?)```", section, re.DOTALL):
            found.append((section.splitlines()[0], block))
    return found


QUESTIONS = read_blocks("questions.md", "sql")
RECIPES = read_blocks("readers.md", "python")


def imported(code: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
    return names


RUNNABLE = [
    (name, code)
    for name, code in RECIPES
    if all(importlib.util.find_spec(module) for module in imported(code))
]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    """A job in whose data folder two newsstand nights are published."""
    folder = tmp_path_factory.mktemp("desk") / "data"
    world = World(now=partial(at, MORNING), articles_per_night=120)
    with serve(world) as stand:
        settings = Settings(
            data=folder,
            landing=str(folder / "landing"),
            warehouse=name_warehouse(folder / "warehouse" / "nightdesk.duckdb"),
            mirrors=world.mirrors(stand.base_url),
        )
        found = Job(settings, "test", partial(at, MORNING))
        for night in NIGHTS:
            run_night(found, plan_run(found, night), connect_to(settings.warehouse))
        yield found


@pytest.mark.parametrize(("title", "sql"), QUESTIONS, ids=[q for q, _ in QUESTIONS])
def test_a_question_is_answered(job: Job, title: str, sql: str) -> None:
    with open_catalogue(job.settings.published) as con:
        rows = con.execute(sql).fetchall()
        assert rows == con.execute(sql).fetchall(), "its order is left open"
    assert rows, title
    assert all(any(value is not None for value in row) for row in rows)


def test_there_are_ten_questions() -> None:
    assert len(QUESTIONS) == 10
    assert all(title.endswith("?") for title, _ in QUESTIONS)


def test_the_words_of_a_mention_are_its_surface(job: Job) -> None:
    (sql,) = [sql for title, sql in QUESTIONS if "where a name stands" in title]
    with open_catalogue(job.settings.published) as con:
        rows = con.execute(sql).fetchall()
    assert [row[2] for row in rows] == [row[0] for row in rows]
    assert all(row[2] in row[3] for row in rows)


@pytest.mark.parametrize(("name", "code"), RUNNABLE, ids=[n for n, _ in RUNNABLE])
def test_a_recipe_runs(
    job: Job, name: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(job.settings.data.parent)
    scope: dict[str, object] = {}
    exec(compile(code, name, "exec"), scope)  # noqa: S102  our own page
    assert scope["rows"] is not None
    assert len(scope["rows"]) > 0  # type: ignore[arg-type]


def test_recipes_open_the_catalogue_read_only() -> None:
    assert {"Python", "Arrow"} <= {name for name, _ in RUNNABLE}
    for name, code in RECIPES:
        ast.parse(code)
        assert "current.duckdb" in code, name
        assert code.count("duckdb.connect(") == code.count("read_only=True"), name


def test_a_reader_that_stays_blocks_no_load_and_sees_its_night(job: Job) -> None:
    path = job.settings.published / "current.duckdb"
    count = "SELECT count(DISTINCT night) FROM coverage_by_night"
    with duckdb.connect(str(path), read_only=True) as reader:
        assert reader.execute(count).fetchone() == (2,)
        day = NIGHTS[-1] + timedelta(days=-9)
        connect = connect_to(job.settings.warehouse)
        run_night(job, plan_run(job, day, offline=True), connect)
        publish_changes(job, connect)
        assert reader.execute(count).fetchone() == (2,)
        with duckdb.connect(str(path), read_only=True) as later:
            assert later.execute(count).fetchone() == (3,)
