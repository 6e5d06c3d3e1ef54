"""What a request sends, what comes back, and what is written down of it."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from httpworld import Seen, World, bomb, redirect, reply

from nightdesk.fetch import (
    RETRYABLE,
    Fetched,
    Fetcher,
    Limits,
    Request,
    answered,
    fetch_row,
    fetch_rows,
)
from nightdesk.model import OUTCOMES, Source

TEXT = "<html><body><p>The harbour froze overnight.</p></body></html>"
PAGE = reply(TEXT)
LIMITS = Limits(feed_s=3, page_s=3, wire_bytes=200_000, decoded_bytes=400_000)
LATER = format_datetime(datetime.now(UTC) + timedelta(days=20_000), usegmt=True)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture(scope="module")
def fetcher() -> Iterator[Fetcher]:
    with make_fetcher() as fetcher:
        yield fetcher


def make_fetcher(**options: Any) -> Fetcher:
    defaults = {
        "user_agent": "nightdesk-test/1.0 (+https://desk.example/)",
        "allowed_networks": ["127.0.0.2/32"],
        "gap_s": 0.0,
        "limits": LIMITS,
    }
    return Fetcher(**(defaults | options))


def test_bombs_take_no_memory(world: World, fetcher: Fetcher) -> None:
    big = bomb(128)
    world.pages["/bomb"] = redirect("/ok", 302, big, "Content-Encoding: gzip")
    world.pages["/ok"] = PAGE
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert fetcher.fetch(Request(world.url("/bomb"), "page")).body == TEXT.encode()
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mb < 30


@pytest.mark.parametrize(
    ("url", "why"),
    [
        pytest.param("ftp://a.example/", "scheme", id="another scheme"),
        pytest.param("file:///etc/passwd", "scheme", id="a file"),
        pytest.param("", "scheme", id="nothing"),
        pytest.param("/path", "scheme", id="a path"),
        pytest.param("http://", "host", id="no host"),
        pytest.param("http://me:secret@a.example/", "userinfo", id="userinfo"),
        pytest.param("http://a.example\\@b.example/", "backslash", id="a backslash"),
        pytest.param("http://a.example/\r\nX: 1", "control", id="line ends"),
        pytest.param("http://[::1/", "IPv6", id="an open bracket"),
        pytest.param("http://[fe80::1%25eth0]/", "host", id="a zone"),
        pytest.param("http://a.example:99999/", "ort", id="a port out of range"),
        pytest.param("http://a.example:0/", "port 0", id="port nought"),
        pytest.param(f"http://{'a' * 64}.example/", "host", id="a label too long"),
        pytest.param("http://\U0001f600.example/", "host", id="an emoji"),
        pytest.param("http://a..example/", "host", id="an empty label"),
        pytest.param(f"http://a.example/{'a' * 9000}", "9", id="far too long"),
        pytest.param("http://a.example/\ud800", "surrogate", id="half a character"),
    ],
)
def test_bad_addresses_are_refused(fetcher: Fetcher, url: str, why: str) -> None:
    attempt = fetcher.fetch(Request(url, "page")).attempt
    assert attempt.outcome == "bad_url"
    assert why in (attempt.error or "")
    assert "secret" not in f"{attempt}"


def test_names_are_sent_in_ascii(world: World) -> None:
    asked: list[str] = []

    def resolve(host: str) -> list[str]:
        asked.append(host)
        return [world.address]

    world.pages["/a%20b?q=%C3%BC"] = PAGE
    with make_fetcher(resolver=resolve) as fetcher:
        url = f"http://Bücher.example:{world.port}/a b?q=ü#top"
        done = fetcher.fetch(Request(url, "page"))
    assert done.attempt.outcome == "ok"
    assert set(asked) == {"xn--bcher-kva.example"}
    assert world.seen[-1].headers["host"] == f"xn--bcher-kva.example:{world.port}"


def test_redirects_are_followed_five_times_and_told(world: World) -> None:
    hops = {f"/hop{n}": redirect(f"/hop{n + 1}", 301) for n in range(7)}
    world.pages |= hops | {"/hop7": PAGE}
    with make_fetcher() as fetcher:
        done = fetcher.fetch(Request(world.url("/hop2"), "page"))
        lost = fetcher.fetch(Request(world.url("/hop0"), "page"))
    assert done.attempt.final_url == world.url("/hop7")
    assert done.attempt.url == world.url("/hop2")
    expected = tuple(f"301 {world.url(f'/hop{n}')}" for n in range(3, 8))
    assert done.attempt.redirects == expected
    assert lost.attempt.outcome == "redirect_loop"


def test_validators_are_both_sent_and_answered(world: World, fetcher: Fetcher) -> None:
    world.pages["/feed"] = reply(status=304, headers=['ETag: "b"'])
    request = Request(
        world.url("/feed"), "feed", etag='W/"a"', last_modified="Tue, 01 Apr 2031"
    )
    done = fetcher.fetch(request)
    sent = world.seen[-1].headers
    assert sent["if-none-match"] == 'W/"a"'
    assert sent["if-modified-since"] == "Tue, 01 Apr 2031"
    assert (done.attempt.outcome, done.attempt.status) == ("not_modified", 304)
    assert done.headers["etag"] == '"b"'


@pytest.mark.parametrize("etag", ['"a"\r\nX-Evil: 1', '"\u2603"', '"\x7f"'])
def test_broken_validators_stay_at_home(
    world: World, fetcher: Fetcher, etag: str
) -> None:
    world.pages["/feed"] = reply("<rss/>", kind="text/xml")
    done = fetcher.fetch(Request(world.url("/feed"), "feed", etag=etag))
    assert done.attempt.outcome == "ok"
    assert not {"if-none-match", "x-evil"} & set(world.seen[-1].headers)


@pytest.mark.parametrize(
    ("status", "retry_after", "outcome", "wait_s"),
    [
        pytest.param(429, "7200", "rate_limited", 7200, id="429 with seconds"),
        pytest.param(429, LATER, "rate_limited", 86_400, id="429 with a far date"),
        pytest.param(429, "soon", "rate_limited", None, id="429 with a word"),
        pytest.param(
            429,
            f"Mon, 01 Jan 2030 00:00:00 +{'9' * 20}",
            "rate_limited",
            None,
            id="429 with a zone out of this world",
        ),
        pytest.param(503, "99999999", "rate_limited", 86_400, id="503 with seconds"),
    ],
)
def test_retry_after_is_kept_and_not_slept(
    world: World,
    status: int,
    retry_after: str,
    outcome: str,
    wait_s: int | None,
) -> None:
    world.pages["/busy"] = reply("?", status, [f"Retry-After: {retry_after}"])
    world.pages["/plain"] = PAGE
    began = time.monotonic()
    with make_fetcher() as fetcher:
        attempt = fetcher.fetch(Request(world.url("/busy"), "feed")).attempt
        other = fetcher.fetch(Request(world.url("/plain"), "page")).attempt
    assert (attempt.outcome, attempt.retry_after_s) == (outcome, wait_s)
    assert time.monotonic() - began < 5
    # No call of the host before its time, for whatever page.
    assert (other.outcome, other.retry_after_s or 0) == (
        ("rate_limited", wait_s) if wait_s else ("ok", 0)
    )


def test_cookies_and_proxies_are_not_used(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    world.pages["/jar"] = reply(TEXT, headers=["Set-Cookie: a=1; Path=/"])
    with make_fetcher() as fetcher:
        for _ in range(2):
            done = fetcher.fetch(Request(world.url("/jar"), "page"))
            assert done.attempt.outcome == "ok"
    assert "cookie" not in world.seen[-1].headers
    assert world.seen[-1].headers["accept-encoding"] == "gzip"
    assert world.seen[-1].headers["user-agent"].startswith("nightdesk-test/")


def test_connections_are_kept_and_stale_ones_replaced(world: World) -> None:
    def hang_up(sock: socket.socket, seen: Seen) -> None:
        sock.sendall(PAGE)  # promises to stay, and goes

    world.pages |= {"/kept": PAGE, "/stale": hang_up}
    with make_fetcher() as fetcher:
        outcomes = []
        for path in ("/kept", "/kept", "/stale", "/kept"):
            done = fetcher.fetch(Request(world.url(path), "page"))
            outcomes.append(done.attempt.outcome)
    assert outcomes == ["ok"] * 4
    first, second, third, fourth = [seen.connection for seen in world.seen[-4:]]
    assert first == second == third != fourth


MIRROR = "http://127.0.0.3:{port}/https/"


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("/new", id="by a path of the original"),
        pytest.param("new", id="by a relative path"),
        pytest.param("https://harbour.example/new", id="by the original address"),
        pytest.param("/https/harbour.example/new", id="by a path of the mirror"),
        pytest.param(MIRROR + "harbour.example/new", id="by the mirror's address"),
    ],
)
def test_mirrors_stand_in_and_are_never_seen(location: str) -> None:
    with World("127.0.0.3") as world:
        there = location.format(port=world.port)
        world.pages |= {
            "/https/harbour.example/old": redirect(there, 301),
            "/https/harbour.example/new": PAGE,
        }
        mirrors = {
            "https://": MIRROR.format(port=world.port),
            "https://elsewhere.example/": "http://127.0.0.1:9/",
        }
        with make_fetcher(mirrors=mirrors) as fetcher:
            done = fetcher.fetch(Request("https://harbour.example/old", "page"))
    assert done.attempt.outcome == "ok"
    assert done.attempt.url == "https://harbour.example/old"
    assert done.attempt.final_url == "https://harbour.example/new"
    assert done.attempt.redirects == ("301 https://harbour.example/new",)
    assert world.seen[-1].headers["host"] == f"127.0.0.3:{world.port}"


def test_the_longest_mirror_wins() -> None:
    with World("127.0.0.3") as world:
        world.pages["/near/x"] = PAGE
        mirrors = {
            "https://": "http://127.0.0.1:9/",
            "https://harbour.example/": f"http://127.0.0.3:{world.port}/near/",
        }
        with make_fetcher(mirrors=mirrors) as fetcher:
            done = fetcher.fetch(Request("https://harbour.example/x", "page"))
    assert done.attempt.outcome == "ok"


def test_every_attempt_is_drained_once(world: World) -> None:
    world.pages["/plain"] = PAGE
    source = Source("harbour", "Harbour", "rss", world.url("/plain"), gap_s=0.0)
    with make_fetcher() as fetcher:
        fetcher.fetch(Request(world.url("/plain?token=abc"), "feed", source))
        fetcher.fetch(Request("gopher://a.example/?token=abc", "feed", source))
        attempts = fetcher.drain_attempts()
        assert fetcher.drain_attempts() == []
    found = [(a.purpose, a.outcome, a.source_id) for a in attempts]
    assert found == [
        ("robots", "not_found", "harbour"),
        ("feed", "not_found", "harbour"),
        ("feed", "bad_url", "harbour"),
    ]
    assert all(a.started_at and a.started_at.tzinfo for a in attempts)


def test_secrets_do_not_reach_the_error(world: World, fetcher: Fetcher) -> None:
    path = "/loop?api_key=s3cret&page=2"
    world.pages[path] = redirect(path)
    attempt = fetcher.fetch(Request(world.url(path), "page")).attempt
    assert attempt.outcome == "redirect_loop"
    assert attempt.error is not None
    assert "s3cret" not in attempt.error
    assert "api_key=***&page=2" in attempt.error


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        pytest.param({"id": 1, "url": "{world}/plain"}, "ok", id="a page"),
        pytest.param({"id": "a", "url": "nonsense"}, "bad_url", id="no address"),
        pytest.param({"id": "a"}, "bad_url", id="a row without an address"),
        pytest.param({"id": "a", "url": 7}, "bad_url", id="a number"),
    ],
)
def test_rows_get_an_outcome_each(
    world: World, fetcher: Fetcher, row: dict[str, Any], outcome: str
) -> None:
    world.pages["/plain"] = PAGE
    if isinstance(row.get("url"), str):
        row = row | {"url": row["url"].replace("{world}", world.url(""))}
    out = fetch_row(fetcher, row)
    assert (out["id"], out["outcome"]) == (row.get("id"), outcome)
    assert list(out) == [
        "id",
        "outcome",
        "status",
        "final_url",
        "bytes_wire",
        "bytes_decoded",
        "ms",
        "error",
    ]
    if outcome == "ok":
        assert (out["status"], out["bytes_decoded"]) == (200, len(TEXT))
    (same,) = fetch_rows(fetcher, [row])
    assert same | {"ms": 0} == out | {"ms": 0}


def test_rows_go_side_by_side_and_keep_their_ids(world: World) -> None:
    world.pages["/plain"] = PAGE
    urls = [world.url("/plain"), world.url("/none"), None, world.url("/plain")]
    rows = [{"id": n, "url": url} for n, url in enumerate(urls)]
    with make_fetcher() as fetcher:
        outcomes = {out["id"]: out["outcome"] for out in fetch_rows(fetcher, rows)}
    assert outcomes == {0: "ok", 1: "not_found", 2: "bad_url", 3: "ok"}


def test_outcomes_are_ranked() -> None:
    assert set(OUTCOMES) >= RETRYABLE
    assert not RETRYABLE & {"ok", "not_modified", "not_found", "gone", "robots"}
    assert [answered(outcome) for outcome in ("server_error", "ok", "not_found")] == [
        2,
        2,
        2,
    ]
    assert [answered(outcome) for outcome in ("truncated", "timeout")] == [1, 1]
    assert [answered(outcome) for outcome in ("tls", "dns", "connection")] == [0, 0, 0]


def test_a_fetch_result_has_no_body_unless_ok() -> None:
    with make_fetcher() as fetcher:
        done: Fetched = fetcher.fetch(Request("http://127.0.0.2:1/", "page"))
    assert (done.attempt.outcome, done.body, done.headers) == ("connection", b"", {})
