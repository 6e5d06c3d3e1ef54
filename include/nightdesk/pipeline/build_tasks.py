"""deduplicate, tag: from extracted articles to the files that a load reads.

All of it is pure CPU on what the landing area holds. What was tagged before from the
same inputs by the same code is taken from its file.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypedDict

from nightdesk.backends import make_tagger
from nightdesk.corrections import correct_date, find_date, load_corrections
from nightdesk.decisions import load_merges
from nightdesk.deduplicate import Document, find_pairs
from nightdesk.gazetteer import load_gazetteer
from nightdesk.model import (
    Article,
    Correction,
    Fingerprint,
    Pair,
    PlannedEntry,
    PlannedPage,
    Review,
    Tags,
)
from nightdesk.pipeline.frozen_tables import FrozenTables
from nightdesk.pipeline.job import Job
from nightdesk.pipeline.link_task import find_reports
from nightdesk.pipeline.select_task import Shard
from nightdesk.pipeline.shard_files import digest_of, read_earlier, stem_of
from nightdesk.settle import SettledNight, settle_night
from nightdesk.tag import Tagger
from nightdesk.tag.entities import add_merges
from nightdesk.tag.review import find_reviews

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]


class Joined(TypedDict):
    """The pairs found inside one night: copies, and reports of one event."""

    night: str
    pairs: str
    reports: str
    n: int


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
    said = load_corrections(job.settings.decisions).by_article()
    articles = landing.read_rows([s["articles"] for s in shards], Article)
    settled = settle_night(
        night,
        landing.read_rows([first["entries"]], PlannedEntry),
        landing.read_rows([first["pages"]], PlannedPage),
        [_correct_date(a, said.get(a.article_id, ())) for a in articles],
    )
    prints = landing.read_rows([s["fingerprints"] for s in shards], Fingerprint)
    hashes = {(p.article_id, p.text_hash): p.hashes for p in prints}
    return BuiltNight(
        night,
        settled,
        {
            a.article_id: () if a.held_back else hashes[a.article_id, a.text_hash or ""]
            for a in settled.articles
        },
    )


def _correct_date(article: Article, said: Sequence[Correction]) -> Article:
    correction = find_date(said)
    return article if correction is None else correct_date(article, correction)


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
            lang=a.lang,
        )
        for a in built.settled.articles
        if a.held_back is None
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
    tables = FrozenTables(job.landing, job.settings.shipped)
    for night, group in group_nights(shards).items():
        documents, learned = documents_of(read_night(job, group)), group[0]["learned"]
        pairs = find_pairs(documents, hot=tables.read_hot(learned))
        reports = find_reports(documents, tables.read_rarity(learned), pairs)
        folder = f"pairs/night={night}"
        name = job.landing.write_keyed(folder, "pairs", pairs, Pair)
        told = job.landing.write_keyed(folder, "reports", reports, Pair)
        log.info(
            "deduplicate night=%s texts=%d pairs=%d", night, len(documents), len(pairs)
        )
        joined.append(Joined(night=night, pairs=name, reports=told, n=len(pairs)))
    return joined


# tag -----------------------------------------------------------------------


def open_tagger(job: Job) -> Tagger:
    """Return the tagger that is set, with the entities that people merged."""
    merges = load_merges(job.settings.decisions)
    for problem in merges.problems:
        log.error("decision left out: %s", problem)
    gazetteer = load_gazetteer(job.settings.shipped, job.settings.config_dir)
    merged = add_merges(gazetteer, {m.old_id: m.entity_id for m in merges.rows})
    return make_tagger(merged, job.settings.tagger)


def _load_said(job: Job) -> dict[int, tuple[Correction, ...]]:
    """Return what people said of the tags of articles, by article."""
    corrections = load_corrections(job.settings.decisions)
    for problem in corrections.problems:
        log.error("decision left out: %s", problem)
    return corrections.by_article()


def name_reviews(tags: str) -> str:
    """Return the file of the names to review beside a file of tags.

    >>> name_reviews("tags/night=2026-03-01/000of001-ab.parquet")
    'reviews/night=2026-03-01/000of001-ab.parquet'
    """
    return tags.replace("tags/", "reviews/", 1)


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
    tagger = open_tagger(job)
    homes = {key: source.country for key, source in job.list_sources().items()}
    said = _load_said(job)
    keys = [
        tagger.digest_input(
            title=a.title,
            text=a.text,
            lang=a.lang,
            home_country=homes.get(a.source_id),
            corrections=said.get(a.article_id, ()),
        )
        for a in articles
    ]
    folder, stem = f"tags/night={shard['night']}", stem_of(shard)
    ids = [f"{a.article_id}:{key}" for a, key in zip(articles, keys, strict=True)]
    name = f"{stem}-{digest_of([tagger.version, *ids])}"
    path = f"{folder}/{name}.parquet"
    is_there = landing.exists(path) and landing.exists(name_reviews(path))
    if again or not is_there:
        old = {} if again else read_earlier(landing, folder, stem, Tags)
        rows: list[Tags] = []
        for n, (article, key) in enumerate(zip(articles, keys, strict=True), 1):
            tags = old.get(key) or tagger.tag(
                article_id=article.article_id,
                title=article.title,
                text=article.text,
                lang=article.lang,
                home_country=homes.get(article.source_id),
                corrections=said.get(article.article_id, ()),
            )
            rows.append(replace(tags, article_id=article.article_id, input_digest=key))
            if progress:
                progress(n, len(articles))
        reviews = find_reviews(rows, tagger.gazetteer)
        landing.write_rows(name_reviews(folder), name, reviews, Review)
        landing.write_rows(folder, name, rows, Tags)
        log.info(
            "tag night=%s shard=%d articles=%d mentions=%d reviews=%d",
            shard["night"],
            shard["shard"],
            len(rows),
            sum(len(row.mentions) for row in rows),
            len(reviews),
        )
    done = shard.copy()
    done["tags"] = path
    done["n"] = len(articles)
    return done
