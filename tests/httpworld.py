"""A loopback server that says exactly what a test wants, byte by byte.

It writes down every request that reaches it, so that a test can count hits and measure
gaps from the server's side.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Seen:
    """A request as the server saw it; headers by lower-case name."""

    path: str
    headers: dict[str, str]
    at: float  # monotonic seconds
    connection: int


#: Bytes to send; or a function that is given the socket and then hangs up.
Answer: TypeAlias = bytes | Callable[[socket.socket, Seen], None]


def reply(
    body: bytes | str = b"",
    status: int = 200,
    headers: Iterable[str] = (),
    kind: str = "text/html",
    length: int | None = None,
) -> bytes:
    """A response with a Content-Length, by default the true one."""
    data = body.encode() if isinstance(body, str) else body
    lines = [
        f"HTTP/1.1 {status} Because",
        f"Content-Type: {kind}",
        f"Content-Length: {len(data) if length is None else length}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + data


def redirect(to: str, status: int = 302, body: bytes = b"", *more: str) -> bytes:
    """A redirect; `more` are further header lines."""
    return reply(body, status, [f"Location: {to}", *more])


@functools.cache
def bomb(mib: int = 64) -> bytes:
    """Gzip of many zeros: a thousandth of the size that it unpacks to."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)  # in parts: it must not cost us
    parts = [packer.compress(bytes(1 << 20)) for _ in range(mib)]
    return b"".join([*parts, packer.flush()])


def dribble(start: bytes, drop: bytes, for_s: float = 8.0) -> Answer:
    """Send `start`, then `drop` again and again, slowly."""

    def answer(sock: socket.socket, seen: Seen) -> None:
        sock.sendall(start)
        until = time.monotonic() + for_s
        while time.monotonic() < until:
            sock.sendall(drop)
            time.sleep(0.05)

    return answer


@dataclass
class World:
    """A server on one loopback address; `pages` may be changed while it runs.

    Unknown paths, robots.txt among them, are answered with 404.
    """

    address: str = "127.0.0.2"
    tls: ssl.SSLContext | None = None
    greeting: Callable[[socket.socket], None] | None = None  # instead of HTTP
    pages: dict[str, Answer] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    most_at_once: int = 0
    wanted_port: int = 0  # 0: any that is free

    def __enter__(self) -> World:
        where = (self.address, self.wanted_port)
        self._listener = socket.create_server(where, backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._busy: dict[str, int] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def url(self, path: str = "/") -> str:
        return f"http://{self.address}:{self.port}{path}"

    def paths(self, *, robots: bool = False) -> list[str]:
        """The paths asked for, in order."""
        paths = [seen.path for seen in self.seen]
        return [path for path in paths if robots or not path.endswith("/robots.txt")]

    def _accept(self) -> None:
        number = 0
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            number += 1
            threading.Thread(
                target=self._serve, args=(sock, number), daemon=True
            ).start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        with self._lock:
            self._open.add(sock)
        if self.greeting is not None:
            with contextlib.suppress(OSError), sock:
                self.greeting(sock)
            return
        if self.tls is not None:
            try:
                sock = self.tls.wrap_socket(sock, server_side=True)
            except OSError:  # the client refused our certificate
                return
        with contextlib.suppress(OSError), sock, sock.makefile("rb") as lines:
            while self._answer(sock, lines, number):
                pass
        with self._lock:
            self._open.discard(sock)

    def _answer(self, sock: socket.socket, lines: Iterable[bytes], number: int) -> bool:
        head = []
        for line in lines:
            if line in (b"\r\n", b"\n"):
                break
            head.append(line.decode("latin-1").rstrip("\r\n"))
        if not head:
            return False
        path = head[0].split(" ")[1]
        pairs = (line.partition(": ") for line in head[1:])
        headers = {name.lower(): value for name, _, value in pairs}
        seen = Seen(path, headers, time.monotonic(), number)
        host = path.split("/")[1]  # as a mirror of several hosts names them
        with self._lock:
            self.seen.append(seen)
            self._busy[host] = self._busy.get(host, 0) + 1
            self.most_at_once = max(self.most_at_once, self._busy[host])
        try:
            answer = self.pages.get(path, reply("missing", 404))
            if callable(answer):
                answer(sock, seen)
                return False
            sock.sendall(answer)
            return b"connection: close" not in answer[:300].lower()
        finally:
            with self._lock:
                self._busy[host] -= 1
