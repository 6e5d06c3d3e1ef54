"""One page -> one article: the order in which the parts of this package work.

    size, kind, decode -> guard -> parse -> facts, readings of the text -> gates

Pure: the same page gives the same article in any process and any order of calls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lxml.html import HtmlElement

from nightdesk.extract import decode, gates, guard
from nightdesk.extract.blocks import Blocks, read_blocks
from nightdesk.extract.body import find_joined, join_again, parse_html, strip_code
from nightdesk.extract.boilerplate import drop_boilerplate
from nightdesk.extract.confidence import Signs, rate_text
from nightdesk.extract.dates import find_url_date
from nightdesk.extract.deck import find_deck
from nightdesk.extract.facts import (
    Facts,
    descriptions,
    read_facts,
    title_forms,
)
from nightdesk.extract.kinds import find_kind
from nightdesk.extract.language import find_language
from nightdesk.extract.metadata import add_dates, add_metadata
from nightdesk.extract.opinions import Reading, choose_reading
from nightdesk.extract.page import EXTRACT_VERSION, Page, hash_body, input_digest
from nightdesk.extract.places import drop_strays, find_places, index_blocks
from nightdesk.extract.repeats import drop_repeats, merge_repeats
from nightdesk.extract.site_lines import drop_site_lines
from nightdesk.model import Article
from nightdesk.text import hash_text, split_paragraphs, split_words

_MARKUP = re.compile(r"<[^<>]{1,2000}>")


def extract_article(page: Page) -> Article:
    """Return the article of a page, or its rejection with one word why.

    Nothing that a page holds raises. Reasons: empty, too_large, wrong_type,
    hostile_markup, not_html, too_deep, too_many_tags, captcha, not_found, server_error,
    other_country, no_site, ad_blocker, cookie_wall, needs_script, home_page,
    service_page, teaser, too_short.
    """
    blank = Article(
        article_id=page.article_id,
        canonical_url=page.canonical_url,
        url=page.url,
        source_id=page.source_id,
        status="rejected",
        page_digest=hash_body(page.body),
        captured_at=page.captured_at,
        input_digest=input_digest(page),
        version=EXTRACT_VERSION,
    )
    if not page.body.strip():
        return replace(blank, reason="empty")
    if len(page.body) > decode.MAX_BYTES:
        return replace(blank, reason="too_large")
    kind = decode.sniff_kind(page.body, page.content_type)
    if kind == "other":
        return replace(blank, reason="wrong_type")
    text = decode.decode_page(page.body, page.content_type)
    if kind == "text":
        return _finish_text(blank, page, text)
    return _extract_html(blank, page, text)


def _extract_html(blank: Article, page: Page, html: str) -> Article:
    if guard.has_bomb(html):
        return replace(blank, reason="hostile_markup")
    tree = parse_html(html)
    if tree is None:
        return replace(blank, reason="not_html")
    if guard.is_too_deep(tree):
        return replace(blank, reason="too_deep")
    if guard.has_too_many_tags(tree):
        return replace(blank, reason="too_many_tags")
    return _finish_html(blank, page, tree)


def _finish_text(blank: Article, page: Page, text: str) -> Article:
    """Make an article of a plain text, a paragraph a line."""
    lines = [" ".join(line.split()) for line in split_paragraphs(_printable(text))]
    titles = [page.stated_title] if page.stated_title else []
    kept = drop_boilerplate(lines, titles)
    day = find_url_date(page.url)
    dated = add_dates(blank, page, [("url", day)] if day else [], None)
    titled = replace(dated, title=page.stated_title)
    reason = gates.find_gate(gates.Evidence(kept, "\n".join(lines), "", titles))
    if reason:
        return replace(titled, reason=reason)
    article = _add_text(titled, kept, Blocks(), None)
    return replace(article, confidence=rate_text(kept, Blocks(), None))


def _finish_html(blank: Article, page: Page, tree: HtmlElement) -> Article:
    facts, blocks = read_facts(tree), read_blocks(tree)
    strip_code(tree)
    forms = title_forms(facts)
    if page.stated_title:
        forms.append(page.stated_title)
    index = index_blocks(tree)
    reading = _choose_text(tree, page.url, forms, blocks, index)
    kept = reading.lines
    if facts.jsonld.body and _wants_body(kept, facts.jsonld.body):
        kept = drop_boilerplate(_body_lines(facts.jsonld.body), forms)
    kept, site_lines = drop_site_lines(kept, page.site_lines)
    kind = find_kind(facts, page.url, kept, find_places(index, kept))
    article = replace(
        add_metadata(blank, page, tree, facts), article_type=kind, site_lines=site_lines
    )
    seen = gates.Evidence(
        kept,
        gates.visible_text(tree, kept),
        page.url,
        [t for t in (facts.head_title, *facts.headings[:3]) if t],
        facts,
        blocks,
    )
    reason = gates.find_gate(seen)
    if reason:
        return replace(article, reason=reason)
    deck = find_deck(tree, descriptions(facts), kept)
    text = (deck, *kept) if deck else kept
    signs = Signs(reading.agreement, kind)
    rated = rate_text(kept, blocks, facts, signs)
    return replace(_add_text(article, text, blocks, facts), confidence=rated)


def _choose_text(
    tree: HtmlElement,
    url: str,
    forms: Sequence[str],
    blocks: Blocks,
    index: Mapping[str, list[HtmlElement]],
) -> Reading:
    """Choose among the readings of a page, each without furniture and strays."""
    joined = find_joined(tree)

    def clean(found: Sequence[str]) -> tuple[str, ...]:
        lines = [join_again(line, joined) for line in found]
        bare = drop_boilerplate(lines, forms, blocks.lone_links)
        return drop_strays(bare, find_places(index, lines))

    return choose_reading(tree, url, clean)


def _add_text(
    article: Article, lines: Sequence[str], blocks: Blocks, facts: Facts | None
) -> Article:
    paragraphs, repeats = drop_repeats(merge_repeats(lines, blocks.sequence))
    text = "\n".join(paragraphs)
    return replace(
        article,
        status="ok",
        text=text,
        n_paragraphs=len(paragraphs),
        n_words=len(split_words(text)),
        repeats=repeats,
        lang=find_language(text, facts.lang if facts else None),
        text_hash=hash_text(text),
    )


def _wants_body(lines: Sequence[str], body: str) -> bool:
    """Is JSON-LD's articleBody better than the text found? Rarely: .79 F1 by itself.

    Where next to nothing was found, and where trafilatura took it as one long line.
    """
    if gates.weigh_text(lines) < gates.MIN_CHARS:
        return True
    return len(lines) == 1 and split_words(lines[0])[:40] == split_words(body)[:40]


def _body_lines(body: str) -> list[str]:
    """JSON-LD's articleBody as lines; some publishers put markup into it."""
    bare = _printable(_MARKUP.sub("\n", body))
    return [" ".join(line.split()) for line in split_paragraphs(bare)]


def _printable(text: str) -> str:
    """Control characters become blanks, but line ends stay."""
    return re.sub(r"[\x00-\x08\x0e-\x1b\x7f\ufeff]", " ", text)
