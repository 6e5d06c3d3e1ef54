"""What the brief says: facts, each a sentence with the rows that it was built from.

The page, the Markdown and the JSON say the same facts. A fact keeps the mart, key and
values of its rows, so that every figure in it can be asked of the snapshot again; a
test does that for all of them. Only values of those rows go into a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from nightdesk.report import wording
from nightdesk.report.rows import Row, read_count, read_rows, read_text


@dataclass(frozen=True, slots=True)
class Ref:
    """A row of a mart: which one, and what was read of it."""

    mart: str
    key: Mapping[str, object]  # beside the night
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Link:
    """A headline beside a sentence."""

    title: str
    link: str  # "" where the address may not be linked
    note: str = ""
    story_id: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One sentence about one thing.

    Attributes:
        id: of the fact, the same in every edition.
        name: what it is about; "" where the sentence says that itself.
        text: the sentence.
        rows: what it was built from.
        link: address of what `name` names; "" without.
        why: headlines that explain it.
    """

    id: str
    name: str
    text: str
    rows: tuple[Ref, ...]
    link: str = ""
    why: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Facts under a heading; `none` is said where there are none."""

    id: str
    title: str
    none: str
    facts: tuple[Fact, ...]


def make_ref(mart: str, row: Row, key: Sequence[str], *columns: str) -> Ref:
    """Return a reference to a row, with the columns that a sentence uses."""
    return Ref(
        mart,
        {column: plain(row.get(column), column) for column in key},
        {column: plain(row.get(column), column) for column in columns},
    )


def plain(value: object, column: str = "") -> object:
    """Return a value as JSON has it: times as text, and ids, which are too long for it.

    >>> plain(2**60, "story_id"), plain(3, "n_texts"), plain(date(2026, 3, 1))
    ('1152921504606846976', 3, '2026-03-01')
    """
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: plain(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, column) for item in value]
    if isinstance(value, int) and column.endswith("_id"):
        return str(value)
    return value


def say_units(row: Row) -> str:
    """Return the three units of a count.

    >>> say_units({"n_articles": 9, "n_texts": 4, "n_sources": 1})
    '9 articles, 4 unique texts, 1 independent source'
    """
    return ", ".join(
        wording.say_count(read_count(row, column), noun)
        for column, noun in (
            ("n_articles", "article"),
            ("n_texts", "unique text"),
            ("n_sources", "independent source"),
        )
    )


def link_stories(row: Row) -> tuple[Link, ...]:
    """Return the stories of a row of the mart unusual as headlines."""
    return tuple(
        Link(
            read_text(story, "title") or "(no title)",
            wording.check_link(read_text(story, "url")),
            f"{wording.say_count(read_count(story, 'n_texts'), 'text')}, "
            f"{wording.say_count(read_count(story, 'n_sources'), 'source')}",
            read_text(story, "story_id"),
        )
        for story in read_rows(row, "stories")
    )
