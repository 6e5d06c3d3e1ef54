"""A catalogue that takes over an older one holds what one made of the parts holds."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from warehouseworld import NIGHT, article, entry, load

from nightdesk.errors import WarehouseError
from nightdesk.warehouse.catalogue import read_manifest
from nightdesk.warehouse.connect import connect_to, open_warehouse
from nightdesk.warehouse.publish import publish_nights, roll_back, sweep_published
from nightdesk.warehouse.read import export_catalogue, open_catalogue, read_marts
from nightdesk.warehouse.verify import verify_published

pytestmark = pytest.mark.slow
NIGHTS = [NIGHT + timedelta(days=n) for n in range(3)]
TITLE = "A title that was taken down"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with two nights, which are published."""
    folder = tmp_path_factory.mktemp("whole")
    with open_warehouse(connect_to(str(folder / "nightdesk.duckdb"))) as con:
        for n in (0, 1):
            put(con, n, [n])
        publish_nights(con, folder / "published")
    return folder


@pytest.fixture
def con(whole: Path, tmp_path: Path):
    """A copy of it, open."""
    shutil.copytree(whole, tmp_path, symlinks=True, dirs_exist_ok=True)
    with open_warehouse(connect_to(str(tmp_path / "nightdesk.duckdb"))) as con:
        yield con


def put(con, n: int, ids: list[int]) -> None:
    load(con, NIGHTS[n], [entry(i) for i in ids], [article(i) for i in ids])


def read_all(folder: Path) -> dict[str, list[tuple]]:
    """Return the rows of every table and view, and the comments on them."""
    with open_catalogue(folder) as con:
        names = [row[0] for row in con.execute("SHOW TABLES").fetchall()]
        rows = {
            name: con.execute(f"FROM {name} ORDER BY ALL").fetchall()
            for name in names
            if name != "publication"
        }
        for kind in ("tables", "views"):
            said = f"SELECT {kind[:-1]}_name, comment FROM duckdb_{kind}() ORDER BY ALL"
            rows[kind] = con.execute(said).fetchall()
        rows["columns"] = con.execute(
            "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() "
            "WHERE NOT internal ORDER BY ALL"
        ).fetchall()
    return rows


def count_anew(caplog: pytest.LogCaptureFixture) -> int:
    return sum("is made anew" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    "changes",
    [
        [(2, [2, 3])],
        [(0, [4, 5])],
        [(0, []), (2, [0]), (1, [1, 6])],
    ],
    ids=[
        "a night that is new",
        "an old night with other articles",
        "all nights, and an article goes from an old one to a new one",
    ],
)
def test_what_is_taken_over_is_what_the_parts_hold(
    con, tmp_path: Path, caplog, changes
) -> None:
    folder = tmp_path / "published"
    for n, ids in changes:
        put(con, n, ids)
    publish_nights(con, folder)
    with open_catalogue(folder) as reader:
        brief = read_marts(reader, NIGHTS[1])
    taken_over = read_all(folder)
    assert count_anew(caplog) == 0
    publish_nights(con, folder, fresh=True)
    assert read_all(folder) == taken_over
    with open_catalogue(folder) as reader:  # row by row, in the order of each mart
        assert read_marts(reader, NIGHTS[1]) == brief


def test_what_was_rolled_back_comes_again(con, tmp_path: Path) -> None:
    folder = tmp_path / "published"
    put(con, 2, [2])
    publish_nights(con, folder)
    wanted = read_all(folder)
    roll_back(folder)
    assert publish_nights(con, folder).nights == (NIGHTS[2],)
    assert read_all(folder) == wanted


def test_a_damaged_catalogue_is_not_taken_over(con, tmp_path: Path, caplog) -> None:
    folder = tmp_path / "published"
    current = (folder / "current.duckdb").resolve()
    current.write_bytes(current.read_bytes()[:5000])
    put(con, 2, [2])
    publish_nights(con, folder)
    assert count_anew(caplog) == 1
    taken_over = read_all(folder)
    publish_nights(con, folder, fresh=True)
    assert read_all(folder) == taken_over


def test_a_draft_that_a_kill_left_is_no_part_of_the_next(con, tmp_path: Path) -> None:
    folder = tmp_path / "published"
    draft = folder / ".nightdesk-2.tmp"
    shutil.copyfile(folder / "nightdesk-1.duckdb", draft)
    with duckdb.connect(str(draft)) as killed:  # committed, and still in its WAL
        killed.execute("PRAGMA disable_checkpoint_on_shutdown")
        killed.execute(
            "INSERT INTO coverage_by_night SELECT * REPLACE (?::DATE AS night) "
            "FROM coverage_by_night WHERE night = ?",
            [NIGHTS[2], NIGHTS[1]],
        )
    assert draft.with_name(f"{draft.name}.wal").exists()
    put(con, 2, [2])
    publish_nights(con, folder)
    with open_catalogue(folder) as reader:
        sql = "SELECT night, count(*) FROM coverage_by_night GROUP BY ALL ORDER BY ALL"
        assert reader.execute(sql).fetchall() == [(night, 1) for night in NIGHTS]
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


MANIFESTS = {
    "cut in half": (lambda raw: raw[: len(raw) // 2], "Expecting|Unterminated|delim"),
    "empty of keys": (lambda _: b"{}", "no manifest: KeyError"),
    "no object": (lambda _: b"[]", "no manifest: TypeError"),
    "no text": (lambda _: b"\xff", "codec"),
}


@pytest.mark.parametrize("again", [False, True], ids=["publish", "publish --again"])
@pytest.mark.parametrize(("spoil", "what"), MANIFESTS.values(), ids=MANIFESTS)
def test_a_damaged_manifest_is_named_and_written_anew(
    con, tmp_path: Path, spoil, what: str, again: bool
) -> None:
    folder = tmp_path / "published"
    wanted = read_all(folder)
    manifest = folder / "nightdesk-1.json"
    manifest.write_bytes(spoil(manifest.read_bytes()))
    with pytest.raises(WarehouseError, match=f"nightdesk-1.json: .*({what})") as told:
        read_manifest(folder)
    assert str(told.value).endswith("; nightdesk publish --again writes it anew")
    assert [(f.file, f.cure) for f in verify_published(folder)] == [
        (manifest.name, "nightdesk publish --again")
    ]
    sweep_published(folder)  # its parts stay
    assert read_all(folder) == wanted
    with pytest.raises(WarehouseError, match="no catalogue before 1 is kept"):
        roll_back(folder)
    done = publish_nights(con, folder, again=again)
    assert (done.number, done.nights) == (2, (NIGHTS[0], NIGHTS[1]))
    assert read_manifest(folder)["number"] == 2
    assert read_all(folder) == wanted
    with pytest.raises(WarehouseError, match="no catalogue 1 is kept; kept: 2"):
        roll_back(folder, 1)
    sweep_published(folder, keep=1)
    assert list(verify_published(folder)) == []


def test_readers_go_back_from_a_damaged_manifest(con, tmp_path: Path) -> None:
    folder = tmp_path / "published"
    publish_nights(con, folder, again=True)
    (folder / "nightdesk-2.json").write_text("{")
    assert roll_back(folder) == 1
    assert publish_nights(con, folder, again=True).number == 3


def spoil_catalogue(folder: Path) -> None:
    current = (folder / "current.duckdb").resolve()
    current.write_bytes(current.read_bytes()[:5000])


def spoil_no_database(folder: Path) -> None:
    (folder / "current.duckdb").resolve().write_bytes(b"x" * 9000)


def spoil_parts(folder: Path) -> None:
    for part in (folder / "parts" / "article").rglob("*.parquet"):
        part.write_bytes(part.read_bytes()[:-9])


def move_parts(folder: Path) -> None:
    (folder / "parts").rename(folder / "moved")


@pytest.mark.parametrize(
    "spoil", [spoil_catalogue, spoil_no_database, spoil_parts, move_parts]
)
def test_readers_of_what_is_damaged_are_told_the_cure(
    con, tmp_path: Path, spoil
) -> None:
    folder, target = tmp_path / "published", tmp_path / "copy.duckdb"
    publish_nights(con, folder, again=True)  # of parts that lie here
    wanted = read_all(folder)
    spoil(folder)
    cure = r"\A[^\n]+; nightdesk publish --again writes it anew\Z"
    with pytest.raises(WarehouseError, match=cure):
        read_all(folder)
    with pytest.raises(WarehouseError, match=cure):
        export_catalogue(folder, target)
    assert not target.exists()
    publish_nights(con, folder, again=True)
    assert read_all(folder) == wanted


def find_bytes(folder: Path, text: str) -> set[str]:
    """Return the files of a folder in which a text stands as bytes."""
    found = (p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
    return {p.name for p in found if text.encode() in p.read_bytes()}


def test_a_fresh_catalogue_has_no_byte_of_what_is_gone(con, tmp_path: Path) -> None:
    folder = tmp_path / "published"
    con.execute("UPDATE article SET title = ? WHERE night = ?", [TITLE, NIGHT])
    con.execute("UPDATE load_ledger SET seq = 9 WHERE night = ?", [NIGHT])
    publish_nights(con, folder)
    assert find_bytes(folder, TITLE)
    put(con, 0, [])
    number = publish_nights(con, folder, fresh=True).number
    assert f"nightdesk-{number}.duckdb" not in find_bytes(folder, TITLE)
    assert publish_nights(con, folder, fresh=True).number == number + 1
