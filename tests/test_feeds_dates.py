"""Dates as feeds write them, in sixteen languages, and those nobody can read."""

from __future__ import annotations

import pytest

from nightdesk.feeds.dates import parse_date

# 09:05 UTC is 14:05 in Karachi, the zone of a date that states none.
READ = [
    ("Tue, 03 Feb 2026 04:05:06 +0500", "2026-02-02T23:05:06"),
    ("Tue, 03 Feb 2026 04:05:06 GMT", "2026-02-03T04:05:06"),
    ("Tue, 3 Feb 26 4:05:06 EST", "2026-02-03T09:05:06"),
    ("3 Feb 2026 04:05 PKT", "2026-02-02T23:05:00"),
    ("Tue, 03 Feb 2026 04:05:06 -0800 (PST)", "2026-02-03T12:05:06"),
    ("Tue, 03 Feb 2026 04:05:06 GMT+9", "2026-02-02T19:05:06"),
    ("Tue Feb 03 04:05:06 GMT 2026", "2026-02-03T04:05:06"),
    ("Tue Feb  3 14:05:06 2026", "2026-02-03T09:05:06"),
    ("Mon, 02 Feb 2026 24:00:00 GMT", "2026-02-03T00:00:00"),
    ("Tue, 03 Feb 2026 04:05:60 GMT", "2026-02-03T04:05:59"),
    ("2026-02-03T04:05:06Z", "2026-02-03T04:05:06"),
    ("2026-02-03T04:05:06.123456+05:30", "2026-02-02T22:35:06"),
    ("2026-02-03T04:05:06-05:00[America/New_York]", "2026-02-03T09:05:06"),
    ("2026-02-03 14:05", "2026-02-03T09:05:00"),
    ("20260203T040506Z", "2026-02-03T04:05:06"),
    ("2026-2-3 14:05", "2026-02-03T09:05:00"),
    ("2026/02/03 14:05:06", "2026-02-03T09:05:06"),
    ("03-Feb-2026 14:05", "2026-02-03T09:05:00"),
    ("February 3, 2026 2:05 PM", "2026-02-03T09:05:00"),
    ("Feb 3, 2026, 12:05 a.m. EST", "2026-02-03T05:05:00"),
    ("Tuesday, February 3, 2026 - 14:05", "2026-02-03T09:05:00"),
    ("13/02/2026 14:05", "2026-02-13T09:05:00"),
    ("03.02.2026 14:05", "2026-02-03T09:05:00"),
    ("3 février 2026 à 14h05", "2026-02-03T09:05:00"),
    ("mar., 3 févr. 2026 14:05:06 +0100", "2026-02-03T13:05:06"),
    ("Di, 3 Mär 2026 04:05:06 +0100", "2026-03-03T03:05:06"),
    ("3. März 2026, 14:05 Uhr", "2026-03-03T09:05:00"),
    ("dinsdag 3 maart 2026 14:05", "2026-03-03T09:05:00"),
    ("terça-feira, 3 de fevereiro de 2026 14:05", "2026-02-03T09:05:00"),
    ("martes 3 de febrero de 2026 14:05 CET", "2026-02-03T13:05:00"),
    ("martedì, 3 febbraio 2026 14:05 GMT+9", "2026-02-03T05:05:00"),
    ("wto, 03 lut 2026 14:05:06 +0100", "2026-02-03T13:05:06"),
    ("3 Şubat 2026 14:05", "2026-02-03T09:05:00"),
    ("Вт, 03 фев 2026 14:05:06 +0300", "2026-02-03T11:05:06"),
    ("3 лютого 2026 14:05", "2026-02-03T09:05:00"),
    ("Τρι, 03 Φεβ 2026 14:05:06 EET", "2026-02-03T12:05:06"),
    ("2026年2月3日 14:05", "2026-02-03T09:05:00"),
    ("2026년 02월 03일 오후 02:05:06", "2026-02-03T09:05:06"),
    ("٣ فبراير ٢٠٢٦ 14:05", "2026-02-03T09:05:00"),
    ("3 Februari 2026 14:05 WIB", "2026-02-03T07:05:00"),
]


@pytest.mark.parametrize(("raw", "instant"), READ, ids=[raw for raw, _ in READ])
def test_dates_with_a_time(raw: str, instant: str) -> None:
    stamp = parse_date(raw, "Asia/Karachi")
    assert stamp is not None
    assert (stamp.at.isoformat(), stamp.precision) == (f"{instant}+00:00", "second")
    assert stamp.raw == raw


@pytest.mark.parametrize(
    "raw",
    [
        *("2026-02-03", "20260203", "3 Feb 2026", "3 febbraio 2026", "03.02.2026"),
        *("Feb 3, 2026", "2026年2月3日", "2/2/2026"),
    ],
)
def test_dates_without_a_time_keep_the_day_they_state(raw: str) -> None:
    stamp = parse_date(raw, "Pacific/Auckland")
    assert stamp is not None
    assert stamp.precision == "day"
    assert stamp.at.strftime("%Y-%m") == "2026-02"
    assert (stamp.at.hour, stamp.at.minute) == (0, 0)
    assert stamp.at.day == (2 if raw == "2/2/2026" else 3)


@pytest.mark.parametrize(
    "raw",
    [
        *("", " ", "now", "yesterday", "04/05/2026", "4-5-2026 10:00", "2026"),
        *("2026-02", "Tue, 31 Feb 2026 04:05:06 GMT", "2026-13-01"),
        *("0000-01-01T00:00:00Z", "Tue, 03 Feb 2026 25:05:06 GMT", "1770091506"),
        *("3 Smarch 2026", "1:" * 4000),
    ],
    ids=lambda raw: raw[:40],
)
def test_what_cannot_be_known_is_not_guessed(raw: str) -> None:
    assert parse_date(raw) is None


def test_a_zone_of_summer_and_winter_is_used_by_the_date() -> None:
    winter = parse_date("2026-01-15 12:00", "Europe/Berlin")
    summer = parse_date("2026-07-15 12:00", "Europe/Berlin")
    assert winter is not None
    assert summer is not None
    assert (winter.at.hour, summer.at.hour) == (11, 10)


def test_an_unknown_zone_name_counts_as_none_stated() -> None:
    stamp = parse_date("Tue, 03 Feb 2026 14:05:06 XYZ", "Asia/Karachi")
    assert stamp is not None
    assert stamp.at.hour == 9
