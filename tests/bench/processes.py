"""What processes cost and give: speed of two for extract and tag, flat memory."""

from __future__ import annotations

import gzip
import itertools
import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
sys.path.insert(0, str(ROOT / "include"))

from nightdesk.config import SHIPPED  # noqa: E402
from nightdesk.extract import Page, extract_article  # noqa: E402
from nightdesk.gazetteer import load_gazetteer  # noqa: E402
from nightdesk.tag import Tagger  # noqa: E402
from nightdesk.workers import Limits, WorkerPool  # noqa: E402

Figure = tuple[str, str, float, str, float]

Seconds = tuple[float, float]  # wall, CPU

_MANY = 20_000
_KEPT: dict[str, Any] = {}  # of a process that tags
_SHARDS = 8  # as a night has: each process takes the next one
_START_S = 300.0  # on a busy machine
_TURNS = 2  # of the texts in a shard


def processes() -> Iterator[Figure]:
    """Time of one process and of two; resident memory over 20,000 pages.

    Best of three each. On a busy machine there is no second core to be had: what two
    cost in CPU beside one says there what is lost between them.
    """
    pages = read_pages()
    yield from _compare("extract", lambda n: _time(pages, n))
    yield from _compare("tag", _time_tagging)
    first, last, parent = _weigh(pages, _MANY)
    yield f"extract: memory of two, {_MANY} pages", "MB", last, "after 2,000", first
    yield "extract: memory of who reads them", "MB", parent, "limit", 400


def _compare(stage: str, time_of: Callable[[int], Seconds]) -> Iterator[Figure]:
    turns = [(time_of(1), time_of(2)) for _ in range(3)]
    one, two = (min(turn[n][0] for turn in turns) for n in (0, 1))
    yield f"{stage}: two processes beside one", "times", one / two, "goal", 1.8
    one, two = (min(turn[n][1] for turn in turns) for n in (0, 1))
    yield f"{stage}: CPU of two beside one", "times", two / one, "limit", 2 / 1.8


def read_pages() -> list[Page]:
    """Return the labelled pages as extraction is given them."""
    folder = SHARED / "data" / "extraction"
    pages = []
    for line in (folder / "gold.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        path = folder / "pages" / f"{label['id']}.html.gz"
        body, url = gzip.decompress(path.read_bytes()), label["url"]
        pages.append(Page(body, url, url, 1, "bench", "text/html"))
    return pages


def _time(pages: list[Page], n: int) -> Seconds:
    """Return wall seconds, and CPU seconds of the processes and of us."""
    with WorkerPool(extract_article, n) as pool:
        list(pool.map(pages[:16]))  # all of them have begun
        start, used = time.monotonic(), _use_cpu()
        n_done = sum(1 for _ in pool.map(pages))
        wall_s, cpu_s = time.monotonic() - start, _use_cpu() - used
    if n_done != len(pages):
        raise OSError(f"{n_done} of {len(pages)} pages came back")
    return wall_s, cpu_s


def _time_tagging(n: int) -> Seconds:
    """Return the same for shards of texts, tagged as a night's are: by spawned ones."""
    context = multiprocessing.get_context("spawn")
    begun = context.Barrier(n + 1)
    with ProcessPoolExecutor(n, context, _open_tagger, (begun,)) as pool:
        for _ in range(n):  # each task begins a process
            pool.submit(_tag_shard, 0)
        begun.wait(_START_S)
        start, used = time.monotonic(), _use_cpu()
        list(pool.map(_tag_shard, [_TURNS] * _SHARDS))
        return time.monotonic() - start, _use_cpu() - used


def _open_tagger(begun: Barrier) -> None:
    """Keep a tagger and the texts in a process, and wait for the other ones.

    The texts are read once before: what a process learns of words it learns once, and a
    night has thousands of texts more than are here.
    """
    path = SHARED / "data" / "enrichment" / "geo_dev.jsonl.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    _KEPT["texts"] = [json.loads(line)["text"] for line in lines]
    _KEPT["tagger"] = Tagger(load_gazetteer(SHIPPED))
    _tag_shard(1)
    begun.wait(_START_S)


def _tag_shard(turns: int) -> int:
    """Tag the texts so many times; return how many mentions were found."""
    tagger = _KEPT["tagger"]
    return sum(
        len(tagger.tag(article_id=0, title=None, text=text, lang="en").mentions)
        for text in _KEPT["texts"] * turns
    )


def _use_cpu() -> float:
    ours = psutil.Process()
    times = [process.cpu_times() for process in (ours, *ours.children())]
    return sum(t.user + t.system for t in times)


def _weigh(pages: list[Page], n_pages: int) -> tuple[float, float, float]:
    """Return MB of processes that are never recycled, early and late, and of us."""
    source = itertools.islice(itertools.cycle(pages), n_pages)
    ours = psutil.Process()
    sizes = []
    with WorkerPool(extract_article, 2, Limits(n_items=n_pages)) as pool:
        for n, _ in enumerate(pool.map(source), 1):
            if n % (n_pages // 10) == 0:
                sizes.append(sum(c.memory_info().rss for c in ours.children()))
    return sizes[0] / 1e6, sizes[-1] / 1e6, ours.memory_info().rss / 1e6
