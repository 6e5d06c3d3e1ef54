"""An edition of a brief: its number, its cut-off, and what it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from nightdesk.report.facts import Section

_GONE = "no longer said"


@dataclass(frozen=True, slots=True)
class Change:
    """A sentence that the last edition had otherwise; "" where it had none."""

    id: str
    name: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Edition:
    """Which edition this is.

    Attributes:
        number: from 1.
        cut_off_at: when the last of its articles was captured; None without any.
        changes: against the edition before, in the order of the brief.
    """

    number: int = 1
    cut_off_at: datetime | None = None
    changes: tuple[Change, ...] = ()


def list_changes(
    old: Mapping[str, Mapping[str, str]], sections: Sequence[Section]
) -> tuple[Change, ...]:
    """Return what changed since an edition.

    Args:
        old: id -> {name, text} of its facts, as `read_facts` returns them.
        sections: the new edition.
    """
    new = {fact.id: fact for section in sections for fact in section.facts}
    changes = [
        Change(key, fact.name, old[key]["text"] if key in old else "", fact.text)
        for key, fact in new.items()
        if key not in old or old[key]["text"] != fact.text
    ]
    gone = [
        Change(key, fact["name"], fact["text"], _GONE)
        for key, fact in old.items()
        if key not in new
    ]
    return (*changes, *gone)
