"""Lines of decisions/*.jsonl: found, read and checked, added; whatever they decide.

A line is a JSON object with its `kind`. Each kind is read by one module: those of texts
and entities by `decisions`, those of one article by `corrections`, and takedowns by
`tombstones`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nightdesk.errors import ConfigError
from nightdesk.urls import article_id, canonicalize_url

#: What may be decided: about texts and stories, entities, and one article.
TEXT_KINDS = ("cluster_merge", "cluster_split", "story_merge", "story_split")
ENTITY_KINDS = ("same_entity", "own_entity")
ARTICLE_KINDS = ("tag_place", "tag_entity", "tag_none", "date", "as_found")
#: What must not come back; read by `tombstones`, written by `nightdesk takedown` alone.
TAKEDOWN, TAKEDOWNS = "takedown", "takedowns.jsonl"
KINDS = (*TEXT_KINDS, *ENTITY_KINDS, *ARTICLE_KINDS)

_SAYS_TAKEDOWN = re.compile(rf'"kind"\s*:\s*"{TAKEDOWN}"')
_IN_TAKEDOWNS = re.compile(rf"(?:^|/){re.escape(TAKEDOWNS)}(?:: line \d+)?$")
_ENTITY_ID = re.compile(r"Q[1-9]\d{0,11}|nd:(?:per|org|loc):[^\W_]+(?:-[^\W_]+)*")


def iterate_lines(folder: Path) -> Iterator[tuple[str, str | ConfigError]]:
    """Yield where each line stands and the line; an error for a whole file.

    For the whole folder, too: one that cannot be listed is not one that is empty.
    """
    try:
        paths = sorted(p for p in folder.iterdir() if p.name.endswith(".jsonl"))
    except FileNotFoundError:
        return
    except OSError as error:
        cause = f"{folder}: cannot be read: {error.strerror}"
        yield str(folder), ConfigError(cause)
        return
    for path in paths:
        try:
            text = path.read_bytes().decode("utf-8-sig", "replace")
        except OSError as error:
            cause = f"{path}: cannot be read: {error.strerror}"
            yield str(path), ConfigError(cause)
            continue
        # Not splitlines(): a text may hold ends of line that JSON does not know.
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield f"{path}: line {number}", line


def is_takedown(where: str, line: str | ConfigError) -> bool:
    """Say whether a line must be read as a takedown: by its file, or by what it says.

    A damaged one says it as well: what was taken down must not come back by damage.

    >>> is_takedown("texts.jsonl: line 1", '{"kind": "takedown", "arti')
    True
    """
    if _IN_TAKEDOWNS.search(where):
        return True
    if isinstance(line, ConfigError):
        return False
    return read_kind(line) == TAKEDOWN or bool(_SAYS_TAKEDOWN.search(line))


def read_kind(line: str) -> str | None:
    """Return the kind of a line; None of what is no JSON object, or states none.

    >>> read_kind('{"kind": "date"}'), read_kind("{")
    ('date', None)
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    kind = row.get("kind") if isinstance(row, dict) else None
    return kind if isinstance(kind, str) else None


def read_row(
    line: str, keys: Sequence[str], optional: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the object of a line that has all of these keys and no other.

    Raises:
        ConfigError: it has not; names the key.
    """
    row = _read_object(line)
    allowed = (*keys, *optional)
    for key in row:
        if key not in allowed:
            raise ConfigError(f"{key}: is no key; allowed: {', '.join(allowed)}")
    for key in keys:
        if row.get(key) in (None, "", []):
            raise ConfigError(f"{key}: is missing")
    return row


def _read_object(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"is no JSON: {error}") from error
    if not isinstance(row, dict):
        raise ConfigError("is no JSON object")
    return row


def read_text(row: Mapping[str, Any], key: str) -> str:
    """Return the text of a key.

    Raises:
        ConfigError: it is none, or one that no file can hold.
    """
    if not isinstance(row[key], str):
        raise ConfigError(f"{key}: {row[key]!r} is no text")
    try:
        row[key].encode()
    except UnicodeEncodeError as error:
        raise ConfigError(f"{key}: {row[key]!a} is no UTF-8 text") from error
    return str(row[key])


def read_time(value: object) -> datetime:
    """Return when something was decided, in UTC.

    Raises:
        ConfigError: it is no time.
    """
    try:
        at = datetime.fromisoformat(str(value))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ConfigError(
            f"at: {value!r} is no time; allowed: ISO 8601 such as 2026-03-02T08:00:00Z"
        ) from error


def read_choice(value: object, allowed: Collection[str], key: str) -> str:
    """Return a word that is one of those allowed.

    Raises:
        ConfigError: it is not; lists them.
    """
    if not isinstance(value, str) or value not in allowed:
        raise ConfigError(f"{key}: {value!r}; allowed: {', '.join(allowed)}")
    return value


def read_entity_id(value: object, key: str) -> str:
    """Return the id of an entity.

    Raises:
        ConfigError: it is none; begins with the key.
    """
    if not isinstance(value, str) or not _ENTITY_ID.fullmatch(value):
        raise ConfigError(
            f"{key}: {value!r}; allowed: an entity id such as nd:per:ana-ruiz, "
            "nd:org:..., nd:loc:... or Q42"
        )
    return value


def read_article(item: object, key: str) -> int:
    """Return the id of an article that is named by its id or its address.

    Raises:
        ConfigError: it is neither; begins with the key.
    """
    if isinstance(item, int) and not isinstance(item, bool):
        if -(2**63) <= item < 2**63:
            return item
    elif isinstance(item, str) and item.startswith(("http://", "https://")):
        try:
            return article_id(canonicalize_url(item))
        except ValueError as error:
            raise ConfigError(f"{key}: {item!r}: {error}") from error
    raise ConfigError(
        f"{key}: {item!r}; allowed: an article id (64 bits) or its address (http...)"
    )


def append_line(path: Path, row: Mapping[str, Any]) -> None:
    """Add a line to a file of decisions; it is on disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(row, ensure_ascii=False) + "\n"
    with path.open("a+b") as stream:
        # A last line that lacks its end would swallow this one.
        if stream.tell() and not path.read_bytes().endswith(b"\n"):
            line = "\n" + line
        stream.write(line.encode())
        stream.flush()
        os.fsync(stream.fileno())
