"""One page through extract and tag, without landing or warehouse."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from nightdesk.config import Settings, load_sources, sources_path
from nightdesk.errors import ConfigError, NightdeskError
from nightdesk.extract import Page, extract_article
from nightdesk.gazetteer import load_gazetteer
from nightdesk.model import Article, Tags
from nightdesk.pipeline.job import user_agent
from nightdesk.tag import Tagger
from nightdesk.urls import article_id, canonicalize_url


def read_page(settings: Settings, where: str) -> Page:
    """Return a page from an address (fetched with every guard on) or a file.

    Raises:
        ConfigError: the file cannot be read, or the address is none.
        NightdeskError: the page cannot be fetched; the message says why.
    """
    if where.startswith(("http://", "https://")):
        return _fetch_page(settings, where)
    try:
        body = Path(where).read_bytes()
    except OSError as error:
        raise ConfigError(f"try: {error}") from error
    url = f"https://file.invalid/{Path(where).name}"
    kind = "text/plain" if where.endswith(".txt") else None
    return Page(body, url, url, article_id(url), "try", content_type=kind)


def _fetch_page(settings: Settings, url: str) -> Page:
    from nightdesk.fetch import Fetcher, Request

    try:
        canonical = canonicalize_url(url)
    except ValueError as error:
        raise ConfigError(f"try: {error}") from error
    agent = user_agent(settings, load_sources(sources_path(settings)))
    with Fetcher(user_agent=agent, mirrors=settings.mirrors or {}) as fetcher:
        fetched = fetcher.fetch(Request(url=url, purpose="page"))
    attempt = fetched.attempt
    if attempt.outcome != "ok":
        raise NightdeskError(f"try: {url}: {attempt.outcome}: {attempt.error or ''}")
    return Page(
        body=fetched.body,
        url=attempt.final_url,
        canonical_url=canonical,
        article_id=article_id(canonical),
        source_id="try",
        content_type=attempt.content_type,
        captured_at=datetime.now(UTC),
    )


def show_page(settings: Settings, page: Page) -> tuple[Article, Tags]:
    """Return what extract and tag make of a page."""
    article = extract_article(page)
    tagger = Tagger(load_gazetteer(settings.shipped, settings.config_dir))
    tags = tagger.tag(
        article_id=article.article_id,
        title=article.title,
        text=article.text,
        lang=article.lang,
    )
    return article, tags
