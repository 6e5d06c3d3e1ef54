"""The map as paths of an SVG: country outlines, projected once, and dots for the small.

Natural Earth projection by the polynomial of Savric and others (2015, Cartography and
Geographic Information Science 42). The same shapes as in the brief, without a chart
library: a page is to be there in a moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import radians
from typing import Any

from nightdesk.report import Shapes

#: Size of the picture in its own units, tenths of a pixel.
WIDTH, HEIGHT = 9600, 4620
_SCALE = WIDTH / 5.454  # the projection is 5.454 wide on a sphere of radius 1
_NORTH = 1.39  # what is at the upper edge: nothing is drawn north of it

Point = tuple[float, float]


@dataclass(frozen=True)
class World:
    """What the map is drawn from.

    Attributes:
        outlines: the `d` of a path by country, ISO 3166-1 alpha-2.
        dots: where the countries without an outline lie.
    """

    outlines: Mapping[str, str]
    dots: Mapping[str, tuple[int, int]]


def draw_world(shapes: Shapes) -> World:
    """Return the shapes as paths and dots."""
    topology: Mapping[str, Any] = shapes.topology
    arcs = _read_arcs(topology)
    outlines = {
        str(country["id"]): _draw_rings(country, arcs)
        for country in topology["objects"]["countries"]["geometries"]
    }
    dots = {name: _place(point) for name, point in sorted(shapes.dots.items())}
    return World(outlines, dots)


def _read_arcs(topology: Mapping[str, Any]) -> list[list[Point]]:
    """Return the lines that outlines are made of, as longitudes and latitudes."""
    scale, move = topology["transform"]["scale"], topology["transform"]["translate"]
    return [
        [
            (x * scale[0] + move[0], y * scale[1] + move[1])
            for x, y in accumulate(arc, lambda a, b: (a[0] + b[0], a[1] + b[1]))
        ]
        for arc in topology["arcs"]
    ]


def project(longitude: float, latitude: float) -> Point:
    """Return where a place lies on the map, on a sphere of radius 1, north up.

    >>> project(0, 0)
    (0.0, 0.0)
    """
    x, y = radians(longitude), radians(latitude)
    y2 = y * y
    y4 = y2 * y2
    across = 0.8707 + y2 * (
        -0.131979 + y2 * (-0.013791 + y4 * y2 * (0.003971 - 0.001529 * y2))
    )
    up = 1.007226 + y2 * (0.015085 + y4 * (-0.044475 + 0.028874 * y2 - 0.005916 * y4))
    return x * across, y * up


def _place(point: Sequence[float]) -> tuple[int, int]:
    x, y = project(point[0], point[1])
    return round(WIDTH / 2 + x * _SCALE), round((_NORTH - y) * _SCALE)


def _draw_rings(country: Mapping[str, Any], arcs: Sequence[Sequence[Point]]) -> str:
    polygons = country["arcs"]
    if country["type"] == "Polygon":
        polygons = [polygons]
    rings = (_join(ring, arcs) for polygon in polygons for ring in polygon)
    return "".join(
        _draw_ring([_place(point) for point in part])
        for ring in rings
        for part in _split(ring)
    )


def _join(ring: Iterable[int], arcs: Sequence[Sequence[Point]]) -> list[Point]:
    """Return the points of a ring; a negative number is an arc taken backwards.

    Where it crosses the line of the date it goes on beyond 180 degrees.
    """
    points: list[Point] = []
    for number in ring:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        for x, y in arc[1:] if points else arc:
            turns = round((points[-1][0] - x) / 360) if points else 0
            points.append((x + 360 * turns, y))
    return points


def _split(ring: Sequence[Point]) -> list[list[Point]]:
    """Return a ring in the parts that the edges of the map cut it into."""
    parts = []
    for turn in (-360, 0, 360):
        moved = [(x + turn, y) for x, y in ring]
        part = _clip(_clip(moved, -180, 1), 180, -1)
        if part:
            parts.append(part)
    return parts


def _clip(ring: Sequence[Point], edge: float, side: int) -> list[Point]:
    """Return what of a ring lies east (side 1) or west (-1) of a longitude.

    Sutherland and Hodgman (1974, Communications of the ACM 17), for one edge.
    """
    kept: list[Point] = []
    for (ax, ay), (bx, by) in zip([*ring[-1:], *ring[:-1]], ring, strict=True):
        is_a, is_b = side * (ax - edge) >= 0, side * (bx - edge) >= 0
        if is_a != is_b:
            kept.append((edge, ay + (by - ay) * (edge - ax) / (bx - ax)))
        if is_b:
            kept.append((bx, by))
    return kept


def _draw_ring(points: Sequence[tuple[int, int]]) -> str:
    """Return a closed path in steps from point to point, which are short to write."""
    x, y = points[0]
    steps = []
    for a, b in points[1:]:
        if (a, b) != (x, y):
            steps.append(f"{a - x} {b - y}")
            x, y = a, b
    return f"M{points[0][0]} {points[0][1]}l{' '.join(steps)}z" if steps else ""
