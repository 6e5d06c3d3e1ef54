"""The sample newsstand: a loopback news world that knows the truth about itself.

It exists for the first run, for tests and for load: nineteen made-up sources with
RSS, Atom, JSON Feed, news sitemaps and dated sitemaps, the same for any day every
time. Among the news are copies, updates, repeats, stubs and dead ends, and `truth`
says how many. A program of its own beside the pipeline, on the standard library alone;
it leaves out TLS (the fetcher's `mirrors` stand in for it) and everything that a
reader does not need, such as images.
"""

from __future__ import annotations

from nightdesk.newsstand.headline import Headline
from nightdesk.newsstand.outlets import OUTLETS, Outlet
from nightdesk.newsstand.server import Asked, Stand, run_forever, serve
from nightdesk.newsstand.truth import ArticleTruth, Truth
from nightdesk.newsstand.world import Response, World

__all__ = [
    "OUTLETS",
    "ArticleTruth",
    "Asked",
    "Headline",
    "Outlet",
    "Response",
    "Stand",
    "Truth",
    "World",
    "run_forever",
    "serve",
]
