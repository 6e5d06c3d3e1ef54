"""Requests on their way, as `trip` moves them on and `pacing` puts them in line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from nightdesk.fetch.address import Address, find_site
from nightdesk.fetch.body import Meter
from nightdesk.fetch.guard import Policy
from nightdesk.fetch.request import Fetched, Purpose, Request


@dataclass(slots=True)
class Trip:
    """An address on its way over its redirects."""

    url: str
    purpose: Purpose
    at: Address  # where the next hop goes
    left_s: float
    seen: set[str]
    redirects: list[str] = field(default_factory=list)
    started_at: datetime | None = None
    spent_s: float = 0.0
    is_repeated: bool = False  # the hop, since a kept connection was stale
    meter: Meter = field(default_factory=Meter)


@dataclass(slots=True)
class Task:
    """A request on its way, and the robots.txt that it waits for, if it does."""

    request: Request
    policy: Policy
    trip: Trip
    robots: Trip | None = None
    called_at: float = 0.0  # monotonic: when the server had the last call for sure

    @property
    def host(self) -> str:
        """The host of the next hop."""
        return (self.robots or self.trip).at.host

    @property
    def site(self) -> str:
        """The registered domain of the next hop: by it the pace is kept."""
        return find_site(self.host)


@dataclass(frozen=True, slots=True)
class Hop:
    """What one contact came to.

    Attributes:
        outcome: of the contact; a redirect is ok, "" says nothing of the host.
        done: the answer to the request; None: another hop follows.
        wait_s: for how long the server wants no other request.
    """

    outcome: str
    done: Fetched | None = None
    wait_s: int = 0
