"""The night as a whole, its stories, and one story: origin, copies, edits, timeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from nightdesk.errors import RequestError
from nightdesk.page import places
from nightdesk.page.asked import Asked, read_id
from nightdesk.page.columns import TITLE, name_source
from nightdesk.page.drawing import draw_series
from nightdesk.page.table import Column, Row, Table, count, count_all
from nightdesk.page.view import Desk, View, begin_series
from nightdesk.report import find_top, gather_baseline, gather_unusual

_TOP = 8
_MOST_ARTICLES = 2000  # of a story; no story of the tests had a tenth


def view_overview(desk: Desk, asked: Asked) -> View:
    """Return the night at a glance: figures, the unusual, stories, what is missing."""
    night = desk.pick_night(asked)
    first = begin_series(night)
    heads = desk.ask("night", first=first, last=night)
    sources = desk.ask("sources", night=night)
    languages = desk.ask("languages", night=night)
    unusual = desk.ask("unusual", night=night)
    missing_nights = [
        day
        for n in range(1, 7)
        if (day := night - timedelta(days=n)) not in desk.nights
        and day > desk.nights[0]
    ]
    series = draw_series("Articles a night", heads, "n_articles", (first, night))
    values = {
        "head": heads[-1],
        "series": series,
        **_say_unusual(desk, unusual, sources, night),
        "lost": [row for row in sources if row["status"] != "ok"],
        "untagged": [row for row in languages if row["n_untagged"]],
        "missing_nights": missing_nights,
    }
    tables = {
        "stories": _list_stories(
            desk.ask("stories", night=night, limit=_TOP, offset=0)
        ),
        "unusual": _list_unusual(unusual, night),
        "reasons": _list_reasons(desk.ask("reasons", night=night), night),
        "nights": list_nights(heads),
    }
    return View("overview.html", "Overview", values, tables, night)


def _say_unusual(
    desk: Desk, unusual: Sequence[Row], sources: Sequence[Row], night: date
) -> dict[str, object]:
    """Return what the brief says of the unusual, each with the path it leads to."""
    marts = {
        "unusual": unusual,
        "baseline": desk.ask("baseline", night=night),
        "source_health": sources,
    }
    section = gather_unusual(night, marts)
    return {
        "baseline": gather_baseline(night, marts),
        "unusual": section,
        "top_texts": find_top(section),
        "alarms": [
            (fact, _locate_item(fact.rows[0].key, night)) for fact in section.facts
        ],
    }


def _locate_item(row: Row, night: date) -> str:
    is_region = row["kind"] == "region"
    to = places.to_region if is_region else places.to_entity
    return to(row["item_id"], night)


def _list_unusual(rows: Sequence[Row], night: date) -> Table:
    def link(per: str | None = None) -> Callable[[Row], str]:
        return lambda row: places.to_articles(
            night,
            **{"region" if row["kind"] == "region" else "entity": row["item_id"]},
            per=per,
        )

    columns = (
        Column("name", "Name", "name", lambda row: _locate_item(row, night)),
        Column("verdict", "Verdict"),
        count("n_articles", "Articles", link()),
        count("n_texts", "Texts", link("text")),
        count("n_sources", "Sources", link("source")),
        count("n_compared", "Texts compared"),
        Column("expected_28", "Expected by 28 nights", "figure"),
        Column("expected_7", "By 7", "figure"),
        Column("q", "False alarms", "share"),
        Column("kind", ""),
        Column("item_id", ""),
    )
    return Table("Rises and drops", columns, rows)


def _list_reasons(rows: Sequence[Row], night: date) -> Table:
    def link(row: Row) -> str:
        return places.to_entries(night, bin=row["bin"], reason=row["reason"])

    columns = (
        Column("bin", "What became of them"),
        Column("reason", "Reason"),
        count("n_entries", "Entries", link),
        count("n_sources", "Sources"),
    )
    empty = "Every entry was loaded."
    return Table("Entries that were not loaded", columns, rows, empty=empty)


def list_nights(heads: Sequence[Row]) -> Table:
    """Return the figures of nights, the newest first."""
    columns = (
        Column("night", "Night", "day", lambda row: f"/?night={row['night']}"),
        count("n_articles", "Articles", lambda row: places.to_articles(row["night"])),
        count(
            "n_texts",
            "Texts",
            lambda row: places.to_articles(row["night"], per="text"),
        ),
        count(
            "n_independent",
            "Independent sources",
            lambda row: places.to_articles(row["night"], per="source"),
        ),
        count("n_seen", "Entries seen", lambda row: places.to_entries(row["night"])),
        count(
            "n_sources_failed",
            "Sources failed",
            lambda row: f"/sources?night={row['night']}&status=failed",
        ),
    )
    return Table("Night by night", columns, heads[::-1])


# stories ----------------------------------------------------------------------


def view_stories(desk: Desk, asked: Asked) -> View:
    """Return the stories of a night, those of most independent sources first."""
    night = desk.pick_night(asked)
    table = _list_stories(desk.ask("stories", night=night, **asked.limits))
    return View("stories.html", "Stories", {}, {"stories": table}, night)


def _list_stories(rows: Sequence[Row]) -> Table:
    def link(row: Row) -> str:
        return places.to_story(row["story_id"])

    columns = (
        count("rank", "Rank"),
        Column("title", "Story", "name", link),
        count("n_sources", "Sources", link),
        count("n_texts", "Texts", link),
        count("n_articles", "Articles", link),
        Column("source_name", "First seen at", "name"),
        Column("first_published_at", "First (UTC)", "time"),
        count("n_tonight", "Of this night"),
        Column("story_id", "", "id"),
        Column("url", "Address", "url"),
    )
    empty = "No event of this night was reported twice."
    return Table("Stories", columns, rows, count_all(rows), empty)


def view_story(desk: Desk, asked: Asked, story: str) -> View:
    """Return a story: who wrote it, who copied and edited, when, and who has it not.

    Raises:
        RequestError: it is not published.
    """
    story_id = read_id(story)
    night = desk.find_night(story_id)
    if night is None:
        raise RequestError(
            404,
            f"story {story}: is not published. A story has its first article's id, "
            "so another one when an earlier is found: look for its title",
        )
    reach = desk.ask("story_range", night=night, story=story_id)
    first = reach[0]["first_night"] if reach else night
    last = reach[0]["last_night"] if reach else night
    period = {"first": first, "last": last}
    rows = desk.ask("story_articles", story=story_id, **period, limit=_MOST_ARTICLES)
    texts = _group_texts(rows)
    has_it = {row["source_id"] for row in rows}
    langs = sorted({row["lang"] for row in rows if row["lang"]})
    absent = [
        row
        for row in desk.ask("sources_able", **period, langs=langs)
        if row["source_id"] not in has_it
    ]
    head = next((row for row in rows if row["article_id"] == story_id), rows[0])
    values = {
        "head": head,
        "texts": texts,
        **period,
        "n_articles": len(rows),
        "n_sources": len({row["origin_id"] for row in rows}),
        "is_cut": len(rows) == _MOST_ARTICLES,
    }
    tables = {
        "articles": _list_timeline(rows, story_id),
        "absent": _list_absent(absent, night),
    }
    return View("story.html", str(head["title"] or "(no title)"), values, tables, night)


def _group_texts(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the texts of a story in order of publication, each with its articles."""
    sizes = Counter(row["text_id"] for row in rows)
    groups: dict[int, dict[str, Any]] = {}
    for row in rows:
        group = groups.setdefault(
            row["text_id"], {"head": row, "copies": [], "n": sizes[row["text_id"]]}
        )
        if row["article_id"] == row["text_id"] and group["head"] is not row:
            group["copies"].insert(0, group["head"])
            group["head"] = row
        elif group["head"] is not row:
            group["copies"].append(row)
    return list(groups.values())


def _list_timeline(rows: Sequence[Row], story_id: int | None) -> Table:
    columns = (
        Column("published_at", "Published (UTC)", "time"),
        name_source("source_name"),
        TITLE,
        Column("role", "Role"),
        Column("origin_name", "Written by", "name"),
        Column("via", "Known by"),
        Column("evidence", "Its word for it", "name"),
        Column("own_share", "Text of its own", "share"),
        count(
            "n_versions",
            "Versions",
            lambda row: f"{places.to_article(row['article_id'])}/versions",
        ),
        Column("beside", "Compare", "text", _link_beside),
        Column("article_id", "", "id"),
        Column("text_id", "", "id"),
        Column("url", "Address", "url"),
    )
    rows = [
        {
            **row,
            "beside": _say_beside(row),
            "own_share": None if row["role"] == "origin" else row["own_share"],
        }
        for row in rows
    ]
    return Table("Every article, in order of publication", columns, rows)


def _say_beside(row: Row) -> str | None:
    return None if row["article_id"] == row["text_id"] else "side by side"


def _link_beside(row: Row) -> str:
    return f"{places.to_article(row['text_id'])}/beside/{row['article_id']}"


def _list_absent(rows: Sequence[Row], night: date) -> Table:
    columns = (
        name_source("name", night),
        Column("country", "Country"),
        count("n_articles", "Its articles in those nights"),
        Column("source_id", "", "name"),
    )
    empty = "Every source that was read has it."
    return Table("Sources that did not cover it", columns, rows, empty=empty)
