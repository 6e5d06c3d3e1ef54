"""Archives that refuse, wait or break off: each is named, and none is pressed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from httpworld import Answer, World, reply
from nightworld import NIGHT, Desk, write_feed, write_item

from nightdesk.model import Coverage
from nightdesk.nights import merge_coverage

CDX = "web.archive.org"
LATER = timedelta(days=20)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with World() as world:
        desk = Desk(tmp_path, world, hosts=("alpha.example", CDX))
        desk.moment += LATER
        desk.serve("/feed", write_feed(write_item("Now", "https://alpha.example/now",
                                                  desk.moment)))  # fmt: skip
        (tmp_path / "config").mkdir()
        (tmp_path / "config" / "past.yaml").write_text(
            f"past: {{wayback: {{enabled: true, gap_s: 0, base: 'https://{CDX}'}}}}\n"
        )
        yield desk


def answer_index(desk: Desk, answer: Answer, night: date = NIGHT) -> Coverage:
    """Answer every request for the index so, and collect the night."""
    pages = desk.world.pages
    since, until = f"{night:%Y%m%d}000000", f"{night + timedelta(days=3):%Y%m%d}000000"
    query = (
        "url=https%3A%2F%2Falpha.example%2Ffeed"
        f"&from={since}&to={until}&output=json"
        "&fl=timestamp%2Coriginal%2Cmimetype%2Cstatuscode%2Cdigest&limit=1000"
    )
    pages[f"/{CDX}/cdx/search/cdx?{query}"] = answer
    desk.collect(night)
    rows = desk.landing.read_folder(f"coverage/night={night}", Coverage)
    return merge_coverage(rows, lambda _: 2)["alpha"]


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        pytest.param(reply(b"[]"), "no_coverage", "no capture of its feed", id="none"),
        pytest.param(
            reply(b"<html>busy</html>"), "failed", "no index: not_json",
            id="a page instead",
        ),
        pytest.param(reply(b"", 503), "failed", "server_error", id="broken"),
        pytest.param(
            reply(b"", 429, ["Retry-After: 600"]), "failed", "rate_limited",
            id="asks to wait",
        ),
    ],
)  # fmt: skip
def test_what_an_index_says_instead(
    desk: Desk, answer: bytes, status: str, reason: str
) -> None:
    look = answer_index(desk, answer)
    assert (look.status, look.reason) == (status, reason)


def test_an_archive_that_asks_to_wait_is_left_alone_until_then(desk: Desk) -> None:
    busy = reply(b"", 429, ["Retry-After: 600"])
    answer_index(desk, busy)
    n_asked = sum(CDX in path for path in desk.world.paths())
    look = answer_index(desk, busy, NIGHT - timedelta(days=1))
    assert (look.status, look.reason) == ("failed", "rate_limited")
    assert sum(CDX in path for path in desk.world.paths()) == n_asked == 1
    desk.moment += timedelta(minutes=11)
    answer_index(desk, reply(b"[]"), NIGHT - timedelta(days=2))
    assert sum(CDX in path for path in desk.world.paths()) == 2
