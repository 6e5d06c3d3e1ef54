"""collect: poll sources, archive their new pages, write down what was listed."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from nightdesk.collect import (
    LIVE_WINDOW,
    Poll,
    batch_sources,
    choose_poll,
    list_entries,
)
from nightdesk.errors import FeedError
from nightdesk.feeds import choose_children, parse_feed
from nightdesk.fetch import Fetched, Fetcher, Request, answered
from nightdesk.landing import HostLeases
from nightdesk.model import Attempt, Coverage, Feed, Listing, Source
from nightdesk.nights import merge_coverage
from nightdesk.past.spans import night_span
from nightdesk.pipeline.collect_pages import fetch_pages
from nightdesk.pipeline.collect_run import CollectRun, archive_body, fetch_all
from nightdesk.pipeline.job import Job, keep_worlds_apart, user_agent
from nightdesk.pipeline.logins import read_login
from nightdesk.pipeline.memory import Memory
from nightdesk.pipeline.past_pages import date_page
from nightdesk.pipeline.past_run import PastNight
from nightdesk.pipeline.past_task import judge_find, read_past
from nightdesk.pipeline.register_task import note_sources
from nightdesk.polling import Ask, Rest, check_due, decide_poll

log = logging.getLogger(__name__)


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

    Raises:
        ConfigError: the sources or a takedown cannot be read; nobody is asked.
    """
    sources = job.load_sources()
    wanted = set(source_ids)  # planned before somebody renamed a source, perhaps
    chosen = {s.id: s for s in sources.enabled if wanted & {s.id, *s.was}}
    stones, now = job.load_tombstones(), job.clock()
    name = _choose_name(job, night, source_ids, now)
    with Fetcher(
        user_agent=user_agent(job.settings, sources),
        mirrors=job.settings.mirrors or {},
        leases=HostLeases(job.settings.data / "hosts"),
        clock=job.clock,
    ) as fetcher:
        run = CollectRun(
            job=job,
            night=night,
            sources=chosen,
            fetcher=fetcher,
            archive=job.landing.open_archive(now.date(), name),
            name=name,
            refetch=refetch,
            memory=Memory(job.landing, job.clock),
            agent=user_agent(job.settings, sources).partition("/")[0],
            stones=stones,
            logins={id_: read_login(s, job.read_secret) for id_, s in chosen.items()},
        )
        for source in chosen.values():
            is_missing = run.logins[source.id] is None
            run.memory.note_login(source, is_missing=is_missing)
        past = _poll_sources(run)
        counts = fetch_pages(run, progress, past)
        attempts = fetcher.drain_attempts()
    if night is not None:  # after the entries: a lost run must not look complete
        _write_coverage(run)
    job.landing.write_rows(
        f"fetch_log/night={night or now.date()}", name, attempts, Attempt
    )
    run.memory.save()  # last: a lost run is polled in full
    counts["sources"] = len(chosen)
    log.info("collect night=%s %s", night, _words(counts))
    return dict(counts)


def _choose_name(
    job: Job, night: date | None, source_ids: Sequence[str], now: datetime
) -> str:
    """Return the name of this run's files: no other has it, even at the same moment."""
    part = f"{source_ids[0] if source_ids else 'none'}-{night or 'new'}"
    name, n = job.name_file(part, now), 1
    while job.landing.exists(f"fetch_log/night={night or now.date()}/{name}.parquet"):
        n += 1
        name = job.name_file(f"{part}-{n}", now)
    return name


def batch_due(job: Job) -> list[list[str]]:
    """Return the enabled sources that are due, in batches.

    Whatever its interval says, a source is left alone while its host wants no request.
    """
    sources = job.load_sources()
    keep_worlds_apart(job, sources)
    note_sources(job, sources)
    memory, due = Memory(job.landing, job.clock), []
    for source in sources.enabled:
        state = memory.state_of(source)
        rest = check_due(state, job.clock())
        if rest is None and memory.wait_until(state.moved_url or source.url) is None:
            due.append(source)
        elif rest is not None and rest.reason != "not_due":
            log.info("source=%s rests=%s until=%s", source.id, rest.reason, rest.until)
    return batch_sources(due)


# feeds ---------------------------------------------------------------------


def _poll_sources(run: CollectRun) -> PastNight | None:
    """Ask the sources; return the past night that they were read for, if it is one."""
    landing = run.job.landing
    rows = landing.read_folder(f"coverage/night={run.night}", Coverage)
    known = merge_coverage(rows, answered)
    requests: list[Request] = []
    polls: dict[str, Poll] = {}
    for source in run.sources.values():
        if source.id in run.stones.sources:
            _look(run, source.id, "no_coverage", "taken_down", "feed")
            continue
        poll = choose_poll(
            source,
            run.night,
            run.job.clock(),
            known.get(source.id),
            refetch=run.refetch,
        )
        polls[source.id] = poll
        if poll.url is None:
            continue
        decision = _decide_poll(run, poll, poll.url)
        if isinstance(decision, Rest):
            is_told = decision.reason == "retry_after"
            reason = "rate_limited" if is_told else decision.reason
            _look(run, source.id, "failed", reason, poll.via)
            continue
        requests.append(
            Request(
                url=decision.url,
                purpose="feed",
                source=source,
                etag=decision.etag,
                last_modified=decision.last_modified,
                secrets=run.login_for(source.id, decision.url),
            )
        )
    for request, fetched in fetch_all(run, requests):
        run.memory.note_wait(fetched)
        if request.source is not None:
            _read_feed(run, polls[request.source.id], request, fetched)
    return _read_past(run, [p.source for p in polls.values() if p.is_past])


def _read_past(run: CollectRun, sources: list[Source]) -> PastNight | None:
    """Read a past night where past nights are read; None for a night that is not."""
    now = run.job.clock()
    if run.night is None or now < night_span(run.night).until + LIVE_WINDOW:
        return None
    past = read_past(run, run.night, sources)
    run.date_row = lambda row, body: date_page(past, row, body, now)
    for find in past.finds.values():
        look = judge_find(past, find)
        _say_look(run, look)
        run.looks.append(look)
    return past


def _decide_poll(run: CollectRun, poll: Poll, url: str) -> Ask | Rest:
    decision: Ask | Rest = Ask(url, None, None, poll.via)
    if poll.via == "feed":
        decision = decide_poll(
            run.memory.state_of(poll.source),
            run.job.clock(),
            is_last_look=run.night is not None,
            force=run.refetch,
        )
    if run.logins[poll.source.id] is None:
        return Rest("auth", None)
    if isinstance(decision, Ask):
        log.debug("source=%s ask=%s", poll.source.id, decision.reason)
        until = run.memory.wait_until(decision.url)
        return decision if until is None else Rest("retry_after", until)
    return decision


def _write_coverage(run: CollectRun) -> None:
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
    run: CollectRun,
    source_id: str,
    status: Any,
    reason: str | None,
    via: str,
    n: int = 0,
) -> None:
    look = Coverage(
        source_id=source_id,
        status=status,
        looked_at=run.job.clock(),
        reason=reason,
        via=via,
        n_entries=n,
    )
    _say_look(run, look)
    run.looks.append(look)


def _say_look(run: CollectRun, look: Coverage) -> None:
    if look.status != "ok" or look.reason:
        log.warning(
            "source=%s night=%s status=%s reason=%s",
            look.source_id,
            run.night,
            look.status,
            look.reason,
        )


def _read_feed(run: CollectRun, poll: Poll, request: Request, fetched: Fetched) -> None:
    source, outcome = poll.source, fetched.attempt.outcome
    if outcome != "ok":
        _note_poll(run, poll, request, fetched)
        is_same = outcome == "not_modified"
        status, reason = ("ok", None) if is_same else ("failed", outcome)
        _look(run, source.id, status, reason, poll.via)
        return
    feed = _parse(run, poll, fetched)
    if feed is None:
        _note_poll(run, poll, request, fetched)
        _look(run, source.id, "failed", "not_a_feed", poll.via)
        return
    listed = _list_entries(run, poll, feed)
    more, reason, left = _read_children(run, poll, feed)
    listed += more
    run.listed += listed
    _note_poll(run, poll, request, fetched, feed, listed)
    status = "failed" if reason else "ok"
    _look(run, source.id, status, reason or left, poll.via, len(listed))
    log.info("source=%s via=%s entries=%d", source.id, poll.via, len(listed))


def _parse(run: CollectRun, poll: Poll, fetched: Fetched) -> Feed | None:
    """Archive a feed and return what it says; None where it is no feed.

    One that still lists what was taken down is not kept.
    """
    source, feed = poll.source, None
    try:
        feed = parse_feed(
            fetched.body,
            url=fetched.attempt.final_url,
            content_type=fetched.attempt.content_type,
            timezone=source.timezone,
            kind=source.kind if poll.via == "feed" else None,
            link_pattern=source.link_pattern,
        )
    except FeedError as error:
        log.warning("source=%s feed: %s", source.id, error)
    if feed is None or not _find_barred(run, poll, feed):
        archive_body(run, fetched, source.id, run.job.clock())
    for warning in feed.warnings if feed else ():
        log.info("source=%s feed: %s", source.id, warning)
    return feed


def _list_entries(run: CollectRun, poll: Poll, feed: Feed) -> list[Listing]:
    """Return the entries of a feed, without what was taken down."""
    rows = list_entries(poll.source, feed, poll.via, run.job.clock())
    return [r for r in rows if not run.stones.covers(r.article_id, r.source_id)]


def _find_barred(run: CollectRun, poll: Poll, feed: Feed) -> int:
    """Return how many entries of a feed were taken down."""
    if not run.stones:
        return 0
    rows = list_entries(poll.source, feed, poll.via, run.job.clock())
    n_barred = sum(run.stones.covers(r.article_id, r.source_id) for r in rows)
    if n_barred:
        log.info("source=%s taken_down=%d of its entries", poll.source.id, n_barred)
    return n_barred


def _read_children(
    run: CollectRun, poll: Poll, index: Feed
) -> tuple[list[Listing], str | None, str | None]:
    """Return the entries of the sitemaps that an index names for this night.

    With them comes why one of them could not be read, if one could not, and how many
    that may tell of the night were not asked, if any were not.
    """
    if not index.children:
        return [], None, None
    night = run.night or run.job.clock().date()
    wanted, left = choose_children(index.children, night, changed=index.changed)
    source = poll.source
    requests = [
        Request(url, "feed", source, secrets=run.login_for(source.id, url))
        for url in wanted
    ]
    listed: list[Listing] = []
    reason = None
    for _, fetched in fetch_all(run, requests):
        outcome = fetched.attempt.outcome
        feed = _parse(run, poll, fetched) if outcome == "ok" else None
        if feed is None:
            reason = "not_a_feed" if outcome == "ok" else outcome
            continue
        listed += _list_entries(run, poll, feed)
    n_all = len(wanted) + len(left)
    return listed, reason, f"read {len(wanted)} of {n_all} sitemaps" if left else None


def _note_poll(
    run: CollectRun,
    poll: Poll,
    request: Request,
    fetched: Fetched,
    feed: Feed | None = None,
    listed: Sequence[Listing] = (),
) -> None:
    if poll.via == "feed":
        run.memory.note_poll(poll.source, request, fetched, feed, listed)


def _words(counts: Counter[str]) -> str:
    return " ".join(f"{key}={value}" for key, value in sorted(counts.items()))
