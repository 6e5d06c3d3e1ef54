"""What tagging a night now would change in what is published; nothing is loaded."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date

from nightdesk.errors import WarehouseError
from nightdesk.model import Tags
from nightdesk.pipeline.build_tasks import open_tagger, read_night, tag_articles
from nightdesk.pipeline.extract_task import extract_pages
from nightdesk.pipeline.job import Job
from nightdesk.pipeline.select_task import select_pages
from nightdesk.tag.diff import Change, list_changes, make_fact, read_facts
from nightdesk.warehouse.connect import Connection
from nightdesk.warehouse.read import open_catalogue
from nightdesk.warehouse.tagged import read_countries, read_mentions, read_texts

Facts = dict[tuple[Hashable, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Retagged:
    """What a night's tags are now, beside what is published."""

    night: date
    versions: tuple[str, ...]  # of the published tags
    version: str  # of the tagger now
    n_compared: int  # articles whose title and text are the same in both
    n_other: int  # articles of one of the two that are not
    changes: tuple[Change, ...]


def diff_night(job: Job, night: date) -> Retagged:
    """Tag a night by the tagger, the gazetteer and the corrections as they are now.

    The tags stay in the landing area, where the next build of the night finds them.

    Raises:
        WarehouseError: the night is not published.
    """
    with open_catalogue(job.settings.published) as con:
        known = {row["article_id"]: row for row in read_texts(con, night)}
        old = _read_published(con, night)
    if not known:
        raise WarehouseError(
            f"night {night}: not published; there is nothing to compare"
        )
    job.say(f"night {night}: extract and tag, {len(known)} articles")
    shards = [
        tag_articles(job, extract_pages(job, shard))
        for shard in select_pages(job, night)
        if shard["night"] == str(night)
    ]
    job.say(f"night {night}: compare with what is published")
    articles = {a.article_id: a for a in read_night(job, shards).settled.articles}
    same = {
        i
        for i, a in articles.items()
        if i in known
        and (a.text_hash, a.title) == (known[i]["text_hash"], known[i]["title"])
    }
    tags = job.landing.read_rows([shard["tags"] for shard in shards], Tags)
    new = read_facts(row for row in tags if row.article_id in same)
    return Retagged(
        night=night,
        versions=tuple(sorted({row["tag_version"] for row in known.values()})),
        version=open_tagger(job).version,
        n_compared=len(same),
        n_other=len(known.keys() | articles.keys()) - len(same),
        changes=tuple(
            list_changes({k: v for k, v in old.items() if k[0] in same}, new)
        ),
    )


def _read_published(con: Connection, night: date) -> Facts:
    facts: Facts = {}
    for m in read_mentions(con, night):
        at = (m["field"], m["start_offset"], m["end_offset"], m["surface"])
        said = (m["type"], m["means"], m["country"])
        facts[m["article_id"], "tag", *at] = make_fact(*said)
    for c in read_countries(con, night):
        said = (f"{c['score']:.2f}", c["role"], "focus" if c["is_focus"] else None)
        facts[c["article_id"], "country", c["country"]] = make_fact(*said)
    return facts
