"""Files of archives, whole or in parts: what is asked for, and what is taken."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from httpworld import Answer, World, redirect, reply

from nightdesk.fetch import Fetched, Fetcher, Limits, Request

DATA = gzip.compress(b"not a page") + bytes(range(200))


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


def fetch(world: World, answer: Answer, **options: object) -> Fetched:
    world.pages["/file"] = answer
    with Fetcher(
        user_agent="nightdesk/1 (+https://desk.example)",
        allowed_networks=["127.0.0.0/8"],
        gap_s=0,
        limits=Limits(file_bytes=1000),
    ) as fetcher:
        return fetcher.fetch(Request(world.url("/file"), "file", **options))


def part(data: bytes, where: str, *more: str, status: int = 206) -> bytes:
    return reply(data, status, [f"Content-Range: {where}", *more])


def test_a_file_comes_as_it_lies_there(world: World) -> None:
    done = fetch(world, reply(DATA, kind="application/gzip"))
    assert (done.attempt.outcome, done.body) == ("ok", DATA)
    (seen,) = world.seen  # and nobody was asked for a robots.txt
    assert seen.headers["accept-encoding"] == "identity"
    assert "range" not in seen.headers


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(part(DATA[10:20], "bytes 10-19/210"), "ok", id="the part"),
        pytest.param(part(DATA[10:15], "bytes 10-14/15"), "ok", id="a file's end"),
        pytest.param(part(DATA[10:20], "bytes 10-19/*"), "ok", id="of unknown size"),
        pytest.param(reply(DATA), "http_error", id="a server that sends all of it"),
        pytest.param(
            part(DATA[:10], "bytes 0-9/210"), "http_error", id="another part"
        ),
        pytest.param(part(DATA, "lines 1-2"), "http_error", id="no range of bytes"),
        pytest.param(
            part(DATA[10:20], "bytes 10-19/210", "Content-Encoding: gzip"), "decode",
            id="a part of a coded file",
        ),
        pytest.param(reply(b"", 416), "http_error", id="behind the end"),
        pytest.param(reply(b"", 404), "not_found", id="no such file"),
        pytest.param(
            reply(b"", 429, ["Retry-After: 90"]), "rate_limited", id="not now"
        ),
    ],
)  # fmt: skip
def test_a_part_is_the_one_that_was_asked_for(
    world: World, answer: bytes, outcome: str
) -> None:
    done = fetch(world, answer, span=(10, 20))
    assert done.attempt.outcome == outcome
    assert world.seen[-1].headers["range"] == "bytes=10-19"
    assert (done.body != b"") == (outcome == "ok")


def test_a_part_is_asked_for_again_where_a_redirect_leads(world: World) -> None:
    world.pages["/there"] = part(DATA[10:20], "bytes 10-19/210")
    done = fetch(world, redirect(world.url("/there")), span=(10, 20))
    assert done.body == DATA[10:20]
    assert [seen.headers["range"] for seen in world.seen] == ["bytes=10-19"] * 2


def test_a_file_has_a_limit_of_its_own(world: World) -> None:
    assert fetch(world, reply(bytes(1001))).attempt.outcome == "too_large"
    assert fetch(world, reply(bytes(1000))).attempt.outcome == "ok"
