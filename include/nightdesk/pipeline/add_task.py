"""add: bring in one page by hand, from its address or from a saved file.

It is captured like any other and listed as an entry of the pseudo-source `by-hand`, so
that the next build of its night loads it, and every later build does.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path

from nightdesk.config import SourceList
from nightdesk.errors import ConfigError, NightdeskError
from nightdesk.extract import EXTRACT_VERSION, Page
from nightdesk.fetch import (
    Fetched,
    Fetcher,
    Request,
    add_rules,
    read_reservations,
)
from nightdesk.landing import HostLeases
from nightdesk.model import (
    BY_HAND,
    Article,
    Attempt,
    Capture,
    Coverage,
    Listing,
    Source,
)
from nightdesk.nights import ONE_DAY, night_of, stated_night
from nightdesk.pipeline.collect_rows import known_url
from nightdesk.pipeline.extract_task import name_loss, open_extractors
from nightdesk.pipeline.job import Job, user_agent
from nightdesk.pipeline.memory import Memory
from nightdesk.tombstones import FILE
from nightdesk.urls import article_id, canonicalize_url

log = logging.getLogger(__name__)

SOURCE_ID = BY_HAND
_MOST = 5 << 20  # what extraction takes; see DESIGN.md, size caps
_HEAD = 64 << 10  # addresses of a saved page stand in its head
#: What browsers write on top of a saved page: the length of the address, the address.
_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)(https?://[^\s>]+?)\s*-->")
#: What extraction rejects a body for that is no page at all.
_NO_PAGE = frozenset({"wrong_type", "not_html"})
_FOREIGN = {
    "a WARC file": re.compile(rb"WARC/[01]\.\d"),
    "a page in MIME parts, as .mht is": re.compile(
        rb"(?:[\w-]+:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n)*?content-type:\s*multipart/",
        re.IGNORECASE,
    ),
    "JSON": re.compile(rb"\{\s*\"|\[\s*[\[{\"]"),
    "base64 or the like": re.compile(
        rb"(?=[\s\S]{120})(?:[A-Za-z0-9+/=_-]{40,}+\s*+)+[A-Za-z0-9+/=_-]*\Z"
    ),
}
_TAG = re.compile(rb"<(?:link|meta)\b[^>]*>", re.IGNORECASE)
_STATES = re.compile(
    rb"\b(?:rel|property)\s*=\s*[\"']?(?:canonical|og:url)\b", re.IGNORECASE
)
_ADDRESS = re.compile(
    rb"\b(?:href|content)\s*=\s*[\"']?(https?://[^\s\"'>]+)", re.IGNORECASE
)


@dataclass(frozen=True)
class Added:
    """What became of a page that was added.

    Attributes:
        listing: the entry as it was written down.
        night: the night whose build loads it.
        owner: an earlier night that has this address already; there it counts, and in
            `night` the entry is a duplicate. None: there is no such night.
        former: a later night that had this address until now and is to be built again,
            too. None: there is no such night.
        article: what extraction makes of the page today.
    """

    listing: Listing
    night: date
    owner: date | None
    former: date | None
    article: Article


@dataclass(frozen=True)
class _Body:
    """A page that is to be added."""

    url: str
    final_url: str
    content_type: str | None
    headers: Mapping[str, str]
    data: bytes
    reservations: tuple[str, ...]
    attempt: Attempt | None = None


def add_page(
    job: Job,
    where: str,
    *,
    night: date | None = None,
    url: str | None = None,
    sources: SourceList | None = None,
    allow_private: bool = False,
) -> Added:
    """Capture a page and list it in a night.

    Args:
        job: the run.
        where: an address, or the name of a file of saved HTML.
        night: the night to list it in; none: the day that the page itself states,
            else today.
        url: the address of a file; none: the one that it states.
        sources: the sources in force; none: those of the job.
        allow_private: ask for an address although it is a private one.

    Raises:
        ConfigError: the file cannot be read or has no address, what it or the address
            holds is no page, or the night is still to come. Nothing is written.
        NightdeskError: the page cannot be fetched; the message says why.
    """
    now = job.clock()
    if night is not None and night > night_of(now):
        raise ConfigError(f"--night {night}: that day is still to come")
    is_address = where.startswith(("http://", "https://"))
    if is_address:
        agent = user_agent(job.settings, sources or job.load_sources())
        body = _fetch(job, where, agent, allow_private=allow_private)
    else:
        body = _read_file(Path(where), url)
    canonical = canonicalize_page(body.url)
    key = article_id(canonical)
    if job.load_tombstones().covers(key, SOURCE_ID):
        raise ConfigError(f"add: {body.url}: was taken down; see decisions/{FILE}")
    page = Page(
        body=body.data,
        url=body.final_url,
        canonical_url=canonical,
        article_id=key,
        source_id=SOURCE_ID,
        content_type=body.content_type,
        captured_at=now,
    )
    article = _extract(page)
    foreign = name_foreign(body.data)
    if foreign or article.reason in _NO_PAGE:
        raise ConfigError(
            f"add: {where}: is no page, but {foreign or 'of another kind'} "
            f"({article.reason or 'not_html'}); a page is HTML or plain text"
        )
    listing = _date(
        Listing(
            source_id=SOURCE_ID,
            url=body.url,
            canonical_url=canonical,
            article_id=key,
            via="by_hand",
            listed_at=now,
            title=article.title,
            outcome="ok",
            final_url=body.final_url,
            content_type=body.content_type,
            digest=hashlib.sha256(body.data).hexdigest(),
            reservations=body.reservations,
        ),
        article,
        night,
    )
    own = night_of(listing.stated_at or now)
    known = job.landing.find_urls({key}).get(key, [])
    before = min((row.night for row in known if row.night is not None), default=own)
    listing = _write(job, body, listing, own)
    log.info("add url=%s night=%s digest=%s", body.url, own, listing.digest)
    return Added(
        listing=listing,
        night=own,
        owner=before if before < own else None,
        former=before if before > own else None,
        article=article,
    )


def _extract(page: Page) -> Article:
    """Return what extraction makes of a page, in a process that it may kill or hang.

    A page that does is added all the same: its night counts it, with the reason.
    """
    with open_extractors() as workers:
        result = next(workers.map([page]))
    if isinstance(result, Article):
        return result
    log.warning("add url=%s extraction failed: %s", page.url, result.detail)
    return Article(
        article_id=page.article_id,
        canonical_url=page.canonical_url,
        url=page.url,
        source_id=page.source_id,
        status="failed",
        reason=name_loss(result),
        captured_at=page.captured_at,
        version=EXTRACT_VERSION,
    )


def canonicalize_page(url: str) -> str:
    """Return the canonical URL of a page.

    Raises:
        ConfigError: it is no address.
    """
    try:
        return canonicalize_url(url)
    except ValueError as error:
        raise ConfigError(f"add: {url}: {error}") from error


def _date(listing: Listing, article: Article, night: date | None) -> Listing:
    """Say which day the entry states: the one asked for, else the page's own."""
    at, precision = article.published_at, article.published_precision
    if at is not None and at > listing.listed_at + ONE_DAY:
        at = None  # a date in the future says nothing
    if night is not None and (at is None or night_of(at) != night):
        at, precision = datetime.combine(night, time(), UTC), "day"
    return replace(
        listing, stated_at=at, stated_precision=precision if at is not None else None
    )


# where a page comes from ---------------------------------------------------


def _fetch(job: Job, url: str, agent: str, *, allow_private: bool) -> _Body:
    canonicalize_page(url)
    source = Source(SOURCE_ID, SOURCE_ID, "page", url, allow_private=True)
    with Fetcher(
        user_agent=agent,
        mirrors=job.settings.mirrors or {},
        leases=HostLeases(job.settings.data / "hosts"),
        clock=job.clock,
    ) as fetcher:
        request = Request(
            url=url, purpose="page", source=source if allow_private else None
        )
        fetched: Fetched = fetcher.fetch(request)
    attempt = fetched.attempt
    if attempt.outcome != "ok":
        more = f": {attempt.error}" if attempt.error else ""
        if attempt.outcome == "forbidden_address":
            raise NightdeskError(
                f"add: {url}: {attempt.outcome}{more}; a private address that is yours "
                "is asked with --allow-private"
            )
        raise NightdeskError(
            f"add: {url}: {attempt.outcome}{more}; a page that a browser can show can "
            f"be saved there and added as a file: nightdesk add FILE --url {url}"
        )
    rules = Memory(job.landing, job.clock).rules_of(attempt.final_url)
    return _Body(
        url,
        attempt.final_url,
        attempt.content_type,
        fetched.headers,
        fetched.body,
        add_rules(fetched.reservations, rules, attempt.final_url),
        replace(attempt, source_id=SOURCE_ID),
    )


def _read_file(path: Path, url: str | None) -> _Body:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)  # a device has no end
    except OSError as error:
        raise ConfigError(f"add: {error}") from error
    if not data.strip():
        raise ConfigError(f"add: {path}: the file is empty")
    if len(data) > _MOST:
        raise ConfigError(f"add: {path}: too large; at most {_MOST} bytes")
    url = url or read_address(data)
    if url is None:
        raise ConfigError(
            f"add: {path}: states no address of its own; say it: --url https://..."
        )
    kind = "text/plain" if path.suffix.lower() == ".txt" else "text/html"
    reserved = read_reservations("", 200, {}, data)
    return _Body(url, url, kind, {"content-type": kind}, data, reserved)


def read_address(page: bytes) -> str | None:
    """Return the address that a saved page states for itself; None: it states none.

    >>> read_address(b'<link href="https://a.example/1" rel="canonical">')
    'https://a.example/1'
    """
    head = page[:_HEAD]
    found = _SAVED_FROM.search(head)
    tags = [tag for tag in _TAG.findall(head) if _STATES.search(tag)]
    for match in (found, *(_ADDRESS.search(tag) for tag in tags)):
        if match is not None:
            address = match.group(1).decode("utf-8", "replace")
            return address.replace("&amp;", "&")
    return None


def name_foreign(body: bytes) -> str | None:
    """Return what a body is that is no page but may look like text; None: it may be.

    >>> name_foreign(b"UklGRiQAAABXQVZFZm10" * 40), name_foreign(b"Rain on the hills.")
    ('base64 or the like', None)
    """
    head = body[:_HEAD].strip()
    return next((name for name, sign in _FOREIGN.items() if sign.match(head)), None)


# what is written down ------------------------------------------------------


def _write(job: Job, body: _Body, listing: Listing, night: date) -> Listing:
    """Archive the page and write its rows: all of them or none count."""
    landing, now = job.landing, listing.listed_at
    name = job.name_file(SOURCE_ID, now)
    archive = landing.open_archive(now.date(), name)
    capture = archive.add(
        Capture(
            url=body.url,
            final_url=body.final_url,
            captured_at=now,
            digest=listing.digest or "",
            file="",
            offset=0,
            content_type=body.content_type,
            source_id=SOURCE_ID,
        ),
        body.headers,
        body.data,
    )
    archive.close()
    row = replace(listing, captured_at=now, file=capture.file, offset=capture.offset)
    batch = landing.open_batch(name)
    batch.write_rows(f"captures/day={now.date()}", name, [capture], Capture)
    batch.write_urls(name, [known_url(row, stated_night(row))])
    is_dated = row.stated_at is not None
    folder = f"entries/night={night}" if is_dated else f"undated/day={now.date()}"
    batch.write_rows(folder, name, [row], Listing)
    look = Coverage(SOURCE_ID, "ok", now, via="by_hand", n_entries=1)
    batch.write_rows(f"coverage/night={night}", name, [look], Coverage)
    if body.attempt is not None:
        batch.write_rows(f"fetch_log/night={night}", name, [body.attempt], Attempt)
    batch.commit()
    return row
