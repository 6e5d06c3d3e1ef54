"""retention: what is captured is kept for as long as its source says, and then goes."""

from __future__ import annotations

import logging
from datetime import date, timedelta

from nightdesk.landing.put_off import PutOff
from nightdesk.landing.retention import give_up_day
from nightdesk.model import Article, Capture, Fingerprint, Source
from nightdesk.pipeline.extract_task import hold_back
from nightdesk.pipeline.job import Job

log = logging.getLogger(__name__)

Counts = dict[str, int]
#: Why an article has no text: its source's `text_days` are over.
EXPIRED = "retention"
#: Nights whose texts are over and that have not been built again.
WAITING = "expired.json"
#: Days that captures are kept of which no source is known.
_KEEP_DAYS = 365


def give_up_captures(job: Job) -> Counts:
    """Give up the captures whose time is over; the articles read in them stay.

    Raises:
        LandingError: a file cannot be read or written; what could be done is.
    """
    landing, today, put_off = job.landing, job.clock().date(), PutOff()
    present = landing.present
    keeps = {key: keep_days(source) for key, source in job.list_sources().items()}

    def is_over(row: Capture) -> bool:
        source_id = present.get(row.source_id or "", row.source_id or "")
        keep = keeps.get(source_id, _KEEP_DAYS)
        age = today - row.captured_at.date()
        return keep > 0 and age > timedelta(days=keep)

    counts = {"days": 0, "records": 0, "files": 0, "bytes": 0}
    shortest = min([_KEEP_DAYS, *(keep for keep in keeps.values() if keep)])
    for day in landing.capture_days(until=today - timedelta(days=shortest + 1)):
        with put_off.part():
            gone = give_up_day(landing, day, is_over, today)
            counts["days"] += gone.n_records > 0
            counts["records"] += gone.n_records
            counts["files"] += gone.n_files
            counts["bytes"] += gone.size_bytes
    put_off.settle()
    return counts


def keep_days(source: Source) -> int:
    """Return for how long captures of a source are kept; 0: for ever.

    A text that must go is in its capture, too.

    >>> keep_days(Source("a", "A", "rss", "https://a.example/", text_days=30))
    30
    """
    if source.text_days is None:
        return source.keep_days
    return min(source.keep_days or source.text_days, source.text_days)


def expire_texts(job: Job, put_off: PutOff) -> tuple[list[date], int]:
    """Remove the texts whose source allows no longer, from what was extracted.

    An article becomes one whose text is held back: its row stays. The nights are to be
    built again, so that nothing that comes of the texts stays either.

    Args:
        job: the run.
        put_off: takes what cannot be read; the other nights go on.

    Returns:
        The nights that had such texts, oldest first, and how many they were; with the
        nights that a run which was killed has not built again (`WAITING`).
    """
    today = job.clock().date()
    limits = {
        key: today - timedelta(days=source.text_days)
        for key, source in job.list_sources().items()
        if source.text_days is not None
    }
    n_texts = 0
    for night in _list_nights(job) if limits else ():
        over = {key for key, limit in limits.items() if night < limit}
        with put_off.part():
            n_texts += _expire_night(job, night, over) if over else 0
    waiting = job.landing.read_json(WAITING).get("nights", [])
    return sorted(map(date.fromisoformat, waiting)), n_texts


def _list_nights(job: Job) -> list[date]:
    root = job.landing.root / "articles"
    names = [child.name for child in root.iterdir()] if root.is_dir() else []
    return sorted(date.fromisoformat(name.removeprefix("night=")) for name in names)


def _expire_night(job: Job, night: date, sources: set[str]) -> int:
    """Hold back the texts of these sources in a night; return how many had one."""
    landing, n_texts = job.landing, 0
    for name in landing.names(f"articles/night={night}"):
        # Fingerprints first: a kill in between leaves the text that names them.
        ids, found, texts = landing.read_columns(
            name, ("article_id", "source_id", "text")
        )
        gone = {
            i
            for i, source, text in zip(ids, found, texts, strict=True)
            if text and landing.present.get(source, source) in sources
        }
        if not gone:
            continue
        n_texts += len(gone)
        _note_waiting(job, night)
        prints = name.replace("articles/", "fingerprints/", 1)
        if landing.exists(prints):
            rows = landing.read_rows([prints], Fingerprint)
            left = [row for row in rows if row.article_id not in gone]
            landing.replace_rows(prints, left, Fingerprint)
        articles = [
            hold_back(row, EXPIRED) if row.article_id in gone else row
            for row in landing.read_rows([name], Article)
        ]
        landing.replace_rows(name, articles, Article)
    return n_texts


def _note_waiting(job: Job, night: date) -> None:
    nights = {*job.landing.read_json(WAITING).get("nights", ()), str(night)}
    job.landing.write_json(WAITING, {"nights": sorted(nights)})
