"""What is noted of a night once its load is committed: `built/night=D.json`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from nightdesk.errors import LandingError
from nightdesk.landing import Landing
from nightdesk.landing.frozen import pin_versions
from nightdesk.pipeline.build_tasks import Joined, name_reviews
from nightdesk.pipeline.job import Job
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
    job.landing.write_json(
        f"built/night={shard['night']}.json",
        {
            "captures": shard["captures"],
            "entries": shard["entries"],
            "decided": shard["decided"],
            "files": sorted(files),
            "loaded_at": loaded_at.isoformat(),
        },
    )
    pin_versions(job.landing, date.fromisoformat(shard["night"]), shard["learned"])


def read_loads(landing: Landing) -> dict[date, datetime | None]:
    """Return when each night was last loaded, as noted once it was committed.

    None: the note is damaged (`verify_files` names it), or older than such times.
    """
    loads: dict[date, datetime | None] = {}
    for name in landing.names("built", ".json"):
        night = name.removeprefix("built/night=").removesuffix(".json")
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
    lost = store.find_lost(store.read_ledger(con), read_loads(job.landing))
    for night, what in lost.items():
        log.warning("load night=%s the warehouse has lost it: %s", night, what)
        name = f"built/night={night}.json"
        try:
            note = job.landing.read_json(name)
        except LandingError:  # as `read_loads` has said
            note = {}
        kept: dict[str, Any] = {
            key: note[key] for key in ("loaded_at", "files") if key in note
        }
        job.landing.write_json(name, kept)
