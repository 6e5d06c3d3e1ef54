"""A past night from GDELT's lists: addresses to look at, and candidates of countries.

A list is archived as it came and read again for other sources. Files that are not there
are GDELT's own holes: they are counted and said, and are no failures.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from nightdesk.collect import list_entries
from nightdesk.errors import ArchiveError
from nightdesk.fetch import Fetched, Request
from nightdesk.fips import load_fips
from nightdesk.model import Entry, Feed, PastDocument
from nightdesk.past import gal, gkg
from nightdesk.past.ccnews import Sites
from nightdesk.past.dating import Dating
from nightdesk.past.gal import Seen
from nightdesk.past_file import Kind
from nightdesk.pipeline.collect_run import archive_body
from nightdesk.pipeline.past_run import PastNight, read_body
from nightdesk.urls import registered_domain

log = logging.getLogger(__name__)

_GAL: Kind = "gdelt_gal"
_GKG: Kind = "gdelt_gkg"
#: What a server says of a file that it does not have.
_ABSENT = frozenset({"not_found", "gone"})
#: Bytes of the list of files that are looked at to see which time it is about, and
#: those that are read at a time: a day has 35 kB of it.
_PEEK, _READ = 4096, 1 << 20


def read_gal(past: PastNight) -> None:
    """Read the article lists of the night."""
    if not past.open():
        return
    base, known = past.places[_GAL].base, _read_known(past, _GAL)
    stamps = [stamp for slot in gal.list_slots(past.night) for stamp in slot]
    by_url = {gal.slot_url(base, stamp): stamp for stamp in stamps}
    rows: list[Seen] = []
    problems: Counter[str] = Counter()
    there: set[str] = set()
    requests = []
    for url, stamp in by_url.items():
        if url not in known:
            requests.append(Request(url, "file"))
        elif (body := known[url]) is not None:
            there.add(stamp)
            _take(gal.parse_list(body), rows, problems)
    left: Counter[str] = Counter()
    for request, answer in past.fetch(_GAL, requests):
        body = _open(past, _GAL, request.url, answer, left)
        if body is not None:
            there.add(by_url[request.url])
            _take(gal.parse_list(body), rows, problems)
    n_holes = sum(1 for slot in gal.list_slots(past.night) if not there & {*slot})
    holes = f"{n_holes} of 96 quarters have no list" if n_holes else None
    _list_seen(past, _GAL, rows, problems)
    _note(past, _GAL, left, holes)


def read_gkg(past: PastNight) -> None:
    """Read the files of the knowledge graph of the night, checked by size and MD5."""
    if not past.open():
        return
    left: Counter[str] = Counter()
    slots: list[gkg.Slot] = []
    problems: Counter[str] = Counter()
    for is_translated in (False, True):
        url = gkg.list_url(past.places[_GKG].base, is_translated=is_translated)
        part = _find_part(past, url, left)
        found, bad = gkg.parse_slots(part, past.night, past.places[_GKG].base)
        slots += found
        problems += bad
    known = _read_known(past, _GKG)
    to_iso = load_fips(past.run.job.settings.shipped).to_iso
    rows: list[Seen] = []
    wanted = {slot.url: slot for slot in slots}
    for url in wanted.keys() & known.keys():
        if (body := known[url]) is not None:
            _take(gkg.parse_rows(body, to_iso), rows, problems)
    requests = [Request(url, "file") for url in wanted if url not in known]
    for request, answer in past.fetch(_GKG, requests):
        body = _check(past, wanted[request.url], answer, left, problems)
        if body is not None:
            _take(gkg.parse_rows(body, to_iso), rows, problems)
    n_holes = gkg.missing_slots(slots, past.night)
    holes = f"{n_holes} of 96 quarters have no file" if n_holes else None
    _list_seen(past, _GKG, rows, problems)
    _note(past, _GKG, left, holes)


def _check(
    past: PastNight,
    slot: gkg.Slot,
    answer: Fetched | str,
    left: Counter[str],
    problems: Counter[str],
) -> bytes | None:
    """Return a file that is what the list says of it, and archive it."""
    if not isinstance(answer, str) and answer.attempt.outcome == "ok":
        wrong = gkg.check_file(slot, answer.body)
        if wrong is not None:
            problems[wrong] += 1
            log.warning("past=gdelt_gkg url=%s %s", slot.url, wrong)
            return None
    return _open(past, _GKG, slot.url, answer, left)


def _find_part(past: PastNight, url: str, left: Counter[str]) -> bytes:
    """Return the part of the list of files that is about the night, found by halves."""
    first, end = f"{past.night:%Y%m%d}000000", gkg.next_day(past.night)
    low, high = 0, 1 << 40
    while high - low > _PEEK:
        middle = (low + high) // 2 if high < 1 << 40 else 0
        answer = past.fetch_one(
            _GKG, Request(url, "file", span=(middle, middle + _PEEK))
        )
        if isinstance(answer, str) or answer.attempt.outcome != "ok":
            _note_left(answer, left)
            return b""
        if high == 1 << 40:
            high = _size_of(answer)
            if high <= _READ:
                break
            continue
        stamp = gkg.find_stamp(answer.body)
        if stamp is None or stamp >= first:
            high = middle
        else:
            low = middle
    return _read_on(past, url, low, end, left)


def _read_on(past: PastNight, url: str, at: int, end: str, left: Counter[str]) -> bytes:
    """Return the list from a place on until it speaks of another day."""
    parts: list[bytes] = []
    while True:
        answer = past.fetch_one(_GKG, Request(url, "file", span=(at, at + _READ)))
        if isinstance(answer, str) or answer.attempt.outcome != "ok":
            _note_left(answer, left)
            return b"".join(parts)
        parts.append(answer.body)
        at += len(answer.body)
        stamp = gkg.find_stamp(answer.body[-_PEEK:])
        if at >= _size_of(answer) or (stamp and stamp >= end):
            return b"".join(parts)


def _note_left(answer: Fetched | str, left: Counter[str]) -> None:
    """Count what could not be read; a list that is not there is none of it."""
    outcome = answer if isinstance(answer, str) else answer.attempt.outcome
    if outcome not in _ABSENT:
        left[outcome] += 1


def _size_of(answer: Fetched) -> int:
    total = answer.headers.get("content-range", "").rpartition("/")[2]
    return int(total) if total.isdigit() else 0


# both ----------------------------------------------------------------------------


def _read_known(past: PastNight, kind: Kind) -> dict[str, bytes | None]:
    """Return the lists that are archived, by address; None: known not to be there."""
    known: dict[str, bytes | None] = {}
    day = past.night
    for row in past.documents_of(kind, ""):
        if row.since is None or row.since.date() != day:
            continue
        try:
            known[row.url] = read_body(past, row) if row.file else None
        except ArchiveError as error:
            log.warning("past=%s %s", kind, error)
    return known


def _open(
    past: PastNight,
    kind: Kind,
    url: str,
    answer: Fetched | str,
    left: Counter[str],
) -> bytes | None:
    """Archive a list and return it; None for what is not there, which is kept too."""
    outcome = answer if isinstance(answer, str) else answer.attempt.outcome
    now = past.run.job.clock()
    row = PastDocument(
        kind=kind, source_id="", url=url, seen_at=now, since=past.span.since
    )
    if outcome in _ABSENT:
        past.keep(kind, row, None)
        return None
    if isinstance(answer, str) or outcome != "ok":
        left[outcome] += 1
        return None
    past.keep(kind, row, archive_body(past.run, answer, "", now))
    return answer.body


def _take(
    parsed: tuple[list[Seen], Counter[str]], rows: list[Seen], problems: Counter[str]
) -> None:
    rows += parsed[0]
    problems += parsed[1]


def _list_seen(
    past: PastNight, kind: Kind, rows: Iterable[Seen], problems: Counter[str]
) -> None:
    """Add the articles of the sources as entries; the page says when they are from."""
    for reason, n in sorted(problems.items()):
        log.warning("past=%s night=%s %s=%d", kind, past.night, reason, n)
    owners: dict[str, str] = {}
    for find in sorted(past.open(), key=lambda find: find.source.id):
        owners.setdefault(registered_domain(find.source.url), find.source.id)
    sites = Sites(owners)
    for seen in gal.unique(rows):
        site = sites.find(seen.url)
        if site is None:
            continue
        find = past.finds[owners[site]]
        candidates = tuple(f"gdelt:{iso2}" for iso2 in seen.countries)
        entry = Entry(seen.url, title=seen.title, categories=candidates)
        feed = Feed(kind, (entry,))
        day = seen.seen_at.date()
        past.dated.setdefault((find.source.id, seen.url), Dating("index", day=day))
        found = list_entries(find.source, feed, kind, seen.seen_at)
        past.add(find, (replace(row, dated_by="index") for row in found), kind)


def _note(past: PastNight, kind: Kind, left: Counter[str], holes: str | None) -> None:
    """Note for each source what could not be read, and what GDELT does not have."""
    for find in past.open():
        if left:
            word, n = left.most_common(1)[0]
            find.failures[kind] = f"{word}: {left.total()} lists left" if n else word
        elif holes:
            find.absences[kind] = holes
