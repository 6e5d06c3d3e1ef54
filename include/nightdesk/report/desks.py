"""Desks in the days of their own time zone: what they got, and their series.

A day over there lies in two nights. It is said once it is over; the day that had begun
when the night ended is said beside it, as provisional, and never drawn.
"""

from __future__ import annotations

from datetime import date, timedelta

from nightdesk.report import wording
from nightdesk.report.facts import Fact, Ref, Section, make_ref, say_units
from nightdesk.report.rows import (
    Marts,
    Row,
    pick_rows,
    read_count,
    read_date,
    read_text,
)

_KEY = ("region_id", "day")
_SAID = ("name", "timezone", "day", "status", "n_articles", "n_texts", "n_sources")


def gather_desks(night: date, marts: Marts) -> Section:
    """Return what each desk with a time zone got in its own last day and since."""
    by_desk: dict[str, list[Row]] = {}
    for row in pick_rows(marts, "desk_days", night):
        by_desk.setdefault(read_text(row, "region_id"), []).append(row)
    return Section(
        "desks",
        "Desks in their own days",
        "No desk has a time zone of its own.",
        tuple(_describe(rows) for rows in by_desk.values()),
    )


def _describe(rows: list[Row]) -> Fact:
    head = rows[0]
    said = "; ".join(_say_day(row) for row in rows)
    return Fact(
        f"desk-{read_text(head, 'region_id')}",
        read_text(head, "name"),
        f"In {_say_zone(head)}: {said}.",
        tuple(_cite(row) for row in rows),
    )


def _cite(row: Row) -> Ref:
    return make_ref("desk_days", row, _KEY, *_SAID)


def _say_zone(row: Row) -> str:
    return wording.say_reason(read_text(row, "timezone"))


def _say_day(row: Row) -> str:
    words = {"provisional": " so far, provisional", "partial": ", only in part"}
    day = wording.say_day(read_date(row, "day"))
    return f"{day}{words.get(read_text(row, 'status'), '')}: {say_units(row)}"


def list_desk_days(
    night: date, marts: Marts, n_days: int
) -> list[tuple[str, dict[date, int | None]]]:
    """Return title and articles a day of each desk, for the days that are over.

    Args:
        night: the last night that counts.
        marts: `desk_days` of some nights.
        n_days: how many days up to the last one; one without a whole count is None.
    """
    desks: dict[str, tuple[str, dict[date, int]]] = {}
    for row in marts.get("desk_days", ()):
        if read_date(row) <= night and row.get("status") == "whole":
            title = f"{read_text(row, 'name')}: articles a day in {_say_zone(row)}"
            _, days = desks.get(read_text(row, "region_id"), ("", {}))
            days[read_date(row, "day")] = read_count(row, "n_articles")
            desks[read_text(row, "region_id")] = (title, days)
    return [
        (title, {day: days.get(day) for day in _count_back(max(days), n_days)})
        for _, (title, days) in sorted(desks.items())
    ]


def _count_back(last: date, n_days: int) -> list[date]:
    return [last - timedelta(days=back) for back in range(n_days - 1, -1, -1)]
