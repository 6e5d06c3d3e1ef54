"""extract: the captures of a shard -> articles and their fingerprints.

Pages are handed to processes that can be killed, on all cores: whatever a page does to
its process, it becomes a row with a reason, and the others are done.
"""

from __future__ import annotations

import json
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from functools import cached_property

from nightdesk.deduplicate import fingerprint_text
from nightdesk.errors import ArchiveError, CaptureGone
from nightdesk.extract import EXTRACT_VERSION, Page, extract_article
from nightdesk.landing import Landing
from nightdesk.landing.frozen import read_frozen
from nightdesk.model import (
    Article,
    DateCandidate,
    Fingerprint,
    PlannedPage,
    SiteLine,
)
from nightdesk.pipeline.job import Job
from nightdesk.pipeline.select_task import Shard, label_shard
from nightdesk.pipeline.shard_files import digest_of, read_earlier, stem_of
from nightdesk.workers import Lost, WorkerPool

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
Extractors = WorkerPool[Page, Article]

_SAY_S = 10.0  # between two lines of progress


def open_extractors() -> Extractors:
    """Return the processes that extract; to be used in a `with`."""
    return WorkerPool(extract_article)


def name_loss(lost: Lost) -> str:
    """Return the reason that a page has which was lost with its process."""
    return "extract_error" if lost.reason == "error" else f"killed_{lost.reason}"


def extract_pages(
    job: Job,
    shard: Shard,
    *,
    again: bool = False,
    progress: Progress | None = None,
    pool: Extractors | None = None,
) -> Shard:
    """Extract the articles of a shard and their fingerprints.

    Args:
        job: the run.
        shard: from `select_pages`.
        again: do not take what was extracted before.
        progress: told (pages done, pages to do), every ten seconds.
        pool: from `open_extractors`, where several shards follow each other.
    """
    landing = job.landing
    pages = [
        page
        for page in landing.read_rows([shard["pages"]], PlannedPage)
        if page.article_id % shard["of"] == shard["shard"]
    ]
    lines = _read_lines(landing, shard)
    keys = [_page_key(page, lines.get(page.source_id, ())) for page in pages]
    folder, stem = f"articles/night={shard['night']}", stem_of(shard)
    name = f"{stem}-{digest_of(keys)}"
    if again or not landing.exists(f"{folder}/{name}.parquet"):
        old = {} if again else read_earlier(landing, folder, stem, Article)
        todo = [(k, p) for k, p in zip(keys, pages, strict=True) if k not in old]
        say = _Teller(shard, len(todo), progress).say
        waiting = [page for _, page in todo]
        kept = Kept(landing, folder)
        read = _extract(landing, waiting, lines, kept, pool)
        for n, (index, article) in enumerate(read):
            key, page = todo[index]
            old[key] = _finish(page, article, key)
            say(n + 1)
        articles = [old[key] for key in keys]
        _write(landing, shard, name, articles)
    done = shard.copy()
    done["articles"] = f"{folder}/{name}.parquet"
    done["fingerprints"] = f"fingerprints/night={shard['night']}/{name}.parquet"
    done["n"] = len(pages)
    return done


Lines = Mapping[str, tuple[str, ...]]  # source -> what is its furniture


def _read_lines(landing: Landing, shard: Shard) -> Lines:
    lines = defaultdict(list)
    version = shard["learned"]["boilerplate"]
    for row in read_frozen(landing, "boilerplate", version, SiteLine):
        lines[row.source_id].append(row.line)
    return {source_id: tuple(sorted(found)) for source_id, found in lines.items()}


def _page_key(page: PlannedPage, lines: Sequence[str]) -> str:
    """Return the digest of all that extraction is given, the code's version too."""
    facts = {**asdict(page), "version": EXTRACT_VERSION, "site_lines": lines}
    for name in ("is_current", "is_dated", "file", "offset", "first_captured_on"):
        del facts[name]
    return digest_of([json.dumps(facts, sort_keys=True, default=str)])


def _extract(
    landing: Landing,
    pages: Sequence[PlannedPage],
    lines: Lines,
    kept: Kept,
    pool: Extractors | None,
) -> Iterator[tuple[int, Article]]:
    """Yield the article of each page with the page's index, lost captures last."""
    whole: list[int] = []
    lost: list[tuple[int, Article]] = []

    def read() -> Iterator[Page]:
        for index, page in enumerate(pages):
            try:
                body = landing.read_capture(page.file, page.offset)
            except CaptureGone:
                article = kept.find(page) or _no_article(page, "capture_given_up")
                lost.append((index, article))
            except ArchiveError:
                log.exception("url=%s capture is damaged", page.url)
                lost.append((index, _no_article(page, "damaged_capture")))
            else:
                whole.append(index)
                yield _make_page(page, body, lines.get(page.source_id, ()))

    with nullcontext(pool) if pool else open_extractors() as workers:
        for n, result in enumerate(workers.map(read())):
            index = whole[n]
            yield index, _take(pages[index], result)
    yield from lost


def _take(page: PlannedPage, result: Article | Lost) -> Article:
    """Return what a page gave; a page that ended its process is put in quarantine."""
    if isinstance(result, Article):
        return result
    if result.reason == "error":
        log.error("url=%s extraction failed: %s", page.url, result.detail)
    else:
        log.warning("url=%s put in quarantine: %s", page.url, result.detail)
    return _no_article(page, name_loss(result))


def _make_page(page: PlannedPage, body: bytes, lines: tuple[str, ...]) -> Page:
    return Page(
        body=body,
        url=page.url,
        canonical_url=page.canonical_url,
        article_id=page.article_id,
        source_id=page.source_id,
        content_type=page.content_type,
        captured_at=page.captured_at,
        stated_at=page.stated_at,
        stated_precision=page.stated_precision,
        stated_title=page.title,
        timezone=page.timezone,
        site_lines=lines,
    )


class Kept:
    """The articles that earlier builds of a night read in its captures."""

    def __init__(self, landing: Landing, folder: str) -> None:
        self._landing, self._folder = landing, folder

    def find(self, page: PlannedPage) -> Article | None:
        """Return what was read in a capture that is gone, by the newest version."""
        return self._articles.get((page.article_id, page.digest))

    @cached_property
    def _articles(self) -> dict[tuple[int, str | None], Article]:
        rows = self._landing.read_folder(self._folder, Article)
        rows.sort(key=lambda r: (r.status == "ok", r.version, r.input_digest or ""))
        return {(row.article_id, row.page_digest): row for row in rows}


def _finish(page: PlannedPage, article: Article, key: str) -> Article:
    """Add what the page itself does not say; to an article that has it, nothing."""
    article = replace(article, input_digest=key, reservations=page.reservations)
    if page.future_at is not None:
        refused = DateCandidate("entry", page.future_at.isoformat(), "future")
        found = [c for c in article.date_candidates if c != refused]  # a kept one's
        article = replace(article, date_candidates=(*found, refused))
    return article if page.held_back is None else hold_back(article, page.held_back)


def hold_back(article: Article, reason: str) -> Article:
    """Return an article as a catalogue has it: all about it, and nothing of its text.

    The text has been read, to know that there is one; none of it is written down.
    """
    return replace(
        article,
        held_back=reason,
        text="",
        repeats=(),
        site_lines=(),
        description=None,
    )


def _no_article(page: PlannedPage, reason: str) -> Article:
    return Article(
        article_id=page.article_id,
        canonical_url=page.canonical_url,
        url=page.url,
        source_id=page.source_id,
        status="failed",
        reason=reason,
        page_digest=page.digest,
        captured_at=page.captured_at,
        version=EXTRACT_VERSION,
    )


class _Teller:
    """Says now and then how far a shard is."""

    def __init__(self, shard: Shard, n_all: int, progress: Progress | None) -> None:
        self._label, self._n_all, self._progress = label_shard(shard), n_all, progress
        self._start_s = self._told_s = time.monotonic()

    def say(self, n: int) -> None:
        now_s = time.monotonic()
        if now_s - self._told_s < _SAY_S:
            return
        self._told_s = now_s
        speed = n / (now_s - self._start_s)
        log.info("extract %s: %d/%d %.0f/s", self._label, n, self._n_all, speed)
        if self._progress:
            self._progress(n, self._n_all)


def _write(
    landing: Landing, shard: Shard, name: str, articles: Sequence[Article]
) -> None:
    landing.write_rows(f"articles/night={shard['night']}", name, articles, Article)
    prints = [
        Fingerprint(a.article_id, a.text_hash, fingerprint_text(a.text))
        for a in articles
        if a.status == "ok" and a.text_hash and a.held_back is None
    ]
    folder = f"fingerprints/night={shard['night']}"
    landing.write_rows(folder, name, prints, Fingerprint)
    _log_extract(shard, articles)


def _log_extract(shard: Shard, articles: Iterable[Article]) -> None:
    counts = Counter(a.reason or a.status for a in articles)
    words = " ".join(f"{key}={value}" for key, value in sorted(counts.items()))
    log.info("extract night=%s shard=%d %s", shard["night"], shard["shard"], words)
