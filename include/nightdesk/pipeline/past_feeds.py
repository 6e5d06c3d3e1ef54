"""A past night from feeds: our own captures of them, and the pages that they name.

A walk over a feed's pages goes from its newest entries backwards, and is kept: a later
night reads from the archive what the walk has passed, and goes on where it ended. What
is published meanwhile pushes entries to older pages, so that nothing is passed over.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nightdesk.errors import ArchiveError, LandingError
from nightdesk.fetch import Fetched, Request
from nightdesk.model import Feed, PastDocument
from nightdesk.past.paging import find_older_page
from nightdesk.past.spans import Span, span_of
from nightdesk.past_file import Kind
from nightdesk.pipeline.collect_run import archive_body
from nightdesk.pipeline.past_run import (
    Find,
    PastNight,
    reach_of,
    read_body,
    try_parse,
)

log = logging.getLogger(__name__)

_KIND: Kind = "feed_pages"
_FEEDS = frozenset({"rss", "atom", "jsonfeed"})
#: Days after a night on which its feeds may still have been captured.
_AFTER = timedelta(days=2)
#: Outcomes of a page that say: there is no such page.
_ABSENT = frozenset({"not_found", "gone"})


def read_archive(past: PastNight) -> None:
    """Read the feeds that we captured ourselves, whatever source it was for."""
    by_url: dict[str, list[Find]] = {}
    for find in past.open():
        by_url.setdefault(find.source.url, []).append(find)
    for url, looks in sorted(_find_captures(past, set(by_url)).items()):
        for find in by_url[url]:
            _read_captures(past, find, looks)


@dataclass
class _Look:
    """A body that a feed had, and when it was seen so."""

    file: str
    offset: int
    seen: list[datetime] = field(default_factory=list)


def _find_captures(past: PastNight, urls: set[str]) -> dict[str, list[_Look]]:
    """Return the distinct bodies of feeds around the night, the oldest first."""
    landing, found = past.run.job.landing, dict[str, dict[str, _Look]]()
    columns = ("url", "captured_at", "digest", "file", "offset")
    for day in landing.capture_days(since=past.night, until=past.night + _AFTER):
        for name in landing.names(f"captures/day={day}"):
            try:
                rows = zip(*landing.read_columns(name, columns), strict=True)
            except LandingError as error:  # the other files are there
                log.warning("%s; `nightdesk archive verify` says more", error)
                continue
            for url, at, digest, file, offset in rows:
                if url in urls:
                    looks = found.setdefault(url, {})
                    looks.setdefault(digest, _Look(file, offset)).seen.append(at)
    return {
        url: sorted(looks.values(), key=lambda look: min(look.seen))
        for url, looks in found.items()
    }


def _read_captures(past: PastNight, find: Find, looks: Sequence[_Look]) -> None:
    source = find.source
    for look in looks:
        try:
            body = past.run.job.landing.read_capture(look.file, look.offset)
        except ArchiveError as error:
            log.warning("source=%s %s", source.id, error)
            continue
        feed = try_parse(past, find, body, source.url, kind=source.kind)
        if feed is not None:
            past.list_feed(find, feed, "archive", min(look.seen))
            spans = [span_of(reach_of(feed), at) for at in look.seen]
            past.cover(find, [span for span in spans if span])


# pages -----------------------------------------------------------------------


@dataclass
class _Walk:
    """A way over the pages of a feed, from the newest entries backwards."""

    find: Find
    began_at: datetime
    pages: list[PastDocument] = field(default_factory=list)

    @property
    def since(self) -> datetime | None:
        """How far back it has come."""
        return min((p.since for p in self.pages if p.since), default=None)

    @property
    def next_url(self) -> str | None:
        """Where it goes on; None: it has come to its end."""
        return self.pages[-1].older_url if self.pages else self.find.source.url


def read_feed_pages(past: PastNight) -> None:
    """Read the pages that feeds name, until they have come to the night's beginning."""
    walks = {
        find.source.id: _open_walk(past, find)
        for find in past.open()
        if find.source.kind in _FEEDS
    }
    for walk in walks.values():
        _read_passed(past, walk)
    while requests := [_ask(past, w) for w in walks.values() if _goes_on(w)]:
        for request, answer in past.fetch(_KIND, requests):
            source = request.source
            if source is None or not _take(past, walks[source.id], request.url, answer):
                walks.pop(source.id if source else "", None)


def _open_walk(past: PastNight, find: Find) -> _Walk:
    """Return the last walk, if it began after the night, else a new one."""
    rows = past.documents_of(_KIND, find.source.id)
    newest = max((row.walk or "" for row in rows), default="")
    if newest and not past.run.refetch:
        began_at = datetime.fromisoformat(newest)
        if began_at >= past.span.until:
            pages = [row for row in rows if row.walk == newest]
            return _Walk(find, began_at, sorted(pages, key=lambda row: row.seen_at))
    return _Walk(find, past.run.job.clock())


def _goes_on(walk: _Walk) -> bool:
    return not walk.find.is_complete and walk.next_url is not None


def _read_passed(past: PastNight, walk: _Walk) -> None:
    """List the night's entries on the pages that earlier runs have passed.

    A page that cannot be read any more makes the walk begin anew.
    """
    night, find = past.span, walk.find
    for page in walk.pages:
        if not (page.oldest and page.until and page.file):
            continue
        if page.until < night.since or page.oldest >= night.until:
            continue
        try:
            body = read_body(past, page)
        except ArchiveError as error:
            log.warning("source=%s walked anew: %s", find.source.id, error)
            walk.pages, walk.began_at = [], past.run.job.clock()
            return
        feed = try_parse(past, find, body, page.url)
        if feed is not None:
            past.list_feed(find, feed, _KIND, page.seen_at)
    _note_reach(past, walk)


def _note_reach(past: PastNight, walk: _Walk) -> None:
    if walk.since is not None:
        past.cover(walk.find, [Span(walk.since, walk.began_at)])
    if not walk.find.is_complete and walk.next_url is None:
        since = f"{walk.since:%Y-%m-%d}" if walk.since else "no day"
        walk.find.absences[_KIND] = f"the feed reaches back to {since}"


def _ask(past: PastNight, walk: _Walk) -> Request:
    source, url = walk.find.source, walk.next_url or ""
    return Request(url, "feed", source, secrets=past.run.login_for(source.id, url))


def _take(past: PastNight, walk: _Walk, url: str, answer: Fetched | str) -> bool:
    """Take in one page; say whether the walk may go on."""
    find = walk.find
    if isinstance(answer, str):
        find.failures[_KIND] = answer
        return False
    outcome, is_first = answer.attempt.outcome, not walk.pages
    if outcome in _ABSENT:
        if is_first:
            find.absences[_KIND] = f"its feed is {outcome}"
            return False
        return _end(past, walk)  # the end of what there is
    if outcome != "ok":
        find.failures[_KIND] = outcome
        return False
    now = past.run.job.clock()
    capture = archive_body(past.run, answer, find.source.id, now)
    feed = try_parse(past, find, answer.body, answer.attempt.final_url)
    reach = span_of(reach_of(feed), now) if feed else None
    if feed is None or reach is None:
        find.failures[_KIND] = "not_a_feed" if feed is None else "no dates"
        return False
    before = walk.since
    if before is not None and reach.since >= before:
        return _end(past, walk)  # the same entries again: the page is no other one
    page = PastDocument(
        kind=_KIND,
        source_id=find.source.id,
        url=url,
        seen_at=now + timedelta(microseconds=len(walk.pages)),  # keeps their order
        since=reach.since,
        until=max(reach_of(feed)),
        oldest=min(reach_of(feed)),
        older_url=_find_next(walk, feed, url),
        walk=walk.began_at.isoformat(),
    )
    past.keep(_KIND, page, capture)
    walk.pages.append(page)
    past.list_feed(find, feed, _KIND, now)
    _note_reach(past, walk)
    return True


def _find_next(walk: _Walk, feed: Feed, url: str) -> str | None:
    """Return where a page says that the walk goes on; not in a circle."""
    older = find_older_page(feed, url)
    return None if any(page.url == older for page in walk.pages) else older


def _end(past: PastNight, walk: _Walk) -> bool:
    """Write down that a walk has come to its end."""
    last = walk.pages[-1]
    row = PastDocument(
        kind=_KIND,
        source_id=walk.find.source.id,
        url=last.older_url or last.url,
        seen_at=last.seen_at + timedelta(microseconds=1),
        walk=walk.began_at.isoformat(),
    )
    past.keep(_KIND, row, None)
    walk.pages.append(row)
    _note_reach(past, walk)
    return False
