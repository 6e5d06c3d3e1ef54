"""Where does an outlet list its articles? Bytes of its pages -> proposals.

What is looked at, in order of trust: the address itself, what the page links as its
feed, the `Sitemap:` lines of robots.txt, addresses that most publishing systems use,
and, where none of these is a feed, the page's own links, for which a pattern is
proposed. Pure: the caller fetches what `list_candidates` names and asks `judge`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import cast
from urllib.parse import urljoin, urlsplit

from nightdesk.errors import FeedError
from nightdesk.feeds import choose_children, parse_feed
from nightdesk.feeds.page import Link, list_links, parse_html, read_title
from nightdesk.model import Feed, SourceKind
from nightdesk.urls import canonicalize_url, registered_domain

#: Feed addresses of the publishing systems that most outlets run on, common ones first.
WELL_KNOWN = (
    "/feed/",
    "/rss",
    "/rss.xml",
    "/feed.xml",
    "/atom.xml",
    "/feed.json",
    "/index.xml",
    "/feeds/posts/default",
    "/sitemap-news.xml",
    "/news-sitemap.xml",
    "/sitemap.xml",
)
_FEED_TYPES = re.compile(r"(?:rss|atom|rdf)\+xml|feed\+json|^(?:text|application)/xml")
_FEED_PATH = re.compile(r"(?:^|[/._-])(?:rss|atom|feeds?|rdf)(?:[/._-]|$)", re.I)
_SITEMAP = re.compile(rb"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.I | re.M)
_MAX_SITEMAPS = 20
# A headline is longer than the name of a section: "Letters to the editor" has 21.
_HEADLINE = 22
_VARIES = re.compile(r"\\d|\[-_\]|\{9,\}")  # what `_shape_of` makes of ids and slugs
_MIN_ARTICLES = 3
_COMMENTS_PATH = re.compile(r"(?:^|[/._=-])comments(?:[/._&-]|$)", re.I)
_COMMENTS_TITLE = re.compile(r"\bcomments\b|^(?:commentaires|comentarios|kommentare)\b")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that may be a feed, and who says so."""

    url: str
    via: str  # address | link | anchor | robots | well_known
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A way to watch an outlet that was tried and gave entries."""

    kind: SourceKind
    url: str
    via: str
    title: str | None = None
    n_entries: int = 0
    newest_at: datetime | None = None
    link_pattern: str | None = None
    examples: tuple[str, ...] = ()
    note: str | None = None
    is_cut: bool = False  # it has more entries than were read
    is_comments: bool = False  # of what readers say, not of articles
    children: tuple[str, ...] = ()  # of a sitemap index: those that a night reads
    reads: tuple[str, ...] = ()  # of those that were asked, what each has given


def list_candidates(
    url: str,
    page: bytes | None,
    content_type: str | None,
    robots: bytes | None,
    *,
    page_url: str | None = None,
) -> tuple[Candidate, ...]:
    """Return the addresses to try, each once, the most trusted first.

    Args:
        url: that was asked about.
        page: what it serves; None where it serves nothing.
        content_type: of the page.
        robots: the robots.txt of its host, if there is one.
        page_url: where the page came from in the end.
    """
    found = [Candidate(page_url or url, "address")]
    if page is not None:
        found += _find_linked(page, page_url or url, content_type)
    found += [Candidate(u, "robots") for u in find_sitemaps(robots or b"", url)]
    found += [Candidate(urljoin(url, path), "well_known") for path in WELL_KNOWN]
    first: dict[str, Candidate] = {}
    for candidate in found:
        first.setdefault(_key(candidate.url), candidate)
    return tuple(first.values())


def find_sitemaps(robots: bytes, url: str) -> tuple[str, ...]:
    r"""Return the sitemaps that a robots.txt names, news sitemaps first.

    >>> find_sitemaps(b"Sitemap: /a.xml\nsitemap: https://x.example/news.xml",
    ...               "https://x.example/")
    ('https://x.example/news.xml', 'https://x.example/a.xml')
    """
    stated = [
        urljoin(url, match[1].decode("utf-8", "replace"))
        for match in _SITEMAP.finditer(robots.removeprefix(b"\xef\xbb\xbf"))
    ]
    known = [address for address in dict.fromkeys(stated) if _key(address)]
    known.sort(key=lambda address: "news" not in address.lower())
    return tuple(known[:_MAX_SITEMAPS])


def judge(
    candidate: Candidate,
    body: bytes,
    content_type: str | None,
    final_url: str,
    *,
    night: date,
) -> Proposal | None:
    """Return the proposal of a candidate's answer, None where it is no feed.

    Args:
        candidate: what was asked.
        body: of the answer.
        content_type: of the answer.
        final_url: where it came from in the end.
        night: whose children of a sitemap index are named.
    """
    try:
        feed = parse_feed(body, url=final_url, content_type=content_type)
    except FeedError:
        return None
    kind = "sitemap" if feed.kind == "sitemapindex" else feed.kind
    if not feed.entries and not feed.children:
        return None
    wanted, _ = choose_children(feed.children, night, changed=feed.changed)
    n_all = len(feed.children)
    title = feed.title or candidate.title
    return Proposal(
        kind=cast(SourceKind, kind),
        url=candidate.url,
        via=candidate.via,
        title=title,
        n_entries=len(feed.entries),
        newest_at=_newest(feed),
        examples=tuple(entry.url for entry in feed.entries[:3]),
        note=f"an index of {n_all} sitemaps; a night reads {len(wanted)}"
        if n_all
        else None,
        is_cut=any(warning.startswith("cut after ") for warning in feed.warnings),
        is_comments=is_comments_feed(candidate.url, title),
        children=wanted,
    )


def add_children(proposal: Proposal, read: Sequence[Proposal]) -> Proposal:
    """Return the proposal of an index with what its children were found to list."""
    examples = dict.fromkeys(url for child in read for url in child.examples)
    stated = [child.newest_at for child in read if child.newest_at is not None]
    return replace(
        proposal,
        n_entries=sum(child.n_entries for child in read),
        newest_at=max(stated, default=None),
        examples=tuple(examples)[:3],
    )


def is_comments_feed(url: str, title: str | None) -> bool:
    """Return whether a feed lists what readers say, by its address or its title.

    >>> is_comments_feed("https://hill.example/comments/feed/", None)
    True
    >>> is_comments_feed("https://hill.example/comment/rss", "Comment and analysis")
    False
    """
    parts = urlsplit(url)
    where = f"{parts.path}?{parts.query}"
    said = _COMMENTS_TITLE.search((title or "").lower())
    return bool(_COMMENTS_PATH.search(where) or said)


def _newest(feed: Feed) -> datetime | None:
    stated = (entry.published_at or entry.updated_at for entry in feed.entries)
    return max((at for at in stated if at is not None), default=None)


def propose_page(
    url: str, page: bytes, content_type: str | None = None
) -> Proposal | None:
    """Return the source of kind page that fits an index page, None for no such page.

    The pattern is the shape that most of its headlines' addresses share: a number
    stands for any number, a slug for any slug.
    """
    try:
        tree = parse_html(page, url, content_type)
    except FeedError:
        return None
    links = [link for link in list_links(tree, url) if link.is_anchor]
    articles = _pick_headlines(links, url)
    pattern = _choose_pattern(articles, links)
    if pattern is None:
        return None
    hits = [a for a in dict.fromkeys(link.url for link in links) if _fits(pattern, a)]
    title = read_title(tree)
    return Proposal(
        kind="page",
        url=url,
        via="page",
        title=title.value if title else None,
        n_entries=len(hits),
        link_pattern=pattern,
        examples=tuple(hits[:3]),
    )


def _find_linked(
    page: bytes, url: str, content_type: str | None
) -> Iterable[Candidate]:
    """Return `<link rel=alternate>` of feeds, then anchors that look like feeds."""
    try:
        links = list(list_links(parse_html(page, url, content_type), url))
    except FeedError:
        return []
    heads = [
        Candidate(link.url, "link")
        for link in links
        if not link.is_anchor
        and {"alternate", "feed"} & set(link.rel.split())
        and _FEED_TYPES.search(link.type)
    ]
    own = registered_domain(url)
    anchors = [
        Candidate(link.url, "anchor", link.text or None)
        for link in links
        if link.is_anchor
        and _FEED_PATH.search(urlsplit(link.url).path)
        and registered_domain(link.url) == own
    ]
    return [*heads, *anchors[:10]]


def _key(url: str) -> str:
    """Return what two spellings of an address share, "" for no http(s) address."""
    try:
        canonicalize_url(url)
    except ValueError:
        return ""
    parts = urlsplit(url)
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}?{parts.query}"


# patterns ------------------------------------------------------------------


def _pick_headlines(links: Sequence[Link], url: str) -> list[str]:
    """Return the addresses of the outlet that a text as long as a headline links."""
    own, here = registered_domain(url), canonicalize_url(url)
    found = [
        link.url
        for link in links
        if _width(link.text) >= _HEADLINE
        and registered_domain(link.url) == own
        and canonicalize_url(link.url) != here
    ]
    return list(dict.fromkeys(found))


def _width(text: str) -> int:
    """Return how long a text looks: a letter of Chinese or Korean is two wide."""
    return len(text) + sum(char > "\u2e80" for char in text)


def _choose_pattern(articles: Sequence[str], links: Sequence[Link]) -> str | None:
    """Return the pattern that fits most headlines and fewest other links."""
    others = {link.url for link in links} - set(articles)
    shapes: Counter[str] = Counter()
    for address in articles:
        for is_wide in (False, True):
            if shape := _make_pattern(address, is_wide=is_wide):
                shapes[shape] += 1
    best, best_score = None, 0
    for shape, n_fit in shapes.most_common(40):
        if n_fit < _MIN_ARTICLES:
            continue
        score = 2 * n_fit - 3 * sum(_fits(shape, address) for address in others)
        if score > best_score:
            best, best_score = shape, score
    return best


def _fits(pattern: str, address: str) -> bool:
    return re.search(pattern, address) is not None


def _make_pattern(address: str, *, is_wide: bool) -> str | None:
    """Return the pattern of the shape of an address, None for a front page's.

    Args:
        address: of an article.
        is_wide: let a section be any section.
    """
    parts = urlsplit(address)
    segments = [segment for segment in parts.path.split("/") if segment]
    if not segments:
        return None
    shapes = [_shape_of(segment, is_wide=is_wide) for segment in segments]
    query = ""
    if re.search(r"\d", parts.query):
        query = r"\?" + re.sub(r"\d+", r"\\d+", re.escape(parts.query))
    elif not any(_VARIES.search(shape) for shape in shapes):
        return None  # words only: a section as likely as an article
    end = "/?" if parts.path.endswith("/") else ""
    host = re.escape(parts.netloc.removeprefix("www."))
    return rf"^https?://(?:www\.)?{host}/{'/'.join(shapes)}{end}{query or '(?:[?#]|$)'}"


def _shape_of(segment: str, *, is_wide: bool) -> str:
    stem, dot, ending = segment.rpartition(".")
    if dot and ending.isalpha() and len(ending) <= 5:
        return f"{_shape_of(stem, is_wide=is_wide)}\\.{ending}"
    if segment.isdecimal() and segment.isascii():
        n = len(segment)
        return rf"\d{{{n}}}" if n in (2, 4) else r"\d+"
    if segment.count("-") + segment.count("_") >= 2:
        return r"[^/?#]*[-_][^/?#]*[-_][^/?#]*"
    if len(segment) > 40:  # a headline in escaped UTF-8, or a long id
        return "[^/?#]{9,}"
    if re.search(r"\d{3}", segment):
        return r"[^/?#]*\d{3}[^/?#]*"
    return "[^/?#]+" if is_wide else re.escape(segment)
