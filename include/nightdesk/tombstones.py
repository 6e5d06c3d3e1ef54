"""What was taken down and must not come back: decisions/takedowns.jsonl, for ever.

    {"kind": "takedown", "articles": [-7673710459104551324], "source_id": null,
     "who": "ama", "at": "2026-03-02T08:00:00+00:00", "why": "court order 12/26"}

`articles` are ids, hashes of the canonical URLs: the line tells nobody what was there.
With a `source_id` everything that this source lists is meant, too. Lines are only
added; every collect and every build looks at them, and a backup that is restored meets
those in force. A line that cannot be read stops all of them: nobody knows what it bars.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nightdesk.decision_lines import (
    TAKEDOWN,
    TAKEDOWNS,
    append_line,
    is_takedown,
    iterate_lines,
)
from nightdesk.errors import ConfigError

FILE = TAKEDOWNS
CURE = (
    "mend the line, or bring the file back from a backup; or take the line out and let "
    "`nightdesk takedown URL` say it again"
)
_KEYS = ("kind", "articles", "source_id", "who", "at", "why")


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One takedown."""

    at: datetime
    articles: tuple[int, ...]
    source_id: str | None
    who: str
    why: str


@dataclass(frozen=True)
class Tombstones:
    """All takedowns, and the lines that cannot be read, each with why."""

    rows: tuple[Tombstone, ...] = ()
    problems: tuple[str, ...] = ()
    articles: frozenset[int] = frozenset()
    sources: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything was ever taken down."""
        return bool(self.articles or self.sources)

    def covers(self, article_id: int, source_id: str) -> bool:
        """Say whether an entry is one that was taken down."""
        return article_id in self.articles or source_id in self.sources

    def check(self) -> Tombstones:
        """Return it as it is, if every line can be read.

        Raises:
            ConfigError: one cannot; names file, line, what is wrong, and what to do.
        """
        if self.problems:
            raise ConfigError(
                f"takedown: {'; '.join(self.problems)}; nobody knows what it bars, so "
                f"that nothing is collected, built or published: {CURE}"
            )
        return self


def load_tombstones(folder: Path, present: Mapping[str, str]) -> Tombstones:
    """Return what was taken down, whichever file says it; nothing without the folder.

    Who collects, builds or publishes must `check` it.

    Args:
        folder: of the decisions.
        present: the present ids of sources that were renamed, by earlier ones.
    """
    rows, problems = [], []
    for where, line in iterate_lines(folder):
        if where == str(folder) or is_takedown(where, line):
            try:
                if isinstance(line, ConfigError):
                    problems.append(str(line))
                else:
                    rows.append(read_tombstone(line))
            except ConfigError as error:
                problems.append(f"{where}: {error}")
    sources = {row.source_id for row in rows if row.source_id}
    return Tombstones(
        rows=tuple(rows),
        problems=tuple(problems),
        articles=frozenset(i for row in rows for i in row.articles),
        sources=frozenset(sources | {present.get(name, name) for name in sources}),
    )


def read_tombstone(line: str) -> Tombstone:
    """Return the takedown of a line.

    Raises:
        ConfigError: it is none; names the key and what may be there.

    >>> read_tombstone('{"kind": "takedown", "articles": ["x"]}')
    Traceback (most recent call last):
    nightdesk.errors.ConfigError: articles: ['x']; allowed: a list of article ids
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"is no JSON: {error}") from error
    if not isinstance(row, dict) or row.get("kind") != TAKEDOWN:
        raise ConfigError(f"kind: allowed: {TAKEDOWN}")
    if unknown := sorted(set(row) - set(_KEYS)):
        raise ConfigError(f"{unknown[0]}: is no key; allowed: {', '.join(_KEYS)}")
    ids = row.get("articles")
    if not isinstance(ids, list) or not all(type(i) is int for i in ids):
        raise ConfigError(f"articles: {ids!r}; allowed: a list of article ids")
    source_id = row.get("source_id")
    if source_id is not None and not isinstance(source_id, str):
        raise ConfigError(f"source_id: {source_id!r}; allowed: the id of a source")
    try:
        at = datetime.fromisoformat(str(row.get("at")))
    except ValueError as error:
        raise ConfigError(f"at: {row.get('at')!r} is no time") from error
    who, why = str(row.get("who") or ""), str(row.get("why") or "")
    return Tombstone(at, tuple(ids), source_id, who, why)


def add_tombstones(folder: Path, rows: Iterable[Tombstone]) -> int:
    """Add takedowns that are not there yet; on disk when this returns, how many."""
    known = set(load_tombstones(folder, {}).rows)
    fresh = [row for row in dict.fromkeys(rows) if row not in known]
    if not fresh:
        return 0
    for row in fresh:
        append_line(folder / FILE, _to_json(row))
    return len(fresh)


def _to_json(row: Tombstone) -> dict[str, Any]:
    return {
        "kind": TAKEDOWN,
        "articles": list(row.articles),
        "source_id": row.source_id,
        "who": row.who,
        "at": row.at.isoformat(),
        "why": row.why,
    }
