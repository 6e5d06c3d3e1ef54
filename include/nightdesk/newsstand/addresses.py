"""Which day is an address of the newsstand about?"""

from __future__ import annotations

import re
from datetime import date, timedelta

from nightdesk.newsstand.outlets import Outlet

_DATED = re.compile(r"/(\d{4})/(\d\d)/(\d\d)/")
_NUMBERED = re.compile(r"(?:-|/r/)(\d{6})\d{5}(?:\.html)?$")
_ONE_DAY = timedelta(days=1)


def match_past(outlet: Outlet, path: str) -> date | None:
    """Return the day of a dated sitemap of an outlet, None for any other path."""
    if outlet.past is None:
        return None
    prefix = outlet.past.partition("{")[0]
    if not path.startswith(prefix):
        return None
    match = re.fullmatch(r"(\d{4})/(\d\d)/(\d\d)\.xml", path[len(prefix) :])
    return make_day(*match.groups()) if match else None


def make_day(year: str, month: str, day: str) -> date | None:
    """Return a day, None where there is no such day."""
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def guess_days(path: str) -> list[date]:
    """Return the UTC days to which an article address can belong.

    A dated address has the day in the zone of the outlet, which is the UTC day or a
    neighbour of it.
    """
    numbered = _NUMBERED.search(path)
    if numbered:
        number = int(numbered[1])
        return [date.fromordinal(number)] if number else []
    dated = _DATED.search(path)
    day = make_day(*dated.groups()) if dated else None
    if day is None or not date.min < day < date.max:
        return []
    return [day, day - _ONE_DAY, day + _ONE_DAY]
