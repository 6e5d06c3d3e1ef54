"""What a view is given and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from nightdesk.errors import RequestError
from nightdesk.page.asked import Asked
from nightdesk.page.table import Table
from nightdesk.page.world import World
from nightdesk.warehouse.ask import ask
from nightdesk.warehouse.connect import Connection
from nightdesk.warehouse.read import Rows

#: Nights that a series shows, and that a night is compared with.
SERIES = 28


@dataclass(frozen=True)
class View:
    """A document before it is set.

    Attributes:
        template: the file that sets it.
        title: of the document.
        values: for the template.
        tables: by name; each can be had as a file, the first one by default.
        night: that it is about; None: of no night.
    """

    template: str
    title: str
    values: Mapping[str, object] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    night: date | None = None


@dataclass(frozen=True)
class Desk:
    """What a view may ask.

    Attributes:
        con: the catalogue in force, as it was when the request came.
        published: the folder of the search index.
        world: the map.
        now: when the request came.
        list_said: what holds of an article from its next build on, as `Book` has it;
            None where no book is open.
    """

    con: Connection
    published: Path
    world: World
    now: datetime
    list_said: Callable[[int], list[dict[str, Any]] | None]

    def ask(self, question: str, **parameters: object) -> Rows:
        """Return the rows that answer a question of `warehouse/questions`."""
        return ask(self.con, question, **parameters)

    def find(self, question: str, **parameters: object) -> dict[str, object] | None:
        """Return the first row that answers a question, or None."""
        return next(iter(self.ask(question, **parameters)), None)

    def find_night(self, article_id: int | None) -> date | None:
        """Return the night that owns an article; None where it is not published."""
        if article_id is None:
            return None
        rows = self.ask("article_night", article=article_id)
        return rows[0]["night"] if rows else None

    @cached_property
    def nights(self) -> list[date]:
        """The nights that are published, oldest first."""
        return [row["night"] for row in self.ask("nights")]

    def pick_night(self, asked: Asked) -> date:
        """Return the night that is asked for, or the last one that is published.

        Raises:
            RequestError: it is not published.
        """
        night = asked.day("night")
        if not self.nights:
            raise RequestError(404, "no night is published yet")
        if night is None:
            return self.nights[-1]
        if night not in self.nights:
            raise RequestError(
                404,
                f"night {night} is not published; there are {len(self.nights)} from "
                f"{self.nights[0]} to {self.nights[-1]}",
            )
        return night


def begin_series(night: date) -> date:
    """Return the first night of the series that ends with a night."""
    return night - timedelta(days=SERIES - 1)
