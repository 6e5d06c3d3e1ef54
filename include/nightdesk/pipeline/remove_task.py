"""add --remove: take back a page that was brought in by hand.

Nothing is deleted: a row of the URL index says that the capture does not count.
"""

from __future__ import annotations

import logging
from datetime import date, datetime

from nightdesk.errors import ConfigError
from nightdesk.model import KnownUrl, Listing
from nightdesk.nights import night_of
from nightdesk.pipeline.add_task import SOURCE_ID, canonicalize_page
from nightdesk.pipeline.job import Job
from nightdesk.urls import article_id

log = logging.getLogger(__name__)


def remove_page(job: Job, url: str) -> list[date]:
    """Take back a page that was added by hand; return the nights to build again.

    The next build of its night rejects the entry (`removed_by_hand`). The archive keeps
    what was captured; other captures of the address, and later ones, hold.

    Raises:
        ConfigError: the address is none, or no page was added by hand under it.
    """
    canonical, landing = canonicalize_page(url), job.landing
    key = article_id(canonical)
    known = [row for row in landing.find_urls({key}).get(key, []) if row.file]
    folders = {_folder_of(row.night, row.captured_at) for row in known}
    rows = [
        row
        for folder in sorted(filter(None, folders))
        for row in landing.read_folder(folder, Listing)
        if row.article_id == key and row.source_id == SOURCE_ID
    ]
    places = {(row.file, row.offset) for row in rows}
    mine = [row for row in known if (row.file, row.offset) in places]
    if not any(not row.is_removal for row in mine):
        raise ConfigError(f"add --remove: {url}: no page was added by hand under it")
    name = job.name_file(SOURCE_ID, job.clock())
    batch = landing.open_batch(name)
    batch.write_urls(
        name,
        [
            KnownUrl(canonical, key, file=row.file, offset=row.offset)
            for row in mine
            if not row.is_removal
        ],
    )
    for folder in sorted(
        {_folder_of(row.night, row.captured_at) or "" for row in mine}
    ):
        if folder:  # a file without rows: the captures of its nights have changed
            batch.write_rows(folder, name, [], Listing)
    batch.commit()
    log.info("remove url=%s captures=%d", url, len(places))
    nights = {
        row.night or night_of(row.captured_at) for row in known if row.captured_at
    }
    return sorted(nights)


def _folder_of(night: date | None, captured_at: datetime | None) -> str | None:
    """Return where the entry of a capture was written down; None: it is a removal."""
    if captured_at is None:
        return None
    return f"entries/night={night}" if night else f"undated/day={captured_at.date()}"
