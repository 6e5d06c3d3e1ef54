"""Rows of marts as the brief reads them: by night, and with their types checked.

A mart comes as rows of several nights, each row a mapping with its `night`. A wrong
type is a fault of the caller and raises; a missing or NULL count reads as 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

Row = Mapping[str, object]
Marts = Mapping[str, Sequence[Row]]

#: The bins of the accounting, in the order in which it is written out.
BINS = ("loaded", "duplicate", "rejected", "failed", "pending")


def pick_rows(marts: Marts, mart: str, night: date) -> list[Row]:
    """Return a mart's rows of one night, in their order; [] without the mart."""
    return [row for row in marts.get(mart, ()) if read_date(row) == night]


def pick_row(marts: Marts, mart: str, night: date) -> Row:
    """Return the first row of a night in a mart of one row a night; {} without."""
    return next(iter(pick_rows(marts, mart, night)), {})


def read_date(row: Row, column: str = "night") -> date:
    """Return the night of a row, or another day; a datetime counts for its day."""
    day = row[column]
    if isinstance(day, datetime):
        return day.date()
    if isinstance(day, date):
        return day
    raise TypeError(f"{column}: {day!r}: not a date")


def read_count(row: Row, column: str) -> int:
    """Return a count; 0 where it is missing or NULL.

    >>> read_count({"n_texts": 3}, "n_texts"), read_count({}, "n_texts")
    (3, 0)
    """
    value = row.get(column)
    if value is None:
        return 0
    if isinstance(value, int):
        return value
    raise TypeError(f"{column}: {value!r}: not a whole number")


def read_number(row: Row, column: str) -> float | None:
    """Return a share or another figure; None where it is missing or NULL."""
    value = row.get(column)
    if value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    raise TypeError(f"{column}: {value!r}: not a number")


def read_text(row: Row, column: str) -> str:
    """Return a text; "" where it is missing or NULL."""
    value = row.get(column)
    return "" if value is None else str(value)


def read_time(row: Row, column: str) -> datetime | None:
    """Return an instant in UTC; None where it is missing. Without a zone it is UTC."""
    value = row.get(column)
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise TypeError(f"{column}: {value!r}: not a time")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def read_rows(row: Row, column: str) -> list[Row]:
    """Return the rows that are nested in a row; [] where there are none."""
    value = row.get(column)
    if value is None:
        return []
    if isinstance(value, Sequence) and all(isinstance(item, Mapping) for item in value):
        return list(value)
    raise TypeError(f"{column}: {value!r}: not a list of rows")
