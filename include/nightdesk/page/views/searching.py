"""Search: the index answers, the page marks the words."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from nightdesk.errors import QueryError, RequestError
from nightdesk.page.asked import PER_PAGE, Asked
from nightdesk.page.columns import TITLE
from nightdesk.page.marks import mark_words
from nightdesk.page.table import Column, Table, count
from nightdesk.page.view import Desk, View
from nightdesk.search.ask import Filters
from nightdesk.search.find import MOST_STORIES, Found, find_stories
from nightdesk.search.index import open_index

#: What search takes.
FILTERS = ("q", "first", "last", "region", "lang", "source")


def view_search(desk: Desk, asked: Asked) -> View:
    """Return the stories that match a query, the best first; the form without one."""
    query = asked.text("q")
    first, last = asked.day("first"), asked.day("last")
    if first and last and last < first:
        raise RequestError(400, f"last: '{last}': is before first, '{first}'")
    filters = Filters(first, last, *(_split(asked, n) for n in FILTERS[3:]))
    found, problem = None, None
    if query is not None:
        opened = open_index(desk.published / "search")
        try:
            found = find_stories(opened, query, filters, **_limits(asked))
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
        "options": {name: asked.text(name) or "" for name in FILTERS[1:]},
    }
    tables = {"found": _list_found(found)} if found else {}
    return View("search.html", "Search", values, tables)


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
