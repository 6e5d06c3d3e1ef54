"""Common Crawl's news files: which of them may hold a night, and which records do.

Layout: https://commoncrawl.org/news-crawl. A month lists its files in `warc.paths.gz`;
the name of a file has the UTC time at which it was begun, and it goes on for an hour or
two until it has 1 GB. Records have no publication date, and there is no index: one of
our own (`model.PastRecord`) is made while a file is read for the first time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from nightdesk.model import PastRecord
from nightdesk.past.members import Member
from nightdesk.past.raw import read_moment, read_stamp, unpack_lines
from nightdesk.urls import registered_domain

#: Nights after a night whose files are read too: crawlers take items that are up to
#: thirty days old, but most of them at once.
WINDOW = timedelta(days=2)
#: A file goes on for no longer than this: whatever was begun before has ended.
_LONGEST = timedelta(hours=12)
#: What one file has, and how many a day brings (August 2026), for plans.
FILE_BYTES, FILES_A_DAY = 1_070_000_000, 15.8
#: Bytes between two records that are read rather than asked round.
_BRIDGE = 65_536
_MOST_PART = 8 << 20
_NAME = re.compile(
    r"crawl-data/CC-NEWS/\d{4}/\d{2}/CC-NEWS-(\d{14})-(\d{1,8})\.warc\.gz"
)
_MOST_LIST = 8 << 20  # a month has 500 lines
_SITE = re.compile(r"https?://([^/?#:@]+)")


class NewsFile(NamedTuple):
    """A file of a month."""

    begun_at: datetime
    path: str

    @property
    def name(self) -> str:
        """The name of the file, without folders and endings."""
        return self.path.rpartition("/")[2].removesuffix(".warc.gz")


class Part(NamedTuple):
    """Bytes of a file that hold wanted records."""

    span: tuple[int, int]
    records: tuple[PastRecord, ...]


def list_months(night: date) -> list[str]:
    """Return the months whose lists are wanted for a night.

    >>> list_months(date(2026, 2, 27)), list_months(date(2026, 3, 1))
    (['2026/02', '2026/03'], ['2026/02', '2026/03'])
    """
    days = (night - timedelta(days=1), night, night + WINDOW)
    return sorted({f"{day:%Y/%m}" for day in days})


def paths_url(base: str, month: str) -> str:
    """Return the address of the list of a month."""
    return f"{base.rstrip('/')}/crawl-data/CC-NEWS/{month}/warc.paths.gz"


def file_url(base: str, file: NewsFile) -> str:
    """Return the address of a file."""
    return f"{base.rstrip('/')}/{file.path}"


def parse_paths(body: bytes) -> tuple[list[NewsFile], Counter[str]]:
    """Return the files of a month's list, oldest first, and what could not be read.

    Reasons: `damaged`, `truncated` (what came before is used), `bad_path`.
    """
    text, problem = unpack_lines(body, _MOST_LIST)
    problems = Counter([problem] if problem else [])
    found = set()
    for line in text.decode("utf-8", "replace").split("\n"):
        path = line.strip()
        match = _NAME.fullmatch(path)
        at = read_stamp(match[1]) if match else None
        if at is not None:
            found.add(NewsFile(at, path))
        elif path:
            problems["bad_path"] += 1
    return sorted(found), problems


def choose_files(files: Iterable[NewsFile], night: date) -> list[NewsFile]:
    """Return the files that may hold pages of a night, oldest first.

    Those begun from the start of the night to the end of the window, and the one during
    which the night began.
    """
    start = datetime(night.year, night.month, night.day, tzinfo=UTC)
    end = start + WINDOW + timedelta(days=1)
    ordered = sorted(files)
    before = [f for f in ordered if start - _LONGEST <= f.begun_at < start]
    return [*before[-1:], *(f for f in ordered if start <= f.begun_at < end)]


def read_head(member: Member) -> PastRecord | None:
    """Return the index row of a record, None for what is no page."""
    if not member.is_response:
        return None
    url = member.field("WARC-Target-URI")
    if not url.startswith(("http://", "https://")):
        return None
    at = read_moment(member.field("WARC-Date"))
    if at is None or at.tzinfo is None:
        return None
    return PastRecord(
        url=url,
        captured_at=at,
        offset=member.offset,
        size=len(member.data),
        digest=member.field("WARC-Payload-Digest") or None,
    )


class Sites:
    """The registered domains that are wanted, asked of every record."""

    def __init__(self, domains: Iterable[str]) -> None:
        self._domains = frozenset(domains)
        self._hosts: dict[str, str | None] = {}

    def find(self, url: str) -> str | None:
        """Return the wanted domain that an address belongs to, None for another."""
        match = _SITE.match(url)
        if match is None:
            return None
        host = match[1].lower()
        if host not in self._hosts:
            self._hosts[host] = self._judge(url)
        return self._hosts[host]

    def _judge(self, url: str) -> str | None:
        try:
            domain = registered_domain(url)
        except ValueError:
            return None
        return domain if domain in self._domains else None


def plan_parts(records: Sequence[PastRecord]) -> list[Part]:
    """Return what to ask of a file for these records: neighbours in one part."""
    parts: list[Part] = []
    for record in sorted(records, key=lambda r: r.offset):
        end = record.offset + record.size
        last = parts[-1] if parts else None
        if (
            last
            and record.offset - last.span[1] <= _BRIDGE
            and end - last.span[0] <= _MOST_PART
        ):
            span = (last.span[0], max(last.span[1], end))
            parts[-1] = Part(span, (*last.records, record))
        else:
            parts.append(Part((record.offset, end), (record,)))
    return parts
