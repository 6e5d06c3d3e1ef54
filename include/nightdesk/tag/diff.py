"""What another version of the tagger, or a correction, changes in a night's tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from nightdesk.model import Tags

#: Where a tag is, or which country: article_id and the rest; and what it says.
Facts = Mapping[tuple[Hashable, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Change:
    """One tag or one country of an article that is not what it was."""

    article_id: int
    kind: Literal["added", "removed", "changed"]
    of: str  # PER, ORG, LOC, DEMONYM; country
    at: str  # "text 12-19 Georgia"; "GE"
    was: str = ""  # what it meant; empty: it was not there
    now: str = ""


def read_facts(tags: Iterable[Tags]) -> dict[tuple[Hashable, ...], tuple[str, ...]]:
    """Return what tags say, in the form that `list_changes` compares."""
    facts: dict[tuple[Hashable, ...], tuple[str, ...]] = {}
    for row in tags:
        for m in row.mentions:
            at = (m.field, m.start, m.end, m.surface)
            means = m.entity_id or m.place_id
            facts[row.article_id, "tag", *at] = make_fact(m.type, means, m.country)
        for c in row.countries:
            focus = "focus" if c.is_focus else None
            key = (row.article_id, "country", c.country)
            facts[key] = make_fact(f"{c.score:.2f}", c.role, focus)
    return facts


def make_fact(*said: str | None) -> tuple[str, ...]:
    """Return what a tag or country says; nothing is "".

    >>> make_fact("LOC", "iso:GE", None)
    ('LOC', 'iso:GE', '')
    """
    return tuple(part or "" for part in said)


def list_changes(old: Facts, new: Facts) -> list[Change]:
    """Return what differs, by article, tags before countries, in the text's order.

    >>> old = {(1, "country", "GE"): ("2.00", "about", "focus")}
    >>> list_changes(old, {})[0].kind
    'removed'
    """
    changes = []
    for key in sorted(old.keys() | new.keys(), key=_rank):
        was, now = old.get(key), new.get(key)
        if was != now:
            changes.append(_make_change(key, was, now))
    return changes


def _rank(key: tuple[Hashable, ...]) -> tuple[str, ...]:
    article_id, what, *rest = key
    padded = [f"{part:09d}" if isinstance(part, int) else str(part) for part in rest]
    return (str(article_id), "1" if what == "tag" else "2", *padded)


def _make_change(
    key: tuple[Hashable, ...],
    was: tuple[str, ...] | None,
    now: tuple[str, ...] | None,
) -> Change:
    article_id, what, *rest = key
    if what == "tag":
        field, start, end, surface = rest
        of, at = (now or was or ("",))[0], f"{field} {start}-{end} {surface}"
    else:
        of, at = "country", str(rest[0])
    kind: Literal["added", "removed", "changed"] = "changed"
    if was is None or now is None:
        kind = "added" if was is None else "removed"
    said = [" ".join(part for part in fact or () if part) for fact in (was, now)]
    return Change(int(str(article_id)), kind, of, at, *said)


def count_changes(changes: Iterable[Change]) -> list[tuple[str, str, int]]:
    """Return (of, kind, how many), sorted."""
    counts = Counter((change.of, change.kind) for change in changes)
    return [(of, kind, n) for (of, kind), n in sorted(counts.items())]
