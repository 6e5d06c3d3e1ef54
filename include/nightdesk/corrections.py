"""What people put right in one article: its tags, its date. Lines of decisions/*.jsonl.

    {"kind": "tag_place", "article": "https://a.example/peach", "surface": "Georgia",
     "place": "US", "who": "ama", "at": "2026-03-02T08:00:00Z", "why": "the state"}

    tag_place    `surface` names a place: `place` is a country (ISO2: what it names
                 there) or a place id
    tag_entity   it names a person, organisation or metonym: `entity` is its id; `type`
                 (PER, ORG, LOC) where the id does not say it
    tag_none     it names nothing
    date         the article was published on, or at, `published`
    as_found     what was said of `surface` (without it: of the date) holds no more

All places of the article where `surface` stands are meant, or the `nth` one. What the
tagger has missed is put right in the same words. Of two lines about one thing the later
one holds; none is ever lost: one that finds nothing to correct is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast

from nightdesk.decision_lines import (
    ARTICLE_KINDS,
    append_line,
    iterate_lines,
    read_article,
    read_choice,
    read_entity_id,
    read_kind,
    read_row,
    read_text,
    read_time,
)
from nightdesk.errors import ConfigError
from nightdesk.model import Article, Correction, DateCandidate

FILE = "corrections.jsonl"
RULE = "decision"  # of a mention, a date, that somebody said

_KEYS = ("kind", "article", "who", "at", "why")
_NEEDED = {
    "tag_place": ("surface", "place"),
    "tag_entity": ("surface", "entity"),
    "tag_none": ("surface",),
    "date": ("published",),
    "as_found": (),
}
_OPTIONAL = {
    "tag_place": ("nth",),
    "tag_entity": ("type", "nth"),
    "tag_none": ("nth",),
    "date": (),
    "as_found": ("surface", "nth"),
}
_TYPES = {"per": "PER", "org": "ORG", "loc": "LOC"}
_OLDEST = date(1990, 1, 1)  # as for the dates that pages state
_SLACK = timedelta(days=1)


class Corrections(NamedTuple):
    """All that is in force, oldest first, and the lines that are not, each with why."""

    rows: tuple[Correction, ...]
    problems: tuple[str, ...]
    lines: tuple[Correction, ...] = ()  # those that no more hold as well

    def by_article(self) -> dict[int, tuple[Correction, ...]]:
        """Return article -> its corrections, oldest first."""
        found: dict[int, tuple[Correction, ...]] = {}
        for row in self.rows:
            found[row.article_id] = (*found.get(row.article_id, ()), row)
        return found


def load_corrections(folder: Path) -> Corrections:
    """Return what people corrected; empty without the folder.

    A problem names file, line, key and what may be there.
    """
    rows, problems = [], []
    for where, line in iterate_lines(folder):
        if isinstance(line, str) and read_kind(line) in ARTICLE_KINDS:
            try:
                rows.append(read_correction(line))
            except ConfigError as error:
                problems.append(f"{where}: {error}")
    rows.sort(key=lambda row: row.at)  # of two of one second the lower line is later
    return Corrections(_keep_in_force(rows), tuple(problems), tuple(rows))


def record_correction(folder: Path, row: Mapping[str, object]) -> Correction:
    """Add a correction to what people decided, and return what it says.

    Args:
        folder: of decisions.
        row: the line, as the module's docstring has it.

    Raises:
        ConfigError: no build would take it; names the key and what may be there.
    """
    correction = read_correction(json.dumps(row))
    append_line(folder / FILE, row)
    return correction


def read_correction(line: str) -> Correction:
    """Return the correction of a line.

    Raises:
        ConfigError: it is none; names the key and what may be there.

    >>> read_correction('{"kind": "date", "article": 1}')
    Traceback (most recent call last):
    nightdesk.errors.ConfigError: who: is missing
    """
    kind = read_choice(read_kind(line), ARTICLE_KINDS, "kind")
    row = read_row(line, (*_KEYS, *_NEEDED[kind]), _OPTIONAL[kind])
    at = read_time(row["at"])
    surface = read_text(row, "surface").strip() if "surface" in row else None
    if surface is not None and not any(c.isalnum() for c in surface):
        raise ConfigError(f"surface: {row['surface']!r} holds no letter or digit")
    correction = Correction(
        at=at,
        kind=cast(Any, kind),
        article_id=read_article(row["article"], "article"),
        who=read_text(row, "who"),
        why=read_text(row, "why"),
        surface=surface,
        nth=_read_nth(row.get("nth")),
    )
    if kind == "tag_place":
        return replace(correction, value=read_text(row, "place"))
    if kind == "tag_entity":
        entity_id = read_entity_id(row["entity"], "entity")
        type_ = _read_type(entity_id, row.get("type"))
        return replace(correction, value=entity_id, type=cast(Any, type_))
    if kind == "date":
        stated = read_text(row, "published")
        _check_published(stated, at)
        return replace(correction, value=stated)
    return correction


def _read_nth(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigError(f"nth: {value!r}; allowed: 1 for the first place, 2, ...")
    return value


def _read_type(entity_id: str, value: object) -> str:
    if value is not None:
        value = read_choice(value, tuple(_TYPES.values()), "type")
    stated = _TYPES[entity_id.split(":")[1]] if entity_id[0] == "n" else value
    if stated is None:
        raise ConfigError(f"type: {entity_id} does not say it; allowed: PER, ORG, LOC")
    if value not in (None, stated):
        raise ConfigError(f"type: {value!r}; {entity_id} is {stated}")
    return stated


def _check_published(stated: str, at: datetime) -> None:
    cause = "allowed: a day such as 2026-03-02, or a time with its offset"
    try:
        moment = read_published(stated)
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"published: {stated!r}; {cause}") from error
    if moment.date() < _OLDEST or moment > at + _SLACK:
        raise ConfigError(
            f"published: {stated!r}; allowed: from {_OLDEST} until it is said ({at})"
        )


def read_published(stated: str) -> datetime:
    """Return the instant of a corrected date, of a day its midnight in UTC.

    Raises:
        ValueError: it is neither a day nor a time with its offset.

    >>> read_published("2026-03-02T01:00+05:00").isoformat()
    '2026-03-01T20:00:00+00:00'
    """
    if len(stated) == len("2026-03-02"):
        return datetime.combine(date.fromisoformat(stated), time(), UTC)
    moment = datetime.fromisoformat(stated)
    if moment.tzinfo is None:
        raise ValueError("a time without its offset")
    return moment.astimezone(UTC)


def _keep_in_force(rows: Sequence[Correction]) -> tuple[Correction, ...]:
    """Return what no later line has taken back or put in other words.

    Args:
        rows: oldest first.
    """
    held: dict[tuple[int, str | None], dict[int | None, int]] = {}
    for n, row in enumerate(rows):
        said = held.setdefault((row.article_id, row.surface), {})
        if row.nth is None:
            said.clear()
        said.pop(row.nth, None)
        if row.kind != "as_found":
            said[row.nth] = n
    return tuple(rows[n] for n in sorted(n for s in held.values() for n in s.values()))


# what they do ----------------------------------------------------------------


def find_date(rows: Iterable[Correction]) -> Correction | None:
    """Return the one that corrects the date of an article, if one does."""
    return next((row for row in rows if row.kind == "date"), None)


def correct_date(article: Article, correction: Correction) -> Article:
    """Return the article with the date that somebody states; the others lose to it."""
    stated = str(correction.value)
    at = read_published(stated)
    is_day = len(stated) == len("2026-03-02")
    moment = at if is_day else datetime.fromisoformat(stated)
    losers = [
        replace(c, rejected=c.rejected or "corrected") for c in article.date_candidates
    ]
    return replace(
        article,
        published_at=at,
        published_on=moment.date(),
        published_precision="day" if is_day else "second",
        published_zone=None if is_day else moment.isoformat()[-6:],
        published_via=RULE,
        date_candidates=(DateCandidate(RULE, stated), *losers),
    )
