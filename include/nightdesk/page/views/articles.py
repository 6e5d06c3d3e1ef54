"""Lists of articles: what every number of the page leads to, in any of three units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from nightdesk.errors import RequestError
from nightdesk.page import places
from nightdesk.page.asked import Asked
from nightdesk.page.columns import TITLE, name_source
from nightdesk.page.table import Column, Row, Table, count
from nightdesk.page.view import Desk, View

_MADE = ("own", "edited", "copied")
_PER = ("article", "text", "source")
ROLES = ("about", "mentioned", "dateline", "venue", "publisher")
#: The conditions of `found`, which every question about it takes.
WHICH = (
    *("source", "lang", "region", "role", "entity", "made", "text", "origin"),
    *("tagged", "country", "company"),
)
#: What the list of articles takes.
FILTERS = ("first", "last", *WHICH, "per")


def view_articles(desk: Desk, asked: Asked) -> View:
    """Return the articles that meet conditions, their texts, or who wrote those."""
    first, last = read_period(desk, asked)
    filters = _read_filters(asked)
    period = {"first": first, "last": last}
    per = asked.choice("per", _PER, "article")
    (total,) = desk.ask("articles_count", **period, **filters)
    make = {"article": _list_articles, "text": _list_texts, "source": _list_origins}
    table = make[per](desk, asked, {**period, **filters}, total)
    values = {
        "total": total,
        "per": per,
        "first": first,
        "last": last,
        "filters": _describe_filters(desk, filters, last),
    }
    night = first if first == last else None
    return View("articles.html", "Articles", values, {"articles": table}, night)


def read_period(desk: Desk, asked: Asked) -> tuple[date, date]:
    """Return the nights that are asked for: a range, or one night.

    Raises:
        RequestError: the last one is before the first.
    """
    first, last = asked.day("first"), asked.day("last")
    if first is None and last is None:
        night = desk.pick_night(asked)
        return night, night
    first, last = first or desk.nights[0], last or desk.nights[-1]
    if last < first:
        raise RequestError(400, f"last: '{last}': is before first, '{first}'")
    return first, last


def _read_filters(asked: Asked) -> dict[str, object]:
    tagged = asked.option("tagged", ("yes", "no"))
    region = asked.text("region")
    return {
        "source": asked.text("source"),
        "lang": asked.text("lang"),
        "region": region,
        "role": asked.choice("role", ROLES, "about") if region else None,
        "entity": asked.text("entity"),
        "made": asked.option("made", _MADE),
        "text": asked.number("text"),
        "origin": asked.text("origin"),
        "tagged": None if tagged is None else tagged == "yes",
        "country": asked.text("country"),
        "company": asked.text("company"),
    }


def _describe_filters(
    desk: Desk, filters: Mapping[str, Any], night: date
) -> list[dict[str, object]]:
    """Return the conditions in force: parameter, words, and where they lead."""
    say: dict[str, Callable[[Any, object], str]] = {
        "region": lambda value, name: f"{filters['role']} {name}",
        "entity": lambda value, name: f"names {name}",
        "company": lambda value, name: f"and {name}",
        "source": lambda value, name: f"published by {name}",
        "country": lambda value, name: f"publishers of {value}",
        "lang": lambda value, name: f"language {value}",
        "made": lambda value, name: f"{value} text",
        "text": lambda value, name: f"carries text {value}",
        "origin": lambda value, name: f"written by {value}",
        "tagged": lambda value, name: "tagged" if value else "not tagged",
    }
    links: dict[str, Callable[[object], str]] = {
        "region": partial(places.to_region, night=night),
        "entity": partial(places.to_entity, night=night),
        "company": partial(places.to_entity, night=night),
        "source": partial(places.to_source, night=night),
        "text": places.to_story,
    }
    return [
        {
            "name": name,
            "words": words(value, _name(desk, name, value)),
            "link": links[name](value) if name in links else None,
        }
        for name, words in say.items()
        if (value := filters[name]) is not None
    ]


def _name(desk: Desk, condition: str, value: object) -> object:
    """Return what people call a region, name or source; its id if nobody knows it."""
    if condition not in ("region", "entity", "company", "source"):
        return value
    question = "entity" if condition == "company" else condition
    row = desk.find(question, **{question: value}) or {}
    return row.get("name", value)


def _list_articles(
    desk: Desk, asked: Asked, conditions: Mapping[str, object], total: Row
) -> Table:
    rows = desk.ask("articles", **conditions, **asked.limits)
    zone = _find_zone(desk, conditions["region"])
    if zone:
        rows = [{**row, "local_at": _say_local(row, zone)} for row in rows]
    empty = "No article meets these conditions."
    night = "" if conditions["first"] == conditions["last"] else "Night"
    local = (Column("local_at", str(zone)),) if zone else ()
    columns = (Column("night", night, "day"), *local, *_article_columns())
    return Table("Articles", columns, rows, total["n_articles"], empty)


def _find_zone(desk: Desk, region: object) -> ZoneInfo | None:
    """Return the time zone of a desk; None for another region, or without one."""
    row = desk.find("region", region=region) if region else None
    return ZoneInfo(str(row["timezone"])) if row and row["timezone"] else None


def _say_local(row: Row, zone: ZoneInfo) -> str:
    """Return a time by the clock of a desk; a day alone where no time is stated."""
    if row["published_at"] is None:
        return ""
    if row["published_precision"] == "day":
        return f"{row['published_at'].astimezone(UTC):%Y-%m-%d}"
    return f"{row['published_at'].astimezone(zone):%Y-%m-%d %H:%M}"


def _article_columns() -> tuple[Column, ...]:
    return (
        Column("published_at", "UTC", "clock"),
        TITLE,
        name_source("source_name"),
        Column("origin_name", "Written by", "name"),
        Column("role", "Role"),
        Column(
            "focus_name",
            "About most",
            "name",
            lambda row: (
                places.to_region(row["focus_id"], row["night"])
                if row["focus_id"]
                else None
            ),
        ),
        Column("lang", "Language"),
        count("n_words", "Words"),
        Column("url", "Address", "url"),
        Column("article_id", "", "id"),
        Column("text_id", "", "id"),
        Column("source_id", "", "name"),
        Column("origin_id", "", "name"),
        Column("focus_id", ""),
    )


def _list_texts(
    desk: Desk, asked: Asked, conditions: Mapping[str, object], total: Row
) -> Table:
    rows = desk.ask("articles_by_text", **conditions, **asked.limits)
    kept = _keep_filters(asked, conditions)

    def link(row: Row) -> str:
        return places.to_articles(**{**kept, "text": row["text_id"]})

    columns = (
        Column("title", "Text", "name", lambda row: places.to_story(row["text_id"])),
        Column("origin_name", "Written by", "name"),
        count("n_articles", "Articles", link),
        count("n_publishers", "Sources that ran it"),
        Column("first_night", "First night", "day"),
        Column("last_night", "Last night", "day"),
        Column("text_id", "", "id"),
    )
    return Table("Unique texts", columns, rows, total["n_texts"])


def _keep_filters(asked: Asked, conditions: Mapping[str, object]) -> dict[str, object]:
    """Return the conditions as parameters of a list of articles."""
    kept = {name: value for name, value in asked.values.items() if name in FILTERS[:-1]}
    return {**kept, "first": conditions["first"], "last": conditions["last"]}


def _list_origins(
    desk: Desk, asked: Asked, conditions: Mapping[str, object], total: Row
) -> Table:
    rows = desk.ask("articles_by_origin", **conditions, **asked.limits)
    kept = _keep_filters(asked, conditions)

    def link(row: Row) -> str:
        return places.to_articles(**{**kept, "origin": row["origin_id"]})

    def link_texts(row: Row) -> str:
        return places.to_articles(**{**kept, "origin": row["origin_id"], "per": "text"})

    columns = (
        Column("origin_name", "Written by", "name", link),
        count("n_texts", "Texts", link_texts),
        count("n_articles", "Articles", link),
        count("n_publishers", "Sources that ran them"),
        Column("origin_id", "", "name"),
    )
    return Table("Independent sources", columns, rows, total["n_sources"])
