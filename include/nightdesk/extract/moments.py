"""A date as a publisher writes it -> instant, precision, offset and calendar day.

Reads ISO 8601 and its usual near misses, RFC 5322, epoch seconds and milliseconds, and
days with the month names of some thirty languages. A date without a time stays a date:
its instant is midnight UTC of the stated day, so that it belongs to the night of that
name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime

from nightdesk.calendar_words import fold_words
from nightdesk.extract.datelines import find_day
from nightdesk.model import Precision

_ISO = re.compile(
    r"""^\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})
    (?:[T\s,_]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?\s*
       (Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?""",
    re.VERBOSE | re.IGNORECASE,
)
_COMPACT = re.compile(
    r"^(\d{4})(\d\d)(\d\d)(?:[T ]?(\d\d):?(\d\d):?(\d\d)?(Z|[+-]\d{4})?)?$"
)
_EPOCH = re.compile(r"^(\d{10})(?:\d{3})?$")
_JS_DATE = re.compile(
    r"^\w{3} (\w{3}) (\d\d) (\d{4}) (\d\d:\d\d:\d\d) (?:GMT|UTC)([+-]\d{4})?"
)


@dataclass(frozen=True)
class Moment:
    """A point in time as stated."""

    at: datetime  # UTC
    on: date  # the calendar day at the stated offset, else in the reader's zone
    precision: Precision
    zone: str | None = None  # "+05:00", "Z"; None: not stated


def read_moment(raw: str, home: tzinfo = UTC) -> Moment | None:
    """Return what a stated date means; None if it cannot be read.

    Args:
        raw: the date as stated.
        home: the publisher's zone, for times that state none, and for the calendar day
            of times stated in UTC.

    >>> read_moment("2026-03-04T01:30:00+05:00").on.isoformat()
    '2026-03-04'
    """
    text = raw.strip()[:80]
    try:
        return _read_iso(text, home) or _read_other(text, home)
    except (ValueError, OverflowError):  # the 30th of February, the year 0
        return None


def _read_iso(text: str, home: tzinfo) -> Moment | None:
    match = _ISO.match(text) or _COMPACT.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    on = date(int(year), int(month), int(day))
    if hour is None:
        return day_moment(on)
    clock = time(int(hour), int(minute), min(int(second or 0), 59))  # a leap second
    at = datetime.combine(on, clock)  # _join gives it its zone
    return _join(at, _read_zone(zone), home)


def _read_other(text: str, home: tzinfo) -> Moment | None:
    if match := _EPOCH.match(text):
        return _join(datetime.fromtimestamp(int(match[1]), UTC), "Z", home)
    if match := _JS_DATE.match(text):
        text = f"{match[2]} {match[1]} {match[3]} {match[4]} {match[5] or '+0000'}"
    try:
        stated = parsedate_to_datetime(text)
    except ValueError:
        day = find_day(fold_words(text))
        return day_moment(date.fromisoformat(day)) if day else None
    offset = stated.strftime("%z")
    return _join(stated.replace(tzinfo=None), _read_zone(offset or None), home)


def _read_zone(stated: str | None) -> str | None:
    if not stated:
        return None
    if stated.upper() in ("Z", "UTC", "GMT"):
        return "Z"
    digits = stated[1:].replace(":", "").ljust(4, "0")
    return f"{stated[0]}{digits[:2]}:{digits[2:4]}"


def _join(at: datetime, zone: str | None, home: tzinfo) -> Moment:
    """Join a wall time and its offset. Midnight without an offset is a date."""
    is_utc = zone in ("Z", "+00:00", "-00:00")
    if zone is None or is_utc:
        if (at.hour, at.minute, at.second) == (0, 0, 0) and at.tzinfo is None:
            return day_moment(at.date())
        moment = at.replace(tzinfo=UTC if is_utc else home)
        return Moment(
            moment.astimezone(UTC), moment.astimezone(home).date(), "second", zone
        )
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    moment = at.replace(tzinfo=timezone(offset))
    return Moment(moment.astimezone(UTC), at.date(), "second", zone)


def day_moment(on: date) -> Moment:
    """Return a calendar day as a moment."""
    return Moment(datetime(on.year, on.month, on.day, tzinfo=UTC), on, "day")
