"""What a collect run writes down of entries: where they wait, and the URL index."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from nightdesk.landing import Batch
from nightdesk.model import KnownUrl, Listing
from nightdesk.nights import stated_night


def write_listings(
    batch: Batch,
    name: str,
    rows: Iterable[Listing],
    known: Mapping[int, Collection[KnownUrl]],
) -> None:
    """Add entries under the nights that they state, and what was learned of their URLs.

    Args:
        batch: of the run.
        name: of the run's files.
        rows: entries.
        known: what the URL index knows of them.
    """
    by_folder: dict[str, list[Listing]] = {}
    urls = []
    for row in rows:
        night = stated_night(row)
        folder = (
            f"entries/night={night}" if night else f"undated/day={row.listed_at.date()}"
        )
        by_folder.setdefault(folder, []).append(row)
        url = known_url(row, night)
        if url.captured_at or url.night not in {
            k.night for k in known.get(row.article_id, ())
        }:
            urls.append(url)
    batch.write_urls(name, urls)
    for folder, part in sorted(by_folder.items()):
        batch.write_rows(folder, name, part, Listing)


def known_url(row: Listing, night: date | None) -> KnownUrl:
    """Return what the URL index keeps of an entry and the night that it states."""
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
        reservations=row.reservations,
    )
