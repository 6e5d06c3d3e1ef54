"""The search index: brought up to date by publish, made anew when it is unfit."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import nightworld
import pytest
from engines import connect_to, name_warehouse
from httpworld import World, reply
from test_search import (
    CREW,
    FISH,
    NEXT,
    NIGHT,
    RAIN,
    REGIONS,
    SOURCES,
    Row,
    fill,
    ids,
    open_rows,
    row,
    search,
)
from warehouseworld import NEXT as NEXT_DAY
from warehouseworld import NIGHT as DAY
from warehouseworld import article, entry, load

from nightdesk.__main__ import main
from nightdesk.config import Settings
from nightdesk.errors import SearchError, WarehouseError
from nightdesk.model import Article
from nightdesk.pipeline import Job, publish_changes
from nightdesk.pipeline.publish_task import update_search
from nightdesk.search.ask import Filters
from nightdesk.search.find import find_stories
from nightdesk.search.index import Snapshot, open_index, update_index
from nightdesk.search.verify import verify_index
from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.publish import publish_nights

ROOT = Path(__file__).parents[1]


def test_only_nights_that_changed_are_read(tmp_path: Path) -> None:
    nights = {NIGHT: [FISH, CREW], NEXT: [RAIN]}
    assert fill(tmp_path, nights) == 3
    assert fill(tmp_path, nights) == 0
    assert fill(tmp_path, nights, number=2) == 0
    assert open_index(tmp_path).snapshot.number == 2
    changed = {**nights, NEXT: [{**RAIN, "title": "Hail ahead"}]}
    assert fill(tmp_path, changed, number=3) == 1
    opened = open_index(tmp_path)
    assert search(opened, "title:rain") == []
    assert search(opened, "title:hail") == [3]
    assert (opened.snapshot.number, opened.searcher.num_docs) == (3, 4)


def test_a_night_with_fewer_articles_and_one_that_went(tmp_path: Path) -> None:
    fill(tmp_path, {NIGHT: [FISH, CREW], NEXT: [RAIN]})
    before = open_index(tmp_path)
    fill(tmp_path, {NIGHT: [CREW]}, number=2)
    assert search(open_index(tmp_path), "fish OR rain") == [2]
    assert set(search(before, "fish OR rain")) == {1, 2, 3}  # what a reader has opened


def test_rewritten_nights_do_not_pile_up(tmp_path: Path) -> None:
    for n in range(12):
        rows = [row(i, f"Turn {n}", "some words") for i in range(200)]
        fill(tmp_path, {NIGHT: rows}, number=n + 1)
    opened = open_index(tmp_path)
    assert find_stories(opened, "turn", limit=1).n_articles == 200
    assert find_stories(opened, "title:11", limit=1).n_articles == 200
    assert len(list(tmp_path.glob("[0-9]*"))) == 1


def put(path: Path, data: bytes) -> None:
    """Put another file in the place of one: whoever has mapped that keeps it whole."""
    other = path.with_name("other.tmp")
    other.write_bytes(data)
    other.replace(path)


@pytest.mark.parametrize("harm", ["missing", "emptied", "cut", "other version"])
def test_an_index_that_is_unfit_is_made_anew(
    tmp_path: Path, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights = {NIGHT: [FISH, CREW], NEXT: [RAIN]}
    fill(tmp_path, nights)
    place = (tmp_path / "current").resolve()
    files = [p for p in place.iterdir() if p.suffix and not p.name.startswith(".")]
    if harm == "missing":
        (tmp_path / "current").unlink()
    elif harm == "other version":
        monkeypatch.setattr("nightdesk.search.index.VERSION", "2")
    else:
        for path in files:
            put(path, b"" if harm == "emptied" else path.read_bytes()[:-3])
    with pytest.raises(SearchError, match="nightdesk publish"):
        open_index(tmp_path)
    assert fill(tmp_path, {**nights, NIGHT: [CREW]}, number=2) == 2
    assert set(search(open_index(tmp_path), "fish OR rain")) == {2, 3}
    assert list(verify_index(tmp_path)) == []


def test_every_file_that_is_damaged_is_named(tmp_path: Path) -> None:
    nights = {NIGHT: [FISH, CREW], NEXT: [RAIN]}
    fill(tmp_path, nights)
    fill(tmp_path, {**nights, NIGHT: [CREW]}, number=2)  # has deletions
    assert list(verify_index(tmp_path)) == []
    place = (tmp_path / "current").resolve()
    files = [p for p in place.iterdir() if len(p.name.partition(".")[0]) == 32]
    assert {p.suffix for p in files} >= {".del", ".idx", ".pos", ".store", ".term"}
    chance = random.Random(3)
    for path in files:
        whole = path.read_bytes()
        raw = bytearray(whole)
        n_summed = raw.rindex(b'{"version"')  # by whom it was written: nothing reads it
        raw[chance.randrange(n_summed)] ^= 1 << chance.randrange(8)
        put(path, raw)
        (finding, *_) = verify_index(tmp_path)
        assert finding.cure == "nightdesk publish --again"
        assert path.name in finding.file or finding.file == "search"
        put(path, whole)
    files[0].unlink()
    assert list(verify_index(tmp_path)) != []
    fill(tmp_path, nights, again=True)
    assert list(verify_index(tmp_path)) == []


def test_a_night_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    fill(tmp_path, {NIGHT: [FISH], NEXT: [RAIN]})

    def read(night: str) -> Iterable[Row]:
        yield row(9, "Half a night", "of fish")
        raise WarehouseError("the disk is gone")

    snapshot = Snapshot(2, {NIGHT: "a", NEXT: "b"}, SOURCES, REGIONS)
    with pytest.raises(WarehouseError, match="the disk is gone"):
        update_index(tmp_path, snapshot, read)
    opened = open_index(tmp_path)
    assert opened.snapshot.number == 1
    assert search(opened, "fish OR rain") == [3, 1]
    assert [p.name for p in tmp_path.glob(".draft*")] == []
    assert fill(tmp_path, {NIGHT: [CREW], NEXT: [RAIN]}, number=3) >= 1


def test_what_a_kill_left_is_swept(tmp_path: Path) -> None:
    fill(tmp_path, {NIGHT: [FISH]})
    for name in (".draft", "7"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "meta.json").write_text("half a")
    (tmp_path / ".current").symlink_to("7")
    fill(tmp_path, {NIGHT: [FISH]}, number=2)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {".lock", "1", "current"}


def test_before_the_first_publish(tmp_path: Path) -> None:
    with pytest.raises(SearchError, match="nothing there yet; nightdesk publish"):
        open_index(tmp_path)
    assert list(verify_index(tmp_path)) == []
    opened = open_rows(tmp_path)
    assert search(opened, "fish") == []
    assert search(opened, "-fish") == []


KILLED = """
import json, sys
from pathlib import Path
from nightdesk.search.index import Snapshot, update_index
facts, turn = json.loads(sys.argv[2]), int(sys.argv[3])
def read(night):
    for n in range(800):
        n += 800 * (night > "2026-03-01")
        more = {"night": night, "article_id": n, "story_id": n}
        yield facts | more | {"title": f"Turn {turn}", "published_at": None}
snapshot = Snapshot(turn, dict.fromkeys(("2026-03-01", "2026-03-02"), str(turn)))
print("ready", flush=True)
update_index(Path(sys.argv[1]), snapshot, read, again=turn % 3 == 0)
"""


@pytest.mark.kill
@pytest.mark.slow
def test_readers_see_all_of_an_update_or_nothing_whenever_it_is_killed(
    tmp_path: Path,
) -> None:
    chance = random.Random(5)
    env = {**os.environ, "PYTHONPATH": "include"}
    facts = json.dumps(CREW, default=str)
    seen = set()
    for turn in range(1, 21):
        words = [sys.executable, "-c", KILLED, str(tmp_path), facts, str(turn)]
        with subprocess.Popen(words, env=env, cwd=ROOT, stdout=subprocess.PIPE) as run:
            assert run.stdout is not None
            run.stdout.readline()
            end = time.monotonic() + (60 if turn == 1 else chance.uniform(0.02, 1.5))
            while run.poll() is None and time.monotonic() < end:
                if (tmp_path / "current").exists():
                    opened = open_index(tmp_path)
                    number = opened.snapshot.number
                    found = find_stories(opened, f"title:{number}", limit=1)
                    assert found.n_articles == opened.searcher.num_docs - 1 == 1600
                    seen.add(number)
                time.sleep(0.05)
            run.kill()
    assert len(seen) > 3
    assert list(verify_index(tmp_path)) == []


# -- after a publish, and from the command line


class Desk:
    """A data folder with a warehouse, and what `nightdesk` does in it."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(
            data=folder,
            landing=str(folder / "landing"),
            warehouse=name_warehouse(folder / "warehouse.duckdb"),
        )
        self.connect = connect_to(self.settings.warehouse)
        self.index = self.settings.published / "search"

    def load(self, night: date, *articles: Article) -> None:
        with open_warehouse(self.connect) as con:
            ids = [a.article_id for a in articles]
            load(con, night, [entry(n) for n in ids], list(articles))

    def publish(self) -> int:
        """Publish without a brief, which takes two seconds."""
        with open_warehouse(self.connect) as con:
            number = publish_nights(con, self.settings.published).number
        update_search(self.settings)
        return number

    def search(self, query: str) -> list[int]:
        return ids(find_stories(open_index(self.index), query))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name in ("LANDING", "MIRRORS", "CONTACT"):
        monkeypatch.delenv(f"NIGHTDESK_{name}", raising=False)
    monkeypatch.setenv("NIGHTDESK_DATA", str(tmp_path))
    monkeypatch.setenv(
        "NIGHTDESK_WAREHOUSE", name_warehouse(tmp_path / "warehouse.duckdb")
    )
    return Desk(tmp_path)


def test_search_follows_what_is_published(desk: Desk) -> None:
    desk.load(DAY, article(1, "A pier in Tema."), article(2, "A crane in Tema."))
    desk.load(NEXT_DAY, article(3, "A lock in Tema."))
    desk.publish()
    assert set(desk.search("tema")) == {1, 2, 3}
    assert desk.search("title:2") == [2]
    assert set(desk.search("source:a")) == {1, 2, 3}
    desk.load(DAY, article(2, "A crane in Lome."))
    assert set(desk.search("tema")) == {1, 2, 3}
    number = desk.publish()
    assert (desk.search("tema"), desk.search("lome")) == ([3], [2])
    assert open_index(desk.index).snapshot.number == number


@pytest.mark.slow
def test_names_and_regions_of_a_night_as_it_is_built(tmp_path: Path) -> None:
    with World() as world:
        desk = nightworld.Desk(tmp_path, world)
        link = "https://alpha.example/1"
        desk.serve("/feed", nightworld.write_feed(nightworld.write_item("Fish", link)))
        desk.serve("/1", reply(nightworld.write_page("Fish quarrel is over")))
        desk.collect()
        desk.build()
    settings = desk.job.settings
    publish_changes(desk.job, connect_to(settings.warehouse))
    opened = open_index(settings.published / "search")
    for query in ('person:"ama sample"', "place:accra", "place:ghan*", "source:alpha"):
        (story,) = find_stories(opened, query, Filters(regions=["GH"])).stories
        assert (story.title, story.source) == ("Fish quarrel is over", "Alpha")
    assert search(opened, "person:accra OR org:ama") == []
    assert search(opened, "fish", regions=["FR"]) == []


def test_texts_that_are_held_back_are_nowhere(desk: Desk) -> None:
    held = replace(article(1, "Zanzibar"), title="Pier", held_back="tdm")
    desk.load(DAY, held, article(2, "A pier."))
    desk.publish()
    assert desk.search("zanzibar") == []
    found = find_stories(open_index(desk.index), "pier")
    assert {s.article_id: s.snippet for s in found.stories} == {1: "", 2: "A pier."}
    files = (path for path in desk.index.rglob("*") if path.is_file())
    assert not any(b"zanzibar" in path.read_bytes() for path in files)


def test_an_index_that_cannot_be_written_loses_no_publish(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.load(DAY, article(1, "A pier."))
    desk.settings.published.mkdir()
    desk.index.write_text("in the way")
    job = Job(desk.settings, "test")
    assert publish_changes(job, desk.connect).number == 1
    assert "search index not brought up to date: search: " in caplog.text
    assert str(desk.index) in caplog.text
    desk.index.unlink()
    assert publish_changes(job, desk.connect).nights == ()  # nothing new, and yet...
    assert desk.search("pier") == [1]


def test_the_command_before_the_first_publish(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "pier"]) == 1
    assert "nothing there yet; nightdesk publish" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["(pier"], 'query: at character 1: this "(" is not closed'),
        (["pier", "--region", "atlantis"], "query: there is no region 'atlantis'"),
        (["pier", "--limit", "0"], "query: stories 1 to 1000 can be shown"),
        (
            ["pier", "--from", "2026-03-02", "--until", "2026-03-01"],
            "--until 2026-03-01 is before --from 2026-03-02",
        ),
    ],
)
def test_the_command_asked_wrongly(
    desk: Desk, capsys: pytest.CaptureFixture[str], words: list[str], problem: str
) -> None:
    desk.load(DAY, article(1, "A pier."))
    desk.publish()
    assert main(["search", *words]) == 2
    assert problem in capsys.readouterr().err


def test_the_command_in_a_pipe_and_on_a_terminal(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.load(DAY, replace(article(1, "A pier\x1b[2J."), title="The pier\x1b]0;x\x07"))
    desk.publish()
    assert main(["search", "pier", "--region", "GH", "--from", str(DAY)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "0 articles match; the best 0 stories are shown"
    )
    assert main(["search", "pier", "--lang", "en,fr"]) == 0
    assert main(["search", "pier", "--source", "a"]) == 0
    printed = capsys.readouterr().out
    assert "The pier ]0;x \n  2026-03-01  A\n  A pier [2J.\n" in printed
    assert "\x1b" not in printed
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["search", "pier"]) == 0
    assert "The \x1b[1mpier\x1b[0m ]0;x" in capsys.readouterr().out


def test_the_command_for_programs(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.load(DAY, article(1, "A pier."))
    desk.publish()
    assert main(["search", "pier", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (story,) = found.pop("stories")
    assert found == {"catalogue": 1, "n_articles": 1, "is_current": True}
    assert story["snippet"] == "A pier."
    assert story["snippet_marks"] == [[2, 6]]
    assert story["url"] == "https://a.example/1"


def test_the_search_goes_back_with_the_catalogue(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.load(DAY, article(1, "A pier."))
    desk.publish()
    desk.load(DAY, article(2, "A pier."))
    desk.publish()
    assert desk.search("pier") == [2]
    assert main(["warehouse", "rollback"]) == 0
    assert desk.search("pier") == [1]
    update = Snapshot(9, {}, (), ())
    update_index(desk.index, update, lambda night: [])
    capsys.readouterr()
    assert main(["search", "pier"]) == 0
    assert "This is of catalogue 9; 1 is in force" in capsys.readouterr().out
