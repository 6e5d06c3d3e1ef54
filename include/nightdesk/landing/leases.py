"""Host leases: never two connections to one host, whoever asks.

A lease is a lock on a small file that the operating system gives back when its holder
dies; the file's content is the time of the last start on that host, and until when it
wants no request, so that both hold across processes, runs and kills. Wants a file
system with `flock`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path

from nightdesk.model import HostTurn


class HostLeases:
    """The leases of one folder; safe between processes; one thread a host."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._held: dict[str, int] = {}

    def take(self, host: str) -> HostTurn | None:
        """Return what was noted of the host; None: another run holds it."""
        name = hashlib.sha256(host.encode()).hexdigest()[:32]
        handle = os.open(self._folder / name, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        self._held[host] = handle
        raw = os.read(handle, 64).decode("ascii", "replace").split()
        times = [float(word) for word in raw if word.replace(".", "", 1).isdigit()]
        return HostTurn(*times[:2])

    def note(self, host: str, turn: HostTurn) -> None:
        """Keep what the holder of a host has to tell: whoever kills it, it is there."""
        text = " ".join(f"{at:020.6f}" for at in turn)
        os.pwrite(self._held[host], text.encode("ascii"), 0)

    def release(self, host: str) -> None:
        """Give the host back."""
        os.close(self._held.pop(host))
