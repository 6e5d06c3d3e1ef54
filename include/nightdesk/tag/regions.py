"""Regions as country lists: countries, the UN M49 tree, macro regions, desks.

Pure: rows come in, already read and checked. Kosovo is absent from M49 and Taiwan is
listed there only inside China; both are put by hand where their neighbours are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nightdesk.model import Region


@dataclass(frozen=True, slots=True)
class Country:
    """A country or territory with an ISO 3166-1 code, or Kosovo (XK)."""

    iso2: str
    iso3: str
    m49: str  # its own numeric code; empty for Kosovo
    name: str
    capital: str
    m49_region: str  # the smallest M49 region that it is in
    names: tuple[str, ...] = ()
    demonyms: tuple[str, ...] = ()


def build_regions(
    countries: Iterable[Country],
    m49: Iterable[tuple[str, ...]],
    macros: Mapping[str, Mapping[str, Any]],
    desks: Mapping[str, Mapping[str, Any]],
) -> tuple[Region, ...]:
    """Return all regions: countries, M49 from small to large, macros, desks.

    Raises:
        KeyError: a country or desk names a region that is not there.
    """
    listed = tuple(countries)
    tree = _build_m49(listed, list(m49))
    out = [
        Region(f"iso:{c.iso2}", c.name, "country", (c.iso2,), f"m49:{c.m49_region}")
        for c in listed
    ]
    out.extend(tree.values())
    areas = {
        key: Region(key, row["name"], "macro", tuple(sorted(row.get("countries", ()))))
        for key, row in macros.items()
    }
    out.extend(areas.values())
    for key, row in desks.items():
        members = set(row.get("countries", ()))
        for code in row.get("m49", ()):
            members.update(tree[code].countries)
        for code in row.get("macros", ()):
            members.update(areas[code].countries)
        held, zone = tuple(sorted(members)), row.get("timezone")
        out.append(Region(f"desk:{key}", row["name"], "desk", held, timezone=zone))
    return tuple(out)


def _build_m49(
    countries: tuple[Country, ...], rows: list[tuple[str, ...]]
) -> dict[str, Region]:
    """Return the M49 regions by code, each with all countries below it."""
    parents = {row[0]: row[2] if len(row) > 2 else "" for row in rows}
    members: dict[str, list[str]] = {code: [] for code in parents}
    for country in countries:
        code = country.m49_region
        while code:
            members[code].append(country.iso2)
            code = parents[code]
    return {
        row[0]: Region(
            f"m49:{row[0]}",
            row[1],
            "m49",
            tuple(sorted(members[row[0]])),
            f"m49:{parents[row[0]]}" if parents[row[0]] else None,
        )
        for row in rows
    }
