"""What people decided about texts, stories, names: decisions/*.jsonl, kept for ever.

A line says who decided what, when and why:

    {"kind": "cluster_split", "articles": [17, "https://a.example/fish"],
     "who": "ama", "at": "2026-03-02T08:00:00Z", "why": "two fires, not one"}

    cluster_merge, story_merge   these articles carry one text, tell one story
    cluster_split, story_split   these articles do by themselves, apart from the rest

and, with `old_id` and `id` in the place of `articles`,

    same_entity                  the old id names the entity that has the other id

Lines are only added, and hold through every build; where two disagree, the later one
wins. A line that cannot be read is named and left out: the night goes on without it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from nightdesk.deduplicate import cluster_pairs
from nightdesk.errors import ConfigError
from nightdesk.model import Merge, Pair
from nightdesk.urls import article_id, canonicalize_url

Kind = Literal["cluster_merge", "cluster_split", "story_merge", "story_split"]
Scope = Literal["cluster", "story"]
KINDS: tuple[str, ...] = get_args(Kind)
RULE = "decision"

SAME_ENTITY = "same_entity"

_KEYS = ("kind", "articles", "who", "at", "why")
_MERGE_KEYS = ("kind", "old_id", "id", "who", "at", "why")
_ENTITY_ID = re.compile(r"Q[1-9]\d{0,11}|nd:(?:per|org|loc):[^\W_]+(?:-[^\W_]+)*")


@dataclass(frozen=True, slots=True, order=True)
class Decision:
    """One thing that somebody decided; ordered by time."""

    at: datetime
    kind: str  # one of KINDS
    articles: tuple[int, ...]  # article_ids, ascending
    who: str
    why: str


class Decisions(NamedTuple):
    """All that is in force, oldest first, and the lines that are not, each with why."""

    rows: tuple[Decision, ...]
    problems: tuple[str, ...]


def load_decisions(folder: Path) -> Decisions:
    """Return what people decided; empty without the folder.

    A problem names file, line, key and what may be there.
    """
    rows, problems = set(), []
    for where, line in _iterate_lines(folder):
        if isinstance(line, ConfigError):
            problems.append(str(line))
        elif not _is_of_others(line):
            try:
                rows.add(read_decision(line))
            except ConfigError as error:
                problems.append(f"{where}: {error}")
    return Decisions(tuple(sorted(rows)), tuple(problems))


def _iterate_lines(folder: Path) -> Iterator[tuple[str, str | ConfigError]]:
    """Yield where each line stands and the line; an error for a whole file."""
    for path in sorted(folder.glob("*.jsonl")):
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


def read_decision(line: str) -> Decision:
    """Return the decision of a line.

    Raises:
        ConfigError: it is none; names the key and what may be there.

    >>> read_decision('{"kind": "merge"}')
    Traceback (most recent call last):
    nightdesk.errors.ConfigError: articles: is missing
    """
    row = _read_row(line, _KEYS)
    if row["kind"] not in KINDS:
        raise ConfigError(f"kind: {row['kind']!r}; allowed: {', '.join(KINDS)}")
    return Decision(
        at=_read_time(row["at"]),
        kind=row["kind"],
        articles=_read_articles(row["kind"], row["articles"]),
        who=_read_text(row, "who"),
        why=_read_text(row, "why"),
    )


def _read_row(line: str, keys: tuple[str, ...]) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"is no JSON: {error}") from error
    if not isinstance(row, dict):
        raise ConfigError("is no JSON object")
    for key in row:
        if key not in keys:
            raise ConfigError(f"{key}: is no key; allowed: {', '.join(keys)}")
    for key in keys:
        if row.get(key) in (None, "", []):
            raise ConfigError(f"{key}: is missing")
    return row


def _read_text(row: Mapping[str, Any], key: str) -> str:
    if not isinstance(row[key], str):
        raise ConfigError(f"{key}: {row[key]!r} is no text")
    try:
        row[key].encode()
    except UnicodeEncodeError as error:
        raise ConfigError(f"{key}: {row[key]!a} is no UTF-8 text") from error
    return str(row[key])


def _read_time(value: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ConfigError(
            f"at: {value!r} is no time; allowed: ISO 8601 such as 2026-03-02T08:00:00Z"
        ) from error


def _read_articles(kind: str, value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise ConfigError("articles: is no list of article ids or addresses")
    ids = tuple(sorted({_read_article(item) for item in value}))
    if kind.endswith("_merge") and len(ids) < 2:
        raise ConfigError("articles: a merge takes two or more")
    return ids


def _read_article(item: object) -> int:
    if isinstance(item, int) and not isinstance(item, bool):
        if -(2**63) <= item < 2**63:
            return item
    elif isinstance(item, str) and item.startswith(("http://", "https://")):
        try:
            return article_id(canonicalize_url(item))
        except ValueError as error:
            raise ConfigError(f"articles: {item!r}: {error}") from error
    raise ConfigError(
        f"articles: {item!r}; allowed: an article id (64 bits) or its address (http...)"
    )


def append_decision(path: Path, decision: Decision) -> None:
    """Add a line to a file of decisions; it is on disk when this returns."""
    row = {
        "kind": decision.kind,
        "articles": list(decision.articles),
        "who": decision.who,
        "at": decision.at.isoformat(),
        "why": decision.why,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(row, ensure_ascii=False) + "\n"
    with path.open("a+b") as stream:
        # A last line that lacks its end would swallow this one.
        if stream.tell() and _lacks_end(path):
            line = "\n" + line
        stream.write(line.encode())
        stream.flush()
        os.fsync(stream.fileno())


def _lacks_end(path: Path) -> bool:
    return not path.read_bytes().endswith(b"\n")


# entities --------------------------------------------------------------------


class Merges(NamedTuple):
    """The merges in force, by old id, and the lines that are not, each with why."""

    rows: tuple[Merge, ...]
    problems: tuple[str, ...]


def load_merges(folder: Path) -> Merges:
    """Return which entity ids people found to be one; empty without the folder.

    Of two lines for one old id the later one holds. A line that would make a chain or a
    cycle is a problem: the id that holds must never be an old one.
    """
    found, problems = [], []
    for where, line in _iterate_lines(folder):
        if isinstance(line, str) and _is_merge(line):
            try:
                merge = read_merge(line)
                found.append((merge.decided_at, merge.old_id, where, merge))
            except ConfigError as error:
                problems.append(f"{where}: {error}")
    merges: dict[str, Merge] = {}
    for _, _, where, merge in sorted(found, key=lambda item: item[:3]):
        problem = _find_chain(merges, merge)
        if problem:
            problems.append(f"{where}: {problem}")
        else:
            merges[merge.old_id] = merge
    return Merges(tuple(merges[old] for old in sorted(merges)), tuple(problems))


def read_merge(line: str) -> Merge:
    """Return the merge of a line of kind same_entity.

    Raises:
        ConfigError: it is none; names the key and what may be there.
    """
    row = _read_row(line, _MERGE_KEYS)
    for key in ("old_id", "id"):
        if not isinstance(row[key], str) or not _ENTITY_ID.fullmatch(row[key]):
            raise ConfigError(
                f"{key}: {row[key]!r}; allowed: an entity id such as nd:per:ana-ruiz, "
                "nd:org:..., nd:loc:... or Q42"
            )
    kinds = {row[key].split(":")[1] for key in ("old_id", "id") if row[key][0] == "n"}
    if len(kinds) > 1:
        raise ConfigError(f"id: {row['id']} and {row['old_id']} are not of one type")
    return Merge(
        old_id=row["old_id"],
        entity_id=row["id"],
        who=_read_text(row, "who"),
        decided_at=_read_time(row["at"]),
        why=_read_text(row, "why"),
    )


def _is_merge(line: str) -> bool:
    return _read_kind(line) == SAME_ENTITY


def _is_of_others(line: str) -> bool:
    """Say whether a line is no decision about articles: see also `tombstones`."""
    return _read_kind(line) in (SAME_ENTITY, "takedown")


def _read_kind(line: str) -> object:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row.get("kind") if isinstance(row, dict) else None


def _find_chain(merges: Mapping[str, Merge], new: Merge) -> str | None:
    """Return why a merge cannot be taken beside those in force; None: it can."""
    if new.old_id == new.entity_id:
        return f"id: {new.entity_id} is the old id itself"
    onward = merges.get(new.entity_id)
    if onward is not None:
        way = "a cycle" if onward.entity_id == new.old_id else "a chain"
        return (
            f"id: {new.entity_id} is an old id of {onward.entity_id}, which makes "
            f"{way}; allowed: an id that is not merged itself"
        )
    before = [m.old_id for m in merges.values() if m.entity_id == new.old_id]
    if before:
        return (
            f"old_id: {before[0]} is merged into {new.old_id}, which makes a chain; "
            f"allowed: merge {before[0]} into {new.entity_id} first"
        )
    return None


# what they do to pairs -------------------------------------------------------


def find_ties(decisions: Iterable[Decision], scope: Scope) -> dict[int, frozenset[int]]:
    """Return article -> the articles that people put with it, whatever came later."""
    ties: dict[int, frozenset[int]] = {}
    for decision in _of_scope(decisions, scope):
        for i in decision.articles:
            ties[i] = ties.get(i, frozenset()) | set(decision.articles) - {i}
    return {i: others for i, others in ties.items() if others}


def mend_pairs(
    pairs: Iterable[Pair],
    decisions: Iterable[Decision],
    scope: Scope,
    ranks: Mapping[int, tuple[datetime, str]],
) -> list[Pair]:
    """Return the pairs as people want them: splits take some out, and both add some.

    What a split leaves of a group stays one, also where the pairs of all its articles
    were with one that goes.

    Args:
        pairs: of whole components.
        decisions: oldest first; those of another scope do nothing.
        scope: what the pairs make.
        ranks: of the articles that are there, as `rank_document` makes them; others
            are not put with anything.
    """
    kept = list(pairs)
    for decision in _of_scope(decisions, scope):
        inside = set(decision.articles)
        if decision.kind == f"{scope}_split":
            rest = _find_rest(cluster_pairs(kept, ranks), inside)
            kept = [p for p in kept if (p.a_id in inside) == (p.b_id in inside)]
            kept += [pair for group in rest for pair in _chain(group)]
        kept += _chain(inside & ranks.keys())
    return kept


def _find_rest(groups: Mapping[int, int], inside: set[int]) -> list[set[int]]:
    """Return what remains of each group that loses some of its articles."""
    rest: dict[int, set[int]] = {groups[i]: set() for i in inside & groups.keys()}
    for i, group in groups.items():
        if group in rest and i not in inside:
            rest[group].add(i)
    return list(rest.values())


def _chain(ids: Iterable[int]) -> list[Pair]:
    return [Pair(a, b, "near", 1.0, RULE) for a, b in pairwise(sorted(ids))]


def _of_scope(decisions: Iterable[Decision], scope: Scope) -> list[Decision]:
    return [row for row in decisions if row.kind.startswith(scope)]
