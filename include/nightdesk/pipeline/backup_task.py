"""backup, restore: one file with all that a desk cannot make again by itself.

Not in it: the warehouse, what is published, and the briefs, which are made from it; and
secrets, of which only the names of their connections are kept.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nightdesk import __version__
from nightdesk.config import Settings
from nightdesk.errors import ConfigError, LandingError
from nightdesk.landing.backup import PARTS, unpack_backup, write_backup
from nightdesk.landing.files import is_local
from nightdesk.landing.inspect import verify_files
from nightdesk.pipeline.job import Job
from nightdesk.pipeline.rebuild_task import set_aside
from nightdesk.pipeline.takedown_task import apply_tombstones, is_anything_left
from nightdesk.tombstones import Tombstone, add_tombstones, load_tombstones
from nightdesk.warehouse.connect import Connect

log = logging.getLogger(__name__)

#: Connections that every desk has or may have, beside those of its sources.
_ROOM = ".restore-*.tmp"  # where a backup is unpacked, and what it replaces goes
_OURS = ("nightdesk_alert", "nightdesk_warehouse")


def back_up(job: Job, file: Path) -> dict[str, Any]:
    """Write a backup of the desk; return its list of contents.

    Damaged files are taken as they are: logged, and `damaged` in the list.

    Raises:
        LandingError: see `write_backup`.
        ConfigError: the sources file is wrong.
    """
    settings = job.settings
    named = {source.connection for source in job.load_sources().sources}
    job.say("comparing the landing area with its checksums")
    found = list(verify_files(job.landing))
    for finding in found:
        log.warning("backup: %s: %s: %s", finding.file, finding.problem, finding.cure)
    facts = {
        "made_at": job.clock().isoformat(),
        "code_version": __version__,
        "connections": sorted({*_OURS, *filter(None, named)}),
        "damaged": sorted({finding.file for finding in found}),
    }
    job.say(f"writing the landing area, configuration and decisions into {file}")
    folders = {"config": settings.config_dir, "decisions": settings.decisions}
    return write_backup(job.landing, folders, facts, file)


@dataclass(frozen=True)
class Restored:
    """What was restored.

    Attributes:
        manifest: what the backup says of itself.
        n_tombstones: that were in force here and not in the backup.
        n_removed: articles that it brought back and that were removed again.
        aside: where the warehouse that was there is now.
    """

    manifest: dict[str, Any]
    n_tombstones: int
    n_removed: int
    aside: list[str]


def restore(
    job: Job, connect: Connect, file: Path, *, is_forced: bool = False
) -> Restored:
    """Put a backup in the place of what is there; the warehouse is to be rebuilt then.

    All of it is unpacked and compared with its digests before anything is replaced.
    What was taken down stays so, whether the backup knows of it or not.

    Args:
        job: the run.
        connect: opens the warehouse.
        file: the backup.
        is_forced: also where there is something already.

    Raises:
        ConfigError: there is something, or the landing area is no folder.
        LandingError: the backup is damaged; nothing was changed.
    """
    settings = job.settings
    if not is_local(job.landing.root):
        raise ConfigError(
            f"restore: {settings.landing}: is no folder; restore into one and copy it"
        )
    places = {
        "landing": Path(str(job.landing.root)),
        "config": settings.config_dir,
        "decisions": settings.decisions,
    }
    full = [path for path in places.values() if path.is_dir() and any(path.iterdir())]
    if full and not is_forced:
        raise ConfigError(f"restore: {full[0]}: is not empty; --force replaces it")
    stones = _list_stones(settings)
    with _make_room(settings.data) as room:
        job.say(f"unpacking {file} and comparing it with its digests")
        manifest = unpack_backup(file, room)
        n_fresh = add_tombstones(room / "decisions", stones)
        aside = set_aside(job, connect)
        for part in PARTS:
            _swap(room / part, places[part], room / f"{part}.old")
        for left in set(settings.data.glob(_ROOM)) - {room}:  # of those killed
            shutil.rmtree(left, ignore_errors=True)
    n_removed = 0
    job.say("looking for what was taken down")
    if is_anything_left(job, connect):
        n_removed = len(apply_tombstones(job, connect).ids)
    return Restored(manifest, n_fresh, n_removed, aside)


def restore_files(job: Job, connect: Connect, file: Path, names: Sequence[str]) -> int:
    """Put single files of the landing area in place as a backup has them.

    The whole backup is compared with its digests first. What was taken down since is
    removed again; how many articles is returned.

    Args:
        job: the run.
        connect: opens the warehouse.
        file: the backup.
        names: of the files, below the landing area.

    Raises:
        ConfigError: the backup has no such file, or has it damaged.
        LandingError: it is damaged; nothing was changed.
    """
    with _make_room(job.settings.data) as room:
        job.say(f"unpacking {file} and comparing it with its digests")
        manifest = unpack_backup(file, room)
        for name in names:
            if name in manifest.get("damaged", ()):
                raise ConfigError(
                    f"restore: {file}: {name} was damaged already when this backup was "
                    "made; an older one may have it whole"
                )
            if f"landing/{name}" not in manifest["files"]:
                raise ConfigError(f"restore: {file}: has no file {name} of the landing")
        for name in names:
            job.landing.put(name, (room / "landing" / name).read_bytes())
    if is_anything_left(job, connect):
        return len(apply_tombstones(job, connect).ids)
    return 0


def _list_stones(settings: Settings) -> list[Tombstone]:
    """Return the takedowns in force; a restore that was killed may have them aside.

    Raises:
        ConfigError: one cannot be read, and would be lost.
    """
    aside = settings.data.glob(f"{_ROOM}/decisions.old")
    found = [load_tombstones(f, {}).check() for f in (settings.decisions, *aside)]
    # Unpacked by half, perhaps: the backup is still there.
    unpacked = settings.data.glob(f"{_ROOM}/decisions")
    found += [load_tombstones(folder, {}) for folder in unpacked]
    return [stone for stones in found for stone in stones.rows]


@contextmanager
def _make_room(data: Path) -> Iterator[Path]:
    """Yield a folder beside the data's parts, so that putting in place is a rename."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        room = Path(tempfile.mkdtemp(".tmp", _ROOM.partition("*")[0], data))
    except OSError as error:
        raise LandingError(f"restore: {data}: {error}") from error
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _swap(fresh: Path, place: Path, old: Path) -> None:
    fresh.mkdir(exist_ok=True)  # a part of which the backup has no file
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        shutil.move(place, old)
    shutil.move(fresh, place)
