"""The date of a page alone, for pages that no list has dated.

A past night has to know whose a page is before the page can wait in that night's
landing. Text and people are read later, as of any other page.
"""

from __future__ import annotations

from nightdesk.extract import decode, guard
from nightdesk.extract.body import parse_html
from nightdesk.extract.facts import read_facts
from nightdesk.extract.metadata import choose_publication
from nightdesk.extract.moments import Moment
from nightdesk.extract.page import Page


def find_published(page: Page) -> Moment | None:
    """Return when a page says that it was published; None: it does not.

    None as well for what is no HTML, or too large or dangerous to parse.
    """
    if not page.body.strip() or len(page.body) > decode.MAX_BYTES:
        return None
    if decode.sniff_kind(page.body, page.content_type) != "html":
        return None
    text = decode.decode_page(page.body, page.content_type)
    tree = None if guard.has_bomb(text) else parse_html(text)
    if tree is None or guard.is_too_deep(tree) or guard.has_too_many_tags(tree):
        return None
    return choose_publication(page, tree, read_facts(tree)).moment
