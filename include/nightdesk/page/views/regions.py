"""Regions: the map, the list, and one region: who writes about it, and from where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from nightdesk.errors import RequestError
from nightdesk.page import places
from nightdesk.page.asked import Asked
from nightdesk.page.columns import name_source
from nightdesk.page.drawing import Series, draw_series
from nightdesk.page.table import Column, Row, Table, count, count_all
from nightdesk.page.view import Desk, View, begin_series
from nightdesk.page.views.articles import ROLES
from nightdesk.page.world import HEIGHT, WIDTH
from nightdesk.report import say_classes, split_classes

_UNITS = {
    "articles": "n_articles",
    "texts": "n_texts",
    "sources": "n_sources",
}
_SCHEMES = ("country", "m49", "macro", "desk")
_TOP = 12
_ALL = 300  # there are fewer countries


def view_map(desk: Desk, asked: Asked) -> View:
    """Return the world, each country in the colour of its class, and the figures."""
    night = desk.pick_night(asked)
    unit = asked.choice("unit", tuple(_UNITS), "articles")
    rows = desk.ask(
        "regions", night=night, role="about", scheme="country", limit=_ALL, offset=0
    )
    counts = {row["region_id"].removeprefix("iso:"): row[_UNITS[unit]] for row in rows}
    names = {row["region_id"].removeprefix("iso:"): row["name"] for row in rows}
    bounds = split_classes(max(counts.values(), default=0))
    values = {
        "world": desk.world,
        "size": (WIDTH, HEIGHT),
        "counts": counts,
        "names": names,
        "ranks": {
            country: sum(bound <= number for bound in bounds)
            for country, number in counts.items()
        },
        "classes": say_classes(bounds),
        "unit": unit,
        "units": tuple(_UNITS),
    }
    tables = {"countries": list_regions(rows, night, "about", "Countries")}
    return View("map.html", "Map", values, tables, night)


def view_regions(desk: Desk, asked: Asked) -> View:
    """Return the regions of one kind, for one role."""
    night = desk.pick_night(asked)
    scheme = asked.choice("scheme", _SCHEMES, "country")
    role = asked.choice("role", ROLES, "about")
    rows = desk.ask("regions", night=night, role=role, scheme=scheme, **asked.limits)
    table = list_regions(rows, night, role, "Regions")
    values = {"scheme": scheme, "schemes": _SCHEMES, "role": role, "roles": ROLES}
    return View("regions.html", "Regions", values, {"regions": table}, night)


def list_regions(rows: Sequence[Row], night: date, role: str, caption: str) -> Table:
    """Return regions with their figures in the three units."""

    def link(**more: str) -> Any:
        return lambda row: places.to_articles(
            night, region=row["region_id"], role=role, **more
        )

    columns = (
        Column(
            "name",
            "Region",
            "name",
            lambda row: places.to_region(row["region_id"], night),
        ),
        count("n_articles", "Articles", link()),
        count("n_texts", "Texts", link(per="text")),
        count("n_sources", "Sources", link(per="source")),
        Column("share", "Share", "share"),
        Column("region_id", ""),
        Column("role", ""),
    )
    empty = "No article of this night has such a region."
    return Table(caption, columns, rows, count_all(rows), empty)


def view_region(desk: Desk, asked: Asked, region: str) -> View:
    """Return a region in a night: its roles, its series, publishers and names.

    Raises:
        RequestError: there is no such region.
    """
    night = desk.pick_night(asked)
    row = desk.find("region", region=region)
    if row is None:
        raise RequestError(
            404,
            f"region {region}: is not known; ids look like iso:PK, m49:034, x-sahel or "
            "desk:..., see the list of regions",
        )
    role = asked.choice("role", ROLES, "about")
    first = begin_series(night)
    days = desk.ask("region_days", region=region, role=role, first=first, last=night)
    local = desk.ask("desk_days", region=region, first=first, last=night)
    which = {"night": night, "region": region, "role": role}
    limit = 1000 if asked.is_download else _TOP
    values = {
        "region": row,
        "role": role,
        "roles": ROLES,
        "series": draw_series(
            "Share of tagged articles", days, "share", (first, night)
        ),
        "local_series": _draw_days(local),
    }
    tables = {
        "roles": _list_roles(
            desk.ask("region_roles", night=night, region=region), night
        ),
        "publishers": _list_publishers(
            desk.ask("region_publishers", **which, limit=limit), night, region, role
        ),
        "from": _list_countries(
            desk.ask("region_countries", **which, limit=limit), night, region, role
        ),
        "names": _list_names(
            desk.ask("region_names", **which, limit=limit), night, region, role
        ),
        "nights": _list_days(days, region, role),
        "days": _list_local_days(local),
    }
    return View("region.html", str(row["name"]), values, tables, night)


def _draw_days(rows: Sequence[Row]) -> Series | None:
    """Return a desk's articles day by day where those are over; None without any."""
    known = [{**row, "night": row["day"]} for row in rows if row["status"] == "whole"]
    if not known:
        return None
    days = (known[0]["day"], known[-1]["day"])
    return draw_series(
        f"Articles a day in {rows[-1]['timezone']}", known, "n_articles", days
    )


def _list_local_days(rows: Sequence[Row]) -> Table:
    columns = (
        Column("day", "Day there", "day"),
        Column("status", "Known"),
        count("n_articles", "Articles"),
        count("n_texts", "Texts"),
        count("n_sources", "Sources"),
        Column("timezone", "", "name"),
    )
    return Table("Day by day, in its own time zone", columns, rows[::-1])


def _list_roles(rows: Sequence[Row], night: date) -> Table:
    def link(row: Row, per: str | None = None) -> str:
        return places.to_articles(
            night, region=row["region_id"], role=row["role"], per=per
        )

    columns = (
        Column("role", "Its role"),
        count("n_articles", "Articles", link),
        count("n_texts", "Texts", lambda row: link(row, "text")),
        count("n_sources", "Sources", lambda row: link(row, "source")),
        Column("share", "Share", "share"),
        Column("region_id", ""),
    )
    empty = "No article of this night has anything to do with it."
    return Table("What it is to the night", columns, rows, empty=empty)


def _list_publishers(rows: Sequence[Row], night: date, region: str, role: str) -> Table:
    def link(row: Row, **more: str) -> str:
        return places.to_articles(
            night, region=region, role=role, source=row["source_id"], **more
        )

    columns = (
        name_source("name", night),
        Column("country", "Country"),
        count("n_articles", "Articles", link),
        count("n_texts", "Texts", lambda row: link(row, per="text")),
        count("n_own", "Own reporting", lambda row: link(row, made="own")),
        Column("source_id", "", "name"),
    )
    return Table("Who covers it", columns, rows)


def _list_countries(rows: Sequence[Row], night: date, region: str, role: str) -> Table:
    def link(row: Row, per: str | None = None) -> str:
        country = row["country"] or "none"
        return places.to_articles(
            night, region=region, role=role, country=country, per=per
        )

    columns = (
        Column(
            "name",
            "Country of the publisher",
            "name",
            lambda row: (
                places.to_region(f"iso:{row['country']}", night)
                if row["country"]
                else None
            ),
        ),
        count("n_publishers", "Sources"),
        count("n_articles", "Articles", link),
        count("n_texts", "Texts", lambda row: link(row, "text")),
        Column("country", ""),
    )
    return Table("From where", columns, rows)


def _list_names(rows: Sequence[Row], night: date, region: str, role: str) -> Table:
    def link(row: Row, per: str | None = None) -> str:
        return places.to_articles(
            night, region=region, role=role, entity=row["entity_id"], per=per
        )

    columns = (
        Column(
            "name",
            "Name",
            "name",
            lambda row: places.to_entity(row["entity_id"], night),
        ),
        Column("type", "Type"),
        count("n_articles", "Articles", link),
        count("n_texts", "Texts", lambda row: link(row, "text")),
        Column("entity_id", "", "name"),
    )
    return Table("Who is named", columns, rows)


def _list_days(rows: Sequence[Row], region: str, role: str) -> Table:
    def link(row: Row, per: str | None = None) -> str:
        return places.to_articles(row["night"], region=region, role=role, per=per)

    columns = (
        Column(
            "night",
            "Night",
            "day",
            lambda row: places.to_region(region, row["night"]),
        ),
        count("n_articles", "Articles", link),
        count("n_texts", "Texts", lambda row: link(row, "text")),
        count("n_sources", "Sources", lambda row: link(row, "source")),
        Column("share", "Share", "share"),
    )
    return Table("Night by night", columns, rows[::-1])
