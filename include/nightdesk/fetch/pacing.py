"""Who may go when: one connection a host, a gap between starts, leases across runs.

A host here is what somebody registered: `feeds.hill.example` and `www.hill.example`
are paced as one. It has a queue of its own. If it has work, it stands once in one line
of all, sorted by the time at which it may be called again; a clock thread hands it to
the workers when that time has come. So a worker never waits for a host, and a slow
host holds one worker and not all of them. A Retry-After closes a host; nobody sleeps
it away: what is asked for within that time is `rate_limited`.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from nightdesk.fetch.health import HostHealth
from nightdesk.fetch.leases import Leases
from nightdesk.fetch.outcomes import HELD_ELSEWHERE
from nightdesk.fetch.request import Fetched, Limits, Request
from nightdesk.fetch.trip import Courier, Task

log = logging.getLogger(__name__)

# Answers of one run that may wait to be taken before its hosts are made to wait: a
# page has 50 kB as a rule, so 13 MB; the worst case is bounded by the decoded limit.
_UNTAKEN = 256


@dataclass(eq=False, slots=True)
class _Run:
    """Requests that were handed in together, and the line of their answers."""

    n_pending: int = 0
    n_untaken: int = 0
    is_over: bool = False
    held: list[_Job] = field(default_factory=list)  # their host is leased elsewhere
    parked: list[_Site] = field(default_factory=list)  # until answers are taken
    answers: queue.SimpleQueue[tuple[Request, Fetched] | Exception] = field(
        default_factory=queue.SimpleQueue
    )


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
    closed_until: float = float("-inf")  # monotonic: its Retry-After
    health: dict[str, HostHealth] = field(default_factory=dict)  # by host


_Entry: TypeAlias = tuple[float, int, _Site]


class Pacer:
    """The hosts, the clock and the workers of a fetcher."""

    def __init__(
        self,
        courier: Courier,
        leases: Leases,
        *,
        workers: int,
        gap_s: float,
        limits: Limits,
    ) -> None:
        self._courier = courier
        self._leases = leases
        self._workers = workers
        self._gap_s = gap_s
        self._limits = limits
        self._hosts: dict[str, _Site] = {}
        self._runs: set[_Run] = set()
        self._line: list[_Entry] = []
        self._number = itertools.count()
        self._lock = threading.RLock()
        self._tick = threading.Condition(self._lock)
        self._ready: queue.SimpleQueue[_Site | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._is_closed = False

    def run(
        self, requests: Iterable[Request], *, is_urgent: bool = False
    ) -> Iterator[tuple[Request, Fetched]]:
        """Yield each request with what became of it, as they finish."""
        run = _Run()
        with self._lock:
            self._runs.add(run)
        try:
            self._admit(run, requests, is_urgent)
            while (answer := self._take_answer(run)) is not None:
                if isinstance(answer, Exception):
                    raise answer
                yield answer
        finally:
            self._abandon(run)

    def stop(self) -> None:
        """Let no new contact begin, and wake those who wait for answers."""
        with self._lock:
            self._is_closed = True
            self._tick.notify_all()
            for _ in self._threads:
                self._ready.put(None)
            for run in self._runs:
                run.answers.put(RuntimeError("fetcher: closed while requests ran"))

    def join(self) -> None:
        """Wait for the threads and give all leases back; after `stop`."""
        for thread in self._threads:
            thread.join()
        for host in self._hosts.values():
            if host.is_leased:
                host.is_leased = False
                self._leases.release(host.name, host.last_start)

    # -- requests in, answers out

    def _admit(self, run: _Run, requests: Iterable[Request], is_urgent: bool) -> None:
        tasks = [(request, self._courier.start(request)) for request in requests]
        with self._lock:  # all at once: a host that is held is asked for once
            if self._is_closed:
                raise RuntimeError("fetcher: closed")
            run.n_pending = len(tasks)
            for request, task in tasks:
                if isinstance(task, Fetched):
                    self._deliver(run, request, task)
                else:
                    gap_s = request.source.gap_s if request.source else self._gap_s
                    job = _Job(task, run, gap_s, is_urgent)
                    self._add(job, is_first=is_urgent)

    def _deliver(self, run: _Run, request: Request, done: Fetched) -> None:
        with self._lock:
            run.n_pending -= 1
            run.n_untaken += 1
            run.answers.put((request, done))
            self._retry_held(run)

    def _take_answer(self, run: _Run) -> tuple[Request, Fetched] | Exception | None:
        with self._lock:
            if not run.n_pending and not run.n_untaken:
                return None
        answer = run.answers.get()
        with self._lock:
            run.n_untaken -= 1
            if run.n_untaken < _UNTAKEN:
                self._unpark(run)
        return answer

    def _abandon(self, run: _Run) -> None:
        """Drop what is left of a run whose answers nobody takes any more."""
        with self._lock:
            run.is_over = True
            self._runs.discard(run)
            self._unpark(run)
            run.held.clear()
            if run.n_pending:
                for host in self._hosts.values():
                    left = [job for job in host.jobs if job.run is not run]
                    host.jobs = deque(left)

    # -- hosts in line; all of these are called with the lock held

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
            self._ready.put(host)
        else:
            entry = (due, next(self._number), host)
            heapq.heappush(self._line, entry)
            if self._line[0] is entry:
                self._tick.notify()
        self._hire()

    def _due_at(self, host: _Site, job: _Job) -> float:
        return host.last_tick + max(job.gap_s, self._courier.delay_s(job.task))

    def _hire(self) -> None:
        """Start another worker while there are more hosts than workers."""
        if not self._threads:
            self._start_thread(self._run_clock, "fetch-clock")
        if len(self._threads) - 1 < min(self._workers, len(self._hosts)):
            self._start_thread(self._run_worker, f"fetch-{len(self._threads)}")

    def _start_thread(self, target: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _unpark(self, run: _Run) -> None:
        for host in run.parked:
            host.parked_in = None
            self._put_in_line(host)
        run.parked.clear()

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
        if run.n_untaken >= _UNTAKEN:
            host.parked_in = run
            run.parked.append(host)
            return None
        return host.jobs.popleft()

    # -- threads

    def _run_clock(self) -> None:
        with self._lock:
            while not self._is_closed:
                now = time.monotonic()
                while self._line and self._line[0][0] <= now:
                    self._ready.put(heapq.heappop(self._line)[2])
                self._tick.wait(self._line[0][0] - now if self._line else None)

    def _run_worker(self) -> None:
        while (host := self._ready.get()) is not None and not self._is_closed:
            try:
                if self._has_lease(host):
                    self._serve(host)
            except Exception as error:  # noqa: BLE001  raised where answers are taken
                self._fail(host, error)

    def _serve(self, host: _Site) -> None:
        """Make one contact, and settle all jobs before and after that need none."""
        has_called = False
        while True:
            with self._lock:
                job = self._next_job(host)
            if job is None:
                break
            if self._is_settled(host, job):
                continue
            with self._lock:
                if has_called or self._due_at(host, job) > time.monotonic():
                    host.jobs.appendleft(job)
                    break
            self._make_contact(host, job)
            has_called = True
        self._rest(host)

    def _is_settled(self, host: _Site, job: _Job) -> bool:
        """Deal with a job that needs no contact with this host, if it is one."""
        task = job.task
        health = host.health.get(task.host)
        wait_s = host.closed_until - time.monotonic()
        if wait_s > 0:
            wait_s = math.ceil(wait_s)
            why = f"Retry-After: {wait_s} s are left"
            done = self._courier.refuse(task, "rate_limited", why, wait_s)
        elif health and health.is_down and not job.is_urgent:
            done = self._courier.refuse(task, "host_busy", "breaker open")
        else:
            decided = self._courier.decide(task)
            if decided is None:
                if task.site == host.name:
                    return False
                with self._lock:  # its robots.txt was elsewhere, and is known now
                    self._add(job, is_first=True)
                return True
            done = decided
        self._deliver(job.run, task.request, done)
        return True

    def _make_contact(self, host: _Site, job: _Job) -> None:
        name, began = job.task.host, time.monotonic()
        try:
            hop = self._courier.hop(job.task)
        except Exception:
            host.jobs.appendleft(job)  # so that _fail finds its run
            raise
        # Counted from the answer, not from our start: a connection takes its time, and
        # it is the server that must never see two calls too close together.
        host.last_tick = job.task.called_at
        host.last_start = time.time() - (time.monotonic() - host.last_tick)
        if hop.wait_s and self._limits.breaker:
            host.closed_until = time.monotonic() + hop.wait_s
        if hop.outcome:
            health = host.health.setdefault(name, HostHealth())
            was_down = health.is_down
            health.count(hop.outcome, time.monotonic() - began, self._limits)
            if health.is_down and not was_down:
                log.warning("host=%s breaker=open outcome=%s", name, hop.outcome)
        with self._lock:
            if hop.done is None:
                self._add(job, is_first=True)
            else:
                self._deliver(job.run, job.task.request, hop.done)

    def _rest(self, host: _Site) -> None:
        """Put a host back in line, or give it back if it has no more work."""
        with self._lock:
            if host.parked_in is not None:
                return
            if host.jobs:
                self._put_in_line(host)
                return
        self._leases.release(host.name, host.last_start)
        with self._lock:
            host.is_leased = host.is_queued = False
            if host.jobs:  # came in meanwhile
                self._put_in_line(host)

    def _has_lease(self, host: _Site) -> bool:
        if host.is_leased:
            return True
        last_start = self._leases.take(host.name)
        with self._lock:
            if last_start is None:
                self._set_aside(host)
                return False
            host.is_leased = True
            # A start that another machine's clock puts in the future counts as now.
            age_s = max(0.0, time.time() - last_start)
            host.last_start = max(host.last_start, last_start)
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
        with self._lock:
            for run in {job.run for job in host.jobs} or set(self._runs):
                run.n_untaken += 1
                run.answers.put(error)
            host.jobs.clear()
            host.is_queued = False
