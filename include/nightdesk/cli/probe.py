"""One look at a server, for people: discover an outlet's feeds, try a source.

Nothing is archived and no state is written; every guard of the fetcher is on.
"""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from nightdesk.cli.source_file import write_rows
from nightdesk.config import Settings, SourceList, read_secret
from nightdesk.discover import (
    Proposal,
    judge,
    list_candidates,
    propose_page,
)
from nightdesk.errors import ConfigError, FeedError, NightdeskError
from nightdesk.feeds import parse_feed
from nightdesk.feeds.page import compile_pattern
from nightdesk.fetch import Fetched, Fetcher, Request
from nightdesk.landing import Landing
from nightdesk.model import Feed, Source
from nightdesk.opml import make_id
from nightdesk.pipeline.job import user_agent, utc_now
from nightdesk.pipeline.logins import read_login
from nightdesk.urls import article_id, canonicalize_url, host

_FAR = timedelta(days=1)  # a date further ahead than that is a mistake


def discover(settings: Settings, sources: SourceList, url: str) -> list[Proposal]:
    """Return what an outlet can be watched by, the most trusted first.

    Raises:
        ConfigError: no http(s) address, or a server that cannot be reached.
        NightdeskError: the address is refused, and nothing else was found.
    """
    if "://" not in url:
        url = f"https://{url}"
    _check_address(url)
    with _open_fetcher(settings, sources) as fetcher:
        front = fetcher.fetch(Request(url=url, purpose="feed"))
        if front.attempt.outcome in ("dns", "connection", "forbidden_address", "tls"):
            raise ConfigError(
                f"discover: {url}: {front.attempt.outcome}: {front.attempt.error or ''}"
            )
        robots = fetcher.fetch(Request(url=urljoin(url, "/robots.txt"), purpose="feed"))
        is_there = front.attempt.outcome == "ok"
        final_url = front.attempt.final_url
        candidates = list_candidates(
            url,
            front.body if is_there else None,
            front.attempt.content_type,
            robots.body if robots.attempt.outcome == "ok" else None,
            page_url=final_url,
        )
        answers = {candidates[0].url: front}
        requests = [Request(url=c.url, purpose="feed") for c in candidates[1:]]
        answers |= {r.url: fetched for r, fetched in fetcher.fetch_all(requests)}
    found = [
        proposal
        for c in candidates
        if (fetched := answers[c.url]).attempt.outcome == "ok"
        and (proposal := _judge(c, fetched)) is not None
    ]
    if not found and is_there:
        page = propose_page(final_url, front.body, front.attempt.content_type)
        found = [page] if page else []
    if not found and not is_there:
        outcome, error = front.attempt.outcome, front.attempt.error or ""
        raise NightdeskError(
            f"discover: {url}: {outcome}: {error}; nor is a feed at the usual addresses"
        )
    return _drop_twins(found)


def proposal_row(proposal: Proposal, sources: SourceList) -> dict[str, Any]:
    """Return a proposal as a row for people and programs, with its YAML."""
    taken = {s.id for s in sources.sources} | {
        o for s in sources.sources for o in s.was
    }
    outlet = host(proposal.url)
    name = " ".join((proposal.title or outlet).split())[:200]
    source = Source(
        id=make_id(name, outlet, taken),
        name=name,
        kind=proposal.kind,
        url=proposal.url,
        link_pattern=proposal.link_pattern,
    )
    return {**asdict(proposal), "id": source.id, "yaml": write_rows([source])}


def choose_source(
    sources: SourceList, wanted: str, link_pattern: str | None = None
) -> Source:
    """Return the source of an id, or one made up for an address.

    Raises:
        ConfigError: neither a known id nor an http(s) address; a bad pattern.
    """
    try:
        if link_pattern is not None:
            compile_pattern(link_pattern)
    except ValueError as error:
        raise ConfigError(f"--{error}") from error
    for source in sources.sources:
        if wanted == source.id or wanted in source.was:
            if link_pattern is None:
                return source
            return replace(source, kind="page", link_pattern=link_pattern)
    if "://" not in wanted:
        ids = ", ".join(s.id for s in sources.sources)
        raise ConfigError(
            f"try: {wanted!r} is neither a source of {sources.path} nor an address; "
            f"sources: {ids}"
        )
    _check_address(wanted)
    return Source(
        id="try",
        name=wanted,
        kind="page" if link_pattern else "rss",
        url=wanted,
        link_pattern=link_pattern,
        gap_s=0.0 if sources.is_newsstand else 2.0,
    )


def try_source(
    settings: Settings, sources: SourceList, source: Source
) -> dict[str, Any]:
    """Return what one poll of a source says, and what of it would be new."""
    login = read_login(source, read_secret)
    if login is None:
        raise ConfigError(f"try: connection {source.connection}: holds no login")
    request = Request(url=source.url, purpose="feed", source=source, secrets=login)
    with _open_fetcher(settings, sources) as fetcher:
        fetched = fetcher.fetch(request)
    attempt = fetched.attempt
    found: dict[str, Any] = {
        **{"id": source.id, "kind": source.kind, "url": source.url},
        **{"final_url": attempt.final_url, "outcome": attempt.outcome},
        **{"error": attempt.error, "title": None, "n_new": 0},
        **{"problems": [], "entries": []},
    }
    if attempt.outcome != "ok":
        found["problems"] = [f"cannot be polled: {attempt.outcome}"]
        return found
    try:
        feed = parse_feed(
            fetched.body,
            url=attempt.final_url,
            content_type=attempt.content_type,
            timezone=source.timezone,
            kind=source.kind,
            link_pattern=source.link_pattern,
        )
    except FeedError as error:
        found["problems"] = [f"not a feed: {error}"]
        return found
    found |= {"kind": feed.kind, "title": feed.title}
    found["entries"] = _list_entries(settings, feed)
    found["n_new"] = sum(row["new"] for row in found["entries"])
    found["problems"] = _list_problems(source, feed, attempt.redirects)
    return found


def _list_entries(settings: Settings, feed: Feed) -> list[dict[str, Any]]:
    keys = []
    for entry in feed.entries:
        try:
            keys.append(article_id(canonicalize_url(entry.url)))
        except ValueError:
            keys.append(0)
    known = Landing(settings.landing).find_urls(set(keys))
    return [
        {
            "new": key not in known,
            "published_at": entry.published_at and entry.published_at.isoformat(),
            "updated_at": entry.updated_at and entry.updated_at.isoformat(),
            "title": entry.title,
            "url": entry.url,
            "authors": list(entry.authors),
        }
        for key, entry in zip(keys, feed.entries, strict=True)
    ]


def _list_problems(source: Source, feed: Feed, redirects: tuple[str, ...]) -> list[str]:
    entries, problems = feed.entries, list(feed.warnings)
    if feed.children:
        problems.append(
            f"an index of {len(feed.children)} sitemaps: watch one of them, such as "
            f"{feed.children[0]}"
        )
    elif not entries and "no entries" not in problems:
        problems.append("no entries")
    moved = [hop for hop in redirects if hop.startswith(("301 ", "308 "))]
    if moved:
        problems.append(f"has moved for good to {moved[-1].partition(' ')[2]}")
    undated = sum(e.published_at is None and e.updated_at is None for e in entries)
    if undated and feed.kind != "page":
        problems.append(f"{undated} of {len(entries)} entries state no date")
    ahead = utc_now() + _FAR
    n_ahead = sum(
        e.published_at is not None and e.published_at > ahead for e in entries
    )
    if n_ahead:
        problems.append(f"{n_ahead} entries are dated in the future")
    kind = "sitemap" if feed.kind == "sitemapindex" else feed.kind
    if source.id != "try" and kind != source.kind:
        problems.append(f"says it is {source.kind}, but is {kind}")
    return problems


def _open_fetcher(settings: Settings, sources: SourceList) -> Fetcher:
    return Fetcher(
        user_agent=user_agent(settings, sources),
        mirrors=settings.mirrors or {},
        gap_s=0.0 if sources.is_newsstand else 2.0,
    )


def _judge(candidate: Any, fetched: Fetched) -> Proposal | None:
    attempt = fetched.attempt
    return judge(candidate, fetched.body, attempt.content_type, attempt.final_url)


def _drop_twins(proposals: list[Proposal]) -> list[Proposal]:
    """Return proposals without those that list the same first entries."""
    kept: dict[object, Proposal] = {}
    for proposal in proposals:
        key = (proposal.kind, proposal.examples) if proposal.examples else proposal.url
        kept.setdefault(key, proposal)
    return list(kept.values())


def _check_address(url: str) -> None:
    try:
        canonicalize_url(url)
        parts = urlsplit(url)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    if parts.username or parts.password or re.search(r"\s", url):
        raise ConfigError(f"url: {parts.hostname}: holds a password or a blank")
