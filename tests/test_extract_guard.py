"""A page that kills its process: a row with a reason, and the rest of the night."""

from __future__ import annotations

import ctypes
import gzip
import json
import logging
import re
import time
from pathlib import Path
from typing import Any

import pytest
from engines import connect_to
from test_build import FIRST, NIGHT, NOON, job, land, page, query

from nightdesk.__main__ import main
from nightdesk.cli.attempt import read_page, say_page
from nightdesk.cli.page_rows import extract_rows
from nightdesk.cli.pages import NamedRow, extract_named, read_part
from nightdesk.errors import NightdeskError
from nightdesk.extract import Page, extract_article
from nightdesk.model import Article
from nightdesk.pipeline import (
    Job,
    deduplicate_nights,
    extract_pages,
    load_nights,
    select_pages,
    tag_articles,
)
from nightdesk.pipeline.add_task import add_page
from nightdesk.workers import Limits, WorkerPool

__all__ = ["job"]  # a fixture

pytestmark = pytest.mark.slow

LIMITS = Limits(cpu_s=1, wall_s=60, memory_bytes=400 << 20)  # 290 of them are imports


def die_if_told(body: bytes) -> None:
    """Do to this process what a page says."""
    if b"spins" in body:
        re.match(r"(a+)+$", "a" * 64 + "b")
    elif b"grows" in body:
        held = []
        while True:
            held.append(b"x" * (8 << 20))
            time.sleep(0.02)
    elif b"breaks" in body:
        ctypes.string_at(0)
    elif b"raises" in body:
        raise ValueError("an element without a name")


def extract_or_die(wanted: Page) -> Article:
    """Extract a page as the night does, unless it says what is to happen."""
    die_if_told(wanted.body)
    return extract_article(wanted)


def name_or_die(named: NamedRow) -> dict[str, Any]:
    """Return the row of a named page, unless the page says what is to happen."""
    row, folder = named
    path = Path(folder) / row["page"]
    die_if_told(path.read_bytes() if path.exists() else b"")
    return extract_named(named)


def read_or_die(part: Any) -> Any:
    """Read a page, and compare one with `late` in it, as long as they let us."""
    body = part.body if isinstance(part, Page) else part[0].body
    if isinstance(part, Page) != (b"late" in body):
        die_if_told(body)
    return read_part(part)


def test_pages_that_kill_are_put_in_quarantine_alone(
    job: Job, caplog: pytest.LogCaptureFixture
) -> None:
    for n, word in enumerate(("spins", "grows", "breaks", "raises")):
        land(job, word, NOON, body=page([*FIRST, f"A crew of {n} {word} nets."]))
        land(job, f"good-{n}", NOON, body=page([f"{n}: {line}" for line in FIRST]))
    shards = select_pages(job, NIGHT)
    with WorkerPool(extract_or_die, 2, LIMITS) as pool, caplog.at_level(logging.INFO):
        shards = [extract_pages(job, shard, pool=pool) for shard in shards]
    assert "url=https://alpha.example/spins put in quarantine: over 1 s" in caplog.text
    joined = deduplicate_nights(job, shards)
    shards = [tag_articles(job, shard) for shard in shards]
    load_nights(job, NIGHT, shards, joined, connect_to(job.settings.warehouse))
    found = query(
        job,
        "SELECT regexp_extract(url, '[a-z]+$|good'), bin, reason, count(*) "
        "FROM entry GROUP BY ALL ORDER BY 1",
    )
    assert found == [
        ("breaks", "failed", "killed_crash", 1),
        ("good", "loaded", None, 4),
        ("grows", "failed", "killed_memory", 1),
        ("raises", "failed", "extract_error", 1),
        ("spins", "failed", "killed_cpu", 1),
    ]
    again = [extract_pages(job, shard) for shard in select_pages(job, NIGHT)]
    assert [s["articles"] for s in again] == [s["articles"] for s in shards]


def test_a_long_shard_says_how_far_it_is(
    job: Job, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nightdesk.pipeline.extract_task._SAY_S", 0.0)
    for n in range(3):
        land(job, f"fish-{n}", NOON, body=page([f"{n}: {line}" for line in FIRST]))
    (shard,) = select_pages(job, NIGHT)
    told: list[tuple[int, int]] = []
    with caplog.at_level(logging.INFO):
        extract_pages(job, shard, progress=lambda *at: told.append(at))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert f"extract {NIGHT} 1/1: 3/3" in caplog.text


def test_row_whose_page_kills_says_so_and_the_next_ones_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nightdesk.cli.page_rows.EXTRACT", name_or_die)
    words = ("calm", "spins", "grows", "breaks", "raises", "quiet")
    for word in words:
        text = page([*FIRST, f"A crew of {word} nets."])
        (tmp_path / f"{word}.html").write_bytes(text)
    (tmp_path / "bomb.html.gz").write_bytes(gzip.compress(b" " * (65 << 20)))
    rows: list[dict[str, Any]] = [{"id": w, "page": f"{w}.html"} for w in words]
    rows.insert(1, {"id": "bomb", "page": "bomb.html.gz"})
    found = list(extract_rows(rows, tmp_path, LIMITS))
    assert [(r["id"], r["status"], r.get("reason")) for r in found] == [
        ("calm", "ok", None),
        ("bomb", "bad_row", None),
        ("spins", "failed", "killed_cpu"),
        ("grows", "failed", "killed_memory"),
        ("breaks", "failed", "killed_crash"),
        ("raises", "failed", "extract_error"),
        ("quiet", "ok", None),
    ]
    assert found[1]["error"].endswith("holds more than 64 MiB")
    assert found[2]["error"] == "over 1 s of CPU"
    assert found[5]["error"] == "ValueError: an element without a name"


def test_rows_are_the_same_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(page(FIRST))
    lines = [{"id": n, "page": "a.html"} for n in range(30)]
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("".join(f"{json.dumps(line)}\n" for line in lines) + "oops\n")
    assert main(["extract", "--jsonl", str(source), str(target)]) == 0
    found = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert [row["id"] for row in found] == [*range(30), None]
    assert len({row.get("text") for row in found}) == 2
    assert (found[-1]["status"], found[-1]["line"]) == ("bad_row", 31)


def test_page_that_hangs_is_named_by_who_tries_it(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr("nightdesk.cli.attempt.read_part", read_or_die)
    file = tmp_path / "page.html"
    file.write_bytes(page([*FIRST, "A crew that spins nets."]))
    wanted = read_page(job.settings, str(file))
    with pytest.raises(NightdeskError, match=r"over 1 s of CPU; .* killed_cpu"):
        say_page(job.settings, wanted, LIMITS)
    file.write_bytes(page([*FIRST, "A crew that breaks nets."]))
    assert main(["try", str(file)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("nightdesk: try: https://file.invalid/page.html: ended")


def test_plain_trafilatura_that_hangs_hides_nothing_of_ours(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr("nightdesk.cli.attempt.read_part", read_or_die)
    file = tmp_path / "page.html"
    file.write_bytes(page([*FIRST, "A crew that spins late nets."]))
    assert say_page(job.settings, read_page(job.settings, str(file)), LIMITS)
    out = capsys.readouterr().out
    assert "trafilatura alone: over 1 s of CPU" in out
    assert "A crew that spins late nets." in " ".join(out.split())


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        pytest.param("spins", "killed_cpu", id="one that never ends"),
        pytest.param("grows", "killed_memory", id="one that eats all memory"),
        pytest.param("breaks", "killed_crash", id="one that breaks its process"),
        pytest.param("raises", "extract_error", id="one that an error ends"),
    ],
)
def test_page_added_by_hand_kills_its_process_alone(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, reason: str
) -> None:
    monkeypatch.setattr(
        "nightdesk.pipeline.add_task.open_extractors",
        lambda: WorkerPool(extract_or_die, 1, LIMITS),
    )
    file = tmp_path / "page.html"
    file.write_bytes(page([*FIRST, f"A crew that {word} nets."]))
    added = add_page(job, str(file), url="https://a.example/crew", night=NIGHT)
    assert (added.article.status, added.article.reason) == ("failed", reason)
    assert job.landing.read_capture(added.listing.file, added.listing.offset)
    assert added.night == NIGHT
