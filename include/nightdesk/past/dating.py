"""Is an entry of a past list one of a night, and which rule says so?

What the list states of its publication comes first, then the day in its address. An
address has the day where its outlet is, which is not always the day in UTC: then the
page decides between two nights. A change (`lastmod`) tells when to look, and is never
taken for a publication.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nightdesk.model import Entry, Precision, Source
from nightdesk.nights import ONE_DAY, night_of

#: What told the day of an entry, the strongest first. `page`: its page; `list`: the
#: list is that of one day, by its name; `index`: when an index first saw it.
Rule = Literal["stated", "page", "url", "list", "index", "lastmod"]
#: How long after its publication an article without any other date is looked for by
#: its last change.
_CHANGED_WITHIN = timedelta(days=2)
_URL_DAY = re.compile(
    r"(?<!\d)((?:19|20)\d\d)([/_-]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)"
)


@dataclass(frozen=True, slots=True)
class Dating:
    """What is known of an entry's day.

    Attributes:
        rule: which rule told it.
        at: the time, where one is stated.
        precision: of `at`.
        day: the night that it belongs to if its page does not say; None: none.
    """

    rule: Rule
    at: datetime | None = None
    precision: Precision | None = None
    day: date | None = None


def date_entry(
    entry: Entry, source: Source, night: date, *, is_feed: bool, list_day: date | None
) -> Dating | None:
    """Return how an entry belongs to a night; None: it belongs to another one.

    Args:
        entry: of a feed or a sitemap.
        source: whose.
        night: the night wanted.
        is_feed: an update stands in for the publication, as in Atom.
        list_day: the day that the list is of, if it is of one.
    """
    stated, precision = entry.published_at, entry.published_precision
    if stated is None and is_feed:
        stated, precision = entry.updated_at, "second"
    if stated is not None:
        is_mine = night_of(stated) == night
        return Dating("stated", stated, precision, night) if is_mine else None
    day = read_url_day(entry.url)
    if day is not None:
        return Dating("url", day=day) if night in nights_of(day, source) else None
    if list_day is not None:
        return Dating("list", day=list_day) if list_day == night else None
    changed = entry.updated_at
    if changed is None:
        return None
    start = datetime.combine(night, time(), UTC)
    is_near = start <= changed < start + ONE_DAY + _CHANGED_WITHIN
    return Dating("lastmod") if is_near else None


def read_url_day(url: str) -> date | None:
    """Return the day in the path of an address.

    >>> read_url_day("https://hill.example/2026/03/01/rain.html")
    datetime.date(2026, 3, 1)
    """
    match = _URL_DAY.search(url.partition("://")[2].partition("/")[2])
    try:
        return date(int(match[1]), int(match[3]), int(match[4])) if match else None
    except ValueError:
        return None


def nights_of(day: date, source: Source) -> set[date]:
    """Return the nights that a day at a source's place has a part in.

    >>> east = Source("s", "S", "rss", "https://s.example/", timezone="Asia/Tokyo")
    >>> sorted(map(str, nights_of(date(2026, 3, 1), east)))
    ['2026-02-28', '2026-03-01']
    """
    zone = _find_zone(source.timezone)
    first = datetime.combine(day, time(), zone)
    last = datetime.combine(day, time.max, zone)
    return {night_of(first), night_of(last)}


def _find_zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
