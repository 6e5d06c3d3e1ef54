"""The archive: a record can be read alone, is what it was, or is named as damaged."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from nightdesk.__main__ import main
from nightdesk.errors import ArchiveError, LandingError
from nightdesk.landing import Landing
from nightdesk.landing.index import index_day
from nightdesk.landing.inspect import verify_day
from nightdesk.model import Capture

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
DAY = NOW.date()
HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-encoding": "gzip",
    "x-note": "two\r\nlines",
}


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Landing:
    for name in ("LANDING", "WAREHOUSE", "MIRRORS", "CONTACT"):
        monkeypatch.delenv(f"NIGHTDESK_{name}", raising=False)
    monkeypatch.setenv("NIGHTDESK_DATA", str(tmp_path))
    return Landing(str(tmp_path / "landing"))


def make_body(n: int) -> bytes:
    return f"<p>{'page ' * n}{n} naïve 雪</p>".encode()


def make_capture(n: int, body: bytes, at: datetime = NOW) -> Capture:
    url = f"https://a.example/{n}?q=é"
    return Capture(
        url=url,
        final_url=url if n % 2 else f"https://a.example/moved/{n}",
        captured_at=at,
        digest=hashlib.sha256(body).hexdigest(),
        file="",
        offset=0,
        content_type="text/html; charset=utf-8" if n % 3 else None,
        source_id="a" if n % 5 else None,
    )


def write_run(
    landing: Landing,
    bodies: list[bytes],
    at: datetime = NOW,
    name: str = "run",
    *,
    is_indexed: bool = True,
) -> tuple[Capture, ...]:
    archive = landing.open_archive(at.date(), name)
    for n, body in enumerate(bodies):
        archive.add(make_capture(n, body, at), HEADERS, body)
    placed = archive.close()
    if is_indexed and placed:
        landing.write_rows(f"captures/day={at.date()}", name, placed, Capture)
    return placed


def flip(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 0x10
    path.write_bytes(raw)


def path_of(landing: Landing, name: str) -> Path:
    return Path(landing.address(name))


# writing and reading -------------------------------------------------------


def test_captures_are_read_at_random(landing: Landing) -> None:
    bodies = [make_body(n) for n in range(50)]
    placed = write_run(landing, bodies)
    for n in (49, 0, 23):
        assert landing.read_capture(placed[n].file, placed[n].offset) == bodies[n]
    with path_of(landing, placed[0].file).open("rb") as stream:  # any reader can
        records = [r.headers["WARC-Target-URI"] for r in ArchiveIterator(stream)]
    assert records == [row.url for row in placed]


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"\r\n\r\n", os.urandom(300_000), b"a" * 14_000_000, b"WARC/1.1\r\n"],
    ids=["empty", "one byte", "blank lines", "noise", "14 MB of one byte", "a header"],
)
def test_any_body_comes_back(landing: Landing, body: bytes) -> None:
    placed = write_run(landing, [body, body + b"!"])
    for row, wanted in zip(placed, (body, body + b"!"), strict=True):
        assert landing.read_capture(row.file, row.offset) == wanted


def test_equal_captures_give_equal_bytes(tmp_path: Path) -> None:
    files = []
    for name in ("one", "two"):
        landing = Landing(str(tmp_path / name))
        placed = write_run(landing, [make_body(n) for n in range(9)])
        files.append(path_of(landing, placed[0].file).read_bytes())
    assert files[0] == files[1]


def test_an_archive_without_captures_is_no_file(landing: Landing) -> None:
    assert landing.open_archive(DAY, "run").close() == ()
    assert landing.names(f"archive/day={DAY}", ".warc.zst") == []


def test_an_archive_is_not_seen_before_it_is_whole(landing: Landing) -> None:
    archive = landing.open_archive(DAY, "run")
    archive.add(make_capture(1, b"x"), HEADERS, b"x")
    folder = path_of(landing, f"archive/day={DAY}")
    assert landing.names(f"archive/day={DAY}", "") == []
    assert len(list(folder.iterdir())) == 1
    del archive  # a run that failed leaves nothing behind
    assert list(folder.iterdir()) == []


def test_an_archive_is_never_replaced(landing: Landing) -> None:
    (first,) = write_run(landing, [b"first"])
    with pytest.raises(LandingError, match="already there"):
        write_run(landing, [b"second"])
    assert landing.read_capture(first.file, first.offset) == b"first"


# revisits ------------------------------------------------------------------


def kinds(landing: Landing, file: str) -> list[str]:
    with path_of(landing, file).open("rb") as stream:
        return [
            str(r.record_type)
            for r in ArchiveIterator(stream, record_types=WarcRecordType.any_type)
        ]


@pytest.mark.parametrize(
    ("days_later", "expected"),
    [(0, "revisit"), (1, "revisit"), (7, "revisit"), (8, "response")],
    ids=["the same day", "the next day", "a week later", "too long ago"],
)
def test_a_body_that_was_captured_before_is_a_revisit(
    landing: Landing, days_later: int, expected: str
) -> None:
    first = write_run(landing, [make_body(500), make_body(501)])
    later = NOW + timedelta(days=days_later)
    again = write_run(landing, [make_body(500), b"new"], later, "again")
    assert kinds(landing, again[0].file) == [expected, "response"]
    assert landing.read_capture(again[0].file, again[0].offset) == make_body(500)
    if expected == "revisit":
        origin = landing.read_record(again[0].file, again[0].offset).origin
        assert origin == (first[0].file, first[0].offset)


def test_a_body_twice_in_one_run_is_written_once(landing: Landing) -> None:
    placed = write_run(landing, [make_body(500)] * 3)
    assert kinds(landing, placed[0].file) == ["response", "revisit", "revisit"]
    for row in placed:
        assert landing.read_capture(row.file, row.offset) == make_body(500)


def test_a_revisit_never_refers_to_a_revisit(landing: Landing) -> None:
    body = make_body(500)
    for days, name in ((0, "a"), (5, "b"), (10, "c"), (12, "d")):
        (row,) = write_run(landing, [body], NOW + timedelta(days=days), name)
        assert landing.read_capture(row.file, row.offset) == body
        kind = kinds(landing, row.file)[0]
        assert kind == ("response" if name in "ac" else "revisit")


def test_a_body_whose_record_is_damaged_is_written_again(landing: Landing) -> None:
    (first,) = write_run(landing, [make_body(500)])
    flip(path_of(landing, first.file), 400)
    (again,) = write_run(landing, [make_body(500)], name="run-2")
    assert kinds(landing, again.file) == ["response"]
    assert landing.read_capture(again.file, again.offset) == make_body(500)


def test_a_damaged_index_does_not_stop_a_run(landing: Landing) -> None:
    write_run(landing, [make_body(500)])
    flip(path_of(landing, f"captures/day={DAY}/run.parquet"), 300)
    (again,) = write_run(landing, [make_body(500)], name="run-2")
    assert landing.read_capture(again.file, again.offset) == make_body(500)


# damage --------------------------------------------------------------------


def try_capture(landing: Landing, row: Capture) -> tuple[bytes | None, str]:
    """Return the body, or why there is none."""
    try:
        return landing.read_capture(row.file, row.offset), ""
    except ArchiveError as error:
        return None, str(error)


def test_no_flipped_byte_gives_another_body(landing: Landing) -> None:
    bodies = [make_body(40), os.urandom(300), make_body(40)]
    placed = write_run(landing, bodies)
    path = path_of(landing, placed[0].file)
    whole = path.read_bytes()
    chance, n_named = random.Random(5), 0
    for _ in range(400):
        flip(path, chance.randrange(len(whole)))
        for row, body in zip(placed, bodies, strict=True):
            found, named = try_capture(landing, row)
            assert found == body or row.file in named
            n_named += found is None
        path.write_bytes(whole)
    assert n_named >= 400


def test_no_cut_gives_another_body(landing: Landing) -> None:
    body = os.urandom(100_000)
    (row,) = write_run(landing, [body])
    path = path_of(landing, row.file)
    whole = path.read_bytes()
    for length in (0, 1, 5, 300, 50_000, len(whole) - 5, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ArchiveError, match=r"run\.warc\.zst at 0: "):
            landing.read_capture(row.file, row.offset)
    path.unlink()
    with pytest.raises(ArchiveError, match="no such file"):
        landing.read_capture(row.file, row.offset)


ARCHIVE = f"archive/day={DAY}/run.warc.zst"
INDEX = f"captures/day={DAY}/run.parquet"


def cut_off(landing: Landing, placed: tuple[Capture, ...]) -> None:
    path = path_of(landing, ARCHIVE)
    path.write_bytes(path.read_bytes()[: placed[8].offset + 20])


def append_bytes(landing: Landing, _: tuple[Capture, ...]) -> None:
    path = path_of(landing, ARCHIVE)
    path.write_bytes(path.read_bytes() + b"left over")


def index_as(change, name: str = "run"):
    """Return damage that writes an index of other rows."""

    def write(landing: Landing, placed: tuple[Capture, ...]) -> None:
        landing.write_rows(f"captures/day={DAY}", name, change(placed), Capture)

    return write


#: What is done -> (how, the file that must be named, records that are still good).
DAMAGE = {
    "a byte is another one": (
        lambda landing, placed: flip(
            path_of(landing, ARCHIVE), (placed[4].offset + placed[5].offset) // 2
        ),
        ARCHIVE,
        8,
    ),
    "the file is cut off": (cut_off, ARCHIVE, 8),
    "the file is missing": (lambda at, _: path_of(at, ARCHIVE).unlink(), ARCHIVE, 0),
    "the file has more bytes": (append_bytes, ARCHIVE, 9),
    "the index is damaged": (lambda at, _: flip(path_of(at, INDEX), 200), INDEX, 0),
    "the index is gone": (lambda at, _: path_of(at, INDEX).unlink(), ARCHIVE, 0),
    "the index lacks a record": (index_as(lambda p: p[:3] + p[4:]), ARCHIVE, 8),
    "the index is damaged, and the file": (
        lambda at, _: [flip(path_of(at, name), 200) for name in (INDEX, ARCHIVE)],
        INDEX,
        0,
    ),
    "the index is gone, and the file damaged": (
        lambda at, _: [path_of(at, INDEX).unlink(), flip(path_of(at, ARCHIVE), 200)],
        ARCHIVE,
        0,
    ),
    "the index lacks a record, which is damaged": (
        lambda at, p: [
            index_as(lambda p: p[:3] + p[4:])(at, p),
            flip(path_of(at, ARCHIVE), (p[3].offset + p[4].offset) // 2),
        ],
        ARCHIVE,
        8,
    ),
    "the index has another digest": (
        index_as(lambda p: [*p[:-1], replace(p[-1], digest="0" * 64)]),
        ARCHIVE,
        8,
    ),
    "the index has another place": (
        index_as(lambda p: [*p[:-1], replace(p[-1], offset=p[0].offset)]),
        ARCHIVE,
        8,
    ),
    "the index is there twice": (index_as(lambda p: p, "run-2"), ARCHIVE, 18),
}


#: What is whole, but lies there without a row of the index.
UNLISTED = ("the index is gone", "the index lacks a record")
#: What `archive index` cannot mend, so that a backup has to.
RESTORED = (
    "the file has more bytes",
    "the index is gone, and the file damaged",
    "the index lacks a record, which is damaged",
)


@pytest.mark.parametrize("what", DAMAGE)
def test_verify_names_what_is_damaged(
    landing: Landing, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    placed = write_run(landing, [make_body(n) for n in range(9)])
    assert main(["archive", "verify", "--day", str(DAY)]) == 0
    assert "9 records are good, 0 problems" in capsys.readouterr().out
    damage, name, n_good = DAMAGE[what]
    damage(landing, placed)
    assert main(["archive", "verify", "--day", str(DAY)]) == 1
    told = capsys.readouterr().out
    assert ("UNLISTED" if what in UNLISTED else "DAMAGED") + f" {name}" in told
    assert "what to do: " in told
    if what in RESTORED:
        cure = f"nightdesk restore BACKUP --only {ARCHIVE}, then nightdesk archive"
        assert f"what to do: {cure} index --day {DAY}; without" in told
    elif what == "the index is damaged, and the file":
        cure = f"nightdesk restore BACKUP --only {INDEX} --only {ARCHIVE}; without"
        assert told.count(f"what to do: {cure}") == 2
    assert f"{n_good} records are good" in told
    assert main(["archive", "verify", "--json"]) == 1  # of all days
    assert json.loads(capsys.readouterr().out)["n_good"] == n_good


def test_verify_names_a_revisit_whose_body_is_gone(landing: Landing) -> None:
    (first,) = write_run(landing, [make_body(500)])
    write_run(landing, [make_body(500)], NOW + timedelta(days=1), "again")
    path_of(landing, first.file).unlink()
    n_good, findings = verify_day(landing, DAY + timedelta(days=1))
    assert n_good == 0
    assert "refers to a damaged record" in findings[0].problem
    assert first.file in findings[0].problem
    assert first.file in findings[0].cure


@pytest.mark.parametrize("what", ["the index is gone", "the index lacks a record"])
def test_an_index_is_made_again_from_the_archive(landing: Landing, what: str) -> None:
    placed = write_run(landing, [make_body(n) for n in range(9)])
    DAMAGE[what][0](landing, placed)
    assert main(["archive", "index", "--day", str(DAY)]) == 0
    rows = landing.read_folder(f"captures/day={DAY}", Capture)
    assert sorted(rows, key=lambda row: row.offset) == list(placed)
    assert index_day(landing, DAY) == 0
    assert verify_day(landing, DAY) == (9, [])


def test_an_index_is_made_again_as_far_as_the_archive_can_be_read(
    landing: Landing, capsys: pytest.CaptureFixture[str]
) -> None:
    placed = write_run(landing, [make_body(n) for n in range(9)])
    other = write_run(landing, [make_body(30)], name="second")
    flip(path_of(landing, ARCHIVE), (placed[6].offset + placed[7].offset) // 2)
    for name in landing.names(f"captures/day={DAY}"):
        landing.drop(name)
    assert main(["archive", "index", "--day", str(DAY)]) == 1
    cure = f"nightdesk restore BACKUP --only {ARCHIVE}, then nightdesk archive index"
    assert cure in capsys.readouterr().err
    rows = landing.read_folder(f"captures/day={DAY}", Capture)
    assert sorted(rows, key=lambda r: (r.file, r.offset)) == [*placed[:6], *other]


# the command line ----------------------------------------------------------


def test_get_finds_by_address_and_time(
    landing: Landing, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    for days in range(3):
        bodies = [f"{n} as of day {days}".encode() for n in range(3)]
        write_run(landing, bodies, NOW + timedelta(days=days), f"run-{days}")

    def get(*words: str) -> bytes:
        assert main(["archive", "get", *words]) == 0
        return capsysbinary.readouterr().out

    url = "https://a.example/2?q=é"
    assert get(url) == b"2 as of day 2"
    assert get("https://a.example/moved/2") == b"2 as of day 2"
    assert get(url, "--at", "2026-03-03") == b"2 as of day 1"
    assert get(url, "--at", "2026-03-03T00:29:59Z") == b"2 as of day 0"
    assert get(url, "--at", "2026-03-03T01:30:00+01:00") == b"2 as of day 1"
    assert json.loads(get(url, "--json"))["source_id"] == "a"
    get(url, "--out", str(tmp_path / "page.html"))
    assert (tmp_path / "page.html").read_bytes() == b"2 as of day 2"
    assert main(["archive", "get", url, "--at", "2026-02-01"]) == 1
    assert b"but later, at 2026-03-04" in capsysbinary.readouterr().err
    assert main(["archive", "get", "https://b.example/"]) == 1
    assert b"not captured" in capsysbinary.readouterr().err


def test_list_says_what_is_there(
    landing: Landing, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["archive", "list"]) == 0
    assert "nothing was captured yet" in capsys.readouterr().out
    placed = write_run(landing, [make_body(1), make_body(1), make_body(2)])
    assert main(["archive", "list", "--json"]) == 0
    (day,) = json.loads(capsys.readouterr().out)
    assert (day["n_files"], day["n_records"], day["n_bodies"]) == (1, 3, 2)
    assert day["size_bytes"] == path_of(landing, placed[0].file).stat().st_size
    assert main(["archive", "list", "--day", str(DAY)]) == 0
    assert placed[1].url in capsys.readouterr().out


def export(landing: Landing, target: Path) -> None:
    write_run(landing, [make_body(n) for n in range(20)] + [b"", make_body(3)])
    write_run(landing, [make_body(500), make_body(4)], name="run-2")
    assert main(["archive", "export", "--day", str(DAY), str(target)]) == 0


def test_an_export_can_be_read_by_others(landing: Landing, tmp_path: Path) -> None:
    target = tmp_path / "day.warc.gz"
    export(landing, target)
    with target.open("rb") as stream:
        found = [
            (str(record.record_type), record.reader.read())
            for record in ArchiveIterator(stream, record_types=WarcRecordType.any_type)
        ]
    assert [kind for kind, _ in found].count("revisit") == 2
    assert found[0][0] == "warcinfo"
    assert len(found) == 25
    assert make_body(500) in [body for _, body in found]
    assert gzip.decompress(target.read_bytes()).count(b"WARC/1.1\r\n") == 25
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".tmp")] == []


def test_an_export_is_accepted_by_warcio(
    landing: Landing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli = pytest.importorskip("warcio.cli", reason="wants warcio (requirements-dev)")
    target = tmp_path / "day.warc.gz"
    export(landing, target)
    capsys.readouterr()
    with pytest.raises(SystemExit) as done:
        cli.main(["check", "-v", str(target)])
    told = capsys.readouterr().out
    assert done.value.code == 0, told
    assert told.count("digest pass") == 22
    assert told.count("(revisit)") == 2


@pytest.mark.parametrize(
    ("what", "n_records", "wants"),
    [
        ("a byte is another one", 8, ["run.warc.zst at ", "https://a.example/4?q=é: "]),
        (
            "the index is damaged",
            2,
            ["run.parquet: ", "delete it, then nightdesk arch"],
        ),
    ],
    ids=["a record", "a file of the index"],
)
def test_an_export_of_a_damaged_day_names_what_is_lost(
    landing: Landing,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    what: str,
    n_records: int,
    wants: list[str],
) -> None:
    if what == "the index is damaged":
        write_run(landing, [make_body(n) for n in (30, 31)], name="run-2")
    placed = write_run(landing, [make_body(n) for n in range(9)])
    DAMAGE[what][0](landing, placed)
    target = tmp_path / "day.warc.gz"
    assert main(["archive", "export", "--day", str(DAY), str(target)]) == 1
    out, err = capsys.readouterr()
    assert f"{n_records} records, 1 lost" in out
    for want in wants:
        assert want in err
    assert gzip.decompress(target.read_bytes()).count(b"WARC/1.1") == n_records + 1


def test_an_export_of_which_nothing_is_left_is_refused(
    landing: Landing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    placed = write_run(landing, [make_body(n) for n in range(9)])
    DAMAGE["the file is missing"][0](landing, placed)
    target = tmp_path / "day.warc.gz"
    assert main(["archive", "export", "--day", str(DAY), str(target)]) == 1
    assert "no record can be read" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["landing"]


def test_a_damaged_index_stops_neither_list_nor_get(
    landing: Landing, capsys: pytest.CaptureFixture[str]
) -> None:
    placed = write_run(landing, [make_body(1)])
    write_run(landing, [b"0", b"1", b"2"], NOW + timedelta(days=1), "later")
    later = DAY + timedelta(days=1)
    flip(path_of(landing, f"captures/day={later}/later.parquet"), 200)
    for words, code, wants in (
        (["list"], 0, str(DAY)),
        (["list", "--day", str(later)], 1, "nothing was captured on"),
        (["get", placed[0].url], 0, make_body(1).decode()),
        (["get", "https://a.example/2?q=é"], 1, "not captured"),
    ):
        assert main(["archive", *words]) == code
        out, err = capsys.readouterr()
        assert wants in out + err
        assert f"DAMAGED captures/day={later}/later.parquet: " in err
        assert f"delete it, then nightdesk archive index --day {later}" in err


def test_damaged_rows_say_where_the_cure_stands(landing: Landing) -> None:
    write_run(landing, [make_body(1)])
    flip(path_of(landing, INDEX), 200)
    with pytest.raises(LandingError, match=f"; delete it, then .* index --day {DAY}"):
        landing.read_folder(f"captures/day={DAY}", Capture)


def test_days_without_captures(
    landing: Landing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day = str(date(2026, 1, 1))
    target = str(tmp_path / "x.warc.gz")
    for words in (["export", "--day", day, target], ["verify", "--day", day]):
        assert main(["archive", *words]) == 1
        assert "nothing was captured" in capsys.readouterr().err
    with pytest.raises(LandingError):
        landing.read_capture("archive/day=2026-01-01/x.warc.zst", 0)


# elsewhere than on a disk ---------------------------------------------------


def test_an_object_store_holds_an_archive_too() -> None:
    landing = Landing("memory://newsroom/landing")
    placed = write_run(landing, [make_body(1), make_body(2)])
    again = write_run(landing, [make_body(2)], NOW + timedelta(days=1), "again")
    assert landing.read_capture(placed[1].file, placed[1].offset) == make_body(2)
    assert landing.read_record(again[0].file, 0).origin is not None
    assert landing.capture_days() == [DAY, DAY + timedelta(days=1)]
    assert verify_day(landing, DAY) == (2, [])
    batch = landing.open_batch("run")
    batch.write_rows("entries/night=2026-03-01", "run", placed, Capture)
    batch.commit()
    assert landing.read_folder("entries/night=2026-03-01", Capture) == list(placed)
    assert landing.names("journal", ".journal") == []
