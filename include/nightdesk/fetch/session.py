"""One request over the wire; the only module that imports requests and urllib3.

Pools, connections and TLS are those of a requests `HTTPAdapter`; its `send` is left
out, and `requests.Session` with it. A session reads the whole body of a redirect into
memory, decoded, whatever it is told (psf/requests#5529), and `send` takes 290
microseconds of CPU time where `wire` takes 20. What the adapter lacks is added
underneath: addresses are checked before they are connected to, sockets are given to
the deadline, and all connections share one TLS context (a new one costs 15 ms).
"""

from __future__ import annotations

import contextlib
import functools
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

import requests.adapters
import requests.utils
import urllib3
import urllib3.connection
import urllib3.connectionpool
import urllib3.exceptions

from nightdesk.fetch.address import Address
from nightdesk.fetch.deadline import Deadline
from nightdesk.fetch.guard import Policy
from nightdesk.fetch.outcomes import HopFailed
from nightdesk.fetch.resolve import BoundedResolver
from nightdesk.fetch.wire import Answer

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

    def left_s(self) -> float:
        """Return the seconds left, and always some: nought would mean no waiting."""
        return max(self.deadline.left_s(), 0.01)

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
            sock.settimeout(self.left_s())
        except OSError:
            sock.close()
            raise
        return sock


# Set around one send; a connection finds its request there and nowhere else.
_CALL: ContextVar[_Call] = ContextVar("call")


class _GuardedHTTP(urllib3.connection.HTTPConnection):
    """A connection that connects to checked addresses only."""

    peer = ""
    passed: Policy | None = None  # that this peer was last checked against

    def _new_conn(self) -> socket.socket:
        sock, self.peer = _CALL.get().connect(
            self._dns_host, self.port, self.socket_options
        )
        return sock

    def prepare(self, call: _Call) -> socket.socket:
        """Return the socket for a request; a kept one is checked again for it."""
        if self.sock is None:
            self.timeout = call.left_s()
            self.connect()
        else:
            if call.policy != self.passed:
                call.policy.check([self.peer], self.port)
            call.is_reused = True
            call.deadline.watch(self.sock)
        self.passed = call.policy
        sock: socket.socket = self.sock
        sock.settimeout(call.left_s())
        return sock


class _GuardedHTTPS(_GuardedHTTP, urllib3.connection.HTTPSConnection):
    """The same over TLS."""


class _HTTPPool(urllib3.connectionpool.HTTPConnectionPool):
    ConnectionCls = _GuardedHTTP


class _HTTPSPool(urllib3.connectionpool.HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPS


_Pool: TypeAlias = _HTTPPool | _HTTPSPool


class _Adapter(requests.adapters.HTTPAdapter):
    """An adapter with guarded connections and one TLS context for all of them."""

    def __init__(self, hosts: int, workers: int, context: ssl.SSLContext) -> None:
        self._context = context
        # Kept by host, since making a key takes as long as all the rest of a look-up.
        self._find_key = functools.lru_cache(4096)(self._make_key)
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

    def take_connection(self, at: Address) -> tuple[_Pool, _GuardedHTTP]:
        """Return a connection to a host, a kept one if there is any, and its pool."""
        while True:
            key, context = self._find_key(at.scheme, at.host, at.port)
            pool = self.poolmanager.connection_from_pool_key(key, dict(context))
            try:
                return cast(_Pool, pool), cast(_GuardedHTTP, pool._get_conn())
            except urllib3.exceptions.ClosedPoolError:
                continue  # pushed out by other hosts just now: there is a new one

    def _make_key(self, scheme: str, host: str, port: int) -> tuple[Any, Any]:
        context = self.poolmanager.connection_pool_kw | {
            "scheme": scheme,
            "host": f"[{host}]" if ":" in host else host,
            "port": port,
        }
        make_key = self.poolmanager.key_fn_by_scheme[scheme]
        return make_key(context), context


class Reply:
    """A response whose body has not been read yet."""

    def __init__(
        self, answer: Answer, deadline: Deadline, pool: _Pool, connection: _GuardedHTTP
    ) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self._answer = answer
        self._deadline = deadline
        self._pool = pool
        self._connection: _GuardedHTTP | None = connection

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes as they came over the wire, b"" at the end.

        Raises:
            HopFailed: the body broke off, or took too long.
        """
        try:
            data = self._answer.read(size)
        except (HopFailed, OSError) as error:
            failure = _explain(error, self._deadline)
            if failure.outcome == "connection":
                raise HopFailed("truncated", str(failure)) from error
            raise failure from error
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
        """Keep the connection if its answer was read to the end, else close it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            is_kept = self._answer.can_keep and not self._deadline.has_fired
            if not is_kept:
                connection.close()
            self._pool._put_conn(connection if is_kept else None)


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
        self,
        at: Address,
        headers: Mapping[str, str],
        deadline: Deadline,
        policy: Policy,
    ) -> Reply:
        """Return the answer to a GET; redirects are answers too.

        Raises:
            HopFailed: there is none.
        """
        call = _Call(deadline, policy, self._resolver, self._connect_s)
        token = _CALL.set(call)
        pool, connection = self._adapter.take_connection(at)
        try:
            answer = _exchange(connection.prepare(call), at, headers)
        except (
            HopFailed,
            urllib3.exceptions.HTTPError,
            OSError,
            UnicodeError,
        ) as error:
            connection.close()
            pool._put_conn(None)
            failure = _explain(error, deadline)
            failure.is_stale = failure.outcome == "connection" and call.is_reused
            raise failure from error
        finally:
            _CALL.reset(token)
        reply = Reply(answer, deadline, pool, connection)
        if deadline.has_fired:  # the end of a stream that we ended ourselves
            reply.close()
            raise HopFailed("timeout", "header: the total time is over")
        return reply

    def close(self) -> None:
        """Close all connections."""
        self._adapter.close()
        self._resolver.close()


def _exchange(sock: socket.socket, at: Address, headers: Mapping[str, str]) -> Answer:
    """Send a request and return its answer, of which the head has been read."""
    _, _, rest = at.url.partition("://")
    host, slash, target = rest.partition("/")
    lines = [f"GET {slash}{target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    sock.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
    answer = Answer(sock)
    answer.read_head()
    return answer


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
    (ConnectionError, "connection"),
    (UnicodeError, "bad_url"),
)


def _explain(error: BaseException, deadline: Deadline) -> HopFailed:
    """Return an error of the libraries as the outcome that it means."""
    if isinstance(error, HopFailed) and not deadline.has_fired:
        return error
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
