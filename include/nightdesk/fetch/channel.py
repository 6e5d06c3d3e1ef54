"""A socket on the loop, with or without TLS, of which every wait has an end."""

from __future__ import annotations

import asyncio
import socket
import ssl

# Bytes that are read without a wait before others get their turn: a server that sends
# faster than we read must not have the thread for itself. A read counts as some bytes.
_BURST = 131_072
_READ = 4_096
_BLOCKED = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Channel:
    """A connected socket that never blocks its thread.

    Attributes:
        until: time of the loop's clock at which a wait ends with TimeoutError.
        is_cut: the other side ended TLS without the word that it has for that.
    """

    def __init__(self, sock: socket.socket, until: float) -> None:
        self.sock = sock
        self.until = until
        self._loop = asyncio.get_running_loop()
        self._in_row = 0
        self.is_cut = False

    async def shake_hands(self, context: ssl.SSLContext, host: str) -> None:
        """Put TLS on the socket; raises OSError, of which ssl.SSLError is one."""
        self.sock = sock = context.wrap_socket(
            self.sock,
            server_hostname=host,
            do_handshake_on_connect=False,
            suppress_ragged_eofs=False,
        )
        while True:
            try:
                return sock.do_handshake()
            except _BLOCKED as error:
                await self._wait(error, to_read=True)

    async def send(self, data: bytes) -> None:
        """Send all of the data; raises OSError."""
        while data:
            try:
                data = data[self.sock.send(data) :]
            except _BLOCKED as error:
                await self._wait(error, to_read=False)

    async def receive(self, size: int) -> bytes:
        """Return what has come, b"" at the end; raises OSError."""
        if self._in_row >= _BURST:
            self._in_row = 0
            await asyncio.sleep(0)
            if self._loop.time() > self.until:
                raise TimeoutError("the total time is over")
        while True:
            try:
                data = self.sock.recv(size)
                self._in_row += len(data) + _READ
                return data
            except _BLOCKED as error:
                await self._wait(error, to_read=True)
            except ssl.SSLEOFError:
                self.is_cut = True
                return b""

    async def _wait(self, error: OSError, *, to_read: bool) -> None:
        """Wait until what would have blocked can go on; TLS has its own wishes."""
        loop, number = self._loop, self.sock.fileno()
        waiter = loop.create_future()
        if isinstance(error, ssl.SSLError):
            to_read = isinstance(error, ssl.SSLWantReadError)
        timer = loop.call_at(self.until, _expire, waiter)
        (loop.add_reader if to_read else loop.add_writer)(number, _wake, waiter)
        try:
            await waiter
        finally:
            (loop.remove_reader if to_read else loop.remove_writer)(number)
            timer.cancel()
        self._in_row = 0


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _expire(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError("the total time is over"))
