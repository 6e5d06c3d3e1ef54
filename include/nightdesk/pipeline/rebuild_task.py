"""The warehouse made again from the landing area, whatever became of the old one."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date

from nightdesk.errors import NightFailed, WarehouseError
from nightdesk.nights import last_night
from nightdesk.pipeline.build_tasks import deduplicate_nights, tag_articles
from nightdesk.pipeline.extract_task import extract_pages
from nightdesk.pipeline.job import Job
from nightdesk.pipeline.load_task import load_nights
from nightdesk.pipeline.select_task import select_pages
from nightdesk.warehouse.connect import Connect, drop_tables, find_file
from nightdesk.warehouse.lake import hide_passwords

log = logging.getLogger(__name__)


def set_aside(job: Job, connect: Connect) -> list[str]:
    """Make way for a new warehouse; return where the old one is, piece by piece.

    The files of a file get another name. What is no file is emptied: of a lake, the
    snapshots before stay until `maintain` lets go of them.

    Raises:
        WarehouseError: it can be neither renamed nor emptied.
        ConfigError: a takedown cannot be read, so that no new one could be built.
    """
    job.load_tombstones()
    path = find_file(job.settings.warehouse)
    if path is None:
        drop_tables(connect)
        return [f"the snapshots of {hide_passwords(job.settings.warehouse)}"]
    ending = f"{job.clock():%Y%m%dT%H%M%S}.aside"
    moved: list[str] = []
    for old in (path, path.with_name(path.name + ".wal")):
        if old.exists():
            try:
                moved.append(str(old.rename(old.with_name(f"{old.name}.{ending}"))))
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
