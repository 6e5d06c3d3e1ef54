"""Who may go when: one connection a host, a gap between starts, leases across runs.

A host here is what somebody registered: `feeds.hill.example` and `www.hill.example`
are paced as one. It has a queue of its own. If it has work, it waits on the clock of
the loop until it may be called again, and then in one line for one of the contacts that
are allowed at the same time. So a slow host holds one contact and not all of them. A
Retry-After closes a host; nobody sleeps it away: what is asked for within that time is
`rate_limited`.

All of this happens on the loop's thread and needs no locks. Others hand requests in
and take answers out; what both sides touch of a run says so.
"""

from __future__ import annotations

import asyncio
import logging
import math
import queue
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from nightdesk.fetch.health import HostHealth
from nightdesk.fetch.leases import Leases
from nightdesk.fetch.loop import LoopThread
from nightdesk.fetch.outcomes import HELD_ELSEWHERE
from nightdesk.fetch.request import Fetched, Limits, Request
from nightdesk.fetch.task import Task
from nightdesk.fetch.trip import Courier
from nightdesk.model import HostTurn

log = logging.getLogger(__name__)

# Answers of one run that may wait to be taken before its hosts are made to wait: a
# page has 50 kB as a rule, so 13 MB; the worst case is bounded by the decoded limit.
_UNTAKEN = 256


_Answer: TypeAlias = tuple[Request, Fetched]


@dataclass(eq=False, slots=True)
class _Run:
    """Requests that were handed in together, and the line of their answers."""

    n_pending: int
    n_taken: int = 0  # answers; counted by the thread that takes them
    n_given: int = 0
    is_over: bool = False
    held: list[_Job] = field(default_factory=list)  # their host is leased elsewhere
    parked: list[_Site] = field(default_factory=list)  # until answers are taken
    # Handed over once a turn of the loop: to wake the other thread for each answer
    # costs as much as half a page.
    outbox: list[_Answer | Exception] = field(default_factory=list)
    answers: queue.SimpleQueue[list[_Answer | Exception]] = field(
        default_factory=queue.SimpleQueue
    )

    @property
    def is_full(self) -> bool:
        """Whether so many answers wait that its hosts have to wait as well."""
        return self.n_given - self.n_taken >= _UNTAKEN


@dataclass(eq=False, slots=True)
class _Job:
    """A task of a run."""

    task: Task
    run: _Run
    gap_s: float
    is_urgent: bool = False  # somebody waits for this very one
    was_held: bool = False


@dataclass(eq=False, slots=True)
class _Site:
    """A registered domain and the jobs whose next contact is with a host of it."""

    name: str
    jobs: deque[_Job] = field(default_factory=deque)
    is_queued: bool = False  # in line, at work or parked: nobody else may queue it
    parked_in: _Run | None = None
    is_leased: bool = False
    last_start: float = 0.0  # epoch seconds, as leases keep it
    last_tick: float = float("-inf")  # the same by the monotonic clock
    closed_until: float = 0.0  # epoch seconds: its Retry-After
    health: dict[str, HostHealth] = field(default_factory=dict)  # by host


class Pacer:
    """The hosts of a fetcher, and the thread that calls them."""

    def __init__(
        self,
        courier: Courier,
        leases: Leases,
        *,
        workers: int,
        gap_s: float,
        limits: Limits,
        clock: Callable[[], datetime],
    ) -> None:
        self._courier = courier
        self._leases = leases
        self._clock = clock
        self._n_free = workers
        self._gap_s = gap_s
        self._limits = limits
        self._hosts: dict[str, _Site] = {}
        self._runs: set[_Run] = set()
        self._ready: deque[_Site] = deque()
        self._at_work: set[asyncio.Task[None]] = set()  # the loop itself keeps none
        self._is_closed = False
        self._thread = LoopThread()

    def run(
        self, requests: Iterable[Request], *, is_urgent: bool = False
    ) -> Iterator[tuple[Request, Fetched]]:
        """Yield each request with what became of it, as they finish."""
        tasks = [(request, self._courier.start(request)) for request in requests]
        run = _Run(len(tasks))
        if not self._thread.post(self._admit, run, tasks, is_urgent):
            raise RuntimeError("fetcher: closed")
        try:
            while run.n_taken < len(tasks):
                for answer in run.answers.get():
                    run.n_taken += 1
                    if run.parked and not run.is_full:
                        self._thread.post(self._unpark, run)
                    if isinstance(answer, Exception):
                        raise answer
                    yield answer
        finally:
            self._thread.post(self._abandon, run)

    def close(self) -> None:
        """End what runs, wake those who wait for answers, give all leases back."""
        self._thread.post(self._end)
        self._thread.close()
        for host in self._hosts.values():
            if host.is_leased:
                host.is_leased = False
                self._leases.release(host.name)

    # -- requests in, answers out

    def _admit(
        self, run: _Run, tasks: list[tuple[Request, Task | Fetched]], is_urgent: bool
    ) -> None:
        self._runs.add(run)
        for request, task in tasks:
            if isinstance(task, Fetched):
                self._deliver(run, request, task)
            else:
                gap_s = self._gap_of(request)
                self._add(_Job(task, run, gap_s, is_urgent), is_first=is_urgent)

    def _gap_of(self, request: Request) -> float:
        if request.gap_s is not None:
            return request.gap_s
        return request.source.gap_s if request.source else self._gap_s

    def _deliver(self, run: _Run, request: Request, done: Fetched) -> None:
        run.n_pending -= 1
        self._give(run, (request, done))
        self._retry_held(run)

    def _give(self, run: _Run, answer: _Answer | Exception) -> None:
        run.n_given += 1
        if not run.outbox:
            asyncio.get_running_loop().call_soon(self._hand_over, run)
        run.outbox.append(answer)

    def _hand_over(self, run: _Run) -> None:
        run.answers.put(run.outbox)
        run.outbox = []

    def _abandon(self, run: _Run) -> None:
        """Drop what is left of a run whose answers nobody takes any more."""
        run.is_over = True
        self._runs.discard(run)
        self._unpark(run)
        run.held.clear()
        if run.n_pending:
            for host in self._hosts.values():
                host.jobs = deque(job for job in host.jobs if job.run is not run)

    def _end(self) -> None:
        self._is_closed = True
        for run in self._runs:
            run.answers.put([RuntimeError("fetcher: closed while requests ran")])

    # -- hosts in line

    def _add(self, job: _Job, *, is_first: bool = False) -> None:
        if job.run.is_over:
            return
        name = job.task.site
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Site(name)
        if is_first:
            host.jobs.appendleft(job)
            if host.parked_in is not None:
                host.parked_in.parked.remove(host)
                host.parked_in, host.is_queued = None, False
        else:
            host.jobs.append(job)
        if not host.is_queued:
            self._put_in_line(host)

    def _put_in_line(self, host: _Site) -> None:
        host.is_queued = True
        due = self._due_at(host, host.jobs[0]) if host.jobs else 0.0
        if due <= time.monotonic():
            self._call(host)
        else:
            asyncio.get_running_loop().call_at(due, self._call, host)

    def _due_at(self, host: _Site, job: _Job) -> float:
        return host.last_tick + max(job.gap_s, self._courier.delay_s(job.task))

    def _call(self, host: _Site) -> None:
        """Have a host called, as soon as there are not too many others."""
        self._ready.append(host)
        if self._n_free:
            self._n_free -= 1
            task = asyncio.get_running_loop().create_task(self._work())
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)

    def _unpark(self, run: _Run) -> None:
        parked, run.parked = run.parked, []
        for host in parked:
            host.parked_in = None
            self._put_in_line(host)

    def _retry_held(self, run: _Run) -> None:
        """Try held hosts once more, when nothing else of the run is left."""
        if run.held and len(run.held) == run.n_pending:
            jobs, run.held = run.held, []
            for job in jobs:
                self._add(job)

    def _next_job(self, host: _Site) -> _Job | None:
        """Return the first job of a host, unless its run has to wait."""
        if not host.jobs or self._is_closed:
            return None
        run = host.jobs[0].run
        if run.is_full:
            host.parked_in = run
            run.parked.append(host)
            return None
        return host.jobs.popleft()

    # -- contacts

    async def _work(self) -> None:
        """Call the hosts that are in line, one after the other, until none is left."""
        while self._ready and not self._is_closed:
            host = self._ready.popleft()
            try:
                if self._has_lease(host):
                    await self._serve(host)
            except Exception as error:  # noqa: BLE001  raised where answers are taken
                self._fail(host, error)
        self._n_free += 1

    async def _serve(self, host: _Site) -> None:
        """Make one contact, and settle all jobs before and after that need none."""
        has_called = False
        while True:
            job = self._next_job(host)
            if job is None:
                break
            if self._is_settled(host, job):
                continue
            if has_called or self._due_at(host, job) > time.monotonic():
                host.jobs.appendleft(job)
                break
            await self._make_contact(host, job)
            has_called = True
        self._rest(host)

    def _is_settled(self, host: _Site, job: _Job) -> bool:
        """Deal with a job that needs no contact with this host, if it is one."""
        task = job.task
        health = host.health.get(task.host)
        wait_s = math.ceil(host.closed_until - self._clock().timestamp())
        if wait_s > 0 and self._limits.breaker:
            why = f"Retry-After: {wait_s} s are left"
            done = self._courier.refuse(task, "rate_limited", why, wait_s)
        elif health and health.is_down and not job.is_urgent:
            done = self._courier.refuse(task, "host_busy", "breaker open")
        else:
            decided = self._courier.decide(task)
            if decided is None:
                if task.site == host.name:
                    return False
                # Its robots.txt was elsewhere, and is known now.
                self._add(job, is_first=True)
                return True
            done = decided
        self._deliver(job.run, task.request, done)
        return True

    async def _make_contact(self, host: _Site, job: _Job) -> None:
        name, began = job.task.host, time.monotonic()
        try:
            hop = await self._courier.hop(job.task)
        except Exception:
            host.jobs.appendleft(job)  # so that _fail finds its run
            raise
        # Counted from the answer, not from our start: a connection takes its time, and
        # it is the server that must never see two calls too close together.
        host.last_tick = job.task.called_at
        host.last_start = time.time() - (time.monotonic() - host.last_tick)
        if hop.wait_s:
            host.closed_until = self._clock().timestamp() + hop.wait_s
        self._leases.note(host.name, HostTurn(host.last_start, host.closed_until))
        if hop.outcome:
            health = host.health.setdefault(name, HostHealth())
            was_down = health.is_down
            health.count(hop.outcome, time.monotonic() - began, self._limits)
            if health.is_down and not was_down:
                log.warning("host=%s breaker=open outcome=%s", name, hop.outcome)
        if hop.done is None:
            self._add(job, is_first=True)
        else:
            self._deliver(job.run, job.task.request, hop.done)

    def _rest(self, host: _Site) -> None:
        """Put a host back in line, or give it back if it has no more work."""
        if (run := host.parked_in) is not None:
            if not run.is_full:  # by answers taken before it was seen that hosts wait
                self._unpark(run)
            return
        if host.jobs:
            self._put_in_line(host)
            return
        self._leases.release(host.name)
        host.is_leased = host.is_queued = False

    def _has_lease(self, host: _Site) -> bool:
        if host.is_leased:
            return True
        turn = self._leases.take(host.name)
        if turn is None:
            self._set_aside(host)
            return False
        host.is_leased = True
        # A start that another machine's clock puts in the future counts as now.
        age_s = max(0.0, time.time() - turn.last_start)
        host.last_start = max(host.last_start, turn.last_start)
        host.closed_until = max(host.closed_until, turn.closed_until)
        host.last_tick = max(host.last_tick, time.monotonic() - age_s)
        return True

    def _set_aside(self, host: _Site) -> None:
        jobs, host.jobs = host.jobs, deque()
        host.is_queued = False
        for job in jobs:
            if job.was_held:
                done = self._courier.refuse(job.task, "host_busy", HELD_ELSEWHERE)
                self._deliver(job.run, job.task.request, done)
            elif not job.run.is_over:
                job.was_held = True
                job.run.held.append(job)
        for job in jobs:
            self._retry_held(job.run)

    def _fail(self, host: _Site, error: Exception) -> None:
        """Hand an error to those who wait for this host, or else to all who wait."""
        # Logged as well: it may be that nobody waits any more.
        log.error("host=%s failed", host.name, exc_info=error)
        for run in {job.run for job in host.jobs} or self._runs:
            self._give(run, error)
        host.jobs.clear()
        host.is_queued = False
