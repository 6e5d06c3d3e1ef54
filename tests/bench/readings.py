"""Speed of extraction by how many readings it asks; what its confidence is worth."""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
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
    """CPU of three ways of choosing a text, page by page beside raw trafilatura."""
    pages = [page for _, page in read_pages()]
    spent = dict.fromkeys(("raw", *WAYS), 0.0)
    for timed in (pages[:8], pages[::_EVERY]):  # the first warms every cache
        for name in spent:
            spent[name] = 0.0
        for url, body in timed:
            spent["raw"] += _clock(partial(_read_raw, url, body))
            for name, agrees in WAYS.items():
                article.choose_reading = partial(opinions.choose_reading, agrees=agrees)
                spent[name] += _clock(partial(extract_row, {"url": url}, body))
    article.choose_reading = opinions.choose_reading
    for name in WAYS:
        yield f"extract: {name}", "of raw speed", spent["raw"] / spent[name], "raw", 1.0
    yield "extract: confidence, AUC of pages < .8", "share", _rate(), "no use", 0.5


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


def _clock(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
