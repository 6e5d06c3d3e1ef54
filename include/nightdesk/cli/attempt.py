"""One page through extract and tag, for people, beside plain trafilatura.

Without landing or warehouse; nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from nightdesk.cli import say
from nightdesk.cli.jsonl import read_file
from nightdesk.cli.side_by_side import say_block, say_pair, terminal_width
from nightdesk.config import Settings, load_sources, sources_path
from nightdesk.errors import ConfigError, NightdeskError
from nightdesk.extract import Page, extract_article
from nightdesk.extract.explain import Line, Raw, explain_text, read_raw
from nightdesk.gazetteer import load_gazetteer
from nightdesk.model import Article
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
        body = read_file(Path(where))
    except OSError as error:
        raise ConfigError(f"try: {error}") from error
    name = Path(where).name.removesuffix(".gz")
    url = f"https://file.invalid/{name}"
    kind = "text/plain" if name.endswith(".txt") else None
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


def say_page(settings: Settings, page: Page) -> bool:
    """Write what extract and tag make of a page; return whether it is an article."""
    article = extract_article(page)
    raw = read_raw(page, article)
    width = terminal_width()
    _say_facts(article, raw, width)
    if article.status == "ok":
        _say_tags(settings, article, width)
    _say_texts(explain_text(article, raw), width)
    return article.status == "ok"


def _say_facts(article: Article, raw: Raw, width: int) -> None:
    verdict = article.status + (f": {article.reason}" if article.reason else "")
    say_block("status     ", f"{verdict}, confidence {article.confidence:.2f}", width)
    published = (
        f"{_state(article)} ({article.published_precision}, from "
        f"{article.published_via})"
        if article.published_via
        else ""
    )
    for name, ours, theirs in (
        ("title", article.title, raw.title),
        ("authors", ", ".join(article.authors), raw.author),
        ("published", published, raw.date),
    ):
        say_block(f"{name:11}", ours or "-", width)
        if theirs and theirs not in (ours or ""):
            say_block(f"{'':11}", f"trafilatura: {theirs}", width)
    for candidate in article.date_candidates:
        if candidate.rejected:
            text = f"not {candidate.raw!r} of {candidate.via}: {candidate.rejected}"
            say_block(f"{'':11}", text, width)
    rest = {
        "modified": article.modified_at,
        "language": article.lang,
        "kind": article.article_type,
        "section": article.section,
        "site": article.site_name,
        "free": article.is_free,
    }
    for name, value in rest.items():
        if value is not None:
            say_block(f"{name:11}", str(value), width)
    size = f"{article.n_words} words in {article.n_paragraphs} paragraphs"
    say_block("text       ", f"{size}, {len(article.repeats)} repeats dropped", width)


def _state(article: Article) -> str:
    if article.published_precision == "day" or article.published_at is None:
        return str(article.published_on)
    return f"{article.published_at:%Y-%m-%d %H:%M:%S} UTC"


def _say_tags(settings: Settings, article: Article, width: int) -> None:
    tags = Tagger(load_gazetteer(settings.shipped, settings.config_dir)).tag(
        article_id=article.article_id,
        title=article.title,
        text=article.text,
        lang=article.lang,
    )
    for country in tags.countries:
        focus = " (focus)" if country.is_focus else ""
        say(f"country    {country.country} {country.score:.1f} {country.role}{focus}")
    names = Counter((m.type, m.name or m.surface) for m in tags.mentions)
    for kind in sorted({kind for kind, _ in names}):
        found = sorted((-n, name) for (k, name), n in names.items() if k == kind)
        text = ", ".join(f"{name} x{-n}" if n < -1 else name for n, name in found)
        say_block(f"{kind.lower():11}", text, width)


def _say_texts(lines: Sequence[Line], width: int) -> None:
    counts = Counter(line.mark for line in lines)
    say()
    say_pair("", "NIGHTDESK", "TRAFILATURA ALONE", width)
    for line in lines:
        say()
        if line.mark == "theirs":
            say_pair("-", f"[{line.why}]", line.text, width)
        elif line.mark == "repeat":
            say_pair("r", f"[{line.why}]", line.text, width)
        else:
            theirs = line.text if line.mark == "same" else ""
            say_pair("=" if theirs else "+", line.text, theirs, width)
    say()
    say_block(
        "",
        f"{counts['same']} the same (=), {counts['ours']} only ours (+), "
        f"{counts['theirs']} only trafilatura's (-), {counts['repeat']} repeats (r)",
        width,
    )
