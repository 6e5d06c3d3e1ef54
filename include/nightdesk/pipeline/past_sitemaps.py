"""A past night from dated sitemaps: of a day, of a month, or an index of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date

from nightdesk.errors import ArchiveError
from nightdesk.feeds import choose_children
from nightdesk.fetch import Fetched, Request
from nightdesk.model import Feed, PastDocument
from nightdesk.past.dating import read_url_day
from nightdesk.past_file import Kind
from nightdesk.pipeline.collect_run import archive_body
from nightdesk.pipeline.past_run import Find, PastNight, read_body, try_parse

log = logging.getLogger(__name__)

_KIND: Kind = "dated_sitemap"
#: Indexes within indexes that are followed.
_DEPTH = 3
_ABSENT = frozenset({"not_found", "gone"})


def fill_address(template: str, night: date) -> str:
    """Return the address of a dated sitemap for a night.

    >>> fill_address("https://hill.example/{yyyy}-{mm}.xml", date(2026, 3, 1))
    'https://hill.example/2026-03.xml'
    """
    return (
        template.replace("{yyyy}", f"{night:%Y}")
        .replace("{mm}", f"{night:%m}")
        .replace("{dd}", f"{night:%d}")
    )


def read_sitemaps(past: PastNight) -> None:
    """Read the sitemaps of the sources that state where theirs are."""
    asked = [
        (find, fill_address(find.source.past_url, past.night))
        for find in past.open()
        if find.source.past_url
    ]
    for depth in range(_DEPTH):
        asked = _read_level(past, asked, depth)
    for find, _ in asked:
        find.notes[_KIND] = f"an index within {_DEPTH} indexes"
    for find in past.open():
        is_read = find.source.past_url and not {*find.failures, *find.absences} & {
            _KIND
        }
        find.is_complete = bool(is_read and _KIND not in find.notes)


def _read_level(
    past: PastNight, asked: Sequence[tuple[Find, str]], depth: int
) -> list[tuple[Find, str]]:
    """Read sitemaps; return what the indexes among them name for the night."""
    children: list[tuple[Find, str]] = []
    by_url: dict[tuple[str, str], Find] = {}
    for find, url in asked:
        known = _read_known(past, find, url)
        if known is not None:
            children += _take(past, find, url, known)
        else:
            by_url[find.source.id, url] = find
    requests = [
        Request(url, "feed", f.source, secrets=past.run.login_for(f.source.id, url))
        for (_, url), f in by_url.items()
    ]
    for request, answer in past.fetch(_KIND, requests):
        source_id = request.source.id if request.source else ""
        find = by_url[source_id, request.url]
        feed = _open(past, find, request.url, answer, is_child=depth > 0)
        if feed is not None:
            children += _take(past, find, request.url, feed)
    return children


def _read_known(past: PastNight, find: Find, url: str) -> Feed | None:
    """Return a sitemap that was archived after the night; None: there is none."""
    rows = [
        row
        for row in past.documents_of(_KIND, find.source.id)
        if row.url == url and row.seen_at >= past.span.until
    ]
    if not rows or past.run.refetch:
        return None
    try:
        return try_parse(past, find, read_body(past, rows[-1]), url)
    except ArchiveError as error:
        log.warning("source=%s %s", find.source.id, error)
        return None


def _open(
    past: PastNight, find: Find, url: str, answer: Fetched | str, *, is_child: bool
) -> Feed | None:
    """Archive a sitemap and return it; None, and the reason noted, for what is none."""
    if isinstance(answer, str):
        find.failures[_KIND] = answer
        return None
    outcome = answer.attempt.outcome
    if outcome != "ok":
        is_absent = outcome in _ABSENT and not is_child
        (find.absences if is_absent else find.failures)[_KIND] = outcome
        return None
    now = past.run.job.clock()
    capture = archive_body(past.run, answer, find.source.id, now)
    feed = try_parse(past, find, answer.body, answer.attempt.final_url)
    if feed is None:
        find.failures[_KIND] = "not_a_feed"
        return None
    row = PastDocument(kind=_KIND, source_id=find.source.id, url=url, seen_at=now)
    past.keep(_KIND, row, capture)
    return feed


def _take(past: PastNight, find: Find, url: str, feed: Feed) -> list[tuple[Find, str]]:
    """List the night's entries of a sitemap; return the children of an index."""
    now = past.run.job.clock()
    past.list_feed(find, feed, _KIND, now, read_url_day(url))
    if not feed.children:
        return []
    wanted, left = choose_children(feed.children, past.night, changed=feed.changed)
    if left:
        n_all = len(wanted) + len(left)
        find.notes[_KIND] = f"read {len(wanted)} of {n_all} sitemaps"
    return [(find, child) for child in wanted]
