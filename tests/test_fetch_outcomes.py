"""Every outcome of a request, against a server that misbehaves in every way."""

from __future__ import annotations

import gzip
import hashlib
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from httpworld import Answer, Seen, World, bomb, dribble, redirect, reply

from nightdesk.fetch import Fetcher, Limits, Request
from nightdesk.model import OUTCOMES

TEXT = "<html><body><p>The harbour froze overnight.</p></body></html>"
PAGE = reply(TEXT)
GZ = gzip.compress(TEXT.encode() * 40)
LIMITS = Limits(feed_s=3, page_s=3, wire_bytes=200_000, decoded_bytes=400_000)
SHORT = replace(LIMITS, feed_s=0.25, page_s=0.25)


def say(data: bytes) -> Answer:
    """Send these bytes and hang up."""

    def answer(sock: socket.socket, seen: Seen) -> None:
        sock.sendall(data)

    return answer


def reset(sock: socket.socket, seen: Seen) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def gz(body: bytes, coding: str = "gzip") -> bytes:
    return reply(body, headers=[f"Content-Encoding: {coding}"])


def chunks(*parts: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked"
    body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return head + b"\r\n\r\n" + body + end


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
PDF, PNG = b"%PDF-1.7\n1 0 obj", b"\x89PNG\r\n\x1a\n0000"

#: id, what the server says, outcome for a page, outcome for a feed (None: the same)
CASES: list[tuple[str, Answer, str, str | None]] = [
    ("a plain page", PAGE, "ok", None),
    ("a page in gzip", gz(GZ), "ok", None),
    ("gzip in two members with padding", gz(GZ + GZ + bytes(9)), "ok", None),
    ("a page in chunks", chunks(TEXT.encode()), "ok", None),
    ("a page that ends with the connection", say(HEAD + b"\r\n" + b"x"), "ok", None),
    (
        "equal lengths in one",
        say(HEAD + b"Content-Length: 1, 1\r\n\r\nx"),
        "ok",
        None,
    ),
    (
        "a length with many noughts",
        say(HEAD + b"Content-Length: %s1\r\n\r\nx" % (b"0" * 30)),
        "ok",
        None,
    ),
    ("two equal types", reply("x", headers=["Content-Type: text/html"]), "ok", None),
    ("XML", reply("<rss/>", kind="application/rss+xml"), "ok", None),
    ("JSON", reply("{}", kind="application/json"), "wrong_type", "ok"),
    ("bare line ends", say(b"HTTP/1.1 200 OK\nContent-Length: 1\n\nx"), "ok", None),
    ("a reason left out", say(b"HTTP/1.1 200\r\n\r\nx"), "ok", None),
    ("HTTP 1.0", say(b"HTTP/1.0 200 OK\r\n\r\nx"), "ok", None),
    ("a header without a colon", reply("x", headers=["no header"]), "ok", None),
    ("a folded header", reply("x", headers=["Via: a", " b"]), "ok", None),
    ("equal lengths", reply("x", headers=["Content-Length: 1"]), "ok", None),
    ("early hints", say(b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + PAGE), "ok", None),
    (
        "chunks with extensions",
        chunks(b"x", end=b"1;a=b\r\ny\r\n0\r\n\r\n"),
        "ok",
        None,
    ),
    ("chunks with trailers", chunks(b"x", end=b"0\r\nA: b\r\n\r\n"), "ok", None),
    ("no type", say(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"), "ok", None),
    ("cookies by the dozen", reply("x", headers=["Set-Cookie: a=b"] * 90), "ok", None),
    ("a gzip file without a coding", reply(GZ), "wrong_type", "ok"),
    ("not modified", reply(status=304), "not_modified", None),
    ("not modified, with a body", reply(TEXT, 304), "not_modified", None),
    ("401", reply(status=401), "auth", None),
    ("402", reply(status=402), "auth", None),
    ("407", reply(status=407), "auth", None),
    ("403", reply("no", 403), "blocked", None),
    ("451", reply("no", 451), "blocked", None),
    ("999", reply("no", 999), "blocked", None),
    ("a challenge", reply("?", 403, ["cf-mitigated: challenge"]), "blocked", None),
    ("a challenge as 503", reply("?", 503, ["cf-mitigated: x"]), "blocked", None),
    ("404", reply("?", 404), "not_found", None),
    ("410", reply("?", 410), "gone", None),
    ("418", reply("?", 418), "http_error", None),
    ("a part", reply("?", 206), "http_error", None),
    ("500", reply("?", 500), "server_error", None),
    ("503", reply("?", 503), "server_error", None),
    ("204", reply(status=204), "empty_body", None),
    ("200 without a body", reply(), "empty_body", None),
    ("a bomb", gz(bomb()), "too_large", None),
    ("a bomb as a file", reply(bomb()), "wrong_type", "too_large"),
    ("an endless body", dribble(HEAD + b"\r\n", b"x" * 90_000), "too_large", None),
    ("a huge length", reply("x", length=99_999_999_999), "too_large", None),
    ("gzip over gzip", gz(gzip.compress(GZ), "gzip, gzip"), "decode", None),
    ("a coding not asked for", gz(b"x", "br"), "decode", None),
    ("plain text that claims gzip", gz(b"plain"), "decode", None),
    ("garbage after gzip", gz(GZ + b"garbage"), "decode", None),
    ("gzip cut short", gz(GZ[:-20]), "truncated", None),
    ("a length too long", say(reply("x", length=5000)), "truncated", None),
    ("no last chunk", say(chunks(b"x", end=b"")), "truncated", None),
    ("a chunk cut short", say(chunks(b"x", end=b"9\r\nx")), "truncated", None),
    ("a bad chunk size", chunks(b"x", end=b"zz\r\n"), "http_error", None),
    (
        "a reset in the body",
        say(HEAD + b"Content-Length: 9\r\n\r\n"),
        "truncated",
        None,
    ),
    ("two lengths", reply("x", headers=["Content-Length: 9"]), "http_error", None),
    *(
        (
            f"a length of {length}",
            say(HEAD + f"Content-Length: {length}\r\n\r\nx".encode()),
            "http_error",
            None,
        )
        for length in ("-5", "+5", "0x5", "5, 6", "five", "")
    ),
    ("a chunk too long", chunks(b"x", end=b"1\r\nyy\r\n"), "http_error", None),
    ("a chunk below zero", chunks(b"x", end=b"-1\r\n"), "http_error", None),
    ("an endless chunk line", chunks(b"x", end=b"0" * 9_000), "http_error", None),
    (
        "another transfer coding",
        reply("x", headers=["Transfer-Encoding: gzip, chunked"]),
        "http_error",
        None,
    ),
    ("HTTP 2", say(b"HTTP/2 200 OK\r\n\r\nx"), "http_error", None),
    ("half a status line", say(b"HTTP/1.1 20"), "connection", None),
    ("half a header", say(HEAD), "connection", None),
    (
        "endless trailers at once",
        dribble(chunks(b"x", end=b"0\r\n"), b"a: b\r\n" * 40_000),
        "http_error",
        None,
    ),
    ("garbage", say(b"\x00\x01\x02 no HTTP\r\n\r\n"), "http_error", None),
    ("HTTP 0.9", say(b"<html>"), "http_error", None),
    ("a status of six digits", say(b"HTTP/1.1 999999 x\r\n\r\n"), "http_error", None),
    ("endless headers", dribble(HEAD, b"a: b\r\n" * 200), "http_error", None),
    ("an endless header", dribble(HEAD + b"a: ", b"b" * 70_000), "http_error", None),
    ("hangs up at once", say(b""), "connection", None),
    ("resets at once", reset, "connection", None),
    ("a dribbled header", dribble(b"HTTP/1.1 200 OK\r\nx: ", b"x"), "timeout", None),
    ("a dribbled body", dribble(HEAD + b"\r\n", b"x"), "timeout", None),
    ("silence", dribble(b"", b""), "timeout", None),
    ("endless 100", dribble(b"", b"HTTP/1.1 100 Go on\r\n\r\n"), "timeout", None),
    (
        "endless trailers",
        dribble(chunks(b"x", end=b"0\r\n"), b"a: b\r\n"),
        "timeout",
        None,
    ),
    ("a PDF", reply(PDF, kind="application/pdf"), "wrong_type", None),
    ("a PDF that claims to be a page", reply(PDF), "wrong_type", None),
    ("a picture", reply(PNG, kind="image/png"), "wrong_type", None),
    (
        "a picture that claims to be a feed",
        reply(PNG, kind="text/xml"),
        "wrong_type",
        None,
    ),
    ("a redirect", redirect("/plain"), "ok", None),
    ("a redirect by 308", redirect("/plain", 308), "ok", None),
    ("a redirect without a target", reply(status=302), "http_error", None),
    (
        "a redirect to itself",
        redirect("/case", 302, b"", "Set-Cookie: a=1"),
        "redirect_loop",
        None,
    ),
    ("a redirect to a broken address", redirect("http://[::1"), "bad_url", None),
    ("a redirect to a file", redirect("file:///etc/passwd"), "bad_url", None),
    ("a redirect to FTP", redirect("ftp://a.example/"), "bad_url", None),
    ("a redirect with userinfo", redirect("http://a:b@a.example/"), "bad_url", None),
    ("line ends in a target", redirect("/x%0d%0aEvil:%201"), "not_found", None),
    (
        "a redirect whose body is a bomb",
        redirect("/plain", 302, bomb(), "Content-Encoding: gzip"),
        "ok",
        None,
    ),
]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture(scope="module")
def fetcher() -> Iterator[Fetcher]:
    with make_fetcher() as fetcher:
        yield fetcher


@pytest.fixture(scope="module")
def hurried() -> Iterator[Fetcher]:
    with make_fetcher(limits=SHORT) as fetcher:
        yield fetcher


def make_fetcher(**options: Any) -> Fetcher:
    defaults = {
        "user_agent": "nightdesk-test/1.0 (+https://desk.example/)",
        "allowed_networks": ["127.0.0.2/32"],
        "gap_s": 0.0,
        "limits": LIMITS,
    }
    return Fetcher(**(defaults | options))


def list_cases() -> Iterator[Any]:
    for name, answer, page, feed in CASES:
        yield pytest.param(answer, "page", page, id=name)
        if feed is not None:
            yield pytest.param(answer, "feed", feed, id=f"{name} as a feed")


@pytest.mark.parametrize(("answer", "purpose", "expected"), list(list_cases()))
def test_outcome(
    world: World,
    fetcher: Fetcher,
    hurried: Fetcher,
    answer: Answer,
    purpose: Any,
    expected: str,
) -> None:
    world.pages |= {"/case": answer, "/plain": PAGE}
    began = time.monotonic()
    chosen = hurried if expected == "timeout" else fetcher
    done = chosen.fetch(Request(world.url("/case"), purpose))
    attempt = done.attempt
    assert (attempt.outcome, attempt.error is None) == (
        expected,
        expected in ("ok", "not_modified"),
    ), attempt
    assert attempt.outcome in OUTCOMES
    assert time.monotonic() - began < 5
    assert bool(done.body) == (expected == "ok")
    if expected == "ok":
        assert attempt.digest == hashlib.sha256(done.body).hexdigest()
        assert attempt.bytes_decoded == len(done.body)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply(TEXT, 304), id="a 304 with a body"),
        pytest.param(reply(TEXT, length=9), id="a body longer than stated"),
        pytest.param(reply("x", headers=["Connection: close"]), id="a goodbye"),
        pytest.param(reply("?", 500), id="an error that was not read"),
    ],
)
def test_what_is_left_on_a_connection_is_no_answer(
    world: World, fetcher: Fetcher, answer: bytes
) -> None:
    world.pages |= {"/first": answer, "/second": PAGE}
    fetcher.fetch(Request(world.url("/first"), "page"))
    done = fetcher.fetch(Request(world.url("/second"), "page"))
    assert (done.attempt.outcome, done.body) == ("ok", TEXT.encode())
    first, second = world.seen[-2:]
    assert (first.path, second.path) == ("/first", "/second")
    assert first.connection != second.connection


def test_repeated_headers_are_joined(world: World, fetcher: Fetcher) -> None:
    lines = ["Via: a", "VIA:b", "X-Long: one", "\ttwo", 'ETag: "\xfc"']
    world.pages["/case"] = reply("x", headers=lines)
    headers = fetcher.fetch(Request(world.url("/case"), "page")).headers
    found = {name: headers[name] for name in ("via", "x-long", "etag")}
    assert found == {"via": "a, b", "x-long": "one two", "etag": '"\xfc"'}
