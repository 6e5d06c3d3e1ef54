"""One request over the wire; with `connect` all that imports requests and urllib3.

Pools and connections are those of a requests `HTTPAdapter`; its `send` is left out, and
`requests.Session` with it. A session reads the whole body of a redirect into memory,
decoded, whatever it is told (psf/requests#5529), knows no total deadline, holds a
thread while it waits, and takes 290 microseconds of CPU time where `wire` takes 20.
"""

from __future__ import annotations

import contextlib
import functools
import queue
import ssl
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

import requests.adapters
import urllib3.connection
import urllib3.connectionpool
import urllib3.exceptions

from nightdesk.fetch.address import Address
from nightdesk.fetch.channel import Channel
from nightdesk.fetch.connect import Connector
from nightdesk.fetch.guard import Policy
from nightdesk.fetch.outcomes import HopFailed
from nightdesk.fetch.wire import Answer

_MAX_DRAINED = 65_536


class _GuardedHTTP(urllib3.connection.HTTPConnection):
    """A connection that a pool keeps, and what is known of it."""

    channel: Channel | None = None
    peer = ""
    passed: Policy | None = None  # that this peer was last checked against

    def close(self) -> None:
        """Close it, also as the pools do."""
        self.channel = None
        super().close()


class _GuardedHTTPS(_GuardedHTTP, urllib3.connection.HTTPSConnection):
    """The same over TLS."""


class _Shelf(queue.LifoQueue[Any]):
    """The kept connections of a host; pools would fill it with a None a place."""

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        if item is not None:
            super().put(item, block, timeout)


class _HTTPPool(urllib3.connectionpool.HTTPConnectionPool):
    ConnectionCls = _GuardedHTTP
    QueueCls = _Shelf


class _HTTPSPool(urllib3.connectionpool.HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPS
    QueueCls = _Shelf


_Pool: TypeAlias = _HTTPPool | _HTTPSPool


class _Adapter(requests.adapters.HTTPAdapter):
    """An adapter whose pools are asked for connections, and for nothing else."""

    def __init__(self, hosts: int, workers: int) -> None:
        # Kept by host, since making a key takes as long as all the rest of a look-up.
        self._find_key = functools.lru_cache(4096)(self._make_key)
        # A mirror stands for many hosts, and has as many connections.
        super().__init__(pool_connections=hosts, pool_maxsize=workers, max_retries=0)
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

    def __init__(self, answer: Answer, pool: _Pool, connection: _GuardedHTTP) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self._answer = answer
        self._pool = pool
        self._connection: _GuardedHTTP | None = connection

    async def read(self, size: int) -> bytes:
        """Return at most `size` bytes as they came over the wire, b"" at the end.

        Raises:
            HopFailed: the body broke off, or took too long.
        """
        try:
            return await self._answer.read(size)
        except (HopFailed, OSError) as error:
            failure = _explain(error)
            if failure.outcome == "connection":
                raise HopFailed("truncated", str(failure)) from error
            raise failure from error

    async def drain(self) -> None:
        """Read a short body away, so that the connection can be kept."""
        length = self.headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length[:9]) <= _MAX_DRAINED:
            with contextlib.suppress(HopFailed):  # what it said is known already
                while await self.read(_MAX_DRAINED):
                    pass

    def close(self) -> None:
        """Keep the connection if its answer was read to the end, else close it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            is_kept = self._answer.can_keep
            if not is_kept:
                connection.close()
            self._pool._put_conn(connection if is_kept else None)


class Transport:
    """All connections of a fetcher."""

    def __init__(self, connector: Connector, *, hosts: int, workers: int) -> None:
        self._connector = connector
        self._adapter = _Adapter(hosts, workers)

    async def send(
        self, at: Address, headers: Mapping[str, str], until: float, policy: Policy
    ) -> Reply:
        """Return the answer to a GET; redirects are answers too.

        All of it ends at `until`, by the loop's clock, reading the body as well.

        Raises:
            HopFailed: there is none.
        """
        pool, connection = self._adapter.take_connection(at)
        is_reused = connection.channel is not None
        try:
            channel = await self._prepare(connection, at, until, policy)
            await channel.send(_make_request(at, headers))
            answer = Answer(channel)
            await answer.read_head()
        except BaseException as error:
            connection.close()
            pool._put_conn(None)
            if not isinstance(error, HopFailed | OSError | UnicodeError):
                raise
            failure = _explain(error)
            failure.is_stale = failure.outcome == "connection" and is_reused
            raise failure from error
        return Reply(answer, pool, connection)

    async def _prepare(
        self, connection: _GuardedHTTP, at: Address, until: float, policy: Policy
    ) -> Channel:
        """Return the channel for a request; a kept one is checked again for it."""
        channel = connection.channel
        if channel is None:
            channel, connection.peer = await self._connector.connect(at, policy, until)
            connection.channel, connection.sock = channel, channel.sock
        elif policy != connection.passed:
            policy.check([connection.peer], at.port)
        connection.passed = policy
        channel.until = until
        return channel

    def close(self) -> None:
        """Close all connections."""
        self._adapter.close()


def _make_request(at: Address, headers: Mapping[str, str]) -> bytes:
    _, _, rest = at.url.partition("://")
    host, slash, target = rest.partition("/")
    lines = [f"GET {slash}{target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


# The first row that fits wins.
_EXPLAINED: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "timeout"),
    (ssl.SSLError, "tls"),
    (UnicodeError, "bad_url"),
    (OSError, "connection"),
)


def _explain(error: Exception) -> HopFailed:
    """Return an error of the libraries as the outcome that it means."""
    if isinstance(error, HopFailed):
        return error
    outcome = next(outcome for kind, outcome in _EXPLAINED if isinstance(error, kind))
    return HopFailed(outcome, f"{type(error).__name__}: {error}".replace("\n", " "))
