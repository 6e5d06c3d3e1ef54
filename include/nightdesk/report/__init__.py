"""Marts -> the morning's brief: one HTML file, charts inside, no script, no network.

Pure but for `load_shapes`, which reads the map once: rows go in, a string comes out,
and the same rows give the same bytes. Says nothing that is not in a row.
"""

from nightdesk.report.brief import build_brief
from nightdesk.report.rows import Marts, Row
from nightdesk.report.shapes import Shapes, load_shapes
from nightdesk.report.summary import brief_summary
from nightdesk.report.wording import say_refusal

__all__ = [
    "Marts",
    "Row",
    "Shapes",
    "brief_summary",
    "build_brief",
    "load_shapes",
    "say_refusal",
]
