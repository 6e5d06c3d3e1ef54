"""The only package that speaks HTTP: guarded, paced, and never without an end.

`Fetcher` is the door. One request's way through the modules: `pacing` says when it may
go, `trip` what its next hop is, `guard` where it may connect, `session` sends it under
a `deadline`, `wire` reads the answer, `body` decodes it, `outcomes` names what became
of it, `reservations` what it says of its use.
"""

from nightdesk.fetch.fetcher import Fetcher
from nightdesk.fetch.jsonl import fetch_row, fetch_rows
from nightdesk.fetch.leases import Leases, MemoryLeases
from nightdesk.fetch.outcomes import HELD_ELSEWHERE, RETRYABLE, answered
from nightdesk.fetch.request import Fetched, Limits, Request
from nightdesk.fetch.reservations import read_reservations
from nightdesk.fetch.resolve import Resolver

__all__ = [
    "HELD_ELSEWHERE",
    "RETRYABLE",
    "Fetched",
    "Fetcher",
    "Leases",
    "Limits",
    "MemoryLeases",
    "Request",
    "Resolver",
    "answered",
    "fetch_row",
    "fetch_rows",
    "read_reservations",
]
