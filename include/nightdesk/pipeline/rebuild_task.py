"""The warehouse made again from the landing area, whatever became of the old one."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from nightdesk.errors import NightFailed, WarehouseError
from nightdesk.nights import last_night
from nightdesk.pipeline.build_tasks import deduplicate_nights, tag_articles
from nightdesk.pipeline.extract_task import extract_pages
from nightdesk.pipeline.job import Job
from nightdesk.pipeline.load_task import load_nights
from nightdesk.pipeline.select_task import select_pages
from nightdesk.warehouse.connect import Connect

log = logging.getLogger(__name__)


def set_aside(job: Job) -> list[Path]:
    """Rename the files of the warehouse, so that a new one is begun; return them.

    Raises:
        WarehouseError: the warehouse is no file, or cannot be renamed.
    """
    path = Path(job.settings.warehouse)
    if ":" in job.settings.warehouse.split("/", 1)[0]:
        raise WarehouseError(
            f"rebuild: {job.settings.warehouse}: only a file can be set aside; make an "
            "empty catalogue and name it in NIGHTDESK_WAREHOUSE"
        )
    ending = f"{job.clock():%Y%m%dT%H%M%S}.aside"
    moved = []
    for old in (path, path.with_name(path.name + ".wal")):
        if old.exists():
            try:
                moved.append(old.rename(old.with_name(f"{old.name}.{ending}")))
            except OSError as error:
                raise WarehouseError(f"rebuild: {old}: {error}") from error
    return moved


def list_landed(job: Job) -> list[date]:
    """Return every whole night that the landing area has anything of, oldest first.

    Not a day that is not over: what its feeds listed ahead waits for its own run.
    """
    found = set()
    for part in ("entries", "coverage"):
        folder = job.landing.root / part
        if folder.is_dir():
            found |= {child.name.removeprefix("night=") for child in folder.iterdir()}
    last = str(last_night(job.clock()))
    return sorted(date.fromisoformat(name) for name in found if name <= last)


def rebuild_nights(job: Job, nights: Iterable[date], connect: Connect) -> None:
    """Build nights again from what the landing area holds; nothing is published."""
    for night in sorted(nights):
        job.say(f"night {night}: extract")
        shards = [extract_pages(job, shard) for shard in select_pages(job, night)]
        job.say(f"night {night}: deduplicate")
        joined = deduplicate_nights(job, shards)
        job.say(f"night {night}: tag")
        shards = [tag_articles(job, shard) for shard in shards]
        job.say(f"night {night}: load")
        try:
            load_nights(job, night, shards, joined, connect)
        except NightFailed as error:  # loaded all the same, with its reasons
            log.warning("rebuild: %s", error)
