"""Leases of hosts, so that two runs never call one host at the same time.

The landing area has the leases that processes share; those here hold within one.
"""

from __future__ import annotations

import threading
from typing import Protocol

from nightdesk.model import HostTurn


class Leases(Protocol):
    """Hosts that one fetcher at a time may call."""

    def take(self, host: str) -> HostTurn | None:
        """Return what was noted last; None: held elsewhere."""

    def note(self, host: str, turn: HostTurn) -> None:
        """Keep what the holder of a host has to tell, whatever becomes of it."""

    def release(self, host: str) -> None:
        """Give a host back."""


class MemoryLeases:
    """Leases among the fetchers of one process.

    >>> leases = MemoryLeases()
    >>> leases.take("a.example").last_start, leases.take("a.example")
    (0.0, None)
    """

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._turns: dict[str, HostTurn] = {}
        self._lock = threading.Lock()

    def take(self, host: str) -> HostTurn | None:
        """Return what is known of a free host, which is held from now on."""
        with self._lock:
            if host in self._held:
                return None
            self._held.add(host)
            return self._turns.get(host, HostTurn())

    def note(self, host: str, turn: HostTurn) -> None:
        """Keep what the holder of a host has to tell."""
        with self._lock:
            self._turns[host] = turn

    def release(self, host: str) -> None:
        """Give a host back."""
        with self._lock:
            self._held.discard(host)
