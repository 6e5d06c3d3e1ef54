"""The brief as one HTML file: sections are gathered from rows, a template sets them.

Everything that comes from outside (titles, names, addresses, reasons) goes through the
template's autoescape, and addresses through `check_link` as well; the page forbids
itself every load by a content security policy, should both fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import jinja2
from markupsafe import Markup

from nightdesk.model import Refusal
from nightdesk.report import sections, wording
from nightdesk.report.rows import Marts
from nightdesk.report.shapes import Shapes

_TEMPLATES = Path(__file__).parent / "templates"


def build_brief(
    night: date, marts: Marts, *, shapes: Shapes, refused: Sequence[Refusal] = ()
) -> str:
    """Return the brief of a night as a self-contained HTML page.

    Args:
        night: the UTC day that the brief is about.
        marts: rows by mart. Of coverage_by_night and articles_by_region the nights
            before are used too (28 will do), of the others `night` alone; later nights
            are not looked at. A mart that is missing counts as empty.
        shapes: the map.
        refused: nights that their checks refused: the first lines of the page.

    Returns:
        The page; the same input gives the same bytes. A night without rows gives a page
        that says so.
    """
    # Here, not above: charts bring Altair, and the terminal needs only brief_summary.
    from nightdesk.report import figures

    page = {
        "title": f"nightdesk, {wording.say_date(night)}",
        "refused": [wording.say_refusal(refusal) for refusal in refused],
        "head": sections.gather_head(night, marts),
        "missing": sections.gather_missing(night, marts),
        "stories": sections.gather_stories(night, marts),
        "clusters": sections.gather_clusters(night, marts),
        "countries": sections.gather_countries(night, marts),
        "map": figures.picture_map(night, marts, shapes),
        "regions": figures.picture_regions(night, marts),
        "times": figures.picture_times(night, marts),
        "nights": figures.picture_nights(night, marts),
        "entities": sections.gather_entities(night, marts),
        "sources": sections.gather_sources(night, marts),
        "articles": sections.gather_articles(night, marts),
    }
    template = _make_environment().get_template("brief.html")
    return template.render(page)


def _make_environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = wording.say_number
    environment.filters["share"] = wording.say_share
    environment.filters["reason"] = wording.say_reason
    environment.globals["count"] = wording.say_count
    environment.globals["svg"] = Markup  # only for what charts.py drew
    return environment
