"""Tables as the page shows and gives them away: columns that know what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Row: TypeAlias = Mapping[str, Any]
Kind: TypeAlias = Literal[
    "text",  # of our own vocabulary
    "name",  # from outside: any script, any sign
    "id",
    "count",
    "figure",
    "rounded",  # a figure that the screen says without decimals
    "share",  # 0 to 1
    "time",
    "clock",  # a time, said without its day where that is the night of the row
    "day",
    "flag",
    "url",
]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: of the value in a row, and in a file.
        label: above it on the screen; "": only files have the column.
        kind: what it holds.
        link: an address inside the page that a row leads to; None: none.
    """

    name: str
    label: str
    kind: Kind = "text"
    link: Callable[[Row], str | None] | None = None

    @property
    def is_number(self) -> bool:
        """Whether it holds figures, which stand at the right."""
        return self.kind in ("count", "figure", "rounded", "share")


@dataclass(frozen=True)
class Table:
    """Rows with their columns.

    Attributes:
        caption: what the rows are.
        columns: from left to right.
        rows: those on the screen; for a file, all of them.
        n_all: how many there are; None: no more than these.
        empty: what is said where there are none.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    n_all: int | None = None
    empty: str = "None."

    @property
    def shown(self) -> tuple[Column, ...]:
        """The columns that the screen has."""
        return tuple(column for column in self.columns if column.label)


def count_all(rows: Sequence[Row]) -> int:
    """Return how many rows there are beyond the part that was asked for.

    >>> count_all([{"n_all": 70}, {"n_all": 70}]), count_all([])
    (70, 0)
    """
    return int(rows[0]["n_all"]) if rows else 0


def count(
    name: str, label: str, link: Callable[[Row], str | None] | None = None
) -> Column:
    """Return a column of whole numbers."""
    return Column(name, label, "count", link)
