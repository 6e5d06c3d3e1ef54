"""Which children of a sitemap index can tell of a night?

Publishers cut their archives by day, month or number, and say which in the address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

_DAY = re.compile(r"(?<!\d)(20\d\d)[-_/.]?(0[1-9]|1[0-2])[-_/.]?([0-3]\d)(?!\d)")
_MONTH = re.compile(r"(?<!\d)(20\d\d)[-_/.]?(0[1-9]|1[0-2])(?!\d)")
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_NEWS = re.compile(r"news|latest|recent|today", re.I)


def choose_children(
    children: Sequence[str], night: date, *, limit: int = 10
) -> tuple[str, ...]:
    """Return the children of an index to read for a night, the best first.

    Those of its day and the two beside it (publishers date by local time), then of its
    month, then of its year, then news sitemaps without a date; never one that names
    another time. Where no address holds a date, the first and the last `limit` / 2:
    archives that are numbered grow at one end.

    >>> choose_children(["https://x.example/2026-02.xml",
    ...                  "https://x.example/2026-03.xml"], date(2026, 3, 1))
    ('https://x.example/2026-03.xml',)
    """
    ranked = [(_rank(child, night), n, child) for n, child in enumerate(children)]
    fit = sorted(row for row in ranked if row[0] < _UNDATED)
    if fit:
        return tuple(child for _, _, child in fit[:limit])
    undated = [child for rank, _, child in ranked if rank == _UNDATED]
    half = limit // 2
    ends = undated if len(undated) <= limit else undated[:half] + undated[-half:]
    return tuple(ends)


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
