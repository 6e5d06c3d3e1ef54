"""The pictures of the brief: rows chosen, charts drawn, titles and texts given.

A title says unit and period; `text` says the same as the picture, for those who hear
the page instead of seeing it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from nightdesk.report import charts, wording
from nightdesk.report.charts import Bar, Point
from nightdesk.report.classes import say_classes, split_classes
from nightdesk.report.desks import list_desk_days
from nightdesk.report.rows import (
    Marts,
    Row,
    pick_row,
    pick_rows,
    read_count,
    read_number,
    read_text,
)
from nightdesk.report.sections import list_nights
from nightdesk.report.shapes import Shapes
from nightdesk.report.summary import pick_about

_N_BARS = 12
_N_NIGHTS = 7
_N_DESKS = 6
_MEASURES = (
    ("n_articles", "Articles"),
    ("n_texts", "Unique texts"),
    ("n_independent", "Independent sources"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as SVG, with what stands around it in the page."""

    title: str
    svg: str
    text: str
    note: str = ""
    classes: tuple[str, ...] = ()  # of the map's legend


def picture_map(night: date, marts: Marts, shapes: Shapes) -> Picture:
    """Return the world map of articles per country, with the classes of its legend."""
    rows = pick_about(marts, night, "country")
    counts = {
        read_text(row, "region_id").removeprefix("iso:"): read_count(row, "n_articles")
        for row in rows
    }
    bounds = split_classes(max(counts.values(), default=0))
    return Picture(
        title=f"Articles about each country, {wording.say_day(night)} (UTC)",
        svg=charts.draw_map(counts, bounds, shapes) if counts else "",
        text=f"World map; {_say_bars([_make_bar(row) for row in rows[:_N_BARS]])}",
        classes=tuple(say_classes(bounds)),
    )


def picture_regions(night: date, marts: Marts) -> list[Picture]:
    """Return bars of desks, wide regions and sub-regions; none for a scheme without."""
    m49 = pick_about(marts, night, "m49")
    parents = {row.get("parent_id") for row in m49}
    groups = (
        ("desk", pick_about(marts, night, "desk")),
        ("wide region", pick_about(marts, night, "macro")),
        ("sub-region", [row for row in m49 if row.get("region_id") not in parents]),
    )
    return [
        _picture_bars(f"Articles by {name}, {wording.say_day(night)} (UTC)", rows)
        for name, rows in groups
        if rows
    ]


def picture_desks(night: date, marts: Marts) -> list[Picture]:
    """Return the last seven days of each desk, in its own time zone."""
    return [
        _picture_series(title, list(days), days)
        for title, days in list_desk_days(night, marts, _N_NIGHTS)
        if sum(count is not None for count in days.values()) > 1
    ][:_N_DESKS]


def picture_times(night: date, marts: Marts) -> list[Picture]:
    """Return articles by hour and by language."""
    pictures = []
    rows = pick_rows(marts, "articles_by_hour", night)
    timed = {row["hour"]: row for row in rows if row.get("hour") is not None}
    if timed:
        hours = [
            Bar(
                str(hour),
                read_count(timed.get(hour, {}), "n_articles"),
                read_count(timed.get(hour, {}), "n_texts"),
            )
            for hour in range(24)
        ]
        n_without = sum(read_count(r, "n_articles") for r in rows if r["hour"] is None)
        day = f"{wording.say_day(night)} (UTC)"
        pictures.append(
            Picture(
                title=f"Articles by hour of publication, {day}",
                svg=charts.draw_hours(hours),
                text=_say_bars([bar for bar in hours if bar.n_articles], "hour "),
                note=f"{wording.say_count(n_without, 'article')} without an hour"
                " in this night."
                if n_without
                else "",
            )
        )
    if languages := pick_rows(marts, "languages", night):
        title = f"Articles by language, {wording.say_day(night)} (UTC)"
        pictures.append(_picture_bars(title, languages))
    return pictures


def picture_nights(night: date, marts: Marts) -> list[Picture]:
    """Return small series of the seven nights up to this one; [] on a first night."""
    known = [day for day in list_nights(marts) if day <= night]
    week = [night - timedelta(days=back) for back in range(_N_NIGHTS - 1, -1, -1)]
    if not any(day in known for day in week[:-1]):
        return []
    heads = {day: pick_row(marts, "coverage_by_night", day) for day in week}
    pictures = [
        _picture_series(f"{name} a night", week, _pick_counts(heads, column))
        for column, name in _MEASURES
    ]
    scheme = "desk" if pick_about(marts, night, "desk") else "country"
    for row in pick_about(marts, night, scheme)[:_N_DESKS]:
        shares = {
            day: _find_share(marts, day, row) if heads[day] else None for day in week
        }
        title = f"{read_text(row, 'name')}: share of tagged articles"
        pictures.append(_picture_series(title, week, shares, wording.say_share))
    return pictures


def _pick_counts(heads: dict[date, Row], column: str) -> dict[date, float | None]:
    return {
        day: float(read_count(head, column)) if head else None
        for day, head in heads.items()
    }


def _find_share(marts: Marts, night: date, region: Row) -> float | None:
    """Return the share of a region in a night: 0 where the night has no row of it."""
    if not read_count(pick_row(marts, "coverage_by_night", night), "n_articles"):
        return None
    for row in pick_rows(marts, "articles_by_region", night):
        if row["region_id"] == region["region_id"] and row["role"] == "about":
            return read_number(row, "share")
    return 0.0


def _picture_series(
    title: str,
    week: Sequence[date],
    values: Mapping[date, float | None],
    say: Callable[[float], str] = wording.say_number,
) -> Picture:
    points = [
        Point(
            wording.say_weekday(day),
            value,
            "no night" if value is None else say(value),
        )
        for day, value in ((day, values[day]) for day in week)
    ]
    period = wording.say_period(week[0], week[-1])
    return Picture(
        title=f"{title}, {period}",
        svg=charts.draw_series(points),
        text="; ".join(f"{point.name} {point.text}" for point in points),
    )


def _picture_bars(title: str, rows: Sequence[Row]) -> Picture:
    bars = [_make_bar(row) for row in rows[:_N_BARS]]
    n_more = len(rows) - len(bars)
    return Picture(
        title=title,
        svg=charts.draw_bars(bars),
        text=_say_bars(bars),
        note=f"The first {_N_BARS} of {len(rows)}." if n_more else "",
    )


def _make_bar(row: Row) -> Bar:
    if "lang" in row:
        name = wording.say_language(read_text(row, "lang"))
    else:
        name = read_text(row, "name") or read_text(row, "region_id")
    return Bar(name, read_count(row, "n_articles"), read_count(row, "n_texts"))


def _say_bars(bars: Sequence[Bar], unit: str = "") -> str:
    return "; ".join(
        f"{unit}{bar.name} {wording.say_count(bar.n_articles, 'article')},"
        f" {wording.say_count(bar.n_texts, 'unique text')}"
        for bar in bars
    )
