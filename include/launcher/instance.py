"""One launcher a checkout: who runs, and what it started.

A file lock says whether one runs; the system drops it with the process, so a stale
file is harmless. The note beside it names the components, for the next start to end
them if the launcher itself was killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from launcher.console import POLL_S, LaunchError
from launcher.processes import Family, end_family, read_start
from launcher.settings import Checkout, write_private

_STOP_S = 60.0


@dataclass(frozen=True)
class Note:
    """What the running launcher wrote down.

    Attributes:
        pid: of the launcher.
        started: when it began, as the system writes it.
        components: (pid, when it began) of what it started.
    """

    pid: int
    started: str | None
    components: tuple[tuple[int, str | None], ...] = ()

    @property
    def is_alive(self) -> bool:
        """Whether that very process still runs."""
        return self.started is not None and read_start(self.pid) == self.started


def read_note(checkout: Checkout) -> Note | None:
    """The note of the last launcher; None if there is none that can be read."""
    try:
        raw = json.loads(_note_path(checkout).read_text(encoding="utf-8"))
        components = tuple((int(pid), start) for pid, start in raw["components"])
        return Note(int(raw["pid"]), raw["started"], components)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_note(checkout: Checkout, family: Family, port: int | None = None) -> None:
    """Write down who we are, what we have started so far, and the port of Airflow."""
    components = [(p.pid, read_start(p.pid)) for p in family.running.values()]
    note = {
        "pid": os.getpid(),
        "started": read_start(os.getpid()),
        "components": components,
        "port": port,
    }
    write_private(_note_path(checkout), json.dumps(note))


def _note_path(checkout: Checkout) -> Path:
    return checkout.home / "launcher.json"


@contextlib.contextmanager
def hold_lock(checkout: Checkout) -> Iterator[None]:
    """Be the only launcher of this checkout while the block runs.

    Raises:
        LaunchError: another one runs; names its process.
    """
    checkout.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (checkout.home / "launcher.lock").open("a") as file:
        if not _try_lock(file.fileno()):
            note = read_note(checkout)
            who = f"process {note.pid}" if note else "another process"
            raise LaunchError(
                f"{checkout.root}: {who} already runs here; "
                "`make down` stops it, Ctrl-C in its terminal too"
            )
        end_leftovers(checkout)
        try:
            yield
        finally:
            _note_path(checkout).unlink(missing_ok=True)


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def end_leftovers(checkout: Checkout) -> int:
    """End components whose launcher was killed; returns how many there were.

    Only call it with the lock held. A process counts only if it began when the note
    says: its number may belong to somebody else by now.
    """
    note = read_note(checkout)
    if note is None:
        return 0
    left = {
        pid
        for pid, started in note.components
        if started is not None and read_start(pid) == started
    }
    if left:
        end_family(left, lambda: False)
    _note_path(checkout).unlink(missing_ok=True)
    return len(left)


def stop_running(checkout: Checkout, wait: Callable[[float], None] = time.sleep) -> str:
    """Stop the launcher of this checkout; returns what there is to say about it.

    Raises:
        LaunchError: it is there and does not stop.
    """
    path = checkout.home / "launcher.lock"
    if not path.exists():
        return "nothing runs here"
    with path.open("a") as file:
        if _try_lock(file.fileno()):
            n_left = end_leftovers(checkout)
            return f"ended {n_left} left-over processes" if n_left else (
                "nothing runs here"
            )  # fmt: skip
        note = read_note(checkout)
        if note is None or not note.is_alive:
            raise LaunchError(f"{path}: is held, but by whom it does not say", code=1)
        os.kill(note.pid, signal.SIGTERM)
        end = time.monotonic() + _STOP_S
        while not _try_lock(file.fileno()):
            if time.monotonic() > end:
                raise LaunchError(f"process {note.pid}: does not stop", code=1)
            wait(POLL_S)
    return f"stopped process {note.pid} and all that it started"
