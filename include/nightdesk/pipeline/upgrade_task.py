"""upgrade: what a new version of the code does to a desk, with the way back.

The landing area needs no migration: rows of another version stay readable. What changes
is the schema of the warehouse, and what the configuration must look like.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from nightdesk import __version__
from nightdesk.errors import LandingError, NightdeskError, WarehouseError
from nightdesk.gazetteer import load_gazetteer
from nightdesk.pipeline.backup_task import back_up
from nightdesk.pipeline.built import read_loads
from nightdesk.pipeline.job import Job
from nightdesk.warehouse.connect import (
    Connect,
    find_file,
    open_warehouse,
    read_version,
)
from nightdesk.warehouse.verify import verify_warehouse

#: What the desk was last upgraded to.
_NOTE = "version.json"


@dataclass(frozen=True)
class Upgraded:
    """What an upgrade changed.

    Attributes:
        before: number of the newest schema file that the warehouse had; 0: none.
        after: that it has now.
        version_before: of the code at the last upgrade; "": not noted.
        version: of the code.
        changes: lines of the changelog that the last upgrade did not know.
    """

    before: int
    after: int
    version_before: str
    version: str
    changes: list[str]


def upgrade(job: Job, connect: Connect, backup: Path, changelog: Path) -> Upgraded:
    """Back up, migrate, check; put the warehouse back if that fails.

    Args:
        job: the run.
        connect: opens the warehouse.
        backup: file to back up into.
        changelog: of the code.

    Raises:
        NightdeskError: it failed; everything is as it was, and the message says why.
    """
    note = job.landing.read_json(_NOTE)
    text = changelog.read_text("utf-8") if changelog.exists() else ""
    path = find_file(job.settings.warehouse)
    kept = path and path.with_name(f"{path.name}.before-upgrade")
    try:
        backup.parent.mkdir(parents=True, exist_ok=True)
        back_up(job, backup)
        before = read_version(connect) if path is None or path.is_file() else 0
        if path and kept and path.is_file():
            job.say(f"keeping a copy of {path}")
            shutil.copyfile(path, kept)
    except OSError as error:
        raise LandingError(f"upgrade: {error}; nothing was changed") from error
    try:
        _migrate(job, connect)
    except NightdeskError as error:
        if path and kept and kept.exists():
            kept.replace(path)
            path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
        raise WarehouseError(
            f"upgrade: {error}; the warehouse is as it was: go back to the version "
            f"that made it ({note.get('version', 'the one before')}); backup: {backup}"
        ) from error
    if kept:
        kept.unlink(missing_ok=True)
    old = set(str(note.get("changelog", "")).split("\n"))
    fresh = [line for line in text.rstrip().split("\n") if line not in old]
    done = Upgraded(
        before,
        read_version(connect),
        str(note.get("version", "")),
        __version__,
        fresh if note else [],
    )
    job.landing.write_json(_NOTE, {"version": __version__, "changelog": text})
    return done


def _migrate(job: Job, connect: Connect) -> None:
    """Bring the warehouse to the schema of the code, and look whether all is well.

    Raises:
        NightdeskError: it is not.
    """
    job.load_sources()
    load_gazetteer(job.settings.shipped, job.settings.config_dir)
    job.say("bringing the warehouse to the schema of this version")
    with open_warehouse(connect):
        pass
    job.say("checking the warehouse")
    for finding in verify_warehouse(connect, read_loads(job.landing)):
        raise WarehouseError(f"{finding.file}: {finding.problem}")
