"""Run files: what is written is read again, whole, and damage is named."""

from __future__ import annotations

import multiprocessing
import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator

from nightdesk.errors import ArchiveError, LandingError
from nightdesk.landing import HostLeases, Landing
from nightdesk.landing.rows import decode_rows, encode_rows
from nightdesk.model import Article, Capture, DateCandidate, KnownUrl, Repeat, Tags

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


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    landing = Landing(str(tmp_path))
    name = landing.write_rows("articles/night=2026-03-01", "x", [ARTICLE], Article)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-20])
    with pytest.raises(LandingError, match=r"x\.parquet is damaged"):
        landing.read_rows([name], Article)


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


def test_captures_are_read_at_random(tmp_path: Path) -> None:
    landing = Landing(str(tmp_path))
    archive = landing.open_archive(date(2026, 3, 2), "run")
    bodies = [f"<p>{'page ' * n}{n}</p>".encode() for n in range(50)]
    for n, body in enumerate(bodies):
        url = f"https://a.example/{n}"
        archive.add(
            Capture(url, url, NOW, f"{n:064}", "", 0, "text/html", "a"),
            {"content-type": "text/html", "content-encoding": "gzip"},
            body,
        )
    placed = archive.close()
    for n in (49, 0, 23):
        assert landing.read_capture(placed[n].file, placed[n].offset) == bodies[n]
    with (tmp_path / placed[0].file).open("rb") as stream:  # any WARC reader can
        records = [r.headers["WARC-Target-URI"] for r in ArchiveIterator(stream)]
    assert len(records) == 50


def test_a_flipped_byte_in_the_archive_is_found(tmp_path: Path) -> None:
    landing = Landing(str(tmp_path))
    archive = landing.open_archive(date(2026, 3, 2), "run")
    url = "https://a.example/1"
    archive.add(Capture(url, url, NOW, "0" * 64, "", 0), {}, os.urandom(2000))
    (placed,) = archive.close()
    path = tmp_path / placed.file
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    path.write_bytes(raw)
    with pytest.raises(ArchiveError):
        landing.read_capture(placed.file, placed.offset)


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


def test_a_host_is_leased_once_and_remembers_its_last_start(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    leases = HostLeases(tmp_path)
    assert leases.take("a.example") == 0.0
    other = context.Process(target=_try_lease, args=(tmp_path, answers))
    other.start()
    assert answers.get(timeout=30) is None
    other.join()
    leases.release("a.example", 1234.5)
    assert leases.take("a.example") == 1234.5
    leases.release("a.example", 1300.0)
