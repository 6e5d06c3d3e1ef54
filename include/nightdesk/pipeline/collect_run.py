"""What one collect task has in hand, and how it fetches and archives."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from nightdesk.fetch import HELD_ELSEWHERE, Fetched, Fetcher, Login, Request
from nightdesk.landing import ArchiveWriter
from nightdesk.model import Capture, Coverage, Listing, PastDocument, Source
from nightdesk.pipeline.job import Job
from nightdesk.pipeline.logins import is_at_home
from nightdesk.pipeline.memory import Memory
from nightdesk.tombstones import Tombstones

log = logging.getLogger(__name__)

#: The longest pause before asking again for a host that another run holds; all pauses
#: together are twice that.
_PATIENCE_S = 64


def _as_listed(row: Listing, _body: bytes) -> Listing:
    return row


@dataclass
class CollectRun:
    """What one collect task has in hand."""

    job: Job
    night: date | None
    sources: dict[str, Source]
    fetcher: Fetcher
    archive: ArchiveWriter
    name: str
    refetch: bool
    memory: Memory
    stones: Tombstones = field(default_factory=Tombstones)
    logins: dict[str, Login | None] = field(default_factory=dict, repr=False)
    listed: list[Listing] = field(default_factory=list)
    looks: list[Coverage] = field(default_factory=list)
    captured: set[int] = field(default_factory=set)  # articles, by earlier runs
    documents: list[PastDocument] = field(default_factory=list)  # lists of the past
    agent: str = ""  # the product name that we go by
    #: Returns an entry with its day, from its page, where no list states it.
    date_row: Callable[[Listing, bytes], Listing] = _as_listed

    def login_for(self, source_id: str, url: str) -> Login:
        """Return the login that goes with a request; empty for another host."""
        login = self.logins.get(source_id)
        return login if login and is_at_home(self.sources[source_id], url) else {}


def fetch_all(
    run: CollectRun, requests: list[Request]
) -> Iterator[tuple[Request, Fetched]]:
    """Yield what became of each request; wait a while for hosts that a run holds."""
    pause_s, left = 0.5, requests
    while left:
        held: list[Request] = []
        for request, fetched in run.fetcher.fetch_all(left):
            if fetched.attempt.error == HELD_ELSEWHERE and pause_s <= _PATIENCE_S:
                held.append(request)
            else:
                yield request, fetched
        if held:
            log.info("waiting for %d addresses of hosts in use", len(held))
            time.sleep(pause_s)
        left, pause_s = held, pause_s * 2


def archive_body(
    run: CollectRun, fetched: Fetched, source_id: str, now: datetime
) -> Capture:
    """Put a body into the archive of the run; return where it lies."""
    attempt = fetched.attempt
    return run.archive.add(
        Capture(
            url=attempt.url,
            final_url=attempt.final_url,
            captured_at=now,
            digest=attempt.digest or "",
            file="",
            offset=0,
            content_type=attempt.content_type,
            source_id=source_id,
        ),
        fetched.headers,
        fetched.body,
    )
