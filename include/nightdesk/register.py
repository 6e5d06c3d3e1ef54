"""The register: which sources were watched on which night, and under which ids. Pure.

The sources file says what is watched today; nights are built again long after. So every
change of the file is kept, in rows that are only added: `Watched` for what it says of a
source from a night on, `Renamed` for an id that became another one. Functions here get
rows in the order in which they were noted, under the ids that sources have today.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from nightdesk.errors import ConfigError
from nightdesk.model import Source, Watched

#: Present id -> every id that the source has had, oldest first, the present one last.
Lineages = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Changes:
    """How a sources file differs from what the register knows."""

    renamed: tuple[tuple[str, str], ...]  # old id, new id
    sources: tuple[Source, ...]  # new, changed, or ended: not enabled any more


def compare_sources(
    register: Iterable[Watched], lineages: Lineages, sources: Iterable[Source]
) -> Changes:
    """Return what a sources file says that the register does not.

    Raises:
        ConfigError: a source takes the id of another one, or the past of two.
    """
    known = {row.source_id: row.source for row in register}
    listed = {source.id: source for source in sources}
    renamed: list[tuple[str, str]] = []
    for source in listed.values():
        olds = _find_olds(source, lineages, known, listed)
        renamed += [(old, source.id) for old in olds]
        for old in olds:
            if old in known:
                known[source.id] = known.pop(old)
    changed = []
    for key in sorted({*known, *listed}):
        last = replace(known[key], id=key) if key in known else None
        now = listed.get(key) or replace(known[key], id=key, is_enabled=False)
        if now != last:
            changed.append(now)
    return Changes(tuple(renamed), tuple(changed))


def _find_olds(
    source: Source,
    lineages: Lineages,
    known: Collection[str],
    listed: Collection[str],
) -> Sequence[str]:
    """Return the ids whose past becomes a source's own, the one with a past first."""
    present = {old: new for new, ids in lineages.items() for old in ids}
    owner = present.get(source.id, source.id)
    olds = {present.get(old, old) for old in source.was} - {source.id}
    what = f"sources: {source.id}"
    if owner not in {source.id, *olds}:
        raise ConfigError(
            f"{what}: an old id of {owner}, which keeps its past; if this is that "
            f"source, write `was: [{owner}]`, else choose another id"
        )
    for old in sorted(olds & set(listed)):
        raise ConfigError(f"{what}: was: is {old} today, which is in the file, too")
    pasts = sorted({source.id, *olds} & set(known))
    if len(pasts) > 1:
        raise ConfigError(
            f"{what}: was: {' and '.join(pasts)} have been two sources, and two pasts "
            "cannot be made one; give the one that goes on an id that is new"
        )
    if source.id in known:
        return ()
    return sorted(olds, key=lambda old: (old not in known, old))


def list_watched(register: Iterable[Watched], night: date) -> list[Watched]:
    """Return what was watched on a night: the last word on each source until then."""
    last = {row.source_id: row for row in register if row.since <= night}
    return [row for row in last.values() if row.source.is_enabled]


def list_ended(register: Iterable[Watched]) -> list[Watched]:
    """Return the sources that are not watched now, each with the row that ended it."""
    ended: dict[str, Watched] = {}
    for row in register:
        if row.source.is_enabled:
            ended.pop(row.source_id, None)
        else:
            ended.setdefault(row.source_id, row)
    return list(ended.values())


def list_known(register: Iterable[Watched], lineages: Lineages) -> dict[str, Source]:
    """Return every source that was ever watched, by id, as it was last."""
    return {
        row.source_id: replace(
            row.source,
            id=row.source_id,
            was=lineages.get(row.source_id, (row.source_id,))[:-1],
        )
        for row in register
    }
