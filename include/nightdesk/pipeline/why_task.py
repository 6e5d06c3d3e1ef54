"""why: the rows about an article or entity, with the sums behind them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from nightdesk.config import Settings
from nightdesk.deduplicate import Document, fingerprint_text
from nightdesk.deduplicate.likeness import Likeness
from nightdesk.deduplicate.rarity import Rarity
from nightdesk.deduplicate.stories import MIN_SIMILARITY
from nightdesk.deduplicate.terms import read_terms
from nightdesk.errors import WarehouseError
from nightdesk.landing import Landing
from nightdesk.pipeline.frozen_tables import FrozenTables
from nightdesk.tombstones import load_tombstones
from nightdesk.warehouse.connect import Connection
from nightdesk.warehouse.explain import (
    explain_article,
    explain_entity,
    find_entries,
    read_bodies,
)
from nightdesk.warehouse.read import open_catalogue

Row = dict[str, Any]

_MOST_SHARED = 8  # terms that are shown of two reports


def explain_id(
    settings: Settings, wanted: int | str, *, typed: str | None = None
) -> Row:
    """Return what the catalogue says of an article id or an entity id, and why.

    Args:
        settings: where catalogue, landing area and decisions are.
        wanted: the id.
        typed: what somebody asked for, if not the id itself; an error names it.

    Of an article: its rows by what they are; each mention has a number `n`, each region
    in `parts` what its score is the sum of, each member of its story in `shared` how
    much it resembles this article and what they have in common. The id of a cluster or
    story is that of its first article. An article that no night loaded comes as its
    `entries` alone, each with its bin and reason; one that was taken down has the
    lines that say so as `taken_down`: at, who, why, source_id.

    Raises:
        WarehouseError: nothing has been published yet, or nothing bears that id.
    """
    taken_down = _find_takedowns(settings, wanted)
    with open_catalogue(settings.published) as con:
        if isinstance(wanted, str):
            found = explain_entity(con, wanted)
        else:
            found = explain_article(con, wanted)
            if found is not None:
                _add_sums(found)
                _add_likeness(con, found, settings)
            elif entries := find_entries(con, wanted):
                found = {"entries": entries}
    if taken_down:
        return {**(found or {"entries": []}), "taken_down": taken_down}
    if found is None:
        raise WarehouseError(
            f"{typed or wanted}: neither article nor entity of a published night"
        )
    return found


def _find_takedowns(settings: Settings, wanted: int | str) -> list[Row]:
    """Return the lines of the decisions that bar an article, oldest first."""
    rows = load_tombstones(settings.decisions, {}).rows
    return [
        {"at": row.at, "who": row.who, "why": row.why, "source_id": row.source_id}
        for row in sorted(rows, key=lambda row: row.at)
        if wanted in row.articles
    ]


def _add_sums(found: Row) -> None:
    """Number the mentions, and say of each region which of them make its score."""
    for n, mention in enumerate(found["mentions"], 1):
        mention["n"] = n
    for region in found["regions"]:
        scores = {
            row["countries"][0]: row["score"]
            for row in found["regions"]
            if row["scheme"] == "country" and row["role"] == region["role"]
        }
        region["parts"] = _find_parts(region, found["mentions"], scores)


def _find_parts(
    region: Row, mentions: Sequence[Row], scores: Mapping[str, float]
) -> list[Row]:
    countries = set(region["countries"] or ())
    if region["role"] == "publisher":
        return []
    if region["scheme"] == "country":
        counted = [m for m in mentions if countries & set(m["counts_for"] or ())]
        return [{"mention": m["n"], "adds": m["weight"]} for m in counted]
    inside = sorted(countries & scores.keys())
    named = [m for m in mentions if m["place_id"] == region["region_id"]]
    named = named if region["role"] == "mentioned" else []
    return [
        *({"country": country, "adds": scores[country]} for country in inside),
        *({"mention": m["n"], "adds": 1.0} for m in named),
    ]


def _add_likeness(con: Connection, found: Row, settings: Settings) -> None:
    """Compare the article with each other one of its story, as the build did."""
    story = found["story"]
    if story is None:
        return
    own_id = found["article"]["article_id"]
    bodies = read_bodies(con, [m["article_id"] for m in story["members"]])
    documents = {row["article_id"]: _make_document(row) for row in bodies}
    learned = json.loads((found["ledger"] or [{}])[0].get("learned") or "{}")
    tables = FrozenTables(Landing(settings.landing), settings.shipped)
    rarity = tables.read_rarity(learned)
    story["least"] = MIN_SIMILARITY
    for member in story["members"]:
        pair = [documents.get(i) for i in (own_id, member["article_id"])]
        if member["article_id"] != own_id and None not in pair:
            member["shared"] = _compare([d for d in pair if d], rarity)


def _make_document(row: Row) -> Document:
    return Document(**row, hashes=tuple(fingerprint_text(row["text"])))


def _compare(pair: Sequence[Document], rarity: Rarity) -> Row:
    found = [float(s[0]) for _, _, s in Likeness(pair, rarity).list_pairs()]
    one, two = (read_terms(d.title, d.text) for d in pair)
    lang = pair[0].lang
    facts = rarity.weigh_terms(set(one.facts) & set(two.facts), "fact", lang)
    words = rarity.weigh_terms(set(one.words) & set(two.words), "word", lang)
    return {
        "similarity": round(found[0], 3) if found else 0.0,
        "facts": _pick_rarest(facts),
        "words": _pick_rarest(words),
    }


def _pick_rarest(weights: Mapping[str, float]) -> list[str]:
    return sorted(weights, key=lambda term: (-weights[term], term))[:_MOST_SHARED]
