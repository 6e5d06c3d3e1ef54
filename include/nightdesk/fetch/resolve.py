"""Names to network addresses, within the deadline of a request.

`getaddrinfo` has no time-out and can hang for minutes, so each look-up runs in a
thread of its own that nobody waits for longer than the request has time; how many may
hang at once is bounded. Literal addresses need no look-up.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from typing import TypeAlias

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
_Query: TypeAlias = tuple[str, asyncio.Future[_Answer]]


class BoundedResolver:
    """A resolver whose look-ups end with the deadline of the request.

    A thread that has answered takes the next look-up: starting one costs more than
    all else that a new host costs us, but for its TLS handshake. While one looks up
    there is always another that waits; it is they that start each other, since on a
    busy machine a start takes milliseconds, and the loop must not wait for it.
    """

    def __init__(self, resolver: Resolver, threads: int) -> None:
        self._resolver = resolver
        self._slots = asyncio.Semaphore(threads)
        self._queries: queue.SimpleQueue[_Query | None] = queue.SimpleQueue()
        self._most = threads
        self._n_threads = 0
        self._n_idle = 0
        self._is_closed = False
        self._lock = threading.Lock()

    async def resolve(self, host: str, until: float) -> list[str]:
        """Return the addresses of a host, at least one; `until` by the loop's clock.

        Raises:
            HopFailed: `dns` without an answer, `timeout` without one in time.
        """
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            pass  # a name
        why = "too many look-ups hang"
        try:
            async with asyncio.timeout_at(until):
                await self._slots.acquire()
                why = "no answer in time"
                answer = await self._hand_in(host)
        except TimeoutError:
            raise HopFailed("timeout", f"resolve: {host}: {why}") from None
        if isinstance(answer, Exception):
            raise HopFailed("dns", f"resolve: {host}: {answer}") from answer
        if not answer:
            raise HopFailed("dns", f"resolve: {host}: no address")
        return answer

    def close(self) -> None:
        """Let the threads end, those that hang as soon as they are answered."""
        with self._lock:
            self._is_closed = True
        for _ in range(self._n_threads):
            self._queries.put(None)

    def _hand_in(self, host: str) -> asyncio.Future[_Answer]:
        answered: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._queries.put((host, answered))
        if not self._n_threads:
            self._count_idle(0)
        return answered

    def _take_answer(self, answered: asyncio.Future[_Answer], answer: _Answer) -> None:
        self._slots.release()
        if not answered.done():  # else nobody waits any more
            answered.set_result(answer)

    def _look_up(self) -> None:
        while (query := self._queries.get()) is not None:
            self._count_idle(-1)
            host, answered = query
            answer: _Answer
            try:
                answer = list(self._resolver(host))
            except (OSError, UnicodeError) as error:
                answer = error
            except Exception as error:  # noqa: BLE001  a resolver of the caller's
                answer = OSError(f"{type(error).__name__}: {error}")
            self._count_idle(1)
            with contextlib.suppress(RuntimeError):  # the fetcher was closed meanwhile
                answered.get_loop().call_soon_threadsafe(
                    self._take_answer, answered, answer
                )

    def _count_idle(self, more: int) -> None:
        """Count the threads that wait, and start one if none does."""
        with self._lock:
            self._n_idle += more
            if self._n_idle or self._is_closed or self._n_threads == self._most:
                return
            self._n_idle += 1
            self._n_threads += 1
        threading.Thread(target=self._look_up, name="fetch-dns", daemon=True).start()
