"""The elements of a sitemap one by one, each freed when it has been looked at.

A full sitemap has 50,000 addresses; a tree of them all would be many times its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from nightdesk.errors import FeedError

_CHUNK = 64 * 1024
_STREAMED = ("{*}url", "{*}sitemap", "{*}sitemapindex", "{*}urlset")


def stream_elements(text: str, url: str) -> Iterator[Any]:
    """Yield the elements of a mended text that end below its root, each freed after.

    Raises:
        FeedError: the text is no XML at all.
    """
    data = text.encode("utf-8")
    pieces = (data[n : n + _CHUNK] for n in range(0, len(data), _CHUNK))
    yield from _stream(pieces, url, recover=True)


def stream_pieces(pieces: Iterator[bytes]) -> Iterator[Any]:
    """Yield the elements that end below the root of a well-formed UTF-8 document.

    Raises:
        FeedError: it is not well-formed; known only when it is reached.
    """
    yield from _stream(pieces, "", recover=False)


def _stream(pieces: Iterator[bytes], url: str, *, recover: bool) -> Iterator[Any]:
    parser: Any = etree.XMLPullParser(
        events=("end",),
        tag=_STREAMED,
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for piece in pieces:
            parser.feed(piece)
            for _, element in parser.read_events():
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
        parser.close()
        for _, element in parser.read_events():
            yield element
    except etree.XMLSyntaxError as error:
        raise FeedError(f"feed: {url or '-'}: not XML: {error}", url) from error
