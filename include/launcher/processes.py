"""Processes that we start, and that nothing of them stays behind.

Airflow's tasks move into process groups of their own, so a group is not enough: a
process is ours when it descends from one that we started, or shares its session.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from launcher.console import POLL_S, Console, LaunchError

GRACE_S, ORPHAN_S = 12.0, 0.5
IS_LINUX = Path("/proc/self/stat").exists()
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h


@dataclass(frozen=True)
class Row:
    """One process of the machine; `session` is 0 where the system does not say."""

    pid: int
    parent: int
    session: int


def list_processes() -> list[Row]:
    """All processes that are alive, zombies left out."""
    if IS_LINUX:
        rows = [_read_stat(path) for path in Path("/proc").glob("[0-9]*/stat")]
        return [row for row in rows if row is not None]
    shown = subprocess.run(  # macOS: no session ids, parents only
        ["/bin/ps", "-axo", "pid=,ppid=,stat="],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    fields = [line.split() for line in shown.splitlines()]
    return [Row(int(f[0]), int(f[1]), 0) for f in fields if not f[2].startswith("Z")]


def _read_stat(path: Path) -> Row | None:
    try:
        state, parent, _group, session = _stat_fields(path)[:4]
    except OSError:
        return None  # it has just ended
    if state in ("Z", "X"):
        return None
    return Row(int(path.parent.name), int(parent), int(session))


def _stat_fields(path: Path) -> list[str]:
    # The name, in brackets, may hold blanks and brackets.
    return path.read_text(errors="replace").rpartition(")")[2].split()


def read_start(pid: int) -> str | None:
    """When a process began, as the system writes it: tells a reused pid apart."""
    try:
        if IS_LINUX:
            return _stat_fields(Path(f"/proc/{pid}/stat"))[19]
        argv = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
        shown = subprocess.run(argv, capture_output=True, text=True)  # noqa: S603
        return shown.stdout.strip() or None
    except OSError:
        return None


def find_family(roots: set[int]) -> list[int]:
    """The roots that live, all that descend from them, and all of their sessions."""
    rows = list_processes()
    family: set[int] = set()
    grown = {row.pid for row in rows if row.pid in roots or row.session in roots}
    while grown - family:
        family |= grown
        grown = {row.pid for row in rows if row.parent in family}
    return sorted(family - {os.getpid()})


def kill_all(roots: set[int], signum: int, *, but: frozenset[int] = frozenset()) -> int:
    """Signal a whole family; returns how many processes got it."""
    n_reached = 0
    for pid in find_family(roots):
        if pid in but:
            continue
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signum)
            n_reached += 1
    return n_reached


def end_family(roots: set[int], is_over: Callable[[], bool]) -> None:
    """TERM the roots, give their helpers a moment, KILL what is left of the family.

    A scheduler that is told to stop waits for its workers, and they for their tasks;
    with the workers gone it signs off, and its successor takes the tasks up again. Its
    first TERM can get lost (Python drops an exit that is raised inside a callback of
    the garbage collector; seen here), so it gets a second one.
    """
    _signal_roots(roots, signal.SIGTERM)
    if not _wait_gone(roots, GRACE_S / 3, is_over):
        kill_all(roots, signal.SIGKILL, but=frozenset(roots))
        _signal_roots(roots, signal.SIGTERM)
    if not _wait_gone(roots, GRACE_S * 2 / 3, is_over):
        kill_all(roots, signal.SIGKILL)
    for _ in range(50):  # a fork may slip past one look
        if not kill_all(roots, signal.SIGKILL):
            return
        time.sleep(POLL_S)


def _signal_roots(roots: set[int], signum: int) -> None:
    for pid in roots:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signum)


def _wait_gone(roots: set[int], seconds: float, is_over: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while family := find_family(roots):
        if roots.isdisjoint(family):  # nobody is left to end the rest in good order
            end = min(end, time.monotonic() + ORPHAN_S)
            roots = set(family)
        if time.monotonic() > end or is_over():
            return False
        time.sleep(POLL_S)
    return True


def _die_with_parent() -> None:
    # Between fork and exec: if we are killed outright, this child gets a TERM.
    if IS_LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Family:
    """The processes of one launcher, each in a session of its own.

    Args:
        adopts: this process has no other children: orphans come to it instead of to
            init (Linux), and whatever descends from it in the end is killed.
    """

    def __init__(self, *, adopts: bool = False) -> None:
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._adopts = adopts
        if adopts and IS_LINUX:
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)

    def start(
        self,
        name: str,
        argv: list[str],
        *,
        log: Path,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a process that writes to a log of its own."""
        try:
            with log.open("wb") as out:
                process = subprocess.Popen(  # noqa: S603
                    argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out,
                    stderr=subprocess.STDOUT, start_new_session=True,
                    preexec_fn=_die_with_parent,
                )  # fmt: skip
        except OSError as error:
            raise LaunchError(f"{name}: cannot start {argv[0]}: {error}") from error
        self.running[name] = process
        return process

    def run(
        self,
        name: str,
        argv: list[str],
        *,
        log: Path,
        console: Console,
        env: dict[str, str] | None = None,
    ) -> int:
        """Start a process and wait for its exit code; a signal ends the wait."""
        self.start(name, argv, log=log, env=env)
        return self.wait(name, console)

    def wait(self, name: str, console: Console) -> int:
        """The exit code of a process that ends by itself; a signal ends the wait."""
        process = self.running[name]
        while (code := process.poll()) is None:
            console.wait(POLL_S)
        del self.running[name]
        return code

    def find_dead(self) -> str | None:
        """Name of a process that ended although it should run."""
        for name, process in self.running.items():
            if process.poll() is not None:
                return name
        return None

    def stop(self, console: Console) -> None:
        """End all of them and theirs; returns when none is left."""
        roots = {process.pid for process in self.running.values()}

        def is_over() -> bool:
            for process in self.running.values():
                process.poll()
            return console.is_hurried

        if roots:
            end_family(roots, is_over)
        for process in self.running.values():
            process.wait()
        self.running.clear()
        if self._adopts:  # what left its session, and its parent died
            while kill_all({os.getpid()}, signal.SIGKILL):
                time.sleep(POLL_S)
            self._reap()

    @staticmethod
    def _reap() -> None:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
