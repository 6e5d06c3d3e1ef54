"""Which night owns an entry, and the bin that it ends in: the accounting, pure.

A night is the UTC day [D 00:00, D+1 00:00). The owner of a canonical URL is the
earliest day that any entry states for it; without a stated day it is the page's own
day if that is within one day of the first capture, else the day of the first capture.
Everything here is a function of sets: the order in which captures came plays no part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from nightdesk.model import (
    Coverage,
    KnownUrl,
    Listing,
    PlannedEntry,
    PlannedPage,
    Source,
)

#: Outcomes that leave an entry waiting: it was not, or not really, tried.
PENDING = frozenset({"host_busy", "rate_limited"})
#: Outcomes that are an answer about the page itself: trying again changes nothing.
REJECTED = frozenset(
    {"robots", "wrong_type", "too_large", "forbidden_address", "bad_url"}
)

ONE_DAY = timedelta(days=1)
#: What dates an entry only where nothing is stated and its page says nothing, or could
#: not be had: a later look that has its page knows better. See `past.dating`.
_WEAK = frozenset({"url", "list", "index"})
#: Why an entry is rejected whose page somebody brought in by hand and took back.
REMOVED = "removed_by_hand"


def last_night(now: datetime) -> date:
    """Return the last whole UTC day.

    >>> last_night(datetime(2026, 3, 2, 0, 0, 1, tzinfo=UTC))
    datetime.date(2026, 3, 1)
    """
    return (now - ONE_DAY).date()


@dataclass(frozen=True)
class Capture:
    """One captured body of a canonical URL."""

    captured_at: datetime
    digest: str
    file: str
    offset: int
    url: str
    content_type: str | None
    reservations: tuple[str, ...]


@dataclass(frozen=True)
class NightPlan:
    """What a night is to be built from."""

    entries: tuple[PlannedEntry, ...]
    pages: tuple[PlannedPage, ...]


def night_of(at: datetime) -> date:
    """Return the night of a stated time: its UTC day.

    A day that was stated without a time of day is kept as its midnight in UTC, so it
    is taken as it stands.

    >>> night_of(datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    datetime.date(2026, 3, 1)
    """
    return at.astimezone(UTC).date()


def merge_listings(
    rows: Iterable[Listing], rank: Callable[[str], int]
) -> dict[tuple[str, str], Listing]:
    """Return one listing for each (source_id, url), whatever order the looks came in.

    Args:
        rows: looks at entries.
        rank: how definite an outcome is (`fetch.answered`): a server's word beats a
            time-out, which beats no contact at all.
    """
    groups: dict[tuple[str, str], list[Listing]] = {}
    for row in rows:
        groups.setdefault((row.source_id, row.url), []).append(row)
    return {key: _merge(group, rank) for key, group in sorted(groups.items())}


def _merge(group: list[Listing], rank: Callable[[str], int]) -> Listing:
    looks = sorted(group, key=lambda row: (row.listed_at, row.outcome or "", row.via))
    first = looks[0]
    dated = min(
        (row for row in looks if row.stated_at),
        key=lambda row: (row.dated_by in _WEAK, row.stated_at, row.listed_at),
        default=first,
    )
    page = max(looks, key=lambda row: _weight(row, rank))
    return replace(
        first,
        stated_at=dated.stated_at,
        stated_precision=dated.stated_precision,
        updated_at=max((r.updated_at for r in looks if r.updated_at), default=None),
        outcome=page.outcome,
        reason=page.reason,
        captured_at=page.captured_at,
        final_url=page.final_url,
        content_type=page.content_type,
        digest=page.digest,
        file=page.file,
        offset=page.offset,
        reservations=page.reservations,
        dated_by=dated.dated_by,
        content_via=page.content_via,
    )


def _weight(row: Listing, rank: Callable[[str], int]) -> tuple[int, datetime, str]:
    if row.file is not None and row.captured_at is not None:
        return 9, row.captured_at, row.digest or ""
    if row.outcome is None:
        return -1, row.listed_at, ""
    return rank(row.outcome), row.listed_at, row.outcome


def merge_coverage(
    rows: Iterable[Coverage], rank: Callable[[str], int]
) -> dict[str, Coverage]:
    """Return what is known of each source: the best look, by rule.

    A look that worked beats one that did not; among failures the most definite one
    wins (see `merge_listings`), then the latest. `no_coverage` is weaker than the
    failure of the night itself, and stronger than one of a later look into archives.
    """
    weights = {"ok": 3, "failed": 2, "no_coverage": 1}

    def weight(row: Coverage) -> tuple[int, int, datetime, str]:
        is_late = row.status == "failed" and row.via == "archive"
        status = 0 if is_late else weights[row.status]
        return status, rank(row.reason or ""), row.looked_at, row.via or ""

    best: dict[str, Coverage] = {}
    for row in sorted(rows, key=weight):
        best[row.source_id] = row
    return best


def plan_night(
    night: date,
    rows: Sequence[Listing],
    known: Mapping[int, Sequence[KnownUrl]],
    sources: Mapping[str, Source],
    rank: Callable[[str], int],
    *,
    owners: Mapping[int, date] | None = None,
) -> NightPlan:
    """Say which entries a night has and which pages it extracts.

    Args:
        night: the night to plan.
        rows: the looks filed under this night, and those without a stated day of the
            day before, this day and the next.
        known: per article_id, what the URL index knows.
        sources: the sources by id (for their time zones and first ids).
        rank: see `merge_listings`.
        owners: article_id -> the night that people decided on. Rows of articles that
            this gives to the night are to be among `rows`, whatever they state.
    """
    asked = _Asked(night, sources, owners or {})
    gone = {
        (k.file, k.offset) for looks in known.values() for k in looks if k.is_removal
    }
    removed = [row for row in rows if (row.file, row.offset) in gone]
    rows = [row for row in rows if (row.file, row.offset) not in gone]
    merged = merge_listings(rows, rank)
    groups: dict[int, list[Listing]] = {}
    for listing in merged.values():
        groups.setdefault(listing.article_id, []).append(listing)
    captures: dict[int, list[Listing]] = {}
    for row in rows:
        if row.file is not None:
            captures.setdefault(row.article_id, []).append(row)
    entries: list[PlannedEntry] = []
    pages: list[PlannedPage] = []
    for article_id, group in sorted(groups.items()):
        found = _captures(captures.get(article_id, ()), known.get(article_id, ()))
        some_entries, some_pages = _plan_group(
            asked, group, known.get(article_id, ()), found
        )
        entries += some_entries
        pages += some_pages
    entries += _list_removed(night, merge_listings(removed, rank).values(), entries)
    return NightPlan(tuple(entries), tuple(pages))


def _list_removed(
    night: date, rows: Iterable[Listing], entries: Sequence[PlannedEntry]
) -> list[PlannedEntry]:
    """Return what a night rejects because it was taken back and is not listed again."""
    there = {(entry.source_id, entry.url) for entry in entries}
    taken = {entry.article_id for entry in entries}
    return [
        _entry(row, "rejected", REMOVED, is_primary=row.article_id not in taken)
        for row in rows
        if (row.source_id, row.url) not in there
        and (stated_night(row) or row.listed_at.date()) == night
    ]


def _captures(
    rows: Iterable[Listing], known: Iterable[KnownUrl]
) -> tuple[Capture, ...]:
    """Return the distinct captured bodies of one URL, oldest first."""
    found: dict[str, Capture] = {}
    looks: tuple[Listing | KnownUrl, ...] = (*rows, *known)
    for row in looks:
        if row.file is None or row.captured_at is None:
            continue
        capture = Capture(
            row.captured_at,
            row.digest or "",
            row.file,
            row.offset or 0,
            row.final_url or row.canonical_url,
            row.content_type,
            row.reservations,
        )
        old = found.get(capture.digest)
        if old is None or _place(capture) < _place(old):
            found[capture.digest] = capture
    return tuple(sorted(found.values(), key=_place))


def _place(capture: Capture) -> tuple[datetime, str, int]:
    return capture.captured_at, capture.file, capture.offset


@dataclass(frozen=True)
class _Asked:
    """The night to plan, and what holds for all of its entries."""

    night: date
    sources: Mapping[str, Source]
    owners: Mapping[int, date]


def _plan_group(
    asked: _Asked,
    group: list[Listing],
    known: Sequence[KnownUrl],
    found: tuple[Capture, ...],
) -> tuple[list[PlannedEntry], list[PlannedPage]]:
    """Plan the entries of one canonical URL."""
    night, owner = asked.night, asked.owners.get(group[0].article_id)
    stated = {row.night for row in known if row.night is not None}
    mine, undated = [], []
    for listing in group:
        day = stated_night(listing)
        if day is None:
            undated.append(listing)
        else:
            stated.add(day)
            if night in (day, owner):
                mine.append(listing)
    stated = stated if owner is None else {owner}
    listed_today = [row for row in undated if row.listed_at.date() == night]
    if stated and min(stated) != night:
        where = f"in night {min(stated)}"
        return [_entry(r, "duplicate", where) for r in mine + listed_today], []
    if not mine:
        mine = undated if found else listed_today
    else:
        mine += listed_today
    if not mine:
        return [], []
    primary = min(mine, key=lambda row: _primacy(row, asked.sources))
    bin_, reason = _bin_of(_best_try(mine)) if not found else (None, None)
    copied = next((r.content_via for r in group if r.content_via), None)
    stands = replace(primary, content_via=primary.content_via or copied)
    entries = [_entry(stands, bin_, reason, is_primary=True)] + [
        _entry(row, "duplicate", "same canonical URL")
        for row in mine
        if row is not primary
    ]
    return entries, _pages(primary, found, bool(stated), asked.sources)


def stated_night(listing: Listing) -> date | None:
    """Return the night that an entry states; None where it states no date."""
    return None if listing.stated_at is None else night_of(listing.stated_at)


def _primacy(row: Listing, sources: Mapping[str, Source]) -> tuple[datetime, str, str]:
    """Return an entry's rank: by its source's first id, which no rename changes."""
    source = sources.get(row.source_id)
    first_id = source.was[0] if source and source.was else row.source_id
    return row.stated_at or datetime.max.replace(tzinfo=UTC), first_id, row.url


def _best_try(rows: Iterable[Listing]) -> str | None:
    tried = sorted({r.outcome for r in rows if r.outcome})
    answers = [outcome for outcome in tried if outcome not in PENDING]
    return next(iter(answers or tried), None)


def _bin_of(outcome: str | None) -> tuple[str | None, str | None]:
    if outcome is None:
        return "pending", "not_fetched"
    if outcome in PENDING:
        return "pending", outcome
    return ("rejected" if outcome in REJECTED else "failed"), outcome


def _entry(
    row: Listing, bin_: str | None, reason: str | None, *, is_primary: bool = False
) -> PlannedEntry:
    return PlannedEntry(
        source_id=row.source_id,
        url=row.url,
        canonical_url=row.canonical_url,
        article_id=row.article_id,
        via=row.via,
        is_primary=is_primary,
        title=row.title,
        stated_at=row.stated_at,
        stated_precision=row.stated_precision,
        bin=bin_,
        reason=reason,
        updated_at=row.updated_at,
        future_at=row.future_at,
        guid=row.guid,
        authors=row.authors,
        categories=row.categories,
        lang=row.lang,
        image_url=row.image_url,
        credits=row.credits,
        origin_title=row.origin_title,
        origin_url=row.origin_url,
        dated_by=row.dated_by,
        content_via=row.content_via,
    )


def _pages(
    primary: Listing,
    found: tuple[Capture, ...],
    is_dated: bool,
    sources: Mapping[str, Source],
) -> list[PlannedPage]:
    source = sources.get(primary.source_id)
    return [
        PlannedPage(
            article_id=primary.article_id,
            canonical_url=primary.canonical_url,
            url=capture.url,
            source_id=primary.source_id,
            via=primary.via,
            captured_at=capture.captured_at,
            first_captured_on=found[0].captured_at.date(),
            digest=capture.digest,
            file=capture.file,
            offset=capture.offset,
            is_current=capture is found[-1],
            is_dated=is_dated,
            content_type=capture.content_type,
            title=primary.title,
            stated_at=primary.stated_at,
            stated_precision=primary.stated_precision,
            timezone=source.timezone if source else "UTC",
            reservations=capture.reservations,
            held_back=_hold_back(capture, source),
            future_at=primary.future_at,
        )
        for capture in found
    ]


def _hold_back(capture: Capture, source: Source | None) -> str | None:
    """Return why a text is not used: its rights are reserved, and nobody has them."""
    is_licensed = source is not None and source.tdm == "licensed"
    return "tdm" if "tdm" in capture.reservations and not is_licensed else None
