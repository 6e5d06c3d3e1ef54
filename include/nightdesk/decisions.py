"""What people decided about texts and stories: decisions/*.jsonl, kept for ever.

A line says who decided what, when and why:

    {"kind": "cluster_split", "articles": [17, "https://a.example/fish"],
     "who": "ama", "at": "2026-03-02T08:00:00Z", "why": "two fires, not one"}

    cluster_merge, story_merge   these articles carry one text, tell one story
    cluster_split, story_split   these articles do by themselves, apart from the rest

Lines are only added, and hold through every build; where two disagree, the later one
wins. A line that cannot be read is named and left out: the night goes on without it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from nightdesk.deduplicate import cluster_pairs
from nightdesk.errors import ConfigError
from nightdesk.model import Pair
from nightdesk.urls import article_id, canonicalize_url

Kind = Literal["cluster_merge", "cluster_split", "story_merge", "story_split"]
Scope = Literal["cluster", "story"]
KINDS: tuple[str, ...] = get_args(Kind)
RULE = "decision"

_KEYS = ("kind", "articles", "who", "at", "why")


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
    for path in sorted(folder.glob("*.jsonl")):
        try:
            text = path.read_bytes().decode("utf-8-sig", "replace")
        except OSError as error:
            problems.append(f"{path}: cannot be read: {error.strerror}")
            continue
        # Not splitlines(): a text may hold ends of line that JSON does not know.
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip():
                continue
            try:
                rows.add(read_decision(line))
            except ConfigError as error:
                problems.append(f"{path}: line {number}: {error}")
    return Decisions(tuple(sorted(rows)), tuple(problems))


def read_decision(line: str) -> Decision:
    """Return the decision of a line.

    Raises:
        ConfigError: it is none; names the key and what may be there.

    >>> read_decision('{"kind": "merge"}')
    Traceback (most recent call last):
    nightdesk.errors.ConfigError: articles: is missing
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"is no JSON: {error}") from error
    if not isinstance(row, dict):
        raise ConfigError("is no JSON object")
    for key in row:
        if key not in _KEYS:
            raise ConfigError(f"{key}: is no key; allowed: {', '.join(_KEYS)}")
    for key in _KEYS:
        if row.get(key) in (None, "", []):
            raise ConfigError(f"{key}: is missing")
    if row["kind"] not in KINDS:
        raise ConfigError(f"kind: {row['kind']!r}; allowed: {', '.join(KINDS)}")
    return Decision(
        at=_read_time(row["at"]),
        kind=row["kind"],
        articles=_read_articles(row["kind"], row["articles"]),
        who=_read_text(row, "who"),
        why=_read_text(row, "why"),
    )


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
