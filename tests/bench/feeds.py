"""Feeds: how many bytes and addresses a CPU second reads, beside feedparser.

Every figure is taken in a process of its own, in CPU seconds. Ours and feedparser take
turns, since a busy machine slows both; the best of three of each counts. Memory is the
peak of the process above what it held before it parsed, the sitemap's packed bytes not
counted.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
RECORDED = ROOT.parent / "shared" / "data" / "feeds" / "real"

Figure = tuple[str, str, float, str, float]

_OURS = """
import gzip, json, sys, time
from pathlib import Path
from nightdesk.errors import FeedError
from nightdesk.feeds import parse_feed
paths = sorted(Path(sys.argv[1]).glob("*.gz"))
bodies = [gzip.decompress(path.read_bytes()) for path in paths]
best, n_entries = 1e9, 0
for _ in range(3):
    start, n_entries = time.process_time(), 0
    for body in bodies:
        try:
            n_entries += len(parse_feed(body, url="https://x.example/").entries)
        except FeedError:
            pass
    best = min(best, time.process_time() - start)
print(json.dumps([sum(map(len, bodies)) / best / 1e6, n_entries]))
"""
_FEEDPARSER = """
import gzip, io, json, sys, time
from pathlib import Path
import feedparser
paths = sorted(Path(sys.argv[1]).glob("*.gz"))
bodies = [gzip.decompress(path.read_bytes()) for path in paths]
start, n_entries = time.process_time(), 0
for body in bodies:
    n_entries += len(feedparser.parse(io.BytesIO(body)).entries)
seconds = time.process_time() - start
print(json.dumps([sum(map(len, bodies)) / seconds / 1e6, n_entries]))
"""
_SITEMAP = """
import gzip, json, sys, time
from pathlib import Path
from nightdesk.feeds import parse_feed
def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
body = sys.stdin.buffer.read()
parse_feed(gzip.compress(b"<urlset/>"), url="https://x.example/")
before, start = peak(), time.process_time()
feed = parse_feed(body, url="https://x.example/")
seconds = time.process_time() - start
assert len(feed.entries) == 50_000, feed.warnings
print(json.dumps([50_000 / seconds, peak() - before]))
"""


def feeds() -> Iterator[Figure]:
    """Parse the recorded feeds, and a news sitemap and a plain one of 50,000."""
    if RECORDED.is_dir():
        turns = [_take_turn() for _ in range(3)]
        ours, n_ours = max(ours for ours, _ in turns)
        theirs, n_theirs = max(theirs for _, theirs in turns)
        yield "feeds: recorded ones a CPU second", "MB/s", ours, "goal", 30.0
        yield "feeds: recorded ones a CPU second", "MB/s", ours, "feedparser", theirs
        yield "feeds: times feedparser's speed", "x", ours / theirs, "goal", 25.0
        yield "feeds: entries found", "n", n_ours, "feedparser", n_theirs
    for is_news, name in ((True, "news sitemap"), (False, "plain sitemap")):
        speed, megabytes = _run(_SITEMAP, stdin=make_sitemap(is_news=is_news))
        yield f"{name} of 50,000, gz", "URL/s", speed, "goal", 30_000.0
        yield f"{name} of 50,000: memory", "MB", megabytes, "limit", 60.0


def _take_turn() -> tuple[tuple[float, float], tuple[float, float]]:
    """Return (MB/s, entries) of ours and of feedparser, one behind the other."""
    return _run(_OURS, str(RECORDED)), _run(_FEEDPARSER, str(RECORDED))


def make_sitemap(*, is_news: bool, n_urls: int = 50_000) -> bytes:
    """Return a sitemap as gzip; a news one of 50,000 is 14 MB before."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n'
    ]
    for n in range(n_urls):
        stated = f"2026-03-01T{n % 24:02d}:{n % 60:02d}:00Z"
        url = f"https://x.example/2026/03/01/rain-{n}.html"
        more = f"<lastmod>{stated}</lastmod>"
        if is_news:
            more = (
                "<news:news><news:publication><news:name>X</news:name><news:language>"
                f"en</news:language></news:publication><news:publication_date>{stated}"
                f"</news:publication_date><news:title>Rain floods town {n}"
                "</news:title></news:news>"
            )
        parts.append(f"<url><loc>{url}</loc>{more}</url>\n")
    parts.append("</urlset>\n")
    return gzip.compress("".join(parts).encode(), 1)


def _run(code: str, *words: str, stdin: bytes = b"") -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env={**os.environ, "PYTHONPATH": str(ROOT / "include")},
        input=stdin,
        stdout=subprocess.PIPE,
        check=True,
    )
    first, second = json.loads(done.stdout)
    return float(first), float(second)
