"""What reading past nights costs: a crawl's file, beside warcio; lists; the index.

The file is made here: pages of random words, as long and as hard to pack as real ones,
two of a hundred on hosts that are wanted. Each reader reads it from disk in parts. CPU
seconds, the readers in turn, the best of three.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
Figure = tuple[str, str, float, str, float]  # what, unit, ours, against, theirs

MOMENT = datetime(2026, 3, 2, 0, 20, tzinfo=UTC)
WANTED = [f"wanted-{n}.example" for n in range(3)]
N_PAGES, N_WORDS, N_TURNS = 1500, 8000, 3
PART = 8 << 20


def past() -> Iterator[Figure]:
    """A news file with 2 % wanted hosts; the same by its index; article lists."""
    sys.path.insert(0, str(ROOT / "include"))
    if importlib.util.find_spec("warcio") is None:
        raise OSError("warcio is not installed (requirements-dev)")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "news.warc.gz"
        write_news(file)
        yield from compare_readers(file)
        yield measure_index(file)
    yield measure_lists()


def write_news(file: Path) -> None:
    from nightdesk.newsstand.crawl import write_request, write_response

    rng = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(rng.choices(letters, k=rng.randint(2, 9))) for _ in range(20_000)]
    with file.open("wb") as sink:
        for n in range(N_PAGES):
            host = WANTED[n % 3] if n % 50 == 0 else f"other-{n % 97}.example"
            url = f"https://www.{host}/2026/03/01/{n}.html"
            text = " ".join(rng.choices(words, k=N_WORDS))
            sink.write(write_request(url, MOMENT))
            sink.write(
                write_response(url, MOMENT, f"<html><p>{text}</p></html>".encode())
            )


def pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while piece := stream.read(PART):
            yield piece


def read_ours(file: Path) -> tuple[int, int]:
    """Index every page, and unpack the wanted ones."""
    from nightdesk.past.ccnews import Sites, read_head
    from nightdesk.past.members import scan_members
    from nightdesk.past.records import read_page

    sites, n_all, n_wanted = Sites(WANTED), 0, 0
    for member in scan_members(pieces(file)):
        row = read_head(member)
        if row is not None:
            n_all += 1
            if sites.find(row.url):
                n_wanted += len(read_page(member.data).body) > 0
    return n_all, n_wanted


def read_warcio(file: Path) -> tuple[int, int]:
    """Read every body, as a loop over warcio's records does."""
    from warcio.archiveiterator import ArchiveIterator

    n_all = n_wanted = 0
    with file.open("rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type == "response":
                n_all += 1
                body = record.content_stream().read()
                url = record.rec_headers.get_header("WARC-Target-URI")
                n_wanted += any(host in url for host in WANTED) and len(body) > 0
    return n_all, n_wanted


def read_fastwarc(file: Path) -> tuple[int, int]:
    """Pass over what is not wanted, as fastwarc lets us: it unpacks it all the same."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    n_all = n_wanted = 0
    kind = WarcRecordType.response
    with file.open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=kind, parse_http=False):
            n_all += 1
            url = record.headers["WARC-Target-URI"]
            if any(host in url for host in WANTED):
                n_wanted += len(record.reader.read()) > 0
    return n_all, n_wanted


def compare_readers(file: Path) -> Iterator[Figure]:
    readers: dict[str, Callable[[Path], tuple[int, int]]] = {
        "ours": read_ours,
        "warcio": read_warcio,
        "fastwarc": read_fastwarc,
    }
    best = dict.fromkeys(readers, float("inf"))
    for _ in range(N_TURNS):
        for name, read in readers.items():
            start = time.process_time()
            counts = read(file)
            best[name] = min(best[name], time.process_time() - start)
            if counts != (N_PAGES, N_PAGES // 50):
                raise OSError(f"{name} read {counts}")
    size = file.stat().st_size / 1e6
    for peer in ("warcio", "fastwarc"):
        speeds = (size / best["ours"], size / best[peer])
        yield "past: a news file, 2 % wanted", "MB/s", speeds[0], peer, speeds[1]


def measure_index(file: Path) -> Figure:
    """Bytes that a second backfill asks for, of those of the file."""
    from nightdesk.past.ccnews import Sites, plan_parts, read_head
    from nightdesk.past.members import scan_members

    sites = Sites(WANTED)
    rows = [row for m in scan_members(pieces(file)) if (row := read_head(m))]
    parts = plan_parts([row for row in rows if sites.find(row.url)])
    asked = sum(part.span[1] - part.span[0] for part in parts)
    share = asked / file.stat().st_size
    return "past: bytes of the second backfill", "share", share, "limit", 0.05


def measure_lists() -> Figure:
    """Rows of GDELT's article lists in a CPU second: a month of short quarters."""
    from nightdesk.past.gal import parse_list

    rng = random.Random(2)
    bodies = []
    for quarter in range(96 * 30):
        at = MOMENT + timedelta(minutes=15 * quarter)
        rows = [
            json.dumps(
                {
                    "date": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                    "url": f"https://www.outlet-{rng.randrange(5000)}.example/a-{n}",
                    "domain": "outlet.example",
                    "outletName": "An Outlet",
                    "title": f"A headline of about as many words as they have, {n}",
                    "desc": "What an article is about, cut after a line or two. " * 3,
                    "lang": "en",
                }
            )
            for n in range(60)
        ]
        bodies.append(gzip.compress("\n".join(rows).encode(), 1))
    start, n_rows = time.process_time(), 0
    for body in bodies:
        n_rows += len(parse_list(body)[0])
    seconds = time.process_time() - start
    return "past: rows of article lists", "1/s", n_rows / seconds, "limit", 200_000
