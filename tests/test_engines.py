"""A warehouse on every engine: a lake does what a file does, and how it is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from engines import KEY, LAKES, POSTGRES, Engine, open_engine
from httpworld import World, reply
from nightworld import NIGHT as DESK_NIGHT
from nightworld import TEXT, Desk, write_feed, write_item, write_page
from warehouseworld import NEXT, NIGHT, article, entry, load

from nightdesk.__main__ import main
from nightdesk.errors import WarehouseDamaged, WarehouseError, WarehouseMissing
from nightdesk.model import Pair
from nightdesk.pipeline import publish_changes
from nightdesk.pipeline.built import read_loads
from nightdesk.warehouse import lake as lakes
from nightdesk.warehouse.compact import compact_any
from nightdesk.warehouse.connect import (
    Connect,
    connect_to,
    load_in_turn,
    open_warehouse,
)
from nightdesk.warehouse.content import hash_tables
from nightdesk.warehouse.lake_files import clean_lake
from nightdesk.warehouse.publish import publish_nights
from nightdesk.warehouse.trace import scan_tables
from nightdesk.warehouse.verify import verify_published, verify_warehouse

PAIR = Pair(1, 2, "exact", 1.0, "r")
slow = pytest.mark.slow


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.lake) for name in LAKES],
)
def lake(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with open_engine(request.param) as engine:
        yield engine


# strings ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "catalogue", "options", "extensions"),
    [
        ("ducklake:/a/b", "ducklake:/a/b", {}, ("ducklake",)),
        (
            "ducklake:/a/b (DATA_PATH '/c, d')",
            "ducklake:/a/b",
            {"DATA_PATH": "/c, d"},
            ("ducklake",),
        ),
        (
            "ducklake:postgres:dbname=news (data_path 's3://n/', s3_region 'x')",
            "ducklake:postgres:dbname=news",
            {"DATA_PATH": "s3://n/", "S3_REGION": "x"},
            ("httpfs", "postgres_scanner", "ducklake"),
        ),
    ],
    ids=["a file", "a file and a folder", "Postgres and S3"],
)
def test_a_connection_string_says_all(uri, catalogue, options, extensions) -> None:
    found = lakes.parse_lake(uri)
    assert (found.catalogue, found.options) == (catalogue, options)
    assert found.extensions == extensions


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("ducklake:/a (READ_ONLY)", "allowed: DATA_PATH, METADATA_SCHEMA, S3_ENDPOINT"),
        ("ducklake:/a (DATA_PATH 's3://a' x)", "' x\": want options"),
        ("ducklake:", "a catalogue is a file or postgres:"),
        ("ducklake:mysql:db=x password=hush", r"mysql:db=x password=\*\*\*: a catal"),
        (
            "ducklake:/a (DATA_PATH 's3://a/', S3_USE_SSL 'maybe')",
            "S3_USE_SSL 'maybe': allowed: 'true', 'false'",
        ),
        (
            "ducklake:/a (DATA_PATH 's3://a/', S3_URL_STYLE 'paht')",
            "S3_URL_STYLE 'paht': allowed: 'path', 'vhost'",
        ),
        ("ducklake:/a (S3_REGION 'eu')", "S3_REGION: .* wants a DATA_PATH 's3://...'"),
        ("ducklake:/a (DATA_PATH '/b'", "options stand in one pair of parentheses"),
        ("ducklake:/a (METADATA_SCHEMA '')", "METADATA_SCHEMA '': is empty"),
    ],
    ids=[
        "unknown option",
        "no option",
        "no catalogue",
        "another catalogue",
        "neither with nor without TLS",
        "no style of addresses",
        "a store without a place in it",
        "no end",
        "an empty name",
    ],
)
def test_a_string_that_cannot_be_read_is_refused(uri: str, message: str) -> None:
    with pytest.raises(WarehouseError, match=message):
        connect_to(uri)


@pytest.mark.lake
def test_a_lake_whose_files_lie_elsewhere_names_their_place(tmp_path: Path) -> None:
    uri = f"ducklake:{tmp_path / 'w'}"
    with open_warehouse(connect_to(uri)):
        pass
    elsewhere = connect_to(f"{uri} (DATA_PATH '{tmp_path / 'other'}/')")
    with (
        pytest.raises(WarehouseError, match=r'/w\.files/": name that, or leave DATA_'),
        open_warehouse(elsewhere),
    ):
        pass
    (finding,) = verify_warehouse(elsewhere, {})
    assert finding.cure == "what that asks for, or nightdesk warehouse rebuild"


@pytest.mark.lake
def test_a_new_lake_on_postgres_wants_a_place_for_its_files() -> None:
    with open_engine("postgres"):
        uri = f"ducklake:postgres:{POSTGRES} (METADATA_SCHEMA 'nightdesk_test_none')"
        with (
            pytest.raises(WarehouseError, match=r"wants DATA_PATH.*'/mnt/news/'"),
            open_warehouse(connect_to(uri)),
        ):
            pass


def test_a_warehouse_that_must_exist_is_not_made(
    engine: Engine, tmp_path: Path
) -> None:
    uri = engine.uri(tmp_path / "w" / "nightdesk.duckdb")
    key = KEY if engine.store else None
    for _ in range(2):
        with (
            pytest.raises(WarehouseMissing, match=r"no warehouse at .*loaded yet"),
            open_warehouse(connect_to(uri, key, must_exist=True)),
        ):
            pass
    with open_warehouse(connect_to(uri, key)):
        pass
    with open_warehouse(connect_to(uri, key, must_exist=True)) as con:
        assert con.execute("SELECT count(*) FROM article").fetchone() == (0,)


@pytest.mark.lake
def test_a_password_is_not_told(tmp_path: Path) -> None:
    string = "ducklake:postgres:host=127.0.0.1 port=1 password=hush"
    connect = connect_to(f"{string} (DATA_PATH '{tmp_path}')")
    with (
        pytest.raises(WarehouseError, match=r"password=\*\*\*") as caught,
        open_warehouse(connect),
    ):
        pass
    assert caught.value.__cause__ is None, "a traceback would show it"


# extensions ------------------------------------------------------------------


def test_a_lake_without_its_extensions_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duckdb, "__version__", "0.0.1")
    with (
        pytest.raises(WarehouseError, match=r"install .*-r requirements-lake\.txt"),
        open_warehouse(connect_to(f"ducklake:{tmp_path / 'c'}")),
    ):
        pass


def test_motherduck_without_its_extension_says_what_to_install() -> None:
    uri = "md:news?motherduck_token=hush"
    with (
        pytest.raises(WarehouseError, match=r'(?s)not found.*"INSTALL md"') as caught,
        open_warehouse(connect_to(uri)),
    ):
        pass
    assert "hush" not in str(caught.value)


@pytest.mark.lake
def test_no_extension_is_downloaded(lake: Engine, tmp_path: Path) -> None:
    empty = {"extension_directory": str(tmp_path / "extensions")}
    uri, connect = lake.uri(tmp_path / "w"), lake.connect(tmp_path / "w")
    with open_warehouse(connect) as con:
        setting = con.execute(
            "SELECT current_setting('autoinstall_known_extensions')"
        ).fetchone()
        assert setting == (False,)
    bare = connect_to(uri, KEY, open_memory=lambda: duckdb.connect(config=empty))
    with open_warehouse(bare) as con:
        assert con.execute("SELECT count(*) FROM article").fetchone() == (0,)
    assert list(tmp_path.glob("extensions/**/*.duckdb_extension")) == []


@pytest.mark.lake
def test_the_key_of_the_store_is_needed_and_told_to_nobody(tmp_path: Path) -> None:
    with open_engine("s3") as engine:
        uri = engine.uri(tmp_path / "w")
        with open_warehouse(connect_to(uri, KEY)) as con:
            con.execute("CALL ducklake_flush_inlined_data('warehouse')")
        with (
            pytest.raises(WarehouseError, match="403") as caught,
            open_warehouse(connect_to(uri, "other:hush2")),
        ):
            pass
        assert "hush2" not in str(caught.value)
        with pytest.raises(WarehouseError, match=r"wanted as KEY_ID:SECRET$"):
            connect_to(uri, "hush2")()


@pytest.mark.lake
@pytest.mark.airflow
@pytest.mark.parametrize("has_login", [True, False], ids=["login", "variable"])
def test_airflow_opens_a_lake_by_its_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_login: bool
) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "airflow"))
    from nightdesk_warehouse import connect_warehouse

    with open_engine("s3") as engine:
        known = {"conn_type": "duckdb", "host": engine.uri(tmp_path / "w")}
        known |= {"extra": {"threads": 1}}
        if has_login:
            known |= dict(zip(("login", "password"), KEY.split(":"), strict=True))
        else:
            monkeypatch.setenv("NIGHTDESK_SECRET_NIGHTDESK_WAREHOUSE", KEY)
        monkeypatch.setenv("AIRFLOW_CONN_NIGHTDESK_WAREHOUSE", json.dumps(known))
        with open_warehouse(connect_warehouse()) as con:
            con.execute("CALL ducklake_flush_inlined_data('warehouse')")
            told = con.execute(
                "SELECT current_setting('threads'), "
                "current_setting('autoinstall_known_extensions')"
            ).fetchall()
            assert con.execute("FROM schema_version").fetchall()
        with open_warehouse(connect_warehouse(must_exist=True)) as con:
            assert con.execute("FROM schema_version").fetchall()
        assert told == [(1, False)]
        assert engine.store is not None
        assert engine.store.refused == []
        assert engine.store.objects


@pytest.mark.lake
@pytest.mark.airflow
@pytest.mark.parametrize("named", ["{}/new/w.duckdb", "ducklake:{}/new/w.ducklake"])
def test_a_task_of_airflow_makes_no_warehouse_unless_it_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "airflow"))
    from nightdesk_warehouse import connect_warehouse

    known = {"conn_type": "duckdb", "host": named.format(tmp_path)}
    monkeypatch.setenv("AIRFLOW_CONN_NIGHTDESK_WAREHOUSE", json.dumps(known))
    with (
        pytest.raises(WarehouseMissing, match="no warehouse at"),
        open_warehouse(connect_warehouse(must_exist=True)),
    ):
        pass
    assert not (tmp_path / "new").exists()
    for must_exist in (False, True):
        with open_warehouse(connect_warehouse(must_exist=must_exist)) as con:
            assert con.execute("FROM schema_version").fetchall()


# loads -----------------------------------------------------------------------


@slow
def test_two_loaders_at_once_load_every_night_once(
    engine: Engine, tmp_path: Path
) -> None:
    connect = engine.connect(tmp_path / "w.duckdb")
    with open_warehouse(connect):
        pass  # it is there before two want it

    def put(n: int) -> None:
        with open_warehouse(connect) as con:
            load(con, (NIGHT, NEXT)[n - 1], [entry(n)], [article(n)], [PAIR])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(put, (1, 2)))
    with open_warehouse(connect) as con:
        members = con.execute("SELECT article_id, cluster_id FROM cluster_member")
        assert sorted(members.fetchall()) == [(1, 1), (2, 1)], "each saw the other"
        assert con.execute("SELECT n FROM load_turn").fetchall() == [(2,)]


@slow
@pytest.mark.lake
def test_a_load_that_another_one_overtook_runs_again(tmp_path: Path) -> None:
    with open_engine("postgres") as engine:
        connect, seen = engine.connect(tmp_path / "w"), []
        with open_warehouse(connect) as one, open_warehouse(connect) as other:

            def put() -> None:
                (count,) = one.execute("SELECT count(*) FROM article").fetchall()[0]
                seen.append(count)
                if len(seen) == 1:
                    load(other, NIGHT, [entry(1)], [article(1)])

            load_in_turn(one, put)
        assert seen == [0, 1]


# upkeep ----------------------------------------------------------------------


def find_secret(connect: Connect) -> set[str]:
    """Return where a takedown's scan finds it."""
    with open_warehouse(connect) as con:
        _, hits, others = scan_tables(con, "w", lambda raw: b"A secret" in raw, ())
    return {*hits, *others}


def read_digests(connect: Connect) -> set[str]:
    """Return the names of the files of which a lake knows the digest."""
    with open_warehouse(connect) as con:
        place = lakes.find_catalogue(con, lakes.NAME)
        rows = con.execute(f"SELECT name FROM {place}.nightdesk_file_digest")
        return {name for (name,) in rows.fetchall()}


@slow
def test_bytes_of_what_was_deleted_go_and_rows_stay(
    lake: Engine, tmp_path: Path
) -> None:
    connect = lake.connect(tmp_path / "w")
    many = range(10, 40)  # too many rows to lie in the catalogue
    secret = [article(n, f"A secret {n}") for n in many]
    with open_warehouse(connect) as con:
        load(con, NIGHT, [entry(1), entry(2)], [article(1), article(2, "A secret")])
        load(con, NIGHT, [entry(1)], [article(1)])
    weekly = clean_lake(connect)
    assert weekly is not None
    assert weekly["snapshots"] == 0, "it can be gone back to for a week"
    with open_warehouse(connect) as con:
        load(con, NEXT, [entry(n) for n in many], secret)
        load(con, NEXT, [entry(n) for n in many], [article(n) for n in many])
        before = hash_tables(con)
    kinds = {Path(place).suffix or place for place in find_secret(connect)}
    stats = "the catalogue: ducklake_{}_column_stats"
    assert kinds == {".parquet", stats.format("table"), stats.format("file")}
    done = compact_any(connect)
    assert done["snapshots"] > 0
    assert done["files"] > 0
    assert done["digests"] > 0
    files = {Path(name).name for name in lake.read_files(tmp_path / "w")}
    assert files == read_digests(connect), "those of files that are gone have gone"
    with open_warehouse(connect) as con:
        assert hash_tables(con) == before
    assert find_secret(connect) == set()
    kept = {str(p): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    kept |= lake.store.objects if lake.store else {}
    assert len(kept) > 5
    assert [name for name, data in kept.items() if b"A secret" in data] == []


@slow
def test_a_byte_that_changed_in_a_lake_is_named_and_never_published(
    lake: Engine, tmp_path: Path
) -> None:
    path, published = tmp_path / "w", tmp_path / "published"
    connect = lake.connect(path)
    with open_warehouse(connect) as con:
        for night, numbers in ((NIGHT, range(30)), (NEXT, range(30, 60))):
            load(con, night, [*map(entry, numbers)], [*map(article, numbers)])
    clean_lake(connect, is_whole=True)  # what upkeep has written is known as well
    assert list(verify_warehouse(connect, {})) == []
    files = lake.read_files(path)
    (name,) = (name for name in files if "/article_text/" in name)
    data = files[name]
    middle = len(data) // 2
    flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    for bad in (flipped, *(() if lake.store else (data[:middle],))):
        lake.write_file(name, bad)
        findings = list(verify_warehouse(connect, {}))
        assert findings
        assert {f.cure for f in findings} == {"nightdesk warehouse rebuild"}, name
        with (
            pytest.raises(WarehouseError, match="nightdesk warehouse rebuild"),
            open_warehouse(connect) as con,
        ):
            publish_nights(con, published)
        assert not list(published.glob("*.duckdb"))
        with pytest.raises(WarehouseDamaged, match="nightdesk warehouse rebuild"):
            clean_lake(connect)  # merged into another file it would look whole
    lake.write_file(name, data)
    assert list(verify_warehouse(connect, {})) == []
    with open_warehouse(connect) as con:
        assert publish_nights(con, published).nights == (NIGHT, NEXT)


def test_a_file_has_no_lake_to_clean(tmp_path: Path) -> None:
    assert clean_lake(connect_to(str(tmp_path / "w.duckdb"))) is None


# whole way -------------------------------------------------------------------


def fill(desk: Desk) -> None:
    desk.serve("/feed", write_feed(write_item("A pier", "https://alpha.example/p")))
    desk.serve("/p", reply(write_page("A pier", lines=TEXT)))
    desk.collect()
    desk.build()


@slow
def test_a_desk_on_a_lake_is_loaded_published_rebuilt_and_cleaned(
    lake: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").mkdir()
    (tmp_path / "lake").mkdir()
    with World() as world:
        plain = Desk(tmp_path / "file", world)
        fill(plain)
        desk = replace(plain, folder=tmp_path / "lake", engine=lake)
        fill(desk)
    settings = desk.job.settings
    assert publish_changes(desk.job, desk.connect).nights == (DESK_NIGHT,)
    with open_warehouse(plain.connect) as con, open_warehouse(desk.connect) as other:
        whole = hash_tables(con)
        assert hash_tables(other) == whole
    for name, value in (
        ("DATA", settings.data),
        ("WAREHOUSE", settings.warehouse),
        ("CONTACT", settings.contact),
        ("SECRET_NIGHTDESK_WAREHOUSE", KEY),
    ):
        monkeypatch.setenv(f"NIGHTDESK_{name}", str(value))
    for name, data in lake.read_files(settings.data / "warehouse.duckdb").items():
        lake.write_file(name, data[: len(data) // 2])
    assert main(["warehouse", "rebuild"]) == 0
    assert "1 nights built" in capsys.readouterr().out
    with open_warehouse(desk.connect) as con:
        assert hash_tables(con) == whole
    assert main(["warehouse", "compact"]) == 0
    assert "removed: " in capsys.readouterr().out
    assert main(["maintain", "sweep", "compact"]) == 0
    assert "compact  snapshots 0" in capsys.readouterr().out
    assert list(verify_warehouse(desk.connect, read_loads(desk.landing))) == []
    assert list(verify_published(settings.published)) == []
    url = "https://alpha.example/p"
    assert main(["takedown", url, "--why", "asked", "--who", "me"]) == 0
    with open_warehouse(desk.connect) as con:
        assert con.execute("SELECT count(*) FROM article").fetchall() == [(0,)]
