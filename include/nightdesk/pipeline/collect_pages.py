"""collect, second half: the pages of what the sources list."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from nightdesk.collect import (
    LIVE_WINDOW,
    Looks,
    PageMemo,
    Worklist,
    choose_pages,
    find_resent,
    is_news,
    note_capture,
    note_outcome,
)
from nightdesk.fetch import RETRYABLE, Fetched, Request, answered
from nightdesk.model import Capture, KnownUrl, Listing, PastDocument
from nightdesk.nights import ONE_DAY, merge_listings, stated_night
from nightdesk.pipeline.collect_rows import write_listings
from nightdesk.pipeline.collect_rules import (
    add_reservations,
    ask_rules,
    read_rules,
    take_rules,
)
from nightdesk.pipeline.collect_run import CollectRun, archive_body, fetch_all
from nightdesk.pipeline.job import days_around
from nightdesk.pipeline.past_pages import date_rows
from nightdesk.pipeline.past_run import DOCUMENTS, PastNight
from nightdesk.pipeline.past_wayback import GONE, rescue_pages

log = logging.getLogger(__name__)


def fetch_pages(
    run: CollectRun,
    progress: Callable[[int, int], None] | None,
    past: PastNight | None = None,
) -> Counter[str]:
    """Fetch the pages that the entries want and write down what became of them.

    Args:
        run: with the entries.
        progress: told (pages done, pages in all).
        past: the past night that they are of; None: they are today's.

    Returns:
        Counts by outcome, and of entries.
    """
    landing = run.job.landing
    due = _choose_due(run)
    looks = _read_looks(run, due)
    existing = merge_listings((r for rows in looks.values() for r in rows), answered)
    ids = {r.article_id for r in run.listed} | {r.article_id for r in existing.values()}
    known = landing.find_urls(ids)
    run.captured = {
        i for i, urls in known.items() if any(url.captured_at for url in urls)
    }
    _note_resent(run, looks, known)
    work = _choose_work(run, past, looks, known, due)
    fresh = [r for r in run.listed if not _is_listed(r, looks, known)]
    counts: Counter[str] = Counter(entries=len(run.listed))
    ready, waiting = _split_waiting(run, work.fetch)
    if waiting:
        counts["rate_limited"] = len(waiting)
    fetched = list(_fetch_rows(run, ready, counts, progress))
    if past is not None:
        fetched = _settle_past(past, fetched, existing.values(), known)
    _note_logins(run, fetched)
    read_rules(run, fetched)
    done = {(r.source_id, r.url): r for r in waiting if not _is_captured(r, known)}
    done |= {(r.source_id, r.url): add_reservations(run, r) for r in fetched}
    rows = [done.pop((r.source_id, r.url), r) for r in fresh]
    rows += [r for key, r in done.items() if _says_more(r, existing.get(key))]
    if past is not None:
        rows = date_rows(past, rows, (r for seen in looks.values() for r in seen))
    _write_run(run, rows, known)
    return counts


def _choose_work(
    run: CollectRun,
    past: PastNight | None,
    looks: Looks,
    known: dict[int, list[KnownUrl]],
    due: dict[int, PageMemo],
) -> Worklist:
    """Return the pages to fetch."""
    existing = merge_listings((r for rows in looks.values() for r in rows), answered)
    return choose_pages(
        [row for row in run.listed if _is_wanted(run, row, past)],
        {
            k: _forgive(run, row)
            for k, row in existing.items()
            if _is_wanted(run, row, past)
        },
        known,
        RETRYABLE,
        refetch=run.refetch,
        looks=looks,
        due=frozenset(due),
    )


def _settle_past(
    past: PastNight,
    fetched: list[Listing],
    existing: Iterable[Listing],
    known: dict[int, list[KnownUrl]],
) -> list[Listing]:
    """Return entries with what archives have of their pages that are gone.

    Those as well that an earlier run has found gone, and no archive was asked for.
    """
    place = past.places["wayback"]
    if not place.is_enabled:
        return fetched
    tried = {(row.source_id, row.url) for row in fetched}
    gone = [
        row
        for row in existing
        if row.outcome in GONE
        and (row.source_id, row.url) not in tried
        and "wayback" not in (row.reason or "")
        and stated_night(row) == past.night
        and not _is_captured(row, known)
    ]
    return list(rescue_pages(past, [*fetched, *gone]))


def _write_run(
    run: CollectRun, rows: Iterable[Listing], known: dict[int, list[KnownUrl]]
) -> None:
    """Write down the captures of a run and its entries: all of it or none counts."""
    batch = run.job.landing.open_batch(run.name)
    captures = run.archive.close()
    if captures:
        day = captures[0].captured_at.date()
        batch.write_rows(f"captures/day={day}", run.name, captures, Capture)
    write_listings(batch, run.name, rows, known)
    if run.documents:
        batch.write_rows(DOCUMENTS, run.name, run.documents, PastDocument)
    batch.commit()


def _split_waiting(
    run: CollectRun, rows: Sequence[Listing]
) -> tuple[list[Listing], list[Listing]]:
    """Return the entries to fetch, and those whose host wants no request, as such."""
    ready, waiting = [], []
    for row in rows:
        if run.logins[row.source_id] is None:
            continue  # its login cannot be had: what is there stays as it is
        until = run.memory.wait_until(row.url)
        if until is None:
            ready.append(row)
            continue
        why = f"the host wants no request before {until:%Y-%m-%dT%H:%M:%SZ}"
        waiting.append(note_outcome(row, "rate_limited", why, run.job.clock()))
    return ready, waiting


def _fetch_rows(
    run: CollectRun,
    rows: Sequence[Listing],
    counts: Counter[str],
    progress: Callable[[int, int], None] | None,
) -> Iterator[Listing]:
    """Yield the entries whose page has been fetched, with what became of it."""
    by_url = {row.url: row for row in rows}
    pages = [_make_request(run, row) for row in by_url.values()]
    n = 0
    for request, fetched in fetch_all(run, [*ask_rules(run, rows), *pages]):
        if request.purpose == "tdmrep":
            take_rules(run, request, fetched)
            continue
        n += 1
        row = by_url[request.url]
        run.memory.note_wait(fetched)
        counts[fetched.attempt.outcome] += 1
        noted = _note_page(run, row, fetched)
        if noted is not None:
            yield noted
        if progress:
            progress(n, len(pages))


def _make_request(run: CollectRun, row: Listing) -> Request:
    """Return the request for a page; a young article that is known is conditional."""
    memo = None if run.refetch else _memo_of(run, row)
    return Request(
        url=row.url,
        purpose="page",
        source=run.sources[row.source_id],
        etag=memo.etag if memo else None,
        last_modified=memo.last_modified if memo else None,
        secrets=run.login_for(row.source_id, row.url),
    )


def _forgive(run: CollectRun, row: Listing) -> Listing:
    """Return an earlier look; one that a login was refused for counts as not tried."""
    is_new_try = row.outcome == "auth" and run.memory.may_log_in(
        run.sources[row.source_id]
    )
    return replace(row, outcome=None) if is_new_try else row


def _note_logins(run: CollectRun, rows: Iterable[Listing]) -> None:
    """Take in which logins have opened the pages of this run, and which have not."""
    tried: dict[str, list[bool]] = {}
    for row in rows:
        if run.login_for(row.source_id, row.url) and row.outcome in ("ok", "auth"):
            tried.setdefault(row.source_id, []).append(row.outcome == "auth")
    for source_id, refused in tried.items():
        run.memory.note_login_use(source_id, is_refused=sum(refused) * 2 > len(refused))


def _memo_of(run: CollectRun, row: Listing) -> PageMemo | None:
    return run.memory.memos_of(row.source_id).get(row.article_id)


def _choose_due(run: CollectRun) -> dict[int, PageMemo]:
    """Return the articles to fetch again by policy: none for a night long past."""
    if run.night is not None:
        end = datetime(run.night.year, run.night.month, run.night.day, tzinfo=UTC)
        if run.job.clock() >= end + ONE_DAY + LIVE_WINDOW:
            return {}
    return run.memory.choose_due(run.sources)


def _note_resent(
    run: CollectRun, looks: Looks, known: dict[int, list[KnownUrl]]
) -> None:
    listed: dict[str, list[Listing]] = {}
    for row in run.listed:
        if row.via == "feed":
            listed.setdefault(row.source_id, []).append(row)
    for source_id, rows in listed.items():
        before = run.memory.before[source_id]
        run.memory.note_resent(source_id, find_resent(rows, before, looks, known))


def _read_looks(run: CollectRun, due: dict[int, PageMemo]) -> Looks:
    """Return what earlier runs listed in the nights that this run may touch."""
    landing = run.job.landing
    nights = {run.night} if run.night else set()
    nights |= {memo.night for memo in due.values() if memo.night}
    for row in run.listed:
        day = stated_night(row)
        if day is not None:
            nights.add(day)
    today = run.job.clock().astimezone(UTC).date()
    folders = [f"entries/night={n}" for n in sorted(nights)]
    folders += [f"undated/day={d}" for d in days_around(run.night or today)]
    looks: dict[tuple[str, str], list[Listing]] = {}
    for folder in folders:
        for row in landing.read_folder(folder, Listing):
            if row.source_id in run.sources:
                looks.setdefault((row.source_id, row.url), []).append(row)
    return looks


def _is_wanted(run: CollectRun, row: Listing, past: PastNight | None) -> bool:
    """Say whether this run fetches the page: not those of a night still to come.

    A run for a past night fetches no other night's.
    """
    day = stated_night(row)
    if run.night is None or day is None:
        return True
    return day == run.night if past is not None else day <= run.night


def _is_listed(row: Listing, looks: Looks, known: dict[int, list[KnownUrl]]) -> bool:
    before = looks.get((row.source_id, row.url))
    if before:
        return not is_news(row, before)
    # An entry without a date that was captured before has its night already.
    return row.stated_at is None and _is_captured(row, known)


def _is_captured(row: Listing, known: dict[int, list[KnownUrl]]) -> bool:
    return any(k.captured_at is not None for k in known.get(row.article_id, ()))


def _says_more(row: Listing, old: Listing | None) -> bool:
    return old is None or (row.outcome, row.digest) != (old.outcome, old.digest)


def _note_page(run: CollectRun, row: Listing, fetched: Fetched) -> Listing | None:
    """Return the entry with what became of its page; None: nothing that is not known.

    Asked for again, a page that has not changed, or could not be had this time, leaves
    the entry as it was.
    """
    now, attempt = run.job.clock(), fetched.attempt
    memo = _memo_of(run, row)
    run.memory.note_page(row, fetched, is_known=row.article_id in run.captured)
    if attempt.outcome != "ok":
        log.debug("url=%s outcome=%s error=%s", row.url, attempt.outcome, attempt.error)
        if memo is not None:
            return None
        return note_outcome(row, attempt.outcome, attempt.error, now)
    capture = archive_body(run, fetched, row.source_id, now)
    if memo is not None and memo.digest == capture.digest:
        return None
    row = run.date_row(row, fetched.body)
    return note_capture(
        replace(row, listed_at=now),
        capture,
        "live",
        captured_at=capture.captured_at,
        reservations=fetched.reservations,
    )
