"""What people decided about texts, stories, names: decisions/*.jsonl, kept for ever.

A line says who decided what, when and why:

    {"kind": "cluster_split", "articles": [17, "https://a.example/fish"],
     "who": "ama", "at": "2026-03-02T08:00:00Z", "why": "two fires, not one"}

    cluster_merge, story_merge   these articles carry one text, tell one story
    cluster_split, story_split   these articles do by themselves, apart from the rest

and, with `old_id` and `id` in the place of `articles`,

    same_entity                  the old id names the entity that has the other id
    own_entity                   (without `id`) the old id is an entity of its own again

What somebody says of the tags or the date of one article is read by `corrections`.
Lines are only added, and hold through every build; where two disagree, the later one
wins. A line that cannot be read is named and left out: the night goes on without it.
Not so a takedown: see `tombstones`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple

from nightdesk import decision_lines
from nightdesk.decision_lines import (
    ENTITY_KINDS,
    append_line,
    is_takedown,
    iterate_lines,
    read_article,
    read_entity_id,
    read_kind,
    read_row,
    read_text,
    read_time,
)
from nightdesk.deduplicate import cluster_pairs
from nightdesk.errors import ConfigError
from nightdesk.model import Merge, Pair

Scope = Literal["cluster", "story"]
KINDS = decision_lines.TEXT_KINDS
RULE = "decision"

SAME_ENTITY, OWN_ENTITY = ENTITY_KINDS

_KEYS = ("kind", "articles", "who", "at", "why")
_MERGE_KEYS = ("kind", "old_id", "id", "who", "at", "why")
_APART_KEYS = ("kind", "old_id", "who", "at", "why")


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
    others = {*ENTITY_KINDS, *decision_lines.ARTICLE_KINDS}
    for where, line in iterate_lines(folder):
        if is_takedown(where, line):
            continue
        if isinstance(line, ConfigError):
            problems.append(str(line))
        elif read_kind(line) not in others:
            try:
                rows.add(read_decision(line))
            except ConfigError as error:
                problems.append(f"{where}: {error}")
    return Decisions(tuple(sorted(rows)), tuple(problems))


def read_decision(line: str) -> Decision:
    """Return the decision of a line.

    Raises:
        ConfigError: it is none; names the key and what may be there.

    >>> read_decision('{"kind": "merge"}')
    Traceback (most recent call last):
    nightdesk.errors.ConfigError: articles: is missing
    """
    row = read_row(line, _KEYS)
    if row["kind"] not in KINDS:
        allowed = ", ".join(decision_lines.KINDS)
        raise ConfigError(f"kind: {row['kind']!r}; allowed: {allowed}")
    return Decision(
        at=read_time(row["at"]),
        kind=row["kind"],
        articles=_read_articles(row["kind"], row["articles"]),
        who=read_text(row, "who"),
        why=read_text(row, "why"),
    )


def _read_articles(kind: str, value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise ConfigError("articles: is no list of article ids or addresses")
    ids = tuple(sorted({read_article(item, "articles") for item in value}))
    if kind.endswith("_merge") and len(ids) < 2:
        raise ConfigError("articles: a merge takes two or more")
    return ids


def append_decision(path: Path, decision: Decision) -> None:
    """Add a line to a file of decisions; it is on disk when this returns."""
    row = {
        "kind": decision.kind,
        "articles": list(decision.articles),
        "who": decision.who,
        "at": decision.at.isoformat(),
        "why": decision.why,
    }
    append_line(path, row)


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
    for where, line in iterate_lines(folder):
        if isinstance(line, str) and read_kind(line) in ENTITY_KINDS:
            try:
                merge = read_merge(line)
                found.append((merge.decided_at, merge.old_id, where, merge))
            except ConfigError as error:
                problems.append(f"{where}: {error}")
    merges: dict[str, Merge] = {}
    for _, _, where, merge in sorted(found, key=lambda item: item[:3]):
        if merge.entity_id == merge.old_id:
            merges.pop(merge.old_id, None)
            continue
        problem = _find_chain(merges, merge)
        if problem:
            problems.append(f"{where}: {problem}")
        else:
            merges[merge.old_id] = merge
    return Merges(tuple(merges[old] for old in sorted(merges)), tuple(problems))


def read_merge(line: str) -> Merge:
    """Return the merge of a line; of kind own_entity, one of an id with itself.

    Raises:
        ConfigError: it is none; names the key and what may be there.
    """
    is_apart = read_kind(line) == OWN_ENTITY
    row = read_row(line, _APART_KEYS if is_apart else _MERGE_KEYS)
    keys = ("old_id",) if is_apart else ("old_id", "id")
    for key in keys:
        read_entity_id(row[key], key)
    kinds = {row[key].split(":")[1] for key in keys if row[key][0] == "n"}
    if len(kinds) > 1:
        raise ConfigError(f"id: {row['id']} and {row['old_id']} are not of one type")
    if not is_apart and row["id"] == row["old_id"]:
        raise ConfigError(f"id: {row['id']} is the old id itself")
    return Merge(
        old_id=row["old_id"],
        entity_id=row[keys[-1]],
        who=read_text(row, "who"),
        decided_at=read_time(row["at"]),
        why=read_text(row, "why"),
    )


def record_merge(folder: Path, row: Mapping[str, object]) -> Merge:
    """Add a line about entities to what people decided, and return what it says.

    Args:
        folder: of decisions.
        row: the line: kind (same_entity, own_entity), old_id, id, who, at, why.

    Raises:
        ConfigError: no build would take it; names the key and what may be there.
    """
    merge = read_merge(json.dumps(row))
    known = {m.old_id: m for m in load_merges(folder).rows}
    if merge.entity_id == merge.old_id:
        problem = (
            None if merge.old_id in known else f"old_id: {merge.old_id} is its own"
        )
    else:
        problem = _find_chain(known, merge)
    if problem:
        raise ConfigError(problem)
    append_line(folder / "entities.jsonl", row)
    return merge


def _find_chain(merges: Mapping[str, Merge], new: Merge) -> str | None:
    """Return why a merge cannot be taken beside those in force; None: it can."""
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
