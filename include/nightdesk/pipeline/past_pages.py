"""Pages of a past night: the day that they say is theirs, and how they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time

from nightdesk.extract import Page, find_published
from nightdesk.landing import ArchiveWriter
from nightdesk.model import Capture, Listing
from nightdesk.past.dating import read_url_day
from nightdesk.pipeline.collect_rows import write_listings
from nightdesk.pipeline.past_run import PastNight


def date_page(
    past: PastNight, row: Listing, body: bytes, captured_at: datetime
) -> Listing:
    """Return an entry with its day, from its page where no list states it.

    A page without a date leaves the day of its address or of its list; an entry that
    nothing dates belongs to the day on which its page was first captured.
    """
    if row.stated_at is not None:
        return row
    source = past.run.sources[row.source_id]
    moment = find_published(
        Page(
            body=body,
            url=row.final_url or row.url,
            canonical_url=row.canonical_url,
            article_id=row.article_id,
            source_id=row.source_id,
            content_type=row.content_type,
            captured_at=captured_at,
            timezone=source.timezone,
        )
    )
    if moment is None:
        return date_by_list(past, row)
    at = moment.at or datetime.combine(moment.on, time(), UTC)
    return replace(
        row, stated_at=at, stated_precision=moment.precision, dated_by="page"
    )


def date_rows(
    past: PastNight, rows: Sequence[Listing], before: Iterable[Listing]
) -> list[Listing]:
    """Return entries with their days; two addresses of one article have one day.

    Args:
        past: the night.
        rows: the entries.
        before: earlier looks: what a page has said then holds.
    """
    told = {r.article_id: r for r in (*before, *rows) if r.dated_by == "page"}
    dated = []
    for row in rows:
        twin = told.get(row.article_id)
        if row.stated_at is None and twin is not None:
            row = replace(
                row,
                stated_at=twin.stated_at,
                stated_precision=twin.stated_precision,
                dated_by=twin.dated_by,
            )
        dated.append(date_by_list(past, row))
    return dated


def date_by_list(past: PastNight, row: Listing) -> Listing:
    """Return an entry with the day of its address or its list, if it has one."""
    dating = past.dated.get((row.source_id, row.url))
    day = dating.day if dating else read_url_day(row.url)
    if row.stated_at is not None or day is None:
        return row
    return replace(
        row,
        stated_at=datetime.combine(day, time(), UTC),
        stated_precision="day",
        dated_by=dating.rule if dating else "url",
    )


def write_pages(
    past: PastNight, name: str, archive: ArchiveWriter, rows: Sequence[Listing]
) -> None:
    """Write down pages of an archive file of their own: all of them or none counts."""
    batch = past.run.job.landing.open_batch(name)
    captures = archive.close()
    if captures:
        day = captures[0].captured_at.date()
        batch.write_rows(f"captures/day={day}", name, captures, Capture)
    write_listings(batch, name, rows, {})
    batch.commit()
