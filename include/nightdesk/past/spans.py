"""For which time does a list name every entry, and what is missing of a night?

A feed is a list of the newest entries. One that was seen at a moment, and that reaches
back to some hour, has all of the time between the two; several of them, seen at several
moments, together have a night, or they do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

#: Of a list's dates the oldest tenth is no sign of how far it reaches back: outlets pin
#: old stories to the end of their feeds.
_PINNED = 10


class Span(NamedTuple):
    """A time of which every entry is known; the end is not part of it."""

    since: datetime
    until: datetime


def night_span(night: date) -> Span:
    """Return the UTC day of a night.

    >>> night_span(date(2026, 3, 1)).until.isoformat()
    '2026-03-02T00:00:00+00:00'
    """
    start = datetime.fromisoformat(f"{night}T00:00:00+00:00")
    return Span(start, start + timedelta(days=1))


def span_of(dates: Sequence[datetime], seen_at: datetime) -> Span | None:
    """Return the time that a list covers which was seen at a moment; None: none.

    Args:
        dates: of its entries, in any order.
        seen_at: when it stood so.
    """
    past = sorted(at for at in dates if at <= seen_at)
    if not past:
        return None
    return Span(past[len(past) // _PINNED], seen_at)


def find_gap(spans: Iterable[Span], wanted: Span) -> datetime | None:
    """Return the end of the latest gap in a wanted time; None: it is covered whole.

    >>> day = night_span(date(2026, 3, 1))
    >>> find_gap([day], day), find_gap([], day) == day.until
    (None, True)
    """
    need = wanted.until
    for span in sorted(spans, key=lambda span: span.until, reverse=True):
        if span.until >= need:
            need = min(need, span.since)
    return None if need <= wanted.since else need
