"""Kill -9 at random moments of a backfill, and look at what the next run asks for.

    python tests/chaos/backfills.py --kills 50 --seed 1

Past nights of a source whose feed has pages, of one with dated sitemaps, and of one
that only Common Crawl has. Whatever a killed run has archived is fetched by no later
one: the server's log is held against the archive after every run. What is left is
checked, and compared with an unkilled backfill, as in `drill`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from drill import Drill, kill_landings, say
from pastworld import BY_ID, NIGHT, NOW, ONE_DAY, stand_still, write_sources

from nightdesk.landing import Landing
from nightdesk.model import Capture, PastRecord
from nightdesk.newsstand import Stand, World, serve
from nightdesk.newsstand.server import Asked
from nightdesk.urls import article_id, canonicalize_url

PAGED, MONTHLY = BY_ID["lagoon-post"], BY_ID["savanna-courier"]
CRAWLED = BY_ID["gulf-meridian"]
SOURCES = {
    PAGED.id: {"url": f'"{PAGED.root}/paged{PAGED.feed}"'},
    MONTHLY.id: {"past_url": f'"{MONTHLY.root}/sitemaps/month/{{yyyy}}-{{mm}}.xml"'},
    CRAWLED.id: {},
}
_NEWS_FILE = re.compile(r".*/(CC-NEWS-[\d-]+)\.warc\.gz")


def run_backfills(
    folder: Path, n_kills: int, seed: int, n_nights: int = 2
) -> Counter[str]:
    """Kill n times and return the counts; an AssertionError says what was wrong."""
    world = World(now=partial(stand_still, NOW), articles_per_night=60)
    config = folder / "config"
    config.mkdir()
    (config / "sources.yaml").write_text(write_sources(SOURCES), "utf-8")
    (config / "past.yaml").write_text("past: {ccnews: {enabled: true, gap_s: 0}}\n")
    with serve(world) as stand:
        mirrors = folder / "mirrors.json"
        mirrors.write_text(json.dumps(world.mirrors(stand.base_url)))
        counts: Counter[str] = Counter()
        drill = Drill(
            mirrors,
            random.Random(seed),
            moment=NOW,
            nights=tuple(NIGHT + n * ONE_DAY for n in range(n_nights)),
            watch=partial(watch_run, stand, counts),
            counts=counts,
            config=config,
            reach=0.4,  # a run that goes on is the shorter: its end is reached as well
        )
        return kill_landings(drill, folder, n_kills)


@contextlib.contextmanager
def watch_run(stand: Stand, counts: Counter[str], data: Path) -> Iterator[None]:
    """Hold what a run asks for against what was archived before it."""
    archived = read_archived(data)
    stand.log.clear()
    yield
    for asked in list(stand.log):
        is_part = _NEWS_FILE.fullmatch(asked.path)
        is_known = (archived.has_part if is_part else archived.has_page)(asked)
        assert not is_known, f"archived, and fetched again: {asked}"
        counts["parts of news files" if is_part else "other requests"] += 1
    counts["archived before a run"] += len(archived.urls)


@dataclass
class Archived:
    """What a landing area has, so that nobody needs to be asked for it."""

    urls: set[str]
    articles: set[int]
    records: dict[str, list[PastRecord]]  # by news file
    ends: dict[str, int] = field(default_factory=dict)  # how far its index goes

    def has_page(self, asked: Asked) -> bool:
        """Whether a page, feed or sitemap is there."""
        return f"https://{asked.host}{asked.path}" in self.urls

    def has_part(self, asked: Asked) -> bool:
        """Whether a part of a news file was read, and all that is wanted of it kept."""
        match = _NEWS_FILE.fullmatch(asked.path)
        name = match[1] if match else ""
        start, end = (int(n) for n in re.findall(r"\d+", asked.span or "bytes=0-0"))
        if start >= self.ends.get(name, 0):
            return False
        return not any(
            start <= row.offset and row.offset + row.size <= end + 1
            for row in self.records[name]
            if article_id(canonicalize_url(row.url)) not in self.articles
        )


def _end_of(part: str) -> int:
    """Return the second number in the name of a part of an index."""
    return int(part.rpartition("/")[2].removesuffix(".parquet").split("-")[1])


def read_archived(data: Path) -> Archived:
    """Return what the run files of a landing area say that it has."""
    landing = Landing(str(data / "landing"))
    captures = [
        row
        for day in landing.capture_days()
        for row in landing.read_folder(f"captures/day={day}", Capture)
    ]
    articles = {article_id(canonicalize_url(row.url)) for row in captures}
    archived = Archived({row.url for row in captures}, articles, {})
    for name in landing.folders("past/ccnews"):
        rows = landing.read_folder(f"past/ccnews/{name}", PastRecord)
        ours = [row for row in rows if row.url.startswith(CRAWLED.root)]
        archived.records[name] = ours
        parts = landing.names(f"past/ccnews/{name}")  # <from>-<to>[-end].parquet
        # A run that was killed before its first part leaves an empty folder.
        archived.ends[name] = max(map(_end_of, parts), default=0)
    return archived


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        counts = run_backfills(Path(folder), options.kills, options.seed)
    for what, n in sorted(counts.items()):
        say(f"{n:8} {what}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
