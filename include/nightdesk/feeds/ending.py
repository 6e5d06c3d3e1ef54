"""Whether a feed's text ends where it should, and what of a cut one is whole.

A transfer that stops early without an error (a wrong Content-Length, a full disk at
the publisher) leaves a text that a patient parser reads as a shorter feed, its last
link cut in the middle. Left out: JSON, which has no reading when it is cut, and
sitemaps.
"""

from __future__ import annotations

import re

from nightdesk.errors import FeedError
from nightdesk.feeds.tree import CDATA_OR_COMMENT, ITEM_TAG

# What ends an item: its end tag, or the end of a tag that has no content.
_ITEM_END = re.compile(r"</(?:[A-Za-z][\w.-]*:)?(?:item|entry)\s*>", re.I)
_EMPTY_TAG = re.compile(r"[^<>]*/>")


def drop_cut_item(text: str, root: str, url: str) -> tuple[str, bool]:
    """Return the text without an item that its end cuts, and whether it is cut.

    Args:
        text: guarded.
        root: local name of the root element, lower case.
        url: of the feed, for the message.

    Raises:
        FeedError: the text is cut and has no whole item.

    >>> drop_cut_item("<rss><item>Rain</item><item>Su", "rss", "")
    ('<rss><item>Rain</item>', True)
    >>> drop_cut_item("<rss><item>Rain</item></rss", "rss", "")
    ('<rss><item>Rain</item></rss', False)
    """
    if _has_end(text, root):
        return text, False
    bare = CDATA_OR_COMMENT.sub(lambda match: " " * len(match[0]), text)
    starts = [match.start() for match in ITEM_TAG.finditer(bare)]
    if starts and not _is_whole(bare, starts[-1]):
        text = text[: starts.pop()]
    if not starts:
        raise FeedError(
            f"feed: {url or '-'}: cut before the end of its first entry", url
        )
    return text, True


def _has_end(text: str, root: str) -> bool:
    """Return whether the root element ends; the last ">" may be missing."""
    name = rf"(?:[A-Za-z][\w.-]*:)?{re.escape(root)}"
    end = rf"</{name}(?=[\s>]|\Z)|<{name}(?:\s[^<>]*)?/>"
    return re.search(end, text, re.I) is not None


def _is_whole(bare: str, start: int) -> bool:
    return bool(_ITEM_END.search(bare, start) or _EMPTY_TAG.match(bare, start + 1))
