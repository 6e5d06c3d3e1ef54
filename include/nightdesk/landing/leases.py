"""Host leases: never two connections to one host, whoever asks.

A lease is a lock on a small file that the operating system gives back when its holder
dies; the file's content is the time of the last start on that host, so that the gap
between starts holds across processes and runs. Wants a file system with `flock`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path


class HostLeases:
    """The leases of one folder; safe between processes; one thread a host."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._held: dict[str, int] = {}

    def take(self, host: str) -> float | None:
        """Return the epoch seconds of the host's last start (0.0: never).

        None means that another run holds the host.
        """
        name = hashlib.sha256(host.encode()).hexdigest()[:32]
        handle = os.open(self._folder / name, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        self._held[host] = handle
        raw = os.read(handle, 64).decode("ascii", "replace")
        return float(raw) if raw.replace(".", "", 1).isdigit() else 0.0

    def release(self, host: str, last_start: float) -> None:
        """Give the host back and note when the last request to it started."""
        handle = self._held.pop(host)
        os.pwrite(handle, f"{last_start:020.6f}".encode("ascii"), 0)
        os.close(handle)
