"""What tests share: the shipped gazetteer, and where the measuring data lies."""

from __future__ import annotations

import gc
import gzip
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsers import CHROMIUM, open_browser
from engines import KEY, LAKES, NAMES, Engine, open_engine, run_engine, run_on

from nightdesk.gazetteer import load_gazetteer
from nightdesk.settings import SHIPPED
from nightdesk.tag import Gazetteer, Tagger

ROOT = Path(__file__).parents[1]
#: Modules whose warehouses are on the engine of the run.
WORLDS = {"engines", "nightworld", "pageworld", "pastworld"}


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of measuring data beside the checkout; not part of a user's clone."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip(f"no measuring data at {folder}: this test compares with it")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser."""
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH: apt-get install chromium")
    with open_browser() as found:
        yield found


@pytest.fixture(scope="session")
def shipped_gazetteer() -> Gazetteer:
    """The gazetteer as it is shipped: it is read once, and nobody changes it."""
    return load_gazetteer(SHIPPED)


@pytest.fixture(scope="session")
def tagger(shipped_gazetteer: Gazetteer) -> Tagger:
    """A tagger with the gazetteer as it is shipped."""
    return Tagger(shipped_gazetteer)


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(n, marks=[pytest.mark.lake] if n in LAKES else []) for n in NAMES
    ],
)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Every engine in turn that a warehouse may be on."""
    with open_engine(request.param) as found:
        yield found


@pytest.fixture(scope="session")
def few_cities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped files with few cities: quick to read many times."""
    copy = tmp_path_factory.mktemp("few") / "config"
    shutil.copytree(SHIPPED, copy)
    cities = copy / "gazetteer" / "cities.tsv.gz"
    rows = gzip.decompress(cities.read_bytes()).split(b"\n")
    cities.write_bytes(gzip.compress(b"\n".join(rows[:300]) + b"\n", mtime=0))
    return copy


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the warehouses of the tests are."""
    parser.addoption(
        "--engine",
        choices=NAMES,
        help="run the tests that open a warehouse, and these alone, on this engine",
    )


@pytest.fixture(scope="session", autouse=True)
def _run_engine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Put every warehouse of the run on the engine that is asked for."""
    name = request.config.getoption("--engine") or NAMES[0]
    try:
        with run_on(name), pytest.MonkeyPatch.context() as patch:
            if run_engine().store:  # for commands; tests name it themselves
                patch.setenv("NIGHTDESK_SECRET_NIGHTDESK_WAREHOUSE", KEY)
            yield
    except pytest.skip.Exception as error:
        pytest.exit(f"--engine {name}: {error}", 2)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave what the engine that is asked for has no part in."""
    name = config.getoption("--engine")
    if name is None:
        return
    left = [item for item in items if _is_of(item, name)]
    config.hook.pytest_deselected(items=[item for item in items if item not in left])
    items[:] = left
    for item in items:
        if name != NAMES[0] and (mark := item.get_closest_marker("file_only")):
            item.add_marker(pytest.mark.skip(f"on a file only: {mark.args[0]}"))


def _is_of(item: pytest.Item, engine: str) -> bool:
    """Say whether a test opens a warehouse that is on an engine."""
    names = {getattr(value, "__module__", "") for value in vars(item.module).values()}
    asked = getattr(item, "callspec", None)
    asked = {asked.params.get(key) for key in ("engine", "lake")} if asked else {None}
    return not names.isdisjoint(WORLDS) and asked <= {None, engine}


def pytest_collection_finish() -> None:
    """Keep the garbage collector from walking seven thousand tests again and again."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Where NIGHTDESK_NO_SKIPS is set, a skipped test is a failed one."""
    outcome = yield
    report = outcome.get_result()
    is_asked = item.config.getoption("--engine") and item.get_closest_marker(
        "file_only"
    )
    if report.skipped and not is_asked and os.environ.get("NIGHTDESK_NO_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {report.longrepr}"
