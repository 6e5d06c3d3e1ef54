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


class BoundedResolver:
    """A resolver whose look-ups end with the deadline of the request."""

    def __init__(self, resolver: Resolver, threads: int) -> None:
        self._resolver = resolver
        self._slots = threading.BoundedSemaphore(threads)

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
        answers: queue.SimpleQueue[list[str] | OSError | UnicodeError]
        answers = queue.SimpleQueue()
        threading.Thread(
            target=self._look_up, args=(host, answers), name="fetch-dns", daemon=True
        ).start()
        try:
            answer = answers.get(timeout=deadline.left_s())
        except queue.Empty:
            raise HopFailed("timeout", f"resolve: {host}: no answer in time") from None
        if isinstance(answer, Exception):
            raise HopFailed("dns", f"resolve: {host}: {answer}") from answer
        if not answer:
            raise HopFailed("dns", f"resolve: {host}: no address")
        return answer

    def _look_up(
        self, host: str, answers: queue.SimpleQueue[list[str] | OSError | UnicodeError]
    ) -> None:
        try:
            answers.put(list(self._resolver(host)))
        except (OSError, UnicodeError) as error:
            answers.put(error)
        finally:
            self._slots.release()
