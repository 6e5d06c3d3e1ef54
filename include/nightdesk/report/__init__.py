"""Marts -> the morning's brief: a page without script or network, Markdown, JSON.

Pure but for `load_shapes`, which reads the map once: rows go in, a string comes out,
and the same rows give the same bytes. Says nothing that is not in a row.
"""

from nightdesk.report.brief import (
    Draft,
    build_brief,
    draft_brief,
    find_cut_off,
    find_top,
    gather_facts,
    read_style,
)
from nightdesk.report.classes import say_classes, split_classes
from nightdesk.report.edition import Edition, list_changes
from nightdesk.report.news import gather_baseline, gather_unusual
from nightdesk.report.rows import Marts, Row
from nightdesk.report.shapes import Shapes, load_shapes
from nightdesk.report.summary import brief_summary
from nightdesk.report.wording import say_refusal
from nightdesk.report.written import read_facts, write_json, write_markdown

__all__ = [
    "Draft",
    "Edition",
    "Marts",
    "Row",
    "Shapes",
    "brief_summary",
    "build_brief",
    "draft_brief",
    "find_cut_off",
    "find_top",
    "gather_baseline",
    "gather_facts",
    "gather_unusual",
    "list_changes",
    "load_shapes",
    "read_facts",
    "read_style",
    "say_classes",
    "say_refusal",
    "split_classes",
    "write_json",
    "write_markdown",
]
