"""correct: take what somebody says of an article, once the article bears it out.

The command line calls these, and the page by `decide_task`; the file format is that of
`corrections`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from nightdesk.config import Settings
from nightdesk.corrections import (
    load_corrections,
    read_correction,
    read_published,
    record_correction,
)
from nightdesk.decisions import read_merge, record_merge
from nightdesk.errors import ConfigError
from nightdesk.gazetteer import load_gazetteer
from nightdesk.model import Correction, Merge
from nightdesk.nights import night_of
from nightdesk.tag.correct import Corrector
from nightdesk.warehouse.explain import find_article, has_entity, list_corrected
from nightdesk.warehouse.read import open_catalogue


@dataclass(frozen=True)
class Corrected:
    """A correction that has been written down."""

    correction: Correction
    title: str | None  # of the article
    nights: tuple[date, ...]  # to build again; the last one builds the others too


def correct_article(settings: Settings, row: Mapping[str, object]) -> Corrected:
    """Write down a correction of a published article; the next build applies it.

    Args:
        settings: where the catalogue, the gazetteer and the decisions are.
        row: a line as `nightdesk.corrections` has it: kind, article, surface, place or
            entity or published, nth, type, who, at, why. The `type` of an entity that
            the gazetteer knows may be left out.

    Raises:
        ConfigError: the line cannot be read, no published article has that id, or its
            text does not hold the surface; nothing is written.
        WarehouseError: nothing has been published yet.
    """
    gazetteer = load_gazetteer(settings.shipped, settings.config_dir)
    corrector = Corrector(gazetteer)
    row = _add_type(row, corrector)
    correction = read_correction(json.dumps(row))
    with open_catalogue(settings.published) as con:
        article = find_article(con, correction.article_id)
    if article is None:
        raise ConfigError(f"article: {row['article']!r}: no published night has it")
    if correction.kind != "as_found":
        cause = corrector.check(article["title"], article["text"] or "", correction)
        if cause:
            key = "place" if correction.value and "gazetteer" in cause else "surface"
            raise ConfigError(f"{key}: {correction.surface!r}: {cause}")
    nights = {article["night"], *_find_owners(settings, correction)}
    record_correction(settings.decisions, row)
    return Corrected(correction, article["title"], tuple(sorted(nights)))


def correct_entity(settings: Settings, row: Mapping[str, object]) -> Merge:
    """Write down that two entities are one, or that one is its own again.

    Args:
        settings: where the catalogue, the gazetteer and the decisions are.
        row: kind (same_entity, own_entity), old_id, id, who, at, why.

    Raises:
        ConfigError: the line cannot be read, would make a chain, or names an entity
            that neither a published night nor the gazetteer has; nothing is written.
        WarehouseError: nothing has been published yet.
    """
    merge = read_merge(json.dumps(row))
    gazetteer = load_gazetteer(settings.shipped, settings.config_dir)
    with open_catalogue(settings.published) as con:
        for key, entity_id in (("old_id", merge.old_id), ("id", merge.entity_id)):
            if entity_id not in gazetteer.known and not has_entity(con, entity_id):
                raise ConfigError(
                    f"{key}: {entity_id}: neither a published night nor entities.yaml "
                    "has it"
                )
    return record_merge(settings.decisions, row)


def find_unmet(settings: Settings, rows: Sequence[Correction]) -> list[str]:
    """Return the corrections that changed nothing in the published nights, with why.

    Args:
        settings: where the catalogue is; nothing published: nothing to say.
        rows: the corrections in force.
    """
    if not rows or not (settings.published / "current.duckdb").exists():
        return []
    with open_catalogue(settings.published) as con:
        held = list_corrected(con)
        lost = {r.article_id for r in rows if not find_article(con, r.article_id)}
    told = [
        f"article {row['article_id']}: {row['surface']!r}: {row['problem']}"
        for row in held
        if row["problem"]
    ]
    return [*told, *(f"article {i}: no published night has it" for i in sorted(lost))]


def _add_type(row: Mapping[str, object], corrector: Corrector) -> Mapping[str, object]:
    entity_id = str(row.get("entity"))
    if row.get("kind") != "tag_entity" or row.get("type") or entity_id[:1] != "Q":
        return row
    known = corrector.find_type(entity_id)
    return {**row, "type": known} if known else row


def _find_owners(settings: Settings, new: Correction) -> set[date]:
    """Return the nights that a date, or the one that it replaces, gives an article."""
    if new.surface is not None:
        return set()
    lines = (*load_corrections(settings.decisions).lines, new)
    about = [row for row in lines if row.article_id == new.article_id]
    dates = [row.value for row in about if row.kind == "date" and row.value]
    return {night_of(read_published(value)) for value in dates[-2:]}
