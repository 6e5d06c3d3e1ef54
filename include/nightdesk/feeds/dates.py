"""Dates as feeds write them, to UTC instants; what is ambiguous stays unread.

RFC 822 and ISO 8601 cover nearly all; the rest is read by its parts: a month name of
sixteen languages, a year, a time, a zone. "04/05/2026" could be two days and gives
None, because a wrong night is worse than none. Left out: years and months
without a day, week and ordinal dates of ISO 8601, other calendars than the Gregorian.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nightdesk.calendar_words import AFTERNOON, MONTHS, MORNING, ZONES, fold_words

_MAX_LENGTH = 100  # longer than any date seen, shorter than an attack
# What feeds state nearly always; 24:00 and second 60 take the long way.
_ISO_PLAIN = re.compile(
    r"[12]\d{3}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
    r"(?:\.(?:\d{3}|\d{6}))?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)",
    re.ASCII,
)
_RFC_PLAIN = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(0[1-9]|[12]\d|3[01]) ([A-Z][a-z]{2}) ([12]\d{3}) "
    r"((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d) (?:GMT|Z|UTC?|([+-](?:0\d|1[0-4])[0-5]\d))",
    re.ASCII,
)
_ISO = re.compile(
    r"(?P<y>\d{4})-?(?P<m>\d\d)-?(?P<d>\d\d)"
    r"(?:[T ]\s*(?P<H>\d\d):?(?P<M>\d\d)(?::?(?P<S>\d\d)(?:[.,]\d+)?)?"
    r"\s*(?P<zone>Z|[+-]\d\d:?(?:\d\d)?)?)?",
    re.I,
)
_RFC822 = re.compile(
    r"(?:[a-z]{3,9},?\s+)?(?P<d>\d{1,2})\s+(?P<b>[a-z]{3})[a-z]*\s+(?P<y>\d{4}|\d\d)\s+"
    r"(?P<H>\d\d?):(?P<M>\d\d)(?::(?P<S>\d\d))?\s+(?P<zone>[+-]\d{4}|[a-z]{1,5})",
    re.I,
)
_TIME = re.compile(
    r"(?<![\d:])(?P<half>오전|오후|上午|下午)?\s*(?P<H>\d{1,2})(?:[:h]|[時时시]\s*|\.(?=\d\d(?:\s|$|:)))"
    r"(?P<M>\d\d)(?:[:.분分]\s*(?P<S>\d\d)(?:[.,]\d+)?)?"
    r"\s*(?P<after>[ap]\.?\s?m\b\.?|[πμ]\.?μ\.?|[صم]\b)?",
    re.I,
)
_OFFSET = re.compile(
    r"(?:\b(?:gmt|utc?)\s*)?(?<![\d.-])([+-])\s?(\d{1,2}):?(\d\d)?\s*(?:\([^)]*\))?\s*$",
    re.I,
)
_ZONE_NAME = re.compile(r"\b([a-z]{1,5})\s*\)?\s*$", re.I)
_YMD = re.compile(
    r"(?<!\d)(\d{4})\s*[-/.年년]\s*(\d{1,2})\s*[-/.月월]\s*(\d{1,2})(?!\d)"
)
_DMY = re.compile(r"(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")

Precision = Literal["second", "day"]


class Stamp(NamedTuple):
    """An instant in UTC, how exactly it was stated, and in what words.

    A date without a time is midnight UTC of the day stated, so that `at.date()` is
    the publisher's calendar day.
    """

    at: datetime
    precision: Precision
    raw: str = ""


def parse_date(raw: str, timezone: str = "UTC") -> Stamp | None:
    """Return the instant of a stated date, None where it cannot be known.

    Args:
        raw: as stated.
        timezone: IANA name of the zone of times that state none.

    Raises:
        ValueError: `timezone` is no IANA name.

    >>> parse_date("Tue, 03 Feb 2026 04:05:06 GMT").at.isoformat()
    '2026-02-03T04:05:06+00:00'
    >>> parse_date("3 febbraio 2026").precision
    'day'
    >>> parse_date("04/05/2026") is None
    True
    """
    zone = find_zone(timezone)
    text = raw.strip()
    if not text or len(text) > _MAX_LENGTH:
        return None
    try:
        if at := _parse_plain(text):
            return Stamp(at, "second", text)
        stamp = _parse_fast(text, zone) or _parse_parts(text, zone)
    except (ValueError, OverflowError):  # 31 February, year 0, hour 25
        return None
    return Stamp(stamp.at, stamp.precision, text) if stamp else None


def find_zone(name: str) -> tzinfo:
    """Return the zone of an IANA name.

    Raises:
        ValueError: there is none.
    """
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"timezone: {name}: no such IANA zone") from error


def _parse_plain(text: str) -> datetime | None:
    """Return the instant of the commonest forms of RFC 822 and ISO 8601."""
    if match := _RFC_PLAIN.fullmatch(text):
        day, name, year, clock, offset = match.groups("Z")
        if (month := MONTHS.get(name.lower())) is None:
            return None
        text = f"{year}-{month:02}-{day}T{clock}{offset}"
    elif not _ISO_PLAIN.fullmatch(text):
        return None
    at = datetime.fromisoformat(text).astimezone(UTC)
    return at.replace(microsecond=0) if at.microsecond else at


def _parse_fast(text: str, zone: tzinfo) -> Stamp | None:
    """Return the stamp of RFC 822 and ISO 8601 dates, None for other forms."""
    if match := _ISO.fullmatch(text):
        day = (int(match["y"]), int(match["m"]), int(match["d"]))
        if match["H"] is None:
            return Stamp(datetime(*day, tzinfo=UTC), "day")
        return _stamp(day, _hands(match), _read_zone(match["zone"] or "", zone))
    match = _RFC822.fullmatch(text)
    if match and (month := MONTHS.get(match["b"].lower())):
        day = (_full_year(match["y"]), month, int(match["d"]))
        return _stamp(day, _hands(match), _read_zone(match["zone"], zone))
    return None


def _parse_parts(text: str, zone: tzinfo) -> Stamp | None:
    """Return the stamp of any other form, read by its parts."""
    folded = fold_words(text)
    clock, rest, tail = None, folded, ""
    if match := _TIME.search(folded):
        clock = _clock(match)
        # The zone stands behind the time, but in "04:05 GMT 2026" the year behind it.
        rest = f"{folded[: match.start()]} | {folded[match.end() :]}"
        tail = folded[match.end() :].lstrip(" ,t").rstrip()
    day = _read_day(rest)
    if day is None:
        return None
    if clock is None:
        return Stamp(datetime(*day, tzinfo=UTC), "day")
    tail = re.sub(rf"\s*\b{day[0]}$", "", tail)
    return _stamp(day, clock, _read_zone(tail, zone))


def _hands(match: re.Match[str]) -> tuple[int, int, int]:
    """Return hour, minute, second; 24:00 and second 60 are left to `_stamp`."""
    return int(match["H"]), int(match["M"]), int(match["S"] or 0)


def _clock(match: re.Match[str]) -> tuple[int, int, int]:
    """Return the same of a time that may state its half of the day."""
    hour, minute, second = _hands(match)
    half = re.sub(r"[^\w]", "", match["half"] or match["after"] or "")
    if half in AFTERNOON and hour < 12:
        hour += 12
    elif half in MORNING and hour == 12:
        hour = 0
    return hour, minute, second


def _read_day(text: str) -> tuple[int, int, int] | None:
    """Return (year, month, day) of a text without its time."""
    # The last, since a weekday before it may be a month elsewhere: "mar., 3 févr."
    for word in reversed(_WORD.findall(text)):
        if month := MONTHS.get(word) or MONTHS.get(word[:3] if len(word) == 4 else ""):
            return _day_beside(text, month)
    if match := _YMD.search(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _DMY.search(text):
        first, mark, second = int(match[1]), match[2], int(match[3])
        year = _full_year(match[4])
        if mark == "." or first > 12 or first == second:
            return year, second, first
        return (year, first, second) if second > 12 else None
    return None


def _day_beside(text: str, month: int) -> tuple[int, int, int] | None:
    """Return the date of a text whose month is a word: day and year are its numbers."""
    numbers = _NUMBER.findall(text)
    years = [number for number in numbers if len(number) == 4]
    days = [number for number in numbers if len(number) <= 2]
    if years and days:
        return int(years[0]), month, int(days[0])
    if not years and len(days) >= 2 and len(days[0]) <= 2:
        return _full_year(days[1]), month, int(days[0])
    return None


def _full_year(stated: str) -> int:
    """Return a four-digit year; two digits as RFC 2822 reads them."""
    year = int(stated)
    if len(stated) > 2:
        return year
    return year + (2000 if year < 50 else 1900)


def _read_zone(stated: str, default: tzinfo) -> tzinfo:
    """Return the zone that stands at the end of a text, else the default."""
    if stated in ZONES:
        return timezone(timedelta(minutes=ZONES[stated]))
    if stated.endswith("]"):  # Java's "+01:00[Europe/Berlin]"
        stated = re.sub(r"\s*\[[^\]]*\]$", "", stated)
    if match := _OFFSET.search(stated):
        sign = -1 if match[1] == "-" else 1
        hours, minutes = int(match[2]), int(match[3] or 0)
        if hours <= 15 and minutes < 60:
            return timezone(sign * timedelta(hours=hours, minutes=minutes))
        return default
    if match := _ZONE_NAME.search(stated):
        name = match[1].upper()
        if name in ZONES:
            return timezone(timedelta(minutes=ZONES[name]))
        if len(name) == 1:  # RFC 2822 4.3: military letters mean nothing
            return UTC
    return default


def _stamp(
    day: tuple[int, int, int], clock: tuple[int, int, int], zone: tzinfo
) -> Stamp:
    """Return the instant; 24:00 is the next midnight, a leap second is second 59."""
    hour, minute, second = clock
    extra = timedelta(days=1) if (hour, minute, second) == (24, 0, 0) else timedelta(0)
    hour = 0 if extra else hour
    local = datetime(*day, hour, minute, min(second, 59), tzinfo=zone)
    return Stamp((local + extra).astimezone(UTC), "second")
