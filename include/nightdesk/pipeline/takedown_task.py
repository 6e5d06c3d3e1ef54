"""takedown: an article, or all of a source, removed with its traces and barred.

The tombstone comes first: from then on no collect and no build brings it back, and what
is removed afterwards can be removed again after a kill. What is needed to go on then
(addresses, titles, lines) is written down until the scan at the end has found nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from nightdesk.errors import ConfigError, WarehouseMissing
from nightdesk.landing import Landing
from nightdesk.landing.sweep import sweep_derived
from nightdesk.landing.traces import (
    Needles,
    Scan,
    find_known,
    find_listings,
    make_needles,
    remove_records,
    remove_rows,
)
from nightdesk.model import Article, Capture, KnownUrl, Listing, SiteLine
from nightdesk.nights import stated_night
from nightdesk.pipeline.job import Job, days_around
from nightdesk.pipeline.publish_task import publish_changes, update_search
from nightdesk.pipeline.rebuild_task import rebuild_nights, sweep_aside, sweep_fresh
from nightdesk.pipeline.takedown_scan import clean_briefs, scan_everything
from nightdesk.tombstones import Tombstone, Tombstones, add_tombstones
from nightdesk.urls import article_id, canonicalize_url
from nightdesk.warehouse.compact import compact_any
from nightdesk.warehouse.connect import Connect, open_warehouse
from nightdesk.warehouse.publish import sweep_published
from nightdesk.warehouse.trace import find_nights, list_copies

log = logging.getLogger(__name__)

#: What a takedown that is under way has to know; removed at its end.
PENDING = "takedown.json"


@dataclass(frozen=True)
class TakenDown:
    """What a takedown did, and the proof.

    Attributes:
        ids: of the articles.
        nights: that were built again.
        counts: of what went: rows, records, briefs and the like.
        copies: articles of others that carry a text of these; they stay.
        scan: what was looked through at the end, and what was found.
    """

    ids: tuple[int, ...]
    nights: tuple[date, ...]
    counts: dict[str, int]
    copies: list[dict[str, Any]]
    scan: Scan

    @property
    def is_clean(self) -> bool:
        """Whether everything was looked through and nothing found."""
        return not self.scan.hits and not self.scan.unread


@dataclass(frozen=True)
class _Target:
    """What is to go, as far as it is known."""

    ids: frozenset[int]
    sources: frozenset[str]
    places: frozenset[tuple[str, int]]
    nights: frozenset[date]
    needles: Needles
    copies: list[dict[str, Any]]


def take_down(
    job: Job,
    connect: Connect,
    *,
    url: str | None = None,
    source_id: str | None = None,
    who: str,
    why: str,
) -> TakenDown:
    """Bar an article or a source for good, and remove what there is of it.

    Again does no harm; after a kill it goes on.

    Args:
        job: the run.
        connect: opens the warehouse.
        url: the address of an article.
        source_id: a source, of which everything goes.
        who: says so.
        why: for who reads it in a year.

    Raises:
        ConfigError: the address is none, or the source was never known.
    """
    landing, stones = job.landing, job.load_tombstones()
    landing.recover()
    ids: set[int] = set()
    if url is not None:
        try:
            ids = {article_id(canonicalize_url(url))}
        except ValueError as error:
            raise ConfigError(f"takedown: {url}: {error}") from error
    if source_id is not None:
        names = {source_id, *landing.lineages.get(source_id, ())}
        if not names & {*job.list_sources(), *landing.present}:
            raise ConfigError(f"takedown: --source {source_id}: is no source")
        rows = find_listings(landing, lambda _, name: name in names)
        ids = {row.article_id for row in rows}
    is_known = ids <= stones.articles and (not source_id or source_id in stones.sources)
    if not is_known:
        stone = Tombstone(job.clock(), tuple(sorted(ids)), source_id, who, why)
        add_tombstones(job.settings.decisions, [stone])
    return apply_tombstones(job, connect)


def apply_tombstones(job: Job, connect: Connect) -> TakenDown:
    """Remove whatever there is of all that was ever taken down; prove that it is gone.

    Raises:
        NightdeskError: a file cannot be read or written; run it again.
    """
    landing = job.landing
    landing.recover()
    job.say("looking for it in the landing area and the warehouse")
    target = _find_target(job, connect, job.load_tombstones())
    _note(landing, target)
    job.say("removing it from the landing area and the archive")
    counts = _clean_landing(job, target)
    counts["set aside"] = sweep_aside(job.settings) + sweep_fresh(job.settings)
    rebuild_nights(job, target.nights, connect)
    counts["derived files"] = sweep_derived(landing, job.clock(), target.nights)
    job.say("compacting the warehouse")
    compact_any(connect)  # rows that were deleted leave their bytes
    job.say("publishing")
    publish_changes(job, connect, fresh=True)
    counts["published files"] = sweep_published(job.settings.published, keep=1)
    job.say("making the search index anew")
    update_search(job.settings, again=True)
    counts["briefs"] = clean_briefs(job, target.needles)
    job.say("looking through every file for what is left")
    scan = scan_everything(job, connect, target.needles, target.ids, {PENDING})
    done = TakenDown(
        tuple(sorted(target.ids)),
        tuple(sorted(target.nights)),
        counts,
        target.copies,
        scan,
    )
    if done.is_clean:
        landing.drop(PENDING)
    log.info("takedown articles=%d %s hits=%d", len(done.ids), counts, len(scan.hits))
    return done


def is_anything_left(job: Job, connect: Connect) -> bool:
    """Say whether there is anything of what was taken down; a quick look."""
    stones = job.load_tombstones()
    if not stones:
        return False
    if job.landing.exists(PENDING) or find_listings(job.landing, stones.covers):
        return True
    if find_known(job.landing, stones.articles):
        return True
    try:
        with open_warehouse(connect) as con:
            return bool(find_nights(con, stones.articles, stones.sources))
    except WarehouseMissing:
        return False


# what is to go ---------------------------------------------------------------


def _find_target(job: Job, connect: Connect, stones: Tombstones) -> _Target:
    landing, before = job.landing, job.landing.read_json(PENDING)
    listings = find_listings(landing, stones.covers)
    ids = frozenset({*stones.articles, *(row.article_id for row in listings)})
    known = find_known(landing, ids)
    with open_warehouse(connect) as con:
        nights = find_nights(con, ids, stones.sources)
        copies = before.get("copies") or list_copies(con, ids)
    nights |= {date.fromisoformat(night) for night in before.get("nights", ())}
    nights |= {night for listing in listings for night in _nights_of(listing)}
    rows: list[Listing | KnownUrl] = [*listings, *known]
    places = {(row.file, row.offset or 0) for row in rows if row.file is not None}
    needles = Needles(
        frozenset(before.get("addresses", ())), frozenset(before.get("words", ()))
    )
    return _Target(
        ids,
        stones.sources,
        frozenset(places),
        frozenset(nights),
        needles | _collect_needles(landing, listings, known, nights, ids),
        [{key: str(value) for key, value in row.items()} for row in copies],
    )


def _nights_of(row: Listing) -> set[date]:
    night = stated_night(row)
    return {night} if night else set(days_around(row.listed_at.date()))


def _collect_needles(
    landing: Landing,
    listings: Iterable[Listing],
    known: Iterable[KnownUrl],
    nights: Iterable[date],
    ids: frozenset[int],
) -> Needles:
    found = Needles()
    for row in listings:
        addresses = (row.url, row.canonical_url, row.final_url)
        found |= make_needles(addresses, [row.title], [row.summary or ""])
    for url in known:
        found |= make_needles([url.canonical_url, url.final_url], [], [])
    for night in nights:
        for name in landing.names(f"articles/night={night}"):
            (keys,) = landing.read_columns(name, ["article_id"])
            if ids.isdisjoint(keys):
                continue
            for article in landing.read_rows([name], Article):
                if article.article_id in ids:
                    texts = [article.text, article.description or ""]
                    texts += [repeat.text or "" for repeat in article.repeats]
                    found |= make_needles([article.url], [article.title], texts)
    return found


def _note(landing: Landing, target: _Target) -> None:
    landing.write_json(
        PENDING,
        {
            "addresses": sorted(target.needles.addresses),
            "words": sorted(target.needles.words),
            "nights": sorted(map(str, target.nights)),
            "copies": target.copies,
        },
    )


# removing --------------------------------------------------------------------


def _clean_landing(job: Job, target: _Target) -> dict[str, int]:
    landing, today = job.landing, job.clock().date()
    present = landing.present

    @lru_cache(maxsize=100_000)
    def is_about(url: str) -> bool:
        try:
            return article_id(canonicalize_url(url)) in target.ids
        except ValueError:
            return False

    def is_target(row: Capture) -> bool:
        source_id = present.get(row.source_id or "", row.source_id or "")
        return (
            (row.file, row.offset) in target.places
            or source_id in target.sources
            or is_about(row.url)
            or is_about(row.final_url)
        )

    def is_gone(key: int, source_id: str) -> bool:
        return key in target.ids or source_id in target.sources

    addresses = Needles(target.needles.addresses).pattern()
    return {
        "records": remove_records(landing, is_target, addresses, today),
        "rows": remove_rows(landing, target.ids, is_gone, target.needles.addresses),
        "states": _clean_states(landing, target),
        "decisions": _clean_decisions(job.settings.decisions, is_about),
    }


def _clean_states(landing: Landing, target: _Target) -> int:
    """Forget young articles and poll states; and lines learned of a source."""
    n_gone = 0
    for source_id in target.sources:
        for name in (f"sources/{source_id}.json", f"pages/{source_id}.json"):
            n_gone += landing.exists(name)
            landing.drop(name)
    for name in landing.names("pages", ".json"):
        memos = landing.read_json(name)
        left = {key: memo for key, memo in memos.items() if int(key) not in target.ids}
        if len(left) < len(memos):
            landing.write_json(name, left)
            n_gone += len(memos) - len(left)
    for name in landing.names("learned/boilerplate") if target.sources else ():
        rows = landing.read_rows([name], SiteLine)
        lines = [row for row in rows if row.source_id not in target.sources]
        if len(lines) < len(rows):
            landing.replace_rows(name, lines, SiteLine)
            n_gone += len(rows) - len(lines)
    return n_gone


def _clean_decisions(folder: Path, is_about: Callable[[str], bool]) -> int:
    """Write ids in the place of addresses in what people decided of the articles."""
    n_changed = 0
    for path in sorted(folder.glob("*.jsonl")):
        lines = path.read_text("utf-8", "surrogateescape").split("\n")
        fresh = [_hide_addresses(line, is_about) for line in lines]
        n_lines = sum(a != b for a, b in zip(lines, fresh, strict=True))
        if n_lines:
            draft = path.with_name(f".{path.name}.tmp")
            draft.write_text("\n".join(fresh), "utf-8", "surrogateescape")
            draft.replace(path)
            n_changed += n_lines
    return n_changed


def _hide_addresses(line: str, is_about: Callable[[str], bool]) -> str:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if not isinstance(row, dict):
        return line

    def hide(item: object) -> object:
        is_ours = isinstance(item, str) and is_about(item)
        return article_id(canonicalize_url(str(item))) if is_ours else item

    hidden = {key: hide(row[key]) for key in ("article",) if key in row}
    if isinstance(items := row.get("articles"), list):
        hidden["articles"] = [hide(item) for item in items]
    fresh = {**row, **hidden}
    return line if fresh == row else json.dumps(fresh, ensure_ascii=False)
