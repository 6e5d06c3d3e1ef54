"""Page -> article: text, paragraphs, title, authors, dates (trafilatura inside)."""

from __future__ import annotations

from nightdesk.extract.article import extract_article
from nightdesk.extract.page import EXTRACT_VERSION, Page, input_digest
from nightdesk.extract.published import find_published
from nightdesk.extract.repeats import drop_repeats, restore_repeats
from nightdesk.extract.site_lines import learn_site_lines

__all__ = [
    "EXTRACT_VERSION",
    "Page",
    "drop_repeats",
    "extract_article",
    "find_published",
    "input_digest",
    "learn_site_lines",
    "restore_repeats",
]
