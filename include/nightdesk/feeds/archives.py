"""Which children of a sitemap index can tell of a night?

Publishers cut their archives by day, month or number, and say which in the address;
some say when a part last changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import zip_longest
from typing import NamedTuple

_DAY = re.compile(r"(?<!\d)(20\d\d)[-_/.]?(0[1-9]|1[0-2])[-_/.]?([0-3]\d)(?!\d)")
_MONTH = re.compile(r"(?<!\d)(20\d\d)[-_/.]?(0[1-9]|1[0-2])(?!\d)")
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_NEWS = re.compile(r"news|latest|recent|today", re.I)
_ONE_DAY = timedelta(days=1)


class Children(NamedTuple):
    """The children of an index that a night reads, and those that it cannot judge."""

    wanted: tuple[str, ...]  # the best first
    left: tuple[str, ...]  # not read, though they may hold something of the night


def choose_children(
    children: Sequence[str],
    night: date,
    *,
    changed: Sequence[datetime | None] = (),
    limit: int = 10,
) -> Children:
    """Return the children of an index to read for a night, and those that are left.

    Those of its day and the two beside it (publishers date by local time), then of its
    month, then of its year, then news sitemaps without a date; never one that names
    another time. Where no address says any of this: those that state a change since,
    the nearest to the night first, then from both ends of those that state nothing, as
    archives that are numbered grow at one end; never one that states no change since.

    Args:
        children: addresses, in the order of the index.
        night: the night to read for.
        changed: when each of them last changed, as it states.
        limit: children that are read at most.

    >>> choose_children(["https://x.example/2026-02.xml",
    ...                  "https://x.example/2026-03.xml"], date(2026, 3, 1)).wanted
    ('https://x.example/2026-03.xml',)
    """
    ranked = [
        (_rank(child, night), n, child, at)
        for n, (child, at) in enumerate(zip_longest(children, changed))
    ]
    fit = [child for rank, _, child, _ in sorted(ranked) if rank < _UNDATED]
    undated = [(child, at) for rank, _, child, at in ranked if rank == _UNDATED]
    wanted = fit or _pick_undated(undated, night, limit)
    wanted = wanted[:limit]
    known = {*wanted, *(child for child, at in undated if _is_older(at, night))}
    others = [*fit, *(child for child, _ in undated)]
    return Children(tuple(wanted), tuple(c for c in others if c not in known))


_UNDATED, _OTHER = 8, 9


def _rank(address: str, night: date) -> int:
    """Return how near an address is to a night: 0 is its day, `_OTHER` another's."""
    path = address.partition("://")[2].partition("/")[2]
    if match := _DAY.search(path):
        days = [night + timedelta(days=n) for n in (0, 1, -1)]
        stated = "".join(match.groups())
        names = [f"{day:%Y%m%d}" for day in days]
        return names.index(stated) if stated in names else _OTHER
    if match := _MONTH.search(path):
        return 3 if "".join(match.groups()) == f"{night:%Y%m}" else _OTHER
    if match := _YEAR.search(path):
        return 4 if match[1] == str(night.year) else _OTHER
    return 5 if _NEWS.search(path) else _UNDATED


def _pick_undated(
    undated: Sequence[tuple[str, datetime | None]], night: date, limit: int
) -> list[str]:
    """Return the children to read of those whose address says nothing of a time."""
    end = datetime.combine(night + _ONE_DAY, datetime.min.time(), UTC)
    since = [(abs(at - end), child) for child, at in undated if at is not None]
    told = [child for _, child in sorted(since, key=lambda pair: pair[0])]
    older = {child for child, at in undated if _is_older(at, night)}
    told = [child for child in told if child not in older][:limit]
    silent = [child for child, at in undated if at is None]
    room = limit - len(told)
    if len(silent) > room:
        first = room - room // 2
        silent = silent[:first] + silent[len(silent) - room // 2 :]
    return told + silent


def _is_older(at: datetime | None, night: date) -> bool:
    """Return whether a child says that it has not changed since before the night."""
    return at is not None and at.astimezone(UTC).date() < night - _ONE_DAY
