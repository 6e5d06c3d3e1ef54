"""How the brief looks: the map, its colours in light and dark, and every width."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from test_report_rows import GEO, SHAPES, make_sample

from nightdesk.errors import ConfigError
from nightdesk.report import load_shapes
from nightdesk.report.charts import draw_map

STYLE = GEO.parents[1] / "nightdesk" / "report" / "templates" / "brief.css"


def test_map_colours_by_class() -> None:
    svg = draw_map({"PK": 64, "SG": 12, "KE": 3}, [1, 5, 10, 20, 50], SHAPES)
    levels = [svg.count(f'"var(--map-{level})"') for level in range(6)]
    assert levels == [len(SHAPES.outlines) - 2, 1, 0, 1, 0, 1]


def test_every_country_is_on_the_map() -> None:
    lines = (GEO / "countries.csv").read_text("utf-8").splitlines()[1:]
    countries = [line.split(",")[0] for line in lines]
    assert len(countries) == len(set(countries)) == 250
    assert set(countries) - {"AQ"} <= SHAPES.outlines | set(SHAPES.dots)
    assert not SHAPES.outlines & set(SHAPES.dots)
    assert all(-180 <= x <= 180 and -60 <= y <= 84 for x, y in SHAPES.dots.values())


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda f: (f / "countries.csv").unlink(), id="a file is missing"),
        pytest.param(
            lambda f: (f / "countries-110m.json").write_text("{"), id="no JSON"
        ),
        pytest.param(
            lambda f: (f / "countries-110m.json").write_text("{}"), id="no topology"
        ),
        pytest.param(
            lambda f: (f / "countries.csv").write_text("a,b\n1,2\n"), id="other columns"
        ),
    ],
)
def test_bad_shapes_are_named(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    for file in GEO.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    load_shapes(tmp_path)
    damage(tmp_path)
    with pytest.raises(ConfigError, match=re.escape(str(tmp_path))):
        load_shapes(tmp_path)


def read_colours(scheme: str) -> dict[str, str]:
    blocks = re.findall(r":root \{(.+?)\n\s*\}", STYLE.read_text("utf-8"), re.DOTALL)
    block = blocks[("light", "dark", "print").index(scheme)]
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block))


def measure_contrast(one: str, other: str) -> float:
    """Contrast of two colours after WCAG 2.2."""
    lights = []
    for colour in (one, other):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in parts
        )
        lights.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(lights) + 0.05) / (min(lights) + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_colours_can_be_told_apart(scheme: str) -> None:
    colours = {**read_colours("light"), **read_colours(scheme)}
    for ground in ("paper", "card"):
        for name in ("ink", "muted", "link", "alarm", "good"):
            assert measure_contrast(colours[name], colours[ground]) >= 4.5, name
    assert measure_contrast(colours["bar"], colours["paper"]) >= 3
    assert measure_contrast(colours["bar"], colours["bar-soft"]) >= 2.5
    for level in range(5):
        steps = colours[f"map-{level}"], colours[f"map-{level + 1}"]
        assert measure_contrast(*steps) >= 1.15


def test_every_colour_is_defined() -> None:
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", make_sample()))
    for scheme in ("light", "dark"):
        assert used == set(read_colours(scheme))
    assert not re.search(r'(?:fill|stroke)="#', make_sample())
