"""Series as standing bars: where each one stands, for a template to draw.

Geometry alone, in attributes: the content security policy allows no style in an
element, and the colours are the style sheet's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from nightdesk.report import wording

_STEP, _BAR, _HEIGHT = 20, 15, 90


@dataclass(frozen=True)
class Bar:
    """One night: a bar, or nothing where the night is not published."""

    night: date
    said: str
    x: int
    y: float
    height: float
    is_known: bool
    is_last: bool


@dataclass(frozen=True)
class Series:
    """A picture with its title, which says unit and period."""

    title: str
    bars: tuple[Bar, ...]
    top: str  # what the tallest bar stands for

    @property
    def width(self) -> int:
        """Of the picture, in its own units."""
        return _STEP * len(self.bars)

    @property
    def bar_width(self) -> int:
        """Of a bar."""
        return _BAR

    @property
    def height(self) -> int:
        """Of the tallest bar."""
        return _HEIGHT


def draw_series(
    unit: str, rows: Sequence[Mapping[str, Any]], column: str, period: tuple[date, date]
) -> Series:
    """Return a figure night by night; a night without a row is no zero but a gap.

    Args:
        unit: what is counted, as a title: "Articles a night".
        rows: with `night` and the column; whole numbers, or shares.
        column: that is drawn.
        period: the first night and the last.
    """
    first, last = period
    known = {row["night"]: row[column] for row in rows if row[column] is not None}
    top = max(known.values(), default=0)
    is_share = column == "share"
    say = wording.say_share if is_share else wording.say_number
    bars = []
    for n in range((last - first).days + 1):
        night = first + timedelta(days=n)
        value = known.get(night)
        height = _HEIGHT * (value or 0) / (top or 1)
        said = "no night" if value is None else say(value)
        bars.append(
            Bar(
                night,
                f"{wording.say_weekday(night)}: {said}",
                n * _STEP,
                round(_HEIGHT - height, 1),
                round(height, 1),
                value is not None,
                night == last,
            )
        )
    title = f"{unit}, {wording.say_period(first, last)}"
    return Series(title, tuple(bars), say(top) if known else "")
