"""Upkeep: every chore says what it did, and one that fails stops no other."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from engines import connect_at, connect_to
from httpworld import World, reply
from nightworld import MORNING, NIGHT, TEXT, Desk, write_feed, write_item, write_page

from nightdesk.__main__ import main
from nightdesk.config import Settings, load_settings
from nightdesk.errors import ConfigError, LandingError, NightdeskError, NightFailed
from nightdesk.landing.frozen import find_newest
from nightdesk.landing.sweep import DERIVED
from nightdesk.pipeline import airflow_files, maintain, publish_changes
from nightdesk.pipeline.airflow_files import prune_logs, prune_metadata
from nightdesk.pipeline.disk import FEW_DAYS, forecast_disk
from nightdesk.pipeline.rebuild_task import find_fresh, set_aside
from nightdesk.warehouse.compact import compact_if_worth
from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.content import hash_tables

WEEKS = timedelta(days=14)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with World() as world:
        desk = Desk(tmp_path_factory.mktemp("desk"), world)
        desk.serve("/feed", write_feed(write_item("A pier", "https://alpha.example/p")))
        desk.serve("/p", reply(write_page("A pier", lines=TEXT)))
        desk.collect()
        desk.build()
        publish_changes(desk.job, connect_to(desk.job.settings.warehouse))
        yield desk


@pytest.fixture
def desk(whole: Desk, tmp_path: Path) -> Desk:
    return whole.copy(tmp_path / "desk")


def run(desk: Desk, name: str) -> maintain.Counts:
    job = desk.job
    return maintain.STEPS[name](job, connect_to(job.settings.warehouse))


def age(path: Path, days: int) -> None:
    at = (MORNING - timedelta(days=days)).timestamp()
    os.utime(path, (at, at))


def test_every_step_runs_on_a_whole_desk_and_twice(desk: Desk) -> None:
    connect = connect_to(desk.job.settings.warehouse)
    for _ in range(2):
        done, failed = maintain.run_steps(desk.job, connect, maintain.STEPS)
        assert failed == {}
        assert list(done) == list(maintain.STEPS)
    assert done["verify"]["records"] == 2
    assert find_newest(desk.landing, "terms") == done["learn"]["terms"] != ""


def test_a_step_that_fails_stops_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.name(monkeypatch)
    monkeypatch.setenv("NIGHTDESK_DISK_BUDGET", "1kB")
    monkeypatch.setenv("AIRFLOW_HOME", str(desk.folder / "airflow"))
    assert main(["maintain", "disk", "sweep", "logs"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("disk     FAILED: disk: over NIGHTDESK_DISK_BUDGET by")
    assert lines[1].startswith("sweep    journals 0, temporaries 0")
    assert lines[2] == "logs     files 0, bytes 0"
    assert main(["maintain", "weed"]) == 2
    assert "'weed' is no step; allowed: nights, retain" in capsys.readouterr().err


def test_damage_is_named_in_the_week_whose_share_it_is(desk: Desk) -> None:
    (archive,) = Path(str(desk.landing.root)).glob("archive/*/*")
    archive.write_bytes(archive.read_bytes()[:-9])
    failed = 0
    for week in range(2, 2 + maintain.SHARES):
        desk.moment = MORNING + timedelta(weeks=week)
        try:
            assert run(desk, "verify")["days"] == 0
        except NightdeskError:
            failed += 1
    assert failed == 1


#: What is damaged -> the step that names it, and the cure.
DAMAGED = {
    "landing/entries/*/*": ("verify", "nightdesk restore BACKUP --only entries/"),
    "landing/fetch_log/*/*": ("verify", "nightdesk restore BACKUP --only fetch_log/"),
    "landing/built/*": ("verify", "delete it: it only spares work"),
    "published/parts/article/*/*": ("tables", "nightdesk publish --again"),
    "published/nightdesk-1.json": ("tables", "nightdesk publish --again"),
    "warehouse.duckdb": ("tables", "nightdesk warehouse rebuild"),
}


@pytest.mark.file_only("of a lake, see test_engines")
@pytest.mark.parametrize("place", DAMAGED)
def test_damage_is_named_and_the_other_steps_go_on(desk: Desk, place: str) -> None:
    path = next(desk.folder.glob(place))
    path.write_bytes(path.read_bytes()[:-5])
    step, cure = DAMAGED[place]
    job = desk.job
    done, failed = maintain.run_steps(
        job, connect_to(job.settings.warehouse), ["retain", "tables", "verify", "disk"]
    )
    assert list(failed) == [step]
    assert path.name in failed[step]
    assert cure in failed[step]
    assert "disk" in done


@pytest.mark.parametrize("place", ["built/*", "journal/*"])
def test_a_damaged_file_keeps_nothing_else_from_being_swept(
    desk: Desk, place: str
) -> None:
    root = Path(str(desk.landing.root))
    desk.landing.put("journal/run.journal", b"half")
    (path,) = root.glob(place)
    path.write_bytes(path.read_bytes()[:-3])
    if place != "journal/*":
        desk.landing.drop("journal/run.journal")
    left = root / "entries" / f"night={NIGHT}" / ".half.tmp"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    with pytest.raises(LandingError, match=r"is damaged: .*; delete it: .*all else is"):
        run(desk, "sweep")
    assert not left.exists()


def test_what_later_builds_replaced_is_swept(desk: Desk) -> None:
    root = Path(str(desk.landing.root))
    left = [root / f"{folder}/night={NIGHT}/old.parquet" for folder in DERIVED]
    left += [root / "entries" / f"night={NIGHT}" / ".half.tmp"]
    for path in left:
        path.write_bytes(b"old")
        os.utime(path, (0, 0))
    young = root / f"articles/night={NIGHT}/young.parquet"
    young.write_bytes(b"young")
    os.utime(young, (desk.moment.timestamp(),) * 2)
    with open_warehouse(connect_to(desk.job.settings.warehouse)) as con:
        before = hash_tables(con)
    counts = run(desk, "sweep")
    assert (counts["derived"], counts["temporaries"]) == (len(DERIVED), 1)
    assert [path for path in left if path.exists()] == []
    assert young.exists()
    young.unlink()
    desk.moment += WEEKS
    assert run(desk, "sweep")["derived"] == 0  # what the build uses stays
    desk.build()
    with open_warehouse(connect_to(desk.job.settings.warehouse)) as con:
        assert hash_tables(con) == before


def test_what_a_killed_publish_left_is_swept_and_counted(desk: Desk) -> None:
    (desk.job.settings.published / ".nightdesk-9.tmp").write_text("half")
    assert run(desk, "sweep")["published"] == 1


@pytest.mark.file_only("of a lake nothing is set aside")
def test_what_a_restore_set_aside_goes_after_a_month(desk: Desk) -> None:
    aside = Path(*set_aside(desk.job, connect_to(desk.job.settings.warehouse)))
    half = find_fresh(desk.job.settings)
    half.write_text("half a rebuild")
    counts = run(desk, "sweep")
    assert (counts["set aside"], counts["half a rebuild"]) == (0, 0)
    assert aside.exists()
    folder = half.with_name(f".{half.name}.x1")  # in which a new file was being made
    folder.mkdir()
    for path in (half, folder):
        os.utime(path, (0, 0))
    desk.moment += timedelta(days=31)
    counts = run(desk, "sweep")
    assert (counts["set aside"], counts["half a rebuild"]) == (1, 2)
    assert not folder.exists()
    assert not aside.exists()


@pytest.mark.file_only("a lake is tidied: see test_engines")
def test_compaction_is_done_where_it_gives_back_much(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    connect = connect_at(path)
    with open_warehouse(connect) as con:
        con.execute(
            "CREATE TABLE filler AS SELECT md5(range::VARCHAR) FROM range(200000)"
        )
        con.execute("CHECKPOINT")
        con.execute("CREATE TABLE behind AS SELECT range AS n FROM range(1000)")
    assert compact_if_worth(connect, smallest=0) is None
    with open_warehouse(connect) as con:
        con.execute("DROP TABLE filler")
    assert compact_if_worth(connect) is None  # too small to care
    before, after = compact_if_worth(connect, smallest=0) or (0, 0)
    assert 0 < after < before / 2
    assert compact_if_worth(lambda: duckdb.connect(), smallest=0) is None


# the last night --------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "missing"),
    [(5, None), (24 + 5, None), (24 + 6, date(2026, 3, 6)), (60, date(2026, 3, 7))],
)
def test_a_night_is_missing_six_hours_after_its_end(
    desk: Desk, hours: int, missing: date | None
) -> None:
    desk.moment = datetime(2026, 3, 6, tzinfo=UTC) + timedelta(hours=hours)
    assert maintain.find_missing(desk.job) == missing


def test_on_a_new_desk_nothing_is_missing(tmp_path: Path) -> None:
    with World() as world:
        assert maintain.find_missing(Desk(tmp_path, world).job) is None


def test_a_missing_night_fails_loudly_and_once(desk: Desk) -> None:
    desk.moment = datetime(2026, 3, 7, 7, tzinfo=UTC)
    with pytest.raises(NightFailed, match="night 2026-03-06: missing, 6 hours after"):
        maintain.tell_missing(desk.job)
    assert maintain.tell_missing(desk.job) == {"missing": 1}
    with pytest.raises(NightFailed, match="nightdesk run --night 2026-03-06"):
        run(desk, "nights")
    desk.moment += timedelta(days=1)
    with pytest.raises(NightFailed, match="night 2026-03-07: missing"):
        maintain.tell_missing(desk.job)


# disk ------------------------------------------------------------------------


def fill(data: Path, sizes: dict[str, int]) -> Settings:
    for name, size in sizes.items():
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    return Settings(data=data, landing=str(data / "landing"), warehouse="")


def test_the_forecast_reckons_with_the_last_nights(tmp_path: Path) -> None:
    settings = fill(
        tmp_path,
        {
            "landing/archive/day=2026-03-05/a": 400_000,
            "landing/entries/night=2026-03-05/e": 100_000,
            "published/parts/article/night=2026-03-04/p": 500_000,
            "landing/entries/night=2026-02-20/late": 4,  # of no night that was built
            "landing/archive/day=2026-01-01/old": 5_000_000,
            "warehouse/nightdesk.duckdb": 3_000_000,
            "landing/built/night=2026-03-04.json": 2,
            "landing/built/night=2026-03-05.json": 2,
            "landing/built/night=2026-01-01.json": 2,
        },
    )
    settings = replace(settings, disk_budget=40_000_000)
    forecast = forecast_disk(settings, date(2026, 3, 6))
    assert forecast.n_nights == 2
    assert forecast.night_bytes == pytest.approx(500_000 + 1_000_000, rel=0.02)
    assert forecast.used_bytes == pytest.approx(9_000_000, rel=0.02)
    assert forecast.days_left == pytest.approx(31 / 1.5, abs=1)
    assert forecast.problem == f"room for {forecast.days_left} nights more"
    large = forecast_disk(replace(settings, disk_budget=90_000_000), date(2026, 3, 6))
    assert large.problem is None
    small = forecast_disk(replace(settings, disk_budget=15_000_000), date(2026, 3, 6))
    assert small.problem == f"room for {small.days_left} nights more"
    assert 0 < small.days_left < FEW_DAYS
    over = forecast_disk(replace(settings, disk_budget=1_000_000), date(2026, 3, 6))
    assert over.days_left == 0
    assert over.problem.startswith("over NIGHTDESK_DISK_BUDGET by 8.0 MB")


def test_the_disk_step_fails_where_room_runs_out(desk: Desk) -> None:
    job = desk.job
    job = replace(job, settings=replace(job.settings, disk_budget=1000))
    with pytest.raises(NightdeskError, match="disk: over NIGHTDESK_DISK_BUDGET by"):
        maintain.check_disk(job, connect_to(job.settings.warehouse))


def test_doctor_warns_of_the_disk_and_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.name(monkeypatch)
    monkeypatch.setenv("NIGHTDESK_CONTACT", "a@b.example")
    monkeypatch.setenv("NIGHTDESK_PORT", "0")
    assert main(["doctor"]) == 0
    out = capsys.readouterr()
    assert "room     " in out.out
    assert "warning" not in out.err
    monkeypatch.setenv("NIGHTDESK_DISK_BUDGET", "1 kB")
    assert main(["doctor", "--quiet"]) == 0
    assert "warning  disk: over NIGHTDESK_DISK_BUDGET" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "size"),
    [("500", 500), ("2 kB", 2000), ("1.5GB", 1_500_000_000), ("1gib", 2**30)],
)
def test_a_budget_is_read_with_its_unit(text: str, size: int) -> None:
    assert load_settings({"NIGHTDESK_DISK_BUDGET": text}).disk_budget == size


@pytest.mark.parametrize("text", ["much", "0", "-5GB", "5 PB"])
def test_a_budget_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="allowed: 500GB"):
        load_settings({"NIGHTDESK_DISK_BUDGET": text})


# Airflow's files -------------------------------------------------------------


def test_old_logs_of_ours_go_and_nobody_elses(tmp_path: Path) -> None:
    mine = "dag_id=nightdesk_nightly/run_id=r/task_id=load/attempt=1.log"
    parsed = "dag_processor/2026-01-01/dags-folder/nightdesk_nightly.py.log"
    kept = [
        "dag_id=other/run_id=r/task_id=t/attempt=1.log",
        "dag_processor/2026-01-01/dags-folder/other.py.log",
        "scheduler.log",
    ]
    for name in [mine, parsed, *kept]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("said")
        age(tmp_path / name, 40)
    new = tmp_path / "dag_id=nightdesk_collect/run_id=r/task_id=t/attempt=1.log"
    new.parent.mkdir(parents=True)
    new.write_text("said")
    age(new, 3)
    assert prune_logs(tmp_path, 30, MORNING) == {"files": 2, "bytes": 8}
    assert not (tmp_path / "dag_id=nightdesk_nightly").exists()
    assert [name for name in kept if not (tmp_path / name).exists()] == []
    assert new.exists()
    assert prune_logs(tmp_path / "nowhere", 30, MORNING) == {"files": 0, "bytes": 0}


def test_metadata_is_cleaned_of_what_is_ours_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: dict[str, object] = {}

    def call(command: list[str], **more: object) -> subprocess.CompletedProcess[str]:
        seen.update(command=command, **more)
        said = "Found 3 rows meeting deletion criteria.\nFound 4 rows meeting deletion"
        return subprocess.CompletedProcess(command, 0, f"{said} criteria.\n", "")

    monkeypatch.setattr(airflow_files.subprocess, "run", call)
    env = {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "airflow-db-not-allowed:///",
        "A": "b",
    }
    assert prune_metadata(["nightdesk_x"], 30, MORNING, env) == {"rows": 7}
    words = seen["command"]
    assert words[words.index("--dag-ids") + 1] == "nightdesk_x"
    assert words[words.index("--clean-before-timestamp") + 1].startswith("2026-02-04")
    assert "session" not in words[words.index("--tables") + 1]
    assert seen["env"] == {"A": "b"}


@pytest.mark.airflow
def test_airflow_itself_takes_the_command(tmp_path: Path) -> None:
    env = {**os.environ, "AIRFLOW_HOME": str(tmp_path)}
    env["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    with pytest.raises(NightdeskError, match="exit code 0, 0 tables"):
        prune_metadata(["nightdesk_collect"], 30, MORNING, env)  # no database yet
    code = "from airflow.utils.db import initdb; initdb()"
    python = airflow_files.sys.executable
    subprocess.run([python, "-c", code], env=env, check=True, capture_output=True)
    # As a task sees the world: the name of the database is one that leads nowhere.
    env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = "airflow-db-not-allowed:///"
    env["_AIRFLOW_PROCESS_CONTEXT"] = "client"
    assert prune_metadata(["nightdesk_collect"], 30, MORNING, env) == {"rows": 0}
