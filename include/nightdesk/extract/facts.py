"""What a page states about itself in its head: JSON-LD first, then meta elements.

The order was measured on 257 labelled pages: JSON-LD, then meta, then trafilatura gives
exact days on 98 % and author names at F1 .86, against 97 % and .83 for trafilatura
alone. Leaves the text, and guessing, to trafilatura.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from nightdesk.extract.jsonld import JsonLd, read_jsonld

_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publication_date",
    "cxenseparse:recs:publishtime",
    "article.published",
    "article:published",
)
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
_KINDS = (
    ("live", re.compile(r"LiveBlogPosting")),
    ("opinion", re.compile(r"Opinion|Review|Analysis")),
    ("gallery", re.compile(r"Gallery|MediaGallery")),
    ("news", re.compile(r"Article|Posting|Report")),
    ("video", re.compile(r"VideoObject")),
)
_MAX_HEADINGS = 20
_MAX_TITLE = 500
_MAX_META = 5_000
_TITLE_TAIL = re.compile(r"\s+[|•·–—-]\s+[^|•·–—]{2,40}$|\s*\|\s*[^|]{2,40}$")


@dataclass(frozen=True)
class Facts:
    """Statements of one page about itself, as stated."""

    jsonld: JsonLd
    meta: dict[str, str]  # lower-case name, property or itemprop -> first content
    headings: tuple[str, ...]  # every h1
    head_title: str | None
    lang: str | None
    times: tuple[str, ...]  # datetime of elements marked as the publication's

    def find_meta(self, *names: str) -> str | None:
        """Return the first of these meta elements that says something."""
        return next((self.meta[name] for name in names if name in self.meta), None)


def read_facts(tree: HtmlElement) -> Facts:
    """Return what a parsed page states about itself."""
    title = tree.find(".//title")
    h1s = islice(tree.iter("h1"), _MAX_HEADINGS)
    headings = (_squash(h.text_content())[:_MAX_TITLE] for h in h1s)
    return Facts(
        jsonld=read_jsonld(tree),
        meta=_read_meta(tree),
        headings=tuple(h for h in headings if h),
        head_title=_squash(title.text_content())[:_MAX_TITLE] or None
        if title is not None
        else None,
        lang=_read_lang(tree),
        times=tuple(_read_times(tree)),
    )


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
    stated = [("jsonld", facts.jsonld.published)]
    stated += [("meta", facts.meta.get(name)) for name in _PUBLISHED]
    stated += [("time", raw) for raw in facts.times]
    return list(dict.fromkeys((via, raw) for via, raw in stated if raw))


def modify_date(facts: Facts) -> str | None:
    """Return the stated time of the last change, as stated."""
    return facts.jsonld.modified or facts.find_meta(*_MODIFIED)


def meta_author(facts: Facts) -> tuple[str, ...]:
    """Return the byline of the first author element; an outlet's name is common."""
    meta = facts.find_meta(*_AUTHOR)
    return (meta,) if meta else ()


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


def find_kind(facts: Facts, url: str) -> str | None:
    """Return the article type: news, opinion, live, gallery or video; None: unknown."""
    stated = " ".join(facts.jsonld.article_types)
    kind = next((kind for kind, mark in _KINDS if mark.search(stated)), None)
    og_type = facts.meta.get("og:type", "").lower()
    if kind is None and og_type == "article":
        kind = "news"
    if kind is None and og_type.startswith("video"):
        kind = "video"
    if kind == "news" and re.search(
        r"/(opinion|opinions|editorial|commentary)s?/", url
    ):
        kind = "opinion"
    return kind


def find_section(facts: Facts) -> str | None:
    """Return the section that the page names."""
    return facts.jsonld.section or facts.find_meta("article:section", "section")


def find_image(facts: Facts, url: str) -> str | None:
    """Return the absolute address of the lead image."""
    stated = facts.find_meta("og:image", "twitter:image") or facts.jsonld.image_url
    if not stated:
        return None
    try:
        address = urljoin(url, stated)
        return address if urlsplit(address).scheme in ("http", "https") else None
    except ValueError:  # "http://[": what the page states is no address
        return None


def _squash(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
