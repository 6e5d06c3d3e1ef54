"""What sources do to us, night after night: each is found and named on its night."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from engines import connect_at, connect_to, name_warehouse

from nightdesk.cli.health import judge_sources
from nightdesk.config import Settings
from nightdesk.health import Health
from nightdesk.landing import Landing
from nightdesk.model import Attempt, Listing
from nightdesk.newsstand import Stand, World, serve
from nightdesk.pipeline import Job, batch_due, collect_sources, plan_run, run_night
from nightdesk.pipeline.register_task import note_sources
from nightdesk.poll_state import PollState, read_state
from nightdesk.warehouse.connect import open_warehouse

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

NIGHT = date(2026, 3, 5)
MIDNIGHT = datetime(2026, 3, 5, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLAYS = {
    "harbour-ledger": f"lies@{NIGHT}",
    "cascade-beacon": f"resends@{NIGHT}",
    "indus-observer": f"silent@{NIGHT}",
    "ghats-dispatch": f"layout@{NIGHT}",
    "savanna-courier": f"moves@{NIGHT}",
    "gazette-des-quais": f"edits@{NIGHT}",
    "gulf-meridian": f"corrects@{NIGHT}",
}


class Desk:
    """A data folder and a clock, against a served world."""

    def __init__(self, folder: Path, **options: object) -> None:
        self.moment = MIDNIGHT
        self.folder = folder
        self.world = World(now=self.clock, **options)

    def clock(self) -> datetime:
        return self.moment

    def job(self, stand: Stand) -> Job:
        settings = Settings(
            data=self.folder,
            landing=str(self.folder / "landing"),
            warehouse=name_warehouse(self.folder / "warehouse.duckdb"),
            mirrors=self.world.mirrors(stand.base_url),
        )
        return Job(settings, "test", self.clock)

    @property
    def landing(self) -> Landing:
        return Landing(str(self.folder / "landing"))

    def state(self, source_id: str) -> PollState:
        raw = self.landing.read_json(f"sources/{source_id}.json")
        return read_state(raw, raw["url"])

    def attempts(self, source_id: str, purpose: str) -> list[Attempt]:
        rows: list[Attempt] = []
        for folder in sorted((self.folder / "landing" / "fetch_log").iterdir()):
            rows += self.landing.read_folder(f"fetch_log/{folder.name}", Attempt)
        mine = [r for r in rows if (r.source_id, r.purpose) == (source_id, purpose)]
        return sorted(mine, key=lambda row: str(row.started_at))

    def query(self, sql: str) -> list[tuple]:
        with open_warehouse(connect_at(self.folder / "warehouse.duckdb")) as con:
            return con.execute(sql).fetchall()


def tell(moment: datetime) -> datetime:
    return moment


def build(job: Job, night: date, **options: object) -> None:
    # With a clock that other processes can have, too.
    job = replace(job, clock=partial(tell, job.clock()))
    plan = plan_run(job, night, list(PLAYS), **options)
    run_night(job, plan, connect_to(job.settings.warehouse))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Three plain nights, and one on which everybody plays."""
    desk = Desk(tmp_path_factory.mktemp("collect"), articles_per_night=110, plays=PLAYS)
    with serve(desk.world) as stand:
        job = desk.job(stand)
        for n_days in (3, 2, 1):
            desk.moment = MIDNIGHT - n_days * DAY + DAY + HOUR / 3
            note_sources(job, job.load_sources(), NIGHT - n_days * DAY)
            collect_sources(job, NIGHT - n_days * DAY, list(PLAYS))
        for hour in (7, 15):
            desk.moment = MIDNIGHT + hour * HOUR
            collect_sources(job, None, ["harbour-ledger"])
        desk.moment = MIDNIGHT + DAY + HOUR / 3
        build(job, NIGHT)  # and those before it, which have only been collected
    return desk


@pytest.fixture(scope="module")
def found(desk: Desk) -> dict[str, Health]:
    settings = Settings(
        data=desk.folder,
        landing=str(desk.folder / "landing"),
        warehouse=name_warehouse(desk.folder / "warehouse.duckdb"),
    )
    night, found = judge_sources(settings, NIGHT)
    assert night == NIGHT
    return {health.source_id: health for health in found}


@pytest.mark.parametrize(
    ("source_id", "status", "words"),
    [
        pytest.param("harbour-ledger", "lying", "304", id="lies with 304"),
        pytest.param("cascade-beacon", "degraded", "resends", id="resends old items"),
        pytest.param("indus-observer", "silent", "no entry", id="goes silent"),
        pytest.param("ghats-dispatch", "layout", "held an article", id="new layout"),
        pytest.param("savanna-courier", "moved", "/moved/", id="moves"),
        pytest.param(
            "gazette-des-quais", "ok", "", id="a source that only edits is ok"
        ),
    ],
)
def test_who_plays_is_named_on_the_night(
    found: dict[str, Health], source_id: str, status: str, words: str
) -> None:
    health = found[source_id]
    assert (health.status, words in health.reason) == (status, True), health
    assert bool(health.mend) == (status != "ok")


def test_nobody_is_named_on_the_night_before(desk: Desk) -> None:
    settings = Settings(desk.folder, str(desk.folder / "none"), warehouse="")
    _, found = judge_sources(settings, NIGHT - DAY)
    named = {h.source_id: h.reason for h in found if h.source_id in PLAYS}
    assert set(named.values()) == {""}, named


def test_a_liar_is_asked_for_the_whole_feed_from_then_on(desk: Desk) -> None:
    state = desk.state("harbour-ledger")
    assert state.untrusted_at is not None
    outcomes = [a.outcome for a in desk.attempts("harbour-ledger", "feed")]
    assert outcomes[-3:] == ["not_modified", "not_modified", "ok"]
    lost = desk.query(
        f"SELECT count(*) FROM coverage WHERE night = '{NIGHT}' "
        "AND source_id = 'harbour-ledger' AND n_seen <> n_loaded + n_duplicate + "
        "n_rejected + n_failed"
    )
    assert lost == [(0,)]
    truth = desk.world.truth(NIGHT).entries["harbour-ledger"]
    seen = desk.query(
        f"SELECT n_seen FROM coverage WHERE night = '{NIGHT}' "
        "AND source_id = 'harbour-ledger'"
    )
    assert seen == [(truth,)]


def test_resent_items_are_loaded_once(desk: Desk) -> None:
    twice = desk.query("SELECT article_id FROM article GROUP BY 1 HAVING count(*) > 1")
    assert twice == []


def test_versions_arise_and_the_archive_alone_gives_them(desk: Desk) -> None:
    edited, corrected = "gazette-des-quais", "gulf-meridian"
    with serve(desk.world) as stand:
        job = desk.job(stand)
        desk.moment = MIDNIGHT + DAY + 13 * HOUR
        collect_sources(job, None, [edited, corrected])
        pages = desk.attempts(edited, "page")
        n_pages = len(pages)
        assert {a.outcome for a in pages} >= {"ok", "not_modified"}
        desk.moment += HOUR
        counts = collect_sources(job, None, [edited])
        assert "not_modified" not in counts, "asked for again more than once"
        assert len(desk.attempts(edited, "page")) - n_pages == counts.get("ok", 0)
        build(job, NIGHT, offline=True)
    versions = (
        "SELECT a.source_id, count(*) FROM article_version AS v JOIN article AS a "
        f"USING (night, article_id) WHERE night = '{NIGHT}' GROUP BY 1, a.article_id "
        "HAVING count(*) = 2"
    )
    rows = desk.query(versions)
    assert {source_id for source_id, _ in rows} == {edited, corrected}
    newest = desk.query(
        "SELECT DISTINCT text LIKE '%was corrected after%' FROM article_version AS v "
        "JOIN article AS a USING (night, article_id) JOIN article_text USING (night, "
        f"article_id) WHERE a.source_id = '{edited}' AND night = '{NIGHT}' "
        "AND a.page_digest = v.page_digest AND a.article_id IN (SELECT article_id "
        "FROM article_version GROUP BY 1 HAVING count(*) = 2)"
    )
    assert newest == [(True,)]


def test_a_moved_feed_is_asked_at_its_new_address_after_three_days(
    tmp_path: Path,
) -> None:
    source_id = "savanna-courier"
    desk = Desk(tmp_path, articles_per_night=60, plays={source_id: "moves"})
    with serve(desk.world) as stand:
        for n_days in range(4):
            desk.moment = MIDNIGHT + n_days * DAY
            assert any(source_id in batch for batch in batch_due(desk.job(stand)))
            collect_sources(desk.job(stand), None, [source_id])
    asked = [(a.url.split("/", 3)[3], a.redirects) for a in
             desk.attempts(source_id, "feed")]  # fmt: skip
    assert [path.startswith("moved/") for path, _ in asked] == [False] * 3 + [True]
    assert asked[-1][1] == ()


def test_a_host_that_said_wait_is_not_asked_and_its_entries_stay_pending(
    tmp_path: Path,
) -> None:
    source_id = "lagoon-post"
    desk = Desk(tmp_path, articles_per_night=60, plays={source_id: "busy"})
    desk.moment = MIDNIGHT + DAY + HOUR / 3
    with serve(desk.world) as stand:
        job = desk.job(stand)
        host = job.load_sources().select([source_id])[0].url.split("/")[2]

        def ask(**options: bool) -> int:
            """Collect, and return how many requests the host saw."""
            before = len(stand.log)
            collect_sources(job, NIGHT, [source_id], **options)
            return sum(asked.host == host for asked in list(stand.log)[before:])

        assert ask() > 0
        desk.moment += HOUR
        assert ask() == 0
        assert ask(refetch=True) == 0
        assert not any(source_id in batch for batch in batch_due(job))
        rows = desk.landing.read_folder(f"entries/night={NIGHT}", Listing)
        # One of two entries of one address speaks for both; the other has no outcome.
        assert {row.outcome for row in rows} - {None} == {"rate_limited"}
        desk.world = World(60, desk.clock)  # it has recovered
    with serve(desk.world) as stand:
        job = desk.job(stand)
        desk.moment += HOUR + HOUR / 60
        assert ask(refetch=True) > 0
    rows = desk.landing.read_folder(f"entries/night={NIGHT}", Listing)
    assert "ok" in {row.outcome for row in rows}
