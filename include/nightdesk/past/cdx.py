"""The Wayback Machine: its CDX index of captures, and where a capture is found.

Layout: https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server.
The index wants an address and knows nothing of days of publication. A digest is that of
the captured body, so that captures which say the same are known without a look.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from nightdesk.past.raw import is_text, read_stamp
from nightdesk.past.spans import Span, find_gap

_FIELDS = ("timestamp", "original", "mimetype", "statuscode", "digest")
_MOST = 1_000  # captures of one address in some days; more are left out
_GOOD = frozenset({"200", "-"})  # "-": a revisit, the same as the one before it


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One capture of an address."""

    at: datetime
    stamp: str  # as the index has it: it is part of the address
    url: str
    digest: str


def ask_captures(base: str, url: str, since: datetime, until: datetime) -> str:
    """Return the address of the index for the captures of an address.

    >>> at = datetime(2026, 3, 1, tzinfo=UTC)
    >>> ask_captures("https://web.example", "https://a.example/", at, at)[:65]
    'https://web.example/cdx/search/cdx?url=https%3A%2F%2Fa.example%2F'
    """
    query = {
        "url": url,
        "from": _stamp(since),
        "to": _stamp(until),
        "output": "json",
        "fl": ",".join(_FIELDS),
        "limit": str(_MOST),
    }
    return f"{base.rstrip('/')}/cdx/search/cdx?{urlencode(query)}"


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def replay_url(base: str, snapshot: Snapshot) -> str:
    """Return where the bytes of a capture are, as they came (`id_`)."""
    return f"{base.rstrip('/')}/web/{snapshot.stamp}id_/{snapshot.url}"


def parse_captures(body: bytes) -> tuple[list[Snapshot], Counter[str]]:
    """Return the good captures of an answer, oldest first, and how many others.

    An empty answer is an index without captures. Reasons: `not_json`, `no_header`,
    `short_row`, `bad_timestamp`, `bad_status`, `bad_url`.
    """
    problems: Counter[str] = Counter()
    if not body.strip():
        return [], problems
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError):
        return [], Counter({"not_json": 1})
    if not isinstance(rows, list):
        return [], Counter({"not_json": 1})
    if not rows:
        return [], problems
    places = _read_header(rows[0])
    if places is None:
        return [], Counter({"no_header": 1})
    found = []
    for row in rows[1:]:
        snapshot = _read_row(row, places)
        if isinstance(snapshot, str):
            problems[snapshot] += 1
        else:
            found.append(snapshot)
    return sorted(found, key=lambda snapshot: snapshot.stamp), problems


def _read_header(row: Any) -> dict[str, int] | None:
    names = row if isinstance(row, list) else []
    places = {name: n for n, name in enumerate(names) if name in _FIELDS}
    return places if {"timestamp", "original"} <= places.keys() else None


def _read_row(row: Any, places: dict[str, int]) -> Snapshot | str:
    if not isinstance(row, list) or len(row) <= max(places.values()):
        return "short_row"
    value = {name: row[n] if is_text(row[n]) else "" for name, n in places.items()}
    at = read_stamp(value["timestamp"])
    if at is None:
        return "bad_timestamp"
    if value.get("statuscode", "200") not in _GOOD:
        return "bad_status"
    if not value["original"].startswith(("http://", "https://")):
        return "bad_url"
    digest = value.get("digest") or f"{value['timestamp']}"
    return Snapshot(at, value["timestamp"], value["original"], digest)


def choose_next(
    snapshots: Sequence[Snapshot],
    spans: Iterable[Span],
    wanted: Span,
    tried: frozenset[str],
) -> Snapshot | None:
    """Return the capture of a feed to read next; None: no other one would add to it.

    From the end of the night backwards: the first capture after the latest gap has the
    entries before it, if the feed reaches back so far; where there is none, the last
    one before it.

    Args:
        snapshots: of the feed, oldest first.
        spans: what is known already.
        wanted: the night.
        tried: stamps of those that were read, or could not be.
    """
    gap = find_gap(spans, wanted)
    if gap is None:
        return None
    after = [s for s in snapshots if s.at >= gap]
    before = [s for s in snapshots if wanted.since < s.at < gap]
    choice = after[0] if after else None
    if choice is not None and choice.stamp not in tried:
        return choice
    left = [s for s in before if s.stamp not in tried]
    return left[-1] if left else None


def choose_nearest(
    snapshots: Sequence[Snapshot], published: datetime
) -> Snapshot | None:
    """Return the capture nearest after a publication, else the last before it.

    An hour of grace: clocks differ, and a page is captured before it says so.
    """
    since = published - timedelta(hours=1)
    after = [s for s in snapshots if s.at >= since]
    if after:
        return after[0]
    return snapshots[-1] if snapshots else None
