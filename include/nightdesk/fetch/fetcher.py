"""The fetcher: the one door through which nightdesk speaks HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType, TracebackType

from nightdesk.errors import ConfigError
from nightdesk.fetch.address import Mirrors
from nightdesk.fetch.connect import Connector
from nightdesk.fetch.guard import parse_networks
from nightdesk.fetch.leases import Leases, MemoryLeases
from nightdesk.fetch.pacing import Pacer
from nightdesk.fetch.request import Fetched, Limits, Request
from nightdesk.fetch.resolve import BoundedResolver, Resolver, ask_system
from nightdesk.fetch.robots import read_product
from nightdesk.fetch.session import Transport
from nightdesk.fetch.trip import Courier
from nightdesk.model import Attempt


def _utc_now() -> datetime:
    return datetime.now(UTC)


_NO_MIRRORS: Mapping[str, str] = MappingProxyType({})


class Fetcher:
    """Fetches feeds and pages politely and within limits; a context manager.

    May be used from several threads. All of them share what is known of a host: its
    pace, its robots.txt, and whether it is down.

    Args:
        user_agent: as sent; it starts with the name that robots.txt knows us by.
        mirrors: URL prefix -> URL prefix that stands in for it; the longest wins.
            What is reported stays the original address.
        allowed_networks: CIDRs that may be fetched from although they are private.
        leases: hosts shared with other fetchers; within this one by default.
        workers: hosts at most that are called at the same time.
        hosts: hosts whose connections are kept open.
        resolver: host name -> addresses; the operating system's by default.
        limits: deadlines, sizes, hops.
        gap_s: least time between two starts on a host, for requests without a source.
        ca_file: PEM file of certificate authorities beside the usual ones.
        clock: tells until when a host that asked for a pause wants no request.

    Raises:
        ConfigError: the user agent names no product, or a network is none.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        mirrors: Mapping[str, str] = _NO_MIRRORS,
        allowed_networks: Sequence[str] = (),
        leases: Leases | None = None,
        workers: int = 64,
        hosts: int = 128,
        resolver: Resolver | None = None,
        limits: Limits | None = None,
        gap_s: float = 2.0,
        ca_file: Path | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        if not read_product(user_agent):
            raise ConfigError(f"user agent: {user_agent!r}: names no product")
        limits = limits or Limits()
        networks = parse_networks(allowed_networks)
        self._resolver = BoundedResolver(resolver or ask_system, 2 * workers)
        connector = Connector(
            self._resolver, connect_s=limits.connect_s, ca_file=ca_file
        )
        self._transport = Transport(connector, hosts=hosts, workers=workers)
        self._courier = Courier(
            self._transport,
            user_agent=user_agent,
            mirrors=Mirrors(mirrors),
            networks=networks,
            limits=limits,
        )
        self._pacer = Pacer(
            self._courier,
            leases or MemoryLeases(),
            workers=workers,
            gap_s=gap_s,
            limits=limits,
            clock=clock,
        )

    def fetch(self, request: Request) -> Fetched:
        """Return what became of one request; waits for the pace of its host.

        Never raises for a bad address or a bad server: that is an outcome. Goes before
        the requests of `fetch_all`, and also to a host that seems to be down.
        """
        (answer,) = self._pacer.run([request], is_urgent=True)
        return answer[1]

    def fetch_all(
        self, requests: Iterable[Request]
    ) -> Iterator[tuple[Request, Fetched]]:
        """Yield each request with what became of it, as they finish.

        Every request comes out exactly once. A consumer that is slower than the net
        makes the hosts wait.
        """
        return self._pacer.run(requests)

    def drain_attempts(self) -> list[Attempt]:
        """Return the rows of the fetch log since the last call.

        One for each request and one for each robots.txt.
        """
        return self._courier.drain_attempts()

    def close(self) -> None:
        """End what still runs, close the connections, give the leases back."""
        self._pacer.close()
        self._transport.close()
        self._resolver.close()

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
