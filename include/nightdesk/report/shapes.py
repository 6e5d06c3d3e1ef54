"""The map: country outlines, and dots for the countries that they are too coarse for.

The outlines are Natural Earth's at 1:110 million as TopoJSON (see NOTICE), kept as they
came; countries.csv says which outline is which country. Natural Earth draws borders as
they are held; the brief takes no side by using it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nightdesk.errors import ConfigError

_ANTARCTICA = "AQ"  # a third of the picture, and no news


@dataclass(frozen=True, slots=True)
class Shapes:
    """What the map is drawn from.

    Attributes:
        topology: TopoJSON with the object `countries`; ids are ISO 3166-1 alpha-2.
        outlines: the ids that the topology has.
        dots: longitude and latitude of the countries without an outline.
    """

    topology: Mapping[str, object]
    outlines: frozenset[str]
    dots: Mapping[str, tuple[float, float]]


def load_shapes(folder: Path) -> Shapes:
    """Return the shapes that a folder holds (countries-110m.json, countries.csv).

    Raises:
        ConfigError: a file is missing or is not what it should be.
    """
    try:
        world = json.loads((folder / "countries-110m.json").read_text("utf-8"))
        with (folder / "countries.csv").open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        country_of = {
            row["shape"]: row["country"] for row in rows if not row["dot_lon"]
        }
        dots = {
            row["country"]: (float(row["dot_lon"]), float(row["dot_lat"]))
            for row in rows
            if row["dot_lon"]
        }
        outlines = [
            {"type": outline["type"], "arcs": outline["arcs"], "id": country}
            for outline in world["objects"]["countries"]["geometries"]
            if (country := _find_country(outline, country_of)) != _ANTARCTICA
        ]
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"map shapes: {folder}: {error!r}") from error
    countries = {"type": "GeometryCollection", "geometries": outlines}
    return Shapes(
        {**world, "objects": {"countries": countries}},
        frozenset(str(outline["id"]) for outline in outlines),
        dots,
    )


def _find_country(outline: dict[str, object], country_of: Mapping[str, str]) -> str:
    """Return the country of an outline; one that no code stands for keeps its name."""
    properties = outline["properties"]
    name = properties["name"] if isinstance(properties, dict) else ""
    return country_of.get(str(outline.get("id") or name), str(name))
