"""Lists of the past at an outlet's own address: pages of its feed, and its sitemaps.

/paged<feed>             the newest items; RSS as WordPress has it (`?paged=2`),
Atom with `next` or `prev-archive`, JSON with `next_url`
/sitemaps/month/2026-03.xml   plain: addresses and changes, nothing of publication
/sitemaps/index.xml      an index of numbered parts, which say when they changed
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from html import escape

from nightdesk.newsstand.listings import Listed, write_feed, write_sitemap
from nightdesk.newsstand.outlets import Outlet
from nightdesk.newsstand.plan import Item

#: Path before that of a feed whose pages can be walked.
PAGED = "/paged"
#: How far back an outlet's own lists go.
DEPTH = timedelta(days=60)
_PAGE = 15  # items of a page
_PART = 7  # days of a numbered sitemap
_MONTH = re.compile(r"/sitemaps/month/(\d{4})-(\d\d)\.xml")
_NUMBERED = re.compile(r"/sitemaps/part-(\d{1,6})\.xml")
_ONE_DAY = timedelta(days=1)
#: An outlet whose pages are archive documents (RFC 5005, 4).
_ARCHIVIST = "gazette-des-quais"

#: Gives what an outlet listed on a day, oldest first.
ListDay = Callable[[Outlet, date], Listed]


def write_past_list(
    outlet: Outlet, path: str, query: str, now: datetime, list_day: ListDay
) -> bytes | None:
    """Return a list of the past, None where there is none at this path."""
    if path == PAGED + outlet.feed:
        return _write_page(outlet, query, now, list_day)
    if path == "/sitemaps/index.xml":
        return _write_index(outlet, now)
    if match := _MONTH.fullmatch(path):
        days = list(_days_of_month(int(match[1]), int(match[2])))
        listed = [pair for day in days for pair in _until(list_day(outlet, day), now)]
        return _write_plain(outlet, listed) if listed else None
    if match := _NUMBERED.fullmatch(path):
        days = [date.fromordinal(int(match[1]) * _PART + n) for n in range(_PART)]
        listed = [pair for day in days for pair in _until(list_day(outlet, day), now)]
        return write_sitemap(outlet, listed) if listed else None
    return None


def _until(listed: Listed, now: datetime) -> Listed:
    return [pair for pair in listed if pair[0].at <= now]


def _days_of_month(year: int, month: int) -> Iterator[date]:
    if not 1 <= month <= 12 or year < 2000:
        return
    day = date(year, month, 1)
    while day.month == month:
        yield day
        day += _ONE_DAY


def _write_page(
    outlet: Outlet, query: str, now: datetime, list_day: ListDay
) -> bytes | None:
    match = re.fullmatch(r"(?:page|paged)=(\d{1,4})", query)
    number = int(match[1]) if match else 1
    wanted, day = number * _PAGE, now.astimezone(UTC).date()
    found: list[tuple[Item, str]] = []
    first = day - DEPTH
    while len(found) <= wanted and day >= first:
        found += list(reversed(_until(list_day(outlet, day), now)))
        day -= _ONE_DAY
    items = found[wanted - _PAGE : wanted]
    if not items:
        return None
    has_more = len(found) > wanted
    body = write_feed(outlet, list(reversed(items)))
    return _add_link(outlet, body, number + 1 if has_more else None)


def _add_link(outlet: Outlet, body: bytes, page: int | None) -> bytes:
    """Return a page of a feed with what says where the next one is."""
    if outlet.kind == "rss":
        mark = b"<generator>https://wordpress.org/?v=6.8</generator>"
        return body.replace(b"<ttl>", mark + b"<ttl>", 1)
    if page is None:
        return body
    url = f"{outlet.root}{PAGED}{outlet.feed}?page={page}"
    if outlet.kind == "jsonfeed":
        return json.dumps(
            {**json.loads(body), "next_url": url}, ensure_ascii=False
        ).encode()
    rel = "prev-archive" if outlet.id == _ARCHIVIST else "next"
    link = f'<link rel="{rel}" href="{escape(url)}"/>'.encode()
    return body.replace(b"<updated>", link + b"<updated>", 1)


def _write_plain(outlet: Outlet, listed: Listed) -> bytes:
    """Return a sitemap that states changes only, a day and two hours after the fact."""
    rows = "".join(
        f"<url><loc>{escape(outlet.root + path)}</loc>"
        f"<lastmod>{(item.at + timedelta(hours=26)).isoformat()}</lastmod></url>\n"
        for item, path in listed
    )
    return _wrap("urlset", rows)


def _write_index(outlet: Outlet, now: datetime) -> bytes:
    last = now.astimezone(UTC).date().toordinal() // _PART
    rows = []
    for number in range(last - DEPTH.days // _PART, last + 1):
        end = date.fromordinal((number + 1) * _PART)
        changed = min(datetime(end.year, end.month, end.day, tzinfo=UTC), now)
        rows.append(
            f"<sitemap><loc>{outlet.root}/sitemaps/part-{number}.xml</loc>"
            f"<lastmod>{changed.isoformat()}</lastmod></sitemap>\n"
        )
    return _wrap("sitemapindex", "".join(rows))


def _wrap(root: str, rows: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} '
        f'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</{root}>\n'
    ).encode()
