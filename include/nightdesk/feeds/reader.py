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
from nightdesk.feeds.jsonfeed import read_jsonfeed
from nightdesk.feeds.markup import squeeze
from nightdesk.feeds.opinion import ask_feedparser
from nightdesk.feeds.rss import read_rss
from nightdesk.feeds.sitemap import read_sitemap, unpack_gzip
from nightdesk.feeds.tree import (
    ITEM_TAG,
    TooDeepError,
    Tree,
    count_items,
    cut_items,
    mend_xml,
    parse_tree,
)

#: Entries of one feed; the largest of 385 real feeds has 1,500, mediacloud stops at
#: 2,000, and more than that is an archive or an attack.
MAX_ENTRIES = 2_000

_ROOT = re.compile(r"<(?:[A-Za-z][\w.-]*:)?([A-Za-z][\w.-]*)")
_FEED_TAG = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf)[\s>]", re.I)
_HTML_ROOTS = frozenset({"html", "body", "head", "div", "p", "script", "title", "h1"})


def read_document(body: bytes, url: str, content_type: str | None = None) -> Document:
    """Return what a feed states, links made absolute against `url`.

    Raises:
        FeedError: the document is no feed, or too dangerous to read.
    """
    decoded = decode_document(unpack_gzip(body, url), content_type)
    text = decoded.text.replace("\0", "") if "\0" in decoded.text else decoded.text
    start = text.lstrip()[:1]
    if not start:
        raise FeedError(f"feed: {url or '-'}: empty document", url)
    if start in "{[":
        document = read_jsonfeed(text, url, limit=MAX_ENTRIES)
    elif "<" in text:
        document = _read_xml(text, url)
    else:
        raise FeedError(
            f"feed: {url or '-'}: neither XML nor JSON: {squeeze(text[:60])!r}", url
        )
    document.warnings[:0] = decoded.warnings
    return document


def _read_xml(text: str, url: str) -> Document:
    text = mend_xml(text, url)
    root = find_root(text)
    if root in ("urlset", "sitemapindex"):
        return read_sitemap(text, url)
    text, is_cut = cut_items(text, ITEM_TAG, MAX_ENTRIES)
    document = _read_feed(text, root, url)
    if is_cut:
        document.warnings.append(f"cut after {MAX_ENTRIES} entries")
    return document


def find_root(text: str) -> str:
    """Return the local name, lower case, of the first element; "" for none."""
    bare = re.sub(r"<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)", "", text, flags=re.S)
    match = _ROOT.search(bare)
    return match[1].lower() if match else ""


def _read_feed(text: str, root: str, url: str) -> Document:
    """Return our reading, or feedparser's where ours lacks entries."""
    n_tags = count_items(text)
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
