"""One page through extract and tag, for people, beside plain trafilatura.

Without landing or warehouse; nothing is written. Both texts are made in processes that
can be killed, as a night's are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nightdesk.backends import make_tagger
from nightdesk.cli import say
from nightdesk.cli.pages import Comparison, read_file, read_part
from nightdesk.cli.side_by_side import say_block, say_pair, terminal_width
from nightdesk.config import Settings
from nightdesk.errors import ConfigError, NightdeskError
from nightdesk.extract import Page
from nightdesk.extract.explain import Line, Raw, explain_text
from nightdesk.gazetteer import load_gazetteer
from nightdesk.model import Article
from nightdesk.pipeline.extract_task import name_loss
from nightdesk.urls import article_id, canonicalize_url
from nightdesk.workers import Limits, Lost, WorkerPool


def read_page(settings: Settings, where: str, *, allow_private: bool = False) -> Page:
    """Return a page from an address (fetched with every guard on) or a file.

    Raises:
        ConfigError: the file cannot be read, or the address is none.
        NightdeskError: the page cannot be fetched; the message says why.
    """
    if where.startswith(("http://", "https://")):
        return _fetch_page(settings, where, allow_private=allow_private)
    try:
        body = read_file(Path(where))
    except OSError as error:
        raise ConfigError(f"try: {error}") from error
    name = Path(where).name.removesuffix(".gz")
    url = f"https://file.invalid/{name}"
    kind = "text/plain" if name.endswith(".txt") else None
    return Page(body, url, url, article_id(url), "try", content_type=kind)


def _fetch_page(settings: Settings, url: str, *, allow_private: bool) -> Page:
    from nightdesk.cli.asking import (
        load_leniently,
        make_request,
        name_failure,
        open_fetcher,
    )

    try:
        canonical = canonicalize_url(url)
    except ValueError as error:
        raise ConfigError(f"try: {error}") from error
    sources = load_leniently(settings)
    request = make_request(url, sources, purpose="page", allow_private=allow_private)
    with open_fetcher(settings, sources) as fetcher:
        fetched = fetcher.fetch(request)
    attempt = fetched.attempt
    if attempt.outcome != "ok":
        raise NightdeskError(f"try: {url}: {name_failure(attempt)}")
    return Page(
        body=fetched.body,
        url=attempt.final_url,
        canonical_url=canonical,
        article_id=article_id(canonical),
        source_id="try",
        content_type=attempt.content_type,
        captured_at=datetime.now(UTC),
    )


def say_page(settings: Settings, page: Page, limits: Limits | None = None) -> bool:
    """Write what extract and tag make of a page; return whether it is an article.

    Raises:
        NightdeskError: the page hangs, or takes more than a night would give it.
    """
    processes: WorkerPool[Any, Any] = WorkerPool(read_part, 1, limits)
    with processes as pool:
        article: Article | Lost = next(pool.map([page]))
        if isinstance(article, Lost):
            raise NightdeskError(
                f"try: {page.url}: {article.cause}; a night counts this page as "
                f"failed, {name_loss(article)}"
            )
        compared: Comparison | Lost = next(pool.map([(page, article)]))
    if isinstance(compared, Lost):
        raw, lines = Raw(), explain_text(article, Raw())
    else:
        raw, lines = compared
    width = terminal_width()
    _say_facts(article, raw, width)
    if article.status == "ok":
        _say_tags(settings, article, width)
    _say_texts(lines, width)
    if isinstance(compared, Lost):
        say_block("", f"trafilatura alone: {compared.cause}", width)
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
    gazetteer = load_gazetteer(settings.shipped, settings.config_dir)
    tags = make_tagger(gazetteer, settings.tagger).tag(
        article_id=article.article_id,
        title=article.title,
        text=article.text,
        lang=article.lang,
    )
    for country in tags.countries:
        focus = " (focus)" if country.is_focus else ""
        text = f"{country.country} {country.score:.1f} {country.role}{focus}"
        say_block("country    ", text, width)
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
