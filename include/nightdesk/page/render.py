"""Views -> documents. Pure but for the templates, which are read once.

Everything that comes from outside goes through the autoescape of the templates, and an
address through `check_link` as well; the policy in `site` is there should both fail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from nightdesk.page.asked import Asked, locate
from nightdesk.page.deciding import CHOICES, PATH, Person
from nightdesk.page.table import Column, Kind, Row
from nightdesk.page.view import View
from nightdesk.report import wording
from nightdesk.report.environment import make_environment

_TEMPLATES = Path(__file__).parent / "templates"
#: The views in the head of every document.
SECTIONS = (
    ("", "Overview"),
    ("stories", "Stories"),
    ("map", "Map"),
    ("names", "Names"),
    ("regions", "Regions"),
    ("articles", "Articles"),
    ("search", "Search"),
    ("sources", "Sources"),
    ("gaps", "Gaps"),
)


@dataclass(frozen=True)
class Frame:
    """What is around a view.

    Attributes:
        root: the address that the page is mounted at, without a slash at its end.
        style: a digest of the style sheet, so that a new one is fetched.
        asked: the request, for links that change a part of it.
        nights: that are published.
        person: who looks; None: nobody whose name the page was told.
        is_open: whether what people decide can be written down from here.
    """

    root: str
    style: str
    asked: Asked
    nights: tuple[date, ...] = ()
    person: Person | None = None
    is_open: bool = False

    @property
    def has_forms(self) -> bool:
        """Whether who looks may decide here; else they are told the commands."""
        return self.is_open and self.person is not None and self.person.may_decide

    @property
    def outside(self) -> str:
        """Where Airflow is, beside the page."""
        return self.root.rpartition("/")[0]


def render_view(view: View, frame: Frame) -> str:
    """Return the document of a view."""
    template = _make_environment().get_template(view.template)
    return template.render(
        **view.values,
        view=view,
        frame=frame,
        tables=view.tables,
        sections=SECTIONS,
        here=frame.asked.path.strip("/").partition("/")[0],
        to=lambda path: frame.root + path,
        again=lambda **changes: _ask_again(frame, changes),
        around=_find_around(view.night, frame.nights),
    )


def _ask_again(frame: Frame, changes: Mapping[str, object]) -> str:
    """Return the address of the request with some of its parameters changed."""
    values = {**frame.asked.values, **changes}
    values.pop("table", None) if "format" not in changes else None
    return frame.root + locate(frame.asked.path, **values)


def _find_around(
    night: date | None, nights: tuple[date, ...]
) -> tuple[date | None, date | None]:
    """Return the published nights before and after one."""
    if night is None:
        return None, None
    before = [n for n in nights if n < night]
    after = [n for n in nights if n > night]
    return (before[-1] if before else None), (after[0] if after else None)


def write_cell(row: Row, column: Column, root: str) -> Markup:
    """Return the content of a cell of a table on the screen."""
    value = row.get(column.name)
    said = (
        _say_clock(row, value) if column.kind == "clock" else _say_cell(value, column)
    )
    if column.kind == "url":
        return _link_out(value)
    inner = Markup("<bdi>{}</bdi>").format(said) if column.kind == "name" else said
    is_nothing = not said or (column.kind == "count" and not value)
    path = column.link(row) if column.link and not is_nothing else None
    if path is None:
        return escape(inner)
    return Markup('<a href="{}">{}</a>').format(root + path, inner)


def _link_out(value: object) -> Markup:
    link = wording.check_link(str(value or ""))
    if not link:
        return escape(str(value or ""))
    return Markup('<a href="{}" rel="noopener noreferrer">original</a>').format(link)


def _say_cell(value: Any, column: Column) -> str:
    if value is None or value == "":
        return _say_nothing(column)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return _SAY.get(column.kind, str)(value)


def _say_clock(row: Row, value: datetime | None) -> str:
    """Return a time of publication; a day alone where the article states no time."""
    if value is not None and row.get("published_precision") == "day":
        return f"{value.astimezone(UTC):%Y-%m-%d}"
    return wording.say_time(value and value.astimezone(UTC), row["night"])


def _say_nothing(column: Column) -> str:
    if column.name == "title":
        return "(no title)"
    return "–" if column.is_number else ""


_SAY: Mapping[Kind, Callable[[Any], str]] = {
    "count": wording.say_number,
    "figure": wording.say_decimal,
    "rounded": wording.say_number,
    "share": wording.say_share,
    "flag": lambda value: "yes" if value else "no",
    "text": lambda value: wording.say_reason(str(value)),
}


@cache
def _make_environment() -> jinja2.Environment:
    environment = make_environment(_TEMPLATES)
    environment.filters |= {
        "date": wording.say_date,
        "decimal": wording.say_decimal,
        "language": wording.say_language,
        "outward": wording.check_link,
    }
    environment.globals |= {"cell": write_cell, "locate": locate}
    environment.globals |= {"choices_of": CHOICES, "decide_path": PATH}
    return environment
