"""Rows of a source that was renamed carry its present id, whenever they were written.

Landing files are never changed, so its old rows say the old id for ever. They are read
under the new one here, and nowhere else. The archive and its index alone are left as
they stand: they say what was captured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from nightdesk.model import Capture, Renamed


def fold_renames(rows: Iterable[Renamed]) -> dict[str, tuple[str, ...]]:
    """Return present id -> all ids that the source has had, oldest first.

    >>> from datetime import UTC, datetime
    >>> at = datetime(2030, 1, 1, tzinfo=UTC)
    >>> fold_renames([Renamed("a", "b", at), Renamed("b", "c", at)])
    {'c': ('a', 'b', 'c')}
    """
    lineages: dict[str, tuple[str, ...]] = {}
    for row in rows:
        past = lineages.pop(row.old_id, (row.old_id,))
        lineages[row.new_id] = (*lineages.get(row.new_id, ()), *past, row.new_id)
    return lineages


def has_source(row_class: type) -> bool:
    """Say whether rows of this class follow their source when it is renamed."""
    names = {f.name for f in fields(row_class)}
    return "source_id" in names and row_class is not Capture


def follow_renames(rows: Sequence[Any], present: Mapping[str, str]) -> list[Any]:
    """Return the rows under the ids that their sources have today.

    Args:
        rows: each with a `source_id`.
        present: old id -> present id.
    """
    return [
        replace(row, source_id=present[row.source_id])
        if row.source_id in present
        else row
        for row in rows
    ]
