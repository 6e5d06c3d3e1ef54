"""What is taken down is gone from everything, is proved to be, and never comes back."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from engines import connect_to
from httpworld import World, reply
from nightworld import MORNING, NIGHT, TEXT, Desk, write_feed, write_item, write_page

from nightdesk.__main__ import main
from nightdesk.decisions import load_decisions
from nightdesk.errors import ConfigError, LandingError
from nightdesk.landing.traces import make_needles
from nightdesk.model import Capture, KnownUrl, Listing, Watched
from nightdesk.pipeline import maintain, plan_run, publish_changes, takedown_task
from nightdesk.pipeline.add_task import add_page
from nightdesk.pipeline.backup_task import restore
from nightdesk.pipeline.collect_task import collect_sources
from nightdesk.pipeline.decide_task import verify_decisions
from nightdesk.pipeline.job import Job
from nightdesk.pipeline.load_task import load_nights
from nightdesk.pipeline.rebuild_task import set_aside
from nightdesk.pipeline.select_task import select_pages
from nightdesk.pipeline.takedown_scan import scan_everything
from nightdesk.pipeline.takedown_task import apply_tombstones, take_down
from nightdesk.settings import load_settings
from nightdesk.tombstones import (
    CURE,
    FILE,
    Tombstone,
    add_tombstones,
    load_tombstones,
    read_tombstone,
)
from nightdesk.urls import article_id, canonicalize_url
from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.content import hash_tables
from nightdesk.warehouse.publish import list_kept

pytestmark = pytest.mark.slow

PIER = "https://alpha.example/pier-7"
LOCK = "https://alpha.example/lock-77"  # begins as no other does
LINE = "The harbour master of Accra was paid twice for one and the same wooden pier."
COPIES = ["https://beta.example/copy", "https://gamma.example/copy"]
TITLE = "Harbour master of Accra paid twice"
OTHER = [
    "Tema opened a lock that lets barges into the lagoon at any tide of the year.",
    "The gates were cast in Kumasi and came down the river on two flat boats in May.",
    "Keeper Kofi Sample said that a barge now takes eleven minutes from sea to lagoon.",
    "Before, crews had waited for high water, and in dry years for as long as a week.",
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Two articles of a source that is watched, a copy by hand, published twice."""
    with World() as world:
        desk = Desk(tmp_path_factory.mktemp("desk"), world)
        summary = f"<description>{LINE}</description>"
        desk.serve(
            "/feed",
            write_feed(
                write_item(TITLE, PIER, more=summary), write_item("A new lock", LOCK)
            ),
        )
        desk.serve("/pier-7", reply(write_page(TITLE, lines=[LINE, *TEXT])))
        link = f'<p>More: <a href="{PIER}">the pier</a> of Accra was in the news.</p>'
        page = write_page("A new lock", lines=OTHER).replace(
            "</article>", f"{link}</article>"
        )
        desk.serve("/lock-77", reply(page))
        desk.collect()
        copy = desk.folder / "copy.html"
        for n, url in enumerate(COPIES):
            desk.moment += timedelta(seconds=1)
            copy.write_text(write_page(TITLE, f"<!-- {n} -->", [LINE, *TEXT]))
            add_page(desk.job, str(copy), night=NIGHT, url=url)
        copy.unlink()
        desk.build()
        for again in (False, True):
            connect = connect_to(desk.job.settings.warehouse)
            publish_changes(desk.job, connect, again=again)
        desk.job.settings.decisions.mkdir()
        said = {"who": "ama", "at": "2026-03-06T08:00:00Z", "why": "another event"}
        lines = [
            {"kind": "story_split", "articles": [PIER], **said},
            {"kind": "tag_none", "article": PIER, "surface": "Accra", **said},
        ]
        (desk.job.settings.decisions / "texts.jsonl").write_text(
            "".join(f"{json.dumps(line)}\n" for line in lines)
        )
        yield desk


@pytest.fixture
def desk(whole: Desk, tmp_path: Path) -> Desk:
    return whole.copy(tmp_path / "desk")


@pytest.fixture(scope="module")
def taken(
    whole: Desk, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Desk, takedown_task.TakenDown]:
    """The desk once the pier is taken down, and what the takedown said."""
    desk = whole.copy(tmp_path_factory.mktemp("taken") / "desk")
    return desk, down(desk, url=f"{PIER}?utm_source=mail")


@pytest.fixture
def bare(taken: tuple[Desk, takedown_task.TakenDown], tmp_path: Path) -> Desk:
    """A copy of the desk from which the pier is gone."""
    return taken[0].copy(tmp_path / "desk")


def down(desk: Desk, **what: str) -> takedown_task.TakenDown:
    job = desk.job
    connect = connect_to(job.settings.warehouse)
    return take_down(job, connect, who="ama", why="court order", **what)


def count(desk: Desk, sql: str) -> list[tuple]:
    return desk.query(sql)


def grep(desk: Desk, word: str) -> list[str]:
    """Files of the desk that hold a word as it is; what is compressed is not seen."""
    return [
        str(path.relative_to(desk.folder))
        for path in desk.folder.rglob("*")
        if path.is_file() and word.encode() in path.read_bytes()
    ]


def test_an_article_is_gone_from_everything_and_the_scan_proves_it(
    whole: Desk, taken: tuple[Desk, takedown_task.TakenDown]
) -> None:
    key, needles = article_id(PIER), make_needles([PIER], [TITLE], [LINE])
    connect = connect_to(whole.job.settings.warehouse)
    before = scan_everything(whole.job, connect, needles, {key})
    kinds = {hit.split("/")[0].split(":")[0] for hit in before.hits}
    assert {"landing", "published", "briefs", "warehouse"} <= kinds
    assert any(hit.startswith("archive/") for hit in before.hits)  # the feed
    assert any("lock-77" in row for row in before.others)  # a page that links to it
    desk, done = taken
    job, connect = desk.job, connect_to(desk.job.settings.warehouse)
    assert done.ids == (key,)
    assert done.nights == (NIGHT,)
    assert done.scan.hits == []
    assert done.is_clean
    assert done.scan.n_files > 30
    after = scan_everything(job, connect, needles, {key})
    assert after.hits == []
    assert [copy["url"] for copy in done.copies] == COPIES
    assert grep(desk, "pier-7") == []
    assert desk.landing.find_urls({key}) == {}
    rows = desk.landing.read_folder(f"entries/night={NIGHT}", Listing)
    assert sorted({row.url for row in rows}) == [LOCK, *COPIES]
    captured = desk.landing.read_folder(f"captures/day={MORNING.date()}", Capture)
    assert sorted(row.url for row in captured) == [LOCK, *COPIES]
    assert len(list_kept(job.settings.published)) == 1
    assert count(desk, "SELECT url FROM article ORDER BY 1") == [
        (url,) for url in [LOCK, *COPIES]
    ]
    assert count(desk, "SELECT n_articles FROM cluster") == [(2,)]
    (decision,) = load_decisions(job.settings.decisions).rows
    assert decision.articles == (key,)
    assert (job.settings.briefs / "latest" / "index.html").exists()


def test_again_it_changes_nothing(bare: Desk) -> None:
    with open_warehouse(connect_to(bare.job.settings.warehouse)) as con:
        whole = hash_tables(con)
    lines = (bare.job.settings.decisions / FILE).read_bytes()
    done = down(bare, url=PIER)
    assert done.is_clean
    assert done.nights == ()
    with open_warehouse(connect_to(bare.job.settings.warehouse)) as con:
        assert hash_tables(con) == whole
    assert (bare.job.settings.decisions / FILE).read_bytes() == lines
    assert maintain.bar(bare.job, connect_to(bare.job.settings.warehouse)) == {
        "articles": 0
    }


@pytest.mark.parametrize(
    "step",
    [
        "remove_records",
        "remove_rows",
        "rebuild_nights",
        "publish_changes",
        "clean_briefs",
    ],
)
def test_a_takedown_that_was_killed_is_finished_by_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(takedown_task, step, die)
        with pytest.raises(KeyboardInterrupt):
            down(desk, url=PIER)
    job = desk.job
    connect = connect_to(job.settings.warehouse)
    assert load_tombstones(job.settings.decisions, {}).articles == {article_id(PIER)}
    done = apply_tombstones(job, connect)
    assert done.is_clean
    needles = make_needles([PIER], [TITLE], [LINE])
    assert scan_everything(job, connect, needles, {article_id(PIER)}).hits == []
    assert [copy["url"] for copy in done.copies] == COPIES
    assert not desk.landing.exists(takedown_task.PENDING)


def test_neither_a_collect_nor_a_build_nor_a_person_brings_it_back(bare: Desk) -> None:
    bare.moment += timedelta(hours=1)
    n_pages = len(bare.attempts("page"))
    bare.collect(None)
    bare.collect()
    bare.build()
    assert len(bare.attempts("page")) == n_pages
    assert bare.landing.find_urls({article_id(PIER)}) == {}
    with pytest.raises(ConfigError, match="was taken down"):
        add_page(bare.job, PIER, night=NIGHT)
    job, needles = bare.job, make_needles([PIER], [TITLE], [LINE])
    connect = connect_to(job.settings.warehouse)
    publish_changes(job, connect)
    assert scan_everything(job, connect, needles, {article_id(PIER)}).hits == []
    assert count(bare, "SELECT count(*) FROM article") == [(3,)]


def test_a_restored_landing_area_does_not_bring_it_back(
    bare: Desk, whole: Desk
) -> None:
    shutil.rmtree(bare.folder / "landing")
    shutil.copytree(whole.folder / "landing", bare.folder / "landing")
    bare.build()
    assert (
        count(bare, f"SELECT * FROM entry WHERE article_id = {article_id(PIER)}") == []
    )
    connect = connect_to(bare.job.settings.warehouse)
    assert maintain.bar(bare.job, connect)["articles"] == 1
    needles = make_needles([PIER], [TITLE], [LINE])
    assert scan_everything(bare.job, connect, needles, {article_id(PIER)}).hits == []


def test_all_of_a_source_goes_and_it_is_not_collected_any_more(desk: Desk) -> None:
    done = down(desk, source_id="alpha")
    assert set(done.ids) == {article_id(PIER), article_id(LOCK)}
    assert done.is_clean
    assert done.scan.hits == []
    assert count(desk, "SELECT url FROM article ORDER BY 1") == [(u,) for u in COPIES]
    needles = make_needles([PIER, LOCK], [TITLE], OTHER)
    connect = connect_to(desk.job.settings.warehouse)
    assert scan_everything(desk.job, connect, needles, set(done.ids)).hits == []
    n_tries = len(desk.attempts("feed")) + len(desk.attempts("page"))
    desk.moment += timedelta(hours=1)
    desk.collect()
    desk.collect(None)
    desk.build()
    assert len(desk.attempts("feed")) + len(desk.attempts("page")) == n_tries
    assert count(desk, "SELECT count(*) FROM article") == [(2,)]
    with pytest.raises(ConfigError, match="--source beta: is no source"):
        down(desk, source_id="beta")


def test_an_unknown_address_is_barred_for_later(desk: Desk) -> None:
    url = "https://alpha.example/not-yet"
    done = down(desk, url=url)
    assert done.is_clean
    assert done.nights == ()
    assert load_tombstones(desk.job.settings.decisions, {}).covers(
        article_id(canonicalize_url(url)), "alpha"
    )
    with pytest.raises(ConfigError, match="takedown: ftp://a"):
        down(desk, url="ftp://a")


def test_a_damaged_record_hinders_nothing_and_is_no_proof(desk: Desk) -> None:
    files = sorted(desk.landing.root.glob("archive/*/*by-hand*"))
    damaged = Path(str(files[0]))
    damaged.write_bytes(damaged.read_bytes()[:-9])
    done = down(desk, url=PIER)
    assert done.scan.hits == []
    assert not done.is_clean
    (line,) = done.scan.unread
    assert damaged.name in line
    assert "; nightdesk restore BACKUP --only archive/day=" in line
    assert desk.landing.exists(takedown_task.PENDING)
    assert count(desk, "SELECT count(*) FROM article WHERE url = '" + PIER + "'") == [
        (0,)
    ]


#: What a takedown needs whole -> what it says to do where it is not.
NEEDED = {
    "entries": "; nightdesk restore BACKUP --only entries/",
    "urls": "; nightdesk archive index --urls",
    "captures": "; delete it, then nightdesk archive index --day",
    "journal": "; delete it: ",
    "takedown.json": "; delete it, then the same nightdesk takedown again",
}


@pytest.mark.parametrize("place", NEEDED)
def test_a_damaged_file_ends_a_takedown_with_its_cure(desk: Desk, place: str) -> None:
    desk.landing.put("journal/run.journal", b"half")
    desk.landing.write_json("takedown.json", {"words": []})
    root = Path(str(desk.landing.root))
    if place != "journal":
        desk.landing.drop("journal/run.journal")
    for path in [root / place, *root.glob(f"{place}/**/*")]:
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(LandingError, match="is damaged: ") as error:
        down(desk, url=PIER)
    assert NEEDED[place] in str(error.value)


def test_what_a_takedown_cannot_look_through_is_named_with_its_cure(
    desk: Desk,
) -> None:
    desk.landing.put("hosts/worn.json", b"{}")
    desk.landing.write_rows("watched", "worn", [], Watched)
    watched = Path(desk.landing.address("watched/worn.parquet"))
    watched.write_bytes(watched.read_bytes()[:-3])
    scan = scan_everything(desk.job, desk.connect, make_needles([PIER], [], []), [1])
    assert [line.partition(";")[2] for line in scan.unread] == [
        " delete it: it only spares work that is then done again",
        " nightdesk restore BACKUP --only watched/worn.parquet; without a backup "
        "delete it: what it says is lost",
    ]


def test_the_address_of_another_article_is_no_trace(desk: Desk) -> None:
    pattern = make_needles([PIER], [], []).pattern()
    assert pattern is not None
    for text in (f"<a href='{PIER}'>", f"{PIER}?utm_source=x", f"see {PIER}.", PIER):
        assert pattern.search(text.encode()), text
    for text in (f"{PIER}7", f"{PIER}/comments", f"{PIER}-b", f"{PIER}.html"):
        assert not pattern.search(text.encode()), text


def test_the_tombstone_tells_nobody_what_was_there(bare: Desk) -> None:
    text = (bare.job.settings.decisions / FILE).read_text()
    row = read_tombstone(text)
    assert row.articles == (article_id(PIER),)
    assert (row.who, row.why) == ("ama", "court order")
    assert "alpha" not in text
    assert add_tombstones(bare.job.settings.decisions, [row]) == 0


CUT = '{"kind": "takedown", "articles": [1'
UNREAD = {
    "its last line was cut": (FILE, CUT, "line 1: is no JSON"),
    "a line of another kind": (FILE, '{"kind": "taken"}', "line 1: kind: allowed"),
    "not a word of it is left": (FILE, "\0\0\0", "line 1: is no JSON"),
    "a line in another file": ("texts.jsonl", CUT, "line 1: is no JSON"),
    "a key in another file": (
        "texts.jsonl",
        '{"kind": "takedown", "articles": "x"}',
        "line 1: articles: 'x'; allowed:",
    ),
    "a folder in its place": (FILE, None, "cannot be read: Is a directory"),
}


@pytest.mark.parametrize(("name", "line", "problem"), UNREAD.values(), ids=UNREAD)
def test_a_takedown_that_cannot_be_read_stops_everything(
    tmp_path: Path, name: str, line: str | None, problem: str
) -> None:
    settings = replace(load_settings({"NIGHTDESK_DATA": str(tmp_path)}), contact="a@b")
    folder = settings.decisions
    folder.mkdir(parents=True)
    if line is None:
        (folder / name).mkdir()
    else:
        (folder / name).write_text(line)
    job, connect = Job(settings, "test"), connect_to(settings.warehouse)
    (said,) = load_tombstones(folder, {}).problems
    assert problem in said
    assert load_decisions(folder).problems == ()
    for task in (
        lambda: plan_run(job, NIGHT),
        lambda: collect_sources(job, None, []),
        lambda: select_pages(job, NIGHT),
        lambda: load_nights(job, NIGHT, [], [], connect),
        lambda: publish_changes(job, connect),
        lambda: set_aside(job, connect),
        lambda: maintain.bar(job, connect),
        lambda: restore(job, connect, tmp_path / "a.tar", is_forced=True),
        lambda: take_down(job, connect, url=PIER, who="ama", why="court order"),
    ):
        with pytest.raises(ConfigError) as error:
            task()
        assert str(folder / name) in str(error.value)
        assert problem in str(error.value)
        assert "bring the file back from a backup" in str(error.value)
    (finding,) = verify_decisions(folder)
    assert (finding.file, finding.cure) == (name, CURE)
    assert problem in finding.problem
    assert not Path(settings.warehouse).exists()


def test_a_takedown_holds_in_whichever_file_it_stands(tmp_path: Path) -> None:
    stone = {"kind": "takedown", "articles": [1], "at": "2026-03-02T08:00:00Z"}
    (tmp_path / "x.jsonl").write_text(json.dumps(stone))
    assert load_tombstones(tmp_path, {}).articles == {1}


def test_a_takedown_begins_on_a_line_of_its_own(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(CUT)
    stone = Tombstone(MORNING, (2,), None, "ama", "court order")
    assert add_tombstones(tmp_path, [stone]) == 1
    assert load_tombstones(tmp_path, {}).articles == {2}


def test_the_command_prints_what_was_looked_through(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.name(monkeypatch)
    monkeypatch.setenv("NIGHTDESK_CONTACT", "a@b.example")
    assert main(["takedown", PIER, "--why", "court order", "--who", "ama"]) == 0
    told = capsys.readouterr()
    out, steps = told.out, told.err.splitlines()
    assert f"night {NIGHT}: load" in steps
    assert steps[-1] == "looking through every file for what is left"
    assert f"nights built again: {NIGHT}" in out
    assert "bytes looked through: 0 hits" in out
    assert "https://beta.example/copy" in out
    assert "names it   archive/" in out  # the page that links to it
    assert main(["why", PIER]) == 0
    said = rf"{PIER}: taken down on \d{{4}}-\d\d-\d\d by ama: court order\n"
    assert re.fullmatch(said, capsys.readouterr().out)
    assert main(["why", f"{PIER}-not-there"]) == 1
    assert f"{PIER}-not-there: neither article nor" in capsys.readouterr().err
    assert main(["takedown", "--list"]) == 0
    assert capsys.readouterr().out.split()[-4:] == ["ama", "1", "court", "order"]
    assert main(["takedown", PIER]) == 2
    assert "--why: is missing" in capsys.readouterr().err
    assert main(["takedown", "--why", "x"]) == 2
    assert "one of them" in capsys.readouterr().err


# texts whose time is over ------------------------------------------------------


def test_texts_go_when_their_source_says_and_their_rows_stay(desk: Desk) -> None:
    desk.options = {"text_days": "10"}
    connect = connect_to(desk.job.settings.warehouse)
    desk.moment = MORNING + timedelta(days=9)
    assert maintain.expire(desk.job, connect) == {"nights": 0, "texts": 0}
    desk.moment = MORNING + timedelta(days=12)
    assert maintain.retain(desk.job, connect)["records"] == 3
    assert maintain.expire(desk.job, connect) == {"nights": 1, "texts": 2}
    rows = count(desk, "SELECT source_id, held_back FROM article ORDER BY url")
    assert rows == [("alpha", "retention")] * 2 + [("by-hand", None)] * 2
    assert count(desk, "SELECT count(*) FROM article_text") == [(2,)]
    ids = {article_id(LOCK)}
    needles = make_needles([], [], OTHER)
    scan = scan_everything(desk.job, connect, needles, ())
    assert scan.hits == scan.others == []
    assert ids <= {r[0] for r in count(desk, "SELECT article_id FROM article")}
    assert maintain.expire(desk.job, connect) == {"nights": 0, "texts": 0}
    desk.build()
    assert count(desk, "SELECT count(*) FROM article_text") == [(2,)]


def test_texts_that_a_killed_run_has_removed_leave_the_warehouse_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.options = {"text_days": "10"}
    desk.moment = MORNING + timedelta(days=12)
    connect = connect_to(desk.job.settings.warehouse)
    with monkeypatch.context() as patch:
        patch.setattr(maintain, "rebuild_nights", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            maintain.expire(desk.job, connect)
    assert maintain.expire(desk.job, connect)["nights"] == 1
    assert count(desk, "SELECT count(*) FROM article_text") == [(2,)]


def test_the_index_of_addresses_keeps_the_others(bare: Desk) -> None:
    rows = [
        row
        for n in range(16)
        for row in bare.landing.read_folder(f"urls/bucket={n:02d}", KnownUrl)
    ]
    assert sorted({row.canonical_url for row in rows}) == [LOCK, *COPIES]
