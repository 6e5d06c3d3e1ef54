"""An HTML page that lists articles, read as a feed: outlets without one.

What counts is a link whose address fits a pattern. The title is the longest text that
any link to the address has, since pages link a picture and "Read more" beside the
headline. Left out: dates beside the links, and pages that are drawn by scripts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urldefrag, urljoin

import regex
from lxml import etree, html

from nightdesk.errors import FeedError
from nightdesk.feeds.charset import decode_document
from nightdesk.feeds.document import Document, Item
from nightdesk.feeds.labels import sniff_html
from nightdesk.feeds.markup import Markup, drop_hidden, squeeze
from nightdesk.feeds.tree import guard_xml
from nightdesk.urls import canonicalize_url

#: Links of one page; a front page has some 300.
MAX_LINKS = 5_000
_MAX_TITLE = 300
_SEARCH_S = 5.0  # of computing, for the pattern in all links of a page


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page: absolute address, its text on one line, what it says it is."""

    url: str
    text: str = ""
    rel: str = ""
    type: str = ""
    is_anchor: bool = True  # <a>; else <link> of the head


def read_page(
    body: bytes,
    url: str,
    content_type: str | None = None,
    *,
    link_pattern: str | None,
    limit: int,
) -> Document:
    """Return the document of an index page: one item for each address that fits.

    Raises:
        FeedError: the body is empty or would hang a parser, or the pattern hangs.
        ValueError: `link_pattern` is missing or no regular expression.
    """
    pattern = compile_pattern(link_pattern)
    tree = parse_html(body, url, content_type)
    document = Document("page", link=url, title=read_title(tree))
    document.lang = tree.get("lang") or None
    items: dict[str, Item] = {}
    links = [link for link in list_links(tree, url) if link.is_anchor]
    for link in _pick_links(links, pattern, url):
        item = items.setdefault(canonicalize_url(link.url), Item(link=link.url))
        if len(link.text) > len(item.title.value if item.title else ""):
            item.title = Markup(link.text)
    document.items = list(items.values())
    if len(items) > limit:
        del document.items[limit:]
        document.warnings.append(f"cut after {limit} entries")
    if not items:
        document.warnings.append(f"none of {len(links)} links fits the link pattern")
    return document


def _pick_links(
    links: Sequence[Link], pattern: regex.Pattern[str], url: str
) -> list[Link]:
    """Return the links whose address fits.

    Raises:
        FeedError: the pattern tries too many ways, as `(a|a)*$` does.
    """
    try:
        return [
            link
            for link in links
            if pattern.search(link.url, timeout=_SEARCH_S / len(links))
        ]
    except TimeoutError as error:
        raise FeedError(
            f"page: {url or '-'}: link_pattern: {pattern.pattern!r} takes too long; "
            "write it without a repeat inside a repeat",
            url,
        ) from error


def compile_pattern(link_pattern: str | None) -> regex.Pattern[str]:
    """Return a link pattern compiled.

    Raises:
        ValueError: there is none, or it is no regular expression.
    """
    if not link_pattern:
        raise ValueError("link_pattern: missing; a source of kind page needs one")
    try:
        return regex.compile(link_pattern)
    except regex.error as error:
        raise ValueError(f"link_pattern: {link_pattern!r}: {error}") from error


def parse_html(body: bytes, url: str, content_type: str | None = None) -> Any:
    """Return the root element of a page, without its scripts, styles and comments.

    Raises:
        FeedError: there is no element in it, or a tag would hang the parser.
    """
    text = drop_hidden(Markup(_decode(body, content_type), is_html=True))
    text = guard_xml(text, url).replace("\0", "")
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        root = html.document_fromstring(text.encode("utf-8", "ignore"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise FeedError(f"page: {url or '-'}: no HTML: {error}", url) from error
    return root


def read_title(root: Any) -> Markup | None:
    """Return the title of a page as stated, None where it has none."""
    for element in root.iter("title"):
        if value := squeeze("".join(element.itertext())):
            return Markup(value[:_MAX_TITLE])
    return None


def list_links(root: Any, url: str) -> Iterator[Link]:
    """Yield the http(s) links of a page, `<link>` and `<a>`, in document order.

    Addresses are resolved against `<base>`, without fragment.
    """
    base = url
    for element in root.iter("base"):
        base = _join(url, element.get("href") or "") or url
        break
    n_links = 0
    for element in root.iter("a", "link"):
        address = _join(base, (element.get("href") or "").strip())
        if address is None or n_links >= MAX_LINKS:
            continue
        n_links += 1
        yield Link(
            url=address,
            text=_read_text(element),
            rel=(element.get("rel") or "").lower(),
            type=(element.get("type") or "").lower(),
            is_anchor=element.tag == "a",
        )


def _decode(body: bytes, content_type: str | None) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        label = sniff_html(body, content_type)
        return decode_document(body, f"text/html; charset={label}").text


def _join(base: str, href: str) -> str | None:
    """Return the absolute address without fragment, None for what nobody fetches."""
    if not href or href.startswith("#"):
        return None
    try:
        address = urldefrag(urljoin(base, href)).url.replace(" ", "%20")
        canonicalize_url(address)
    except ValueError:
        return None
    return address


def _read_text(element: Any) -> str:
    text = squeeze("".join(element.itertext()))
    if not text:
        pictures = [picture.get("alt") for picture in element.iter("img")]
        text = squeeze(next(filter(None, [*pictures, element.get("title")]), ""))
    return text[:_MAX_TITLE]
