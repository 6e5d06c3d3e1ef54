"""Names to network addresses, within the deadline.

`getaddrinfo` has no time-out and can hang for minutes, so each look-up runs in a
thread of its own that nobody waits for longer than the request has time; how many may
hang at once is bounded. Literal addresses need no look-up.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from typing import TypeAlias

from nightdesk.fetch.deadline import Deadline
from nightdesk.fetch.outcomes import HopFailed

#: Host name -> addresses as text, best first; raises OSError where there are none.
Resolver: TypeAlias = Callable[[str], Sequence[str]]


def ask_system(host: str) -> list[str]:
    """Return the addresses of a host as the operating system knows them.

    Raises:
        OSError: the host has none.
    """
    answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


_Answer: TypeAlias = list[str] | OSError | UnicodeError
_Query: TypeAlias = tuple[str, queue.SimpleQueue[_Answer]]


class BoundedResolver:
    """A resolver whose look-ups end with the deadline of the request.

    A thread that has answered takes the next look-up: starting one costs more than
    all else that a new host costs us, but for its TLS handshake.
    """

    def __init__(self, resolver: Resolver, threads: int) -> None:
        self._resolver = resolver
        self._slots = threading.BoundedSemaphore(threads)
        self._queries: queue.SimpleQueue[_Query | None] = queue.SimpleQueue()
        self._n_threads = 0
        self._n_at_work = 0  # look-ups that were handed in and not answered
        self._lock = threading.Lock()

    def resolve(self, host: str, deadline: Deadline) -> list[str]:
        """Return the addresses of a host, at least one.

        Raises:
            HopFailed: `dns` without an answer, `timeout` without one in time.
        """
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            pass  # a name
        if not self._slots.acquire(timeout=deadline.left_s()):
            raise HopFailed("timeout", f"resolve: {host}: too many look-ups hang")
        answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
        self._hand_in(host, answers)
        try:
            answer = answers.get(timeout=deadline.left_s())
        except queue.Empty:
            raise HopFailed("timeout", f"resolve: {host}: no answer in time") from None
        if isinstance(answer, Exception):
            raise HopFailed("dns", f"resolve: {host}: {answer}") from answer
        if not answer:
            raise HopFailed("dns", f"resolve: {host}: no address")
        return answer

    def close(self) -> None:
        """Let the threads end, those that hang as soon as they are answered."""
        with self._lock:
            for _ in range(self._n_threads):
                self._queries.put(None)

    def _hand_in(self, host: str, answers: queue.SimpleQueue[_Answer]) -> None:
        with self._lock:
            self._n_at_work += 1
            self._queries.put((host, answers))
            if self._n_at_work > self._n_threads:
                self._n_threads += 1
                threading.Thread(
                    target=self._look_up, name="fetch-dns", daemon=True
                ).start()

    def _look_up(self) -> None:
        while (query := self._queries.get()) is not None:
            host, answers = query
            answer: _Answer
            try:
                answer = list(self._resolver(host))
            except (OSError, UnicodeError) as error:
                answer = error
            except Exception as error:  # noqa: BLE001  a resolver of the caller's
                answer = OSError(f"{type(error).__name__}: {error}")
            with self._lock:
                self._n_at_work -= 1
            answers.put(answer)
            self._slots.release()
