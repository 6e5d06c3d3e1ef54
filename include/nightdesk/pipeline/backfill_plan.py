"""backfill plan: what of past nights is where, and what reading it would cost.

Looks at the landing area alone, and asks public archives what they have only when told
to. Costs are of the requests that a run would make next; pages themselves come on top,
as in any night.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from nightdesk.collect import Poll, choose_poll
from nightdesk.fetch import Fetcher, Request, answered
from nightdesk.model import Coverage, PastDocument, Source
from nightdesk.nights import ONE_DAY, merge_coverage
from nightdesk.past.ccnews import (
    FILE_BYTES,
    FILES_A_DAY,
    WINDOW,
    NewsFile,
    choose_files,
    list_months,
    parse_paths,
    paths_url,
)
from nightdesk.past.cdx import Snapshot, ask_captures
from nightdesk.past.raw import say_counts
from nightdesk.past.spans import night_span
from nightdesk.past_file import Kind, Place, load_places
from nightdesk.pipeline.job import Job, user_agent
from nightdesk.pipeline.past_run import read_documents
from nightdesk.pipeline.past_sitemaps import fill_address
from nightdesk.pipeline.past_wayback import parse_index

#: The source of what is read once for all sources.
ALL = "*"
_FEEDS = frozenset({"rss", "atom", "jsonfeed"})
_PART = 8 << 20  # bytes of one request for a file of Common Crawl
_FEED_BYTES = 100_000
#: What a night of GDELT costs: requests and bytes.
_GDELT: Mapping[Kind, tuple[int, int]] = {
    "gdelt_gal": (768, 10_000_000),
    "gdelt_gkg": (220, 800_000_000),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What one place has of a night of a source."""

    night: date
    source_id: str  # ALL: of whoever is not complete by then
    place: str
    is_enabled: bool
    what: str
    n_requests: int = 0
    n_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """Nights in a row of one source for which every place gives the same answer."""

    first: date
    last: date
    source_id: str
    answers: tuple[str, ...]  # "place: what", in the order of asking
    n_requests: int
    n_bytes: int


@dataclass
class Asked:
    """What public archives said that they have."""

    files: list[NewsFile] | None = None  # of Common Crawl, in these months
    captures: dict[tuple[str, date], int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Desk:
    """What the landing area has of the past."""

    job: Job
    places: Mapping[Kind, Place]
    documents: Mapping[tuple[str, str], Sequence[PastDocument]]
    indexed: frozenset[str]  # news files whose index is whole
    asked: Asked | None
    nights: frozenset[date]


def plan_backfill(
    job: Job, nights: Sequence[date], sources: Sequence[Source], *, ask: bool = False
) -> tuple[list[Offer], Asked | None]:
    """Return what is where for these nights, by night, source and place.

    Args:
        job: the run.
        nights: the nights.
        sources: the sources.
        ask: ask the archives that are turned on what they have.

    Raises:
        ConfigError: the past file is wrong.
    """
    places = load_places(job.settings)
    documents: dict[tuple[str, str], list[PastDocument]] = {}
    for row in read_documents(job.landing):
        documents.setdefault((row.kind, row.source_id), []).append(row)
    asked = _ask(job, places, nights, sources) if ask else None
    indexed, all_nights = _list_indexed(job), frozenset(nights)
    desk = _Desk(job, places, documents, indexed, asked, all_nights)
    return [offer for night in nights for offer in _offer(desk, night, sources)], asked


def list_spans(
    offers: Iterable[Offer], source_id: str, nights: Sequence[date]
) -> list[Span]:
    """Return what a source has of some nights, with equal neighbours made one.

    Args:
        offers: of any sources.
        source_id: the source that is meant.
        nights: all of them, oldest first; one without an offer has no answers.
    """
    by_night: dict[date, list[Offer]] = {night: [] for night in nights}
    for offer in offers:
        if offer.source_id == source_id:
            by_night[offer.night].append(offer)
    spans: list[Span] = []
    for night, mine in by_night.items():
        answers = tuple(f"{offer.place}: {offer.what}" for offer in mine)
        n, size = sum(o.n_requests for o in mine), sum(o.n_bytes for o in mine)
        before = spans[-1] if spans else None
        if before and (before.last, before.answers) == (night - ONE_DAY, answers):
            n, size = n + before.n_requests, size + before.n_bytes
            spans[-1] = Span(before.first, night, source_id, answers, n, size)
        else:
            spans.append(Span(night, night, source_id, answers, n, size))
    return spans


def _offer(desk: _Desk, night: date, sources: Iterable[Source]) -> Iterator[Offer]:
    rows = desk.job.landing.read_folder(f"coverage/night={night}", Coverage)
    known = merge_coverage(rows, answered)
    is_any_open = False
    for source in sources:
        look = known.get(source.id)
        poll = choose_poll(source, night, desk.job.clock(), look, refetch=False)
        if not poll.is_past:
            yield _offer_now(poll, night)
            continue
        is_any_open = True
        yield from _offer_feeds(desk, night, source)
        if source.past_url:
            yield _offer_sitemap(desk, night, source)
    if is_any_open:
        yield _offer_news(desk, night)
        for kind in ("gdelt_gal", "gdelt_gkg"):
            yield _offer_gdelt(desk, night, kind)


def _offer_now(poll: Poll, night: date) -> Offer:
    if poll.via == "feed":
        what = "its feed, which still shows this night"
        return Offer(night, poll.source.id, "feed", True, what, 1, _FEED_BYTES)
    return Offer(night, poll.source.id, "archive", True, "read before")


def _offer_feeds(desk: _Desk, night: date, source: Source) -> Iterator[Offer]:
    if source.kind in _FEEDS:
        place = desk.places["feed_pages"]
        what, n = _judge_walk(desk, night, source)
        size = n * _FEED_BYTES
        yield Offer(night, source.id, "feed_pages", place.is_enabled, what, n, size)
    if source.kind != "page":
        place = desk.places["wayback"]
        what, n = _judge_captures(desk, night, source)
        size = n * _FEED_BYTES
        yield Offer(night, source.id, "wayback", place.is_enabled, what, n, size)


def _judge_walk(desk: _Desk, night: date, source: Source) -> tuple[str, int]:
    """Return what is known of a feed's pages, and the requests that are left."""
    pages = desk.documents.get(("feed_pages", source.id), ())
    newest = max((page.walk or "" for page in pages), default="")
    pages = [page for page in pages if page.walk == newest]
    since = min((page.since for page in pages if page.since), default=None)
    if not pages or newest < night_span(night).until.isoformat() or since is None:
        return "pages of its feed, if it names any", 2
    if since <= night_span(night).since:
        return "pages that are archived", 0
    if pages[-1].older_url is None:
        return f"nothing: the feed reaches back to {since:%Y-%m-%d}", 0
    began = max(page.until or page.seen_at for page in pages)
    per_page = max((began - since) / len(pages), timedelta(minutes=1))
    n = -(-(since - night_span(night).since) // per_page)
    return f"pages of its feed, which were read back to {since:%Y-%m-%d}", n


def _judge_captures(desk: _Desk, night: date, source: Source) -> tuple[str, int]:
    if desk.asked is None:
        return "captures of its feed, if there are any", 3
    days = [night + timedelta(days=n) for n in range(3)]
    n = sum(desk.asked.captures.get((source.id, day), 0) for day in days)
    return f"{n} captures of its feed", 1 + min(n, 4)


def _offer_sitemap(desk: _Desk, night: date, source: Source) -> Offer:
    place = desk.places["dated_sitemap"]
    url = fill_address(source.past_url or "", night)
    is_here = any(
        row.url == url and row.seen_at >= night_span(night).until
        for row in desk.documents.get(("dated_sitemap", source.id), ())
    )
    what = f"{source.past_url}{', which is archived' if is_here else ''}"
    n = 0 if is_here else 1
    size = n * _FEED_BYTES
    return Offer(night, source.id, "dated_sitemap", place.is_enabled, what, n, size)


def _offer_news(desk: _Desk, night: date) -> Offer:
    """Return what Common Crawl has; what is indexed costs next to nothing."""
    place = desk.places["ccnews"]
    is_first = night - ONE_DAY not in desk.nights  # the night before has most of them
    since, end = (night if is_first else night + WINDOW), night + WINDOW
    there = sum(f"{since:%Y%m%d}" <= s[8:16] <= f"{end:%Y%m%d}" for s in desk.indexed)
    n_files = round(FILES_A_DAY * ((end - since).days + 1))
    if desk.asked and desk.asked.files is not None:
        mine = {*choose_files(desk.asked.files, night)}
        before = {*choose_files(desk.asked.files, night - ONE_DAY)}
        own = mine if is_first else mine - before
        n_files, there = len(own), sum(file.name in desk.indexed for file in own)
    left = max(n_files - there, 0)
    what = f"{n_files} files, {there} of them indexed"
    n, size = left * -(-FILE_BYTES // _PART), left * FILE_BYTES
    return Offer(night, ALL, "ccnews", place.is_enabled, what, n, size)


def _offer_gdelt(desk: _Desk, night: date, kind: Kind) -> Offer:
    place = desk.places[kind]
    rows = desk.documents.get((kind, ""), ())
    is_here = any(row.since and row.since.date() == night for row in rows)
    if is_here:
        return Offer(night, ALL, kind, place.is_enabled, "lists that are archived")
    return Offer(night, ALL, kind, place.is_enabled, "lists", *_GDELT[kind])


def _list_indexed(job: Job) -> frozenset[str]:
    landing = job.landing
    return frozenset(
        folder
        for folder in landing.folders("past/ccnews")
        if any("-end." in name for name in landing.names(f"past/ccnews/{folder}"))
    )


# asking ----------------------------------------------------------------------


def _ask(
    job: Job,
    places: Mapping[Kind, Place],
    nights: Sequence[date],
    sources: Sequence[Source],
) -> Asked:
    """Ask the archives that are turned on what they have."""
    asked = Asked()
    with Fetcher(
        user_agent=user_agent(job.settings, job.load_sources()),
        mirrors=job.settings.mirrors or {},
        clock=job.clock,
    ) as fetcher:
        if places["ccnews"].is_enabled:
            _ask_files(fetcher, places["ccnews"], nights, asked)
        if places["wayback"].is_enabled:
            _ask_captures(fetcher, places["wayback"], nights, sources, asked)
    return asked


def _ask_files(
    fetcher: Fetcher, place: Place, nights: Sequence[date], asked: Asked
) -> None:
    months = sorted({month for night in nights for month in list_months(night)})
    requests = [
        Request(paths_url(place.base, month), "file", gap_s=place.gap_s)
        for month in months
    ]
    files: list[NewsFile] = []
    for request, fetched in fetcher.fetch_all(requests):
        if fetched.attempt.outcome != "ok":
            asked.problems.append(f"{request.url}: {fetched.attempt.outcome}")
            continue
        found, bad = parse_paths(fetched.body)
        files += found
        if bad:
            asked.problems.append(f"{request.url}: {say_counts(bad)}")
    asked.files = sorted({*files})


def _ask_captures(
    fetcher: Fetcher,
    place: Place,
    nights: Sequence[date],
    sources: Sequence[Source],
    asked: Asked,
) -> None:
    since = night_span(nights[0]).since
    until = night_span(nights[-1]).until + timedelta(days=2)
    by_url = {
        ask_captures(place.base, source.url, since, until): source
        for source in sources
        if source.kind != "page"
    }
    requests = [Request(url, "file", gap_s=place.gap_s) for url in by_url]
    for request, fetched in fetcher.fetch_all(requests):
        source, index = by_url[request.url], parse_index(fetched)
        if problem := index.failure or say_counts(index.problems):
            asked.problems.append(f"{source.id}: captures of its feed: {problem}")
        days = Counter(map(_day_of, index.snapshots))
        asked.captures |= {(source.id, day): n for day, n in days.items()}


def _day_of(snapshot: Snapshot) -> date:
    return snapshot.at.date()
