"""One poll of one source, for people: what does it say, and what of it is new?

Nothing is archived and no state is written; every guard of the fetcher is on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from nightdesk.cli.asking import check_address, gap_of, name_cure, open_fetcher
from nightdesk.cli.progress import show_progress, warn
from nightdesk.config import Settings, SourceList, read_secret
from nightdesk.errors import ConfigError, FeedError
from nightdesk.feeds import choose_children, parse_feed
from nightdesk.feeds.page import compile_pattern
from nightdesk.fetch import Fetched, Fetcher, Login, Request
from nightdesk.landing import Landing
from nightdesk.model import Entry, Feed, Source
from nightdesk.pipeline.job import utc_now
from nightdesk.pipeline.logins import is_at_home, name_place, read_login
from nightdesk.urls import article_id, canonicalize_url, host

_FAR = timedelta(days=1)  # a date further ahead than that is a mistake


def choose_source(
    sources: SourceList,
    wanted: str,
    link_pattern: str | None = None,
    *,
    allow_private: bool = False,
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
            if link_pattern is not None:
                source = replace(source, kind="page", link_pattern=link_pattern)
            is_allowed = allow_private or source.allow_private
            return replace(source, allow_private=is_allowed)
    if "://" not in wanted:
        ids = ", ".join(s.id for s in sources.sources)
        raise ConfigError(
            f"try: {wanted!r} is neither a source of {sources.path} nor an address; "
            f"sources: {ids}"
        )
    check_address(wanted)
    return Source(
        id="try",
        name=wanted,
        kind="page" if link_pattern else "rss",
        url=wanted,
        link_pattern=link_pattern,
        gap_s=gap_of(sources),
        allow_private=allow_private,
    )


def try_source(
    settings: Settings, sources: SourceList, source: Source
) -> dict[str, Any]:
    """Return what one poll of a source says, and what of it would be new.

    Of a sitemap index those children are read that a night would read.
    """
    login = read_login(source, read_secret)
    if login is None:
        raise ConfigError(f"try: no login for {source.id}: {name_place(source)}")
    with open_fetcher(settings, sources) as fetcher:
        trial = _Trial(fetcher, source, login)
        warn(f"try: asking {host(source.url)}, after its robots.txt")
        fetched = trial.fetch()
        attempt = fetched.attempt
        found: dict[str, Any] = {
            **{"id": source.id, "kind": source.kind, "url": source.url},
            **{"final_url": attempt.final_url, "outcome": attempt.outcome},
            **{"error": attempt.error, "title": None, "n_new": 0},
            **{"problems": [], "children": [], "entries": []},
        }
        if attempt.outcome != "ok":
            failure = f"cannot be polled: {attempt.outcome}{name_cure(attempt)}"
            return found | {"problems": [failure]}
        try:
            feed = trial.parse(fetched)
        except FeedError as error:
            return found | {"problems": [f"not a feed: {error}"]}
        problems = _list_problems(source, feed, attempt.redirects)
        found |= {"kind": feed.kind, "title": feed.title}
        if feed.children:
            found["children"], entries, left = trial.read_children(feed)
            problems += left
            feed = replace(feed, entries=entries)
    found["entries"] = _list_entries(settings, feed)
    found["n_new"] = sum(row["new"] for row in found["entries"])
    found["problems"] = problems + _list_oddities(feed)
    return found


class _Trial:
    """The requests of one poll."""

    def __init__(self, fetcher: Fetcher, source: Source, login: Login) -> None:
        self._fetcher = fetcher
        self._source = source
        self._login = login

    def fetch(self) -> Fetched:
        """Return what the address of the source answers."""
        return self._fetcher.fetch(self._request(self._source.url))

    def parse(self, fetched: Fetched) -> Feed:
        """Return what an answer says, read as a run reads it.

        Raises:
            FeedError: it is no feed.
        """
        return parse_feed(
            fetched.body,
            url=fetched.attempt.final_url,
            content_type=fetched.attempt.content_type,
            timezone=self._source.timezone,
            kind=self._source.kind,
            link_pattern=self._source.link_pattern,
        )

    def read_children(
        self, index: Feed
    ) -> tuple[list[dict[str, Any]], tuple[Entry, ...], list[str]]:
        """Return the children that a night reads, their entries, and what is left."""
        night = utc_now().date()
        wanted, left = choose_children(index.children, night, changed=index.changed)
        rows: dict[str, dict[str, Any]] = {}
        entries: dict[str, tuple[Entry, ...]] = {}
        with show_progress("children") as progress:
            for request, fetched in self._fetcher.fetch_all(map(self._request, wanted)):
                outcome = fetched.attempt.outcome
                try:
                    found = self.parse(fetched).entries if outcome == "ok" else ()
                except FeedError:
                    outcome, found = "not_a_feed", ()
                url, n = request.url, len(found)
                entries[url] = found
                rows[url] = {"url": url, "outcome": outcome, "n_entries": n}
                progress(len(rows), len(wanted), "sitemaps")
        problems = []
        if left:
            problems.append(
                f"{len(left)} of its {len(index.children)} sitemaps may tell of the "
                f"night and are not read, such as {left[0]}"
            )
        if not wanted:
            problems.append(f"none of its {len(index.children)} sitemaps is of now")
        return (
            [rows[url] for url in wanted if url in rows],
            tuple(entry for url in wanted for entry in entries.get(url, ())),
            problems,
        )

    def _request(self, url: str) -> Request:
        secrets = self._login if is_at_home(self._source, url) else {}
        return Request(url, "feed", source=self._source, secrets=secrets)


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
    problems = list(feed.warnings)
    if not feed.entries and not feed.children and "no entries" not in problems:
        problems.append("no entries")
    moved = [hop for hop in redirects if hop.startswith(("301 ", "308 "))]
    if moved:
        problems.append(f"has moved for good to {moved[-1].partition(' ')[2]}")
    kind = "sitemap" if feed.kind == "sitemapindex" else feed.kind
    if source.id != "try" and kind != source.kind:
        problems.append(f"says it is {source.kind}, but is {kind}")
    return problems


def _list_oddities(feed: Feed) -> list[str]:
    """Return what is odd about the dates of the entries."""
    entries, problems = feed.entries, []
    undated = sum(e.published_at is None and e.updated_at is None for e in entries)
    if undated and feed.kind != "page":
        problems.append(f"{undated} of {len(entries)} entries state no date")
    ahead = utc_now() + _FAR
    n_ahead = sum(
        e.published_at is not None and e.published_at > ahead for e in entries
    )
    if n_ahead:
        problems.append(f"{n_ahead} entries are dated in the future")
    return problems
