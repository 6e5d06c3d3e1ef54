"""Sources that are renamed, removed and added while nights go by, over loopback."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
from engines import connect_to, copy_desk, lose_warehouse, name_warehouse
from httpworld import World, reply
from nightworld import TEXT, write_feed, write_item, write_page

from nightdesk.cli.health import judge_sources
from nightdesk.config import SHIPPED, Settings
from nightdesk.landing import Landing
from nightdesk.model import Watched
from nightdesk.pipeline import (
    Job,
    batch_due,
    collect_sources,
    deduplicate_nights,
    extract_pages,
    load_nights,
    plan_run,
    publish_changes,
    select_pages,
    tag_articles,
)
from nightdesk.pipeline.extract_task import Extractors, open_extractors
from nightdesk.poll_state import PollState, read_state
from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.content import hash_tables

FIRST = date(2026, 3, 5)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OUTLETS = ("alef", "dale", "fen", "hill", "late", "moor", "tarn")
#: Rows of a sources file: `id`, or `id outlet key: value` where they are not the same.
ALEF, DALE, FEN, HILL, LATE, MOOR, TARN = OUTLETS
PEAK, ZETA = "peak hill was: [hill]", "zeta alef was: [alef]"
#: Three nights, and what is watched on each.
NIGHTS = (
    (ALEF, DALE, FEN, HILL, MOOR, TARN),
    (ZETA, DALE, "marsh fen was: [fen]", PEAK, LATE, "tarn tarn enabled: false"),
    (ZETA, DALE, "fen fen was: [marsh]", "top hill was: [peak]", LATE, TARN),
)


Tools: TypeAlias = tuple[Path, Extractors]


class Desk:
    """A data folder and a clock, against outlets that share one story a day."""

    def __init__(self, folder: Path, tools: Tools, server: World) -> None:
        self.folder, self.tools, self.server = folder, tools, server
        self.moment = datetime(2026, 3, 5, 6, tzinfo=UTC)
        self.warehouse = name_warehouse(folder / "warehouse.duckdb")

    def write(self, *rows: str) -> Job:
        """Write the sources file; return a run that reads it."""
        lines = ["sources:"]
        for words in rows:
            source_id, _, more = words.partition(" ")
            outlet, _, key = more.partition(" ")
            url = f"https://{outlet or source_id}.example/feed"
            facts = f"name: {outlet or source_id}, kind: rss, url: '{url}', gap_s: 0"
            lines.append(f"  - {{id: {source_id}, {facts}{key and ', '}{key}}}")
        hosts = (*OUTLETS, "wire")
        settings = Settings(
            data=self.folder,
            landing=str(self.folder / "landing"),
            warehouse=self.warehouse,
            shipped=self.tools[0],
            contact="desk@newsroom.example",
            mirrors={f"https://{h}.example/": self.server.url(f"/{h}/") for h in hosts},
        )
        settings.config_dir.mkdir(parents=True, exist_ok=True)
        (settings.config_dir / "sources.yaml").write_text("\n".join(lines))
        return Job(settings, f"{self.moment:%d%H%M}", lambda: self.moment)

    def publish_day(self, night: date) -> None:
        """Let every outlet list its own story and the one that all of them have."""
        noon = datetime(night.year, night.month, night.day, 12, tzinfo=UTC)
        for n, outlet in enumerate(OUTLETS):
            links = f"https://{outlet}.example/{night}", f"https://wire.example/{night}"
            items = [write_item(f"Fish {night}", link, noon) for link in links]
            feed = write_feed(*items).replace(
                b"\r\n", f'\r\nETag: "{night}"\r\n'.encode(), 1
            )
            self.server.pages[f"/{outlet}/feed"] = feed
            lines = [f"{line} So it was on day {night.day}." for line in TEXT]
            page = write_page(f"Fish {night}", lines=[*lines[n % 4 :], *lines[: n % 4]])
            for path in (f"/{outlet}/{night}", f"/wire/{night}"):
                self.server.pages[path] = reply(page)

    def run(self, job: Job, night: date, **options: object) -> None:
        """Run a night in this process, as the DAG does."""
        plan = plan_run(job, night, **options)
        for batch in filter(None, plan["batches"]):
            collect_sources(job, night, batch)
        pool, shards = self.tools[1], select_pages(job, night)
        shards = [extract_pages(job, shard, pool=pool) for shard in shards]
        joined = deduplicate_nights(job, shards)
        shards = [tag_articles(job, shard) for shard in shards]
        load_nights(job, night, shards, joined, connect_to(self.warehouse))

    def live(self, *files: Sequence[str]) -> Job:
        """Let a night go by under each of these sources files."""
        for n, rows in enumerate(files):
            night = FIRST + n * DAY
            self.publish_day(night)
            self.moment = datetime(2026, 3, 6, 0, 30, tzinfo=UTC) + n * DAY
            job = self.write(*rows)
            self.run(job, night)
        return job

    def copy(self, folder: Path) -> Desk:
        """Return the same desk in another folder."""
        copy_desk(self.folder, folder)
        desk = Desk(folder, self.tools, self.server)
        desk.moment = self.moment
        return desk

    def query(self, sql: str) -> list[tuple]:
        with open_warehouse(connect_to(self.warehouse)) as con:
            return con.execute(sql).fetchall()

    def coverage(self, night: date) -> dict[str, str]:
        """Source -> its status in a night."""
        where = f"WHERE night = '{night}'"
        return dict(self.query(f"SELECT source_id, status FROM coverage {where}"))

    def hashes(self) -> dict[str, str]:
        with open_warehouse(connect_to(self.warehouse)) as con:
            return hash_tables(con)

    @property
    def landing(self) -> Landing:
        return Landing(str(self.folder / "landing"))

    def state(self, source_id: str) -> PollState:
        raw = self.landing.read_json(f"sources/{source_id}.json")
        return read_state(raw, raw.get("url", ""))


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tools]:
    """What every step needs: the shipped files without their cities, a process."""
    folder = tmp_path_factory.mktemp("shipped") / "config"
    shutil.copytree(SHIPPED, folder)
    (folder / "gazetteer" / "cities.tsv.gz").write_bytes(gzip.compress(b""))
    (folder / "gazetteer" / "admin1.tsv").write_text("")
    with open_extractors() as pool:
        yield folder, pool


@pytest.fixture
def desk(tmp_path: Path, tools: Tools) -> Iterator[Desk]:
    with World() as server:
        yield Desk(tmp_path / "data", tools, server)


# nights --------------------------------------------------------------------


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, tools: Tools) -> Iterator[Desk]:
    """A desk that has gone through `NIGHTS`."""
    with World() as server:
        desk = Desk(tmp_path_factory.mktemp("lived"), tools, server)
        desk.live(*NIGHTS)
        yield desk


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source_id", "nights", "row"),
    [
        pytest.param("dale", "5 6 7", (True, None, []), id="stays"),
        pytest.param("zeta", "5 6 7", (True, None, ["alef"]), id="renamed"),
        pytest.param("top", "5 6 7", (True, None, ["hill", "peak"]), id="and again"),
        pytest.param("fen", "5 6 7", (True, None, ["fen", "marsh"]), id="and back"),
        pytest.param("moor", "5", (False, FIRST + DAY, []), id="deleted"),
        pytest.param("tarn", "5 7", (True, None, []), id="disabled for a night"),
        pytest.param("late", "6 7", (True, None, []), id="added"),
        *(
            pytest.param(old, "", None, id=f"nothing is called {old} any more")
            for old in ("alef", "hill", "peak", "marsh")
        ),
    ],
)
def test_a_source_keeps_its_past(
    lived: Desk, source_id: str, nights: str, row: tuple | None
) -> None:
    where = f"WHERE source_id = '{source_id}'"
    days = lived.query(f"SELECT day(night) FROM coverage {where} ORDER BY night")
    assert [str(day) for (day,) in days] == nights.split()
    rows = lived.query(f"SELECT is_enabled, inactive_since, was FROM source {where}")
    assert rows == ([row] if row else [])
    for table in ("entry", "article", "fetch_log"):
        n_nights = f"SELECT count(DISTINCT night) FROM {table} {where}"
        assert lived.query(n_nights) == [(len(days),)]


@pytest.mark.slow
def test_a_story_that_several_list_stays_with_its_source(lived: Desk) -> None:
    """Renamed past all others in the alphabet, it is still the first."""
    found = "SELECT source_id FROM article WHERE url LIKE '%wire%' ORDER BY night"
    assert lived.query(found) == [("zeta",)] * 3


@pytest.mark.slow
def test_the_landing_alone_gives_the_same_nights(lived: Desk, tmp_path: Path) -> None:
    desk = lived.copy(tmp_path / "data")
    lose_warehouse(desk.warehouse)
    job = desk.write(*NIGHTS[-1])
    for n in (1, 2, 0):
        desk.run(job, FIRST + n * DAY, offline=True)
    assert desk.hashes() == lived.hashes()


@pytest.mark.slow
def test_a_night_knows_the_sources_of_its_time(lived: Desk, tmp_path: Path) -> None:
    """Others come and go; one that a backfill asks has its honest row."""
    desk, before = lived.copy(tmp_path / "data"), lived.coverage(FIRST)
    job = desk.write(DALE, LATE, MOOR, "pass moor enabled: false")
    desk.run(job, FIRST, offline=True)
    assert desk.coverage(FIRST) == before
    desk.run(job, FIRST, sources=[LATE])
    assert desk.coverage(FIRST) == before | {"late": "no_coverage"}
    told = f"SELECT reason FROM coverage WHERE night = '{FIRST}' AND source_id = 'late'"
    ((reason,),) = desk.query(told)
    assert reason.startswith("no_past_source: the feed reaches back to ")


@pytest.mark.slow
def test_what_a_night_should_have_had_is_said(desk: Desk) -> None:
    """A run of some sources, and a night without a run of its own."""
    desk.publish_day(FIRST)
    desk.moment = datetime(2026, 3, 6, 0, 30, tzinfo=UTC)
    desk.run(desk.write(HILL, DALE), FIRST, sources=[HILL])
    desk.moment += 2 * DAY
    desk.run(desk.write(HILL), FIRST + DAY, offline=True)
    assert desk.coverage(FIRST) == {"dale": "not_collected", "hill": "ok"}
    missed = {"dale": "not_collected", "hill": "not_collected"}
    assert desk.coverage(FIRST + DAY) == missed


@pytest.mark.slow
def test_readers_and_health_follow_a_rename(lived: Desk, tmp_path: Path) -> None:
    desk, night = lived.copy(tmp_path / "data"), FIRST + 2 * DAY
    publish_changes(desk.write(*NIGHTS[-1]), connect_to(desk.warehouse))
    job = poll(desk, "aleph alef was: [zeta]", DALE)  # nothing is loaded since
    found = {h.source_id: h.reason for h in judge_sources(job.settings, night)[1]}
    assert found == {"aleph": "", "dale": ""}
    published = "SELECT max(seq) FROM load_ledger"
    ((seq,),) = desk.query(published)
    desk.run(job, night, offline=True)
    assert desk.query(f"SELECT min(seq) > {seq} FROM load_ledger") == [(True,)]
    ids = "SELECT DISTINCT source_id FROM coverage WHERE source_id IN ('zeta', 'aleph')"
    assert desk.query(ids) == [("aleph",)]


# what collect remembers ----------------------------------------------------


def poll(desk: Desk, *rows: str) -> Job:
    """Poll what is due, as the half-hourly run does."""
    desk.moment += 7 * HOUR
    job = desk.write(*rows)
    for batch in batch_due(job):
        collect_sources(job, None, batch)
    return job


def test_a_renamed_source_is_polled_as_before(desk: Desk) -> None:
    desk.publish_day(FIRST)
    poll(desk, HILL, DALE)
    poll(desk, PEAK, DALE)
    feeds = [s for s in desk.server.seen if s.path == "/hill/feed"]
    assert [s.headers.get("if-none-match") for s in feeds] == [None, f'"{FIRST}"']
    assert len([p for p in desk.server.paths() if p == f"/hill/{FIRST}"]) == 1


def test_a_run_that_was_planned_before_a_rename_does_its_work(desk: Desk) -> None:
    desk.publish_day(FIRST)
    job = desk.write(PEAK, DALE)
    assert collect_sources(job, None, [HILL])["sources"] == 1


@pytest.mark.parametrize("n_steps", range(6))
def test_no_moment_is_the_wrong_one_to_die_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, n_steps: int
) -> None:
    """A run that is killed while it notes a rename is made good by the next."""
    desk.publish_day(FIRST)
    poll(desk, HILL, DALE)
    before = desk.state("hill")

    class Cut(BaseException):
        """The process is gone."""

    n_left = n_steps
    with monkeypatch.context() as patch:
        for name in ("put", "drop"):
            step = getattr(Landing, name)

            def some(self: Landing, *given: object, step=step) -> object:
                nonlocal n_left
                if not n_left:
                    raise Cut
                n_left -= 1
                return step(self, *given)

            patch.setattr(Landing, name, some)
        with pytest.raises(Cut):
            batch_due(desk.write(PEAK, DALE))
    batch_due(desk.write(PEAK, DALE))
    assert desk.state("peak") == before
    assert not desk.landing.exists("sources/hill.json")
    assert desk.landing.lineages == {"peak": ("hill", "peak")}
    rows = desk.landing.read_folder("watched", Watched)
    assert [r.source_id for r in rows] == ["dale", "peak", "peak"]
