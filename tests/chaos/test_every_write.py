"""A collect run that is cut off after any number of writes loses no undated entry."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from nightdesk.config import Settings
from nightdesk.landing import Landing
from nightdesk.model import Listing
from nightdesk.newsstand import World, serve
from nightdesk.pipeline import Job, collect_sources

MORNING = datetime(2026, 3, 2, 0, 20, tzinfo=UTC)
NIGHT = date(2026, 3, 1)
_DATES = re.compile(rb"<(pubDate|dc:date|published|updated)>[^<]*</\1>")


class Cut(BaseException):
    """The process is gone; nothing catches it."""


class UndatedWorld(World):
    """The sample world, whose feeds state no dates."""

    def respond(self, *request):
        answer = super().respond(*request)
        return dataclasses.replace(answer, body=_DATES.sub(b"", answer.body))


@pytest.fixture(scope="module")
def mirrors() -> Iterator[dict[str, str]]:
    world = UndatedWorld(now=lambda: MORNING, articles_per_night=60)
    with serve(world) as stand:
        yield world.mirrors(stand.base_url)


def collect(folder: Path, mirrors: dict[str, str], n: int) -> None:
    settings = Settings(
        data=folder,
        landing=str(folder / "landing"),
        warehouse=str(folder / "w.duckdb"),
        mirrors=mirrors,
    )
    job = Job(settings, f"run {n}", lambda: MORNING + timedelta(minutes=n))
    rss = [s.id for s in job.load_sources().enabled if s.kind == "rss"][:2]
    collect_sources(job, NIGHT, rss)


def read_urls(folder: Path) -> tuple[set[str], set[str]]:
    """Return the entries, and those whose capture the URL index knows."""
    landing = Landing(str(folder / "landing"))
    rows = landing.read_folder(f"undated/day={MORNING.date()}", Listing)
    known = landing.find_urls({row.article_id for row in rows})
    captured = {key for key, looks in known.items() if any(k.file for k in looks)}
    return {r.url for r in rows}, {r.url for r in rows if r.article_id in captured}


@pytest.mark.kill
@pytest.mark.parametrize("n_writes", range(14))
def test_no_write_is_the_wrong_one_to_die_after(
    tmp_path: Path,
    mirrors: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    n_writes: int,
) -> None:
    collect(tmp_path / "whole", mirrors, 0)
    put, n_puts = Landing.put, 0

    def put_some(self: Landing, name: str, data: bytes) -> str:
        nonlocal n_puts
        n_puts += 1
        if n_puts > n_writes:
            raise Cut
        return put(self, name, data)

    with monkeypatch.context() as patch:
        patch.setattr(Landing, "put", put_some)
        try:
            collect(tmp_path / "cut", mirrors, 0)
        except Cut:
            pass
        else:
            assert n_puts <= n_writes
    collect(tmp_path / "cut", mirrors, 1)
    wanted, found = read_urls(tmp_path / "whole"), read_urls(tmp_path / "cut")
    assert found == wanted
    assert len(wanted[0]) == 5
