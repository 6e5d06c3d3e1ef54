"""A page that kills its process: a row with a reason, and the rest of the night."""

from __future__ import annotations

import ctypes
import logging
import re
import time

import pytest
from test_build import FIRST, NIGHT, NOON, job, land, page, query

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
from nightdesk.warehouse.connect import connect_to
from nightdesk.workers import Limits, WorkerPool

__all__ = ["job"]  # a fixture

pytestmark = pytest.mark.slow

LIMITS = Limits(cpu_s=1, wall_s=60, memory_bytes=250 << 20)


def extract_or_die(wanted: Page) -> Article:
    """Extract a page as the night does, unless it says what is to happen."""
    if b"spins" in wanted.body:
        re.match(r"(a+)+$", "a" * 64 + "b")
    elif b"grows" in wanted.body:
        held = []
        while True:
            held.append(b"x" * (8 << 20))
            time.sleep(0.02)
    elif b"breaks" in wanted.body:
        ctypes.string_at(0)
    elif b"raises" in wanted.body:
        raise ValueError("an element without a name")
    return extract_article(wanted)


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
