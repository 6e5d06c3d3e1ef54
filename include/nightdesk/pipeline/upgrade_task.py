"""upgrade: what a new version of the code does to a desk, with the way back.

The landing area needs no migration: rows of another version stay readable. What changes
is the schema of the warehouse, and what the configuration must look like.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nightdesk import __version__
from nightdesk.errors import (
    LandingError,
    NightdeskError,
    WarehouseDamaged,
    WarehouseError,
    WarehouseMissing,
)
from nightdesk.gazetteer import load_gazetteer
from nightdesk.pipeline.backup_task import back_up
from nightdesk.pipeline.built import read_loads
from nightdesk.pipeline.job import Job
from nightdesk.warehouse.connect import Connect, open_warehouse, read_version
from nightdesk.warehouse.verify import check_warehouse

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
    """Back up, migrate, check; the warehouse stays as it was if that fails.

    Args:
        job: the run.
        connect: opens the warehouse.
        backup: file to back up into.
        changelog: of the code.

    Raises:
        WarehouseMissing: there is none, though nights have been loaded.
        NightdeskError: it failed; everything is as it was, and the message says why.
    """
    note = job.landing.read_json(_NOTE)
    text = changelog.read_text("utf-8") if changelog.exists() else ""
    try:
        backup.parent.mkdir(parents=True, exist_ok=True)
        back_up(job, backup)
    except OSError as error:
        raise LandingError(f"upgrade: {error}; nothing was changed") from error
    try:
        before, after = _migrate(job, connect)
    except WarehouseMissing:
        if read_loads(job.landing):
            raise
        before = after = 0  # a new desk: the first load makes it
    except WarehouseDamaged as error:  # the version before could not read it either
        raise WarehouseError(
            f"upgrade: {error}, which brings it to the schema of this version; then "
            f"nightdesk upgrade again; backup: {backup}"
        ) from error
    except NightdeskError as error:
        raise WarehouseError(
            f"upgrade: {error}; the warehouse is as it was: go back to the version "
            f"that made it ({note.get('version', 'the one before')}); backup: {backup}"
        ) from error
    old = set(str(note.get("changelog", "")).split("\n"))
    fresh = [line for line in text.rstrip().split("\n") if line not in old]
    done = Upgraded(
        before,
        after,
        str(note.get("version", "")),
        __version__,
        fresh if note else [],
    )
    job.landing.write_json(_NOTE, {"version": __version__, "changelog": text})
    return done


def _migrate(job: Job, connect: Connect) -> tuple[int, int]:
    """Bring the warehouse to the schema of the code, if all is well with it then.

    Returns the numbers of the newest schema file before and after.

    Raises:
        NightdeskError: it is not, and nothing was changed.
    """
    job.load_sources()
    load_gazetteer(job.settings.shipped, job.settings.config_dir)
    job.say("bringing the warehouse to the schema of this version, and checking it")
    before = read_version(connect)
    check = partial(check_warehouse, loads=read_loads(job.landing))
    with open_warehouse(connect, check=check):
        pass
    return before, read_version(connect)
