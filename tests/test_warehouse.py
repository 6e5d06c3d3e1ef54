"""The warehouse: whole nights or nothing, checks that refuse, readers served whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest
from engines import Engine, connect_at
from warehouseworld import NEXT, NIGHT, article, entry, load

from nightdesk.errors import CheckFailed, WarehouseError
from nightdesk.model import Pair
from nightdesk.warehouse import links
from nightdesk.warehouse.catalogue import read_manifest
from nightdesk.warehouse.connect import connect_to, open_warehouse
from nightdesk.warehouse.content import hash_tables
from nightdesk.warehouse.publish import publish_nights
from nightdesk.warehouse.read import list_nights, open_catalogue

pytestmark = pytest.mark.slow
PAIR = Pair(1, 2, "exact", 1.0, "r")


@pytest.fixture
def warehouse(tmp_path: Path):
    with open_warehouse(connect_at(tmp_path / "w" / "nightdesk.duckdb")) as con:
        yield con


@pytest.fixture
def each(engine: Engine, tmp_path: Path):
    """A warehouse on every engine in turn."""
    with open_warehouse(engine.connect(tmp_path / "w" / "nightdesk.duckdb")) as con:
        yield con


@pytest.fixture(scope="module")
def hashes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a warehouse says of two articles and their one cluster."""
    path = tmp_path_factory.mktemp("hashes") / "w.duckdb"
    with open_warehouse(connect_to(str(path))) as con:
        load(con, NIGHT, [entry(1)], [article(1)])
        load(con, NEXT, [entry(2)], [article(2)], [PAIR])
        return hash_tables(con)


def test_a_night_loaded_twice_is_the_same_on_every_engine(each, hashes) -> None:
    load(each, NEXT, [entry(2)], [article(2)])
    load(each, NIGHT, [entry(1), entry(3)], [article(1), article(3)])
    load(each, NIGHT, [entry(1)], [article(1)])
    load(each, NEXT, [entry(2)], [article(2)], [PAIR])
    assert hash_tables(each) == hashes


def test_a_refused_night_is_rolled_back_on_every_engine(each) -> None:
    load(each, NIGHT, [entry(1)], [article(1)])
    before = hash_tables(each)
    with pytest.raises(CheckFailed, match="entry_unique"):
        load(each, NIGHT, [entry(2), entry(2)], [article(2)])
    assert hash_tables(each) == before


@pytest.mark.parametrize(
    ("entries", "articles", "check"),
    [
        ([entry(1), entry(2)], [article(1)], "loaded_are_articles"),
        ([entry(1)], [article(1), article(2)], "loaded_are_articles"),
        ([entry(1), entry(1)], [article(1)], "entry_unique"),
        ([entry(1, bin="failed")], [], "entry_unique"),
        ([entry(7)], [article(7)], "article_unique"),
    ],
    ids=[
        "an entry counted as loaded without its article",
        "an article that no entry accounts for",
        "an entry counted twice",
        "an entry that failed without a reason",
        "an article that another night has",
    ],
)
def test_a_night_that_breaks_a_check_is_rolled_back(
    warehouse, entries, articles, check
) -> None:
    load(warehouse, NEXT, [entry(7)], [article(7)])
    load(warehouse, NIGHT, [entry(3)], [article(3)])
    before = hash_tables(warehouse)
    with pytest.raises(CheckFailed, match=check):
        load(warehouse, NIGHT, entries, articles)
    assert hash_tables(warehouse) == before


def test_clusters_follow_their_pairs(each) -> None:
    load(each, NIGHT, [entry(1)], [article(1)])
    load(each, NEXT, [entry(2)], [article(2)], [PAIR])
    members = "SELECT article_id, cluster_id, night FROM cluster_member ORDER BY 1"
    assert each.execute(members).fetchall() == [(1, 1, NIGHT), (2, 1, NEXT)]
    load(each, NEXT, [], [])  # the copy is gone, and with it the cluster
    assert each.execute(members).fetchall() == []
    assert each.execute("SELECT count(*) FROM cluster").fetchone() == (0,)


def test_neighbours_are_those_that_share_a_hash(warehouse) -> None:
    load(warehouse, NIGHT, [entry(1)], [article(1)])
    load(warehouse, NEXT, [entry(2)], [article(2)])
    own, others = links.find_neighbours(warehouse, NEXT)
    assert own == {2}
    assert [(t.article_id, t.hashes) for t in others] == [(1, (1, 99))]


def test_a_changed_schema_file_is_refused(engine: Engine, tmp_path: Path) -> None:
    connect = engine.connect(tmp_path / "w" / "nightdesk.duckdb")
    with open_warehouse(connect) as con:
        con.execute("UPDATE schema_version SET sha256 = 'other'")
    with pytest.raises(WarehouseError, match="added, never changed"):
        open_warehouse(connect).__enter__()


def test_publish_writes_only_what_changed(each, tmp_path: Path) -> None:
    folder = tmp_path / "published"
    load(each, NIGHT, [entry(1)], [article(1)])
    first = publish_nights(each, folder)
    assert (first.number, first.nights) == (1, (NIGHT,))
    assert publish_nights(each, folder).nights == ()
    parts = set(folder.rglob("*.parquet"))
    load(each, NEXT, [entry(2)], [article(2)])
    assert publish_nights(each, folder).nights == (NEXT,)
    assert parts <= set(folder.rglob("*.parquet"))
    with open_catalogue(folder) as con:
        assert list_nights(con) == [NIGHT, NEXT]
        assert con.execute("SELECT count(*) FROM article").fetchone() == (2,)
        assert con.execute("SELECT count(*) FROM coverage_by_night").fetchone() == (2,)


def test_a_reader_keeps_its_catalogue_and_old_ones_are_swept(
    warehouse, tmp_path: Path
) -> None:
    folder = tmp_path / "published"
    load(warehouse, NIGHT, [entry(1)], [article(1)])
    publish_nights(warehouse, folder)
    reader = duckdb.connect(str((folder / "current.duckdb").resolve()), read_only=True)
    for n in range(2, 9):
        load(warehouse, NIGHT, [entry(n)], [article(n)])
        publish_nights(warehouse, folder)
    assert reader.execute("SELECT number FROM publication").fetchone() == (1,)
    reader.close()
    assert len(list(folder.glob("nightdesk-*.duckdb"))) == 5
    assert not list(folder.rglob("*.tmp"))
    assert read_manifest(folder)["number"] == 8
    with open_catalogue(folder) as con:
        assert con.execute("SELECT article_id FROM article").fetchall() == [(8,)]


def test_of_two_publishes_at_once_the_second_finds_nothing_to_do(
    tmp_path: Path,
) -> None:
    connect = connect_at(tmp_path / "w.duckdb")
    with open_warehouse(connect) as con:
        load(con, NIGHT, [entry(1)], [article(1)])

    def publish(_: int) -> tuple[int, int]:
        with open_warehouse(connect) as con:
            done = publish_nights(con, tmp_path / "published")
            return done.number, len(done.nights)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(publish, range(2))) == [(1, 0), (1, 1)]


@pytest.mark.file_only("of a lake the catalogue is made so")
def test_a_new_file_is_made_once_however_many_want_it(tmp_path: Path) -> None:
    connect = connect_at(tmp_path / "w" / "nightdesk.duckdb")
    with ThreadPoolExecutor(8) as pool:
        connections = list(pool.map(lambda _: connect(), range(8)))
    connections[0].execute("CREATE TABLE seen AS SELECT 1")
    counts = [
        con.execute("SELECT count(*) FROM seen").fetchone() for con in connections
    ]
    assert counts == [(1,)] * 8
    for con in connections:
        con.close()
    assert [path.name for path in (tmp_path / "w").iterdir()] == ["nightdesk.duckdb"]


def test_a_new_column_is_published_of_all_nights(warehouse, tmp_path: Path) -> None:
    load(warehouse, NIGHT, [entry(1)], [article(1)])
    load(warehouse, NEXT, [entry(2)], [article(2)])
    publish_nights(warehouse, tmp_path)
    warehouse.execute("ALTER TABLE article ADD COLUMN mood VARCHAR")
    assert publish_nights(warehouse, tmp_path).nights == (NIGHT, NEXT)
    with open_catalogue(tmp_path) as con:
        assert con.execute("SELECT mood FROM article").fetchall() == [(None,)] * 2


def test_a_question_to_an_older_catalogue_is_named(warehouse, tmp_path: Path) -> None:
    load(warehouse, NIGHT, [entry(1)], [article(1)])
    publish_nights(warehouse, tmp_path)
    with (
        pytest.raises(WarehouseError, match="nightdesk publish brings it up to date"),
        open_catalogue(tmp_path) as con,
    ):
        con.execute("SELECT mood FROM article")
