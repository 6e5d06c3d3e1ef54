"""Outlets on a loopback server and a desk that watches them, for whole-way tests."""

from __future__ import annotations

import atexit
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from engines import Engine, copy_desk, run_engine
from httpworld import Answer, World, reply

from nightdesk.config import Settings
from nightdesk.landing import Landing
from nightdesk.model import Attempt
from nightdesk.pipeline import (
    Job,
    collect_sources,
    deduplicate_nights,
    extract_pages,
    load_nights,
    plan_run,
    select_pages,
    tag_articles,
)
from nightdesk.pipeline.extract_task import Extractors, open_extractors
from nightdesk.warehouse.connect import Connect, open_warehouse

NIGHT = date(2026, 3, 5)
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
MORNING = datetime(2026, 3, 6, 0, 30, tzinfo=UTC)
TEXT = [
    "Ministers of Ghana and Togo met in Accra on Thursday to settle a fish quarrel.",
    "Trade Minister Ama Sample said the two countries would share their catch evenly.",
    "Fishing crews in Lome had blocked the harbour for nine days before the meeting.",
    "The agreement runs until the end of the year and can be renewed by both sides.",
]


def write_page(title: str, head: str = "", lines: list[str] = TEXT) -> str:
    body = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f"<html><head><title>{title}</title>{head}</head>"
        f"<article><h1>{title}</h1>{body}</article></html>"
    )


def write_item(title: str, link: str, at: datetime = NOON, more: str = "") -> str:
    stamp = at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    return (
        f"<item><title>{title}</title><link>{link}</link>"
        f"<pubDate>{stamp}</pubDate>{more}</item>"
    )


def write_feed(*items: str) -> bytes:
    rss = (
        f'<rss version="2.0"><channel><title>F</title>{"".join(items)}</channel></rss>'
    )
    return reply(rss, kind="application/rss+xml")


@cache
def share_extractors() -> Extractors:
    """Return one pool of processes for all tests: each takes a second to start."""
    pool = open_extractors()
    atexit.register(pool.__exit__, None, None, None)
    return pool


def _stand_still(moment: datetime) -> datetime:
    return moment


@dataclass
class Desk:
    """A data folder, a clock, and outlets at https://NAME.example/."""

    folder: Path
    world: World
    hosts: tuple[str, ...] = ("alpha.example",)
    options: Mapping[str, str] = field(default_factory=dict)  # keys of the source
    moment: datetime = MORNING
    job_options: Mapping[str, Any] = field(default_factory=dict)
    engine: Engine = field(default_factory=run_engine)

    def copy(self, folder: Path) -> Desk:
        """Return a desk of its own, in a new folder: one that a test may damage."""
        copy_desk(self.folder, folder)
        return replace(self, folder=folder)

    def name(self, patch: pytest.MonkeyPatch) -> None:
        """Have commands work on it."""
        settings = self.job.settings
        patch.setenv("NIGHTDESK_DATA", str(settings.data))
        patch.setenv("NIGHTDESK_WAREHOUSE", settings.warehouse)
        patch.setenv("NIGHTDESK_CONTACT", settings.contact)

    def serve(self, path: str, answer: Answer, host: str = "alpha.example") -> None:
        self.world.pages[f"/{host}{path}"] = answer

    def serve_news(self, news: Mapping[str, Sequence[str]]) -> None:
        """Serve a feed, and an article "A NAME" of some lines for each name."""
        items = [write_item(f"A {n}", f"https://alpha.example/{n}") for n in news]
        self.serve("/feed", write_feed(*items))
        for name, lines in news.items():
            self.serve(f"/{name}", reply(write_page(f"A {name}", lines=lines)))

    @property
    def job(self) -> Job:
        settings = Settings(
            data=self.folder,
            landing=str(self.folder / "landing"),
            warehouse=self.engine.uri(self.folder / "warehouse.duckdb"),
            contact="desk@newsroom.example",
            mirrors={f"https://{h}/": self.world.url(f"/{h}/") for h in self.hosts},
        )
        more = "".join(f", {key}: {value}" for key, value in self.options.items())
        row = 'id: alpha, name: Alpha, kind: rss, url: "https://alpha.example/feed"'
        settings.config_dir.mkdir(exist_ok=True)
        (settings.config_dir / "sources.yaml").write_text(
            f"sources:\n  - {{{row}, gap_s: 0{more}}}\n"
        )
        clock = partial(_stand_still, self.moment)
        return Job(settings, "test", clock, **self.job_options)

    @property
    def landing(self) -> Landing:
        return Landing(str(self.folder / "landing"))

    def collect(self, night: date | None = NIGHT) -> dict[str, int]:
        self.moment += timedelta(minutes=1)
        return collect_sources(self.job, night, ["alpha"])

    def build(self, night: date = NIGHT) -> None:
        """Build a night from the archive alone, in this process, and load it."""
        job = self.job
        plan_run(job, night, offline=True)
        pool = share_extractors()
        shards = select_pages(job, night)
        shards = [extract_pages(job, shard, pool=pool) for shard in shards]
        joined = deduplicate_nights(job, shards)
        shards = [tag_articles(job, shard) for shard in shards]
        load_nights(job, night, shards, joined, self.connect)

    @property
    def connect(self) -> Connect:
        return self.engine.connect(self.folder / "warehouse.duckdb")

    def query(self, sql: str) -> list[tuple]:
        with open_warehouse(self.connect) as con:
            return con.execute(sql).fetchall()

    def attempts(self, purpose: str) -> list[Attempt]:
        folder = self.folder / "landing" / "fetch_log"
        rows = [
            row
            for night in sorted(folder.iterdir())
            for row in self.landing.read_folder(f"fetch_log/{night.name}", Attempt)
        ]
        return [row for row in rows if row.purpose == purpose]
