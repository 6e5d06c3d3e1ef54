"""The order of the stages, written here and nowhere else.

    plan -> collect (mapped) -> select -> extract (mapped) -> deduplicate
         -> tag (mapped) -> load -> publish

The DAGs and the command line call these functions; each one is a task. Tasks hand each
other names of files in the landing area, and counts.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from typing import Any, Literal, TypedDict

from nightdesk.backends import check_tagger
from nightdesk.collect import batch_sources
from nightdesk.errors import CheckFailed, ConfigError, NightFailed
from nightdesk.gazetteer_files import load_outline
from nightdesk.nights import last_night
from nightdesk.past_file import load_places
from nightdesk.pipeline.build_tasks import (
    Joined,
    Progress,
    deduplicate_nights,
    tag_articles,
)
from nightdesk.pipeline.collect_task import batch_due, collect_sources
from nightdesk.pipeline.extract_task import extract_pages, open_extractors
from nightdesk.pipeline.job import (
    Job,
    keep_worlds_apart,
    resolve_night,
    start_job,
    user_agent,
)
from nightdesk.pipeline.load_task import load_nights
from nightdesk.pipeline.publish_task import publish_changes
from nightdesk.pipeline.register_task import note_sources
from nightdesk.pipeline.select_task import Shard, label_shard, select_pages
from nightdesk.warehouse.connect import Connect

__all__ = [
    "STAGES",
    "Job",
    "Joined",
    "Plan",
    "Shard",
    "batch_due",
    "build_night",
    "collect_sources",
    "deduplicate_nights",
    "extract_pages",
    "label_shard",
    "last_night",
    "load_nights",
    "plan_run",
    "publish_changes",
    "resolve_night",
    "run_night",
    "select_pages",
    "start_job",
    "tag_articles",
]

Stage = Literal["collect", "extract", "deduplicate", "tag", "load"]
STAGES: tuple[Stage, ...] = ("collect", "extract", "deduplicate", "tag", "load")


class Plan(TypedDict):
    """What a run is about, as its first task says it."""

    night: str
    batches: list[list[str]]  # source ids; one empty batch where nothing is collected
    refetch: bool
    extract_again: bool
    tag_again: bool
    latest: bool


def plan_run(
    job: Job,
    night: date,
    sources: list[str] | None = None,
    *,
    refetch: bool = False,
    reprocess_from: Stage = "collect",
    offline: bool = False,
    latest: bool = False,
) -> Plan:
    """Say what a run does for a night.

    Args:
        job: the run.
        night: the night to build.
        sources: ids or tags of the sources to collect; none: all of them. Blank ones,
            such as the empty lines of a form, count for nothing.
        refetch: ask the sources again for what was captured before.
        reprocess_from: the first stage that works anew; stages before it are taken as
            they stand, and `collect` takes whatever is already there.
        offline: collect nothing; build from what the archive holds.
        latest: build with the newest learned tables, not with those that it has.

    Raises:
        ConfigError: a configuration file is wrong, a takedown cannot be read, a
            word is no source or tag, the night is still to come, sample and real news
            would be mixed, or servers would be asked and nobody is named whom they may
            ask.
    """
    today = job.clock().date()
    if night > today:
        raise ConfigError(f"night {night}: still to come; today is {today} (UTC)")
    known = job.load_sources()
    is_built_only = offline or reprocess_from != "collect"
    if not is_built_only:
        user_agent(job.settings, known)  # raises where nobody may be asked
    keep_worlds_apart(job, known)
    load_outline(job.settings.shipped, job.settings.config_dir)  # raises if wrong
    check_tagger(job.settings.tagger)  # the same
    load_places(job.settings)  # the same
    job.load_tombstones()  # the same
    chosen = known.select([word.strip() for word in sources or () if word.strip()])
    note_sources(job, known, night)
    return Plan(
        night=str(night),
        batches=batch_sources(() if is_built_only else chosen),
        refetch=refetch,
        extract_again=reprocess_from == "extract",
        tag_again=reprocess_from in ("extract", "tag"),
        latest=latest,
    )


def run_night(
    job: Job,
    plan: Plan,
    connect: Connect,
    *,
    say: Callable[[str], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """Build one night and publish it, without Airflow, task after task.

    What was loaded is published where a night failed or was refused, too.

    Returns:
        The accounts of the nights that were built.

    Raises:
        NightFailed: see `load_nights`.
        CheckFailed: the same.
    """

    def publish() -> None:
        say("publish")
        publish_changes(job, connect)

    try:
        accounts = build_night(job, plan, connect, say=say)
    except (NightFailed, CheckFailed):
        publish()
        raise
    publish()
    return accounts


def build_night(
    job: Job,
    plan: Plan,
    connect: Connect,
    *,
    say: Callable[[str], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """Run one night up to its load, task after task, on all cores.

    Args:
        job: the run.
        plan: from `plan_run`.
        connect: opens the warehouse.
        say: told each step as it begins.

    Returns:
        The accounts of the nights that were built.

    Raises:
        NightFailed: see `load_nights`.
    """
    night = date.fromisoformat(plan["night"])
    for n, batch in enumerate(plan["batches"], 1):
        say(f"collect {n}/{len(plan['batches'])}: {len(batch)} sources")
        collect_sources(job, night, batch, refetch=plan["refetch"])
    shards = select_pages(job, night, latest=plan["latest"])
    say(f"extract: {len(shards)} shards")
    shards = _extract_shards(job, plan, shards, say)
    say("deduplicate")
    joined = deduplicate_nights(job, shards)
    say(f"tag: {len(shards)} shards")
    shards = _spread(partial(tag_articles, job, again=plan["tag_again"]), shards)
    say("load")
    return load_nights(job, night, shards, joined, connect)


def _extract_shards(
    job: Job, plan: Plan, shards: Sequence[Shard], say: Callable[[str], None]
) -> list[Shard]:
    """Extract shard after shard, each of them on all cores."""

    def tell(shard: Shard) -> Progress:
        return lambda n, n_all: say(f"extract {label_shard(shard)}: {n} of {n_all}")

    with open_extractors() as pool:
        return [
            extract_pages(
                job,
                shard,
                again=plan["extract_again"],
                progress=tell(shard),
                pool=pool,
            )
            for shard in shards
        ]


def _spread(task: Callable[[Shard], Shard], shards: Sequence[Shard]) -> list[Shard]:
    """Run a task for every shard, on as many processes as there are cores."""
    workers = min(len(shards), os.cpu_count() or 1)
    if workers < 2:
        return [task(shard) for shard in shards]
    context = multiprocessing.get_context("spawn")  # threads may be running here
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        return list(pool.map(task, shards))
