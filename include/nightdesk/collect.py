"""What a collect run decides: what to poll, which pages to fetch, what to write down.

Pure; `pipeline.collect_task` does the fetching and the writing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeAlias

from nightdesk.model import Capture, Coverage, Entry, Feed, KnownUrl, Listing, Source
from nightdesk.nights import ONE_DAY, stated_night
from nightdesk.poll_state import PollState
from nightdesk.polling import MOST_ENTRIES
from nightdesk.urls import article_id, canonicalize_url, host

#: How long after its end a night is read from the feeds themselves: while it is the
#: last whole day. What a feed shows later is other days' news.
LIVE_WINDOW = timedelta(hours=24)
#: How the reason of a night begins of which something was left out to save cost.
PARTIAL = "partial:"
#: Sources in one batch, at most.
BATCH = 50
#: Articles are fetched a second time when their first capture is this old, and no more
#: when it is that old: corrections come in the first hours. A nightly run alone comes
#: once in 24 hours, which must not be too late by a minute.
REFETCH_FROM, REFETCH_UNTIL = timedelta(hours=12), timedelta(hours=36)


@dataclass(frozen=True)
class Poll:
    """What to ask a source for."""

    source: Source
    url: str | None  # None: there is nothing to ask
    via: str  # feed | archive | past: the night is past, see pipeline.past_task
    reason: str | None = None  # why there is nothing to ask

    @property
    def is_past(self) -> bool:
        """Whether the night is read where past nights are."""
        return self.via == "past"


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
    again, unless a cost cap ended it. Then the feed, while it still shows that night;
    then the places of past nights.

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
    if known and known.looked_at >= end and _is_read(known) and not refetch:
        return Poll(source, None, "archive", "read before")
    if now < end + LIVE_WINDOW:
        return Poll(source, source.url, "feed")
    return Poll(source, None, "past")


def _is_read(known: Coverage) -> bool:
    """Say whether a night was read to its end."""
    return known.status == "ok" and not (known.reason or "").startswith(PARTIAL)


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
    future = stated if stated is not None and stated > now + ONE_DAY else None
    stated = None if future else stated  # it says nothing of the day of the article
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
        future_at=future,
        guid=entry.guid,
        image_url=entry.image_url,
        credits=entry.credits,
        origin_title=entry.origin_title,
        origin_url=entry.origin_url,
    )


#: Earlier looks at entries, by (source_id, url).
Looks: TypeAlias = Mapping[tuple[str, str], Sequence[Listing]]


@dataclass(frozen=True)
class Worklist:
    """What a collect run has to fetch and to write down."""

    fetch: tuple[Listing, ...]  # one for each canonical URL that wants its page
    new: tuple[Listing, ...]  # listings that say something new


@dataclass(frozen=True, slots=True)
class PageMemo:
    """What is kept of a young article, so that it can be asked for again.

    Kept in `pages/<source_id>.json` until `REFETCH_UNTIL`.
    """

    captured_at: datetime  # the first time
    night: date | None  # whose entries list it
    digest: str  # of its newest body
    etag: str | None = None
    last_modified: str | None = None
    is_done: bool = False  # it was asked for again by policy
    is_owed: bool = False  # it was asked for again and could not be had


def read_memos(raw: Mapping[str, Any], now: datetime) -> dict[int, PageMemo]:
    """Return article_id -> memo from JSON; those too old are left out."""
    memos = {}
    for key, value in raw.items():
        captured_at = datetime.fromisoformat(value["captured_at"])
        if now - captured_at <= REFETCH_UNTIL:
            night = value.get("night")
            memos[int(key)] = PageMemo(
                **{
                    **value,
                    "captured_at": captured_at,
                    "night": date.fromisoformat(night) if night else None,
                }
            )
    return memos


def write_memos(memos: Mapping[int, PageMemo]) -> dict[str, Any]:
    """Return memos as JSON."""
    return {
        str(key): {
            **asdict(memo),
            "captured_at": memo.captured_at.isoformat(),
            "night": str(memo.night) if memo.night else None,
        }
        for key, memo in memos.items()
    }


def choose_due(memos: Mapping[int, PageMemo], now: datetime) -> frozenset[int]:
    """Return the articles that the policy wants to see again: once, conditionally."""
    return frozenset(key for key, memo in memos.items() if is_due(memo, now))


def is_due(memo: PageMemo, now: datetime) -> bool:
    """Say whether the policy wants to see an article again."""
    age = now - memo.captured_at
    is_time = not memo.is_done and age >= REFETCH_FROM
    return age <= REFETCH_UNTIL and (is_time or memo.is_owed)


def is_young(row: Listing, now: datetime) -> bool:
    """Say whether an article that is captured now will be asked for again."""
    return row.stated_at is None or now - row.stated_at <= REFETCH_UNTIL


def choose_pages(
    listed: Iterable[Listing],
    existing: Mapping[tuple[str, str], Listing],
    known: Mapping[int, Sequence[KnownUrl]],
    retryable: frozenset[str],
    *,
    refetch: bool = False,
    looks: Looks = MappingProxyType({}),
    due: frozenset[int] = frozenset(),
) -> Worklist:
    """Say which pages to fetch: the new, the changed, and those worth another try.

    Args:
        listed: the entries that the sources list now.
        existing: merged listings of earlier runs, by (source_id, url).
        known: what the URL index knows, by article_id.
        retryable: outcomes worth another try.
        refetch: fetch what was captured before, too.
        looks: the looks that `existing` was merged from.
        due: articles to fetch again by policy.
    """
    current: dict[tuple[str, str], Listing] = dict(existing)
    new = []
    changed = set()
    for row in listed:
        key = row.source_id, row.url
        before = looks.get(key) or [existing[key]] if key in existing else ()
        current[key] = row
        if is_news(row, before):
            new.append(row)
        if is_changed(row, before):
            changed.add(row.article_id)
    wanted: dict[int, Listing] = {}
    for key, row in sorted(current.items(), key=lambda pair: _turn(pair, existing)):
        if row.article_id in wanted or row.outcome == "bad_url":
            continue
        is_again = refetch or row.article_id in changed or row.article_id in due
        if is_again or _wants_page(row, existing.get(key), known, retryable):
            wanted[row.article_id] = row
    return Worklist(fetch=tuple(wanted.values()), new=tuple(new))


def _turn(
    pair: tuple[tuple[str, str], Listing],
    existing: Mapping[tuple[str, str], Listing],
) -> tuple[bool, bool, tuple[str, str]]:
    """Of several addresses of one article, first those that were not tried yet."""
    key, row = pair
    old = existing.get(key)
    is_tried = old is not None and old.outcome is not None
    return is_tried, not row.url.startswith("https:"), key


def is_news(row: Listing, before: Iterable[Listing]) -> bool:
    """Say whether an entry states what none of the looks at it had stated.

    One without a date says nothing against the date that its page gave it before.
    """
    looks = list(before)
    is_known = any(
        row.stated_at in (None, look.stated_at) and row.updated_at == look.updated_at
        for look in looks
    )
    return not is_known or is_changed(row, looks)


def is_changed(row: Listing, before: Iterable[Listing]) -> bool:
    """Say whether an entry that was listed the same way before reads otherwise now.

    Its title and summary are compared; what another kind of list (a sitemap, which
    has no summaries) says of it is no change, and neither is a wording that it had
    before.
    """
    said = {(look.title, look.summary) for look in before if look.via == row.via}
    return bool(said) and (row.title, row.summary) not in said


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
        is_newer = bool(old and row.updated_at and row.updated_at != old.updated_at)
        return (
            is_newer and row.updated_at is not None and row.updated_at > max(captured)
        )
    outcome = old.outcome if old else None
    return outcome is None or outcome in retryable


def find_resent(
    rows: Iterable[Listing],
    before: PollState,
    looks: Looks,
    known: Mapping[int, Sequence[KnownUrl]],
) -> set[int]:
    """Return the articles that a source lists again after they had left its list.

    With their old date (an earlier poll than the last whole one listed them), or with
    a new one (the URL index has them in an earlier night).

    Args:
        rows: what a source lists now.
        before: its state before this poll.
        looks: earlier looks at its entries.
        known: what the URL index knows, by article_id.
    """
    since = before.full_at
    if since is None or len(before.entries) >= MOST_ENTRIES:
        return set()  # what a list this long has lost is not known
    last = set(before.entries)
    return {
        row.article_id
        for row in rows
        if row.article_id not in last
        and (
            any(
                look.listed_at <= since
                for look in looks.get((row.source_id, row.url), ())
            )
            or _is_restamped(row, known.get(row.article_id, ()), since)
        )
    }


def _is_restamped(row: Listing, known: Iterable[KnownUrl], since: datetime) -> bool:
    night = stated_night(row)
    return night is not None and any(
        k.night is not None
        and k.night < night
        and k.captured_at is not None
        and k.captured_at <= since
        for k in known
    )


def note_outcome(
    row: Listing, outcome: str, reason: str | None, now: datetime
) -> Listing:
    """Return the listing with what became of its page, when there is none."""
    return replace(row, listed_at=now, outcome=outcome, reason=reason)


def note_capture(
    row: Listing,
    capture: Capture,
    via: str,
    *,
    captured_at: datetime,
    reservations: tuple[str, ...],
) -> Listing:
    """Return the listing with the copy of its page.

    Args:
        row: the entry.
        capture: where the copy lies.
        via: whose copy it is.
        captured_at: when that one got it.
        reservations: what the page or its server reserves.
    """
    return replace(
        row,
        outcome="ok",
        reason=None,
        captured_at=captured_at,
        final_url=capture.final_url,
        content_type=capture.content_type,
        digest=capture.digest,
        file=capture.file,
        offset=capture.offset,
        reservations=reservations,
        content_via=via,
    )
