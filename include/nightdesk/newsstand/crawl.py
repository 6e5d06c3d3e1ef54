"""Common Crawl's news files as the sample world would fill them, dirt and all.

A file holds what a crawler got in eight hours: request and response of each page as two
gzip members, pages of outlets that nobody here watches, and in every file a record that
is damaged, one of a wrong length, one that answered 404, and at the end of a day's last
file one that is cut off. Those are not in the truth: their addresses are in no list.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

from nightdesk.newsstand.plan import Item, Night

HOST = "data.commoncrawl.org"
#: Hours of a day at which a file is begun.
_HOURS = (1, 9, 17)
_EVERY = timedelta(hours=8)
_ONE_DAY = timedelta(days=1)
_N_NOISE = 24  # pages of others in a file
#: Outlets that the crawler has not heard of.
UNKNOWN = frozenset({"wangjiang-daily"})
_LIST = re.compile(r"/crawl-data/CC-NEWS/(\d{4})/(\d\d)/warc\.paths\.gz")
_FILE = re.compile(r"/crawl-data/CC-NEWS/\d{4}/\d\d/CC-NEWS-(\d{14})-(\d{5})\.warc\.gz")
Plan = Callable[[date], Night]
Render = Callable[[Item], bytes]


def crawl_time(item: Item) -> datetime:
    """Return when the crawler gets a page: soon, and of one in twelve a day later."""
    seed = hashlib.sha256(item.url.encode()).digest()
    late = _ONE_DAY if seed[0] % 12 == 0 else timedelta()
    return item.at + late + timedelta(minutes=20 + seed[1] % 60)


def list_crawled(night: Night) -> list[Item]:
    """Return the items of a night whose pages the crawler gets."""
    return [
        item
        for item in night.items
        if item.kind not in ("missing", "members") and item.outlet.id not in UNKNOWN
    ]


def answer_crawl(path: str, now: datetime, plan: Plan, render: Render) -> bytes | None:
    """Return a list or a file, None where there is none."""
    if match := _LIST.fullmatch(path):
        return _write_list(int(match[1]), int(match[2]), now)
    match = _FILE.fullmatch(path)
    if match is None:
        return None
    begun = datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    if begun not in begun_on(begun.date()) or begun + _EVERY > now:
        return None
    return _write_file(begun, plan, render)


def begun_on(day: date) -> list[datetime]:
    """Return when the files of a day are begun."""
    return [datetime(day.year, day.month, day.day, h, 10, tzinfo=UTC) for h in _HOURS]


def number_of(begun: datetime) -> int:
    """Return the number in the name of a file."""
    return begun.toordinal() * 3 % 100_000 + begun.hour // 8


def _write_list(year: int, month: int, now: datetime) -> bytes | None:
    if not 1 <= month <= 12 or year < 2016:
        return None
    lines, day = [], date(year, month, 1)
    while day.month == month:
        for begun in begun_on(day):
            if begun + _EVERY <= now:
                name = f"CC-NEWS-{begun:%Y%m%d%H%M%S}-{number_of(begun):05d}.warc.gz"
                lines.append(f"crawl-data/CC-NEWS/{year}/{month:02d}/{name}\n")
        day += _ONE_DAY
    return gzip.compress("".join(lines).encode(), mtime=0) if lines else None


def _write_file(begun: datetime, plan: Plan, render: Render) -> bytes:
    days = [begun.date() - n * _ONE_DAY for n in (2, 1, 0)] + [begun.date() + _ONE_DAY]
    found = [
        (crawl_time(item), item)
        for day in days
        for item in list_crawled(plan(day))
        if begun <= crawl_time(item) < begun + _EVERY
    ]
    found.sort(key=lambda pair: (pair[0], pair[1].url))
    parts = [write_record("warcinfo", "", begun, b"software: newsstand\r\n")]
    for n, (at, item) in enumerate(found):
        parts.append(write_request(item.url, at))
        parts.append(write_response(item.url, at, render(item)))
        if n < _N_NOISE:
            url = f"https://www.elsewhere-{n % 7}.example/{begun:%Y%m%d%H}/{n}.html"
            page = f"<html><body><p>Nothing of ours, {n}.</p></body></html>".encode()
            parts.append(write_response(url, at, page))
    host = found[0][1].outlet.host if found else "www.harbourledger.example"
    return b"".join([*parts, *_write_dirt(host, begun)])


def _write_dirt(host: str, begun: datetime) -> Iterable[bytes]:
    root, page = f"https://{host}/dirt/{begun:%Y%m%d%H}", b"<p>Dirt.</p>" * 400
    whole = bytearray(write_response(f"{root}/damaged.html", begun, _noise(begun)))
    whole[len(whole) // 2] ^= 0xFF
    yield bytes(whole)
    yield write_response(f"{root}/wrong-length.html", begun, page, wrong_by=13)
    yield write_response(f"{root}/gone.html", begun, page, status="404 Not Found")
    if begun.hour == _HOURS[-1]:
        yield write_response(f"{root}/cut.html", begun, _noise(begun))[:-200]


def _noise(begun: datetime) -> bytes:
    """Return bytes that packing leaves as long as they are."""
    seed = begun.isoformat().encode()
    return b"".join(hashlib.sha256(seed + bytes([n])).digest() for n in range(100))


def write_request(url: str, at: datetime) -> bytes:
    """Return the record of a request."""
    path = "/" + url.partition("://")[2].partition("/")[2]
    block = f"GET {path} HTTP/1.1\r\nUser-Agent: CCBot\r\n\r\n".encode()
    return write_record("request", url, at, block)


def write_response(
    url: str,
    at: datetime,
    body: bytes,
    *,
    status: str = "200 OK",
    wrong_by: int = 0,
) -> bytes:
    """Return the record of an answer; one that states a length wrong by so much."""
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
        "X-Crawler-content-encoding: gzip\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return write_record("response", url, at, head.encode() + body, wrong_by)


def write_record(
    kind: str, url: str, at: datetime, block: bytes, wrong_by: int = 0
) -> bytes:
    """Return a record as a gzip member of its own."""
    digest = hashlib.sha256(block).hexdigest()[:32].upper()
    lines = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Date: {at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        f"WARC-Record-ID: <urn:uuid:{digest[:8]}-{digest[8:12]}-{digest[12:16]}>",
        f"WARC-Payload-Digest: sha1:{digest}",
        f"Content-Length: {len(block) + wrong_by}",
    ]
    if url:
        lines.append(f"WARC-Target-URI: {url}")
    head = "\r\n".join([*lines, "", ""]).encode()
    return gzip.compress(head + block + b"\r\n\r\n", 6, mtime=0)
