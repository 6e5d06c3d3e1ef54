"""The bin that each planned entry of a night ends in, once its pages are read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from nightdesk.model import Article, PlannedEntry, PlannedPage
from nightdesk.nights import ONE_DAY, night_of


@dataclass(frozen=True)
class SettledNight:
    """What a night has become: final bins, and the articles that it owns."""

    entries: tuple[PlannedEntry, ...]
    articles: tuple[Article, ...]  # status ok, the current version
    versions: tuple[Article, ...]  # status ok, every version


def settle_night(
    night: date,
    entries: Sequence[PlannedEntry],
    pages: Sequence[PlannedPage],
    articles: Iterable[Article],
) -> SettledNight:
    """Give every planned entry its bin, now that the pages have been read.

    Pages without a stated day that turn out to belong to a neighbouring night leave
    with their entries: that night's own build counts them.
    """
    read = {(a.article_id, a.page_digest): a for a in articles}
    pairs = [(page, read.get((page.article_id, page.digest))) for page in pages]
    verdicts = {
        page.article_id: _verdict(article) for page, article in pairs if page.is_current
    }
    away = {
        page.article_id
        for page, article in pairs
        if page.is_current and not page.is_dated and _owner(page, article) != night
    }
    kept = [
        (page, article)
        for page, article in pairs
        if article is not None
        and article.status == "ok"
        and page.article_id not in away
        and verdicts[page.article_id][0] == "loaded"
    ]
    return SettledNight(
        entries=tuple(
            _settle_entry(entry, verdicts)
            for entry in entries
            if entry.article_id not in away
        ),
        articles=tuple(article for page, article in kept if page.is_current),
        versions=tuple(article for _, article in kept),
    )


def _settle_entry(
    entry: PlannedEntry, verdicts: Mapping[int, tuple[str, str | None]]
) -> PlannedEntry:
    if entry.bin is not None:
        return entry
    bin_, reason = verdicts[entry.article_id]
    return replace(entry, bin=bin_, reason=reason)


def _owner(page: PlannedPage, article: Article | None) -> date:
    first = page.first_captured_on
    if article is None or article.published_at is None:
        return first
    day = night_of(article.published_at)
    return day if abs(day - first) <= ONE_DAY else first


def _verdict(article: Article | None) -> tuple[str, str | None]:
    if article is None:
        return "failed", "not_extracted"
    if article.status == "ok":
        return "loaded", None
    return article.status, article.reason or "unknown"
