"""What reading a past night has in hand: per source what was found, per place the cost.

Places share this; each is a module of its own with one function `read_*(past)`, which
reads for the sources whose night is not complete yet. `past_task` has their order.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from nightdesk.collect import list_entries
from nightdesk.errors import FeedError, LandingError
from nightdesk.feeds import parse_feed
from nightdesk.fetch import Fetched, Request
from nightdesk.landing import Landing
from nightdesk.model import Capture, Feed, Listing, PastDocument, Source
from nightdesk.past.cost import Caps, Meter
from nightdesk.past.dating import Dating, date_entry
from nightdesk.past.spans import Span, find_gap, night_span
from nightdesk.past_file import Kind, Place
from nightdesk.pipeline.collect_run import CollectRun, fetch_all
from nightdesk.urls import host

log = logging.getLogger(__name__)

#: Rows of `PastDocument` that runs have written.
DOCUMENTS = "past/documents"
#: Requests to one host between two looks at the caps.
_STEP = 8


@dataclass
class Find:
    """What is known of one source's past night."""

    source: Source
    spans: list[Span] = field(default_factory=list)
    is_complete: bool = False
    is_barred: bool = False  # its login cannot be had
    n_entries: int = 0
    n_waiting: int = 0  # entries that earlier runs have found
    via: str | None = None  # the last place that had something
    failures: dict[str, str] = field(default_factory=dict)  # by place
    absences: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)  # what was left out


@dataclass
class PastNight:
    """A past night of some sources while it is read."""

    run: CollectRun
    night: date
    places: Mapping[Kind, Place]
    finds: dict[str, Find]
    documents: list[PastDocument]  # of earlier runs
    fresh: list[PastDocument] = field(default_factory=list)  # of this run
    dated: dict[tuple[str, str], Dating] = field(default_factory=dict)
    meters: dict[str, Meter] = field(default_factory=dict)
    said: dict[tuple[str, str], set[tuple[object, ...]]] = field(default_factory=dict)

    @property
    def span(self) -> Span:
        """The UTC day."""
        return night_span(self.night)

    def open(self) -> list[Find]:
        """Return the sources whose night is not known to be complete."""
        return [
            find
            for find in self.finds.values()
            if not find.is_complete and not find.is_barred
        ]

    def meter(self, kind: Kind) -> Meter:
        """Return what was spent at a place."""
        if kind not in self.meters:
            self.meters[kind] = Meter(caps_of(self.places[kind]))
        return self.meters[kind]

    def documents_of(self, kind: str, source_id: str) -> list[PastDocument]:
        """Return the lists of a source that were archived, of all runs."""
        rows = [*self.documents, *self.fresh]
        return [r for r in rows if (r.kind, r.source_id) == (kind, source_id)]

    # fetching --------------------------------------------------------------

    def fetch(
        self, kind: Kind, requests: Sequence[Request]
    ) -> Iterator[tuple[Request, Fetched | str]]:
        """Yield what became of requests to a place; a word why one was not made.

        Stops asking when a cap is reached, which says how many are left, and where a
        host wants no request.
        """
        meter, place = self.meter(kind), self.places[kind]
        ready: dict[str, Request] = {}
        over: list[Request] = []
        room = meter.caps.n_requests - meter.n_requests
        for request in requests:
            if self.run.memory.wait_until(request.url) is not None:
                yield request, "rate_limited"
            elif meter.reached or len(ready) >= room:
                over.append(request)
            else:
                ready[request.url] = replace(request, gap_s=place.gap_s)
        began = time.monotonic()
        while ready and not meter.reached:
            for request, fetched in fetch_all(self.run, _take_step(ready)):
                self.run.memory.note_wait(fetched)
                spent, began = time.monotonic() - began, time.monotonic()
                meter.add(fetched.attempt.bytes_wire, spent)
                del ready[request.url]
                yield request, fetched
        over += ready.values()
        for request in over:
            left = f"{len(over)} of {len(requests)} requests left"
            yield request, f"{meter.reached or 'cost_cap'}: {left}"
        log.info("past=%s night=%s %s", kind, self.night, meter.words())

    def fetch_one(self, kind: Kind, request: Request) -> Fetched | str:
        """Return what became of one request, or why it was not made."""
        ((_, answer),) = self.fetch(kind, [request])
        return answer

    # what was found --------------------------------------------------------

    def keep(self, kind: Kind, document: PastDocument, capture: Capture | None) -> None:
        """Write down that a list was archived, or that there was none."""
        if capture is not None:
            document = replace(document, file=capture.file, offset=capture.offset)
        self.fresh.append(replace(document, kind=kind))

    def parse(self, source: Source, body: bytes, url: str, kind: str | None) -> Feed:
        """Return a feed or sitemap of a source.

        Raises:
            FeedError: it is none.
        """
        feed = parse_feed(
            body,
            url=url,
            timezone=source.timezone,
            kind=kind,
            link_pattern=source.link_pattern,
        )
        for warning in feed.warnings:
            log.info("source=%s feed: %s", source.id, warning)
        return feed

    def list_feed(
        self,
        find: Find,
        feed: Feed,
        via: str,
        seen_at: datetime,
        list_day: date | None = None,
    ) -> None:
        """Add the entries of a list that belong to the night."""
        is_feed = not feed.kind.startswith("sitemap")
        source, kept = find.source, []
        for entry in feed.entries:
            dating = date_entry(
                entry, source, self.night, is_feed=is_feed, list_day=list_day
            )
            if dating is not None:
                self.dated[source.id, entry.url] = dating
                kept.append(entry)
        rows = list_entries(source, replace(feed, entries=tuple(kept)), via, seen_at)
        self.add(find, (self.state(row) for row in rows), via)

    def state(self, row: Listing) -> Listing:
        """Return an entry with its day by rule; a change is no publication."""
        dating = self.dated[row.source_id, row.url]
        return replace(
            row,
            stated_at=dating.at,
            stated_precision=dating.precision,
            dated_by=dating.rule,
        )

    def add(self, find: Find, rows: Iterator[Listing], via: str) -> None:
        """Take in entries of the night, each statement of one once.

        An index that states nothing adds only what no other place has named.
        """
        found = [row for row in rows if self._is_new(row)]
        self.run.listed += found
        find.n_entries += len(found)
        find.via = via if found or find.via is None else find.via

    def _is_new(self, row: Listing) -> bool:
        said = self.said.setdefault((row.source_id, row.url), set())
        if said and row.dated_by == "index":
            return False
        words = (row.stated_at, row.updated_at, row.title, row.summary)
        is_new = words not in said
        said.add(words)
        return is_new

    def cover(self, find: Find, spans: Sequence[Span]) -> None:
        """Take in for which times a source's entries are all known."""
        find.spans += spans
        find.is_complete = find_gap(find.spans, self.span) is None


def caps_of(place: Place) -> Caps:
    """Return what one collect task may spend at a place."""
    return Caps(place.most_bytes, place.most_requests, place.most_s)


def read_documents(landing: Landing) -> list[PastDocument]:
    """Return the lists that runs have archived; a damaged file is as good as none.

    What it held is read again where it came from.
    """
    rows: list[PastDocument] = []
    for name in landing.names(DOCUMENTS):
        try:
            rows += landing.read_rows([name], PastDocument)
        except LandingError as error:
            log.warning("past: read anew: %s", error)
    return rows


def read_body(past: PastNight, row: PastDocument) -> bytes:
    """Return the bytes of a list that was archived.

    Raises:
        ArchiveError: it is missing or damaged.
    """
    return past.run.job.landing.read_capture(row.file or "", row.offset or 0)


def reach_of(feed: Feed) -> list[datetime]:
    """Return the times that the entries of a feed state."""
    stated = (entry.published_at or entry.updated_at for entry in feed.entries)
    return [at for at in stated if at is not None]


def try_parse(
    past: PastNight, find: Find, body: bytes, url: str, *, kind: str | None = None
) -> Feed | None:
    """Return a feed or sitemap of a source; None, and a line in the log, for others."""
    try:
        return past.parse(find.source, body, url, kind)
    except FeedError as error:
        log.warning("source=%s feed: %s", find.source.id, error)
        return None


def _take_step(ready: Mapping[str, Request]) -> list[Request]:
    """Return the next requests of each host, after which the caps are looked at.

    All of them are taken in: of a longer row answers would be on their way when a cap
    is reached, and be asked for again.
    """
    n_taken: Counter[str] = Counter()
    step = []
    for request in ready.values():
        name = host(request.url)
        if n_taken[name] < _STEP:
            n_taken[name] += 1
            step.append(request)
    return step
