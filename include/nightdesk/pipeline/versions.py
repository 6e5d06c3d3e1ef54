"""The versions of a night's articles, and what each changed of the one before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from nightdesk.deduplicate.versions import (
    Edit,
    VersionDiff,
    diff_versions,
    is_same_article,
)
from nightdesk.model import Article

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Version:
    """One wording of an article; a page that came again with the same is none."""

    article_id: int
    n: int  # from 1
    text_hash: str
    page_digest: str
    title: str | None
    n_words: int
    captured_at: datetime | None
    #: Of the change; None: the first, nothing changed; other_page: what another address
    #: of the same canonical URL shows, and no version of the article.
    kind: str | None = None
    is_new_headline: bool = False
    edits: tuple[Edit, ...] = ()


def list_versions(articles: Iterable[Article]) -> list[Version]:
    """Return the versions of the articles, by article and order of capture.

    Args:
        articles: every capture of each article, as extracted, in any order.
    """
    captures: dict[int, list[Article]] = {}
    for article in articles:
        captures.setdefault(article.article_id, []).append(article)
    return [v for _, group in sorted(captures.items()) for v in _compare(group)]


def _compare(captures: list[Article]) -> Iterator[Version]:
    old: Article | None = None
    n = 0
    for new in sorted(captures, key=_place):
        if old and not is_same_article((old.url, old.text), (new.url, new.text)):
            n += 1
            yield _make_version(new, n, "other_page")
            continue
        diff = diff_versions(old.text, new.text, old.title, new.title) if old else None
        if diff and diff.kind == "same":
            continue
        n += 1
        yield _make_version(new, n, diff.kind if diff else None, diff)
        old = new


def _make_version(
    article: Article, n: int, kind: str | None, diff: VersionDiff | None = None
) -> Version:
    return Version(
        article_id=article.article_id,
        n=n,
        text_hash=article.text_hash or "",
        page_digest=article.page_digest or "",
        title=article.title,
        n_words=article.n_words,
        captured_at=article.captured_at,
        kind=kind,
        is_new_headline=bool(diff and diff.is_new_headline),
        edits=diff.edits if diff else (),
    )


def _place(article: Article) -> tuple[datetime, str]:
    return article.captured_at or _NEVER, article.page_digest or ""
