"""Speed of extraction by how many readings it asks; what its confidence is worth."""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import product
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from pathlib import Path

import trafilatura
from repeats import load_evaluator

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
sys.path.insert(0, str(ROOT / "include"))

from nightdesk.extract import article, opinions  # noqa: E402
from nightdesk.extract.jsonl import extract_row  # noqa: E402

Figure = tuple[str, str, float, str, float]

#: From which agreement on no third reading is asked.
WAYS = {
    "two readings": 0.0,
    "more where these differ": opinions.AGREES,
    "all readings": 2.0,
}
_EVERY = 4  # pages that are timed: one in so many
_BAD = 0.8  # mean F1 under which a page is one that confidence should find


def readings() -> Iterator[Figure]:
    """CPU of three ways of choosing a text, page by page beside raw trafilatura.

    Each in a process of its own: trafilatura keeps what it has seen of a page's lines,
    so that whoever reads the page after it has it cheaper. As many pages are read
    before: the first one whose date it looks for everywhere costs it 2 s once.
    """
    pages = [page for _, page in read_pages()]
    warm, timed = pages[1::_EVERY], pages[::_EVERY]
    with ExitStack() as stack:
        clocks = {name: stack.enter_context(_Clock(name)) for name in ("raw", *WAYS)}
        spent = dict.fromkeys(clocks, 0.0)
        for clock, page in product(clocks.values(), warm):
            clock.time(page)
        for page, (name, clock) in product(timed, clocks.items()):
            spent[name] += clock.time(page)
    for name in WAYS:
        yield f"extract: {name}", "of raw speed", spent["raw"] / spent[name], "raw", 1.0
    yield "extract: confidence, AUC of pages < .8", "share", _rate(), "no use", 0.5


class _Clock:
    """A process that reads pages in one way, and says how much CPU each took."""

    def __init__(self, name: str) -> None:
        self._link, theirs = Pipe()
        self._process = Process(target=_serve, args=(theirs, name), daemon=True)

    def __enter__(self) -> _Clock:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._link.send(None)
        self._process.join()

    def time(self, page: tuple[str, bytes]) -> float:
        """Return the CPU seconds of a page."""
        self._link.send(page)
        return self._link.recv()


def _serve(link: Connection, name: str) -> None:
    if name in WAYS:
        article.choose_reading = partial(opinions.choose_reading, agrees=WAYS[name])
    while (page := link.recv()) is not None:
        url, body = page
        start = time.process_time()
        if name in WAYS:
            extract_row({"url": url}, body)
        else:
            _read_raw(url, body)
        link.send(time.process_time() - start)


def _rate() -> float:
    """Share of pairs of a bad and a good page in which the bad one is rated lower."""
    evaluator = load_evaluator()
    good, bad = [], []
    for label, (url, body) in read_pages():
        if label.get("text") is None:
            continue
        row = extract_row({"id": label["id"], "url": url}, body)
        is_bad = evaluator.score(label, row)["f1"] < _BAD
        (bad if is_bad else good).append(row["confidence"])
    pairs = [(g > b) + (g == b) / 2 for g in good for b in bad]
    return sum(pairs) / len(pairs)


def read_pages() -> Iterator[tuple[dict, tuple[str, bytes]]]:
    """Yield each label with the address and bytes of its page."""
    folder = SHARED / "data" / "extraction"
    for line in (folder / "gold.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        path = folder / "pages" / f"{label['id']}.html.gz"
        yield label, (label["url"], gzip.decompress(path.read_bytes()))


def _read_raw(url: str, body: bytes) -> None:
    trafilatura.bare_extraction(
        body, url=url, with_metadata=True, include_comments=False
    )
