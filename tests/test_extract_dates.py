"""Dates as publishers write them, and which of several is the publication's."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from nightdesk.extract.dates import Limits, choose_date, find_url_date
from nightdesk.extract.moments import read_moment

KARACHI = ZoneInfo("Asia/Karachi")

STATED = [
    ("2026-03-04T01:30:00+05:00", "2026-03-03T20:30:00", "2026-03-04", "+05:00"),
    ("2026-03-04T01:30:00+0500", "2026-03-03T20:30:00", "2026-03-04", "+05:00"),
    ("2026-03-04T01:30:00.123-03", "2026-03-04T04:30:00", "2026-03-04", "-03:00"),
    ("2026-03-04 01:30", "2026-03-03T20:30:00", "2026-03-04", None),
    ("2026-03-03T20:30:00Z", "2026-03-03T20:30:00", "2026-03-04", "Z"),
    ("2026-3-4, 9:05:00 UTC", "2026-03-04T09:05:00", "2026-03-04", "Z"),
    ("20260304T093000Z", "2026-03-04T09:30:00", "2026-03-04", "Z"),
    ("Wed, 04 Mar 2026 09:30:00 +0200", "2026-03-04T07:30:00", "2026-03-04", "+02:00"),
    (
        "Tue Feb 20 2018 01:00:00 GMT+0100 (CET)",
        "2018-02-20T00:00:00",
        "2018-02-20",
        "+01:00",
    ),
    ("1772616600", "2026-03-04T09:30:00", "2026-03-04", "Z"),
    ("1772616600000", "2026-03-04T09:30:00", "2026-03-04", "Z"),
    ("2026-06-30T23:59:60Z", "2026-06-30T23:59:59", "2026-07-01", "Z"),
]


@pytest.mark.parametrize(
    ("raw", "at", "on", "zone"), STATED, ids=[s[0] for s in STATED]
)
def test_time_is_read_with_its_offset(
    raw: str, at: str, on: str, zone: str | None
) -> None:
    moment = read_moment(raw, KARACHI)
    assert moment is not None
    assert moment.at == datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert (moment.on.isoformat(), moment.zone) == (on, zone)
    assert moment.precision == "second"


@pytest.mark.parametrize(
    "raw",
    [
        "2026-03-04",
        "20260304",
        "2026/03/04",
        "March 4, 2026",
        "4 Mar 2026",
        "2026-03-04T00:00:00",
        "2026-03-04T00:00:00Z",
        "2026-03-04T00:00:00.000+00:00",
    ],
)
def test_date_without_a_time_stays_a_date(raw: str) -> None:
    moment = read_moment(raw, KARACHI)
    assert moment is not None
    assert moment.precision == "day"
    assert moment.on.isoformat() == "2026-03-04"
    assert moment.at == datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "soon",
        "2026-02-30",
        "2026-13-01",
        "0000-00-00",
        "2026-03-04T25:00:00Z",
        "2026-03-04T10:00:00+99:00",
        "9" * 80,
        "Wed, 99 Mar 2026 09:30:00 +0200",
        "0001-01-01T00:00:01+14:00",
        "9999-12-31T23:59:59-12:00",
        "�",
        "\x00",
    ],
)
def test_what_is_no_date_is_none(raw: str) -> None:
    assert read_moment(raw) is None


LIMITS = Limits(
    captured_at=datetime(2026, 3, 5, 12, tzinfo=UTC),
    stated_at=datetime(2026, 3, 3, 9, tzinfo=UTC),
)
CHOICES = [
    pytest.param(
        [("meta", "2026-03-02"), ("jsonld", "2026-03-03T08:00:00Z")],
        ("jsonld", "2026-03-03"),
        [None, "outranked", "outranked"],
        id="JSON-LD before meta before the entry, in any order of statement",
    ),
    pytest.param(
        [("url", "2026-03-01"), ("trafilatura", "2026-03-02")],
        ("entry", "2026-03-03"),
        [None, "outranked", "outranked"],
        id="the entry before what is guessed",
    ),
    pytest.param(
        [
            ("jsonld", "2026-03-07T00:00:01Z"),
            ("meta", "1970-01-01T00:00:00Z"),
            ("time", "yesterday"),
            ("url", "2026-03-05"),
        ],
        ("entry", "2026-03-03"),
        ["future", "impossible", "unreadable", None, "after_entry"],
        id="every loser keeps its reason",
    ),
]


@pytest.mark.parametrize(("stated", "won", "reasons"), CHOICES)
def test_first_possible_date_wins(
    stated: list[tuple[str, str]], won: tuple[str, str], reasons: list[str | None]
) -> None:
    chosen = choose_date(stated, LIMITS)
    assert chosen.moment is not None
    assert (chosen.via, chosen.moment.on.isoformat()) == won
    assert [c.rejected for c in chosen.candidates] == reasons


@pytest.mark.parametrize(
    ("stated", "on"),
    [
        pytest.param(
            [("url", "2026-03-03"), ("dateline", "2026-03-03")],
            "2026-03-03",
            id="address and dateline agree on the evening before",
        ),
        pytest.param([("url", "2026-03-03")], "2026-03-04", id="the address alone"),
        pytest.param(
            [("dateline", "2026-03-05")], "2026-03-04", id="the dateline alone"
        ),
        pytest.param(
            [("url", "2026-03-05"), ("dateline", "2026-03-05")],
            "2026-03-04",
            id="no place on Earth has that day at that time",
        ),
        pytest.param(
            [("url", "2026-03-03"), ("meta", "2026-03-04T12:38:07+12:00")],
            "2026-03-04",
            id="a stated offset says more",
        ),
    ],
)
def test_day_of_a_time_in_utc_is_the_publishers(
    stated: list[tuple[str, str]], on: str
) -> None:
    chosen = choose_date([("jsonld", "20260304T003807Z"), *stated], Limits())
    assert chosen.moment is not None
    assert chosen.moment.at == datetime(2026, 3, 4, 0, 38, 7, tzinfo=UTC)
    assert (chosen.via, chosen.moment.on.isoformat()) == ("jsonld", on)


def test_no_statement_gives_no_date() -> None:
    chosen = choose_date([], Limits())
    assert (chosen.moment, chosen.via, chosen.candidates) == (None, None, ())


def test_entry_known_to_the_day_stays_a_day() -> None:
    limits = Limits(stated_at=datetime(2026, 3, 3, tzinfo=UTC), stated_precision="day")
    moment = choose_date([], limits).moment
    assert moment is not None
    assert (moment.precision, moment.on.isoformat()) == ("day", "2026-03-03")


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://ledger.example/2026/03/04/bridge", "2026-03-04"),
        ("https://ledger.example/bridge-20260304.html", "2026-03-04"),
        ("https://ledger.example/news/202603041130", None),
        ("https://ledger.example/2026/13/04/bridge", None),
        ("https://ledger.example/story-1931", None),
    ],
)
def test_day_in_an_address_is_found(url: str, day: str | None) -> None:
    assert find_url_date(url) == day
