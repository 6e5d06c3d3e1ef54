"""Sitemaps, news sitemaps and sitemap indexes, gzip or not.

Read as a stream of elements, each freed when it is read: a full sitemap has 50,000
addresses. Left out: video and hreflang extensions, and sitemaps that are plain
lists of lines.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import Any

from nightdesk.errors import FeedError
from nightdesk.feeds.document import Document, Item
from nightdesk.feeds.markup import Markup, squeeze
from nightdesk.feeds.names import Names
from nightdesk.feeds.stream import stream_elements, stream_pieces
from nightdesk.feeds.tree import (
    MAX_ATTRIBUTES,
    MAX_TAG,
    has_c1_controls,
    inner_text,
)

#: Entries of one sitemap file, by the protocol (sitemaps.org).
MAX_URLS = 50_000
#: Bytes of a body after decompression; the same bound as for a fetched page (15 MB).
MAX_DECODED = 15 * 1024 * 1024
_HEAD = 4096
_PIECE = 64 * 1024
_ROOT = re.compile(rb"<(?:[A-Za-z][\w.-]*:)?(?:urlset|sitemapindex)[\s>]")
_FOREIGN = re.compile(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["'](?!utf-?8["'])""", re.I)
# As many attributes as tree.MAX_ATTRIBUTES without a ">": sitemaps have none of them.
_MANY_EQUALS = re.compile(rb"<[^<>=]*+(?:=[^<>=]*+){%d}" % MAX_ATTRIBUTES)
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


def stream_sitemap(body: bytes, *, limit: int = MAX_URLS) -> Document | None:
    """Return the document of a well-formed UTF-8 sitemap, None for anything else.

    Unpacked and parsed in pieces, so that a file of 15 MB costs what its addresses do.
    What is not well-formed, or not UTF-8 by its own word, is left to `read_sitemap`.
    """
    pieces = _unpack_pieces(body)
    try:
        first = next(pieces, b"")
        head = first[:_HEAD]
        if not _ROOT.search(head) or b"<!DOCTYPE" in head or _FOREIGN.match(head):
            return None
        return _collect(stream_pieces(_guard_pieces(chain([first], pieces))), limit)
    except (FeedError, zlib.error):
        return None


def _unpack_pieces(body: bytes) -> Iterator[bytes]:
    """Yield a body in pieces of `_PIECE` bytes, decompressed if it is gzip.

    Raises:
        FeedError: as `unpack_gzip`.
    """
    if not body.startswith(_GZIP):
        for start in range(0, len(body), _PIECE):
            yield body[start : start + _PIECE]
        return
    stream, left, n_out = zlib.decompressobj(wbits=31), body, 0
    while not stream.eof:
        piece = stream.decompress(left, _PIECE)
        left, n_out = stream.unconsumed_tail, n_out + len(piece)
        if n_out > MAX_DECODED or (not piece and not stream.eof):
            raise FeedError("feed: gzip: too large, or ends too early")
        yield piece


def _guard_pieces(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield pieces that end with a tag.

    Raises:
        FeedError: a tag is long enough to hang the parser, or text needs mending.
    """
    rest = b""
    for piece in pieces:
        whole = rest + piece
        end = whole.rfind(b">") + 1
        rest = whole[end:]
        if max(len(rest), whole.find(b">")) > MAX_TAG or _MANY_EQUALS.search(whole):
            raise FeedError("feed: a tag too long")
        if has_c1_controls(whole):
            raise FeedError("feed: needs mending")
        yield whole[:end]
    yield rest


def read_sitemap(text: str, url: str, *, limit: int = MAX_URLS) -> Document:
    """Return the document of a mended text whose root is urlset or sitemapindex."""
    document = _collect(stream_elements(text, url), limit)
    if "<sitemapindex" in text[:4096] and not document.items:
        document.kind = "sitemapindex"
    return document


def _collect(elements: Iterator[Any], limit: int) -> Document:
    document = Document("sitemap")
    names = Names()
    items, children = document.items, document.children
    for element in elements:
        name = names[element.tag]
        if name == "sitemapindex":
            document.kind = name
        if name not in ("url", "sitemap"):
            continue
        if len(items) + len(children) >= limit:
            document.warnings.append(f"cut after {limit} addresses")
            break
        values = _values(element, names)
        if name == "sitemap":
            document.kind = "sitemapindex"
            if loc := values.get("loc"):
                children.append(loc)
                document.changed.append(values.get("lastmod"))
        else:
            items.append(_read_url(values))
    if not items and not children:
        document.warnings.append("no address in it")
    return document


def _values(element: Any, names: Names) -> dict[str, str]:
    """Return the first stated value of every element within, by short name."""
    found: dict[str, str] = {}
    for child in element.iterdescendants("*"):
        text = inner_text(child) if len(child) else child.text
        if text and (value := text.strip()):
            found.setdefault(names[child.tag], value)
    return found


def _read_url(values: dict[str, str]) -> Item:
    item = Item(link=values.get("loc"))
    if words := values.get("news:keywords"):
        item.categories = [word for word in map(squeeze, words.split(",")) if word]
    if title := values.get("news:title"):
        item.title = Markup(title)
    if stated := values.get("news:publication_date"):
        item.published = (stated,)
    if lastmod := values.get("lastmod"):
        item.updated = (lastmod,)
    item.lang = values.get("news:language")
    item.image_url = values.get("image:loc")
    return item
