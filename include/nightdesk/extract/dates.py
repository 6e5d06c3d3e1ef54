"""Which of the dates that a page and its entry state is the publication's.

The first readable and possible one wins in the order of `_ORDER`: what a page states in
an article's JSON-LD, then in meta elements, then in an element marked as its
publication time, then in the JSON-LD of a video or page; then the entry's; then what it
shows beside its headline; then what the address and trafilatura suggest, which finds a
date on pages that have none. Every candidate is kept with the reason why it lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import chain
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nightdesk.extract.moments import Moment, read_moment
from nightdesk.model import DateCandidate, Precision

_ORDER = (
    *("jsonld", "meta", "time", "jsonld_page", "entry", "dateline", "meta_date"),
    *("url", "trafilatura"),
)
#: Where one of these is possible, what a page shows is not looked at.
CERTAIN = frozenset(_ORDER[:3])
_OLDEST = date(1990, 1, 1)  # before the web; htmldate's own limit is 1995
_SLACK = timedelta(days=1)  # time zones, and clocks that run fast
_EAST, _WEST = timedelta(hours=14), timedelta(hours=12)  # of UTC, at the most
_MAX_CANDIDATES = 20
_URL_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[/_-]?(0[1-9]|1[0-2])[/_-]?(0[1-9]|[12]\d|3[01])(?!\d)"
)


@dataclass(frozen=True)
class Limits:
    """What a publication date is measured against."""

    captured_at: datetime | None = None
    stated_at: datetime | None = None
    stated_precision: Precision | None = None
    home: tzinfo = UTC


@dataclass(frozen=True)
class Publication:
    """The chosen date, where it came from, and all that were considered."""

    moment: Moment | None = None
    via: str | None = None
    candidates: tuple[DateCandidate, ...] = ()


def find_zone(name: str) -> tzinfo:
    """Return the zone of that IANA name; UTC for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def find_url_date(url: str) -> str | None:
    """Return the day in an address as YYYY-MM-DD.

    >>> find_url_date("https://news.example/world/2026/03/04/bridge-opens")
    '2026-03-04'
    """
    match = _URL_DATE.search(url)
    return "-".join(match.groups()) if match else None


def choose_date(stated: Iterable[tuple[str, str]], limits: Limits) -> Publication:
    """Return the publication date among (via, raw) statements."""
    found = [*stated, *_entry_date(limits)]
    found.sort(key=lambda item: _ORDER.index(item[0]))
    winner: Moment | None = None
    won: str | None = None
    candidates = []
    moments: dict[str, list[Moment]] = {}
    for via, raw in list(dict.fromkeys(found))[:_MAX_CANDIDATES]:
        moment = _read(via, raw, limits)
        rejected = _refuse(moment, limits)
        if rejected is None and winner is None:
            winner, won = moment, via
        elif rejected is None:
            rejected = "outranked"
        candidates.append(DateCandidate(via, raw[:80], rejected))
        if moment is not None:
            moments.setdefault(via, []).append(moment)
    if winner is not None:
        winner = _localize(winner, moments)
    return Publication(winner, won, tuple(candidates))


def choose_modified(raw: str | None, limits: Limits) -> datetime | None:
    """Return the instant of the last change, where it is stated and possible."""
    if raw is None:
        return None
    moment = read_moment(raw, limits.home)
    uncapped = Limits(limits.captured_at, home=limits.home)  # changes follow the entry
    if moment is None or _refuse(moment, uncapped) is not None:
        return None
    return moment.at


def _entry_date(limits: Limits) -> list[tuple[str, str]]:
    if limits.stated_at is None:
        return []
    stated = limits.stated_at.astimezone(UTC)
    if limits.stated_precision == "day":
        return [("entry", f"{stated:%Y-%m-%d}")]
    return [("entry", stated.isoformat())]


def _read(via: str, raw: str, limits: Limits) -> Moment | None:
    moment = read_moment(raw, limits.home)
    if via == "entry" and moment and limits.stated_precision != "day":
        # A feed's midnight was read as an instant by the feed's own rules.
        at = datetime.fromisoformat(raw)
        return Moment(at, at.astimezone(limits.home).date(), "second", "Z")
    return moment


def _refuse(moment: Moment | None, limits: Limits) -> str | None:
    """Return why a date cannot be the publication's; None: it can."""
    if moment is None:
        return "unreadable"
    if moment.on < _OLDEST:
        return "impossible"
    day = moment.at.date()
    if limits.captured_at and day > limits.captured_at.astimezone(UTC).date() + _SLACK:
        return "future"
    if limits.stated_at and day > limits.stated_at.astimezone(UTC).date() + _SLACK:
        return "after_entry"
    return None


def _localize(winner: Moment, moments: Mapping[str, Sequence[Moment]]) -> Moment:
    """Take offset and day from a statement of the same instant that has an offset.

    Publishers state one instant in UTC in one place and with their offset in another;
    their calendar day is the second one's. Where none has an offset, the day is the one
    that address and dateline agree on: one of them alone is too often of an update.
    """
    if winner.precision == "day" or winner.zone not in ("Z", "+00:00"):
        return winner
    for other in chain.from_iterable(moments.values()):
        if (
            other.precision == "second"
            and other.zone not in (None, "Z", "+00:00")
            and abs(other.at - winner.at) < timedelta(minutes=1)
        ):
            return Moment(winner.at, other.on, "second", other.zone)
    named, shown = ({m.on for m in moments.get(via, ())} for via in ("url", "dateline"))
    for day in sorted(named & shown):
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        if -_EAST <= winner.at - midnight < timedelta(days=1) + _WEST:
            return replace(winner, on=day)
    return winner
