"""The charts of a brief held against the snapshot: title, words, and signs drawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from lxml import html

from nightdesk.report import wording

_BAR = re.compile(r"(.+) ([\d,]+) articles?, ([\d,]+) unique texts?")
_WEEK = 7
#: What bars are of -> their rows, as name, articles, texts, for the night `$1`.
BARS = {
    "about each country": "SELECT name, n_articles, n_texts FROM articles_by_region"
    " WHERE night = $1 AND role = 'about' AND scheme = 'country'",
    "by desk": "SELECT name, n_articles, n_texts FROM articles_by_region"
    " WHERE night = $1 AND role = 'about' AND scheme = 'desk'",
    "by wide region": "SELECT name, n_articles, n_texts FROM articles_by_region"
    " WHERE night = $1 AND role = 'about' AND scheme = 'macro'",
    "by sub-region": "SELECT name, n_articles, n_texts FROM articles_by_region AS r"
    " WHERE night = $1 AND role = 'about' AND scheme = 'm49' AND NOT EXISTS (SELECT 1"
    " FROM articles_by_region AS inner_ WHERE inner_.night = $1 AND inner_.role ="
    " 'about' AND inner_.scheme = 'm49' AND inner_.parent_id = r.region_id)",
    "by hour of publication": "SELECT 'hour ' || hour, n_articles, n_texts"
    " FROM articles_by_hour WHERE night = $1 AND hour IS NOT NULL",
    "by language": "SELECT coalesce(lang, ''), n_articles, n_texts FROM languages"
    " WHERE night = $1",
}
#: What a series of nights is of -> night and figure, for nights from `$1` to `$2`.
SERIES = {
    "Articles a night": "n_articles",
    "Unique texts a night": "n_texts",
    "Independent sources a night": "n_independent",
}
SHARES = (
    "SELECT c.night, coalesce(r.share, 0)::DOUBLE FROM coverage_by_night AS c"
    " LEFT JOIN articles_by_region AS r ON r.night = c.night AND r.role = 'about'"
    " AND r.scheme IN ('desk', 'country') AND r.name = $3"
    " WHERE c.night BETWEEN $1 AND $2 AND c.n_articles > 0"
)
DAYS = (
    "SELECT day, arg_max(n_articles, night) FROM desk_days WHERE night <= $1"
    " AND status = 'whole' AND name = $2 AND replace(timezone, '_', ' ') = $3"
    " GROUP BY day"
)


def check_figure(con: Any, night: date, node: html.HtmlElement) -> int:
    """Ask a snapshot for all that a chart says; return how many rows it has."""
    title = " ".join(node.find("figcaption").text_content().split())
    (said,) = node.xpath("./div/@aria-label")
    drawn = [" ".join(t.itertext()) for t in node.xpath(".//*[name()='text']")]
    notes = [note.text_content() for note in node.xpath("./p")]
    on_night = f", {wording.say_day(night)} (UTC)"
    if title.endswith(on_night):
        what = title.removeprefix("Articles ").removesuffix(on_night)
        return _check_bars(con, night, what, said, drawn, notes)
    assert notes == [], title
    name, _, period = title.rpartition(", ")
    return _check_series(con, night, (name, period), said, drawn)


def _check_bars(
    con: Any, night: date, what: str, said: str, drawn: list[str], notes: list[str]
) -> int:
    rows = con.execute(BARS[what], [night]).fetchall()
    known = {
        (
            wording.say_language(name) if what == "by language" else name,
            wording.say_number(n_articles),
            wording.say_number(n_texts),
        )
        for name, n_articles, n_texts in rows
    }
    bars = [_BAR.fullmatch(bar) for bar in said.removeprefix("World map; ").split("; ")]
    found = [bar.groups() for bar in bars if bar is not None]
    assert len(found) == len(bars)
    assert set(found) <= known, what
    if what == "by hour of publication":
        _check_axes(drawn, max(n for _, n, _ in rows))
        assert notes == _say_without(con, night)
    elif what == "about each country":
        assert drawn == []
        assert notes == []
    else:
        signs = [text for name, *counts in found for text in (name, " / ".join(counts))]
        _check_drawn(drawn, signs)
        cut = [f"The first 12 of {len(rows)}."] if len(rows) > len(found) else []
        assert notes == cut
    return len(found)


def _check_axes(drawn: list[str], top: int) -> None:
    """Hours stand below the bars; beside them even steps up to the highest."""
    assert drawn[:6] == ["0", "6", "12", "18", "23", "hour (UTC)"]
    steps = [int(text.replace(",", "")) for text in drawn[6:]]
    assert steps == sorted(set(steps)), drawn
    assert 0 <= steps[0] <= steps[-1] <= top


def _say_without(con: Any, night: date) -> list[str]:
    ((number,),) = con.execute(
        "SELECT coalesce(sum(n_articles), 0)::INTEGER FROM articles_by_hour"
        " WHERE night = ? AND hour IS NULL",
        [night],
    ).fetchall()
    said = f"{wording.say_count(number, 'article')} without an hour in this night."
    return [said] if number else []


def _check_series(
    con: Any, night: date, title: tuple[str, str], said: str, drawn: list[str]
) -> int:
    name, period = title
    first = night - timedelta(days=_WEEK - 1)
    say: Callable[[float], str] = wording.say_number
    if name in SERIES:
        column = SERIES[name]
        values = _ask(
            con,
            f"SELECT night, {column} FROM coverage_by_night"
            " WHERE night BETWEEN $1 AND $2",
            [first, night],
        )
    elif name.endswith(": share of tagged articles"):
        region = name.removesuffix(": share of tagged articles")
        values, say = _ask(con, SHARES, [first, night, region]), wording.say_share
    else:
        desk, _, zone = name.rpartition(": articles a day in ")
        values = _ask(con, DAYS, [night, desk, zone])
        night = max(values)
    week = [night - timedelta(days=back) for back in range(_WEEK - 1, -1, -1)]
    assert period == wording.say_period(week[0], week[-1])
    days = [wording.say_weekday(day) for day in week]
    figures = [say(values[day]) if day in values else None for day in week]
    told = [
        f"{day} {text or 'no night'}" for day, text in zip(days, figures, strict=True)
    ]
    assert said == "; ".join(told), name
    _check_drawn(drawn, [*days, *(text or "\N{EN DASH}" for text in figures)])
    return len(week)


def _ask(con: Any, sql: str, values: list[object]) -> dict[date, float]:
    return dict(con.execute(sql, values).fetchall())


def _check_drawn(drawn: list[str], signs: list[str]) -> None:
    """Each sign stands in the picture once; a long name may be cut at its end."""
    left = list(signs)
    for text in drawn:
        stem = text.removesuffix("…")
        fits = [s for s in left if s == text or (stem != text and s.startswith(stem))]
        assert fits, (text, signs)
        left.remove(fits[0])
    assert left == []
