"""Charts of the brief as SVG text: a map, bars, hours, small series.

Drawn by Vega-Lite without a browser. Each chart is drawn in marker colours that are
then exchanged for the page's own (`var(--bar)`), so that one picture serves light, dark
and paper. Titles, legends and units stand in the page, where they wrap.
Altair is slow to import (about a second): nothing but this module may import it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode

from nightdesk.report.shapes import Shapes

# Marker colour -> name of the page's colour.
_MARKERS = {
    "#010101": "ink",
    "#010102": "muted",
    "#010103": "line",
    "#010104": "bar",
    "#010105": "bar-soft",
    "#010106": "paper",
    "#020200": "map-0",
    "#020201": "map-1",
    "#020202": "map-2",
    "#020203": "map-3",
    "#020204": "map-4",
    "#020205": "map-5",
}
_COLOUR = {name: marker for marker, name in _MARKERS.items()}
#: Altair checks each part against its schema as it is made: half of all the time.
_UNCHECKED = debug_mode(False)
_PAINT = re.compile(r'(fill|stroke)="(#0[12]0[12]0\d)"')
_SIZE = re.compile(r'^(<svg [^>]*?) width="[\d.]+" height="[\d.]+"')
_ROLES = re.compile(r' (?:aria-[a-z]+|role|class|pointer-events)="[^"]*"')
_PATH = re.compile(r' d="([^"]+)"')
_DECIMALS = re.compile(r"(\d+\.\d)\d+")
_EMPTY = re.compile(r'<path[^>]* (?:d=""|display="none")[^>]*/>')
_CONFIG = {
    "background": "transparent",
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": _COLOUR["ink"],
        "titleColor": _COLOUR["muted"],
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "domainColor": _COLOUR["line"],
        "gridColor": _COLOUR["line"],
    },
    "text": {"fontSize": 12},
}
_WIDTH = 320  # of all charts but the map: a telephone's, so that text keeps its size


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: all articles, and the unique texts among them."""

    name: str
    n_articles: int
    n_texts: int


@dataclass(frozen=True, slots=True)
class Point:
    """One night of a series; no value: that night has not been built."""

    name: str
    value: float | None
    text: str  # the value as said


@_UNCHECKED
def draw_map(counts: Mapping[str, int], bounds: Sequence[int], shapes: Shapes) -> str:
    """Return the world, each country in the colour of its class.

    Args:
        counts: articles by ISO 3166-1 alpha-2; a country that is not in it is blank.
        bounds: of the classes, from `split_classes`.
        shapes: outlines and dots.
    """
    known = {*shapes.outlines, *shapes.dots, *counts}
    rank = {
        country: sum(bound <= counts.get(country, 0) for bound in bounds)
        for country in known
    }
    topojson = alt.TopoDataFormat(type="topojson", feature="countries")
    outlines = alt.NamedData(name="outlines", format=topojson)
    levels = range(6)
    colour = alt.Color(
        "rank:O",
        legend=None,
        scale=alt.Scale(
            domain=list(levels), range=[_COLOUR[f"map-{level}"] for level in levels]
        ),
    )
    world = (
        alt.Chart(outlines)
        .transform_lookup(
            lookup="id",
            from_=alt.LookupData(
                data=_inline(_list_ranks(rank)), key="country", fields=["rank"]
            ),
        )
        .mark_geoshape(stroke=_COLOUR["paper"], strokeWidth=0.6)
        .encode(color=colour)
    )
    places = [
        {"lon": lon, "lat": lat, "rank": rank[country]}
        for country, (lon, lat) in sorted(shapes.dots.items())
        if rank[country]
    ]
    dots = (
        alt.Chart(_inline(places))
        .mark_circle(size=70, opacity=1, stroke=_COLOUR["ink"], strokeWidth=0.8)
        .encode(longitude="lon:Q", latitude="lat:Q", color=colour)
    )
    layers = alt.layer(world, dots) if places else alt.layer(world)
    chart = layers.properties(width=960, height=440).project("naturalEarth1")
    svg = _render(chart, {"outlines": shapes.topology})
    return _PATH.sub(_shorten_path, svg)


@_UNCHECKED
def draw_bars(bars: Sequence[Bar]) -> str:
    """Return lying bars in the order given: all articles, before them unique texts.

    The name stands above its bar, so that a long one is not cut.
    """
    rows = [
        {
            "place": place,
            "name": bar.name,
            "n_articles": bar.n_articles,
            "n_texts": bar.n_texts,
            "said": f"{bar.n_articles:,} / {bar.n_texts:,}",
        }
        for place, bar in enumerate(bars)
    ]
    top = max((bar.n_articles for bar in bars), default=0) or 1
    length = alt.Scale(domain=[0, 1.35 * top], nice=False)
    articles = alt.X("n_articles:Q", axis=None, scale=length)
    texts = alt.X("n_texts:Q", axis=None, scale=length)
    base = alt.Chart(_inline(rows)).encode(y=alt.Y("place:O", axis=None))
    ink = _COLOUR["ink"]
    chart = alt.layer(
        base.mark_bar(color=_COLOUR["bar-soft"], height=11, yOffset=8).encode(
            x=articles
        ),
        base.mark_bar(color=_COLOUR["bar"], height=11, yOffset=8).encode(x=texts),
        base.mark_text(align="left", dy=-8, limit=_WIDTH, color=ink).encode(
            x=alt.value(0), text="name:N"
        ),
        base.mark_text(align="left", dx=5, dy=8, color=ink).encode(
            x=articles, text="said:N"
        ),
    )
    return _render(chart.properties(width=_WIDTH, height=alt.Step(38)))


@_UNCHECKED
def draw_hours(hours: Sequence[Bar]) -> str:
    """Return standing bars for the 24 hours of a day, from 0; names are the hours."""
    rows = [
        {"hour": int(bar.name), "n_articles": bar.n_articles, "n_texts": bar.n_texts}
        for bar in hours
    ]
    axis = alt.Axis(
        values=[0, 6, 12, 18, 23], labelAngle=0, title="hour (UTC)", ticks=False
    )
    top = max((bar.n_articles for bar in hours), default=0) or 1
    steps = alt.Axis(
        title=None,
        values=list_steps(top),
        format=",d",
        domain=False,
        ticks=False,
        minExtent=26,
        maxExtent=26,
    )
    base = alt.Chart(_inline(rows)).encode(x=alt.X("hour:O", axis=axis))
    height = alt.Scale(domain=[0, top])
    chart = alt.layer(
        base.mark_bar(color=_COLOUR["bar-soft"]).encode(
            y=alt.Y("n_articles:Q", axis=steps, scale=height)
        ),
        base.mark_bar(color=_COLOUR["bar"]).encode(
            y=alt.Y("n_texts:Q", axis=steps, scale=height)
        ),
    )
    return _render(chart.properties(width=_WIDTH - 20, height=150))


def list_steps(top: int) -> list[int]:
    """Return the figures beside an axis of counts: from 0, even, at most five.

    Vega parts a low axis at halves, which are then said as whole numbers, twice.

    >>> list_steps(2), list_steps(64), list_steps(1203)
    ([0, 1, 2], [0, 20, 40, 60], [0, 500, 1000])
    """
    round_steps = (n * 10**digits for digits in count() for n in (1, 2, 5))
    step = next(step for step in round_steps if top <= 4 * step)
    return list(range(0, top + 1, step))


@_UNCHECKED
def draw_series(points: Sequence[Point]) -> str:
    """Return a small series, its last point marked; a night without value is a dash."""
    last = len(points) - 1
    rows = [
        {
            "place": place,
            "value": point.value or 0,
            "said": point.text if point.value is not None else "–",
            "colour": "bar" if place == last else "bar-soft",
        }
        for place, point in enumerate(points)
    ]
    names = alt.Axis(
        # A literal, so that two points of one name stay two points.
        labelExpr=f"{json.dumps([point.name for point in points])}[datum.value]",
        labelAngle=0,
        title=None,
        ticks=False,
        labelPadding=5,
    )
    top = max((point.value or 0 for point in points), default=0) or 1
    base = alt.Chart(_inline(rows)).encode(
        x=alt.X("place:O", axis=names),
        y=alt.Y("value:Q", axis=None, scale=alt.Scale(domain=[0, 1.25 * top])),
    )
    chart = alt.layer(
        base.mark_bar().encode(
            color=alt.Color(
                "colour:N",
                legend=None,
                scale=alt.Scale(
                    domain=["bar", "bar-soft"],
                    range=[_COLOUR["bar"], _COLOUR["bar-soft"]],
                ),
            )
        ),
        base.mark_text(baseline="bottom", dy=-3, color=_COLOUR["ink"]).encode(
            text="said:N"
        ),
    )
    return _render(chart.properties(width=_WIDTH, height=90))


def _inline(values: object) -> alt.Data:
    return alt.Data(values=values)  # type: ignore[no-untyped-call]


def _list_ranks(rank: Mapping[str, int]) -> list[dict[str, object]]:
    return [{"country": country, "rank": rank[country]} for country in sorted(rank)]


def _render(
    chart: alt.LayerChart | alt.FacetChart,
    datasets: Mapping[str, object] | None = None,
) -> str:
    """Return the SVG of a chart in the page's colours, without sizes, ids or roles.

    Large data comes in by name: Altair copies and checks inline data again and again
    (1.2 s for the map). The same goes for the configuration, which is set last.
    """
    spec = chart.to_dict(validate=False)
    spec["config"] = {**spec["config"], **_CONFIG}
    if datasets:
        spec["datasets"] = datasets
    svg = vl_convert.vegalite_to_svg(spec)
    svg = _SIZE.sub(r"\1", svg)
    svg = _ROLES.sub("", svg)
    svg = _EMPTY.sub("", svg)
    svg = svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
    return _PAINT.sub(lambda hit: f'{hit[1]}="var(--{_MARKERS[hit[2]]})"', svg)


def _shorten_path(path: re.Match[str]) -> str:
    return f' d="{_DECIMALS.sub(chr(92) + "1", path[1])}"'
