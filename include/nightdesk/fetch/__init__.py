"""The only package that speaks HTTP: guarded, paced, and never without an end.

`Fetcher` is the door. One request's way through the modules: `pacing` says when it may
go, `trip` what its next hop is, `guard` where it may connect, `session` sends it over a
`channel` of the `loop`, `wire` reads the answer, `body` decodes it, `outcomes` names
what became of it, `reservations` and `tdmrep` what it and its host say of its use,
`logins` whether it has let us in.
"""

from nightdesk.fetch.fetcher import Fetcher
from nightdesk.fetch.jsonl import fetch_row, fetch_rows
from nightdesk.fetch.leases import Leases, MemoryLeases
from nightdesk.fetch.logins import Login, parse_login
from nightdesk.fetch.outcomes import HELD_ELSEWHERE, RETRYABLE, answered
from nightdesk.fetch.request import Fetched, Limits, Request
from nightdesk.fetch.reservations import read_reservations
from nightdesk.fetch.resolve import Resolver
from nightdesk.fetch.tdmrep import TDMREP_PATH, TdmRule, add_rules, parse_tdmrep

__all__ = [
    "HELD_ELSEWHERE",
    "RETRYABLE",
    "TDMREP_PATH",
    "Fetched",
    "Fetcher",
    "Leases",
    "Limits",
    "Login",
    "MemoryLeases",
    "Request",
    "Resolver",
    "TdmRule",
    "add_rules",
    "answered",
    "fetch_row",
    "fetch_rows",
    "parse_login",
    "parse_tdmrep",
    "read_reservations",
]
