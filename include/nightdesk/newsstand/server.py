"""The world on a loopback port: `/https/<host>/<path>` is `https://<host>/<path>`."""

from __future__ import annotations

import logging
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from nightdesk.newsstand.world import Response, World

log = logging.getLogger(__name__)

#: Requests remembered; older ones are forgotten.
LOG_SIZE = 50_000


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: when (seconds since the epoch), which host, which path."""

    time: float
    host: str
    path: str
    span: str | None = None  # the Range header


@dataclass(frozen=True, slots=True)
class Stand:
    """A world that is being served."""

    base_url: str
    port: int
    log: deque[Asked] = field(default_factory=lambda: deque(maxlen=LOG_SIZE))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a connection kept alive must not hold up the end
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], world: World) -> None:
        super().__init__(address, _Handler)
        self.world = world
        host, port = str(self.server_address[0]), int(self.server_address[1])
        self.stand = Stand(f"http://{host}:{port}", port)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "newsstand"
    sys_version = ""
    timeout = 60  # seconds that an idle connection is kept
    # Head and body leave in one packet; two would wait for each other (Nagle).
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """Answer a GET."""
        self._send(self._respond(), with_body=True)

    def do_HEAD(self) -> None:
        """Answer a HEAD."""
        self._send(self._respond(), with_body=False)

    def _respond(self) -> Response:
        scheme, _, rest = self.path.lstrip("/").partition("/")
        host, _, path = rest.partition("/")
        asked = Asked(time.time(), host, f"/{path}", self.headers.get("Range"))
        self.server.stand.log.append(asked)
        try:
            return self.server.world.respond(scheme, host, f"/{path}", self.headers)
        except OSError as error:  # a file of the mirror folder went away
            log.warning("newsstand: %s: %s", self.path, error)
            return Response(500)

    def _send(self, response: Response, *, with_body: bool) -> None:
        if response.delay_s:
            time.sleep(response.delay_s)
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        if response.status != 304:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if with_body and response.status != 304:
            self.wfile.write(response.body)

    def log_message(self, format: str, *args: object) -> None:
        """Log at DEBUG; `Stand.log` is what tests read."""
        log.debug(format, *args)


@contextmanager
def serve(world: World, host: str = "127.0.0.1", port: int = 0) -> Iterator[Stand]:
    """Serve a world from a thread of its own; yields where it is found.

    Args:
        world: what to serve.
        host: address to bind; loopback, unless somebody asks for another.
        port: 0 for any free one.

    Raises:
        OSError: the port is taken.
    """
    server = _Server((host, port), world)
    thread = Thread(
        target=server.serve_forever, args=(0.05,), name="newsstand", daemon=True
    )
    thread.start()
    try:
        yield server.stand
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def run_forever(
    world: World,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    ready: Callable[[Stand], None] | None = None,
) -> None:
    """Serve a world until SIGTERM or SIGINT; call it from the main thread.

    Args:
        world: what to serve.
        host: address to bind.
        port: 0 for any free one.
        ready: called once with where it is found.

    Raises:
        OSError: the port is taken.
    """
    # Blocked and waited for, not handled: a handler runs between two bytecodes, and a
    # signal that comes just before the main thread begins to wait would be lost. The
    # threads of the server inherit the mask, so none of them takes the signal.
    ends = {signal.SIGTERM, signal.SIGINT}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        with serve(world, host, port) as stand:
            log.info("newsstand: base_url=%s", stand.base_url)
            if ready is not None:
                ready(stand)
            signal.sigwait(ends)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
