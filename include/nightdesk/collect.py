"""What a collect run decides: what to poll, which pages to fetch, what to write down.

Pure; `pipeline.collect_task` does the fetching and the writing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from nightdesk.model import Coverage, Entry, Feed, KnownUrl, Listing, Source
from nightdesk.nights import ONE_DAY
from nightdesk.urls import article_id, canonicalize_url, host

#: How long after its end a night is read from the feeds themselves: while it is the
#: last whole day. What a feed shows later is other days' news.
LIVE_WINDOW = timedelta(hours=24)
#: Sources in one batch, at most.
BATCH = 50


@dataclass(frozen=True)
class Poll:
    """What to ask a source for."""

    source: Source
    url: str | None  # None: there is nothing to ask
    via: str  # feed | dated_sitemap | archive
    reason: str | None = None  # why there is nothing to ask


def batch_sources(sources: Sequence[Source], at_least: int = 2) -> list[list[str]]:
    """Return source ids in batches, each host in one batch, batches of equal weight.

    There is always one batch, so that a night without sources still has its tasks.

    >>> batch_sources(())
    [[]]
    """
    by_host: dict[str, list[str]] = {}
    for source in sources:
        by_host.setdefault(host(source.url), []).append(source.id)
    n_batches = max(1, min(len(by_host), max(at_least, -(-len(sources) // BATCH))))
    batches: list[list[str]] = [[] for _ in range(n_batches)]
    for _, ids in sorted(by_host.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        min(batches, key=len).extend(sorted(ids))
    return [sorted(batch) for batch in batches]


def choose_poll(
    source: Source,
    night: date | None,
    now: datetime,
    known: Coverage | None,
    *,
    refetch: bool,
) -> Poll:
    """Say where a night of a source is to be read from.

    Our own archive first: what was read once after the night's end is not asked for
    again. Then the feed, while it still shows that night; then a dated sitemap.

    Args:
        source: the source.
        night: the night wanted; None: whatever is new.
        now: the time of asking.
        known: what earlier looks found for this night.
        refetch: ask again all the same.
    """
    if night is None:
        return Poll(source, source.url, "feed")
    end = datetime(night.year, night.month, night.day, tzinfo=UTC) + ONE_DAY
    if known and known.status == "ok" and known.looked_at >= end and not refetch:
        return Poll(source, None, "archive", "read before")
    if now < end + LIVE_WINDOW:
        return Poll(source, source.url, "feed")
    if source.past_url:
        url = (
            source.past_url.replace("{yyyy}", f"{night:%Y}")
            .replace("{mm}", f"{night:%m}")
            .replace("{dd}", f"{night:%d}")
        )
        return Poll(source, url, "dated_sitemap")
    return Poll(source, None, "archive", "no_past_source")


def list_entries(source: Source, feed: Feed, via: str, now: datetime) -> list[Listing]:
    """Return the entries of a feed as listings; a link that is none is rejected."""
    return [_list_entry(source, entry, via, now) for entry in feed.entries]


def _list_entry(source: Source, entry: Entry, via: str, now: datetime) -> Listing:
    try:
        canonical, outcome = canonicalize_url(entry.url), None
    except ValueError:
        canonical, outcome = entry.url, "bad_url"
    stated, precision = entry.published_at, entry.published_precision
    if stated is None:
        stated, precision = entry.updated_at, "second"
    if stated is not None and stated > now + ONE_DAY:
        stated = None  # a date in the future says nothing
    return Listing(
        source_id=source.id,
        url=entry.url,
        canonical_url=canonical,
        article_id=article_id(canonical),
        via=via,
        listed_at=now,
        stated_at=stated,
        stated_precision=precision if stated else None,
        updated_at=entry.updated_at,
        title=entry.title,
        summary=entry.summary,
        authors=entry.authors,
        categories=entry.categories,
        lang=entry.lang or source.lang,
        outcome=outcome,
    )


@dataclass(frozen=True)
class Worklist:
    """What a collect run has to fetch and to write down."""

    fetch: tuple[Listing, ...]  # one for each canonical URL that wants its page
    new: tuple[Listing, ...]  # listings that say something new


def choose_pages(
    listed: Iterable[Listing],
    existing: Mapping[tuple[str, str], Listing],
    known: Mapping[int, Sequence[KnownUrl]],
    retryable: frozenset[str],
    *,
    refetch: bool = False,
) -> Worklist:
    """Say which pages to fetch: the new, the changed, and those worth another try.

    Args:
        listed: the entries that the sources list now.
        existing: merged listings of earlier runs, by (source_id, url).
        known: what the URL index knows, by article_id.
        retryable: outcomes worth another try.
        refetch: fetch what was captured before, too.
    """
    current: dict[tuple[str, str], Listing] = dict(existing)
    new = []
    for row in listed:
        old = existing.get((row.source_id, row.url))
        current[row.source_id, row.url] = row
        if old is None or (row.stated_at, row.updated_at) != (
            old.stated_at,
            old.updated_at,
        ):
            new.append(row)
    wanted: dict[int, Listing] = {}
    for key, row in sorted(current.items()):
        if row.article_id in wanted or row.outcome == "bad_url":
            continue
        if refetch or _wants_page(row, existing.get(key), known, retryable):
            wanted[row.article_id] = row
    return Worklist(fetch=tuple(wanted.values()), new=tuple(new))


def _wants_page(
    row: Listing,
    old: Listing | None,
    known: Mapping[int, Sequence[KnownUrl]],
    retryable: frozenset[str],
) -> bool:
    captured = [
        k.captured_at
        for k in known.get(row.article_id, ())
        if k.captured_at is not None
    ]
    if captured:
        is_changed = bool(old and row.updated_at and row.updated_at != old.updated_at)
        return (
            is_changed and row.updated_at is not None and row.updated_at > max(captured)
        )
    outcome = old.outcome if old else None
    return outcome is None or outcome in retryable


def note_outcome(
    row: Listing, outcome: str, reason: str | None, now: datetime
) -> Listing:
    """Return the listing with what became of its page, when there is none."""
    return replace(row, listed_at=now, outcome=outcome, reason=reason)
