"""A function over many items, on all cores, in processes that can be killed.

What never ends or eats all memory sits in C code, where neither a signal handler nor an
exception reaches it. So each item is worked on by a process that is watched from
outside: one that goes over its limits is killed, its item is given back as `Lost` with
a reason, and the others go on. Processes are started by name, not forked and not by
`multiprocessing`: a task of Airflow has threads and may be a daemon.

Left out: what the items mean, and what is done about a lost one.
"""

from __future__ import annotations

import math
import os
import pickle
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import connection
from pkgutil import resolve_name
from types import TracebackType
from typing import Any, Generic, Literal, TypeVar

import psutil

from nightdesk.errors import WorkerError

Item = TypeVar("Item")
Result = TypeVar("Result")
Reason = Literal["cpu", "wall", "memory", "crash", "error"]

_LOOK_S = 0.2  # between two looks at the processes
_START_S = 120.0  # to import what the function needs, on a busy machine
_END_S = 10.0  # to write down how it died, on a busy machine
_AHEAD = 256  # items that may be done before an earlier one is
_WORTH = 8  # items that are given before one more process pays
_SLACK = 4  # the kernel's own limits are so much wider than what is watched


@dataclass(frozen=True)
class Limits:
    """What one item may cost, and how many items a process lives."""

    cpu_s: float = 10.0
    wall_s: float = 20.0
    memory_bytes: int = 1 << 30
    n_items: int = 2_000  # leaks of libraries end with their process


@dataclass(frozen=True)
class Lost:
    """An item without a result, and what it did to its process."""

    reason: Reason
    detail: str  # of an exception the whole trace

    @property
    def cause(self) -> str:
        """The last line of the detail."""
        return self.detail.strip().rpartition("\n")[2]


@dataclass(frozen=True)
class Named:
    """A function by its name: only the processes that apply it pay for its import."""

    name: str  # "package.module:function"

    def __reduce__(self) -> tuple[Callable[[str], Any], tuple[str]]:
        return resolve_name, (self.name,)


def count_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class WorkerPool(Generic[Item, Result]):
    """Processes that apply one function to items, one at a time each.

    A few items are done by one process; the others start as more come.

    Args:
        function: can be imported by its name, as can the classes of what it is given
            and of what it returns; or that name.
        n: how many processes; none: one for each core.
        limits: what one item may cost.
    """

    def __init__(
        self,
        function: Callable[[Item], Result] | Named,
        n: int | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._first = pickle.dumps((function, limits or Limits()))
        self._limits = limits or Limits()
        self._n = n or count_cores()
        self._workers: list[_Worker] = []
        self._looked_s = 0.0
        self._n_given = 0

    def __enter__(self) -> WorkerPool[Item, Result]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._workers:
            self._workers.pop().end()

    def map(self, items: Iterable[Item]) -> Iterator[Result | Lost]:
        """Yield the result of each item, in their order.

        An item that ends its process is given a second, fresh one, unless it took too
        much CPU: it may have been another's leak, or a machine that was busy.

        Raises:
            WorkerError: a process cannot even begin.
        """
        line: _Line[Item, Result] = _Line(items)
        while not line.is_over:
            for worker in self._find_idle():
                taken = line.take()
                if taken is None:
                    break
                worker.give(*taken)
                self._n_given += 1
            for index, answer in self._collect():
                line.settle(index, answer)
            yield from line.pop_done()

    def _find_idle(self) -> list[_Worker]:
        """Return who waits for an item; those that are missing or old are replaced."""
        for worker in [w for w in self._workers if w.n_done >= self._limits.n_items]:
            self._workers.remove(worker)
            worker.end()
        while len(self._workers) < min(self._n, 1 + self._n_given // _WORTH):
            self._workers.append(_start(self._first))
        return [w for w in self._workers if w.is_ready and w.index is None]

    def _collect(self) -> Iterator[tuple[int, Any]]:
        """Yield what has been done, and what was lost, since the last time."""
        busy = {w.link: w for w in self._workers if not w.is_ready or w.has_item}
        for link in connection.wait(list(busy), _LOOK_S):
            worker = busy[link]
            try:
                answer = worker.link.recv()
            except (EOFError, OSError):
                yield from self._bury(worker)
                continue
            if worker.index is not None:
                yield worker.index, answer
                worker.n_done += 1
            worker.is_ready, worker.index = True, None
        if time.monotonic() - self._looked_s >= _LOOK_S:
            self._looked_s = time.monotonic()
            for worker in [w for w in self._workers if not w.is_ready or w.has_item]:
                if lost := worker.find_excess(self._limits):
                    yield from self._bury(worker, lost)

    def _bury(
        self, worker: _Worker, lost: Lost | None = None
    ) -> Iterator[tuple[int, Lost]]:
        self._workers.remove(worker)
        if lost is None:  # its link is closed: it is about to end by itself
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(_END_S)
        code = worker.end()
        lost = lost or _name_end(code)
        if not worker.is_ready:
            raise WorkerError(f"workers: cannot start a process: {lost.detail}")
        if worker.index is not None:
            yield worker.index, lost


@dataclass(eq=False)
class _Worker:
    """A process, and the item that it has."""

    process: subprocess.Popen[bytes]
    link: Any
    watch: psutil.Process
    is_ready: bool = False
    n_done: int = 0
    index: int | None = None
    since_s: float = field(default_factory=time.monotonic)
    cpu_s: float = 0.0  # that it had used by then

    @property
    def has_item(self) -> bool:
        return self.index is not None

    def give(self, index: int, item: object) -> None:
        self.index, self.since_s = index, time.monotonic()
        self.cpu_s = self._used_cpu()
        with suppress(OSError):  # it is gone: the next look at its link says so
            self.link.send(item)

    def find_excess(self, limits: Limits) -> Lost | None:
        """Return the limit that it is over, as the end of its item."""
        wall_s = time.monotonic() - self.since_s
        if not self.is_ready:
            is_late = wall_s > _START_S
            return Lost("wall", f"not ready after {_START_S:g} s") if is_late else None
        if self._used_cpu() - self.cpu_s > limits.cpu_s:
            return Lost("cpu", f"over {limits.cpu_s:g} s of CPU")
        with suppress(psutil.Error):
            if self.watch.memory_info().rss > limits.memory_bytes:
                return Lost("memory", f"over {limits.memory_bytes >> 20} MiB")
        if wall_s > limits.wall_s:
            return Lost("wall", f"over {limits.wall_s:g} s")
        return None

    def _used_cpu(self) -> float:
        with suppress(psutil.Error):
            times = self.watch.cpu_times()
            return float(times.user + times.system)
        return 0.0

    def end(self) -> int:
        self.link.close()
        self.process.kill()
        return self.process.wait()


class _Line(Generic[Item, Result]):
    """Items on their way: none given twice but those to try again, none out of turn."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._source = enumerate(items)
        self._is_dry = False
        self._given: dict[int, Item] = {}
        self._again: deque[tuple[int, Item]] = deque()
        self._tried: set[int] = set()
        self._done: dict[int, Result | Lost] = {}
        self._n_out = 0

    @property
    def is_over(self) -> bool:
        return self._is_dry and not (self._given or self._again)

    def take(self) -> tuple[int, Item] | None:
        """Return the next item with its number; None: there is none now."""
        taken = self._again.popleft() if self._again else None
        if taken is None and not self._is_dry and len(self._done) < _AHEAD:
            taken = next(self._source, None)
            self._is_dry = taken is None
        if taken is not None:
            self._given[taken[0]] = taken[1]
        return taken

    def settle(self, index: int, answer: Result | Lost) -> None:
        item = self._given.pop(index)
        is_accident = isinstance(answer, Lost) and answer.reason not in ("cpu", "error")
        if is_accident and index not in self._tried:
            self._tried.add(index)
            self._again.append((index, item))
        else:
            self._done[index] = answer

    def pop_done(self) -> Iterator[Result | Lost]:
        while self._n_out in self._done:
            self._n_out += 1
            yield self._done.pop(self._n_out - 1)


def _start(first: bytes) -> _Worker:
    ours, theirs = connection.Pipe()
    with theirs:
        process = subprocess.Popen(  # noqa: S603 (ourselves)
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "PYTHONSAFEPATH": "1",
            },
        )
    worker = _Worker(process, ours, psutil.Process(process.pid))
    with suppress(OSError):  # it is gone: the first look at its link says so
        ours.send_bytes(first)
    return worker


def _name_end(code: int) -> Lost:
    """Name how a process ended by itself, or by the kernel."""
    if code >= 0:
        return Lost("crash", f"ended with exit status {code}")
    name = signal.Signals(-code).name
    return Lost("cpu" if -code == signal.SIGXCPU else "crash", f"ended by {name}")


# inside the process -----------------------------------------------------------


def serve(link: Any) -> None:
    """Apply the function that comes first to every item that follows, until the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who starts us ends us
    function, limits = pickle.loads(link.recv_bytes())  # noqa: S301 (our parent's)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, _SLACK * limits.memory_bytes)
    link.send(None)
    with suppress(EOFError):
        while True:
            item = link.recv()
            # Should whoever watches us die, the kernel ends what would never end.
            used = math.ceil(time.process_time() + _SLACK * limits.cpu_s)
            _limit(resource.RLIMIT_CPU, used)
            link.send(_apply(function, item))


def _apply(function: Callable[[Any], object], item: object) -> object:
    try:
        return function(item)
    except MemoryError:
        return Lost("memory", "no more memory")
    except Exception:  # noqa: BLE001 (the per-item boundary: one item, one answer)
        return Lost("error", traceback.format_exc())


def _limit(kind: int, value: int) -> None:
    """Set a soft limit; systems that do not know it go without."""
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (value, hard))


if __name__ == "__main__":
    from nightdesk.workers import serve as _serve  # its Lost is not `__main__`'s

    _serve(connection.Connection(int(sys.argv[1])))
