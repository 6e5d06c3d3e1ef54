"""The entities in force: the shipped ones, and the user's laid over them by id.

The shipped ones are kept as a table beside their YAML files, since reading 2,900 rows
of YAML takes longer than all else that a command needs to start. Where no YAML is read
what checks it (pydantic) is not imported either: a tenth of that start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nightdesk.errors import ConfigError
from nightdesk.model import Entity

#: Below the shipped folder: what the YAML files of entities say, ready to be read.
ENTITY_TABLE = "entities/table.tsv"

_TYPES: dict[str, Literal["PER", "ORG", "LOC"]] = {"p": "PER", "o": "ORG", "l": "LOC"}


@dataclass(frozen=True)
class EntityList:
    """The entities in force."""

    rows: tuple[Entity, ...]  # shipped ones first, in the order of their files
    digest: str  # of what the rows say
    places: Mapping[str, str]  # id -> file, line and key of the row


def load_entities(
    shipped: Path, overlay: Path | None, countries: Collection[str]
) -> EntityList:
    """Return the shipped entities with the user's own laid over them by id.

    The shipped ones are read from the table that was made of their YAML files, if it
    was made of these very files; else from the files.

    Args:
        shipped: the folder of entities/*.yaml (include/config).
        overlay: a folder that may hold entities.yaml.
        countries: ISO2 codes that there are.

    Raises:
        ConfigError: a row is wrong; names file, line, key and the allowed values.
    """
    paths = sorted((shipped / "entities").glob("*.yaml"))
    digest = _digest_files(paths)
    table = shipped / ENTITY_TABLE
    rows = _decode_entities(table, digest) if table.exists() else None
    places = dict.fromkeys((row.id for row in rows or ()), str(shipped / "entities"))
    if rows is None:
        rows = _read_entities(paths, countries, places)
    found = {row.id: row for row in rows}
    own = overlay / "entities.yaml" if overlay is not None else None
    if own is not None and own.exists():
        from nightdesk.entity_file import lay_over

        digest = f"{digest} {lay_over(own, countries, found, places)}"
    return EntityList(tuple(found.values()), digest, places)


def _digest_files(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _read_entities(
    paths: Iterable[Path], countries: Collection[str], places: dict[str, str]
) -> tuple[Entity, ...]:
    from nightdesk.entity_file import lay_over

    found: dict[str, Entity] = {}
    for path in paths:
        before = set(found)
        lay_over(path, countries, found, places)
        twice = before & {
            i for i, place in places.items() if place.startswith(f"{path}:")
        }
        if twice:
            first = min(twice)
            raise ConfigError(f"{places[first]}: {first}: this id has a row elsewhere")
    return tuple(found.values())


def encode_entities(shipped: Path, countries: Collection[str]) -> str:
    """Return the table of the shipped YAML files: a digest of them, then the rows."""
    paths = sorted((shipped / "entities").glob("*.yaml"))
    lines = [_digest_files(paths)]
    for row in _read_entities(paths, countries, {}):
        flags = "g" * row.is_government + "w" * row.is_wire
        cells = (row.id, row.country, row.qid, row.since, row.until, flags)
        names = ("|".join(row.names), "|".join(row.context))
        lines.append("\t".join([*(cell or "" for cell in cells), *names]))
    return "\n".join(lines) + "\n"


def _decode_entities(table: Path, digest: str) -> tuple[Entity, ...] | None:
    """Return the rows of the table; None if it was made of other files."""
    head, *lines = table.read_text("utf-8").rstrip("\n").split("\n")
    if head != digest:
        return None
    return tuple(_decode_entity(line.split("\t")) for line in lines)


def _decode_entity(cells: list[str]) -> Entity:
    key, country, qid, since, until, flags, names, context = cells
    return Entity(
        key,
        _TYPES[key[3]],
        tuple(names.split("|")),
        tuple(context.split("|")) if context else (),
        country or None,
        qid or None,
        since or None,
        until or None,
        "g" in flags,
        "w" in flags,
    )
