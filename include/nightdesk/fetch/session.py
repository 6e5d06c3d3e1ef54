"""One request over the wire; the only module that imports requests and urllib3.

`requests.Session` is left out on purpose: it reads the whole body of a redirect into
memory, decoded, whatever it is told (psf/requests#5529). `HTTPAdapter.send` does not,
and costs half the CPU time. What the adapter lacks is added underneath: addresses are
checked before they are connected to, sockets are given to the deadline, and all
connections share one TLS context (a new one costs 15 ms of CPU time).
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import requests.adapters
import requests.utils
import urllib3
import urllib3.connection
import urllib3.connectionpool
import urllib3.exceptions
from requests.structures import CaseInsensitiveDict

from nightdesk.fetch.deadline import Deadline
from nightdesk.fetch.guard import Policy
from nightdesk.fetch.outcomes import HopFailed
from nightdesk.fetch.resolve import BoundedResolver

_MAX_TRIED = 4  # addresses of one host that are tried one after the other
_MAX_DRAINED = 65_536


@dataclass(slots=True)
class _Call:
    """What the connection must know of the request that it is used for."""

    deadline: Deadline
    policy: Policy
    resolver: BoundedResolver
    connect_s: float
    is_reused: bool = False

    def connect(
        self, host: str, port: int, options: list[tuple[int, int, int | bytes]] | None
    ) -> tuple[socket.socket, str]:
        """Return a connected socket and the checked address that it leads to."""
        addresses = self.resolver.resolve(host, self.deadline)
        self.policy.check(addresses, port)
        until = time.monotonic() + min(self.connect_s, self.deadline.left_s())
        tried = addresses[:_MAX_TRIED]
        for number, address in enumerate(tried, 1):
            share = (until - time.monotonic()) / (len(tried) - number + 1)
            try:
                return self._connect(address, port, share, options), address
            except OSError as error:
                if number == len(tried) or self.deadline.has_fired:
                    kind = "timeout" if isinstance(error, TimeoutError) else None
                    why = f"connect: {host}: {error}"
                    raise HopFailed(kind or "connection", why) from error
        raise HopFailed("dns", f"resolve: {host}: no address")

    def _connect(
        self,
        address: str,
        port: int,
        within_s: float,
        options: list[tuple[int, int, int | bytes]] | None,
    ) -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            for option in options or ():
                sock.setsockopt(*option)
            sock.settimeout(max(within_s, 0.01))
            self.deadline.watch(sock)
            sock.connect((address, port))
            sock.settimeout(max(self.deadline.left_s(), 0.01))
        except OSError:
            sock.close()
            raise
        return sock


# Set around one send; a connection finds its request there and nowhere else.
_CALL: ContextVar[_Call] = ContextVar("call")


class _GuardedHTTP(urllib3.connection.HTTPConnection):
    """A connection that connects to checked addresses only."""

    peer = ""
    is_fresh = False

    def _new_conn(self) -> socket.socket:
        sock, self.peer = _CALL.get().connect(
            self._dns_host, self.port, self.socket_options
        )
        self.is_fresh = True
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request; a kept connection is checked again for this one."""
        if self.sock is not None and not self.is_fresh:
            call = _CALL.get()
            call.policy.check([self.peer], self.port)
            call.is_reused = True
            call.deadline.watch(self.sock)
        super().request(*args, **kwargs)
        self.is_fresh = False


class _GuardedHTTPS(_GuardedHTTP, urllib3.connection.HTTPSConnection):
    """The same over TLS."""


class _HTTPPool(urllib3.connectionpool.HTTPConnectionPool):
    ConnectionCls = _GuardedHTTP


class _HTTPSPool(urllib3.connectionpool.HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPS


class _Adapter(requests.adapters.HTTPAdapter):
    """An adapter with guarded connections and one TLS context for all of them."""

    def __init__(self, hosts: int, workers: int, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(pool_connections=hosts, pool_maxsize=workers, max_retries=0)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        """Make the pools; called by the base class."""
        super().init_poolmanager(
            connections, maxsize, block, ssl_context=self._context, **pool_kwargs
        )
        self.poolmanager.pool_classes_by_scheme = {
            "http": _HTTPPool,
            "https": _HTTPSPool,
        }

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Leave verification to the shared context, which always demands it."""

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        """Return the pool key; the TLS part is the same for all."""
        host, _ = super().build_connection_pool_key_attributes(request, True)
        return host, {"ssl_context": self._context, "cert_reqs": "CERT_REQUIRED"}


class Reply:
    """A response whose body has not been read yet."""

    def __init__(self, response: requests.Response, deadline: Deadline) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = {
            name.lower(): value for name, value in response.headers.items()
        }
        self._raw: urllib3.HTTPResponse = response.raw
        self._deadline = deadline

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes as they came over the wire, b"" at the end.

        Raises:
            HopFailed: the body broke off, or took too long.
        """
        try:
            data = self._raw.read(size, decode_content=False)
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as e:
            failure = _explain(e, self._deadline)
            if failure.outcome == "connection":
                raise HopFailed("truncated", str(failure)) from e
            raise failure from e
        if self._deadline.has_fired:
            raise HopFailed("timeout", "body: the total time is over")
        return data

    def drain(self) -> None:
        """Read a short body away, so that the connection can be kept."""
        length = self.headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length[:9]) <= _MAX_DRAINED:
            with contextlib.suppress(HopFailed):  # what it said is known already
                while self.read(_MAX_DRAINED):
                    pass

    def close(self) -> None:
        """Close the connection unless its body was read to the end."""
        self._raw.close()


class Transport:
    """All connections of a fetcher."""

    def __init__(
        self,
        resolver: BoundedResolver,
        *,
        hosts: int,
        workers: int,
        connect_s: float,
        ca_file: Path | None = None,
    ) -> None:
        self._resolver = resolver
        self._connect_s = connect_s
        self._adapter = _Adapter(hosts, workers, _make_tls_context(ca_file))

    def send(
        self, url: str, headers: Mapping[str, str], deadline: Deadline, policy: Policy
    ) -> Reply:
        """Return the answer to a GET; redirects are answers too.

        Raises:
            HopFailed: there is none.
        """
        request = requests.PreparedRequest()
        request.method, request.url = "GET", url
        request.headers = CaseInsensitiveDict(headers)
        call = _Call(deadline, policy, self._resolver, self._connect_s)
        token = _CALL.set(call)
        left = max(deadline.left_s(), 0.01)
        try:
            response = self._adapter.send(request, stream=True, timeout=(left, left))
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            UnicodeError,
        ) as error:
            failure = _explain(error, deadline)
            failure.is_stale = failure.outcome == "connection" and call.is_reused
            raise failure from error
        finally:
            _CALL.reset(token)
        reply = Reply(response, deadline)
        if deadline.has_fired:  # the end of a stream that we ended ourselves
            reply.close()
            raise HopFailed("timeout", "header: the total time is over")
        return reply

    def close(self) -> None:
        """Close all connections."""
        self._adapter.close()


@functools.cache
def _make_tls_context(ca_file: Path | None) -> ssl.SSLContext:
    # Loading the authorities takes 25 ms; fetchers of one process share the result.
    context = ssl.create_default_context(cafile=requests.utils.DEFAULT_CA_BUNDLE_PATH)
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


# The first row that fits any of an error's causes wins.
_EXPLAINED: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "timeout"),
    (urllib3.exceptions.TimeoutError, "timeout"),
    (ssl.SSLError, "tls"),
    (urllib3.exceptions.SSLError, "tls"),
    (http.client.IncompleteRead, "truncated"),
    (http.client.RemoteDisconnected, "connection"),
    (ConnectionError, "connection"),
    (http.client.HTTPException, "http_error"),  # what came is no HTTP
    (urllib3.exceptions.InvalidHeader, "http_error"),
    (UnicodeError, "bad_url"),
    (urllib3.exceptions.LocationValueError, "bad_url"),
)


def _explain(error: BaseException, deadline: Deadline) -> HopFailed:
    """Return an error of the libraries as the outcome that it means."""
    causes = list(_list_causes(error))
    inner = causes[-1]
    why = f"{type(inner).__name__}: {inner}".replace("\n", " ")
    if deadline.has_fired:
        return HopFailed("timeout", f"the total time is over: {why}")
    for kind, outcome in _EXPLAINED:
        if any(isinstance(cause, kind) for cause in causes):
            return HopFailed(outcome, why)
    return HopFailed("connection", why)


def _list_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it wraps, the outermost first."""
    seen: set[int] = set()
    todo = [error]
    while todo:
        cause = todo.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (getattr(cause, "reason", None), cause.__cause__, *cause.args)
        todo += [item for item in inner if isinstance(item, BaseException)]
