"""A desk that is carried away comes back whole, or not at all."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from engines import FILE, connect_to, name_warehouse, run_engine
from httpworld import World, reply
from nightworld import NIGHT, TEXT, Desk, write_feed, write_item, write_page

from nightdesk.__main__ import main
from nightdesk.errors import ConfigError, LandingError, WarehouseError
from nightdesk.landing import Landing, backup
from nightdesk.landing.inspect import verify_day, verify_files
from nightdesk.landing.retention import give_up_day
from nightdesk.model import KnownUrl, Listing
from nightdesk.pipeline import backup_task, upgrade_task
from nightdesk.pipeline.backup_task import back_up, restore, restore_files
from nightdesk.pipeline.job import Job
from nightdesk.pipeline.takedown_task import is_anything_left
from nightdesk.pipeline.upgrade_task import upgrade
from nightdesk.tombstones import Tombstone, add_tombstones, load_tombstones
from nightdesk.urls import article_id
from nightdesk.warehouse import connect as connect_module
from nightdesk.warehouse.connect import open_warehouse, read_version
from nightdesk.warehouse.content import hash_tables
from nightdesk.warehouse.publish import list_kept

pytestmark = pytest.mark.slow

PIER = "https://alpha.example/pier"
LINES = {"pier": TEXT, "lock": [line.replace("Ghana", "Benin") for line in TEXT]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with World() as world:
        desk = Desk(tmp_path_factory.mktemp("desk"), world)
        desk.options = {"connection": "alpha-login"}
        desk.serve_news(LINES)
        desk.job_options = {"read_secret": lambda _: "Cookie: a=very-secret"}
        for night in (NIGHT, NIGHT + timedelta(days=1)):
            desk.collect(night)
            desk.build(night)
            desk.moment += timedelta(days=1)
        desk.job.settings.decisions.mkdir()
        (desk.job.settings.decisions / "texts.jsonl").write_text("")
        yield desk


@pytest.fixture
def desk(whole: Desk, tmp_path: Path) -> Desk:
    return whole.copy(tmp_path / "desk")


@pytest.fixture(scope="module")
def packed(whole: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("packed") / "desk.tar.zst"
    back_up(whole.job, file)
    return file


def hashes(desk: Desk) -> dict[str, str]:
    with open_warehouse(connect_to(desk.job.settings.warehouse)) as con:
        return hash_tables(con)


def new_job(desk: Desk, folder: Path) -> Job:
    """A job of a folder in which there is nothing."""
    settings = replace(
        desk.job.settings,
        data=folder,
        landing=str(folder / "landing"),
        warehouse=name_warehouse(folder / "warehouse.duckdb"),
    )
    return replace(desk.job, settings=settings)


def put_back(job: Job, file: Path, *, is_forced: bool = False):
    connect = connect_to(job.settings.warehouse)
    return restore(job, connect, file, is_forced=is_forced)


def list_files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for part in backup.PARTS
        for path in (folder / part).rglob("*")
        if path.is_file()
    }


def test_the_drill_a_restored_desk_rebuilds_to_the_same_hashes(
    whole: Desk, packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "new"
    job = new_job(whole, folder)
    done = put_back(job, packed)
    assert list_files(folder) == list_files(whole.folder)
    assert done.manifest["connections"] == [
        "alpha-login",
        "nightdesk_alert",
        "nightdesk_warehouse",
    ]
    assert list(verify_files(job.landing)) == []
    fresh = replace(whole, folder=folder)
    fresh.name(monkeypatch)
    assert main(["warehouse", "rebuild"]) == 0
    assert hashes(fresh) == hashes(whole)
    assert list(list_kept(job.settings.published)) == [1]  # both nights at once


def test_a_backup_holds_no_secret(packed: Path, tmp_path: Path) -> None:
    backup.unpack_backup(packed, tmp_path)
    raw = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert b"very-secret" not in raw
    assert b"alpha-login" in raw


@pytest.mark.parametrize("kind", ["flip", "cut"])
def test_a_damaged_backup_changes_nothing(
    desk: Desk, packed: Path, tmp_path: Path, kind: str
) -> None:
    chance, before = random.Random(kind), list_files(desk.folder)
    copy, refused = tmp_path / "copy.tar.zst", 0
    for _ in range(40):
        raw = bytearray(packed.read_bytes())
        if kind == "cut":
            del raw[chance.randrange(len(raw)) :]
        else:
            raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        copy.write_bytes(raw)
        try:
            put_back(desk.job, copy, is_forced=True)
        except LandingError as error:
            refused += str(copy) in str(error)
    assert refused == 40
    assert list_files(desk.folder) == before
    assert list(desk.folder.glob(".restore-*")) == []


def test_a_backup_names_the_damaged_files_in_it_and_never_puts_them_back(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = desk.folder / "landing"
    path = next(root.glob("captures/*/*.parquet"))
    name = str(path.relative_to(root))
    path.write_bytes(path.read_bytes()[:-9])
    packed = tmp_path / "damaged.tar.zst"
    assert back_up(desk.job, packed)["damaged"] == [name]
    assert f"backup: {name}: " in caplog.text
    with pytest.raises(ConfigError, match=f"{name} was damaged already"):
        restore_files(desk.job, desk.connect, packed, [name])


def test_a_full_folder_is_replaced_by_force_alone(desk: Desk, packed: Path) -> None:
    new = desk.folder / "config" / "regions.yaml"
    new.write_text("regions: []\n")
    with pytest.raises(ConfigError, match="is not empty; --force replaces it"):
        put_back(desk.job, packed)
    assert new.exists()
    done = put_back(desk.job, packed, is_forced=True)
    assert not new.exists()
    (aside,) = done.aside  # a warehouse of another landing area
    if run_engine() is FILE:
        assert Path(aside).name.startswith("warehouse.duckdb.")
    else:
        assert aside.startswith("the snapshots of ducklake:")
    desk.build(NIGHT)
    assert desk.query("SELECT count(*) FROM article") == [(2,)]


def test_what_was_taken_down_since_stays_so(
    desk: Desk, packed: Path, tmp_path: Path
) -> None:
    job = desk.job
    stone = Tombstone(job.clock(), (article_id(PIER),), None, "ama", "court order")
    add_tombstones(job.settings.decisions, [stone])
    done = put_back(job, packed, is_forced=True)
    assert (done.n_tombstones, done.n_removed) == (1, 1)
    assert load_tombstones(job.settings.decisions, {}).rows == (stone,)
    assert job.landing.find_urls({article_id(PIER)}) == {}
    connect = connect_to(job.settings.warehouse)
    assert not is_anything_left(job, connect)
    file = tmp_path / "later.tar.zst"
    back_up(job, file)
    other = new_job(desk, tmp_path / "other")
    assert put_back(other, file).n_tombstones == 0
    assert load_tombstones(other.settings.decisions, {}).rows == (stone,)


@pytest.mark.parametrize("n_moves", [0, 1, 3, 5])
def test_a_restore_that_was_killed_is_finished_by_the_next(
    desk: Desk, packed: Path, monkeypatch: pytest.MonkeyPatch, n_moves: int
) -> None:
    job, left = desk.job, [n_moves]
    stone = Tombstone(job.clock(), (1,), None, "ama", "an old promise")
    add_tombstones(job.settings.decisions, [stone])
    move = shutil.move

    def die(*given) -> None:
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        move(*given)

    with monkeypatch.context() as patch:
        patch.setattr(backup_task.shutil, "move", die)
        patch.setattr(backup_task.shutil, "rmtree", lambda *_, **__: None)  # no time
        with pytest.raises(KeyboardInterrupt):
            put_back(job, packed, is_forced=True)
    assert len(list(desk.folder.glob(".restore-*"))) == 1
    put_back(job, packed, is_forced=True)
    assert load_tombstones(job.settings.decisions, {}).rows == (stone,)
    assert list(desk.folder.glob(".restore-*")) == []
    assert list(verify_files(job.landing)) == []
    desk.build()
    assert desk.query("SELECT count(*) FROM article") == [(2,)]


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "warehouse/x", "landing/../x"]
)
def test_a_hostile_backup_writes_nowhere_else(tmp_path: Path, name: str) -> None:
    info = backup.tarfile.TarInfo(name)
    with pytest.raises(ValueError, match="does not belong into a backup"):
        backup._unpack(tmp_path, info, backup.io.BytesIO(b"x"))
    assert list(tmp_path.iterdir()) == []


def test_a_backup_of_a_running_night_misses_nothing_that_it_names(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collect ends between any two files; what it listed is there, or is owed."""
    page = reply(write_page("A reef", lines=[line + " So it is." for line in TEXT]))
    desk.serve("/reef", page)
    desk.serve("/feed", write_feed(write_item("A reef", "https://alpha.example/reef")))
    add, n_files = backup._add, len(list_files(desk.folder))
    for turn in range(0, n_files, max(1, n_files // 8)):
        running, left = desk.copy(tmp_path / f"desk-{turn}"), [turn]

        def add_late(*given, running=running, left=left) -> None:
            if left[0] == 0:
                running.moment += timedelta(hours=3)
                running.collect(None)
            left[0] -= 1
            add(*given)

        with monkeypatch.context() as patch:
            patch.setattr(backup, "_add", add_late)
            back_up(running.job, tmp_path / f"{turn}.tar.zst")
        room = tmp_path / f"room-{turn}"
        backup.unpack_backup(tmp_path / f"{turn}.tar.zst", room)
        landing = Landing(str(room / "landing"))
        landing.recover()
        looks = landing.read_folder(f"entries/night={NIGHT}", Listing)
        known = [
            row
            for n in range(16)
            for row in landing.read_folder(f"urls/bucket={n:02d}", KnownUrl)
        ]
        assert {row.article_id for row in known} <= {row.article_id for row in looks}
        for row in (*looks, *known):
            if row.file is not None:
                landing.read_capture(row.file, row.offset or 0)
        restored = replace(desk, folder=room, moment=running.moment)
        restored.moment += timedelta(hours=9)
        restored.collect(None)
        urls = restored.landing.read_folder(f"entries/night={NIGHT}", Listing)
        assert "https://alpha.example/reef" in {row.url for row in urls if row.file}


def test_the_notes_of_a_takedown_are_in_no_backup(desk: Desk, tmp_path: Path) -> None:
    desk.landing.write_json("takedown.json", {"addresses": [PIER]})
    names = back_up(desk.job, tmp_path / "b.tar.zst")["files"]
    assert "landing/world.json" in names
    assert "landing/takedown.json" not in names


def test_holes_of_an_archive_come_back_as_holes(desk: Desk, tmp_path: Path) -> None:
    day = desk.landing.capture_days()[0]
    give_up_day(desk.landing, day, lambda row: row.url == PIER, day)
    back_up(desk.job, tmp_path / "b.tar.zst")
    job = new_job(desk, tmp_path / "new")
    put_back(job, tmp_path / "b.tar.zst")
    n_good, findings = verify_day(job.landing, day)
    assert (n_good, findings) == (2, [])


def test_the_commands_say_what_they_did(
    desk: Desk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk.name(monkeypatch)
    file = tmp_path / "b.tar.zst"
    assert main(["backup", str(file)]) == 0
    told = capsys.readouterr()
    assert "not in it: secrets of alpha-login" in told.out
    assert f"decisions into {file}\n" in told.err
    assert main(["backup", str(file)]) == 1
    assert "already there" in capsys.readouterr().err
    assert main(["restore", str(file)]) == 2
    assert "--force" in capsys.readouterr().err
    monkeypatch.setenv("NIGHTDESK_DATA", str(tmp_path / "new"))
    monkeypatch.setenv(
        "NIGHTDESK_WAREHOUSE", name_warehouse(tmp_path / "new" / "w.duckdb")
    )
    assert main(["restore", str(file)]) == 0
    out = capsys.readouterr().out
    assert "each as it was backed up" in out
    assert out.endswith("now: nightdesk warehouse rebuild\n")


# upgrade ---------------------------------------------------------------------


def run_upgrade(desk: Desk, tmp_path: Path, changes: str):
    log = tmp_path / "CHANGELOG.md"
    log.write_text(changes)
    job, n = desk.job, len(list(tmp_path.glob("*.tar.zst")))
    connect = connect_to(job.settings.warehouse)
    return upgrade(job, connect, tmp_path / f"{n}.tar.zst", log)


@pytest.fixture
def schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the schema files, for versions that are still to come."""
    folder = tmp_path / "schema"
    shutil.copytree(connect_module._SCHEMA, folder)
    monkeypatch.setattr(connect_module, "_SCHEMA", folder)
    return folder


def test_an_upgrade_migrates_and_says_what_changed(
    desk: Desk, tmp_path: Path, schema: Path
) -> None:
    first = run_upgrade(desk, tmp_path, "- old\n")
    assert first.before == first.after
    assert first.changes == []  # it is not known what was there before
    rows = hashes(desk)
    (schema / "999_more.sql").write_text("CREATE TABLE more (night DATE);")
    done = run_upgrade(desk, tmp_path, "- new\n- old\n")
    assert (done.before, done.after) == (first.after, 999)
    assert done.changes == ["- new"]
    assert done.version_before == done.version
    after = hashes(desk)
    assert after.pop("more") == "0:0"
    assert after == rows
    assert len(list(tmp_path.glob("*.tar.zst"))) == 2


@pytest.mark.parametrize(
    ("name", "sql"),
    [
        ("999_bad.sql", "CREATE TABLE more (night DATE); SELECT * FROM nowhere;"),
        ("999_loss.sql", "DELETE FROM article;"),
    ],
)
def test_an_upgrade_that_fails_leaves_everything_as_it_was(
    desk: Desk,
    tmp_path: Path,
    schema: Path,
    name: str,
    sql: str,
) -> None:
    run_upgrade(desk, tmp_path, "- old\n")
    rows, connect = hashes(desk), connect_to(desk.job.settings.warehouse)
    version = read_version(connect)
    (schema / name).write_text(sql)
    with pytest.raises(WarehouseError, match="the warehouse is as it was"):
        run_upgrade(desk, tmp_path, "- new\n- old\n")
    (schema / name).unlink()
    assert read_version(connect) == version
    assert hashes(desk) == rows
    assert desk.landing.read_json("version.json")["changelog"] == "- old\n"


@pytest.mark.file_only("a lake's catalogue is not made again from here")
def test_an_upgrade_of_a_file_without_a_byte_names_the_one_cure(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, file = hashes(desk), Path(desk.job.settings.warehouse)
    file.write_bytes(b"")
    with pytest.raises(WarehouseError) as error:
        run_upgrade(desk, tmp_path, "- new\n")
    told = str(error.value)
    assert "; nightdesk warehouse rebuild, which brings it to the schema" in told
    assert "go back to the version" not in told
    desk.name(monkeypatch)
    assert main(["warehouse", "rebuild"]) == 0
    run_upgrade(desk, tmp_path, "- new\n")
    assert hashes(desk) == rows


def test_an_upgrade_without_room_for_the_backup_changes_nothing(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LandingError("backup: no space left")

    monkeypatch.setattr(upgrade_task, "back_up", fail)
    rows = hashes(desk)
    with pytest.raises(LandingError, match="no space left"):
        run_upgrade(desk, tmp_path, "- new\n")
    assert hashes(desk) == rows
    assert backup_task.PARTS == backup.PARTS
