"""What is kept is checked, and what is damaged is named with what mends it."""

from __future__ import annotations

import multiprocessing
import random
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from engines import FILE, connect_at, connect_to, run_engine
from httpworld import World
from nightworld import NIGHT, TEXT, Desk

from nightdesk.__main__ import main
from nightdesk.errors import (
    ConfigError,
    LandingError,
    WarehouseError,
    WarehouseMissing,
)
from nightdesk.landing.inspect import find_lost, verify_files
from nightdesk.pipeline import plan_run, publish_changes, rebuild_task, run_night
from nightdesk.pipeline.built import read_loads
from nightdesk.warehouse import swap
from nightdesk.warehouse.catalogue import read_manifest
from nightdesk.warehouse.compact import compact_loaded, compact_warehouse
from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.content import hash_tables, list_tables
from nightdesk.warehouse.publish import list_numbers, roll_back
from nightdesk.warehouse.verify import verify_published, verify_warehouse

pytestmark = pytest.mark.slow

NEWS = {
    "pier": ["Accra has a new pier after two years of work on the old harbour wall."],
    "crane": ["Lome lifted its first boxes with a crane that came by ship from Tema."],
    "lock": ["Tema opened a lock that lets barges into the lagoon at any tide now."],
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with one night, loaded and published twice."""
    with World() as world:
        desk = Desk(tmp_path_factory.mktemp("desk"), world)
        desk.serve_news({name: lines + TEXT for name, lines in NEWS.items()})
        desk.collect()
        desk.build()
        publish(desk)
        publish(desk, again=True)
        yield desk


@pytest.fixture
def desk(whole: Desk, tmp_path: Path) -> Desk:
    """A copy that a test may damage."""
    return whole.copy(tmp_path / "desk")


def publish(desk: Desk, *, again: bool = False) -> int:
    connect = connect_to(desk.job.settings.warehouse)
    return publish_changes(desk.job, connect, again=again).number


def hashes_of(path: Path) -> dict[str, str]:
    with open_warehouse(connect_at(path)) as con:
        return hash_tables(con)


def damage(path: Path, kind: str, chance: random.Random) -> None:
    raw = bytearray(path.read_bytes())
    if kind == "cut":
        del raw[chance.randrange(1, len(raw)) :]
    else:
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    path.write_bytes(raw)


def judge(path: Path) -> tuple[list[str], dict[str, str]]:
    """What verify says of a database file, and its hashes if it says nothing."""
    found = [f.cure for f in verify_warehouse(connect_at(path), {})]
    return found, {} if found else hashes_of(path)


@pytest.fixture(scope="module")
def apart() -> Iterator[ProcessPoolExecutor]:
    """Processes of their own: one that dies is a failure, not the end of the tests."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        yield pool


def test_a_catalogue_that_no_reader_finds_is_named(desk: Desk) -> None:
    (desk.job.settings.published / "current.duckdb").unlink()
    (finding,) = verify_published(desk.job.settings.published)
    assert finding.file == "current.duckdb"
    publish(desk)
    assert list(verify_published(desk.job.settings.published)) == []


def test_a_whole_desk_has_nothing_wrong(whole: Desk) -> None:
    assert list(verify_files(whole.landing)) == []
    connect, loads = connect_to(whole.job.settings.warehouse), read_loads(whole.landing)
    assert NIGHT in loads
    assert list(verify_warehouse(connect, loads)) == []
    assert list(verify_published(whole.job.settings.published)) == []


@pytest.mark.file_only("of a lake, Parquet and Postgres hold the bytes")
@pytest.mark.parametrize("kind", ["flip", "cut"])
def test_a_damaged_warehouse_is_never_taken_for_whole(
    desk: Desk, tmp_path: Path, apart: ProcessPoolExecutor, kind: str
) -> None:
    path, chance = Path(desk.job.settings.warehouse), random.Random(kind)
    whole = hashes_of(path)
    copies = []
    for n in range(40):
        copy = tmp_path / f"{n}.duckdb"
        copy.write_bytes(path.read_bytes())
        damage(copy, kind, chance)
        copies.append(copy)
    answers = list(apart.map(judge, copies))
    wrong = [
        n for n, (found, same) in enumerate(answers) if not found and same != whole
    ]
    assert wrong == []
    assert sum(bool(found) for found, _ in answers) >= (40 if kind == "cut" else 20)
    assert {cure for found, _ in answers for cure in found} == {
        "nightdesk warehouse rebuild"
    }


@pytest.mark.file_only("of a lake, Parquet and Postgres hold the bytes")
def test_a_changed_byte_in_any_block_is_found(
    desk: Desk, tmp_path: Path, apart: ProcessPoolExecutor
) -> None:
    """Blocks of logs of runs too, and of columns that are in no hash."""
    path, chance = Path(desk.job.settings.warehouse), random.Random("block")
    with open_warehouse(connect_at(path)) as con:
        con.execute(
            "INSERT INTO fetch_log BY NAME SELECT * EXCLUDE r "
            "REPLACE (md5(r::VARCHAR) AS url) "
            "FROM (FROM fetch_log LIMIT 1), range(20000) AS t(r)"
        )
    with duckdb.connect(str(path), read_only=True) as con:
        blocks = [
            block for table in list_tables(con) for block in find_blocks(con, table)
        ]
    copies = []
    for block in sorted(set(blocks)):
        copy, raw = tmp_path / f"{block}.duckdb", bytearray(path.read_bytes())
        raw[3 * 4096 + block * (1 << 18) + chance.randrange(1 << 18)] ^= 1
        copy.write_bytes(raw)
        copies.append(copy)
    assert len(copies) > 3
    answers = list(apart.map(judge, copies))
    cures = [found for found, _ in answers]
    assert cures == [["nightdesk warehouse rebuild"]] * len(copies)


def find_blocks(con: duckdb.DuckDBPyConnection, table: str) -> list[int]:
    """Return the numbers of the blocks that hold a table."""
    rows = con.execute(
        "SELECT DISTINCT unnest([block_id] || additional_block_ids) "
        f"FROM pragma_storage_info('{table}')"
    ).fetchall()
    return [block for (block,) in rows if block is not None and block >= 0]


@pytest.mark.file_only("of a lake, Parquet and Postgres hold the bytes")
@pytest.mark.parametrize("raw", [b"x" * 9000, None], ids=["no database", "cut"])
def test_commands_on_a_damaged_warehouse_name_the_cure(
    tmp_path: Path, raw: bytes | None
) -> None:
    path = tmp_path / "w.duckdb"
    hashes_of(path)
    path.write_bytes(raw or path.read_bytes()[:9000])
    with pytest.raises(WarehouseError, match=r"; nightdesk warehouse rebuild\Z"):
        hashes_of(path)


@pytest.mark.lake
@pytest.mark.parametrize("kind", ["file", "lake"])
def test_a_warehouse_of_the_other_kind_is_refused_and_kept(
    tmp_path: Path, kind: str
) -> None:
    """An address without its `ducklake:`, or with one that is none of it."""
    path = tmp_path / "w"
    right, wrong = str(path), f"ducklake:{path}"
    if kind == "lake":
        right, wrong = wrong, right
    with open_warehouse(connect_to(right)) as con:
        whole = hash_tables(con)
    with (
        pytest.raises((ConfigError, WarehouseMissing), match=r"catalogue of|address"),
        open_warehouse(connect_to(wrong)),
    ):
        pass
    with open_warehouse(connect_to(right)) as con:
        assert hash_tables(con) == whole


@pytest.mark.lake
def test_a_damaged_catalogue_of_a_lake_makes_way_for_a_new_one(
    desk: Desk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("duckdb_extension_ducklake")
    desk.name(monkeypatch)
    path = tmp_path / "c.ducklake"
    monkeypatch.setenv("NIGHTDESK_WAREHOUSE", f"ducklake:{path}")
    path.write_bytes(b"x" * 9000)
    for words in (["warehouse", "hash"], ["warehouse", "rebuild"]):
        assert main(words) == 1
        told = capsys.readouterr().err
        assert "; move that file away, then nightdesk warehouse rebuild\n" in told
        assert "extract" not in told
    path.rename(tmp_path / "away")
    assert main(["warehouse", "rebuild"]) == 0
    with open_warehouse(connect_to(f"ducklake:{path}")) as con:
        assert con.execute("SELECT count(*) FROM article").fetchall() == [(len(NEWS),)]


def test_a_rebuild_of_a_lake_without_its_extensions_begins_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.name(monkeypatch)
    monkeypatch.setenv("NIGHTDESK_WAREHOUSE", f"ducklake:{desk.folder / 'c.ducklake'}")
    monkeypatch.setattr(duckdb, "__version__", "0.0.1")
    before = sorted(desk.folder.rglob("*"))
    assert main(["warehouse", "rebuild"]) == 1
    out, err = capsys.readouterr()
    assert "not installed: pip install --require-hashes -r requirements-lake.txt" in err
    assert str(NIGHT) not in out + err
    assert sorted(desk.folder.rglob("*")) == before


@pytest.mark.file_only("a lake has no file of its own")
def test_a_rebuild_of_an_empty_file_on_a_new_desk_says_to_delete_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with World() as world:
        desk = Desk(tmp_path, world)
        desk.name(monkeypatch)
    Path(desk.job.settings.warehouse).write_bytes(b"")
    assert main(["warehouse", "rebuild"]) == 2
    assert "delete it, and the first load makes a new one" in capsys.readouterr().err


def test_verify_names_pages_that_are_gone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.name(monkeypatch)
    landing = desk.job.settings.data / "landing"
    for file in landing.glob("archive/day=*/*.warc.zst"):
        file.unlink()
        gone = str(file.relative_to(landing))
    for index in landing.glob("captures/day=*/*.parquet"):
        index.unlink()
    assert main(["warehouse", "verify"]) == 1
    told = capsys.readouterr().out
    assert gone in told
    assert "nightdesk restore BACKUP --only archive/" in told


@pytest.mark.file_only("a damaged catalogue is not made again from here")
def test_a_damaged_warehouse_is_rebuilt_with_the_same_rows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(desk.job.settings.warehouse)
    whole = hashes_of(path)
    path.write_bytes(path.read_bytes()[:-5000])
    entries = desk.job.settings.data / "landing" / "entries"
    shutil.copytree(  # a day that is not over waits
        entries / f"night={NIGHT}", entries / "night=2099-01-01"
    )
    desk.name(monkeypatch)
    assert main(["warehouse", "verify"]) == 1
    told = capsys.readouterr()
    assert "nightdesk warehouse rebuild" in told.out
    steps = [
        "landing area",
        "decisions",
        "warehouse",
        "published files",
        "search index",
    ]
    assert told.err.splitlines() == [f"verify: {step}" for step in steps]
    assert main(["warehouse", "rebuild"]) == 0
    assert "1 nights built" in capsys.readouterr().out
    assert [
        p for p in path.parent.iterdir() if p.name.startswith(f"{path.name}.")
    ] == []
    assert hashes_of(path) == whole
    assert main(["warehouse", "verify"]) == 0
    assert main(["warehouse", "compact"]) == 0
    assert hashes_of(path) == whole


def test_a_rebuild_that_finds_less_leaves_the_warehouse_as_it_was(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connect = connect_to(desk.job.settings.warehouse)
    desk.name(monkeypatch)
    with open_warehouse(connect) as con:
        whole = hash_tables(con)
    entries = desk.folder / "landing" / "entries" / f"night={NIGHT}"
    next(entries.iterdir()).unlink()
    assert main(["warehouse", "rebuild"]) == 1
    told = capsys.readouterr().err
    assert f"{NIGHT}: 0 articles of {len(NEWS)}. The warehouse is as it was" in told
    with open_warehouse(connect) as con:
        assert hash_tables(con) == whole
    assert main(["warehouse", "rebuild", "--force"]) == 0
    with open_warehouse(connect) as con:
        assert con.execute("SELECT count(*) FROM article").fetchall() == [(0,)]


def test_of_two_rebuilds_at_once_one_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.name(monkeypatch)
    codes = []

    def plan_and_rebuild(*given: Any, **named: Any) -> Any:
        if not codes:
            codes.append(main(["warehouse", "rebuild"]))
        return plan_run(*given, **named)

    monkeypatch.setattr(rebuild_task, "plan_run", plan_and_rebuild)
    assert main(["warehouse", "rebuild"]) == 0
    assert codes == [1]
    assert "another one is running" in capsys.readouterr().err
    assert list(verify_warehouse(desk.connect, read_loads(desk.landing))) == []


class Killed(BaseException):
    """As if the process had ended there."""


def test_a_rebuild_that_ends_early_leaves_the_warehouse_as_it_was(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connect = connect_to(desk.job.settings.warehouse)
    desk.name(monkeypatch)
    with open_warehouse(connect) as con:
        before = hash_tables(con)
    entries = desk.folder / "landing" / "entries" / f"night={NIGHT}"
    (part,) = entries.iterdir()
    raw = part.read_bytes()
    part.write_bytes(raw[:-9])  # a night that cannot be built
    assert main(["warehouse", "rebuild"]) == 1
    assert "the warehouse is as it was: mend" in capsys.readouterr().err
    part.write_bytes(raw)

    def be_killed(*_: object) -> None:
        raise Killed

    for place in ("swap_file", "fill_anew"):
        monkeypatch.setattr(f"nightdesk.pipeline.rebuild_task.{place}", be_killed)
    with pytest.raises(Killed):
        main(["warehouse", "rebuild"])
    assert list(verify_warehouse(connect, read_loads(desk.landing))) == []
    assert list(verify_files(desk.landing)) == []
    with open_warehouse(connect) as con:
        assert hash_tables(con) == before
    monkeypatch.undo()
    desk.name(monkeypatch)
    assert main(["warehouse", "rebuild"]) == 0
    with open_warehouse(connect) as con:
        assert hash_tables(con) == before
    assert not list(desk.folder.rglob("*rebuilding*.duckdb*"))
    assert list(verify_warehouse(connect, read_loads(desk.landing))) == []
    assert desk.landing.names("rebuilding", ".json") == []


def test_a_load_that_came_while_a_rebuild_ran_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.name(monkeypatch)
    connect = connect_to(desk.job.settings.warehouse)
    place = "swap_file" if run_engine() is FILE else "fill_anew"

    def come_between(*given: object) -> None:
        desk.moment += timedelta(days=9000)  # later than the rebuild
        desk.build()
        getattr(swap, place)(*given)

    monkeypatch.setattr(f"nightdesk.pipeline.rebuild_task.{place}", come_between)
    assert main(["warehouse", "rebuild"]) == 0
    assert f"to be loaded again: built/night={NIGHT}.json" in capsys.readouterr().out
    (finding,) = verify_warehouse(connect, read_loads(desk.landing))
    assert finding.problem.startswith("as loaded ")


@pytest.mark.file_only("of a lake nobody knows its size")
def test_a_rebuild_without_room_begins_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.name(monkeypatch)
    path = Path(desk.job.settings.warehouse)
    with path.open("r+b") as stream:
        stream.truncate(1 << 43)
    assert main(["warehouse", "rebuild"]) == 1
    told = capsys.readouterr().err
    assert "are free, and the new file may want as much as the old one, 8.8 TB" in told


@pytest.mark.file_only("a lake has none")
def test_a_rebuild_replaces_a_warehouse_that_has_a_wal(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.name(monkeypatch)
    path = Path(desk.job.settings.warehouse)
    before, wal = hashes_of(path), path.with_name(f"{path.name}.wal")
    live = path.with_name("live.duckdb")
    shutil.copyfile(path, live)
    with duckdb.connect(str(live)) as con:
        con.execute("SET wal_autocheckpoint = '1TB'")
        con.execute("DELETE FROM article")
        shutil.copyfile(live, path)
        shutil.copyfile(live.with_name("live.duckdb.wal"), wal)
    assert hashes_of(path) != before
    with duckdb.connect(str(live)) as con:
        con.execute("SET wal_autocheckpoint = '1TB'")
        con.execute("DELETE FROM entry")
        shutil.copyfile(live, path)
        shutil.copyfile(live.with_name("live.duckdb.wal"), wal)
    assert main(["warehouse", "rebuild"]) == 0
    assert not wal.exists()
    assert hashes_of(path) == before


LOST = {
    "never made": ("DELETE FROM load_ledger", "its load of {now} UTC is not there"),
    "an older one": (
        "UPDATE load_ledger SET loaded_at = loaded_at - INTERVAL 1 DAY",
        "as loaded {before} UTC, not {now}",
    ),
}


def test_a_lost_night_is_named_where_nobody_knows_when_it_was_loaded(
    desk: Desk,
) -> None:
    """The note of an older version has no time."""
    name = f"built/night={NIGHT}.json"
    note = desk.landing.read_json(name)
    desk.landing.write_json(name, {k: v for k, v in note.items() if k != "loaded_at"})
    connect = connect_to(desk.job.settings.warehouse)
    assert list(verify_warehouse(connect, read_loads(desk.landing))) == []
    with open_warehouse(connect) as con:
        con.execute("DELETE FROM load_ledger")
    (finding,) = verify_warehouse(connect, read_loads(desk.landing))
    assert finding.problem == "its load is not there"


@pytest.mark.parametrize(("lose", "problem"), LOST.values(), ids=LOST)
def test_a_load_that_the_warehouse_has_lost_is_named_and_made_again(
    desk: Desk,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lose: str,
    problem: str,
) -> None:
    """As if the last commits of its file had been cut off."""
    connect = connect_to(desk.job.settings.warehouse)
    at = read_loads(desk.landing)[NIGHT]
    before, now = (f"{t:%Y-%m-%d %H:%M}" for t in (at - timedelta(days=1), at))
    with open_warehouse(connect) as con:
        con.execute(lose)
    (finding,) = verify_warehouse(connect, read_loads(desk.landing))
    assert finding.file == f"warehouse, night {NIGHT}"
    assert finding.problem == problem.format(now=now, before=before)
    assert finding.cure == "nightdesk warehouse rebuild"
    desk.name(monkeypatch)
    assert main(["warehouse", "hash"]) == 1  # of what is there, and says so
    told = capsys.readouterr()
    assert "article_text" in told.out
    assert f"{finding.file}: {finding.problem}: {finding.cure}\n" == told.err
    desk.build()
    assert main(["warehouse", "hash"]) == 0
    assert f"night={NIGHT} the warehouse has lost it" in caplog.text
    desk.build()
    assert list(verify_warehouse(connect, read_loads(desk.landing))) == []


@pytest.mark.parametrize("kind", ["flip", "cut"])
def test_damaged_landing_files_are_named(desk: Desk, kind: str) -> None:
    chance = random.Random(kind)
    files = [
        path
        for path in sorted(desk.landing.root.rglob("*"))
        if path.suffix in (".parquet", ".json")
    ]
    assert len(files) > 10
    for path in files:
        damage(Path(path), kind, chance)
    found = list(verify_files(desk.landing))
    names = [str(path.relative_to(desk.landing.root)) for path in files]
    assert [finding.file for finding in found] == names
    assert all(finding.cure for finding in found)


def test_pages_that_were_lost_with_their_index_are_named(desk: Desk) -> None:
    assert find_lost(desk.landing) == []
    (archive,) = {Path(p) for p in desk.landing.root.rglob("*.warc.zst")}
    archive.unlink()
    for path in Path(str(desk.landing.root)).glob("captures/*/*"):
        path.unlink()
    (finding,) = find_lost(desk.landing)
    assert finding.file == str(archive.relative_to(str(desk.landing.root)))
    assert finding.problem == "missing, with 3 articles"
    assert find_lost(desk.landing, NIGHT) == []  # of the day before


@pytest.mark.parametrize("kind", ["flip", "cut"])
def test_damaged_parts_are_named_and_published_again(desk: Desk, kind: str) -> None:
    folder, chance = desk.job.settings.published, random.Random(kind)
    parts = sorted((folder / "parts").rglob("*.parquet"))
    assert len(parts) > 20
    for part in parts:
        damage(part, kind, chance)
    found = list(verify_published(folder))
    assert {str(folder / finding.file) for finding in found} >= set(map(str, parts))
    assert {f.cure for f in found} == {"nightdesk publish --again"}
    publish(desk, again=True)
    assert list(verify_published(folder)) == []
    with duckdb.connect(str((folder / "current.duckdb").resolve())) as con:
        assert con.execute("SELECT count(*) FROM article").fetchone() == (3,)


@pytest.mark.parametrize("ending", ["duckdb", "json"])
def test_an_older_catalogue_that_is_damaged_goes_when_all_is_written_anew(
    desk: Desk, ending: str
) -> None:
    folder = desk.job.settings.published
    old = folder / f"nightdesk-1.{ending}"
    old.write_bytes(old.read_bytes()[:-20])
    (finding,) = verify_published(folder)
    assert (finding.file, finding.cure) == (old.name, "nightdesk publish --again")
    assert publish(desk, again=True) == 3
    assert list(verify_published(folder)) == []
    assert list_numbers(folder) == [2, 3]
    assert roll_back(folder) == 2


def test_a_load_that_fails_publishes_nothing(desk: Desk, monkeypatch) -> None:
    desk.name(monkeypatch)
    said: list[str] = []
    plan = plan_run(desk.job, NIGHT, offline=True)
    coverage = Path(str(desk.landing.root)) / "coverage" / f"night={NIGHT}"
    (part,) = coverage.iterdir()
    part.write_bytes(part.read_bytes()[:-9])
    with pytest.raises(LandingError, match=r"coverage/.* is damaged"):
        run_night(desk.job, plan, desk.connect, say=said.append)
    assert "publish" not in said


def test_readers_go_back_to_an_older_catalogue_until_the_next_publish(
    desk: Desk,
) -> None:
    folder = desk.job.settings.published
    assert read_manifest(folder)["number"] == 2
    assert roll_back(folder) == 1
    assert read_manifest(folder)["number"] == 1
    with pytest.raises(WarehouseError, match="no catalogue before 1 is kept; kept: 1"):
        roll_back(folder)
    with pytest.raises(WarehouseError, match="no catalogue 7 is kept; kept: 1, 2"):
        roll_back(folder, 7)
    assert publish(desk, again=True) == 3


def test_what_a_killed_publish_left_is_swept(desk: Desk) -> None:
    folder = desk.job.settings.published
    left = [
        folder / ".nightdesk-9.tmp",
        folder / ".nightdesk-9.json.tmp",
        folder / "nightdesk-9.json",
        folder / "parts" / "article" / f"night={NIGHT}" / ".x.tmp",
        folder / "parts" / "article" / f"night={NIGHT}" / "tmp_.x.tmp",
        folder / "parts" / "article" / f"night={NIGHT}" / "0123.parquet",
    ]
    for path in left:
        path.write_text("half a")
    publish(desk, again=True)
    assert [path for path in left if path.exists()] == []


def leave_room(con: duckdb.DuckDBPyConnection) -> None:
    """Leave free blocks in a file, before others."""
    con.execute("CREATE TABLE filler AS SELECT md5(range::VARCHAR) FROM range(400000)")
    con.execute("CHECKPOINT")
    con.execute("CREATE TABLE behind AS FROM article")  # holds the file's end
    con.execute("CHECKPOINT")
    con.execute("DROP TABLE filler")


@pytest.mark.file_only("a lake is tidied: see test_engines")
def test_compacting_gives_room_back_and_changes_no_row(desk: Desk) -> None:
    path = Path(desk.job.settings.warehouse)
    connect = connect_at(path)
    with open_warehouse(connect) as con:
        leave_room(con)
        whole = hash_tables(con)
    before, after = compact_warehouse(connect, path)
    assert after < before / 2
    assert hashes_of(path) == whole
    assert list(path.parent.glob(".*.tmp")) == []


@pytest.mark.file_only("a lake is tidied: see test_engines")
@pytest.mark.parametrize("is_alone", [True, False])
def test_a_load_compacts_a_file_of_which_half_is_free(
    desk: Desk, is_alone: bool
) -> None:
    """Not while another thread has it open: what that writes would be lost."""
    path = Path(desk.job.settings.warehouse)
    whole = hashes_of(path)
    with open_warehouse(connect_at(path)) as con:
        leave_room(con)
        before = path.stat().st_size
        other = None if is_alone else con.cursor()
        assert compact_loaded(con, smallest=0) == is_alone
        assert not compact_loaded(con, smallest=1 << 40)
        assert (path.stat().st_size < before / 2) == is_alone
        if other:
            other.close()
    with open_warehouse(connect_at(path)) as con:
        con.execute("DROP TABLE behind")
    assert hashes_of(path) == whole
