"""Our text beside what plain trafilatura makes of the page, line by line, with why.

For people who look at one page (`nightdesk try`); a night never comes here. Left out:
the share of each rule where several would drop a line; the first one is named.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import trafilatura

from nightdesk.extract import decode
from nightdesk.extract.boilerplate import (
    drop_boilerplate,
    is_boilerplate,
    is_dateline,
)
from nightdesk.extract.page import Page
from nightdesk.extract.repeats import restore_repeats
from nightdesk.model import Article
from nightdesk.text import split_words

#: Pages that are refused before a parser sees them; it would take minutes or gigabytes.
_UNREAD = frozenset({"empty", "too_large", "wrong_type", "hostile_markup", "too_deep"})


@dataclass(frozen=True)
class Line:
    """A paragraph, and what became of it."""

    mark: Literal["same", "ours", "theirs", "repeat"]
    text: str  # as we have it; theirs, if only they have it
    why: str = ""


@dataclass(frozen=True)
class Raw:
    """What trafilatura makes of a page by itself."""

    title: str | None = None
    author: str | None = None
    date: str | None = None
    lines: tuple[str, ...] = ()


def read_raw(page: Page, article: Article) -> Raw:
    """Return plain trafilatura's reading; an empty one of a page we would not parse."""
    if article.reason in _UNREAD | {"too_many_tags"}:
        return Raw()
    html = decode.decode_page(page.body, page.content_type)
    document = trafilatura.bare_extraction(
        html, url=page.url, with_metadata=True, include_comments=False
    )
    if document is None or isinstance(document, dict):
        return Raw()
    lines = (" ".join(line.split()) for line in (document.text or "").splitlines())
    return Raw(
        document.title or None,
        document.author or None,
        document.date or None,
        tuple(line for line in lines if line),
    )


def explain_text(article: Article, raw: Raw) -> tuple[Line, ...]:
    """Return every line of either text in its order, with what became of it."""
    kept = article.text.split("\n") if article.text else []
    ours = restore_repeats(kept, article.repeats)
    repeats = {repeat.dropped: repeat for repeat in article.repeats}

    def show(index: int, mark: Literal["same", "ours"]) -> Line:
        if index not in repeats:
            return Line(mark, ours[index])
        is_edited = repeats[index].text is not None
        how = "nearly repeats" if is_edited else "repeats"
        why = f"{how} paragraph {repeats[index].kept + 1}"
        return Line("repeat", ours[index], why)

    found: list[Line] = []
    for mark, index in _align(ours, raw.lines):
        if mark == "theirs":
            line = raw.lines[index]
            found.append(Line("theirs", line, _name_reason(line, article)))
        else:
            found.append(show(index, mark))
    return tuple(found)


def _align(
    ours: Sequence[str], theirs: Sequence[str]
) -> Iterator[tuple[Literal["same", "ours", "theirs"], int]]:
    left, right = (
        [" ".join(split_words(line)) for line in lines] for lines in (ours, theirs)
    )
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            yield from (("same", index) for index in range(i1, i2))
        else:
            yield from (("theirs", index) for index in range(j1, j2))
            yield from (("ours", index) for index in range(i1, i2))


def _name_reason(line: str, article: Article) -> str:
    """Name the first rule that would drop a line of theirs."""
    if article.reason:
        return article.reason
    if line in article.site_lines:
        return "learned: under many stories of this source"
    if is_boilerplate(line):
        return "furniture"
    if is_dateline(line):
        return "dateline"
    if article.title and not drop_boilerplate([line], [article.title]):
        return "headline"
    return "not of the story: a link, a caption, or by its place"
