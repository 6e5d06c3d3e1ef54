"""What people said of single articles, as the plan of a night needs it.

A corrected date makes its day the owner of the article, whatever entries state. The
nights that it touches are built together until each has been built with that word, so
that the article is in one of them, and in one only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from nightdesk.corrections import (
    Corrections,
    find_date,
    load_corrections,
    read_published,
)
from nightdesk.decisions import load_merges
from nightdesk.landing import Landing
from nightdesk.model import KnownUrl, Listing
from nightdesk.nights import night_of
from nightdesk.pipeline.job import Job, days_around
from nightdesk.tag.correct import digest_corrections


@dataclass(frozen=True)
class Decided:
    """The corrections, and the nights that each of their articles touches."""

    landing: Landing
    corrections: Corrections
    owners: dict[int, date] = field(default_factory=dict)  # of dates in force
    nights: dict[int, set[date]] = field(default_factory=dict)
    moving: frozenset[int] = frozenset()  # with a date that holds, or has held
    merged: str = ""  # digest of which entities are one; "" of none

    def digest_of(self, night: date) -> str:
        """Return the digest of what is said of a night's articles and of entities."""
        rows = self.corrections.rows
        touching = (row for row in rows if night in self.nights[row.article_id])
        return digest_corrections(touching) + self.merged

    def has_arrivals(self, night: date) -> bool:
        """Did people give an article to a night, whatever entries state?"""
        return night in self.owners.values()

    def find_partners(self, night: date) -> set[date]:
        """Return the other nights that a moving article of a night touches."""
        touched = [self.nights[i] for i in self.moving if night in self.nights[i]]
        return {other for nights in touched for other in nights} - {night}

    def read_arrivals(self, night: date) -> list[Listing]:
        """Return the entries of other nights whose articles people gave to this one."""
        ids = {i for i, owner in self.owners.items() if owner == night}
        others = {n for i in ids for n in self.nights[i]} - {night}
        around = {*days_around(night)}
        folders = [f"entries/night={n}" for n in sorted(others)]
        folders += [f"undated/day={n}" for n in sorted(others - around)]
        rows = [
            row for name in folders for row in self.landing.read_folder(name, Listing)
        ]
        return [row for row in rows if row.article_id in ids]


def load_decided(job: Job) -> Decided:
    """Return what people said, with the nights that it touches."""
    corrections = load_corrections(job.settings.decisions)
    merges = load_merges(job.settings.decisions).rows
    said = sorted((m.old_id, m.entity_id) for m in merges)
    merged = hashlib.sha256(repr(said).encode()).hexdigest() if said else ""
    lines = corrections.lines
    if not lines:
        return Decided(job.landing, corrections, merged=merged)
    known = job.landing.find_urls({row.article_id for row in lines})
    nights = {
        row.article_id: list_nights(known.get(row.article_id, ())) for row in lines
    }
    moving = set()
    for row in lines:
        if row.kind == "date":
            moving.add(row.article_id)
            nights[row.article_id].add(night_of(read_published(str(row.value))))
    dates = {i: find_date(rows) for i, rows in corrections.by_article().items()}
    owners = {
        i: night_of(read_published(str(row.value))) for i, row in dates.items() if row
    }
    return Decided(job.landing, corrections, owners, nights, frozenset(moving), merged)


def list_nights(rows: Iterable[KnownUrl]) -> set[date]:
    """Return the nights that may have taken an address as theirs."""
    found: set[date] = set()
    for row in rows:
        if row.night is not None:
            found.add(row.night)
        elif row.captured_at is not None:
            found |= {*days_around(row.captured_at.date())}
    return found
