"""decide: write down what somebody says of texts, stories, names, tags and dates.

The command line and the page say it through here: what one of them refuses the other
one refuses too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from nightdesk.config import Settings
from nightdesk.corrections import load_corrections
from nightdesk.decision_lines import ARTICLE_KINDS, ENTITY_KINDS, KINDS, read_choice
from nightdesk.decisions import (
    Decision,
    append_decision,
    load_decisions,
    load_merges,
    read_decision,
)
from nightdesk.model import Correction, Finding
from nightdesk.pipeline.correct_task import correct_article, correct_entity
from nightdesk.tombstones import CURE as TAKEDOWN_CURE
from nightdesk.tombstones import load_tombstones
from nightdesk.warehouse.read import Rows, name_articles, open_catalogue

#: Of what is said of an article; texts and stories have no words and no value.
_SAID = ("kind", "surface", "nth", "value", "who", "why")
_CURE = "mend the line, or take it out; until then builds leave it out"


@dataclass(frozen=True)
class Decided:
    """What has been written down.

    Attributes:
        about: titles of articles, or ids of names; None: of an article without a title.
        nights: that show it once they are built again; (): all that name the entity.
    """

    about: tuple[str | None, ...]
    nights: tuple[date, ...]


class DecisionBook:
    """Where people write what they decided; for the page."""

    def __init__(self, settings: Settings) -> None:
        """Take where catalogue, gazetteer and decisions are."""
        self._settings = settings

    @property
    def is_open(self) -> bool:
        """Whether this process may add lines."""
        folder = self._settings.decisions
        files = sorted(folder.glob("*.jsonl"))
        there = next(path for path in (folder, *folder.parents) if path.exists())
        is_open = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
        return is_open and all(os.access(path, os.W_OK) for path in files)

    def write(self, row: Mapping[str, object]) -> Decided:
        """Write down a line, once what is published bears it out.

        Raises:
            ConfigError: no build would take it; names the key and what may be there.
            WarehouseError: nothing has been published yet.
            OSError: the line cannot be written.
        """
        kind = read_choice(row.get("kind"), KINDS, "kind")
        if kind in ARTICLE_KINDS:
            corrected = correct_article(self._settings, row)
            return Decided((corrected.title,), corrected.nights)
        if kind in ENTITY_KINDS:
            merge = correct_entity(self._settings, row)
            return Decided(tuple(dict.fromkeys((merge.old_id, merge.entity_id))), ())
        decision = decide_texts(self._settings, row)
        known = [
            r for r in list_known(self._settings, decision.articles) if "night" in r
        ]
        nights = sorted({found["night"] for found in known})
        return Decided(tuple(found["title"] for found in known), tuple(nights))

    def list_said(self, article: int) -> list[dict[str, Any]]:
        """Return what holds of an article from its next build on."""
        folder = self._settings.decisions
        texts = load_decisions(folder).rows
        rows: tuple[Correction | Decision, ...] = (
            *load_corrections(folder).by_article().get(article, ()),
            *(row for row in texts if article in row.articles),
        )
        return [
            {"decided_at": row.at, **{key: getattr(row, key, None) for key in _SAID}}
            for row in rows
        ]


def decide_texts(settings: Settings, row: Mapping[str, object]) -> Decision:
    """Write down that articles carry one text or tell one story, or that they do not.

    Args:
        settings: where the decisions are.
        row: kind, articles (ids or addresses), who, at, why.

    Raises:
        ConfigError: the line cannot be read; nothing is written.
    """
    decision = read_decision(json.dumps(row))
    append_decision(find_texts_file(settings), decision)
    return decision


def list_unread(folder: Path) -> list[str]:
    """Return the lines of decisions that cannot be read, whatever they are about.

    Each names file, line, key and what may be there; takedowns come first.
    """
    return list(
        dict.fromkeys(
            (
                *load_tombstones(folder, {}).problems,
                *load_decisions(folder).problems,
                *load_merges(folder).problems,
                *load_corrections(folder).problems,
            )
        )
    )


def verify_decisions(folder: Path) -> Iterator[Finding]:
    """Yield the lines of decisions that cannot be read, and what to do about each."""
    barring = load_tombstones(folder, {}).problems
    for problem in list_unread(folder):
        file, _, what = problem.removeprefix(f"{folder}/").partition(": ")
        yield Finding(file, what, TAKEDOWN_CURE if problem in barring else _CURE)


def find_texts_file(settings: Settings) -> Path:
    """Return the file that what is said of texts and stories goes to."""
    return settings.decisions / "texts.jsonl"


def list_known(settings: Settings, article_ids: Iterable[int]) -> Rows:
    """Return what is known of articles, so that who decides sees what was meant.

    A row has `night` only if the article is published.
    """
    known = {}  # before the first publish: a decision may come first
    if (settings.published / "current.duckdb").exists():
        with open_catalogue(settings.published) as con:
            known = name_articles(con, article_ids)
    unknown = {"title": "(in no published night; applied once it is loaded)"}
    return [{"article_id": i, **known.get(i, unknown)} for i in article_ids]
