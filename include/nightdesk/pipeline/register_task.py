"""The register of sources, brought up to date before a run works with the file."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date

from nightdesk.config import SourceList
from nightdesk.landing import Landing
from nightdesk.model import Renamed, Watched
from nightdesk.nights import last_night
from nightdesk.pipeline.job import Job
from nightdesk.pipeline.memory import move_state
from nightdesk.register import Changes, compare_sources

log = logging.getLogger(__name__)


def find_changes(job: Job, sources: SourceList) -> Changes:
    """Return what has changed in a sources file since a run last worked with it.

    Raises:
        ConfigError: a source takes the id of another one, or the past of two.
    """
    return compare_sources(job.read_register(), job.landing.lineages, sources.sources)


def note_sources(job: Job, sources: SourceList, night: date | None = None) -> None:
    """Write down what has changed in the sources file, and move what was renamed.

    The first run of the last whole night, or of a later one, says what was watched on
    it; what any other run sees is true from today on.

    Args:
        job: the run.
        sources: the file in force.
        night: the night that the run is about; None: whatever is new.

    Raises:
        ConfigError: see `find_changes`; nothing is written then.
    """
    landing, now = job.landing, job.clock()
    changes = find_changes(job, sources)
    since = now.date()
    if night is not None and night >= last_night(now):
        since = since if landing.names(f"plans/night={night}") else night
    # In this order a run that is killed has done nothing that the next would miss.
    for old, new in changes.renamed:
        log.info("source=%s was=%s renamed", new, old)
        move_state(landing, old, new)
    _add(landing, "renamed", [Renamed(*ids, now) for ids in changes.renamed], Renamed)
    for source in changes.sources:
        log.info("source=%s since=%s enabled=%s", source.id, since, source.is_enabled)
    rows = [Watched(source.id, since, now, source) for source in changes.sources]
    _add(landing, "watched", rows, Watched)


def _add(
    landing: Landing, folder: str, rows: Sequence[object], row_class: type
) -> None:
    """Write rows under a name that sorts behind those that are there."""
    if rows:
        name = f"{len(landing.names(folder)):06d}"
        landing.write_keyed(folder, name, rows, row_class)
