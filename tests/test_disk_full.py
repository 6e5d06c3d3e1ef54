"""A full disk stops a stage with a clear error and tears nothing; then it goes on.

One folder at a time is a file system of its own, which is filled to the last byte.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from engines import Engine
from httpworld import World, reply
from nightworld import NIGHT, TEXT, Desk, write_feed, write_item, write_page

from nightdesk.errors import NightdeskError
from nightdesk.landing.inspect import find_lost, verify_files
from nightdesk.pipeline import publish_changes
from nightdesk.pipeline.built import read_loads
from nightdesk.pipeline.publish_task import find_brief
from nightdesk.search.index import open_index
from nightdesk.search.verify import verify_index
from nightdesk.warehouse.catalogue import read_manifest
from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.content import hash_tables
from nightdesk.warehouse.verify import verify_published, verify_warehouse

pytestmark = pytest.mark.slow

FULL = "No space left on device"
NEWS = {
    n: [f"Pier number {n} of Accra was opened in the morning.", *TEXT] for n in "ab"
}


@dataclass(frozen=True)
class Apart(Engine):
    """An engine whose warehouse is in a folder of its own."""

    def uri(self, path: Path) -> str:
        return super().uri(path.parent / "warehouse" / path.name)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Make a folder a small file system; skips where that may not be done."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(folder)]
    made = subprocess.run(mount, capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"only root may mount a file system to fill: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Leave not a byte."""
    filler = disk / ".filler"
    with filler.open("wb", buffering=0) as stream:
        for size in (1 << 20, 4096, 1):
            with suppress(OSError):
                while stream.write(b"\0" * size):
                    pass
    try:
        yield
    finally:
        filler.unlink()


def collect(desk: Desk) -> None:
    desk.collect()


def build(desk: Desk) -> None:
    desk.build()


def publish(desk: Desk) -> None:
    publish_changes(desk.job, desk.connect)


STEPS = (collect, build, publish)
Step = Callable[[Desk], None]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as world:
        yield world


def make_desk(folder: Path, world: World, engine: str = "file") -> Desk:
    folder.mkdir()
    desk = Desk(folder, world, engine=Apart(engine))
    items = [write_item(f"Pier {n}", f"https://alpha.example/{n}") for n in NEWS]
    desk.serve("/feed", write_feed(*items))
    for n, lines in NEWS.items():
        desk.serve(f"/{n}", reply(write_page(f"Pier {n}", lines=lines)))
    return desk


def hash_desk(desk: Desk) -> dict[str, str]:
    with open_warehouse(desk.connect) as con:
        return hash_tables(con)


@pytest.fixture(scope="module")
def whole(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the warehouse holds where no disk was full."""
    desk = make_desk(tmp_path_factory.mktemp("whole") / "desk", world)
    collect(desk)
    build(desk)
    return hash_desk(desk)


def find_faults(desk: Desk) -> list[object]:
    """Everything that a look into all files finds wrong."""
    published = desk.job.settings.published
    found: list[object] = [*verify_files(desk.landing), *find_lost(desk.landing)]
    if (desk.folder / "warehouse").exists():
        found += verify_warehouse(desk.connect, read_loads(desk.landing))
    if (published / "current.duckdb").exists():
        found += verify_published(published)
    return found


@pytest.mark.parametrize(
    ("place", "step", "engine"),
    [
        ("landing/archive", collect, "file"),
        ("landing/captures", collect, "file"),
        ("landing/entries", collect, "file"),
        ("landing/sources", collect, "file"),
        ("landing/journal", collect, "file"),
        ("landing/articles", build, "file"),
        ("landing/tags", build, "file"),
        ("warehouse", build, "file"),
        pytest.param("warehouse", build, "lake", marks=pytest.mark.lake),
        ("published", publish, "file"),
        ("briefs", publish, "file"),
    ],
)
def test_a_stage_whose_disk_is_full_says_so_and_goes_on_later(
    place: str,
    step: Step,
    engine: str,
    world: World,
    tmp_path: Path,
    whole: dict[str, str],
) -> None:
    desk = make_desk(tmp_path / "desk", world, engine)
    with small_disk(desk.folder / place) as disk:
        for each in STEPS:
            if each is step:
                with filled(disk), pytest.raises(NightdeskError) as caught:
                    each(desk)
                assert FULL in str(caught.value)
                assert place.rpartition("/")[2] in str(caught.value), "says where"
                assert find_faults(desk) == []
            each(desk)
        assert hash_desk(desk) == whole
        assert find_faults(desk) == []
        assert find_brief(desk.job.settings.briefs, NIGHT)
        assert list(verify_index(desk.job.settings.published / "search")) == []


def test_a_night_is_published_though_the_index_has_no_room(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = make_desk(tmp_path / "desk", world)
    collect(desk)
    build(desk)
    published = desk.job.settings.published
    search = published / "search"
    with small_disk(search) as disk:
        with filled(disk), caplog.at_level(logging.ERROR):
            publish(desk)
        assert "search index not brought up to date" in caplog.text
        assert FULL in caplog.text
        assert find_faults(desk) == []
        publish(desk)
        assert list(verify_index(search)) == []
        assert open_index(search).snapshot.number == read_manifest(published)["number"]
