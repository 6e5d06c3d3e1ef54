"""The warehouse made again from the landing area, whatever became of the old one."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from nightdesk.config import Settings
from nightdesk.errors import (
    CheckFailed,
    ConfigError,
    NightdeskError,
    NightFailed,
    WarehouseError,
)
from nightdesk.nights import last_night
from nightdesk.pipeline import build_night, plan_run
from nightdesk.pipeline.build_tasks import deduplicate_nights, tag_articles
from nightdesk.pipeline.built import adopt_notes, begin_notes
from nightdesk.pipeline.disk import name_size
from nightdesk.pipeline.extract_task import extract_pages
from nightdesk.pipeline.job import Job
from nightdesk.pipeline.load_task import load_nights
from nightdesk.pipeline.select_task import select_pages
from nightdesk.warehouse.connect import (
    Connect,
    connect_to,
    drop_tables,
    find_file,
    open_patiently,
    open_warehouse,
)
from nightdesk.warehouse.lake import hide_passwords
from nightdesk.warehouse.swap import fill_anew, swap_file
from nightdesk.warehouse.wal import name_wal

_STAMP = "%Y%m%dT%H%M%S"  # of a file that was set aside: when
#: Where a rebuild notes what nights were built from, until its file is in force.
_NOTES = "rebuilding"
#: A night that would be left with a smaller share of its articles has lost files.
_LEAST_KEPT = 0.9

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild did.

    Attributes:
        nights: that were built.
        failed: what was a failure, and is one again.
        newer: notes of nights that were loaded meanwhile, and are to be built again.
    """

    nights: list[date]
    failed: list[str]
    newer: list[str]


def rebuild_warehouse(
    job: Job,
    connect: Connect,
    say: Callable[[date], Callable[[str], None]],
    *,
    is_forced: bool = False,
) -> Rebuilt:
    """Build every night into a new file, which takes the warehouse's place at the end.

    What is there is read as before until then, and stays if the rebuild ends early.
    Into a lake the rows of the new file go in one transaction. Nothing is published.

    Args:
        job: the run.
        connect: opens the warehouse.
        say: told each step of a night.
        is_forced: put it in place though nights have lost articles.

    Raises:
        ConfigError: there is no night to build from, or a takedown cannot be read.
        WarehouseError: there is no room, another rebuild is running, a lake cannot be
            opened, a night cannot be built, or has lost articles.
    """
    with _hold(find_fresh(job.settings).parent):
        return _rebuild(job, connect, say, is_forced=is_forced)


def _rebuild(
    job: Job,
    connect: Connect,
    say: Callable[[date], Callable[[str], None]],
    *,
    is_forced: bool,
) -> Rebuilt:
    nights, path = list_landed(job), find_file(job.settings.warehouse)
    if not nights:
        is_empty = path is not None and path.exists() and not path.stat().st_size
        cure = f"; {path} has no byte: delete it, and the first load makes a new one"
        raise ConfigError(
            f"{job.settings.landing}: holds no night to build from{cure * is_empty}"
        )
    job.load_tombstones()
    if path is None:  # it takes the rows at the end: it must be there to take them
        open_patiently(connect).close()
    beside = replace(job, built=_NOTES)
    fresh = find_fresh(job.settings)
    sweep_fresh(job.settings)
    _check_room(fresh, path)
    old = _count_articles(connect, path)
    before = begin_notes(beside)
    failed = []
    for night in nights:
        plan = plan_run(beside, night, offline=True)
        build = connect_to(str(fresh))
        try:
            build_night(beside, plan, build, say=say(night))
        except (NightFailed, CheckFailed) as error:  # the other nights go on
            failed.append(str(error))
        except NightdeskError as error:
            sweep_fresh(job.settings)
            raise WarehouseError(
                f"rebuild, night {night}: {error}; the warehouse is as it was: mend "
                "that and rebuild again"
            ) from error
    if not is_forced:
        _check_losses(job, old, _count_articles(connect_to(str(fresh)), fresh))
    if path is not None:
        swap_file(fresh, path)
    else:
        fill_anew(connect, fresh)
    sweep_fresh(job.settings)
    return Rebuilt(nights, failed, adopt_notes(beside, before))


@contextmanager
def _hold(folder: Path) -> Iterator[None]:
    """Be the only rebuild of a folder; WarehouseError: there is another."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WarehouseError(
                "rebuild: another one is running; wait until it is done, or end it"
            ) from None
        yield
    finally:
        os.close(handle)


def _count_articles(connect: Connect, path: Path | None) -> Mapping[date, int]:
    """Return how many articles a warehouse has of each night; none if it is damaged."""
    if path is not None and not path.exists():
        return {}
    query = "SELECT night, count(*) FROM article GROUP BY night"
    try:
        with open_warehouse(connect, is_migrated=False) as con:
            return dict(con.execute(query).fetchall())
    except WarehouseError as error:
        log.warning("rebuild: what is replaced cannot be compared with: %s", error)
        return {}


def _check_losses(job: Job, old: Mapping[date, int], new: Mapping[date, int]) -> None:
    """Raise WarehouseError where nights have lost articles."""
    lost = [
        f"{night}: {new.get(night, 0)} articles of {n}"
        for night, n in sorted(old.items())
        if new.get(night, 0) < _LEAST_KEPT * n
    ]
    if lost:
        sweep_fresh(job.settings)
        raise WarehouseError(
            "rebuild: files of the landing area are gone, and nights would be left "
            f"with less: {'; '.join(lost)}. The warehouse is as it was: bring them "
            "back from a backup (nightdesk restore BACKUP), or take what is left: "
            "nightdesk warehouse rebuild --force"
        )


def find_fresh(settings: Settings) -> Path:
    """Return the file that a rebuild builds: on the disk of the one it replaces."""
    path = find_file(settings.warehouse) or settings.data / "nightdesk.duckdb"
    return path.with_name(f"{path.name}.rebuilding")


def sweep_fresh(settings: Settings, age_s: float = 0) -> int:
    """Delete what a rebuild that was killed left; return how many files.

    Args:
        settings: name the warehouse.
        age_s: what was written to in so many seconds stays: its rebuild may live.
    """
    fresh, n_gone = find_fresh(settings), 0
    made_in = fresh.parent.glob(f".{fresh.name}.*")  # the folder of a file half made
    for path in (fresh, name_wal(fresh), *made_in):
        if path.exists() and time.time() - path.stat().st_mtime >= age_s:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            n_gone += 1
    return n_gone


def _check_room(fresh: Path, path: Path | None) -> None:
    """Raise WarehouseError where a file of the old one's size does not fit."""
    wanted = path.stat().st_size if path is not None and path.exists() else 0
    place = next(p for p in fresh.parents if p.exists())
    free = shutil.disk_usage(place).free
    if free < wanted:
        raise WarehouseError(
            f"rebuild: {place}: {name_size(free)} are free, and the new file may want "
            f"as much as the old one, {name_size(wanted)}; nothing was changed"
        )


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
    ending = f"{job.clock():{_STAMP}}.aside"
    moved: list[str] = []
    for old in (path, name_wal(path)):
        if old.exists():
            try:
                moved.append(str(old.rename(old.with_name(f"{old.name}.{ending}"))))
            except OSError as error:
                raise WarehouseError(f"rebuild: {old}: {error}") from error
    return moved


def sweep_aside(settings: Settings, until: datetime | None = None) -> int:
    """Delete old warehouses that were set aside; return how many files.

    Args:
        settings: name the warehouse.
        until: those that were set aside later stay; None: all go.
    """
    path = find_file(settings.warehouse)
    old = list(path.parent.glob("*.aside")) if path else []
    last = f"{until:{_STAMP}}" if until else "9"
    old = [path for path in old if path.name.split(".")[-2] <= last]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


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
