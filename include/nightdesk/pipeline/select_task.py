"""select: which nights a run builds, from which captures, in which shards."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from nightdesk.fetch import answered
from nightdesk.landing.frozen import choose_versions
from nightdesk.model import KnownUrl, Listing, PlannedEntry, PlannedPage
from nightdesk.nights import NightPlan, plan_night
from nightdesk.pipeline.decided import Decided, list_nights, load_decided
from nightdesk.pipeline.job import Job, days_around, nights_back

log = logging.getLogger(__name__)

#: Pages in one shard: some seconds of all cores, against one or two to schedule it.
SHARD = 400
MOST_SHARDS = 64
#: Learned tables that a build reads; see `landing.frozen`.
LEARNED = ("boilerplate", "shingles", "terms")


class Shard(TypedDict, total=False):
    """One part of a night, as tasks hand it on: names of files, and counts."""

    night: str
    shard: int
    of: int
    is_joint: bool  # the nights of the run are loaded in one transaction
    captures: str  # digest of the captures that the plan was made from
    decided: str  # digest of what people said of articles that touch the night
    entries: str
    pages: str
    learned: dict[str, str]  # learned table -> version
    articles: str
    fingerprints: str
    tags: str
    n: int


def label_shard(shard: Shard) -> str:
    """Return a shard's name for people.

    >>> label_shard({"night": "2026-03-01", "shard": 0, "of": 2})
    '2026-03-01 1/2'
    """
    return f"{shard['night']} {shard['shard'] + 1}/{shard['of']}"


def select_pages(job: Job, night: date, *, latest: bool = False) -> list[Shard]:
    """Return the shards to extract: at least one for the night itself.

    With it come the nights of the week before whose landing is newer than their load,
    or of whose articles people have said something since; and every night that was
    built with an article which one of these now owns.

    Args:
        job: the run.
        night: that the run is about.
        latest: build with the newest learned tables, not with those that it has.
    """
    plans: dict[date, _Planned] = {}
    said = load_decided(job)
    waiting = [n for n in nights_back(night) if n == night or _is_stale(job, n, said)]
    is_joint = False
    while waiting:
        planned = _plan(job, waiting.pop(), said, latest=latest)
        plans[planned.night] = planned
        for other in [*_find_losers(job, planned), *_find_partners(job, planned, said)]:
            is_joint = True  # an article changes its night: both or neither
            if other not in plans and other not in waiting:
                waiting.append(other)
    return [
        shard
        for _, planned in sorted(plans.items())
        for shard in _write_plan(job, planned, is_joint=is_joint)
    ]


def _is_stale(job: Job, night: date, said: Decided) -> bool:
    built = job.landing.read_json(f"{job.built}/night={night}.json")
    is_said = built.get("decided", "") != said.digest_of(night)
    if not job.landing.names(f"entries/night={night}"):
        return is_said and (bool(built) or said.has_arrivals(night))
    digest = job.landing.digest_night(night, days_around(night))
    return is_said or built.get("captures") != digest


def _find_partners(job: Job, planned: _Planned, said: Decided) -> list[date]:
    """Return the nights that share a moving article and have not heard of it yet."""
    partners = []
    for other in sorted(said.find_partners(planned.night)):
        built = job.landing.read_json(f"{job.built}/night={other}.json")
        is_said = built.get("decided", "") != said.digest_of(other)
        if is_said and (built or said.has_arrivals(other)):
            partners.append(other)
    return partners


@dataclass(frozen=True)
class _Planned:
    """The plan of a night, and what it was made from."""

    night: date
    captures: str
    plan: NightPlan
    known: dict[int, list[KnownUrl]]
    learned: dict[str, str]
    decided: str


def _plan(job: Job, night: date, said: Decided, *, latest: bool) -> _Planned:
    landing = job.landing
    digest = landing.digest_night(night, days_around(night))
    rows = landing.read_folder(f"entries/night={night}", Listing)
    for day in days_around(night):
        rows += landing.read_folder(f"undated/day={day}", Listing)
    rows += said.read_arrivals(night)
    stones = job.load_tombstones()  # a backup may have brought them back
    rows = [r for r in rows if not stones.covers(r.article_id, r.source_id)]
    known = landing.find_urls({row.article_id for row in rows})
    plan = plan_night(
        night, rows, known, job.list_sources(), answered, owners=said.owners
    )
    learned = choose_versions(landing, night, LEARNED, latest=latest)
    return _Planned(night, digest, plan, known, learned, said.digest_of(night))


def _find_losers(job: Job, planned: _Planned) -> list[date]:
    """Return the nights that were built with an article that this one owns now."""
    owned = {e.article_id for e in planned.plan.entries if e.bin is None}
    claims: dict[date, set[int]] = {}
    for article_id in owned:
        for row in planned.known.get(article_id, ()):
            for other in list_nights([row]) - {planned.night}:
                claims.setdefault(other, set()).add(article_id)
    losers = []
    for other, ids in sorted(claims.items()):
        name = job.landing.read_json(f"{job.built}/night={other}.json").get("entries")
        if name is None:
            continue
        built = job.landing.read_rows([name], PlannedEntry)
        if any(e.article_id in ids and e.bin is None for e in built):
            losers.append(other)
    return losers


def _write_plan(job: Job, planned: _Planned, *, is_joint: bool) -> list[Shard]:
    landing, plan, night = job.landing, planned.plan, planned.night
    folder = f"plans/night={night}"
    entries = landing.write_keyed(folder, "entries", plan.entries, PlannedEntry)
    pages = landing.write_keyed(folder, "pages", plan.pages, PlannedPage)
    n_shards = max(1, min(MOST_SHARDS, -(-len(plan.pages) // SHARD)))
    log.info(
        "select night=%s entries=%d pages=%d shards=%d",
        night,
        len(plan.entries),
        len(plan.pages),
        n_shards,
    )
    return [
        Shard(
            night=str(night),
            shard=index,
            of=n_shards,
            is_joint=is_joint,
            captures=planned.captures,
            decided=planned.decided,
            entries=entries,
            pages=pages,
            learned=planned.learned,
        )
        for index in range(n_shards)
    ]
