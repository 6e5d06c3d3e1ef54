"""What is captured is given up when its time is over; what was read in it stays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from engines import connect_to, lose_warehouse
from fastwarc.warc import ArchiveIterator
from httpworld import World, reply
from nightworld import MORNING, NIGHT, TEXT, Desk, write_feed, write_item, write_page

from nightdesk.errors import CaptureGone, LandingError
from nightdesk.landing import Landing
from nightdesk.landing.index import index_day
from nightdesk.landing.inspect import find_lost, verify_day
from nightdesk.landing.retention import give_up_day
from nightdesk.model import Capture
from nightdesk.pipeline import extract_task
from nightdesk.pipeline.retention_task import give_up_captures
from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.content import hash_tables

DAY = date(2026, 3, 6)
AT = datetime(2026, 3, 6, 0, 31, tzinfo=UTC)


def write_run(
    landing: Landing, name: str, bodies: dict[str, bytes], at: datetime = AT
) -> list[Capture]:
    """Archive bodies, by source id, as one run does."""
    archive = landing.open_archive(at.date(), name)
    for source_id, body in bodies.items():
        url = f"https://{source_id}.example/{name}"
        digest = hashlib.sha256(body).hexdigest()
        row = Capture(url, url, at, digest, "", 0, "text/html", source_id)
        archive.add(row, {}, body)
    rows = list(archive.close())
    landing.write_rows(f"captures/day={at.date()}", name, rows, Capture)
    return rows


def is_of(*names: str):
    return lambda row: row.source_id in names


def test_records_go_and_the_others_stay_where_they_are(tmp_path: Path) -> None:
    landing = Landing(str(tmp_path))
    bodies = {name: name.encode() * 100_000 for name in "abcd"}
    rows = write_run(landing, "one", bodies)
    path = tmp_path / rows[0].file
    size = path.stat().st_size
    gone = give_up_day(landing, DAY, is_of("b", "d"), DAY)
    assert (gone.n_records, gone.n_files) == (2, 0)
    assert path.stat().st_size == size
    for row in rows:
        if row.source_id in "ac":
            assert landing.read_capture(row.file, row.offset) == bodies[row.source_id]
        else:
            with pytest.raises(CaptureGone, match=f"{row.offset}: given up"):
                landing.read_capture(row.file, row.offset)
    assert verify_day(landing, DAY) == (2, [])
    assert index_day(landing, DAY) == 0
    with path.open("rb") as stream:  # as others read it
        urls = [r.headers["WARC-Target-URI"] for r in ArchiveIterator(stream)]
    assert urls == ["https://a.example/one", "https://c.example/one"]
    assert give_up_day(landing, DAY, is_of("b", "d"), DAY).n_records == 0


def test_what_is_given_up_takes_no_room(tmp_path: Path) -> None:
    landing = Landing(str(tmp_path))
    noise = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(100_000))
    rows = write_run(landing, "one", {"a": b"small", "b": noise, "c": b"last"})
    path = tmp_path / rows[0].file
    assert path.stat().st_blocks * 512 > 3_000_000
    give_up_day(landing, DAY, is_of("b"), DAY)
    assert path.stat().st_size > 3_000_000
    assert path.stat().st_blocks * 512 < 300_000
    give_up_day(landing, DAY, is_of("c"), DAY)  # the hole stays one
    assert path.stat().st_blocks * 512 < 300_000
    assert verify_day(landing, DAY) == (1, [])


def test_a_file_of_which_nothing_is_left_goes_and_is_not_lost(tmp_path: Path) -> None:
    landing = Landing(str(tmp_path))
    (row,) = write_run(landing, "one", {"a": b"text"})
    gone = give_up_day(landing, DAY, is_of("a"), DAY)
    assert (gone.n_records, gone.n_files) == (1, 1)
    assert not (tmp_path / "archive" / f"day={DAY}").exists()
    with pytest.raises(CaptureGone, match="given up"):
        landing.read_capture(row.file, row.offset)
    assert landing.names(f"captures/day={DAY}") == []


def test_a_body_that_a_kept_revisit_needs_stays(tmp_path: Path) -> None:
    landing = Landing(str(tmp_path))
    (first,) = write_run(landing, "one", {"a": b"one text"})
    (second,) = write_run(landing, "two", {"b": b"one text"}, AT + timedelta(days=3))
    assert landing.read_record(second.file, second.offset).origin is not None
    assert give_up_day(landing, DAY, is_of("a"), DAY).n_records == 0
    assert landing.read_capture(second.file, second.offset) == b"one text"
    give_up_day(landing, second.captured_at.date(), is_of("a", "b"), DAY)
    assert give_up_day(landing, DAY, is_of("a", "b"), DAY).n_records == 1
    assert not landing.exists(first.file)


@pytest.mark.parametrize("step", ["remove_files", "erase_records", "_write_index"])
def test_what_a_killed_run_left_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    landing = Landing(str(tmp_path))
    write_run(landing, "one", {"a": b"1", "b": b"2"})
    write_run(landing, "two", {"a": b"3"})

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"nightdesk.landing.retention.{step}", die)
        with pytest.raises(KeyboardInterrupt):
            give_up_day(landing, DAY, is_of("a"), DAY)
    give_up_day(landing, DAY, is_of("a"), DAY)
    assert verify_day(landing, DAY) == (1, [])
    left = landing.read_folder(f"captures/day={DAY}", Capture)
    assert [row.source_id for row in left] == ["b"]


# whole nights ----------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Yield a desk with one night, of which tests take copies."""
    with World() as world:
        desk = Desk(tmp_path_factory.mktemp("desk"), world)
        desk.serve("/feed", write_feed(write_item("A pier", "https://alpha.example/p")))
        desk.serve("/p", reply(write_page("A pier", lines=TEXT)))
        desk.collect()
        desk.build()
        yield desk


@pytest.fixture
def desk(whole: Desk, tmp_path: Path) -> Desk:
    return whole.copy(tmp_path / "desk")


def hashes(desk: Desk) -> dict[str, str]:
    with open_warehouse(connect_to(desk.job.settings.warehouse)) as con:
        return hash_tables(con)


def test_a_damaged_index_keeps_no_other_day_from_being_given_up(desk: Desk) -> None:
    later = AT + timedelta(days=20)
    write_run(desk.landing, "later", {"a": b"a text"}, later)
    (index,) = desk.landing.names(f"captures/day={DAY}")
    path = Path(desk.landing.address(index))
    path.write_bytes(path.read_bytes()[:-9])
    desk.moment = MORNING + timedelta(days=900)
    with pytest.raises(LandingError) as error:
        give_up_captures(desk.job)
    cure = f"delete it, then nightdesk archive index --day {DAY}"
    assert str(error.value).startswith(f"landing: {index} is damaged: ")
    assert str(error.value).endswith(f"; {cure}; all else is done")
    assert desk.landing.names(f"captures/day={later.date()}") == []


@pytest.mark.parametrize(
    ("options", "days", "n_left"),
    [
        ({}, 365, 2),
        ({}, 366, 0),
        ({"keep_days": "30"}, 30, 2),
        ({"keep_days": "30"}, 31, 0),
        ({"keep_days": "forever"}, 4000, 2),
        ({"keep_days": "forever", "text_days": "20"}, 21, 0),
    ],
)
def test_captures_are_kept_for_as_long_as_their_source_says(
    desk: Desk, options: dict[str, str], days: int, n_left: int
) -> None:
    desk.options = options
    desk.moment = MORNING + timedelta(days=days)
    counts = give_up_captures(desk.job)
    assert counts["records"] == 2 - n_left  # the feed and the page
    assert len(desk.landing.read_folder(f"captures/day={DAY}", Capture)) == n_left
    assert find_lost(desk.landing) == []


@pytest.mark.slow
@pytest.mark.parametrize("has_changed", [False, True], ids=["same code", "new code"])
def test_a_night_older_than_its_captures_is_rebuilt_from_its_articles(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, has_changed: bool
) -> None:
    whole = hashes(desk)
    assert whole["article_text"].startswith("1:")
    desk.moment = MORNING + timedelta(days=400)
    assert give_up_captures(desk.job)["files"] == 1
    if has_changed:
        monkeypatch.setattr(extract_task, "EXTRACT_VERSION", "another")
    desk.build(NIGHT)
    assert hashes(desk) == whole
    lose_warehouse(desk.job.settings.warehouse)
    desk.build(NIGHT)
    assert hashes(desk) == whole
