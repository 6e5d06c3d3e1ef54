"""The Wayback Machine: feeds as they stood on a past night, and pages that are gone."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta

from nightdesk.collect import note_capture
from nightdesk.errors import ArchiveError
from nightdesk.fetch import Fetched, Request, read_reservations
from nightdesk.model import Capture, Listing, PastDocument
from nightdesk.past.cdx import (
    Snapshot,
    ask_captures,
    choose_nearest,
    choose_next,
    parse_captures,
    replay_url,
)
from nightdesk.past.raw import say_counts
from nightdesk.past.spans import span_of
from nightdesk.past_file import Kind
from nightdesk.pipeline.past_run import (
    Find,
    PastNight,
    reach_of,
    read_body,
    try_parse,
)

log = logging.getLogger(__name__)

_KIND: Kind = "wayback"
#: Days after a night on which a capture of a feed may still show it.
_AFTER = timedelta(days=2)
#: Before the names of the headers that a page had when it was captured.
_ORIGINAL = "x-archive-orig-"
#: What has become of pages that an archive may still have.
GONE = frozenset({"not_found", "gone", "dns", "connection"})


@dataclass
class _Reading:
    """The captures of a source's feed, and which of them were read."""

    find: Find
    snapshots: list[Snapshot]
    tried: set[str] = field(default_factory=set)


def read_feed_captures(past: PastNight) -> None:
    """Read feeds as they were captured, until their captures have the whole night."""
    finds = {f.source.id: f for f in past.open() if f.source.kind != "page"}
    end = past.span.until + _AFTER
    base = past.places[_KIND].base
    requests = [
        Request(
            ask_captures(base, f.source.url, past.span.since, end), "file", f.source
        )
        for f in finds.values()
    ]
    readings = []
    for request, answer in past.fetch(_KIND, requests):
        find = finds[request.source.id if request.source else ""]
        snapshots = _read_index(find, answer)
        if snapshots:
            readings.append(_Reading(find, snapshots))
        elif snapshots is not None:
            find.absences[_KIND] = "no capture of its feed"
    while readings:
        readings = _read_round(past, readings)


def _read_index(find: Find, answer: Fetched | str) -> list[Snapshot] | None:
    """Return the captures that the index names; None, and the reason noted."""
    index = parse_index(answer)
    if index.problems:
        words = say_counts(index.problems)
        log.warning("source=%s past=wayback %s", find.source.id, words)
    if index.failure is not None:
        find.failures[_KIND] = index.failure
        return None
    return index.snapshots


@dataclass(frozen=True)
class Index:
    """What an index says of an address; `failure` says why it says nothing."""

    snapshots: list[Snapshot] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)  # rows left out, by reason
    failure: str | None = None


def parse_index(answer: Fetched | str) -> Index:
    """Return what was answered, or the word why nothing was asked."""
    if isinstance(answer, str):
        return Index(failure=answer)
    outcome = answer.attempt.outcome
    if outcome in ("empty_body", "not_found"):
        return Index()
    if outcome != "ok":
        return Index(failure=outcome)
    snapshots, problems = parse_captures(answer.body)
    if broken := problems.keys() & {"not_json", "no_header"}:
        return Index([], problems, f"no index: {broken.pop()}")
    return Index(snapshots, problems)


def _read_round(past: PastNight, readings: Sequence[_Reading]) -> list[_Reading]:
    """Read one more capture of each feed; return those that may go on."""
    base, going, asked = past.places[_KIND].base, [], dict[str, _Reading]()
    choices: dict[str, Snapshot] = {}
    for reading in readings:
        choice = choose_next(
            reading.snapshots, reading.find.spans, past.span, frozenset(reading.tried)
        )
        if choice is None:
            continue
        reading.tried.add(choice.stamp)
        url = replay_url(base, choice)
        known = _read_known(past, reading.find, url)
        if known is not None:
            _take(past, reading, choice, known)
            going.append(reading)
        else:
            asked[url], choices[url] = reading, choice
    requests = [Request(url, "file", r.find.source) for url, r in asked.items()]
    for request, answer in past.fetch(_KIND, requests):
        reading, choice = asked[request.url], choices[request.url]
        if isinstance(answer, str):
            reading.find.failures[_KIND] = answer
            continue
        going.append(reading)
        if answer.attempt.outcome == "ok":
            row = PastDocument(
                kind=_KIND,
                source_id=reading.find.source.id,
                url=request.url,
                seen_at=choice.at,
            )
            past.keep(_KIND, row, keep_body(past, answer, request.url, choice))
            _take(past, reading, choice, answer.body)
    return going


def _read_known(past: PastNight, find: Find, url: str) -> bytes | None:
    rows = past.documents_of(_KIND, find.source.id)
    for row in rows:
        if row.url == url and row.file:
            try:
                return read_body(past, row)
            except ArchiveError as error:
                log.warning("source=%s %s", find.source.id, error)
    return None


def _take(past: PastNight, reading: _Reading, snapshot: Snapshot, body: bytes) -> None:
    """List the night's entries of a captured feed."""
    find = reading.find
    source = find.source
    feed = try_parse(past, find, body, source.url, kind=source.kind)
    if feed is None:
        find.notes[_KIND] = "a capture that is no feed"
        return
    past.list_feed(find, feed, _KIND, snapshot.at)
    twins = [s for s in reading.snapshots if s.digest == snapshot.digest]
    dates = reach_of(feed)
    spans = [span_of(dates, twin.at) for twin in (snapshot, *twins)]
    past.cover(find, [span for span in spans if span])


def keep_body(
    past: PastNight, fetched: Fetched, url: str, snapshot: Snapshot
) -> Capture:
    """Put what an archive had into ours, with the time at which it got it."""
    attempt, run = fetched.attempt, past.run
    stamp = snapshot.at.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    return run.archive.add(
        Capture(
            url=url,
            final_url=url,
            captured_at=run.job.clock(),
            digest=attempt.digest or "",
            file="",
            offset=0,
            content_type=attempt.content_type,
            source_id=attempt.source_id,
        ),
        {"memento-datetime": stamp, **fetched.headers},
        fetched.body,
    )


# pages -----------------------------------------------------------------------


def rescue_pages(past: PastNight, rows: Iterable[Listing]) -> Iterator[Listing]:
    """Yield entries; those whose page is gone with its capture nearest after them."""
    gone: dict[str, Listing] = {}
    for row in rows:
        if row.outcome in GONE:
            gone[row.url] = row
        else:
            yield row
    snapshots: dict[str, Snapshot] = {}
    for row, answer in _ask_pages(past, list(gone.values())):
        index = parse_index(answer)
        found = choose_nearest(index.snapshots, row.stated_at or past.span.since)
        if found is None:
            none = f"no capture: {say_counts(index.problems)}".removesuffix(": ")
            yield _note(row, index.failure or none)
        else:
            snapshots[row.url] = found
    yield from _fetch_captures(past, gone, snapshots)


def _ask_pages(
    past: PastNight, rows: Sequence[Listing]
) -> Iterator[tuple[Listing, Fetched | str]]:
    base, now = past.places[_KIND].base, past.run.job.clock()
    by_url = {
        ask_captures(base, row.url, past.span.since - timedelta(days=1), now): row
        for row in rows
    }
    requests = [
        Request(url, "file", past.run.sources[row.source_id])
        for url, row in by_url.items()
    ]
    for request, answer in past.fetch(_KIND, requests):
        yield by_url[request.url], answer


def _fetch_captures(
    past: PastNight, rows: dict[str, Listing], snapshots: dict[str, Snapshot]
) -> Iterator[Listing]:
    base = past.places[_KIND].base
    by_url = {replay_url(base, s): url for url, s in snapshots.items()}
    requests = [
        Request(replay, "file", past.run.sources[rows[url].source_id])
        for replay, url in by_url.items()
    ]
    for request, answer in past.fetch(_KIND, requests):
        url = by_url[request.url]
        row, snapshot = rows[url], snapshots[url]
        if isinstance(answer, str) or answer.attempt.outcome != "ok":
            word = answer if isinstance(answer, str) else answer.attempt.outcome
            yield _note(row, word)
            continue
        capture = keep_body(past, answer, url, snapshot)
        yield note_capture(
            row,
            capture,
            _KIND,
            captured_at=snapshot.at,
            reservations=_read_rights(answer),
        )


def _read_rights(answer: Fetched) -> tuple[str, ...]:
    """Return what a page reserved when it was captured: its headers are kept aside."""
    headers = {
        name.removeprefix(_ORIGINAL): value
        for name, value in answer.headers.items()
        if name.startswith(_ORIGINAL)
    }
    return read_reservations(answer.agent, 200, headers, answer.body)


def _note(row: Listing, why: str) -> Listing:
    """Return a dead entry with what an archive said of it."""
    return replace(row, reason=f"{row.reason or row.outcome}; wayback: {why}")
