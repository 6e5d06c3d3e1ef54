"""The news world: what answers which address, at which time, and what is true of it."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.message import Message
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TypeVar, cast

from nightdesk.errors import ConfigError
from nightdesk.newsstand.addresses import guess_days, match_past
from nightdesk.newsstand.archives import ARCHIVE_HOSTS, Archives, cut_part
from nightdesk.newsstand.folder import Address, MirrorPage, read_index
from nightdesk.newsstand.headline import Headline, add_headline
from nightdesk.newsstand.listings import (
    content_type,
    write_feed,
    write_robots,
    write_sitemap,
)
from nightdesk.newsstand.outlets import BY_ID, HOSTS, OUTLETS, Outlet
from nightdesk.newsstand.pages import write_home, write_page
from nightdesk.newsstand.past_lists import PAGED, write_past_list
from nightdesk.newsstand.plan import MIN_ARTICLES, Item, Night, plan_night
from nightdesk.newsstand.plays import EDITED_AFTER, Troupe, change_page
from nightdesk.newsstand.truth import Truth, has_past, tell_truth

T = TypeVar("T")
#: Of a request; those of http.server are read without regard to case.
Headers = Mapping[str, str] | Message

_ONE_DAY = timedelta(days=1)
#: Where a feed is found that plays to have moved.
_MOVED = "/moved"
_HTML = "text/html; charset=utf-8"
_N_RELATED = 5
# A crawl asks at a time for today, yesterday, and the neighbours of one past night; at
# 20,000 articles a night takes some 30 MB.
_N_NIGHTS, _N_BODIES = 6, 512
_N_DAYS = 70  # the lists of two months: pages of feeds go through all of them


def read_clock() -> datetime:
    """Return the time now: the default clock of a world."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Response:
    """What the world answers."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0.0


class Shelf:
    """The last values made, by key; safe to share between threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value of a key, made at need (twice, if two ask at once)."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return cast(T, self._kept[key])
        value = make()
        with self._lock:
            self._kept[key] = value
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return value


class World:
    """A loopback news world, the same for the same arguments.

    Args:
        articles_per_night: addresses listed in a UTC day, over all outlets.
        now: the clock; what is dated after it does not exist yet.
        seed: another one gives other news.
        folder: real pages to serve beside the made-up ones; see `folder`.
        broken: ids of sources whose feed and sitemaps answer 404; "*" for all.
        plays: source id -> what it plays, such as `silent@2026-03-02`; see `plays`.
        wire_stories: stories a day of agencies that outlets carry, on top of the
            articles of a night; see `syndicate`.
        headline: a big story, on top of the articles of its nights.

    Raises:
        ConfigError: too few articles, an unknown id in `broken` or `plays`, an unknown
            play, a bad folder.
    """

    def __init__(
        self,
        articles_per_night: int = 180,
        now: Callable[[], datetime] = read_clock,
        seed: str = "nightdesk",
        folder: Path | None = None,
        broken: frozenset[str] = frozenset(),
        plays: Mapping[str, str] = MappingProxyType({}),
        wire_stories: int = 0,
        headline: Headline | None = None,
    ) -> None:
        if articles_per_night < MIN_ARTICLES:
            raise ConfigError(
                f"newsstand: articles: {articles_per_night}: at least {MIN_ARTICLES}"
            )
        unknown = sorted(broken - set(BY_ID) - {"*"})
        if unknown:
            raise ConfigError(f"newsstand: broken: {unknown[0]}: no such source")
        self.articles_per_night = articles_per_night
        self.wire_stories = wire_stories
        self.headline = headline
        self.seed = seed
        self.now = now
        self._mirror: dict[Address, MirrorPage] = read_index(folder) if folder else {}
        self._dead = frozenset(
            outlet.id
            for outlet in OUTLETS
            if outlet.is_dead or outlet.id in broken or "*" in broken
        )
        self._troupe = Troupe(plays)
        self._nights = Shelf(_N_NIGHTS)
        self._bodies = Shelf(_N_BODIES)
        self._days = Shelf(_N_DAYS)
        self._archives = Archives(self.plan, self._list_recent, self._find_item)

    def plan(self, day: date) -> Night:
        """Return all that is published on a UTC day, whatever the clock says."""
        return self._nights.get(
            day,
            lambda: add_headline(
                plan_night(self.seed, day, self.articles_per_night, self.wire_stories),
                self.seed,
                self.headline,
            ),
        )

    def truth(self, night: date, *, via_past: bool = False) -> Truth:
        """Return what is true of a whole UTC day.

        Args:
            night: the day.
            via_past: as the dated sitemaps tell it, so without the sources that
                have none; else as the feeds do on the day after.
        """
        silent = set(self._dead)
        if via_past:
            silent |= {outlet.id for outlet in OUTLETS if not has_past(outlet)}
        return tell_truth(self.plan(night), silent, self._dead)

    def mirrors(self, base_url: str) -> dict[str, str]:
        """Return the fetcher's `mirrors`: prefix of real addresses -> our prefix."""
        base = base_url.rstrip("/")
        hosts = [("https", host) for host in HOSTS]
        hosts += [(s, host) for host in ARCHIVE_HOSTS for s in ("http", "https")]
        hosts += sorted({(scheme, host) for scheme, host, _ in self._mirror})
        return {
            f"{scheme}://{host}/": f"{base}/{scheme}/{host}/" for scheme, host in hosts
        }

    def respond(self, scheme: str, host: str, path: str, headers: Headers) -> Response:
        """Return the answer to a GET; `path` has the query with it."""
        page = self._mirror.get((scheme, host.lower(), path))
        if page is not None:
            return Response(200, page.read(), (("Content-Type", page.content_type),))
        if host.lower() in ARCHIVE_HOSTS:
            return self._ask_archive(host.lower(), path, headers)
        outlets = [outlet for outlet in OUTLETS if outlet.host == host.lower()]
        if not outlets or scheme != "https":
            return _refuse()
        found = self._find_list(outlets, path) or self._find(
            outlets, path.partition("?")[0]
        )
        if self._is_lie(outlets, path, headers):
            found = Response(304)
        elif self._is_busy(outlets, path):
            found = Response(429, b"", (("Retry-After", "7200"),))
        if found.status == 200:
            found = _check_condition(found, headers)
        delay_s = outlets[0].delay_s
        return Response(found.status, found.body, found.headers, delay_s)

    def _find(self, outlets: list[Outlet], path: str) -> Response:
        if path == "/robots.txt":
            return _answer(write_robots(outlets[0]), "text/plain; charset=utf-8")
        for outlet in outlets:
            if path in (outlet.feed, _MOVED + outlet.feed):
                return self._find_feed(outlet, path)
            day = match_past(outlet, path)
            if day is not None:
                return self._find_sitemap(outlet, day)
        if path == "/":
            return self._find_home(outlets[0])
        return self._find_page(outlets[0], path)

    def _ask_archive(self, host: str, path: str, headers: Headers) -> Response:
        """Return what a public archive answers, whole or in the part asked for."""
        now = self.now()
        key = (host, path, now if host == "web.archive.org" else now.date())
        found = self._bodies.get(key, lambda: self._archives.find(host, path, now))
        if found is None:
            return _refuse()
        body, kind, more = found
        part = cut_part(body, headers.get("Range"))
        if part is None:
            return Response(200, body, (("Content-Type", kind), *more))
        where = ("Content-Range", part[1])
        return Response(206, part[0], (("Content-Type", kind), where, *more))

    def _find_list(self, outlets: list[Outlet], path: str) -> Response | None:
        """Return a list of the past of an outlet, None for any other path."""
        way, _, query = path.partition("?")
        for outlet in outlets:
            if outlet.id in self._dead:
                continue
            body = write_past_list(outlet, way, query, self.now(), self._list_day)
            if body is not None:
                is_feed = way.startswith(PAGED)
                return _answer(
                    body, content_type(outlet) if is_feed else "application/xml"
                )
        return None

    def _list_day(self, outlet: Outlet, day: date) -> list[tuple[Item, str]]:
        """Return what an outlet listed on a day; many days are asked for at a time."""
        lists = self._days.get(
            day, lambda: {o.id: self.plan(day).list_of(o) for o in OUTLETS}
        )
        return lists[outlet.id]

    def _find_item(self, host: str, path: str) -> Item | None:
        for day in guess_days(path):
            item = self.plan(day).by_path.get((host, path))
            if item is not None:
                return item
        return None

    def _list_recent(
        self, outlet: Outlet, at: datetime | None = None
    ) -> list[tuple[Item, str]]:
        now = at or self.now()
        today = now.astimezone(UTC).date()
        listed = self.plan(today - _ONE_DAY).list_of(outlet)
        listed += [
            (item, path)
            for item, path in self.plan(today).list_of(outlet)
            if item.at <= now
        ]
        return self._troupe.list_recent(outlet, listed, now, self.plan)

    def _is_lie(self, outlets: list[Outlet], path: str, headers: Headers) -> bool:
        """Say whether a play answers 304 here, whatever has changed."""
        has_condition = (
            headers.get("If-None-Match") or headers.get("If-Modified-Since")
        ) is not None
        return has_condition and any(
            path == outlet.feed and self._troupe.played_by(outlet, self.now()) == "lies"
            for outlet in outlets
        )

    def _is_busy(self, outlets: list[Outlet], path: str) -> bool:
        """Say whether a play wants nobody to ask for this page now."""
        is_page = path not in ("/robots.txt", *(outlet.feed for outlet in outlets))
        now = self.now()
        return is_page and any(
            self._troupe.played_by(outlet, now) == "busy" for outlet in outlets
        )

    def _find_feed(self, outlet: Outlet, path: str) -> Response:
        now = self.now()
        play = self._troupe.played_by(outlet, now)
        if outlet.id in self._dead or (path != outlet.feed and play != "moves"):
            return _refuse()
        if play == "moves" and path == outlet.feed:
            target = outlet.root + _MOVED + outlet.feed
            return Response(301, b"", (("Location", target),))
        listed = self._list_recent(outlet)
        today = now.astimezone(UTC).date()
        kept = (outlet.id, "feed", today, len(listed), play and now)
        body = self._bodies.get(kept, lambda: write_feed(outlet, listed))
        changed_at = listed[-1][0].at if listed else None
        return _answer(body, content_type(outlet), changed_at)

    def _find_sitemap(self, outlet: Outlet, day: date) -> Response:
        now = self.now()
        if outlet.id in self._dead or datetime.combine(day, time(), UTC) > now:
            return _refuse()
        listed = [pair for pair in self.plan(day).list_of(outlet) if pair[0].at <= now]
        changed_at = listed[-1][0].at if listed else None
        return _answer(write_sitemap(outlet, listed), "application/xml", changed_at)

    def _find_home(self, outlet: Outlet) -> Response:
        items = [item for item, _ in reversed(self._list_recent(outlet))]
        return _answer(write_home(outlet.name, outlet.lang, items[:30]), _HTML)

    def _find_page(self, outlet: Outlet, path: str) -> Response:
        now = self.now()
        for day in guess_days(path):
            night = self.plan(day)
            moved = night.redirects.get((outlet.host, path))
            if moved is not None and moved.at <= now:
                return Response(301, b"", (("Location", moved.url),))
            item = night.by_path.get((outlet.host, path))
            if item is not None and item.kind != "missing" and item.at <= now:
                return self._show(item, night)
        return _refuse()

    def _show(self, item: Item, night: Night) -> Response:
        own = night.by_outlet[item.outlet.id]
        version = self._troupe.version_of(item, self.now())

        def write() -> bytes:
            page = write_page(item, _choose_related(item, own))
            return change_page(page, item, version) if version else page

        body = self._bodies.get((item.url, version), write)
        changed_at = item.at + EDITED_AFTER if version == "edited" else item.at
        return _answer(body, _HTML, changed_at)


def _choose_related(item: Item, own: tuple[Item, ...]) -> list[Item]:
    """Return up to five items before this one; the same whenever it is asked for."""
    place = bisect_left(own, (item.at, item.index), key=lambda it: (it.at, it.index))
    return list(own[max(0, place - _N_RELATED) : place])


def _answer(body: bytes, kind: str, changed_at: datetime | None = None) -> Response:
    headers = [
        ("Content-Type", kind),
        ("ETag", f'"{hashlib.sha256(body).hexdigest()[:20]}"'),
    ]
    if changed_at is not None:
        headers.append(("Last-Modified", format_datetime(changed_at, usegmt=True)))
    return Response(200, body, tuple(headers))


def _refuse() -> Response:
    body = b"<!DOCTYPE html><title>Not found</title><h1>Not found</h1>\n"
    return Response(404, body, (("Content-Type", _HTML),))


def _check_condition(found: Response, headers: Headers) -> Response:
    """Return 304 where the asker has these bytes (RFC 9110, 13.1)."""
    own = dict(found.headers)
    wanted = headers.get("If-None-Match")
    if wanted is not None:
        tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
        known = own["ETag"] in tags or "*" in tags
    else:
        known = _is_unchanged(own.get("Last-Modified"), headers)
    kept = tuple(pair for pair in found.headers if pair[0] != "Content-Type")
    return Response(304, b"", kept) if known else found


def _is_unchanged(changed: str | None, headers: Headers) -> bool:
    since = headers.get("If-Modified-Since")
    if changed is None or since is None:
        return False
    try:
        return parsedate_to_datetime(changed) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False
