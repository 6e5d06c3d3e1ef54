"""The brief as a mail: text, HTML for mail clients, and its charts as PNG.

Mail clients drop SVG and know no CSS variables: charts become images that the HTML
names by content id, and the colours of the light page are written out. Who sends it,
and how, is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import vl_convert
from markupsafe import Markup

from nightdesk.report import wording
from nightdesk.report.brief import Draft
from nightdesk.report.edition import Edition
from nightdesk.report.written import write_markdown

_STYLE = Path(__file__).parent / "templates" / "brief.css"
_COLOUR = re.compile(r"--([a-z0-9-]+): (#[0-9a-f]{6});")
_VARIABLE = re.compile(r"var\(--([a-z0-9-]+)\)")
_N_SHORT = 6  # the night, what is unusual, new names, and what most sources reported
_SCALE = 2.0  # pixels of a chart by those of its picture, for sharp text on telephones


@dataclass(frozen=True, slots=True)
class Mail:
    """What a sender needs.

    Attributes:
        subject: one line.
        text: the Markdown brief, the part for plain text.
        html: the page; images are named as `cid:NAME`.
        images: PNG by name, which is the content id.
        short: the first sections of the text, for a chat.
    """

    subject: str
    text: str
    html: str
    images: Mapping[str, bytes]
    short: str


def write_mail(draft: Draft, edition: Edition) -> Mail:
    """Return an edition of a brief as a mail; the same input gives the same bytes."""
    colours = _read_colours()
    images: dict[str, bytes] = {}

    def attach(svg: str) -> Markup:
        name = f"chart-{len(images) + 1}.png"
        images[name] = vl_convert.svg_to_png(_paint(svg, colours), scale=_SCALE)
        return Markup('<img src="cid:{}" alt="" style="width:100%">').format(name)

    html = draft.to_html(edition, draw=attach)
    return Mail(
        f"nightdesk, {wording.say_date(draft.night)}",
        draft.to_markdown(edition),
        _paint(html, colours),
        images,
        write_markdown(draft.night, draft.facts[:_N_SHORT], edition),
    )


def _read_colours() -> dict[str, str]:
    """Return the colours of the light page by name: the first block of the style."""
    block = _STYLE.read_text("utf-8").partition("}")[0]
    return dict(_COLOUR.findall(block))


def _paint(text: str, colours: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: colours[found[1]], text)
