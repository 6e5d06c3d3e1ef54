"""Columns that several views have: the names of articles and sources, as links."""

from __future__ import annotations

from datetime import date

from nightdesk.page import places
from nightdesk.page.table import Column

#: Rows have `title` and `article_id`.
TITLE = Column(
    "title", "Title", "name", lambda row: places.to_article(row["article_id"])
)


def name_source(name: str, night: date | None = None) -> Column:
    """Return the column of a source.

    Args:
        name: of the value in a row, which has a `source_id` too.
        night: on which the source is shown; None: that of the row.
    """
    return Column(
        name,
        "Source",
        "name",
        lambda row: places.to_source(row["source_id"], night or row["night"]),
    )
