"""What a page states about itself in its head: JSON-LD first, then meta elements.

The order was measured on 257 labelled pages: JSON-LD, then meta, then trafilatura gives
exact days on 98 % and author names at F1 .86, against 97 % and .83 for trafilatura
alone. Leaves the text, and guessing, to trafilatura.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml.etree import XPath
from lxml.html import HtmlElement

from nightdesk.extract.jsonld import JsonLd, read_jsonld

#: Meta elements that name the publication's date and nothing else.
_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "pubdate",
    "publishdate",
    "publish-date",
    "publication_date",
    "cxenseparse:recs:publishtime",
    "article.published",
    "article:published",
)
#: Those that may name another; right on 84 % of labelled pages, the others on 95 %.
_DATED = ("dc.date", "date", "dcterms.created", "dcterms.date")
_MODIFIED = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "last-modified",
)
_AUTHOR = (
    "author",
    "article:author",
    "byl",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "cxenseparse:author",
)
_WRITTEN_BY = re.compile(
    r"(?:written by|verfasst von|écrit par|escrito por|scritto da|geschreven door"
    r"|skrevet af|skrevet av|skriven av|napisane przez|автор|yazan)\b",
    re.IGNORECASE,
)
_MAX_HEADINGS = 20
_MIN_HEADLINE_WORDS = 3  # fewer are left of a heading that is all "kicker"
_KICKER = re.compile(
    r"kicker|overline|eyebrow|topic|rubri|dachzeile|spitzmarke|hidden|sr-only"
    r"|screen-reader|label|pretitle|supertitle|overtitle|surtitre|antetitulo|volanta"
    r"|occhiello|section|category|prefix|date|time",
    re.IGNORECASE,
)
_MAX_TITLE = 500
_MAX_META = 5_000
_MAX_BYLINE = 100
_BYLINED: Callable[..., Any] = XPath(
    "//*[@rel='author' or contains(concat(' ', normalize-space(@class), ' '),"
    " ' vcard ')]"
    "[not(ancestor::aside or ancestor::nav or ancestor::footer or ancestor::li)]"
)
_CANONICAL: Callable[..., Any] = XPath("string(//link[@rel='canonical'][1]/@href)")
_TITLE_TAIL = re.compile(r"\s+[|•·–—-]\s+[^|•·–—]{2,40}$|\s*\|\s*[^|]{2,40}$")


@dataclass(frozen=True)
class Facts:
    """Statements of one page about itself, as stated."""

    jsonld: JsonLd
    meta: dict[str, str]  # lower-case name, property or itemprop -> first content
    headings: tuple[str, ...]  # every h1; one with a kicker first without it
    head_title: str | None
    lang: str | None
    times: tuple[str, ...]  # datetime of elements marked as the publication's
    canonical: str | None  # of the link element

    def find_meta(self, *names: str) -> str | None:
        """Return the first of these meta elements that says something."""
        return next((self.meta[name] for name in names if name in self.meta), None)


def read_facts(tree: HtmlElement) -> Facts:
    """Return what a parsed page states about itself."""
    title = tree.find(".//title")
    h1s = islice(tree.iter("h1"), _MAX_HEADINGS)
    headings = (form[:_MAX_TITLE] for h1 in h1s for form in _read_heading(h1))
    return Facts(
        jsonld=read_jsonld(tree),
        meta=_read_meta(tree),
        headings=tuple(headings),
        head_title=_squash(title.text_content())[:_MAX_TITLE] or None
        if title is not None
        else None,
        lang=_read_lang(tree),
        times=tuple(_read_times(tree)),
        canonical=str(_CANONICAL(tree)).strip() or None,
    )


def _read_heading(heading: HtmlElement) -> tuple[str, ...]:
    """The text of a heading without its kicker, if it has one; then as it stands."""
    whole = _squash(heading.text_content())
    bare = copy(heading)
    for kicker in bare.xpath(".//*[@class]"):
        if _KICKER.search(kicker.get("class")):
            kicker.drop_tree()
    form = _squash(bare.text_content()).lstrip(":–-| ")
    forms = (form, whole) if len(form.split()) >= _MIN_HEADLINE_WORDS else (whole,)
    return tuple(form for form in dict.fromkeys(forms) if form)


def _read_meta(tree: HtmlElement) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        content = _squash(element.get("content") or "")
        for key in ("property", "name", "itemprop"):
            name = (element.get(key) or "").strip().lower()
            if name and content:
                found.setdefault(name, content[:_MAX_META])
    return found


def _read_times(tree: HtmlElement) -> list[str]:
    """Times that the page marks as its own publication, not those of teasers."""
    marked = tree.xpath(
        "//*[@itemprop='datePublished'][@datetime or @content] | //time[@pubdate]"
        " | //article//header//time[@datetime] | //time[@datetime]"
        "[contains(@class, 'publish') or contains(@class, 'entry-date')]"
    )
    stated = (e.get("datetime") or e.get("content") or "" for e in marked[:3])
    return [s.strip() for s in stated if s.strip()]


def _read_lang(tree: HtmlElement) -> str | None:
    stated = (tree.get("lang") or tree.get("xml:lang") or "").strip().lower()
    match = re.match(r"[a-z]{2,3}(?=$|[-_])", stated)
    return match[0] if match else None


def publish_dates(facts: Facts) -> list[tuple[str, str]]:
    """Return (via, raw) for each stated publication date, the most reliable first."""
    of_page = "jsonld" if facts.jsonld.is_article else "jsonld_page"
    stated = [(of_page, facts.jsonld.published)]
    stated += [("meta", facts.meta.get(name)) for name in _PUBLISHED]
    stated += [("time", raw) for raw in facts.times]
    stated += [("meta_date", facts.meta.get(name)) for name in _DATED]
    return list(dict.fromkeys((via, raw) for via, raw in stated if raw))


def modify_date(facts: Facts) -> str | None:
    """Return the stated time of the last change, as stated."""
    return facts.jsonld.modified or facts.find_meta(*_MODIFIED)


def meta_author(facts: Facts) -> tuple[str, ...]:
    """Return the byline of the first author element; an outlet's name is common."""
    meta = facts.find_meta(*_AUTHOR)
    return (meta,) if meta else ()


def card_author(facts: Facts) -> tuple[str, ...]:
    """Return the byline that WordPress states for Twitter: a label and its value."""
    label = facts.meta.get("twitter:label1", "")
    return (facts.meta.get("twitter:data1", ""),) if _WRITTEN_BY.match(label) else ()


def linked_author(tree: HtmlElement) -> tuple[str, ...]:
    """Return the byline that the first link to an author shows."""
    return tuple(_squash(e.text_content())[:_MAX_BYLINE] for e in _BYLINED(tree)[:1])


def title_forms(facts: Facts) -> list[str]:
    """Return every form in which the page states its headline, best first."""
    forms = [
        facts.find_meta("og:title", "twitter:title"),
        facts.jsonld.headline,
        *facts.headings,
        facts.head_title,
    ]
    stated = [form[:_MAX_TITLE] for form in forms if form]
    bare = [_TITLE_TAIL.sub("", form) for form in stated]
    return [form for form in dict.fromkeys([*stated, *bare]) if form]


def descriptions(facts: Facts) -> list[str]:
    """Return every text with which the page sums itself up."""
    stated = (facts.meta.get("og:description"), facts.meta.get("description"))
    return [text for text in (*stated, facts.jsonld.description) if text]


def find_section(facts: Facts) -> str | None:
    """Return the section that the page names."""
    return facts.jsonld.section or facts.find_meta("article:section", "section")


def find_access(facts: Facts) -> bool | None:
    """Return whether the article is free to read, where that is stated."""
    if facts.jsonld.is_free is not None:
        return facts.jsonld.is_free
    tier = facts.find_meta("article:content_tier", "og:article:content_tier") or ""
    return {"free": True, "metered": False, "locked": False}.get(tier.lower())


def find_stated_url(facts: Facts, url: str) -> str | None:
    """Return the absolute address that the page calls its own."""
    return _join_url(url, facts.canonical or facts.find_meta("og:url"))


def find_image(facts: Facts, url: str) -> str | None:
    """Return the absolute address of the lead image."""
    stated = facts.find_meta("og:image", "twitter:image") or facts.jsonld.image_url
    return _join_url(url, stated)


def _join_url(base: str, stated: str | None) -> str | None:
    if not stated:
        return None
    try:
        address = urljoin(base, stated)
        return address if urlsplit(address).scheme in ("http", "https") else None
    except ValueError:  # "http://[": what the page states is no address
        return None


def _squash(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
