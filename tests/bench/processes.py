"""What the guarded processes of extract cost and give: speed of two, flat memory."""

from __future__ import annotations

import gzip
import itertools
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
sys.path.insert(0, str(ROOT / "include"))

from nightdesk.extract import Page, extract_article  # noqa: E402
from nightdesk.workers import Limits, WorkerPool  # noqa: E402

Figure = tuple[str, str, float, str, float]

_MANY = 20_000


def processes() -> Iterator[Figure]:
    """Time of one process and of two; resident memory over 20,000 pages.

    Best of three each. On a busy machine there is no second core to be had: what two
    cost in CPU beside one says there what is lost between them.
    """
    pages = read_pages()
    turns = [(_time(pages, 1), _time(pages, 2)) for _ in range(3)]
    one, two = (min(turn[n][0] for turn in turns) for n in (0, 1))
    yield "extract: two processes beside one", "times", one / two, "goal", 1.8
    one, two = (min(turn[n][1] for turn in turns) for n in (0, 1))
    yield "extract: CPU of two beside one", "times", two / one, "limit", 2 / 1.8
    first, last, parent = _weigh(pages, _MANY)
    yield f"extract: memory of two, {_MANY} pages", "MB", last, "after 2,000", first
    yield "extract: memory of who reads them", "MB", parent, "limit", 400


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


def _time(pages: list[Page], n: int) -> tuple[float, float]:
    """Return wall seconds, and CPU seconds of the processes and of us."""
    with WorkerPool(extract_article, n) as pool:
        list(pool.map(pages[:16]))  # all of them have begun
        start, used = time.monotonic(), _use_cpu()
        n_done = sum(1 for _ in pool.map(pages))
        wall_s, cpu_s = time.monotonic() - start, _use_cpu() - used
    if n_done != len(pages):
        raise OSError(f"{n_done} of {len(pages)} pages came back")
    return wall_s, cpu_s


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
