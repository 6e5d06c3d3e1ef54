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
from engines import LAKES, NAMES, Engine, open_engine

from nightdesk.gazetteer import load_gazetteer
from nightdesk.settings import SHIPPED
from nightdesk.tag import Gazetteer, Tagger

ROOT = Path(__file__).parents[1]


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


def pytest_collection_finish() -> None:
    """Keep the garbage collector from walking seven thousand tests again and again."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Where NIGHTDESK_NO_SKIPS is set, a skipped test is a failed one."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("NIGHTDESK_NO_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {report.longrepr}"
