"""One total deadline per fetch that really ends it.

`requests` knows a time-out per read only, so a server that sends one byte a second
holds a thread for ever. Here one thread watches all deadlines and shuts the socket
down; the blocked read then returns at once. Whoever reads must ask `has_fired` before
it believes an end of the stream.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import socket
import threading
import time

_ROOM = 1_024  # deadlines that are kept before those that are over are dropped


class Deadline:
    """The time that is left for one request, and the sockets it uses."""

    def __init__(self, budget_s: float) -> None:
        self.at = time.monotonic() + budget_s
        self.has_fired = False
        self._is_over = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()

    @property
    def is_over(self) -> bool:
        """Whether the request ended, so that there is nothing left to fire."""
        return self._is_over

    def left_s(self) -> float:
        """Return the seconds left, never below zero."""
        return max(0.0, self.at - time.monotonic())

    def watch(self, sock: socket.socket) -> None:
        """Have this socket shut down when the time is over.

        A duplicate is kept: TLS detaches the first object, and a response may outlive
        the object of its connection.
        """
        twin = socket.socket(
            sock.family, sock.type, sock.proto, fileno=os.dup(sock.fileno())
        )
        with self._lock:
            self._sockets.append(twin)
            if self.has_fired:
                _shut_down(twin)

    def fire(self) -> None:
        """End the request now, unless it is over already."""
        with self._lock:
            if self._is_over:
                return
            self.has_fired = True
            for sock in self._sockets:
                _shut_down(sock)

    def finish(self) -> None:
        """Stop watching: the request is over."""
        with self._lock:
            self._is_over = True
            for sock in self._sockets:
                sock.close()
            self._sockets.clear()


class Reaper:
    """The thread that fires deadlines."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Deadline]] = []
        self._number = itertools.count()
        self._wake = threading.Condition()
        self._is_closed = False
        self._room = _ROOM
        self._thread = threading.Thread(
            target=self._run, name="fetch-reaper", daemon=True
        )
        self._thread.start()

    def start(self, budget_s: float) -> Deadline:
        """Return a deadline that is watched from now on."""
        deadline = Deadline(budget_s)
        with self._wake:
            if len(self._heap) >= self._room:
                self._sweep()
            entry = (deadline.at, next(self._number), deadline)
            heapq.heappush(self._heap, entry)
            if self._is_closed:
                deadline.fire()
            elif self._heap[0] is entry:
                self._wake.notify()
        return deadline

    def close(self) -> None:
        """Fire every deadline that still runs and end the thread."""
        with self._wake:
            self._is_closed = True
            self._wake.notify()
        self._thread.join()
        for _, _, deadline in self._heap:
            deadline.fire()

    def _sweep(self) -> None:
        """Drop what is over: at 4,000 requests a second their time comes too late."""
        self._heap = [entry for entry in self._heap if not entry[2].is_over]
        heapq.heapify(self._heap)
        self._room = max(_ROOM, 2 * len(self._heap))

    def _run(self) -> None:
        while True:
            with self._wake:
                if self._is_closed:
                    return
                wait = self._heap[0][0] - time.monotonic() if self._heap else None
                if wait is None or wait > 0:
                    self._wake.wait(wait)
                    continue
                deadline = heapq.heappop(self._heap)[2]
            deadline.fire()


def _shut_down(sock: socket.socket) -> None:
    # Not connected any more, or not yet: then there is nothing to end.
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
