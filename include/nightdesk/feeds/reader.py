"""Bytes of any feed to `document.Document`: decode, mend, pick the reader, check.

The order of the checks is the order of what they protect: size before decoding, tags
before the parser, our count against the tags before the answer.
"""

from __future__ import annotations

import re

from nightdesk.errors import FeedError
from nightdesk.feeds.atom import read_atom
from nightdesk.feeds.charset import decode_document
from nightdesk.feeds.document import Document
from nightdesk.feeds.ending import drop_cut_item
from nightdesk.feeds.jsonfeed import read_jsonfeed
from nightdesk.feeds.markup import squeeze
from nightdesk.feeds.mend import mend_xml
from nightdesk.feeds.opinion import ask_feedparser
from nightdesk.feeds.rss import read_rss
from nightdesk.feeds.sitemap import read_sitemap, stream_sitemap, unpack_gzip
from nightdesk.feeds.tree import (
    ITEM_TAG,
    TooDeepError,
    Tree,
    count_items,
    cut_items,
    find_unexpanded,
    guard_xml,
    parse_strict,
    parse_tree,
)

#: Entries of one feed; the largest of 385 real feeds has 1,500, mediacloud stops at
#: 2,000, and more than that is an archive or an attack.
MAX_ENTRIES = 2_000

#: Bytes of a feed that may be parsed before its entries are counted. The largest
#: of 148 real ones has 470,000.
_SMALL = 4_000_000

# A comment, an instruction, or the name of an element.
_ROOT = re.compile(r"<(?:!--|\?|(?:[A-Za-z][\w.-]*:)?([A-Za-z][\w.-]*))")
_HEAD = 4096
_PROLOG = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']?([\w.:-]+)""", re.I)
_FEED_ROOTS = frozenset({"rss", "rdf", "channel", "feed", "entry"})
_FEED_TAG = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf)[\s>]", re.I)
_HTML_ROOTS = frozenset({"html", "body", "head", "div", "p", "script", "title", "h1"})


def read_document(body: bytes, url: str, content_type: str | None = None) -> Document:
    """Return what a feed states, links made absolute against `url`.

    Raises:
        FeedError: the document is no feed, or too dangerous to read.
    """
    document = _read_any(body, url, content_type)
    if not document.items and not document.kind.startswith("sitemap"):
        document.warnings.append("no entries")
    return document


def _read_any(body: bytes, url: str, content_type: str | None) -> Document:
    if (sitemap := stream_sitemap(body)) is not None:
        return sitemap
    body = unpack_gzip(body, url)
    is_utf8 = _is_stated_utf8(body, content_type)
    if is_utf8 and (document := _read_strict(body, url)) is not None:
        return document
    decoded = decode_document(body, content_type)
    text = decoded.text.replace("\0", "") if "\0" in decoded.text else decoded.text
    start = text.lstrip()[:1]
    if not start:
        raise FeedError(f"feed: {url or '-'}: empty document", url)
    if start in "{[":
        document = read_jsonfeed(text, url, limit=MAX_ENTRIES)
    elif "<" in text:
        document = _read_xml(text, url, is_tried=is_utf8)
    else:
        raise FeedError(
            f"feed: {url or '-'}: neither XML nor JSON: {squeeze(text[:60])!r}", url
        )
    document.warnings[:0] = decoded.warnings
    return document


def _read_xml(text: str, url: str, *, is_tried: bool) -> Document:
    """Return the reading of a text; `is_tried`: its own bytes are not well-formed."""
    again = b"" if is_tried else text.encode("utf-8", "replace")
    if again and (document := _read_strict(again, url)) is not None:
        return document
    guarded = guard_xml(text, url)
    unexpanded = find_unexpanded(text, guarded)
    root = find_root(guarded)
    if root in ("urlset", "sitemapindex"):
        document = read_sitemap(mend_xml(guarded), url)
    else:
        document = _read_items(guarded, root, url)
    if unexpanded:
        document.warnings.append(f"entities were not expanded, such as &{unexpanded};")
    return document


def _read_items(text: str, root: str, url: str) -> Document:
    """Return the reading of a guarded text up to the limit, whole items only."""
    is_cut = False
    if root in _FEED_ROOTS:
        text, is_cut = drop_cut_item(text, root, url)
    text, n_found = cut_items(text, ITEM_TAG, MAX_ENTRIES)
    document = _read_feed(mend_xml(text), root, n_found, url)
    if n_found > MAX_ENTRIES:
        document.warnings.append(f"cut after {MAX_ENTRIES} entries")
    if is_cut:
        document.warnings.append(f"the document is cut: it has no </{root}>")
    return document


def _read_strict(body: bytes, url: str) -> Document | None:
    """Return the reading of a well-formed UTF-8 feed, None where more care is needed.

    The same as by `_read_xml`, without mending.
    """
    if len(body) > _SMALL:
        return None
    root = find_root(body[:_HEAD].decode("latin-1"))
    tree = parse_strict(body, url) if root in _FEED_ROOTS else None
    if tree is None:
        return None
    try:
        document = _pick_reader(tree, root)
    except FeedError:
        return None
    n_read = len(document.items)
    return document if tree.n_passed <= n_read < MAX_ENTRIES else None


def _is_stated_utf8(body: bytes, content_type: str | None) -> bool:
    """Return whether the first that says an encoding says UTF-8, or none says any."""
    if match := _PROLOG.match(body):
        return match[1].lower() in (b"utf-8", b"utf8")
    header = (content_type or "").lower()
    return "charset" not in header or "utf-8" in header


def find_root(text: str) -> str:
    """Return the local name, lower case, of the first element; "" for none."""
    position = 0
    while match := _ROOT.search(text, position):
        if match[1]:
            return match[1].lower()
        mark = "-->" if match[0] == "<!--" else "?>"
        position = text.find(mark, match.end()) + len(mark)
        if position < match.end():
            break
    return ""


def _read_feed(text: str, root: str, n_found: int, url: str) -> Document:
    """Return our reading, or feedparser's where ours lacks entries."""
    n_tags = count_items(text) if n_found else 0
    if root in _HTML_ROOTS and not (n_tags and _FEED_TAG.search(text)):
        raise FeedError(f"feed: {url or '-'}: an HTML page, no feed", url)
    document, failure = _try_reader(text, root, url)
    n_items = len(document.items)
    if failure or n_items < n_tags:
        second = ask_feedparser(text, limit=MAX_ENTRIES)
        if second is not None and len(second.items) > n_items:
            second.warnings.append(f"read by feedparser: we saw {n_items} of {n_tags}")
            return second
    if failure:
        raise failure
    if n_items < n_tags:
        document.warnings.append(f"read {n_items} of {n_tags} entry tags")
    return document


def _try_reader(text: str, root: str, url: str) -> tuple[Document, FeedError | None]:
    """Return our reading, or an empty one and why; raise what nobody should try."""
    try:
        return _pick_reader(parse_tree(text, url), root), None
    except TooDeepError:  # feedparser needs minutes for these
        raise
    except FeedError as error:
        return Document("rss"), error


def _pick_reader(tree: Tree, root: str) -> Document:
    """Return the reading by the format that the root element names."""
    if root in ("rss", "rdf", "channel"):
        return read_rss(tree, limit=MAX_ENTRIES)
    if root in ("feed", "entry"):
        return read_atom(tree, limit=MAX_ENTRIES)
    if next(tree.walk("channel", "item"), None) is not None:
        return read_rss(tree, limit=MAX_ENTRIES)
    if next(tree.walk("atom:feed", "atom:entry", "feed"), None) is not None:
        return read_atom(tree, limit=MAX_ENTRIES)
    raise FeedError(f"feed: {tree.url or '-'}: XML, but no feed: <{root}>", tree.url)
