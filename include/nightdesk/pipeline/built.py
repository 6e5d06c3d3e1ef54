"""What is noted of a night once its load is committed: `built/night=D.json`."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from nightdesk.errors import LandingError
from nightdesk.landing import Landing
from nightdesk.landing.frozen import pin_versions
from nightdesk.pipeline.build_tasks import Joined, name_reviews
from nightdesk.pipeline.job import BUILT, Job, days_around
from nightdesk.pipeline.select_task import Shard
from nightdesk.warehouse import store
from nightdesk.warehouse.connect import Connection

log = logging.getLogger(__name__)


def note_built(
    job: Job, group: Sequence[Shard], joined: Joined, loaded_at: datetime
) -> None:
    """Note what a night was built from, and when it was loaded."""
    shard = group[0]
    files = {shard["entries"], shard["pages"], joined["pairs"], joined["reports"]}
    for part in group:
        files |= {part["articles"], part["fingerprints"], part["tags"]}
        files.add(name_reviews(part["tags"]))
    night = date.fromisoformat(shard["night"])
    job.landing.write_json(
        f"{job.built}/night={night}.json",
        {
            "captures": shard["captures"],
            "entries": shard["entries"],
            "decided": shard["decided"],
            "files": sorted(files),
            "captured": job.landing.list_night(night, days_around(night)),
            "loaded_at": loaded_at.isoformat(),
        },
    )
    pin_versions(job.landing, night, shard["learned"])


def read_loads(landing: Landing, folder: str = BUILT) -> dict[date, datetime | None]:
    """Return when each night was last loaded, as noted once it was committed.

    None: the note is damaged (`verify_files` names it), or older than such times.
    """
    loads: dict[date, datetime | None] = {}
    for name in landing.names(folder, ".json"):
        night = name.removeprefix(f"{folder}/night=").removesuffix(".json")
        try:
            at = landing.read_json(name).get("loaded_at")
        except LandingError as error:
            log.warning("%s", error)
            at = None
        loads[date.fromisoformat(night)] = at and datetime.fromisoformat(at)
    return loads


def mark_lost(job: Job, con: Connection) -> None:
    """Have nights that the warehouse has lost built again.

    Their notes keep when they were loaded, so that `verify_warehouse` names them until
    they are there again, and not what they were built from.
    """
    lost = store.find_lost(store.read_ledger(con), read_loads(job.landing, job.built))
    for night, what in lost.items():
        log.warning("load night=%s the warehouse has lost it: %s", night, what)
        name = f"{job.built}/night={night}.json"
        try:
            note = job.landing.read_json(name)
        except LandingError:  # as `read_loads` has said
            note = {}
        kept: dict[str, Any] = {
            key: note[key] for key in ("loaded_at", "files") if key in note
        }
        job.landing.write_json(name, kept)


def begin_notes(job: Job) -> dict[str, bytes]:
    """Forget the notes of a job; return those that are in force, by name."""
    for name in job.landing.names(job.built, ".json"):
        job.landing.drop(name)
    return {name: job.landing.get(name) for name in job.landing.names(BUILT, ".json")}


def adopt_notes(job: Job, before: Mapping[str, bytes]) -> list[str]:
    """Put the notes of a job in force; return the names of those that stay.

    Args:
        job: the run.
        before: what was in force when it began: what changed since stays, so that
            `verify_warehouse` names a load that came between.
    """
    landing, stay = job.landing, []
    for name in landing.names(job.built, ".json"):
        old = f"{BUILT}/{name.rpartition('/')[2]}"
        now = landing.get(old) if landing.exists(old) else None
        if now == before.get(old):
            landing.put(old, landing.get(name))
        else:
            stay.append(old)
        landing.drop(name)
    return stay
