"""Sitemaps, news sitemaps and sitemap indexes, gzip or not.

Read as a stream of elements, each freed when it is read: a full sitemap has 50,000
addresses. Left out: video and hreflang extensions, and sitemaps that are plain
lists of lines.
"""

from __future__ import annotations

import zlib
from typing import Any

from nightdesk.errors import FeedError
from nightdesk.feeds.document import Document, Item
from nightdesk.feeds.markup import Markup, squeeze
from nightdesk.feeds.names import Names
from nightdesk.feeds.tree import inner_text, stream_elements

#: Entries of one sitemap file, by the protocol (sitemaps.org).
MAX_URLS = 50_000
#: Bytes of a body after decompression; the same bound as for a fetched page (15 MB).
MAX_DECODED = 15 * 1024 * 1024
_GZIP = b"\x1f\x8b\x08"


def unpack_gzip(body: bytes, url: str) -> bytes:
    """Return the body, decompressed if it is gzip.

    Raises:
        FeedError: it is cut, damaged, or larger than `MAX_DECODED` when decompressed.
    """
    if not body.startswith(_GZIP):
        return body
    stream = zlib.decompressobj(wbits=31)
    try:
        text = stream.decompress(body, MAX_DECODED + 1)
    except zlib.error as error:
        raise FeedError(f"feed: {url or '-'}: damaged gzip: {error}", url) from error
    if len(text) > MAX_DECODED:
        raise FeedError(
            f"feed: {url or '-'}: over {MAX_DECODED} bytes when decompressed", url
        )
    if not stream.eof:
        raise FeedError(f"feed: {url or '-'}: gzip ends too early", url)
    return text


def read_sitemap(text: str, url: str, *, limit: int = MAX_URLS) -> Document:
    """Return the document of a mended text whose root is urlset or sitemapindex."""
    document = Document("sitemap")
    names = Names()
    for element in stream_elements(text, ("url", "sitemap"), names, url):
        if len(document.items) + len(document.children) >= limit:
            document.warnings.append(f"cut after {limit} addresses")
            break
        values = _values(element, names)
        if names[element.tag] == "sitemap":
            document.kind = "sitemapindex"
            if loc := values.get("loc"):
                document.children.append(loc)
        else:
            document.items.append(_read_url(values))
    if not document.items and not document.children:
        document.warnings.append("no address in it")
    if "<sitemapindex" in text[:4096] and not document.items:
        document.kind = "sitemapindex"
    return document


def _values(element: Any, names: Names) -> dict[str, str]:
    """Return the first stated value of every element within, by short name."""
    found: dict[str, str] = {}
    for child in element.iter():
        if isinstance(child.tag, str) and (value := inner_text(child).strip()):
            found.setdefault(names[child.tag], value)
    return found


def _read_url(values: dict[str, str]) -> Item:
    title = values.get("news:title")
    words = (values.get("news:keywords") or "").split(",")
    item = Item(link=values.get("loc"))
    item.title = Markup(title) if title else None
    item.categories = [word for word in map(squeeze, words) if word]
    item.lang = values.get("news:language")
    item.image_url = values.get("image:loc")
    item.published = [v for k in ("news:publication_date",) if (v := values.get(k))]
    item.updated = [v for k in ("lastmod",) if (v := values.get(k))]
    return item
