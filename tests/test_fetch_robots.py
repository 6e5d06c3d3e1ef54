"""What robots.txt allows: RFC 9309, seen from the server."""

from __future__ import annotations

import base64
import gzip
import json
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from httpworld import Answer, World, dribble, redirect, reply

from nightdesk.fetch import Fetcher, Limits, Request
from nightdesk.fetch.robots import parse_robots
from nightdesk.model import Source

PAGE = reply("<p>The harbour froze overnight.</p>")
LIMITS = Limits(feed_s=0.5, page_s=0.5)


def text(body: str) -> bytes:
    return reply(body, kind="text/plain")


def make_fetcher(**options: Any) -> Fetcher:
    defaults = {
        "user_agent": "nightdesk/1.0 (+https://desk.example/)",
        "allowed_networks": ["127.0.0.2/32"],
        "gap_s": 0.0,
        "limits": LIMITS,
    }
    return Fetcher(**(defaults | options))


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        world.pages["/x"] = PAGE
        yield world


DENY = "User-agent: *\nDisallow: /x\n"


@pytest.mark.parametrize(
    ("robots", "outcome", "error"),
    [
        pytest.param(text(DENY), "robots", "disallowed", id="a rule denies"),
        pytest.param(text("User-agent: *\nAllow: /\n"), "ok", None, id="a rule allows"),
        pytest.param(
            text(f"{DENY}User-agent: NightDesk/2\nAllow: /\n"),
            "ok",
            None,
            id="our own group wins",
        ),
        pytest.param(
            text("User-agent: night\nDisallow: /\n"), "ok", None, id="a name like ours"
        ),
        pytest.param(
            text("User-agent: a\nCrawl-delay: 1\nUser-agent: nightdesk\nDisallow: /x"),
            "robots",
            "disallowed",
            id="a delay inside a group",
        ),
        pytest.param(text(""), "ok", None, id="an empty file allows"),
        pytest.param(reply("no", 403), "ok", None, id="403 allows"),
        pytest.param(reply("no", 404), "ok", None, id="404 allows"),
        pytest.param(reply("no", 500), "robots", "HTTP 500", id="500 denies"),
        pytest.param(
            b"SSH-2.0-x\r\n\r\n", "robots", "status line", id="no HTTP denies"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "robots",
            "chunk",
            id="a broken frame denies",
        ),
        pytest.param(reply("no", 418), "ok", None, id="any 4xx allows"),
        pytest.param(reply("no", 503), "robots", "HTTP 503", id="503 denies"),
        pytest.param(reply("no", 429), "rate_limited", "HTTP 429", id="429 waits"),
        pytest.param(redirect("/rules"), "robots", "disallowed", id="a redirect"),
        pytest.param(redirect("/robots.txt"), "ok", None, id="a redirect loop allows"),
        pytest.param(
            text("User-agent: *\nCrawl-delay: 121\n"),
            "robots",
            "121 s is too long",
            id="a crawl-delay too long",
        ),
        pytest.param(
            text("#" * 524_288 + f"\n{DENY}"), "ok", None, id="what is past 512 KiB"
        ),
        pytest.param(
            dribble(b"HTTP/1.1 200 OK\r\n\r\n", b"#"),
            "timeout",
            "robots.txt: ",
            id="a dribbled file denies",
        ),
    ],
)
def test_robots_decide(
    world: World, robots: Answer, outcome: str, error: str | None
) -> None:
    world.pages |= {"/robots.txt": robots, "/rules": text(DENY)}
    with make_fetcher() as fetcher:
        attempt = fetcher.fetch(Request(world.url("/x"), "page")).attempt
        logged = [row.purpose for row in fetcher.drain_attempts()]
    assert attempt.outcome == outcome, attempt
    assert (error or "") in (attempt.error or "")
    assert world.paths().count("/x") == (outcome == "ok")
    assert logged == ["robots", "page"]


def test_robots_are_asked_once_per_host(world: World) -> None:
    with make_fetcher() as fetcher:
        for path in ("/x", "/y", "/x"):
            fetcher.fetch(Request(world.url(path), "page"))
    assert world.paths(robots=True) == ["/robots.txt", "/x", "/y", "/x"]


def test_robots_are_asked_on_a_new_host(world: World) -> None:
    with World("127.0.0.3") as other:
        # One port for both, since only the first address's own port is open.
        mirrors = {"http://b.example/": other.url("/")}
        other.pages |= {"/robots.txt": text(DENY), "/x": PAGE}
        world.pages["/go"] = redirect("http://b.example/x")
        with make_fetcher(mirrors=mirrors) as fetcher:
            attempt = fetcher.fetch(Request(world.url("/go"), "page")).attempt
    assert (attempt.outcome, attempt.final_url) == ("robots", "http://b.example/x")
    assert other.paths(robots=True) == ["/robots.txt"]


@pytest.mark.parametrize(
    ("purpose", "outcome"), [("feed", "ok"), ("page", "robots")], ids=["feed", "page"]
)
def test_an_invited_feed_may_ignore_robots(
    world: World, purpose: Any, outcome: str
) -> None:
    world.pages["/robots.txt"] = text(DENY)
    source = Source("a", "A", "rss", world.url(), robots="ignore_feed", gap_s=0.0)
    with make_fetcher() as fetcher:
        done = fetcher.fetch(Request(world.url("/x"), purpose, source))
    assert done.attempt.outcome == outcome


def test_a_crawl_delay_is_obeyed(world: World) -> None:
    world.pages["/robots.txt"] = text("User-agent: *\nCrawl-delay: 0.2\n")
    requests = [Request(world.url("/x"), "page") for _ in range(3)]
    with make_fetcher() as fetcher:
        outcomes = [done.attempt.outcome for _, done in fetcher.fetch_all(requests)]
    assert outcomes == ["ok"] * 3
    starts = [seen.at for seen in world.seen]
    assert len(starts) == 4
    gaps = [b - a for a, b in pairwise(starts)]
    assert min(gaps) >= 0.2


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        pytest.param("Unknown: x\nUser-agent: b\nDisallow: /", "/x", False, id="group"),
        pytest.param("Disallow: /\nAllow: /a/index.html", "/a/", True, id="index"),
        pytest.param("Disallow: /a/%E3%83%84", "/a/\u30c4", False, id="escaped"),
        pytest.param("Disallow: /x$", "/xy", True, id="the end"),
        pytest.param("Disallow: /*.pdf", "/a/b.pdf?c", False, id="a star"),
        pytest.param(
            f"Disallow: /{'a' * 16_652}b", f"/{'a' * 16_652}c", False, id="cut"
        ),
        pytest.param("Disallow: /x\nAllow: /x", "/x", True, id="a tie allows"),
    ],
)
def test_rules_are_read_as_google_reads_them(
    rules: str, path: str, allowed: bool
) -> None:
    robots = parse_robots(f"User-agent: nightdesk\n{rules}\n", "nightdesk/1")
    assert robots.allows(f"https://a.example{path}") is allowed


def read_cases() -> Iterator[Any]:
    """Yield the rows of data/robots.tsv: what RFC 9309 leaves to be got wrong."""
    lines = (Path(__file__).parent / "data" / "robots.tsv").read_text("utf-8")
    for line in lines.splitlines()[1:]:
        name, allowed, path, agent, robots = line.split("\t")
        text = json.loads(f'"{robots}"')
        yield pytest.param(text, agent, path, allowed == "yes", id=name)


@pytest.mark.parametrize(("robots", "agent", "path", "is_allowed"), list(read_cases()))
def test_files_are_read_by_the_rfc(
    robots: str, agent: str, path: str, is_allowed: bool
) -> None:
    rules = parse_robots(robots, agent)
    assert rules.allows(f"https://a.example{path}") is is_allowed


def test_all_robots_of_a_way_share_its_deadline(world: World) -> None:
    hosts = [f"{letter}.example" for letter in "abcdef"]
    for host, after in pairwise(hosts):
        slow = dribble(b"HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n", b"#", for_s=0.3)
        world.pages[f"/{host}/robots.txt"] = slow
        world.pages[f"/{host}/x"] = redirect(f"http://{after}/x")
    mirrors = {f"http://{host}/": world.url(f"/{host}/") for host in hosts}
    began = time.monotonic()
    with make_fetcher(mirrors=mirrors) as fetcher:
        done = fetcher.fetch(Request("http://a.example/x", "page"))
    assert done.attempt.outcome == "timeout"
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            "user-agent: *\n" * 18_000 + "crawl-delay: 1\n" * 18_000, id="delays"
        ),
        pytest.param("user-agent: a\n" * 37_000, id="agents"),
        pytest.param("user-agent: *\n" + "disallow: /a*b$\n" * 30_000, id="rules"),
    ],
)
def test_the_longest_files_take_no_time(lines: str) -> None:
    began = time.process_time()
    assert parse_robots(lines, "nightdesk/1").allows("https://a.example/")
    assert time.process_time() - began < 3


def test_stars_by_the_dozen_take_no_time() -> None:
    rules = parse_robots(f"User-agent: *\nDisallow: /{'*a' * 40}b", "nightdesk")
    assert rules.allows(f"https://a.example/{'a' * 2_000}")  # or it never ends


@pytest.mark.shared
def test_published_cases_are_decided_right(shared: Path) -> None:
    path = shared / "data" / "feeds" / "robots_cases.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        cases = [row for line in lines if "test" in (row := json.loads(line))]
    wrong = [
        case
        for case in cases
        if parse_robots(case["robots"], case["agent"]).allows(case["url"])
        is not case["allowed"]
    ]
    assert len(cases) == 39
    assert wrong == []


@pytest.mark.shared
def test_real_files_are_read_in_no_time(shared: Path) -> None:
    path = shared / "data" / "feeds" / "robots_cases.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        files = [row for line in lines if "host" in (row := json.loads(line))]
    assert len(files) == 299
    for row in files:
        body = base64.b64decode(row["body_b64"]).decode("utf-8", "replace")
        began = time.process_time()
        parse_robots(body, "nightdesk").allows(f"https://{row['host']}/news/x.html")
        assert time.process_time() - began < 0.5
