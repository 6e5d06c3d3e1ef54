"""Search: the index answers, the page marks the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from nightdesk.errors import QueryError, RequestError
from nightdesk.page.asked import PER_PAGE, Asked, locate
from nightdesk.page.columns import TITLE
from nightdesk.page.drawing import Series, draw_series
from nightdesk.page.marks import mark_words
from nightdesk.page.table import Column, Row, Table, count
from nightdesk.page.view import Desk, View, begin_series
from nightdesk.search.ask import Filters
from nightdesk.search.find import MOST_STORIES, Found, count_by_night, find_stories
from nightdesk.search.index import Opened, open_index

#: What search takes.
FILTERS = ("q", "first", "last", "region", "lang", "source")


def view_search(desk: Desk, asked: Asked) -> View:
    """Return the stories that match a query, the best first; the form without one."""
    query = asked.text("q")
    first, last = asked.day("first"), asked.day("last")
    if first and last and last < first:
        raise RequestError(400, f"last: '{last}': is before first, '{first}'")
    filters = Filters(first, last, *(_split(asked, n) for n in FILTERS[3:]))
    found, nights, problem = None, [], None
    if query is not None:
        opened = open_index(desk.published / "search")
        try:
            found = find_stories(opened, query, filters, **_limits(asked))
            nights = _count_nights(desk, opened, query, filters)
        except QueryError as error:
            if asked.is_download:
                raise
            problem = str(error)
    stories = [_show(story) for story in asdict(found)["stories"]] if found else []
    values = {
        "q": query or "",
        "problem": problem,
        "found": found,
        "stories": stories,
        "most": MOST_STORIES,
        "has_more": len(stories) == PER_PAGE and asked.page * PER_PAGE < MOST_STORIES,
        "series": _draw(nights) if len(nights) > 1 else None,
        "options": {name: asked.text(name) or "" for name in FILTERS[1:]},
    }
    tables = (
        {"found": _list_found(found), "nights": _list_nights(nights, asked)}
        if found
        else {}
    )
    return View("search.html", "Search", values, tables)


def _count_nights(
    desk: Desk, opened: Opened, query: str, filters: Filters
) -> list[dict[str, Any]]:
    """Return how many articles match in each published night of the last weeks.

    The share is of all articles of the night, so that a large night is no trend.
    """
    published = desk.nights[-1]
    last = min(filters.last or published, published)
    first = max(filters.first or date.min, begin_series(last))
    if first > last:
        return []
    counts = count_by_night(opened, query, filters, first, last)
    return [
        {
            "night": head["night"],
            "n_articles": (n := counts.get(head["night"], 0)),
            "share": n / head["n_articles"] if head["n_articles"] else None,
        }
        for head in desk.ask("night", first=first, last=last)
    ]


def _draw(rows: Sequence[Row]) -> Series:
    period = (rows[0]["night"], rows[-1]["night"])
    return draw_series("Articles that match, a night", rows, "n_articles", period)


def _list_nights(rows: Sequence[Row], asked: Asked) -> Table:
    kept = {name: asked.text(name) for name in ("q", *FILTERS[3:])}

    def link(row: Row) -> str:
        return locate("/search", **kept, first=row["night"], last=row["night"])

    columns = (
        Column("night", "Night", "day"),
        count("n_articles", "Articles that match", link),
        Column("share", "Of all articles of the night", "share"),
    )
    return Table("Night by night", columns, rows[::-1])


def _split(asked: Asked, name: str) -> tuple[str, ...]:
    words = (asked.text(name) or "").split(",")
    return tuple(word.strip() for word in words if word.strip())


def _limits(asked: Asked) -> dict[str, int]:
    limits = asked.limits
    return {
        "limit": min(limits["limit"], MOST_STORIES),
        "offset": limits["offset"],
    }


def _show(story: dict[str, Any]) -> dict[str, Any]:
    return {
        **story,
        "title_pieces": mark_words(story["title"], story["title_marks"]),
        "snippet_pieces": mark_words(story["snippet"], story["snippet_marks"]),
    }


def _list_found(found: Found) -> Table:
    columns = (
        Column("night", "Night"),
        TITLE,
        Column("source", "Source", "name"),
        Column("snippet", "Snippet", "name"),
        count("n_others", "Others"),
        Column("score", "Score", "figure"),
        Column("lang", "Language"),
        Column("published_at", "Published"),
        Column("url", "Address", "url"),
        Column("article_id", "", "id"),
        Column("story_id", "", "id"),
        Column("source_id", "", "name"),
    )
    return Table("Stories found", columns, [asdict(story) for story in found.stories])
