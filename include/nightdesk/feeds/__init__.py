"""Feeds and sitemaps: bytes as fetched to `model.Feed`.

    bytes -> charset -> tree (mended, bounded) -> rss | atom | jsonfeed | sitemap
          -> document.Document -> parse.parse_feed -> model.Feed
                               -> jsonl.feed_row   -> a JSON row

One module per format; `reader` picks it, and `page` reads HTML for outlets without a
feed. `archives` chooses among the children of a sitemap index. Pure: no I/O, no clock.
"""

from nightdesk.feeds.archives import choose_children
from nightdesk.feeds.jsonl import feed_row
from nightdesk.feeds.parse import parse_feed

__all__ = ["choose_children", "feed_row", "parse_feed"]
