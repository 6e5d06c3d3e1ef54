"""One request's way: hop by hop over redirects, with robots.txt on each new host.

Here is decided what the next hop is and what its answer means; when it may go is the
matter of `pacing`. One call of `hop` makes at most one contact with one host, so that
the pace of every host can be kept, also of those that only a redirect leads to.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from nightdesk.fetch.address import (
    Mirrors,
    hide_secrets,
    hide_userinfo,
    parse_address,
)
from nightdesk.fetch.body import BodyRules, check_part, read_body
from nightdesk.fetch.guard import Network, make_policy
from nightdesk.fetch.headers import add_keys, make_headers
from nightdesk.fetch.logins import find_refusal, hide_login
from nightdesk.fetch.outcomes import (
    NO_CONTACT,
    HopFailed,
    is_page_type,
    judge_status,
    looks_binary,
    read_retry_after,
)
from nightdesk.fetch.request import Fetched, Limits, Purpose, Request
from nightdesk.fetch.robots import RobotsCache, Verdict, parse_robots, read_product
from nightdesk.fetch.session import Reply, Transport
from nightdesk.fetch.task import Hop, Task, Trip
from nightdesk.model import Attempt, Source

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Files of rules that most hosts do not have, and that are short where they do.
_RULES = frozenset({"robots", "tdmrep"})
#: Outcomes of a robots.txt that is there, but says nothing (RFC 9309, 2.3.1.4).
_UNREADABLE = frozenset({"server_error", "truncated", "decode", "wrong_type"})


@dataclass(frozen=True, slots=True)
class _Answer:
    """The end of a trip."""

    outcome: str
    error: str | None = None
    reply: Reply | None = None
    body: bytes = b""
    retry_after_s: int | None = None  # where no reply states it


class Courier:
    """Makes the hops of all requests of a fetcher."""

    def __init__(
        self,
        transport: Transport,
        *,
        user_agent: str,
        mirrors: Mirrors,
        networks: tuple[Network, ...],
        limits: Limits,
    ) -> None:
        self._transport = transport
        self._user_agent = user_agent
        self._product = read_product(user_agent)
        self._mirrors = mirrors
        self._networks = networks
        self._limits = limits
        self._robots = RobotsCache()
        self._free = Verdict(parse_robots("", user_agent))
        self._attempts: deque[Attempt] = deque()

    def start(self, request: Request) -> Task | Fetched:
        """Return the request ready to go, or what became of it at once."""
        try:
            trip = self._start_trip(request.url, request.purpose)
        except HopFailed as failure:
            url = hide_userinfo(request.url)
            attempt = Attempt(
                url=url,
                final_url=url,
                outcome=failure.outcome,
                purpose=request.purpose,
                source_id=request.source.id if request.source else None,
                started_at=datetime.now(UTC),
                error=hide_secrets(str(failure)),
            )
            return self._log(Fetched(attempt))
        policy = make_policy(
            self._networks,
            allow_private=bool(request.source and request.source.allow_private),
            ports=_own_ports(request.source) if request.source else (trip.at.port,),
        )
        return Task(request, policy, trip)

    def decide(self, task: Task) -> Fetched | None:
        """Return what became of a request where no contact is needed to say so."""
        at = task.trip.at
        verdict = self._robots.find(at)
        if verdict is None or not self._obeys(task):
            return None
        task.robots = None
        robots = verdict.robots
        if robots is None:
            answer = _Answer(
                verdict.outcome, verdict.error, retry_after_s=verdict.retry_after_s
            )
            return self._log(self._finish(task, task.trip, answer))
        if not robots.allows(at.url):
            return self.refuse(task, "robots", "robots.txt: disallowed")
        if (robots.delay_s or 0) > self._limits.crawl_delay_s:
            why = f"robots.txt: crawl-delay {robots.delay_s:g} s is too long"
            return self.refuse(task, "robots", why)
        return None

    def delay_s(self, task: Task) -> float:
        """Return the crawl-delay of the next hop's host, as far as it is known."""
        verdict = self._robots.find((task.robots or task.trip).at)
        robots = verdict.robots if verdict else None
        delay = (robots.delay_s if robots else None) or 0.0
        return min(delay, self._limits.crawl_delay_s)

    async def hop(self, task: Task) -> Hop:
        """Make one contact: with the address itself or with its robots.txt."""
        is_robots = task.robots is not None
        if not is_robots and self._obeys(task) and not self._robots.find(task.trip.at):
            url = f"{task.trip.at.origin}robots.txt"
            task.robots = self._start_trip(url, "robots")
            task.robots.left_s = min(task.robots.left_s, task.trip.left_s)
            is_robots = True
        trip = task.robots or task.trip
        answer = await self._contact(task, trip)
        if answer is None:
            return Hop("" if trip.is_repeated else "ok")
        if is_robots:
            done = self._take_robots(task, trip, answer)
        else:
            done = self._log(self._finish(task, trip, answer))
        wait_s = None
        if answer.outcome == "rate_limited" and answer.reply is not None:
            stated = answer.reply.headers.get("retry-after")
            wait_s = read_retry_after(stated, datetime.now(UTC))
        return Hop(answer.outcome, done, wait_s or 0)

    def refuse(
        self, task: Task, outcome: str, error: str, retry_after_s: int | None = None
    ) -> Fetched:
        """Return the answer to a request that goes no further."""
        answer = _Answer(outcome, error, retry_after_s=retry_after_s)
        return self._log(self._finish(task, task.trip, answer))

    def drain_attempts(self) -> list[Attempt]:
        """Return the attempts since the last call, robots.txt among them."""
        return [self._attempts.popleft() for _ in range(len(self._attempts))]

    def _start_trip(self, url: str, purpose: Purpose) -> Trip:
        at = parse_address(url)
        limits = self._limits
        budget = {"page": limits.page_s, "file": limits.file_s}.get(purpose)
        return Trip(url, purpose, at, budget or limits.feed_s, {at.url})

    def _obeys(self, task: Task) -> bool:
        if task.request.purpose == "file":  # made for programs, and named by a person
            return False
        source = task.request.source
        is_ignored = source is not None and source.robots == "ignore_feed"
        return not (is_ignored and task.request.purpose == "feed")

    async def _contact(self, task: Task, trip: Trip) -> _Answer | None:
        """Make the next hop of a trip; None: another one follows."""
        trip.started_at = trip.started_at or datetime.now(UTC)
        began = time.monotonic()
        try:
            return await self._exchange(task, trip, began + trip.left_s)
        except HopFailed as failure:
            if task.called_at < began:  # no answer: it may have come at any time
                task.called_at = time.monotonic()
            if failure.is_stale and not trip.is_repeated:
                trip.is_repeated = True  # as a start of its own, at the host's pace
                return None
            return _Answer(failure.outcome, str(failure))
        finally:
            spent = time.monotonic() - began
            trip.spent_s += spent
            for way in {id(trip): trip, id(task.trip): task.trip}.values():
                way.left_s = max(way.left_s - spent, 0.0)  # one deadline for both

    async def _exchange(self, task: Task, trip: Trip, until: float) -> _Answer | None:
        mirrored = self._mirrors.map_url(trip.at.url)
        policy = replace(task.policy, is_configured=True) if mirrored else task.policy
        sent_to = parse_address(mirrored) if mirrored else trip.at
        headers = make_headers(task.request, trip.purpose, trip.at, self._user_agent)
        keyed = sent_to
        if trip is task.trip:
            keyed = add_keys(task.request, trip.at, sent_to)
        reply = await self._transport.send(keyed, headers, until, policy)
        task.called_at = time.monotonic()
        try:
            location = reply.headers.get("location")
            if reply.status in _REDIRECTS and location:
                self._redirect(trip, reply.status, sent_to.url, location)
                return None
            return await self._read(task, trip, reply)
        finally:
            reply.close()

    def _redirect(self, trip: Trip, status: int, sent_to: str, location: str) -> None:
        url = self._mirrors.join_location(trip.at, sent_to, location)
        at = parse_address(url)
        if at.url in trip.seen:
            raise HopFailed("redirect_loop", f"redirect: back to {at.url}")
        if len(trip.redirects) >= self._limits.redirects:
            raise HopFailed("redirect_loop", f"redirect: more than {len(trip.seen)}")
        trip.seen.add(at.url)
        trip.redirects.append(f"{status} {at.url}")
        trip.at = at

    async def _read(self, task: Task, trip: Trip, reply: Reply) -> _Answer:
        span = task.request.span if trip is task.trip else None
        outcome = judge_status(reply.status, reply.headers)
        if span and reply.status in (200, 206):
            outcome = "ok"
            check_part(reply, span)
        if outcome != "ok":
            if trip.purpose in _RULES:  # most hosts have none, and a page follows
                await reply.drain()
            return _Answer(outcome, _describe(outcome, reply), reply)
        kind = reply.headers.get("content-type")
        is_page = trip.purpose == "page"
        if is_page and not is_page_type(kind):
            return _Answer("wrong_type", f"body: {kind}", reply)
        try:
            body = await read_body(reply, self._body_rules(task, trip), trip.meter)
        except HopFailed as failure:
            return _Answer(failure.outcome, str(failure), reply)
        if trip.purpose != "robots" and not body:
            return _Answer("empty_body", "body: no bytes", reply)
        if trip.purpose not in ("robots", "file") and looks_binary(body):
            return _Answer("wrong_type", f"body: {kind}, but starts as binary", reply)
        return _Answer("ok", None, reply, body)

    def _body_rules(self, task: Task, trip: Trip) -> BodyRules:
        limits, source = self._limits, task.request.source
        if trip.purpose == "file":
            return BodyRules(limits.file_bytes, limits.file_bytes)
        if trip.purpose in _RULES:
            return BodyRules(limits.wire_bytes, limits.robots_bytes, is_cut=True)
        is_feed = trip.purpose == "feed"
        if is_feed and source and (source.kind == "sitemap" or source.past_url):
            most = limits.sitemap_bytes
            return BodyRules(most, most, unpacks_files=True)
        return BodyRules(limits.wire_bytes, limits.decoded_bytes, unpacks_files=is_feed)

    def _take_robots(self, task: Task, trip: Trip, answer: _Answer) -> Fetched | None:
        """Keep what a robots.txt says; without contact it ends the request instead."""
        row = self._finish(task, trip, answer)
        self._log(row)
        task.robots = None
        outcome = answer.outcome
        why = f"robots.txt: {row.attempt.error or outcome}"
        if outcome == "ok":
            text = answer.body.decode("utf-8", "replace")
            verdict = Verdict(parse_robots(text, self._user_agent))
        elif outcome == "rate_limited":
            wait = row.attempt.retry_after_s
            verdict = Verdict(None, outcome, why, wait)
        elif outcome in _UNREADABLE or _is_garbled(answer):
            verdict = Verdict(None, "robots", why)
        elif outcome in NO_CONTACT or outcome in ("timeout", "forbidden_address"):
            # Not kept: the next request of this host may try again, until the breaker
            # opens. The request ends as its own contact would have ended.
            return self.refuse(task, outcome, why)
        else:  # RFC 9309, 2.3.1.3: 4xx and too many redirects allow everything
            verdict = self._free
        self._robots.keep(parse_address(trip.url), verdict)
        return None

    def _finish(self, task: Task, trip: Trip, answer: _Answer) -> Fetched:
        login = task.request.secrets if trip is task.trip else {}
        answer = _judge_login(trip, answer) if login else answer
        reply, is_ok = answer.reply, answer.outcome == "ok"
        now = datetime.now(UTC)
        headers = reply.headers if reply else {}
        source = task.request.source
        attempt = Attempt(
            url=trip.url,
            final_url=trip.at.url,
            outcome=answer.outcome,
            purpose=trip.purpose,
            source_id=source.id if source else None,
            status=reply.status if reply else None,
            content_type=headers.get("content-type"),
            started_at=trip.started_at or now,
            duration_ms=round(trip.spent_s * 1000),
            bytes_wire=trip.meter.wire,
            bytes_decoded=trip.meter.decoded,
            digest=hashlib.sha256(answer.body).hexdigest() if is_ok else None,
            error=hide_secrets(answer.error) if answer.error else None,
            retry_after_s=answer.retry_after_s
            or read_retry_after(headers.get("retry-after"), now),
            redirects=tuple(trip.redirects),
        )
        body = answer.body if is_ok else b""
        done = Fetched(attempt, body, headers, self._product)
        return hide_login(login, done) if login else done

    def _log(self, done: Fetched) -> Fetched:
        self._attempts.append(done.attempt)
        return done


def _is_garbled(answer: _Answer) -> bool:
    """Return whether what came is no HTTP; a status of 4xx was well said."""
    status = answer.reply.status if answer.reply else None
    return answer.outcome == "http_error" and (status is None or status < 400)


def _own_ports(source: Source) -> list[int]:
    """Return the ports that a source's configuration names."""
    ports = []
    for url in (source.url, source.past_url):
        if url is not None:
            try:
                ports.append(parse_address(url).port)
            except HopFailed:
                continue  # such an address is never sent, so it allows nothing
    return ports


def _judge_login(trip: Trip, answer: _Answer) -> _Answer:
    """Return the end of a trip that a login went with; one may have run out."""
    reply = answer.reply
    if reply is not None and "cf-mitigated" in reply.headers:
        return answer  # no word on the login: it refuses programs
    why = find_refusal(trip.url, reply.status if reply else None, trip.redirects)
    return replace(answer, outcome="auth", error=why) if why else answer


def _describe(outcome: str, reply: Reply) -> str | None:
    return None if outcome == "not_modified" else f"HTTP {reply.status}"
