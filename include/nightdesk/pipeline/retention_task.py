"""retention: what is captured is kept for as long as its source says, and then goes."""

from __future__ import annotations

import logging
from datetime import timedelta

from nightdesk.landing.retention import give_up_day
from nightdesk.model import Capture, Source
from nightdesk.pipeline.job import Job

log = logging.getLogger(__name__)

Counts = dict[str, int]
#: Days that captures are kept of which no source is known.
_KEEP_DAYS = 365


def give_up_captures(job: Job) -> Counts:
    """Give up the captures whose time is over; the articles read in them stay.

    Raises:
        LandingError: a file cannot be read or written; what was done before holds.
    """
    landing, today = job.landing, job.clock().date()
    present = landing.present
    keeps = {key: keep_days(source) for key, source in job.list_sources().items()}

    def is_over(row: Capture) -> bool:
        source_id = present.get(row.source_id or "", row.source_id or "")
        keep = keeps.get(source_id, _KEEP_DAYS)
        age = today - row.captured_at.date()
        return keep > 0 and age > timedelta(days=keep)

    counts = {"days": 0, "records": 0, "files": 0, "bytes": 0}
    shortest = min([_KEEP_DAYS, *(keep for keep in keeps.values() if keep)])
    for day in landing.capture_days(until=today - timedelta(days=shortest + 1)):
        gone = give_up_day(landing, day, is_over, today)
        counts["days"] += gone.n_records > 0
        counts["records"] += gone.n_records
        counts["files"] += gone.n_files
        counts["bytes"] += gone.size_bytes
    return counts


def keep_days(source: Source) -> int:
    """Return for how long captures of a source are kept; 0: for ever.

    A text that must go is in its capture, too.

    >>> keep_days(Source("a", "A", "rss", "https://a.example/", text_days=30))
    30
    """
    if source.text_days is None:
        return source.keep_days
    return min(source.keep_days or source.text_days, source.text_days)
