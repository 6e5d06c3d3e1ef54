"""run, and every stage of a night by itself."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from nightdesk.cli import (
    Commands,
    add_command,
    jsonl,
    page_rows,
    parse_day,
    say,
    say_json,
)
from nightdesk.cli.accounts import is_published, say_accounts
from nightdesk.cli.connection import connect_warehouse
from nightdesk.cli.progress import warn
from nightdesk.cli.retagged import say_retagged
from nightdesk.config import load_settings, load_sources, sources_path
from nightdesk.errors import CheckFailed, ConfigError, NightFailed
from nightdesk.pipeline import (
    STAGES,
    Job,
    Plan,
    deduplicate_nights,
    extract_pages,
    last_night,
    plan_run,
    publish_changes,
    run_night,
    select_pages,
    tag_articles,
)
from nightdesk.pipeline.collect_task import collect_sources
from nightdesk.pipeline.retag_task import diff_night

_ROWS = {  # stages that also work over rows: what they do, and with what
    "extract": (
        "extract the articles of a night's pages; or of rows {id, url, page}",
        page_rows.extract_rows,
    ),
    "deduplicate": (
        "find the copies inside a night; or among rows "
        "{id, published_at, title, text, url?}",
        jsonl.duplicate_rows,
    ),
    "tag": (
        "tag a night's articles; or rows {id, text, title?, url?}",
        jsonl.tag_rows,
    ),
}


def add_commands(commands: Commands) -> None:
    """Add `run` and the stages."""
    _add_run(commands)
    about = "poll sources for a night and archive their new pages"
    example = "collect --night 2026-03-01 --sources europe"
    collect = add_command(commands, "collect", _collect, about, example)
    _add_night(collect)
    _add_sources(collect)
    again = "ask again for everything"
    collect.add_argument("--refetch", action="store_true", help=again)
    for name, (about, rows) in _ROWS.items():
        example = f"{name} --night 2026-03-01, or {name} --jsonl in.jsonl out.jsonl"
        stage = add_command(commands, name, _stage_or_rows, about, example)
        stage.set_defaults(rows=rows, stage=name)
        _add_night(stage)
        jsonl.add_option(stage)
        if name == "tag":
            about = "show what it changes in what is published; nothing is loaded"
            stage.add_argument("--diff", action="store_true", help=about)
            stage.add_argument("--json", action="store_true", help="of --diff")
        for action in stage._actions:
            action.required = False
    about = "build a night from the archive and load it"
    _add_night(add_command(commands, "load", _load, about, "load --night 2026-03-01"))
    about = "publish what was loaded since the last time"
    publish = add_command(commands, "publish", _publish, about, "publish")
    again = "write every part anew, changed or not"
    publish.add_argument("--again", action="store_true", help=again)
    about = "print what became of every entry of a published night"
    _add_night(add_command(commands, "accounting", _accounting, about, "accounting"))


def _add_run(commands: Commands) -> None:
    about = "run whole nights without Airflow: the same functions, the same rows"
    example = "run --night 2026-03-01 --until 2026-03-07"
    run = add_command(commands, "run", _run, about, example)
    _add_night(run)
    last = "last night of a range"
    run.add_argument("--until", type=parse_day, metavar="DAY", help=last)
    _add_sources(run)
    for flag, about in (
        ("--refetch", "ask again for what is archived"),
        ("--offline", "build from the archive, fetch nothing"),
        ("--latest", "build with the newest learned tables, not with its own"),
        ("--json", "print the accounts as JSON"),
    ):
        run.add_argument(flag, action="store_true", help=about)
    run.add_argument(
        "--reprocess-from",
        choices=STAGES,
        default="collect",
        help="first stage to redo",
    )


def _add_night(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--night",
        type=parse_day,
        metavar="DAY",
        help="UTC day, YYYY-MM-DD; default: the last whole one",
    )


def _add_sources(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sources",
        type=lambda text: [word.strip() for word in text.split(",") if word.strip()],
        metavar="LIST",
        help="ids or tags, separated by commas; default: all",
    )


def _night_of(options: argparse.Namespace) -> date:
    return options.night or last_night(datetime.now(UTC))


@contextmanager
def open_job(*, with_world: bool) -> Iterator[Job]:
    """Yield a job of this process; the sample world runs while its sources are used."""
    settings = load_settings()
    run_id = f"cli__{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}__{os.getpid()}"
    if not (
        with_world
        and settings.mirrors is None
        and load_sources(sources_path(settings)).is_newsstand
    ):
        yield Job(settings, run_id, say=warn)
        return
    from nightdesk.newsstand import World, serve

    world = World(articles_per_night=settings.newsstand_articles)
    with serve(world) as stand:
        mirrored = replace(settings, mirrors=world.mirrors(stand.base_url))
        yield Job(mirrored, run_id, say=warn)


def _run(options: argparse.Namespace) -> int:
    first = _night_of(options)
    last = options.until or first
    if last < first:
        raise ConfigError(f"--until {last} is before --night {first}")
    accounts: list[dict[str, Any]] = []
    failed: list[str] = []
    with open_job(with_world=not options.offline) as job:
        connect = connect_warehouse(job.settings)
        for n in range((last - first).days + 1):
            night = first + timedelta(days=n)
            plan = plan_run(
                job,
                night,
                options.sources,
                refetch=options.refetch,
                reprocess_from=options.reprocess_from,
                offline=options.offline,
                latest=options.latest,
            )
            quiet = options.json
            try:
                accounts += run_night(
                    job,
                    plan,
                    connect,
                    say=(lambda _: None) if quiet else say_step(night),
                )
            except (NightFailed, CheckFailed) as error:
                failed.append(str(error))
        if options.json:
            say_json({"accounts": accounts, "failed": failed})
        elif is_published(job.settings):
            for n in range((last - first).days + 1):
                say_accounts(job.settings, first + timedelta(days=n))
    for line in failed:
        say(f"FAILED: {line}")
    return 1 if failed else 0


def say_step(night: date) -> Callable[[str], None]:
    """Return what says a step of a night, with the time of day."""
    return lambda step: say(f"{datetime.now(UTC):%H:%M:%S} {night} {step}")


def warn_step(night: date) -> Callable[[str], None]:
    """Return what says a step of a night beside the output."""
    return lambda step: warn(f"{night}: {step}")


def _collect(options: argparse.Namespace) -> int:
    with open_job(with_world=True) as job:
        plan = plan_run(job, _night_of(options), options.sources)
        for n, batch in enumerate(plan["batches"], 1):
            job.say(f"collect {n}/{len(plan['batches'])}: {len(batch)} sources")
            say_json(
                collect_sources(job, _night_of(options), batch, refetch=options.refetch)
            )
    return 0


def _stage_or_rows(options: argparse.Namespace) -> int:
    if options.jsonl:
        return jsonl.run_stage(options, options.rows)
    night = _night_of(options)
    with open_job(with_world=False) as job:
        if options.stage == "tag" and options.diff:
            return say_retagged(diff_night(job, night), as_json=options.json)
        job.say(f"night {night}: extract")
        shards = [extract_pages(job, shard) for shard in select_pages(job, night)]
        if options.stage != "extract":
            job.say(f"night {night}: {options.stage}")
        if options.stage == "deduplicate":
            say_json(deduplicate_nights(job, shards))
            return 0
        if options.stage == "tag":
            shards = [tag_articles(job, shard) for shard in shards]
        say_json(shards)
    return 0


def _load(options: argparse.Namespace) -> int:
    night = _night_of(options)
    with open_job(with_world=False) as job:
        plan: Plan = plan_run(job, night, offline=True)
        connect = connect_warehouse(job.settings)
        run_night(job, plan, connect, say=warn_step(night))
        say_accounts(job.settings, night)
    return 0


def build_nights(nights: Sequence[date]) -> int:
    """Build nights from the archive, load and publish them, and say so; exit code.

    The last one first: those of the week before it come with it, and are done then.
    """
    built: set[str] = set()
    with open_job(with_world=False) as job:
        connect = connect_warehouse(job.settings)
        for night in reversed(nights):
            if str(night) in built:
                continue
            plan = plan_run(job, night, offline=True)
            accounts = run_night(job, plan, connect, say=warn_step(night))
            for account in accounts:
                say(f"built {account['night']}: {account['n_loaded']} articles")
            built |= {account["night"] for account in accounts}
    return 0


def _publish(options: argparse.Namespace) -> int:
    with open_job(with_world=False) as job:
        job.say("publishing what was loaded")
        published = publish_changes(
            job,
            connect_warehouse(job.settings, must_exist=True),
            again=options.again,
        )
    nights = ", ".join(map(str, published.nights)) or "nothing new"
    say(f"catalogue {published.number}: {nights}")
    return 0


def _accounting(options: argparse.Namespace) -> int:
    return say_accounts(load_settings(), _night_of(options))
