"""Feeds and sitemaps: bytes as fetched to `model.Feed`.

    bytes -> charset -> tree (mended, bounded) -> rss | atom | jsonfeed | sitemap
          -> document.Document -> parse.parse_feed -> model.Feed
                               -> jsonl.feed_row   -> a JSON row

One module per format; `reader` picks it. Pure: no I/O, no clock.
"""

from nightdesk.feeds.jsonl import feed_row
from nightdesk.feeds.parse import parse_feed

__all__ = ["feed_row", "parse_feed"]
