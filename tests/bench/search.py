"""How quick the search is, beside how many articles.

    python tests/bench/search.py --articles 1000000

Articles are made up of six to twelve lines of 50 words, drawn from 50,000 lines: 80,000
words with the frequencies of a language (the word of rank r comes 1/r as often), 10,000
articles a night, a fifth of them in Han; two in three stand in a story of three.
Queries take words of all ranks: one word, two, three of which any may match, phrases
that are there, prefixes, words in titles, names, Han; in turn without a filter and by
nights, region and language. Each answer is whole: ten stories, their counts, snippets
and marks. CPU time of the one thread that answers, which is the wall time of an idle
machine, after one round that is not counted.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Figure = tuple[str, str, float, str, float]  # what, unit, ours, against, theirs

PER_NIGHT = 10_000
START = date(2020, 1, 1)
N_WORDS = 80_000
N_LINES = 50_000
N_QUERIES = 400
LANGS = ("en", "en", "fr", "es", "zh")


def draw(
    chance: random.Random, words: list[str], n: int, times: int
) -> Iterator[list[str]]:
    """Yield words, n at a time, the one of rank r 1/r as often as the first."""
    sums = list(accumulate(1 / (rank + 2) for rank in range(len(words))))
    for _ in range(times):
        yield chance.choices(words, cum_weights=sums, k=n)


class Maker:
    """Makes the articles of a night, always the same."""

    def __init__(self) -> None:
        chance = random.Random(1)
        found: dict[str, None] = {}
        while len(found) < N_WORDS:
            n_parts = chance.choice((1, 2, 2, 3, 3, 4))
            parts = (
                chance.choice("bcdfghklmnprstvz") + chance.choice("aeiou")
                for _ in range(n_parts)
            )
            found["".join(parts) + chance.choice(("", "n", "s", "r", "t"))] = None
        self.words = list(found)
        self.signs = [chr(0x4E00 + n) for n in chance.sample(range(6000), 4000)]
        self.lines = {
            "": list(map(" ".join, draw(chance, self.words, 50, N_LINES))),
            "zh": list(map("".join, draw(chance, self.signs, 90, N_LINES // 5))),
        }

    def make_night(self, night: str, n_articles: int) -> Iterator[dict[str, Any]]:
        day = date.fromisoformat(night)
        chance = random.Random(night)
        first = day.toordinal() * PER_NIGHT
        for n in range(n_articles):
            lang = LANGS[n % len(LANGS)]
            lines = self.lines["zh" if lang == "zh" else ""]
            title, *text = chance.choices(lines, k=chance.randint(7, 13))
            cut = 20 if lang == "zh" else title.find(" ", 50)
            yield {
                "night": day,
                "article_id": first + n,
                "story_id": first + n - (n % 3 if n % 9 < 6 else 0),
                "source_id": f"s{n % 200}",
                "url": f"https://s{n % 200}.example/{night}/{n}",
                "title": title[:cut],
                "lang": lang,
                "published_at": datetime(day.year, day.month, day.day, tzinfo=UTC),
                "text": "\n".join(text),
                "persons": [" ".join(chance.choices(self.words, k=2))],
                "orgs": [" ".join(chance.choices(self.words, k=2))],
                "places": chance.choices(self.words, k=3),
                "regions": [f"iso:{n % 150}", f"desk:{n % 6}"],
            }


def list_nights(n_articles: int) -> dict[str, int]:
    """Return how many articles each night has."""
    full, rest = divmod(n_articles, PER_NIGHT)
    sizes = [PER_NIGHT] * full + [rest] * bool(rest)
    return {str(START + timedelta(days=n)): size for n, size in enumerate(sizes)}


def search(n_articles: int = 100_000) -> Iterator[Figure]:
    """Time of a search (p95), articles indexed a second, and bytes an article."""
    sys.path[:0] = [str(ROOT / "include")]
    with tempfile.TemporaryDirectory() as folder:
        place, maker, nights = Path(folder), Maker(), list_nights(n_articles)
        speed = build(place, maker, nights)
        size = sum(p.stat().st_size for p in place.rglob("*") if p.is_file())
        queries = list(make_queries(maker, nights))
        times = measure(place, queries)
        for kind, took in times.items():
            print(
                f"  {kind:10} median {statistics.median(took):8.2f} ms"
                f"  worst {max(took):8.2f} ms",
                file=sys.stderr,
            )
    every = sorted(ms for took in times.values() for ms in took)
    p95 = every[int(len(every) * 0.95)]
    yield f"search: p95 at {n_articles:,} articles", "ms", p95, "goal", 50
    yield "search: articles indexed a second", "1/s", speed, "-", 0
    yield "search: index and text an article", "kB", size / n_articles / 1000, "-", 0


def build(folder: Path, maker: Maker, nights: dict[str, int]) -> float:
    """Index the nights ten at a time; return articles a CPU second, ours alone."""
    from nightdesk.search.index import Snapshot, update_index

    names = [{"source_id": f"s{n}", "name": f"S{n}", "was": None} for n in range(200)]
    regions = [{"region_id": f"iso:{n}", "name": f"R{n}"} for n in range(150)]
    regions += [{"region_id": f"desk:{n}", "name": f"D{n}"} for n in range(6)]
    seconds, done = 0.0, 0
    for n in range(0, len(nights), 10):
        now = list(nights)[: n + 10]
        rows = {
            night: list(maker.make_night(night, nights[night])) for night in now[n:]
        }
        snapshot = Snapshot(
            n + 1, dict.fromkeys(now, "1"), tuple(names), tuple(regions)
        )
        started = time.process_time()
        done += update_index(folder, snapshot, rows.__getitem__)
        seconds += time.process_time() - started
    return done / seconds


def make_queries(maker: Maker, nights: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Yield queries with their kinds."""
    chance = random.Random(2)
    pages = [next(maker.make_night(night, 1)) for night in list(nights)[:20]]

    def pick(words: list[str]) -> str:
        """Return a word of any rank: of the common ones as often as of the rare."""
        return words[int(len(words) ** chance.random()) - 1]

    for _ in range(N_QUERIES // 8):
        one, two, three = (pick(maker.words) for _ in range(3))
        line = chance.choice(chance.choice(pages)["text"].splitlines()).split()
        at = chance.randrange(len(line) - 3)
        yield "word", one
        yield "all", f"{one} {two}"
        yield "any", f"{one} OR {two} OR {three}"
        yield "phrase", f'"{" ".join(line[at : at + 3])}"'
        yield "prefix", f"{chance.choice(maker.words)[:4]}*"
        yield "title", f"title:{one} -{two}"
        yield "name", f"person:{one} OR place:{two}"
        yield "han", pick(maker.signs) + pick(maker.signs)


def measure(folder: Path, queries: list[tuple[str, str]]) -> dict[str, list[float]]:
    """Return the milliseconds of each answer, by kind of query."""
    from nightdesk.search.ask import Filters
    from nightdesk.search.find import find_stories
    from nightdesk.search.index import open_index

    filters = (
        Filters(),
        Filters(first=START, last=START + timedelta(days=6)),
        Filters(regions=["desk:1"]),
        Filters(langs=["en"], first=START),
    )
    opened = open_index(folder)
    times: dict[str, list[float]] = {}
    for is_counted in (False, True):
        for n, (kind, query) in enumerate(queries):
            started = time.thread_time()
            find_stories(opened, query, filters[n // 8 % len(filters)])
            if is_counted:
                ms = 1000 * (time.thread_time() - started)
                times.setdefault(kind, []).append(ms)
    return times


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=100_000)
    for what, unit, ours, against, theirs in search(parser.parse_args().articles):
        print(f"{what}: {ours:.3f} {unit}, {against} {theirs:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
