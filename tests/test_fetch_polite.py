"""Manners, asserted from the server's own log: pace, robots.txt, waits, secrets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from httpworld import World, dribble, redirect, reply

from nightdesk.fetch import Fetcher, Limits, Request
from nightdesk.model import Source

PAGE = reply("<p>The harbour froze overnight.</p>")
N_HOSTS = 100
WAIT_S = 1


def make_fetcher(**options: Any) -> Fetcher:
    defaults = {
        "user_agent": "nightdesk/1.0 (+https://desk.example/)",
        "allowed_networks": ["127.0.0.2/32"],
        "gap_s": 0.0,
        "limits": Limits(feed_s=5, page_s=5),
    }
    return Fetcher(**(defaults | options))


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


def mirror(world: World) -> dict[str, str]:
    """All http hosts, played by one server: the first part of a path is the host."""
    return {"http://": world.url("/")}


def gap_of(host: int) -> float:
    return 0.1 + 0.05 * (host % 3)


def delay_of(host: int) -> float:
    """The crawl-delay of some hosts."""
    return 0.3 if host % 7 == 0 else 0.0


def name_of(host: int) -> str:
    """Two hosts each belong to one owner."""
    return f"{'www' if host % 2 else 'feeds'}.paper{host // 2}.example"


def set_scene(world: World) -> list[Request]:
    """100 hosts with rules, delays and, on every tenth, a call to wait."""
    requests = []
    for host in range(N_HOSTS):
        name = name_of(host)
        rules = f"User-agent: *\nDisallow: /private\nCrawl-delay: {delay_of(host)}\n"
        world.pages[f"/{name}/robots.txt"] = reply(rules, kind="text/plain")
        source = Source(name, name, "rss", f"http://{name}/", gap_s=gap_of(host))
        for path in ("a", "private/b", "busy", "c"):
            is_busy = path == "busy" and host % 10 == 0
            busy = reply("?", 429, [f"Retry-After: {WAIT_S}"])
            world.pages[f"/{name}/{path}"] = busy if is_busy else PAGE
            requests.append(Request(f"http://{name}/{path}", "page", source))
    return requests


def test_a_hundred_hosts_see_nothing_but_manners(world: World) -> None:
    requests = set_scene(world)
    busy = {f"http://{name_of(host)}/busy" for host in range(0, N_HOSTS, 10)}
    outcomes: dict[str, list[str]] = {}
    with make_fetcher(mirrors=mirror(world)) as fetcher:
        while requests:
            limited = []
            for request, done in fetcher.fetch_all(requests):
                outcomes.setdefault(request.url, []).append(done.attempt.outcome)
                if done.attempt.outcome == "rate_limited":
                    assert 0 < (done.attempt.retry_after_s or 0) <= WAIT_S
                    if request.url not in busy:
                        limited.append(request)
            requests = limited
            time.sleep(0.3)  # asks again before the time, and must be refused
    last = {url: names[-1] for url, names in outcomes.items()}
    assert all(last[url] == "ok" for url in last if url.endswith(("/a", "/c")))
    assert all(last[url] == "robots" for url in last if "private" in url)
    assert list(last.values()).count("rate_limited") == N_HOSTS // 10
    check_log(world)


def check_log(world: World) -> None:
    owners: dict[str, list[tuple[float, str]]] = {}
    for seen in world.seen:
        _, name, path = seen.path.split("/", 2)
        owners.setdefault(name.partition(".")[2], []).append((seen.at, seen.path))
        assert not path.startswith("private")
    assert len(owners) == N_HOSTS // 2
    for owner, calls in owners.items():
        hosts = range(2 * int(owner[5:-8]), 2 * int(owner[5:-8]) + 2)
        least = min(gap_of(host) for host in hosts)
        for (before, path), (after, next_path) in pairwise(calls):
            host = hosts[next_path.startswith("/www")]
            is_rules = next_path.endswith("robots.txt")  # its delay is not known yet
            wanted = gap_of(host) if is_rules else max(gap_of(host), delay_of(host))
            assert after - before >= max(least, wanted), (path, next_path)
            if path.endswith("busy") and hosts[path.startswith("/www")] % 10 == 0:
                assert after - before >= WAIT_S, (path, next_path)


def test_a_single_fetch_waits_for_its_time_as_well(world: World) -> None:
    world.pages |= {"/busy": reply("?", 503, ["Retry-After: 60"]), "/x": PAGE}
    with make_fetcher() as fetcher:
        fetcher.fetch(Request(world.url("/busy"), "page"))
        attempt = fetcher.fetch(Request(world.url("/x"), "page")).attempt
    assert (attempt.outcome, attempt.error) == (
        "rate_limited",
        f"Retry-After: {attempt.retry_after_s} s are left",
    )
    assert world.paths() == ["/busy"]


@pytest.mark.parametrize(
    ("headers", "body", "reserved"),
    [
        pytest.param([], "<p>x</p>", (), id="nothing"),
        pytest.param(["TDM-Reservation: 1"], "x", ("tdm",), id="TDM by header"),
        pytest.param(["TDM-Reservation: 0"], "x", ("tdm-free",), id="TDM waived"),
        pytest.param(
            ["TDM-Reservation: yes"], "x", (), id="no TDM value counts as unset"
        ),
        pytest.param(
            ["TDM-Reservation: 1", "TDM-Policy: https://hill.example/tdm"],
            "x",
            ("tdm", "tdm-policy https://hill.example/tdm"),
            id="TDM with a policy",
        ),
        pytest.param(
            ["TDM-Reservation: 1"],
            "<META content='0' name='tdm-reservation'>",
            ("tdm-free",),
            id="the page goes before the header",
        ),
        pytest.param(
            ["TDM-Reservation: 1"],
            "<meta name='tdm-reservation' content='maybe'>",
            ("tdm",),
            id="a page that says nothing readable leaves it to the header",
        ),
        pytest.param(
            [],
            '<meta name="tdm-reservation" content="1">',
            ("tdm",),
            id="TDM by the page",
        ),
        pytest.param(
            ["X-Robots-Tag: noai, noimageai"], "x", ("noai", "noimageai"), id="noai"
        ),
        pytest.param(
            ["X-Robots-Tag: nightdesk: noarchive", "X-Robots-Tag: max-snippet: 5"],
            "x",
            ("noarchive",),
            id="for us by name",
        ),
        pytest.param(["X-Robots-Tag: other: noai"], "x", (), id="for another"),
        pytest.param(
            [],
            "<meta name=robots content='NoAI,follow'>",
            ("noai",),
            id="by robots meta",
        ),
        pytest.param(
            [],
            '<script>{"isAccessibleForFree": false}</script>',
            ("paywall",),
            id="a paywall by JSON-LD",
        ),
        pytest.param(
            [],
            '<meta property="article:content_tier" content="locked">',
            ("paywall",),
            id="a paywall by meta",
        ),
    ],
)
def test_reservations_are_handed_on(
    world: World, headers: list[str], body: str, reserved: tuple[str, ...]
) -> None:
    world.pages["/x"] = reply(body, headers=headers)
    with make_fetcher() as fetcher:
        done = fetcher.fetch(Request(world.url("/x"), "page"))
    assert (done.attempt.outcome, done.reservations) == ("ok", reserved)


def test_a_page_that_wants_money_says_so(world: World) -> None:
    world.pages["/x"] = reply("?", 402)
    with make_fetcher() as fetcher:
        done = fetcher.fetch(Request(world.url("/x"), "page"))
    assert (done.attempt.outcome, done.reservations) == ("auth", ("paywall",))


def test_reservations_of_a_wild_page_take_no_time(world: World) -> None:
    world.pages["/x"] = reply("<meta " * 300_000)
    began = time.process_time()
    with make_fetcher() as fetcher:
        done = fetcher.fetch(Request(world.url("/x"), "page"))
    assert done.reservations == ()
    assert time.process_time() - began < 2


def test_secrets_go_to_their_own_host_only(world: World) -> None:
    world.pages |= {
        "/hill.example/feed": redirect("http://hill.example/new"),
        "/hill.example/new": redirect("http://other.example/feed"),
        "/other.example/feed": PAGE,
    }
    secrets = {"Authorization": "Bearer s3cret", "Cookie": "a=1\r\nX-Evil: 1"}
    request = Request("http://hill.example/feed", "feed", secrets=secrets)
    with make_fetcher(mirrors=mirror(world)) as fetcher:
        done = fetcher.fetch(request)
    assert done.attempt.outcome == "ok"
    told = {s.path: s.headers.get("authorization") for s in world.seen}
    assert told == {
        "/hill.example/robots.txt": None,
        "/hill.example/feed": "Bearer s3cret",
        "/hill.example/new": "Bearer s3cret",
        "/other.example/robots.txt": None,
        "/other.example/feed": None,
    }
    assert not any({"cookie", "x-evil"} & set(seen.headers) for seen in world.seen)
    assert "s3cret" not in f"{request}{done.attempt}"


@pytest.mark.slow
def test_a_dead_host_of_a_hundred_costs_next_to_nothing() -> None:
    def take_s(is_dead: bool) -> float:
        with World() as world:
            urls = [f"http://h{n % 100}.example/{n // 100}" for n in range(1_500)]
            world.pages |= {f"/{url[7:]}": PAGE for url in urls}
            if is_dead:
                world.pages["/h0.example/robots.txt"] = dribble(b"", b"", for_s=30)
            limits = Limits(feed_s=6, page_s=6)
            options = {"mirrors": mirror(world), "gap_s": 0.4, "limits": limits}
            began = time.monotonic()
            with make_fetcher(**options) as fetcher:
                requests = [Request(url, "page") for url in urls]
                done = [got for _, got in fetcher.fetch_all(requests)]
            n_ok = sum(got.attempt.outcome == "ok" for got in done)
            assert n_ok == (1_485 if is_dead else 1_500)
            return time.monotonic() - began

    with ThreadPoolExecutor(2) as both:
        without, with_dead = both.map(take_s, [False, True])
    assert with_dead <= 1.2 * without
