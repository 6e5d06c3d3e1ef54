"""collect for a past night: the places where it is read, in this order.

    our own archive -> pages of the feed -> archived feeds -> dated sitemaps
        -> Common Crawl -> GDELT

A source is asked for at the next place until its night is known to be complete. What
one place has named is not lost when the next one fails.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date

from nightdesk.collect import PARTIAL
from nightdesk.model import (
    Coverage,
    CoverageStatus,
    Listing,
    Source,
)
from nightdesk.past_file import Kind, load_places
from nightdesk.pipeline.collect_run import CollectRun
from nightdesk.pipeline.past_ccnews import read_news_files
from nightdesk.pipeline.past_feeds import read_archive, read_feed_pages
from nightdesk.pipeline.past_gdelt import read_gal, read_gkg
from nightdesk.pipeline.past_run import Find, PastNight, read_documents
from nightdesk.pipeline.past_sitemaps import read_sitemaps
from nightdesk.pipeline.past_wayback import read_feed_captures

log = logging.getLogger(__name__)

#: The places in the order in which they are asked.
PLACES: tuple[tuple[Kind | None, Callable[[PastNight], None]], ...] = (
    (None, read_archive),
    ("feed_pages", read_feed_pages),
    ("wayback", read_feed_captures),
    ("dated_sitemap", read_sitemaps),
    ("ccnews", read_news_files),
    ("gdelt_gal", read_gal),
    ("gdelt_gkg", read_gkg),
)
_CAP = "cost_cap"


def read_past(run: CollectRun, night: date, sources: Iterable[Source]) -> PastNight:
    """Read a past night of these sources; their entries are added to the run's.

    Raises:
        ConfigError: the past file is wrong.
    """
    past = PastNight(
        run=run,
        night=night,
        places=load_places(run.job.settings),
        finds={source.id: Find(source) for source in sources},
        documents=read_documents(run.job.landing),
    )
    waiting = Counter(
        row.source_id
        for row in run.job.landing.read_folder(f"entries/night={night}", Listing)
    )
    for find in past.finds.values():
        find.n_waiting = waiting[find.source.id]
        if run.logins[find.source.id] is None:
            find.is_barred, find.failures["login"] = True, "auth"
    for kind, read in PLACES:
        if not past.open():
            break
        if kind is None or past.places[kind].is_enabled:
            log.info(
                "past=%s night=%s sources=%d",
                kind or "archive",
                night,
                len(past.open()),
            )
            read(past)
    run.documents += past.fresh
    return past


def judge_find(past: PastNight, find: Find) -> Coverage:
    """Return what is known of a source's night after all places were asked."""
    status, reason = _judge(find)
    return Coverage(
        source_id=find.source.id,
        status=status,
        looked_at=past.run.job.clock(),
        reason=reason,
        via=find.via or "archive",
        n_entries=find.n_entries or find.n_waiting,
    )


def _judge(find: Find) -> tuple[CoverageStatus, str | None]:
    capped = {k: w for k, w in find.failures.items() if w.startswith(_CAP)}
    failed = {k: w for k, w in find.failures.items() if k not in capped}
    if find.is_complete:
        return "ok", None
    if failed:
        return "failed", _join(failed)
    if find.n_entries or find.n_waiting:
        why = _join({**find.notes, **capped}) or "what was found may not be all"
        return "ok", f"{PARTIAL} {why}"
    if capped:
        return "no_coverage", _join(capped)
    return "no_coverage", _explain(find)


def _explain(find: Find) -> str:
    """Return why there is nothing: the places that might have had something."""
    told = {k: w for k, w in find.absences.items() if k != "feed_pages"}
    if told:
        return _join(told) or "no_past_source"
    reach = find.absences.get("feed_pages")
    return f"no_past_source: {reach}" if reach else "no_past_source"


def _join(words: dict[str, str]) -> str | None:
    """Return reasons in one line; a single one by itself."""
    if len(words) < 2:
        return next(iter(words.values()), None)
    return "; ".join(f"{place}: {word}" for place, word in words.items())
