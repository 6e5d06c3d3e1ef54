"""The picture of the schema: tables as boxes, what refers to what as curves.

A box shows the columns of the key and those that refer to another table; the page has
the rest. The same descriptions give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from nightdesk.warehouse.describe import AREAS, Column, Table

_WIDTH, _ROW, _HEAD = 250, 18, 26  # of a box, a row and its title
_GAP_X, _GAP_Y, _TOP, _LEFT = 150, 22, 58, 70
_STYLE = (
    "text{font:12px sans-serif;fill:#1d2733}.t{font-weight:bold;fill:#fff}"
    ".a{font-size:15px;font-weight:bold}.k{font-weight:bold}"
    ".m{fill:#66727f}.b{fill:#fff;stroke:#38516b}.h{fill:#38516b}"
    ".e{fill:none;stroke:#8496a8;stroke-width:1.2}"
)


@dataclass(frozen=True)
class _Box:
    table: Table
    lane: int
    x: int
    y: int
    shown: tuple[Column, ...]

    @property
    def height(self) -> int:
        return _HEAD + _ROW * (len(self.shown) + 1) + 4

    def row_y(self, name: str) -> int:
        """Return the height of a column's row; of the title for one that is hidden."""
        for n, column in enumerate(self.shown):
            if column.name == name:
                return self.y + _HEAD + _ROW * n + _ROW // 2
        return self.y + _HEAD // 2


def draw_schema(tables: Iterable[Table]) -> str:
    """Return the SVG of the tables that readers see."""
    boxes = _place([table for table in tables if table.use == "promised"])
    width = 2 * _LEFT + len(AREAS) * _WIDTH + (len(AREAS) - 1) * _GAP_X
    height = max(box.y + box.height for box in boxes.values()) + _GAP_Y
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">',
        "<title>The tables of the warehouse and what refers to what</title>",
        f"<style>{_STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#f4f6f8"/>',
    ]
    for lane, title in enumerate(AREAS.values()):
        parts.append(f'<text class="a" x="{_lane_x(lane)}" y="36">{title}</text>')
    for box in boxes.values():
        parts += [_draw_edge(box, c, boxes) for c in box.shown if c.to]
    parts += [_draw_box(box) for box in boxes.values()]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _lane_x(lane: int) -> int:
    return _LEFT + lane * (_WIDTH + _GAP_X)


def _place(tables: list[Table]) -> dict[str, _Box]:
    """Stack the boxes of each area; those that most others refer to come first."""
    targets = [c.to.split(".")[0] for t in tables for c in t.columns if c.to]
    boxes = {}
    for lane, area in enumerate(AREAS):
        y = _TOP
        mine = [table for table in tables if table.area == area]
        for table in sorted(mine, key=lambda t: (-targets.count(t.name), t.name)):
            shown = tuple(c for c in table.columns if c.name in table.key or c.to)
            box = _Box(table, lane, _lane_x(lane), y, shown)
            boxes[table.name] = box
            y += box.height + _GAP_Y
    return boxes


def _draw_edge(box: _Box, column: Column, boxes: dict[str, _Box]) -> str:
    table, name = (column.to or "").split(".")
    target = boxes[table]
    y1, y2 = box.row_y(column.name), target.row_y(name)
    if target.lane == box.lane:  # beside the boxes, the further the longer the way
        bend = min(60, 16 + abs(y2 - y1) // 14)
        x1 = x2 = box.x + (_WIDTH if box.lane else 0)
        c1 = c2 = x1 + (bend if box.lane else -bend)
    else:
        is_right = target.lane > box.lane
        x1 = box.x + (_WIDTH if is_right else 0)
        x2 = target.x + (0 if is_right else _WIDTH)
        c1 = c2 = (x1 + x2) // 2
    return (
        f'<path class="e" d="M{x1} {y1}C{c1} {y1} {c2} {y2} {x2} {y2}"/>'
        f'<circle cx="{x2}" cy="{y2}" r="3" fill="#38516b"/>'
    )


def _draw_box(box: _Box) -> str:
    x, y = box.x, box.y
    lines = [
        f'<rect class="b" x="{x}" y="{y}" width="{_WIDTH}" height="{box.height}"/>',
        f'<rect class="h" x="{x}" y="{y}" width="{_WIDTH}" height="{_HEAD - 4}"/>',
        f'<text class="t" x="{x + 8}" y="{y + 16}">{escape(box.table.name)}</text>',
    ]
    for column in box.shown:
        kind = "k" if column.name in box.table.key else ""
        baseline = box.row_y(column.name) + 4
        words = escape(column.name + (f"  \u2192 {column.to}" if column.to else ""))
        lines.append(f'<text class="{kind}" x="{x + 8}" y="{baseline}">{words}</text>')
    n_more = len(box.table.columns) - len(box.shown)
    baseline = y + _HEAD + _ROW * len(box.shown) + 13
    more = f"and {n_more} more" if n_more else "no more columns"
    lines.append(f'<text class="m" x="{x + 8}" y="{baseline}">{more}</text>')
    return "\n".join(lines)
