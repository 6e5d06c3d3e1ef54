"""What a host reserves as a whole: its `/.well-known/tdmrep.json` (TDMRep, W3C).

A list of rules, each a pattern of paths and what it reserves. The specification takes
`*` and `$` from robots.txt, but not its order: "the most specific match is the first
in sequence", and not the longest. A rule that is not one is left out; a file that is
not one has none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from nightdesk.fetch.patterns import fits_pattern, read_path
from nightdesk.fetch.reservations import name_tdm

#: Where the file lies on every host.
TDMREP_PATH = "/.well-known/tdmrep.json"

# The file is the host's own, and so are its size and what is kept of it for a day.
_MAX_RULES, _MAX_LOCATION = 1_000, 2_048


@dataclass(frozen=True, slots=True)
class TdmRule:
    """One rule of a host.

    Attributes:
        location: the paths that it is for, as a pattern.
        words: what it says of them; see `reservations.name_tdm`.
    """

    location: str
    words: tuple[str, ...]


def parse_tdmrep(body: bytes) -> tuple[TdmRule, ...]:
    """Return the rules of a file in their order; what is no rule is left out.

    >>> parse_tdmrep(b'[{"location": "/", "tdm-reservation": 1}, {"location": 2}]')
    (TdmRule(location='/', words=('tdm',)),)
    """
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(rows, list):
        return ()
    return tuple(
        TdmRule(row["location"], words)
        for row in rows[:_MAX_RULES]
        if isinstance(row, dict)
        and isinstance(row.get("location"), str)
        and len(row["location"]) <= _MAX_LOCATION
        and (words := name_tdm(row.get("tdm-reservation"), row.get("tdm-policy")))
    )


def add_rules(
    reservations: tuple[str, ...], rules: Iterable[TdmRule], url: str
) -> tuple[str, ...]:
    """Return what an address reserves, with its host's rules.

    What the page itself or its header says goes before the file.

    >>> rules = (TdmRule("/news/*.pdf$", ("tdm",)), TdmRule("/", ("tdm-free",)))
    >>> add_rules(("noai",), rules, "https://a.example/news/1.pdf")
    ('noai', 'tdm')
    >>> add_rules(("tdm",), rules, "https://a.example/")
    ('tdm',)
    """
    if {"tdm", "tdm-free"} & set(reservations):
        return reservations
    path = read_path(url)
    words = next((r.words for r in rules if fits_pattern(r.location, path)), ())
    return tuple(sorted({*reservations, *words}))
