"""extract, deduplicate, tag: from captures to the files that a load reads.

All of it is pure CPU on what the landing area holds. What was extracted or tagged
before from the same inputs by the same code is taken from its file.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, TypedDict

from nightdesk.deduplicate import Document, find_pairs, fingerprint_text
from nightdesk.errors import ArchiveError
from nightdesk.extract import EXTRACT_VERSION, Page, extract_article
from nightdesk.gazetteer import load_gazetteer
from nightdesk.landing import Landing
from nightdesk.model import (
    Article,
    Fingerprint,
    Pair,
    PlannedEntry,
    PlannedPage,
    Tags,
)
from nightdesk.nights import SettledNight, settle_night
from nightdesk.pipeline.job import Job
from nightdesk.pipeline.select_task import Shard
from nightdesk.tag import TAG_VERSION, Tagger, input_digest

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]


class Joined(TypedDict):
    """The pairs found inside one night."""

    night: str
    pairs: str
    n: int


# extract -------------------------------------------------------------------


def extract_pages(
    job: Job, shard: Shard, *, again: bool = False, progress: Progress | None = None
) -> Shard:
    """Extract the articles of a shard and their fingerprints.

    Args:
        job: the run.
        shard: from `select_pages`.
        again: do not take what was extracted before.
        progress: told (pages done, pages in all).
    """
    landing = job.landing
    pages = [
        page
        for page in landing.read_rows([shard["pages"]], PlannedPage)
        if page.article_id % shard["of"] == shard["shard"]
    ]
    keys = [_page_key(page) for page in pages]
    folder, stem = f"articles/night={shard['night']}", _stem(shard)
    name = f"{stem}-{_digest(keys)}"
    if again or not landing.exists(f"{folder}/{name}.parquet"):
        old = {} if again else _earlier(landing, folder, stem, Article)
        articles = []
        for n, (page, key) in enumerate(zip(pages, keys, strict=True), 1):
            articles.append(old.get(key) or _extract_page(landing, page, key))
            if progress:
                progress(n, len(pages))
        landing.write_rows(folder, name, articles, Article)
        landing.write_rows(
            f"fingerprints/night={shard['night']}",
            name,
            [
                Fingerprint(a.article_id, a.text_hash, fingerprint_text(a.text))
                for a in articles
                if a.status == "ok" and a.text_hash
            ],
            Fingerprint,
        )
        _log_extract(shard, articles)
    done = shard.copy()
    done["articles"] = f"{folder}/{name}.parquet"
    done["fingerprints"] = f"fingerprints/night={shard['night']}/{name}.parquet"
    done["n"] = len(pages)
    return done


def _log_extract(shard: Shard, articles: Iterable[Article]) -> None:
    counts = Counter(a.reason or a.status for a in articles)
    words = " ".join(f"{key}={value}" for key, value in sorted(counts.items()))
    log.info("extract night=%s shard=%d %s", shard["night"], shard["shard"], words)


def _page_key(page: PlannedPage) -> str:
    """Return the digest of all that extraction is given, the code's version too."""
    facts = {**asdict(page), "version": EXTRACT_VERSION}
    for name in ("is_current", "is_dated", "file", "offset", "first_captured_on"):
        del facts[name]
    return _digest([json.dumps(facts, sort_keys=True, default=str)])


def _extract_page(landing: Landing, page: PlannedPage, key: str) -> Article:
    try:
        body = landing.read_capture(page.file, page.offset)
        article = extract_article(
            Page(
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
            )
        )
    except ArchiveError:
        log.exception("url=%s capture is damaged", page.url)
        article = _no_article(page, "damaged_capture")
    except Exception:  # the per-item boundary: one page, one row
        log.exception("url=%s extraction failed", page.url)
        article = _no_article(page, "extract_error")
    return replace(article, input_digest=key, reservations=page.reservations)


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


# deduplicate ---------------------------------------------------------------


@dataclass(frozen=True)
class BuiltNight:
    """The files of a night, read and settled."""

    night: date
    settled: SettledNight
    hashes: dict[int, tuple[int, ...]]


def read_night(job: Job, shards: Sequence[Shard]) -> BuiltNight:
    """Return a night as its extracted shards make it."""
    landing, first = job.landing, shards[0]
    night = date.fromisoformat(first["night"])
    settled = settle_night(
        night,
        landing.read_rows([first["entries"]], PlannedEntry),
        landing.read_rows([first["pages"]], PlannedPage),
        landing.read_rows([s["articles"] for s in shards], Article),
    )
    prints = landing.read_rows([s["fingerprints"] for s in shards], Fingerprint)
    hashes = {(p.article_id, p.text_hash): p.hashes for p in prints}
    return BuiltNight(
        night,
        settled,
        {
            a.article_id: hashes[a.article_id, a.text_hash or ""]
            for a in settled.articles
        },
    )


def documents_of(built: BuiltNight) -> list[Document]:
    """Return a night's articles as the comparison of texts needs them."""
    return [
        Document(
            article_id=a.article_id,
            text=a.text,
            title=a.title,
            published_at=a.published_at,
            canonical_url=a.canonical_url,
            source_id=a.source_id,
            text_hash=a.text_hash or "",
            hashes=built.hashes[a.article_id],
        )
        for a in built.settled.articles
    ]


def group_nights(shards: Iterable[Shard]) -> dict[str, list[Shard]]:
    """Return shards by night, oldest night first, each in shard order."""
    groups: dict[str, list[Shard]] = {}
    for shard in sorted(shards, key=lambda s: (s["night"], s["shard"])):
        groups.setdefault(shard["night"], []).append(shard)
    return groups


def deduplicate_nights(job: Job, shards: Sequence[Shard]) -> list[Joined]:
    """Find the pairs inside each night; those with other nights are the load's."""
    joined = []
    for night, group in group_nights(shards).items():
        documents = documents_of(read_night(job, group))
        pairs = find_pairs(documents)
        name = job.landing.write_keyed(f"pairs/night={night}", "pairs", pairs, Pair)
        log.info(
            "deduplicate night=%s texts=%d pairs=%d", night, len(documents), len(pairs)
        )
        joined.append(Joined(night=night, pairs=name, n=len(pairs)))
    return joined


# tag -----------------------------------------------------------------------


def tag_articles(
    job: Job, shard: Shard, *, again: bool = False, progress: Progress | None = None
) -> Shard:
    """Tag the articles of an extracted shard.

    Args:
        job: the run.
        shard: from `extract_pages`.
        again: do not take what was tagged before.
        progress: told (articles done, articles in all).
    """
    landing = job.landing
    current = {
        (page.article_id, page.digest)
        for page in landing.read_rows([shard["pages"]], PlannedPage)
        if page.is_current
    }
    articles = [
        a
        for a in landing.read_rows([shard["articles"]], Article)
        if a.status == "ok" and (a.article_id, a.page_digest) in current
    ]
    gazetteer = load_gazetteer(job.settings.shipped, job.settings.config_dir)
    homes = {key: source.country for key, source in job.list_sources().items()}
    keys = [
        input_digest(
            gazetteer,
            title=a.title,
            text=a.text,
            lang=a.lang,
            home_country=homes.get(a.source_id),
        )
        for a in articles
    ]
    folder, stem = f"tags/night={shard['night']}", _stem(shard)
    ids = [f"{a.article_id}:{key}" for a, key in zip(articles, keys, strict=True)]
    name = f"{stem}-{_digest([TAG_VERSION, *ids])}"
    if again or not landing.exists(f"{folder}/{name}.parquet"):
        old = {} if again else _earlier(landing, folder, stem, Tags)
        tagger = Tagger(gazetteer)
        rows: list[Tags] = []
        for n, (article, key) in enumerate(zip(articles, keys, strict=True), 1):
            tags = old.get(key) or tagger.tag(
                article_id=article.article_id,
                title=article.title,
                text=article.text,
                lang=article.lang,
                home_country=homes.get(article.source_id),
            )
            rows.append(replace(tags, article_id=article.article_id, input_digest=key))
            if progress:
                progress(n, len(articles))
        landing.write_rows(folder, name, rows, Tags)
        log.info(
            "tag night=%s shard=%d articles=%d mentions=%d",
            shard["night"],
            shard["shard"],
            len(rows),
            sum(len(row.mentions) for row in rows),
        )
    done = shard.copy()
    done["tags"] = f"{folder}/{name}.parquet"
    done["n"] = len(articles)
    return done


# files ---------------------------------------------------------------------


def _stem(shard: Shard) -> str:
    return f"{shard['shard']:03d}of{shard['of']:03d}"


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _earlier(
    landing: Landing, folder: str, stem: str, row_class: type[Any]
) -> dict[str, Any]:
    """Return rows of earlier builds of this shard by the digest of their inputs."""
    names = [n for n in landing.names(folder) if n.startswith(f"{folder}/{stem}-")]
    return {
        row.input_digest: row
        for row in landing.read_rows(names, row_class)
        if row.input_digest
    }
