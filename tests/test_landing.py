"""Run files: what is written is read again, whole, and damage is named."""

from __future__ import annotations

import fcntl
import itertools
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from nightdesk.errors import LandingError
from nightdesk.landing import HostLeases, Landing
from nightdesk.landing.rows import decode_rows, encode_rows
from nightdesk.landing.state import encode_state
from nightdesk.model import Article, DateCandidate, HostTurn, KnownUrl, Repeat, Tags

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
ARTICLE = Article(
    article_id=-5,
    canonical_url="https://a.example/1",
    url="https://a.example/1",
    source_id="a",
    status="ok",
    text="naïve 雪 \N{SMILE}",
    repeats=(Repeat(3, 1),),
    authors=("Ada Example",),
    published_at=NOW,
    published_on=date(2026, 3, 2),
    date_candidates=(DateCandidate("meta", "x", "future"),),
)


@pytest.mark.parametrize(
    "rows",
    [[], [ARTICLE], [ARTICLE, replace(ARTICLE, published_at=None, repeats=())]],
    ids=["no rows", "one row with everything", "rows with and without values"],
)
def test_rows_come_back_equal(rows: list[Article]) -> None:
    assert decode_rows(encode_rows(rows, Article), Article) == rows
    assert encode_rows(rows, Article) == encode_rows(rows, Article)


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
def test_reading_rows_starts_no_thread(tmp_path: Path) -> None:
    """One that outlives the interpreter takes the whole process with it."""
    (tmp_path / "rows").write_bytes(encode_rows([ARTICLE], Article))
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from nightdesk.landing.rows import decode_columns, decode_rows\n"
        "from nightdesk.model import Article\n"
        "count = lambda: len(os.listdir('/proc/self/task'))\n"
        "raw, n = Path(sys.argv[1]).read_bytes(), count()\n"
        "decode_rows(raw, Article), decode_columns(raw, ['url'])\n"
        "print(count() - n)\n"
    )
    argv = [sys.executable, "-c", code, str(tmp_path / "rows")]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


@dataclass(frozen=True)
class Before:
    """A row, and a value in a row, as one version wrote them."""

    kept: int
    gone: int = 1


@dataclass(frozen=True)
class After:
    """The same in another version."""

    kept: int
    come: str = "default"


@dataclass(frozen=True)
class HoldsBefore:
    """A row that holds a value."""

    value: Before


@dataclass(frozen=True)
class HoldsAfter:
    """The same in another version."""

    value: After


def test_rows_of_another_version_are_read() -> None:
    assert decode_rows(encode_rows([Before(5)], Before), After) == [After(5)]
    rows = [HoldsBefore(Before(5))]
    assert decode_rows(encode_rows(rows, HoldsBefore), HoldsAfter) == [
        HoldsAfter(After(5))
    ]


def write_run_file(landing: Landing, kind: str) -> str:
    """Write a file of this kind and return its name."""
    if kind == "parquet":
        return landing.write_rows("articles/night=2026-03-01", "x", [ARTICLE], Article)
    if kind == "json":
        landing.write_json("sources/a.json", {"etag": '"x"', "n": 3, "polled_at": "é"})
        return "sources/a.json"
    batch = landing.open_batch("x")
    batch.write_urls("x", [KnownUrl("https://a.example/1", 1)])
    put, landing.put = landing.put, refuse_rows(landing.put)  # a kill after the journal
    with pytest.raises(LandingError, match="the power went"):
        batch.commit()
    landing.put = put
    return "journal/x.journal"


def refuse_rows(put):
    def put_or_fail(name: str, data: bytes) -> str:
        if name.endswith(".parquet"):
            raise LandingError("the power went")
        return put(name, data)

    return put_or_fail


def read_run_file(landing: Landing, kind: str, name: str) -> object:
    if kind == "parquet":
        return landing.read_rows([name], Article)
    return landing.read_json(name) if kind == "json" else landing.recover()


@pytest.mark.parametrize("kind", ["parquet", "json", "journal"])
def test_a_damaged_file_is_named_whatever_the_damage(tmp_path: Path, kind: str) -> None:
    landing = Landing(str(tmp_path))
    name = write_run_file(landing, kind)
    whole = (tmp_path / name).read_bytes()
    chance = random.Random(kind)
    damaged = [whole[:-20], whole[: len(whole) // 2], b"", b"{}", b"[]"]
    for _ in range(300):
        at = chance.randrange(len(whole))
        flipped = bytes([whole[at] ^ (1 << chance.randrange(8))])
        damaged.append(whole[:at] + flipped + whole[at + 1 :])
    n_named = 0
    for raw in damaged:
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(LandingError, match=rf"{name} is damaged"):
            read_run_file(landing, kind, name)
        n_named += 1
    assert n_named == 305
    (tmp_path / name).write_bytes(whole)
    assert read_run_file(landing, kind, name)


def test_state_reads_as_it_was_written(tmp_path: Path) -> None:
    landing = Landing(str(tmp_path))
    value = {"a": [1, 2.5, None, True], "n": {"x": "雪 \u2028"}, "e": {}}
    landing.write_json("sources/a.json", value)
    assert landing.read_json("sources/a.json") == value
    assert landing.read_json("sources/b.json") == {}
    assert encode_state({1: "a", 10: "b", 2: "c"}) == encode_state(
        {"10": "b", "1": "a", "2": "c"}
    )


@pytest.mark.parametrize("n_puts", range(5))
def test_a_batch_is_there_whole_or_not_at_all(tmp_path: Path, n_puts: int) -> None:
    """Cut off after any number of writes, and taken up by the next run."""
    landing, night = Landing(str(tmp_path)), "entries/night=2026-03-01"
    batch = landing.open_batch("run")
    batch.write_urls("run", [KnownUrl("https://a.example/1", n) for n in (1, 2)])
    batch.write_rows(night, "run", [ARTICLE], Article)
    put, count = landing.put, itertools.count(1)

    def put_some(name: str, data: bytes) -> str:
        if next(count) > n_puts:
            raise LandingError("the power went")
        return put(name, data)

    landing.put = put_some  # type: ignore[method-assign]
    if n_puts < 4:  # the journal and three files
        with pytest.raises(LandingError):
            batch.commit()
    else:
        batch.commit()
    later = Landing(str(tmp_path))
    assert later.recover() == (["journal/run.journal"] if 1 <= n_puts < 4 else [])
    assert later.recover() == []
    is_there = n_puts >= 1
    assert sorted(later.find_urls({1, 2})) == ([1, 2] if is_there else [])
    assert later.read_folder(night, Article) == ([ARTICLE] if is_there else [])


def test_files_of_another_run_are_not_replaced(tmp_path: Path) -> None:
    landing, night = Landing(str(tmp_path)), "entries/night=2026-03-01"
    landing.write_rows(night, "run", [ARTICLE], Article)
    batch = landing.open_batch("run")
    batch.write_rows(night, "run", [], Article)
    with pytest.raises(LandingError, match=r"run\.parquet is already there"):
        batch.commit()
    assert landing.read_folder(night, Article) == [ARTICLE]
    assert landing.recover() == []


def test_what_a_killed_run_left_is_swept_and_what_lives_is_not(tmp_path: Path) -> None:
    landing, day = Landing(str(tmp_path)), date(2026, 3, 2)
    folder = tmp_path / f"archive/day={day}"
    folder.mkdir(parents=True)
    for name, age_s in (("old", 3600), ("new", 1), ("locked", 3600)):
        path = folder / f".{name}.tmp"
        path.write_bytes(b"half a file")
        os.utime(path, (time.time() - age_s,) * 2)
    with (folder / ".locked.tmp").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        landing.open_archive(day, "run")
        assert sorted(p.name for p in folder.iterdir()) == [".locked.tmp", ".new.tmp"]


def test_an_unwritable_landing_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(LandingError, match="cannot write"):
        Landing(str(blocked)).put("a/b", b"x")


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    landing = Landing(str(tmp_path))
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "child").mkdir()
    with pytest.raises(LandingError):
        landing.put("taken", b"a folder is in the way")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_the_url_index_keeps_every_word(tmp_path: Path) -> None:
    landing = Landing(str(tmp_path))
    rows = [KnownUrl(f"https://a.example/{n}", n, date(2026, 3, 1)) for n in range(40)]
    landing.write_urls("one", rows)
    landing.write_urls("two", [replace(rows[7], night=date(2026, 2, 1))])
    found = landing.find_urls({7, 8, 999})
    assert sorted(found) == [7, 8]
    assert {k.night for k in found[7]} == {date(2026, 3, 1), date(2026, 2, 1)}


def test_the_digest_of_a_night_changes_with_what_it_reads(tmp_path: Path) -> None:
    landing, night = Landing(str(tmp_path)), date(2026, 3, 1)
    digests = {landing.digest_night(night, [night])}
    for folder in ("entries/night=2026-03-01", "coverage/night=2026-03-01"):
        landing.write_rows(folder, "x", [], Tags)
        digests.add(landing.digest_night(night, [night]))
    landing.write_rows("entries/night=2026-03-09", "x", [], Tags)
    assert landing.digest_night(night, [night]) in digests
    assert len(digests) == 3


def _try_lease(folder: Path, answers) -> None:
    answers.put(HostLeases(folder).take("a.example"))


def _note_and_die(folder: Path) -> None:
    leases = HostLeases(folder)
    leases.take("a.example")
    leases.note("a.example", HostTurn(1234.5, 2000.25))
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_killed_run_noted_of_a_host_is_there(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    victim = context.Process(target=_note_and_die, args=(tmp_path,))
    victim.start()
    victim.join(60)
    assert victim.exitcode == -signal.SIGKILL
    assert HostLeases(tmp_path).take("a.example") == HostTurn(1234.5, 2000.25)


def test_a_host_is_leased_once_and_remembers_its_last_start(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    leases = HostLeases(tmp_path)
    assert leases.take("a.example") == HostTurn()
    other = context.Process(target=_try_lease, args=(tmp_path, answers))
    other.start()
    assert answers.get(timeout=30) is None
    other.join()
    leases.note("a.example", HostTurn(1234.5, 2000.25))
    leases.release("a.example")
    assert leases.take("a.example") == HostTurn(1234.5, 2000.25)
    leases.release("a.example")
