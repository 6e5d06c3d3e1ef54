"""collect: poll sources, archive their new pages, write down what was listed."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from nightdesk.collect import (
    Poll,
    batch_sources,
    choose_pages,
    choose_poll,
    list_entries,
    note_outcome,
)
from nightdesk.errors import FeedError
from nightdesk.feeds import parse_feed
from nightdesk.fetch import (
    HELD_ELSEWHERE,
    RETRYABLE,
    Fetched,
    Fetcher,
    Request,
    answered,
)
from nightdesk.landing import ArchiveWriter, HostLeases
from nightdesk.model import Attempt, Capture, Coverage, KnownUrl, Listing, Source
from nightdesk.nights import merge_coverage, merge_listings, stated_night
from nightdesk.pipeline.job import Job, days_around, user_agent

log = logging.getLogger(__name__)

#: The longest pause before asking again for a host that another run holds; all pauses
#: together are twice that.
_PATIENCE_S = 64
#: How long a source rests between two polls of the collect DAG.
_REST = timedelta(minutes=30)


@dataclass
class _Run:
    """What one collect task has in hand."""

    job: Job
    night: date | None
    sources: dict[str, Source]
    fetcher: Fetcher
    archive: ArchiveWriter
    name: str
    refetch: bool
    listed: list[Listing] = field(default_factory=list)
    looks: list[Coverage] = field(default_factory=list)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)


def collect_sources(
    job: Job,
    night: date | None,
    source_ids: Sequence[str],
    *,
    refetch: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, int]:
    """Collect these sources for a night and return counts by what happened.

    A source that fails is a row, not an exception: the others go on.

    Args:
        job: the run.
        night: the night wanted; None: whatever is new.
        source_ids: ids of enabled sources.
        refetch: poll and fetch again what was captured before.
        progress: told (pages done, pages in all).
    """
    sources = job.load_sources()
    chosen = {s.id: s for s in sources.enabled if s.id in set(source_ids)}
    now = job.clock()
    name = job.name_file(source_ids[0] if source_ids else "none", now)
    with Fetcher(
        user_agent=user_agent(job.settings, sources),
        mirrors=job.settings.mirrors or {},
        leases=HostLeases(job.settings.data / "hosts"),
    ) as fetcher:
        run = _Run(
            job=job,
            night=night,
            sources=chosen,
            fetcher=fetcher,
            archive=job.landing.open_archive(now.date(), name),
            name=name,
            refetch=refetch,
        )
        _poll_sources(run)
        counts = _fetch_pages(run, progress)
        attempts = fetcher.drain_attempts()
    if night is not None:  # after the entries: a lost run must not look complete
        _write_coverage(run)
    job.landing.write_rows(
        f"fetch_log/night={night or now.date()}", name, attempts, Attempt
    )
    for source_id, state in run.states.items():  # last: a lost run is polled in full
        job.landing.write_json(f"sources/{source_id}.json", state)
    counts["sources"] = len(chosen)
    log.info("collect night=%s %s", night, _words(counts))
    return dict(counts)


def batch_due(job: Job) -> list[list[str]]:
    """Return the enabled sources that have rested long enough, in batches."""
    now, landing = job.clock(), job.landing
    due = []
    for source in job.load_sources().enabled:
        polled = landing.read_json(f"sources/{source.id}.json").get("polled_at")
        if polled is None or datetime.fromisoformat(polled) + _REST <= now:
            due.append(source)
    return batch_sources(due)


# feeds ---------------------------------------------------------------------


def _poll_sources(run: _Run) -> None:
    landing = run.job.landing
    rows = landing.read_folder(f"coverage/night={run.night}", Coverage)
    known = merge_coverage(rows, answered)
    requests: list[Request] = []
    polls: dict[str, Poll] = {}
    for source in run.sources.values():
        poll = choose_poll(
            source,
            run.night,
            run.job.clock(),
            known.get(source.id),
            refetch=run.refetch,
        )
        polls[source.id] = poll
        if poll.url is None:
            if poll.reason != "read before":
                _look(run, source.id, "no_coverage", poll.reason, poll.via)
            continue
        state = landing.read_json(f"sources/{source.id}.json")
        is_feed = poll.via == "feed" and not run.refetch
        requests.append(
            Request(
                url=poll.url,
                purpose="feed",
                source=source,
                etag=state.get("etag") if is_feed else None,
                last_modified=state.get("last_modified") if is_feed else None,
            )
        )
    for request, fetched in _fetch_all(run, requests):
        if request.source is not None:
            _read_feed(run, polls[request.source.id], fetched)


def _write_coverage(run: _Run) -> None:
    folder = f"coverage/night={run.night}"
    rows = run.job.landing.read_folder(folder, Coverage)
    known = merge_coverage(rows, answered)
    news = [look for look in run.looks if not _is_known(look, known, rows)]
    if news:
        run.job.landing.write_rows(folder, run.name, news, Coverage)


def _is_known(look: Coverage, known: dict[str, Coverage], rows: list[Coverage]) -> bool:
    """Say whether a look changes nothing of what is known."""
    after = merge_coverage([*rows, look], answered)[look.source_id]
    old = known.get(look.source_id)
    return old is not None and (old.status, old.reason) == (after.status, after.reason)


def _look(
    run: _Run, source_id: str, status: Any, reason: str | None, via: str, n: int = 0
) -> None:
    if status != "ok":
        log.warning(
            "source=%s night=%s status=%s reason=%s",
            source_id,
            run.night,
            status,
            reason,
        )
    run.looks.append(
        Coverage(
            source_id=source_id,
            status=status,
            looked_at=run.job.clock(),
            reason=reason,
            via=via,
            n_entries=n,
        )
    )


def _read_feed(run: _Run, poll: Poll, fetched: Fetched) -> None:
    source, outcome = poll.source, fetched.attempt.outcome
    if outcome == "not_modified":
        _remember(run, poll, fetched)
        _look(run, source.id, "ok", None, poll.via)
        return
    if outcome != "ok":
        status = (
            "no_coverage"
            if poll.via == "dated_sitemap"
            and outcome
            in (
                "not_found",
                "gone",
            )
            else "failed"
        )
        _look(run, source.id, status, outcome, poll.via)
        return
    now = run.job.clock()
    _archive(run, fetched, source.id, now)
    try:
        feed = parse_feed(
            fetched.body,
            url=fetched.attempt.final_url,
            content_type=fetched.attempt.content_type,
            timezone=source.timezone,
        )
    except FeedError as error:
        log.warning("source=%s feed: %s", source.id, error)
        _look(run, source.id, "failed", "not_a_feed", poll.via)
        return
    for warning in feed.warnings:
        log.info("source=%s feed: %s", source.id, warning)
    listed = list_entries(source, feed, poll.via, now)
    run.listed += listed
    _remember(run, poll, fetched)
    _look(run, source.id, "ok", None, poll.via, len(listed))
    log.info("source=%s via=%s entries=%d", source.id, poll.via, len(listed))


def _remember(run: _Run, poll: Poll, fetched: Fetched) -> None:
    if poll.via == "feed":
        old = run.job.landing.read_json(f"sources/{poll.source.id}.json")
        run.states[poll.source.id] = {
            "etag": fetched.headers.get("etag") or old.get("etag"),
            "last_modified": fetched.headers.get("last-modified")
            or old.get("last_modified"),
            "polled_at": run.job.clock().isoformat(),
        }


def _fetch_all(run: _Run, requests: list[Request]) -> Iterator[tuple[Request, Fetched]]:
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


# pages ---------------------------------------------------------------------


def _fetch_pages(
    run: _Run, progress: Callable[[int, int], None] | None
) -> Counter[str]:
    landing = run.job.landing
    existing = _existing(run)
    ids = {r.article_id for r in run.listed} | {r.article_id for r in existing.values()}
    known = landing.find_urls(ids)
    mine = [row for row in run.listed if _is_wanted(run, row)]
    work = choose_pages(
        mine,
        {key: row for key, row in existing.items() if _is_wanted(run, row)},
        known,
        RETRYABLE,
        refetch=run.refetch,
    )
    fresh = [r for r in run.listed if not _is_listed(r, existing, known)]
    by_url: dict[str, Listing] = {row.url: row for row in work.fetch}
    requests = [
        Request(url=row.url, purpose="page", source=run.sources[row.source_id])
        for row in work.fetch
    ]
    counts: Counter[str] = Counter(entries=len(run.listed))
    done: dict[tuple[str, str], Listing] = {}
    for n, (request, fetched) in enumerate(_fetch_all(run, requests), 1):
        row = _note_page(run, by_url[request.url], fetched)
        done[row.source_id, row.url] = row
        counts[row.outcome or "none"] += 1
        if progress:
            progress(n, len(requests))
    run_captures = run.archive.close()
    if run_captures:
        day = run_captures[0].captured_at.date()
        landing.write_rows(f"captures/day={day}", run.name, run_captures, Capture)
    rows = [done.pop((r.source_id, r.url), r) for r in fresh]
    rows += [r for key, r in done.items() if _says_more(r, existing.get(key))]
    _write_listings(run, rows, known)
    return counts


def _existing(run: _Run) -> dict[tuple[str, str], Listing]:
    """Return what earlier runs listed in the nights that this run may touch."""
    landing = run.job.landing
    nights = {run.night} if run.night else set()
    for row in run.listed:
        day = stated_night(row)
        if day is not None:
            nights.add(day)
    today = run.job.clock().astimezone(UTC).date()
    folders = [f"entries/night={n}" for n in sorted(nights)]
    folders += [f"undated/day={d}" for d in days_around(run.night or today)]
    rows: list[Listing] = []
    for folder in folders:
        rows += landing.read_folder(folder, Listing)
    return merge_listings((r for r in rows if r.source_id in run.sources), answered)


def _is_wanted(run: _Run, row: Listing) -> bool:
    """Say whether this run fetches the page: not those of a night still to come."""
    day = stated_night(row)
    return run.night is None or day is None or day <= run.night


def _is_listed(
    row: Listing,
    existing: dict[tuple[str, str], Listing],
    known: dict[int, list[KnownUrl]],
) -> bool:
    old = existing.get((row.source_id, row.url))
    if old is not None:
        return (row.stated_at, row.updated_at) == (old.stated_at, old.updated_at)
    # An entry without a date that was captured before has its night already.
    return row.stated_at is None and any(
        k.captured_at is not None for k in known.get(row.article_id, ())
    )


def _says_more(row: Listing, old: Listing | None) -> bool:
    return old is None or (row.outcome, row.digest) != (old.outcome, old.digest)


def _archive(run: _Run, fetched: Fetched, source_id: str, now: datetime) -> Capture:
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


def _note_page(run: _Run, row: Listing, fetched: Fetched) -> Listing:
    now = run.job.clock()
    attempt = fetched.attempt
    if attempt.outcome != "ok":
        log.debug("url=%s outcome=%s error=%s", row.url, attempt.outcome, attempt.error)
        return note_outcome(row, attempt.outcome, attempt.error, now)
    capture = _archive(run, fetched, row.source_id, now)
    return replace(
        row,
        listed_at=now,
        outcome="ok",
        captured_at=capture.captured_at,
        final_url=capture.final_url,
        content_type=capture.content_type,
        digest=capture.digest,
        file=capture.file,
        offset=capture.offset,
    )


def _write_listings(
    run: _Run, rows: Iterable[Listing], known: dict[int, list[KnownUrl]]
) -> None:
    landing, by_folder = run.job.landing, dict[str, list[Listing]]()
    urls = []
    for row in rows:
        night = stated_night(row)
        folder = (
            f"entries/night={night}" if night else f"undated/day={row.listed_at.date()}"
        )
        by_folder.setdefault(folder, []).append(row)
        url = _known_url(row, night)
        if url.captured_at or url.night not in {
            k.night for k in known.get(row.article_id, ())
        }:
            urls.append(url)
    landing.write_urls(run.name, urls)
    for folder, part in sorted(by_folder.items()):
        landing.write_rows(folder, run.name, part, Listing)


def _known_url(row: Listing, night: date | None) -> KnownUrl:
    return KnownUrl(
        canonical_url=row.canonical_url,
        article_id=row.article_id,
        night=night,
        captured_at=row.captured_at,
        final_url=row.final_url,
        content_type=row.content_type,
        digest=row.digest,
        file=row.file,
        offset=row.offset,
    )


def _words(counts: Counter[str]) -> str:
    return " ".join(f"{key}={value}" for key, value in sorted(counts.items()))
