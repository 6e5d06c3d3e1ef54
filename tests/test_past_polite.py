"""Archives that refuse, wait or break off: each is named, and none is pressed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from httpworld import Answer, World, reply
from nightworld import NIGHT, Desk, write_feed, write_item

from nightdesk.fetch import answered
from nightdesk.model import Coverage, Listing
from nightdesk.nights import merge_coverage, merge_listings
from nightdesk.past.cdx import ask_captures

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


def test_a_cap_says_how_many_requests_are_left(desk: Desk) -> None:
    (desk.folder / "config" / "past.yaml").write_text(
        f"past: {{wayback: {{enabled: true, most_requests: 1, base: 'https://{CDX}'}}}}\n"
    )
    rows = '["20260310120000", "https://alpha.example/feed", "", "200", "A"]'
    answer = reply(b"[%s, %s]" % (INDEX, rows.encode()))
    look = answer_index(desk, answer)
    assert look.reason == "cost_cap: 1 of 1 requests: 1 of 1 requests left"


INDEX = b'["timestamp","original","mimetype","statuscode","digest"]'
GONE = "https://alpha.example/gone"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(reply(b"[]"), "no capture", id="none"),
        pytest.param(reply(b"", 404), "no capture", id="an address without captures"),
        pytest.param(reply(b"", 503), "server_error", id="broken"),
        pytest.param(
            reply(b"<html>busy</html>"), "no index: not_json", id="a page instead"
        ),
        pytest.param(
            reply(b'[%s, ["then", "https://alpha.example/gone", "", "200", ""], ["1"]]'
                  % INDEX),
            "no capture: bad_timestamp=1 short_row=1", id="rows that cannot be read",
        ),
    ],
)  # fmt: skip
def test_a_page_that_is_gone_keeps_what_the_index_said(
    desk: Desk, answer: bytes, why: str
) -> None:
    desk.options = {"past_url": '"https://alpha.example/{yyyy}-{mm}-{dd}.xml"'}
    sitemap = f"<urlset><url><loc>{GONE}</loc></url></urlset>"
    desk.serve(f"/{NIGHT}.xml", reply(sitemap, kind="application/xml"))
    since = datetime.combine(NIGHT, time(), UTC) - timedelta(days=1)
    asked = ask_captures("", GONE, since, desk.moment + timedelta(minutes=1))
    desk.serve(asked, answer, host=CDX)
    desk.collect(NIGHT)
    rows = desk.landing.read_folder(f"entries/night={NIGHT}", Listing)
    (row,) = merge_listings(rows, answered).values()
    assert (row.url, row.outcome) == (GONE, "not_found")
    assert row.reason == f"HTTP 404; wayback: {why}"
