"""Names: people, organisations and places in the news, and one of them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from datetime import date, timedelta

from nightdesk.errors import RequestError
from nightdesk.page import places
from nightdesk.page.asked import Asked
from nightdesk.page.drawing import draw_series
from nightdesk.page.table import Column, Row, Table, count, count_all
from nightdesk.page.view import Desk, View, begin_series

_TYPES = {"PER": "People", "ORG": "Organisations", "LOC": "Places"}
_TOP = 12
#: Nights whose mentions are read for spellings and company: more would take a second.
_NEAR = 7
_WIKIDATA = re.compile(r"Q[0-9]{1,12}")


def view_names(desk: Desk, asked: Asked) -> View:
    """Return the names of a night, by independent sources."""
    night = desk.pick_night(asked)
    kind = asked.choice("type", tuple(_TYPES), "PER")
    rows = desk.ask("names", night=night, type=kind, **asked.limits)

    def link(row: Row, per: str | None = None) -> str:
        return places.to_articles(night, entity=row["entity_id"], per=per)

    columns = (
        Column(
            "name",
            "Name",
            "name",
            lambda row: places.to_entity(row["entity_id"], night),
        ),
        count("n_sources", "Independent sources", lambda row: link(row, "source")),
        count("n_texts", "Texts", lambda row: link(row, "text")),
        count("n_articles", "Articles", link),
        count("n_mentions", "Mentions"),
        count("n_in_title", "In the title"),
        Column("entity_id", "", "name"),
    )
    empty = "None was tagged in this night."
    table = Table(_TYPES[kind], columns, rows, count_all(rows), empty)
    values = {"type": kind, "types": _TYPES}
    return View("names.html", "Names", values, {"names": table}, night)


def view_entity(desk: Desk, asked: Asked, entity: str) -> View:
    """Return an entity: its spellings, its nights, its company, its regions.

    Raises:
        RequestError: no published night names it.
    """
    night = desk.pick_night(asked)
    aliases = desk.ask("entity_alias", entity=entity)
    moved = next((r["entity_id"] for r in aliases if r["old_id"] == entity), None)
    row = desk.find("entity", entity=entity)
    if row is None:
        hint = f"; people found it to be {moved}" if moved else ""
        raise RequestError(
            404,
            f"name {entity}: no published night names it{hint}. Ids are Wikidata's, "
            "such as Q42, or our own, such as nd:per:...; look for it with search",
        )
    first, near = begin_series(night), night - timedelta(days=_NEAR - 1)
    days = desk.ask("entity_days", entity=entity, first=first, last=night)
    which = {"entity": entity, "first": near, "last": night}
    limit = 1000 if asked.is_download else _TOP
    values = {
        "entity": row,
        "shell_id": shlex.quote(entity),
        "kind": _TYPES.get(str(row["type"]), str(row["type"])),
        "wikidata": entity if _WIKIDATA.fullmatch(entity) else None,
        "aliases": aliases,
        "moved": moved,
        "near": near,
        "series": draw_series("Articles a night", days, "n_articles", (first, night)),
    }
    tables = {
        "surfaces": _list_surfaces(desk.ask("entity_surfaces", **which, limit=limit)),
        "with": _list_company(
            desk.ask("entity_with", **which, limit=limit), (near, night), entity
        ),
        "regions": _list_about(
            desk.ask("entity_regions", **which, limit=limit), (near, night), entity
        ),
        "nights": _list_days(days, entity),
    }
    return View("entity.html", str(row["name"]), values, tables, night)


def _list_surfaces(rows: Sequence[Row]) -> Table:
    columns = (
        Column("surface", "Written as", "name"),
        count("n_mentions", "Mentions"),
        count("n_articles", "Articles"),
        Column("rule", "Found by"),
    )
    empty = "Not named in these nights."
    return Table("How it is written", columns, rows, empty=empty)


def _list_company(rows: Sequence[Row], period: tuple[date, date], entity: str) -> Table:
    first, last = period

    def link(row: Row, per: str | None = None) -> str:
        return places.to_articles(
            first=first, last=last, entity=entity, company=row["entity_id"], per=per
        )

    columns = (
        Column(
            "name",
            "Name",
            "name",
            lambda row: places.to_entity(row["entity_id"], last),
        ),
        Column("type", "Type"),
        count("n_texts", "Texts", lambda row: link(row, "text")),
        count("n_articles", "Articles", link),
        Column("entity_id", "", "name"),
    )
    return Table("Named in the same articles", columns, rows)


def _list_about(rows: Sequence[Row], period: tuple[date, date], entity: str) -> Table:
    first, last = period

    def link(row: Row) -> str:
        return places.to_articles(
            first=first,
            last=last,
            entity=entity,
            region=row["region_id"],
        )

    columns = (
        Column(
            "name",
            "Country",
            "name",
            lambda row: places.to_region(row["region_id"], last),
        ),
        count("n_articles", "Articles", link),
        count("n_focus", "Mostly about it"),
        Column("region_id", ""),
    )
    return Table("What those articles are about", columns, rows)


def _list_days(rows: Sequence[Row], entity: str) -> Table:
    def link(row: Row, per: str | None = None) -> str:
        return places.to_articles(row["night"], entity=entity, per=per)

    columns = (
        Column(
            "night",
            "Night",
            "day",
            lambda row: places.to_entity(entity, row["night"]),
        ),
        count("n_articles", "Articles", link),
        count("n_texts", "Texts", lambda row: link(row, "text")),
        count("n_sources", "Sources", lambda row: link(row, "source")),
        count("n_in_title", "In the title"),
        Column("share", "Share", "share"),
    )
    return Table("Night by night", columns, rows[::-1])
