"""The brief as one HTML file: sections are gathered from rows, a template sets them.

Everything that comes from outside (titles, names, addresses, reasons) goes through the
template's autoescape, and addresses through `check_link` as well; the page forbids
itself every load by a content security policy, should both fail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from nightdesk.model import Refusal
from nightdesk.report import roundup, sections, wording
from nightdesk.report.desks import gather_desks
from nightdesk.report.edition import Edition
from nightdesk.report.environment import make_environment
from nightdesk.report.facts import Section
from nightdesk.report.news import gather_news
from nightdesk.report.rows import Marts, pick_row, read_time
from nightdesk.report.shapes import Shapes
from nightdesk.report.written import say_edition, write_json, write_markdown

#: Sections that the page shows as sentences; the others are tables and pictures.
_AS_FACTS = ("unusual", "baseline", "movers", "names", "missed", "desks")
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Draft:
    """A brief but for its edition: what it says, and the values of its page."""

    night: date
    facts: list[Section]
    page: Mapping[str, object]
    cut_off_at: datetime | None

    def to_html(
        self, edition: Edition, draw: Callable[[str], Markup] | None = None
    ) -> str:
        """Return the page, self-contained; the same input gives the same bytes.

        Args:
            edition: which one.
            draw: makes HTML of a chart's SVG where SVG will not do, as in a mail; the
                small bars beside sentences are then left out.
        """
        facts = {section.id: section for section in self.facts}
        shown = (facts[name].facts for name in _AS_FACTS)
        template = _make_environment().get_template("brief.html")
        return template.render(
            self.page,
            svg=draw or Markup,  # only for what charts.py drew
            edition=edition,
            edition_line=say_edition(edition),
            facts=facts,
            top_texts=0 if draw else find_top(facts["unusual"]),
            shown_rows=[fact for section in shown for fact in section],
            story_ids={
                ref.key["story_id"]
                for fact in facts["events"].facts
                for ref in fact.rows
            },
        )

    def to_json(self, edition: Edition) -> str:
        """Return the brief as JSON, every sentence with its rows."""
        return write_json(self.night, self.facts, edition)

    def to_markdown(self, edition: Edition) -> str:
        """Return the brief as Markdown."""
        return write_markdown(self.night, self.facts, edition)


def gather_facts(night: date, marts: Marts) -> list[Section]:
    """Return all that the brief of a night says, in its order.

    Args:
        night: the UTC day that the brief is about.
        marts: as for `draft_brief`.
    """
    news = {section.id: section for section in gather_news(night, marts)}
    return [
        roundup.gather_night(night, marts),
        news["unusual"],
        news["baseline"],
        news["movers"],
        news["names"],
        roundup.gather_stories(night, marts),
        news["missed"],
        roundup.gather_clusters(night, marts),
        roundup.gather_regions(night, marts),
        gather_desks(night, marts),
        roundup.gather_entities(night, marts),
        roundup.gather_missing(night, marts),
    ]


def find_cut_off(night: date, marts: Marts) -> datetime | None:
    """Return when the last article of a night was captured."""
    return read_time(pick_row(marts, "coverage_by_night", night), "cut_off_at")


def build_brief(night: date, marts: Marts, *, shapes: Shapes) -> str:
    """Return the first edition of a night's brief as a page; see `draft_brief`."""
    draft = draft_brief(night, marts, shapes=shapes)
    return draft.to_html(Edition(cut_off_at=draft.cut_off_at))


def draft_brief(
    night: date, marts: Marts, *, shapes: Shapes, refused: Sequence[Refusal] = ()
) -> Draft:
    """Return the brief of a night.

    Args:
        night: the UTC day that the brief is about.
        marts: rows by mart. Of coverage_by_night and articles_by_region the nights
            before are used too (28 will do), of the others `night` alone; later nights
            are not looked at. A mart that is missing counts as empty.
        shapes: the map.
        refused: nights that their checks refused: the first lines of the page.

    Returns:
        The draft; a night without rows gives one that says so.
    """
    # Here, not above: charts bring Altair, and the terminal needs only the facts.
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
        "desk_days": figures.picture_desks(night, marts),
        "times": figures.picture_times(night, marts),
        "nights": figures.picture_nights(night, marts),
        "entities": sections.gather_entities(night, marts),
        "sources": sections.gather_sources(night, marts),
        "articles": sections.gather_articles(night, marts),
    }
    return Draft(night, gather_facts(night, marts), page, find_cut_off(night, marts))


def find_top(section: Section) -> float:
    """Return the longest bar of the unusual, in texts; 0 where nothing is."""
    values = [fact.rows[0].values for fact in section.facts]
    counts = [row[name] for row in values for name in ("n_compared", "expected_28")]
    return max((float(n) for n in counts if isinstance(n, int | float)), default=0.0)


def read_style() -> str:
    """Return the style sheet of the brief: colours, type and tables."""
    return (_TEMPLATES / "brief.css").read_text("utf-8")


@cache  # templates of the package, which do not change under it
def _make_environment() -> jinja2.Environment:
    environment = make_environment(_TEMPLATES)
    environment.filters["decimal"] = wording.say_decimal
    return environment
