"""The pace of hosts, asserted from the servers' own logs, and who holds a host."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from httpworld import Seen, World, dribble, redirect, reply

from nightdesk.fetch import Fetcher, Limits, MemoryLeases, Request
from nightdesk.model import HostTurn, Source

PAGE = reply("<p>The harbour froze overnight.</p>")
LIMITS = Limits(feed_s=0.5, page_s=0.5, connect_s=0.5)


def make_fetcher(**options: Any) -> Fetcher:
    defaults = {
        "user_agent": "nightdesk-test/1.0",
        "allowed_networks": ["127.0.0.2/32"],
        "gap_s": 0.0,
        "limits": LIMITS,
    }
    return Fetcher(**(defaults | options))


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


def mirror(world: World) -> dict[str, str]:
    """All http hosts, played by one server: the first part of a path is the host."""
    return {"http://": world.url("/")}


def starts_by_host(world: World) -> dict[str, list[float]]:
    starts: dict[str, list[float]] = {}
    for seen in world.seen:
        starts.setdefault(seen.path.split("/")[1], []).append(seen.at)
    return starts


def test_gaps_are_kept_and_hosts_go_side_by_side(world: World) -> None:
    hosts = [f"h{n}.example" for n in range(6)]
    urls = [f"http://{host}/{page}" for page in range(4) for host in hosts]
    world.pages |= {f"/{url[7:]}": PAGE for url in urls}
    source = Source("a", "A", "rss", "http://h0.example/", gap_s=0.2)
    began = time.monotonic()
    with make_fetcher(mirrors=mirror(world), workers=3) as fetcher:
        requests = [Request(url, "page", source) for url in urls]
        done = {request.url: got for request, got in fetcher.fetch_all(requests)}
    took = time.monotonic() - began
    assert {url: got.attempt.outcome for url, got in done.items()} == dict.fromkeys(
        urls, "ok"
    )
    starts = starts_by_host(world)
    assert set(starts) == set(hosts)
    for times in starts.values():
        assert len(times) == 5  # robots.txt counts as a start
        assert min(b - a for a, b in pairwise(times)) >= 0.2
    assert world.most_at_once == 1
    assert len({seen.connection for seen in world.seen}) <= 3  # the mirror's are kept
    assert took < 4  # one host after the other would take 4.8 s


def test_a_slow_host_holds_nobody_up(world: World) -> None:
    quick = [f"http://quick.example/{n}" for n in range(20)]
    world.pages |= {f"/{url[7:]}": PAGE for url in quick}
    world.pages["/slow.example/robots.txt"] = dribble(b"HTTP/1.1 200 OK\r\nx: ", b"x")
    slow = [f"http://slow.example/{n}" for n in range(2)]
    requests = [Request(url, "page") for url in [*slow, *quick]]
    order = []
    limits = Limits(feed_s=0.4, page_s=5)
    options = {"mirrors": mirror(world), "workers": 2, "limits": limits}
    with make_fetcher(**options) as fetcher:
        order = [request.url for request, _ in fetcher.fetch_all(requests)]
    assert set(order[:20]) == set(quick)
    assert set(order[20:]) == set(slow)


def test_a_server_that_never_pauses_holds_nobody_up(world: World) -> None:
    def flood(sock: socket.socket, seen: Seen) -> None:
        while True:
            sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 4_000)

    quick = [f"http://quick.example/{n}" for n in range(20)]
    world.pages |= {f"/{url[7:]}": PAGE for url in quick} | {"/flood.example/": flood}
    requests = [Request(url, "page") for url in ["http://flood.example/", *quick]]
    limits = Limits(feed_s=2, page_s=2)
    with make_fetcher(mirrors=mirror(world), limits=limits) as fetcher:
        done = [
            (request.url, got.attempt.outcome)
            for request, got in fetcher.fetch_all(requests)
        ]
    assert done[:20] == [(url, "ok") for url in quick]
    assert done[20:] == [("http://flood.example/", "timeout")]


def test_a_redirect_keeps_the_pace_of_the_other_host(world: World) -> None:
    world.pages |= {
        f"/a.example/{n}": redirect(f"http://b.example/{n}") for n in range(3)
    } | {f"/b.example/{n}": PAGE for n in range(3)}
    urls = [f"http://{host}.example/{n}" for host in "ab" for n in range(3)]
    requests = [Request(url, "page") for url in urls]
    with make_fetcher(mirrors=mirror(world), gap_s=0.1) as fetcher:
        outcomes = [got.attempt.outcome for _, got in fetcher.fetch_all(requests)]
    assert outcomes == ["ok"] * 6
    starts = starts_by_host(world)
    assert len(starts["b.example"]) == 7
    for times in starts.values():
        assert min(b - a for a, b in pairwise(times)) >= 0.1
    assert world.most_at_once == 1


def test_a_stale_connection_is_replaced_at_the_pace_of_the_host(
    world: World,
) -> None:
    world.pages |= {"/kept": PAGE, "/gone": lambda sock, seen: None}
    with make_fetcher(gap_s=0.1) as fetcher:
        kept = fetcher.fetch(Request(world.url("/kept"), "page"))
        gone = fetcher.fetch(Request(world.url("/gone"), "page"))
    assert (kept.attempt.outcome, gone.attempt.outcome) == ("ok", "connection")
    assert world.paths() == ["/kept", "/gone", "/gone"]
    times = [seen.at for seen in world.seen]
    assert min(b - a for a, b in pairwise(times)) >= 0.1


def test_threads_share_the_pace_of_a_host(world: World) -> None:
    world.pages["/x"] = PAGE
    outcomes: list[str] = []

    def fetch(fetcher: Fetcher) -> None:
        done = fetcher.fetch(Request(world.url("/x"), "page"))
        outcomes.append(done.attempt.outcome)

    with make_fetcher(gap_s=0.1) as fetcher:
        threads = [threading.Thread(target=fetch, args=(fetcher,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert outcomes == ["ok"] * 4
    times = [seen.at for seen in world.seen]
    assert min(b - a for a, b in pairwise(times)) >= 0.1


def test_a_consumer_may_fetch_while_it_reads(world: World) -> None:
    urls = [f"http://a.example/{n}" for n in range(520)]
    world.pages |= {f"/{url[7:]}": PAGE for url in urls}
    n_answers = 0
    with make_fetcher(mirrors=mirror(world)) as fetcher:
        for _, got in fetcher.fetch_all(Request(url, "page") for url in urls):
            assert got.attempt.outcome == "ok"
            n_answers += 1
            if n_answers in (1, 301):
                time.sleep(0.2)  # the host has to wait for us by now
                inner = fetcher.fetch(Request(urls[0], "page"))
                assert inner.attempt.outcome == "ok"
    assert n_answers == 520


def test_answers_may_be_left_behind(world: World) -> None:
    world.pages |= {f"/{n}": PAGE for n in range(50)}
    leases = MemoryLeases()
    with make_fetcher(gap_s=0.05, leases=leases) as fetcher:
        requests = [Request(world.url(f"/{n}"), "page") for n in range(50)]
        answers = fetcher.fetch_all(requests)
        next(answers)
        answers.close()  # type: ignore[attr-defined]
        again = fetcher.fetch(Request(world.url("/7"), "page"))
        assert again.attempt.outcome == "ok"
    assert len(world.seen) < 10
    assert leases.take("127.0.0.2") is not None


class StubbornLeases(MemoryLeases):
    """Leases of which some are held elsewhere, for some number of tries."""

    def __init__(self, refusals: dict[str, int], started: float = 0.0) -> None:
        super().__init__()
        self.refusals = refusals
        self.started = started
        self.noted: dict[str, HostTurn] = {}

    def take(self, host: str) -> HostTurn | None:
        if self.refusals.get(host, 0) > 0:
            self.refusals[host] -= 1
            return None
        turn = super().take(host)
        return turn and turn._replace(last_start=max(turn.last_start, self.started))

    def note(self, host: str, turn: HostTurn) -> None:
        self.noted[host] = turn
        super().note(host, turn)


@pytest.mark.parametrize(
    ("refusals", "outcome"),
    [
        pytest.param(0, "ok", id="a free host"),
        pytest.param(1, "ok", id="a host that is free at the end"),
        pytest.param(9, "host_busy", id="a host that stays held"),
    ],
)
def test_a_held_host_is_tried_again_at_the_end(
    world: World, refusals: int, outcome: str
) -> None:
    urls = [f"http://{host}.example/{n}" for host in "ab" for n in range(3)]
    world.pages |= {f"/{url[7:]}": PAGE for url in urls}
    leases = StubbornLeases({"a.example": refusals})
    with make_fetcher(mirrors=mirror(world), leases=leases) as fetcher:
        requests = [Request(url, "page") for url in urls]
        got = [(r.url[7], d.attempt) for r, d in fetcher.fetch_all(requests)]
        n_logged = len(fetcher.drain_attempts())
    assert [a.outcome for host, a in got if host == "a"] == [outcome] * 3
    assert [a.outcome for host, a in got if host == "b"] == ["ok"] * 3
    if refusals:
        assert [host for host, _ in got] == list("bbbaaa")
    assert n_logged == len(world.seen) + 3 * (outcome == "host_busy")
    assert ("a.example" in starts_by_host(world)) == (outcome == "ok")
    start = leases.noted["b.example"].last_start
    assert start == pytest.approx(time.time(), abs=5)


def test_a_pause_that_a_host_asks_for_holds_across_runs(world: World) -> None:
    world.pages["/x"] = reply("?", 429, ["Retry-After: 600"])
    world.pages["/y"] = PAGE
    leases, moment = MemoryLeases(), datetime(2026, 3, 2, tzinfo=UTC)

    def ask(path: str, minutes: int) -> str:
        now = moment + timedelta(minutes=minutes)
        with make_fetcher(leases=leases, clock=lambda: now) as fetcher:
            return fetcher.fetch(Request(world.url(path), "page")).attempt.outcome

    assert ask("/x", 0) == "rate_limited"
    assert ask("/y", 9) == "rate_limited"
    assert world.paths() == ["/x"]
    assert ask("/y", 11) == "ok"


def test_the_gap_holds_across_runs(world: World) -> None:
    world.pages["/x"] = PAGE
    leases = StubbornLeases({}, started=time.time())
    began = time.monotonic()
    with make_fetcher(leases=leases, gap_s=0.3) as fetcher:
        done = fetcher.fetch(Request(world.url("/x"), "page"))
    assert done.attempt.outcome == "ok"
    assert world.seen[0].at - began > 0.25


def test_an_error_of_the_leases_is_raised_where_answers_are_taken(
    world: World,
) -> None:
    class Broken(MemoryLeases):
        def take(self, host: str) -> HostTurn | None:
            raise OSError("no space left")

    with (
        make_fetcher(leases=Broken()) as fetcher,
        pytest.raises(OSError, match="no space left"),
    ):
        fetcher.fetch(Request(world.url("/x"), "page"))


def test_a_host_that_cannot_be_given_back_is_told(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(MemoryLeases):
        n_tries = 0

        def release(self, host: str) -> None:
            super().release(host)
            self.n_tries += 1
            if self.n_tries == 1:
                raise OSError("no space left")

    leases = Broken()
    with make_fetcher(leases=leases) as fetcher:
        requests = [Request(world.url("/x"), "page")]
        # The answer may have been taken before the host was given back.
        with contextlib.suppress(OSError):
            list(fetcher.fetch_all(requests))
    assert "OSError: no space left" in caplog.text
    assert leases.n_tries == 2


@pytest.mark.parametrize(
    ("status", "opens"), [(500, True), (404, False)], ids=["500 opens it", "404 not"]
)
def test_five_failures_in_a_row_open_the_breaker(
    world: World, status: int, opens: bool
) -> None:
    urls = [world.url(f"/{n}") for n in range(8)]
    world.pages |= {f"/{n}": reply("?", status) for n in range(8)}
    with make_fetcher() as fetcher:
        requests = [Request(url, "page") for url in urls]
        attempts = [got.attempt for _, got in fetcher.fetch_all(requests)]
    busy = [a.error for a in attempts if a.outcome == "host_busy"]
    assert busy == (["breaker open"] * 3 if opens else [])
    assert len(world.paths()) == (5 if opens else 8)


def test_a_single_fetch_goes_through_an_open_breaker(world: World) -> None:
    world.pages |= {f"/{n}": reply("?", 500) for n in range(6)} | {"/x": PAGE}
    with make_fetcher() as fetcher:
        requests = [Request(world.url(f"/{n}"), "page") for n in range(6)]
        outcomes = [got.attempt.outcome for _, got in fetcher.fetch_all(requests)]
        done = fetcher.fetch(Request(world.url("/x"), "page"))
    assert outcomes[-1] == "host_busy"
    assert done.attempt.outcome == "ok"


def test_one_good_answer_keeps_the_breaker_shut(world: World) -> None:
    world.pages |= {f"/{n}": reply("?", 500) for n in range(12)} | {"/4": PAGE}
    with make_fetcher() as fetcher:
        requests = [Request(world.url(f"/{n}"), "page") for n in range(12)]
        outcomes = [got.attempt.outcome for _, got in fetcher.fetch_all(requests)]
    assert outcomes.count("host_busy") == 2
    assert outcomes.count("server_error") == 9


def test_closing_ends_what_still_runs(world: World) -> None:
    world.pages["/x"] = dribble(b"HTTP/1.1 200 OK\r\n\r\n", b"x", for_s=20)
    limits = Limits(feed_s=20, page_s=20)
    fetcher = make_fetcher(limits=limits)
    answers = fetcher.fetch_all([Request(world.url("/x"), "page")])
    failures: list[BaseException] = []

    def consume() -> None:
        try:
            list(answers)
        except RuntimeError as error:
            failures.append(error)

    thread = threading.Thread(target=consume)
    thread.start()
    time.sleep(0.3)
    began = time.monotonic()
    fetcher.close()
    thread.join(10)
    assert time.monotonic() - began < 10
    assert not thread.is_alive()
    assert "closed" in str(failures[0])
    with pytest.raises(RuntimeError, match="closed"):
        fetcher.fetch(Request(world.url("/x"), "page"))
