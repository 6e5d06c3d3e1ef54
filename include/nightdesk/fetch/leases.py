"""Leases of hosts, so that two runs never call one host at the same time.

The landing area has the leases that processes share; those here hold within one.
"""

from __future__ import annotations

import threading
from typing import Protocol


class Leases(Protocol):
    """Hosts that one fetcher at a time may call."""

    def take(self, host: str) -> float | None:
        """Return the last start (epoch seconds, 0.0: never); None: held elsewhere."""

    def release(self, host: str, last_start: float) -> None:
        """Give a host back and keep the time of its last start."""


class MemoryLeases:
    """Leases among the fetchers of one process.

    >>> leases = MemoryLeases()
    >>> leases.take("a.example"), leases.take("a.example")
    (0.0, None)
    """

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._starts: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, host: str) -> float | None:
        """Return the last start of a free host, which is held from now on."""
        with self._lock:
            if host in self._held:
                return None
            self._held.add(host)
            return self._starts.get(host, 0.0)

    def release(self, host: str, last_start: float) -> None:
        """Give a host back."""
        with self._lock:
            self._held.discard(host)
            self._starts[host] = last_start
