"""What writing the archive costs, beside warcio as it comes, over the same pages.

Both write to a file. Ours is given the SHA-256 of every body, which the fetcher has
computed anyway; warcio computes its SHA-1 by itself, as it does by default. Measured in
CPU seconds, the two in turn, the best of five.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
PAGES = ROOT.parent / "shared" / "data" / "extraction" / "pages"
Figure = tuple[str, str, float, str, float]  # what, unit, ours, against, theirs
Bodies = list[tuple[str, bytes]]

MOMENT = datetime(2026, 3, 2, 0, 20, tzinfo=UTC)
HEADERS = {"Content-Type": "text/html; charset=utf-8", "Server": "newsstand"}
N_PAGES, N_TURNS = 300, 5


def archive() -> Iterator[Figure]:
    """CPU and bytes of one archive of some hundred pages, and reading them again."""
    if importlib.util.find_spec("warcio") is None:
        raise OSError("warcio is not installed (requirements-dev)")
    sys.path.insert(0, str(ROOT / "include"))
    kinds = {"newsstand pages": make_pages()}
    if PAGES.is_dir():
        kinds["real pages"] = read_pages()
    for kind, bodies in kinds.items():
        with tempfile.TemporaryDirectory() as folder:
            yield from compare(Path(folder), kind, bodies)


def make_pages() -> Bodies:
    from nightdesk.newsstand import World

    world = World(now=lambda: MOMENT, articles_per_night=2 * N_PAGES)
    found: Bodies = []
    for article in world.truth(date(2026, 3, 1)).articles:
        parts = urlsplit(article.url)
        answer = world.respond(parts.scheme, parts.netloc, parts.path, {})
        if answer.status == 200:
            found.append((article.url, answer.body))
    return unique(found)


def read_pages() -> Bodies:
    paths = sorted(PAGES.glob("*.html.gz"))
    return unique(
        [
            (f"https://a.example/{p.name}", gzip.decompress(p.read_bytes()))
            for p in paths
        ]
    )


def unique(found: Bodies) -> Bodies:
    """Leave out bodies that are there already: a revisit would flatter us."""
    seen = {body: url for url, body in reversed(found)}
    return [(url, body) for body, url in seen.items()][:N_PAGES]


def compare(folder: Path, kind: str, bodies: Bodies) -> Iterator[Figure]:
    ours, theirs = folder / "ours", folder / "theirs.warc.gz"
    captures = [make_capture(url, body) for url, body in bodies]
    index_rows(ours / "0", write_ours(ours / "0", captures))
    my_s, peer_s = [], []
    for turn in range(1, N_TURNS + 1):
        my_s.append(cpu(lambda n=turn: write_ours(ours / str(n), captures)))
        peer_s.append(cpu(lambda: write_warcio(theirs, bodies)))
    (mine,) = (ours / "0").rglob("*.warc.zst")
    n, size = len(bodies), sum(len(body) for _, body in bodies) / len(bodies) / 1000
    label = f"archive: {kind} ({n} of {size:.0f} kB)"
    yield f"{label}: write", "pages/CPU s", n / min(my_s), "warcio", n / min(peer_s)
    yield (
        f"{label}: bytes",
        "kB/page",
        mine.stat().st_size / n / 1000,
        "warcio",
        theirs.stat().st_size / n / 1000,
    )
    yield (
        f"{label}: read",
        "pages/CPU s",
        n / cpu(lambda: read_ours(ours / "0")),
        "warcio",
        n / cpu(lambda: read_warcio(theirs)),
    )


def cpu(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def make_capture(url: str, body: bytes) -> tuple[Any, bytes]:
    from nightdesk.model import Capture

    digest = hashlib.sha256(body).hexdigest()
    return Capture(url, url, MOMENT, digest, "", 0), body


def write_ours(root: Path, captures: list[tuple[Any, bytes]]) -> tuple[Any, ...]:
    from nightdesk.landing import Landing

    writer = Landing(str(root)).open_archive(MOMENT.date(), "bench")
    for capture, body in captures:
        writer.add(capture, HEADERS, body)
    return writer.close()


def index_rows(root: Path, rows: tuple[Any, ...]) -> None:
    from nightdesk.landing import Landing
    from nightdesk.model import Capture

    folder = f"captures/day={MOMENT.date()}"
    Landing(str(root)).write_rows(folder, "bench", rows, Capture)


def write_warcio(path: Path, bodies: Bodies) -> None:
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    with path.open("wb") as sink:
        writer = WARCWriter(sink, gzip=True)
        for url, body in bodies:
            head = StatusAndHeaders("200 OK", list(HEADERS.items()), "HTTP/1.1")
            record = writer.create_warc_record(
                url, "response", payload=BytesIO(body), http_headers=head
            )
            writer.write_record(record)


def read_ours(root: Path) -> None:
    """Read every body at its place; its digest is compared."""
    from nightdesk.landing import Landing
    from nightdesk.landing.inspect import read_captures

    landing = Landing(str(root))
    for row in read_captures(landing, MOMENT.date()):
        landing.read_capture(row.file, row.offset)


def read_warcio(path: Path) -> None:
    """Read every body in the order of the file; its digest is compared."""
    from warcio.archiveiterator import ArchiveIterator

    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, check_digests=True):
            record.content_stream().read()
