"""One page -> one article: the order in which the parts of this package work.

    size, kind, decode -> guard -> parse -> facts, body -> drops -> gates -> dates

Pure: the same page gives the same article in any process and any order of calls.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from lxml.html import HtmlElement

from nightdesk.extract import decode, gates, guard
from nightdesk.extract.authors import split_authors
from nightdesk.extract.blocks import Blocks, read_blocks
from nightdesk.extract.body import Body, extract_body, parse_html
from nightdesk.extract.boilerplate import drop_boilerplate
from nightdesk.extract.confidence import rate_text
from nightdesk.extract.dates import (
    Limits,
    choose_date,
    choose_modified,
    find_url_date,
    find_zone,
)
from nightdesk.extract.facts import (
    Facts,
    find_image,
    find_kind,
    find_section,
    meta_author,
    modify_date,
    publish_dates,
    read_facts,
    title_forms,
)
from nightdesk.extract.language import find_language
from nightdesk.extract.page import EXTRACT_VERSION, Page, hash_body, input_digest
from nightdesk.extract.repeats import drop_repeats, merge_repeats
from nightdesk.extract.titles import choose_title
from nightdesk.model import Article
from nightdesk.text import hash_text, split_paragraphs, split_words

_MARKUP = re.compile(r"<[^<>]{1,2000}>")


@dataclass(frozen=True)
class _Parts:
    """A parsed page and everything read from it."""

    facts: Facts
    body: Body
    blocks: Blocks
    tree: HtmlElement


def extract_article(page: Page) -> Article:
    """Return the article of a page, or its rejection with one word why.

    Nothing that a page holds raises. Reasons: empty, too_large, wrong_type,
    hostile_markup, not_html, too_deep, too_many_tags, captcha, not_found, cookie_wall,
    needs_script, home_page, teaser, too_short.
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
    return _finish_html(blank, page, _read_parts(tree, page))


def _read_parts(tree: HtmlElement, page: Page) -> _Parts:
    limit = page.captured_at + timedelta(days=1) if page.captured_at else None
    return _Parts(
        facts=read_facts(tree),
        blocks=read_blocks(tree),
        tree=tree,
        body=extract_body(tree, page.url, limit),
    )


def _finish_text(blank: Article, page: Page, text: str) -> Article:
    """Make an article of a plain text, a paragraph a line."""
    lines = [" ".join(line.split()) for line in split_paragraphs(_printable(text))]
    titles = [page.stated_title] if page.stated_title else []
    kept = drop_boilerplate(lines, titles)
    dated = _add_dates(blank, page, None)
    titled = replace(dated, title=page.stated_title)
    reason = gates.find_gate(gates.Evidence(kept, "\n".join(lines), "", titles))
    if reason:
        return replace(titled, reason=reason)
    return _add_text(titled, kept, Blocks(), None)


def _finish_html(blank: Article, page: Page, parts: _Parts) -> Article:
    facts, body = parts.facts, parts.body
    forms = title_forms(facts)
    if page.stated_title:
        forms.append(page.stated_title)
    kept = drop_boilerplate(body.paragraphs, forms, parts.blocks.lone_links)
    if facts.jsonld.body and _wants_body(kept, facts.jsonld.body):
        kept = drop_boilerplate(_body_lines(facts.jsonld.body), forms)
    article = _add_facts(_add_dates(blank, page, parts), page, parts)
    titles = [t for t in (facts.head_title, *facts.headings[:3]) if t]
    seen = gates.Evidence(
        kept,
        gates.visible_text(parts.tree, kept),
        page.url,
        titles,
        facts,
        parts.blocks,
    )
    reason = gates.find_gate(seen)
    if reason:
        return replace(article, reason=reason)
    return _add_text(article, kept, parts.blocks, facts)


def _add_facts(article: Article, page: Page, parts: _Parts) -> Article:
    facts, body = parts.facts, parts.body
    site = facts.find_meta("og:site_name") or facts.jsonld.publisher or body.site_name
    return replace(
        article,
        title=choose_title(facts, body.title) or page.stated_title,
        authors=_choose_authors(facts, body, site),
        site_name=site,
        section=find_section(facts),
        description=facts.find_meta("og:description", "description")
        or facts.jsonld.description
        or body.description,
        image_url=find_image(facts, page.url),
        article_type=find_kind(facts, page.url),
        is_free=facts.jsonld.is_free,
    )


def _choose_authors(facts: Facts, body: Body, site: str | None) -> tuple[str, ...]:
    """Names from JSON-LD, then trafilatura, then meta; the outlet only if alone."""
    outlet = (site or "").casefold()
    for bylines in (facts.jsonld.authors, body.authors, meta_author(facts)):
        names = split_authors(bylines)
        people = tuple(name for name in names if name.casefold() != outlet)
        if people:
            return people
    return split_authors(facts.jsonld.authors)


def _add_dates(article: Article, page: Page, parts: _Parts | None) -> Article:
    limits = Limits(
        page.captured_at,
        page.stated_at,
        page.stated_precision,
        find_zone(page.timezone),
    )
    stated = publish_dates(parts.facts) if parts else []
    if day := find_url_date(page.url):
        stated.append(("url", day))
    if parts and parts.body.date:
        stated.append(("trafilatura", parts.body.date))
    chosen = choose_date(stated, limits)
    moment = chosen.moment
    return replace(
        article,
        published_at=moment.at if moment else None,
        published_on=moment.on if moment else None,
        published_precision=moment.precision if moment else None,
        published_zone=moment.zone if moment else None,
        published_via=chosen.via,
        date_candidates=chosen.candidates,
        modified_at=choose_modified(modify_date(parts.facts), limits)
        if parts
        else None,
    )


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
        confidence=rate_text(paragraphs, blocks, facts),
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
