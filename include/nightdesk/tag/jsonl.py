"""The row form of tagging: one JSON object in, one out."""

from __future__ import annotations

from typing import Any

from nightdesk.model import Mention
from nightdesk.tag.lexicon import STATE_WORDS
from nightdesk.tag.score import LEAST_SCORE
from nightdesk.tag.tagger import Tagger
from nightdesk.tag.words import fold_key


def tag_row(tagger: Tagger, row: dict[str, Any]) -> dict[str, Any]:
    """Return the tags of a row {id, text, title?, url?, lang?} as plain values.

    Offsets are into `text`; what the title names counts for countries only. A
    demonym is no place; nor is a name inside an organisation's name, but for the state
    that a department or force belongs to ("U.S. Department of Agriculture").
    `countries` are those with a score of 1.0 or more, highest first; `regions` the
    M49 sub-regions, macro regions and desks that hold a country in focus or are named.
    """
    text = row.get("text")
    if not isinstance(text, str):
        return {"id": row.get("id"), "status": "bad_row", "error": "text is missing"}
    title = row.get("title")
    lang = row.get("lang")
    tags = tagger.tag(
        article_id=0,
        title=title if isinstance(title, str) else None,
        text=text,
        lang=lang if isinstance(lang, str) else None,
    )
    body = [mention for mention in tags.mentions if mention.field == "text"]
    spans = [m for m in body if not m.rule.endswith("in organisation")]
    organs = {m.start: m for m in spans if m.type == "ORG"}
    places = [m for m in body if m.type == "LOC" and _is_listed(m, organs)]
    kept = [score for score in tags.countries if score.score >= LEAST_SCORE]
    focus = [score.country for score in tags.countries if score.is_focus]
    named = {mention.place_id for mention in tags.mentions}
    regions = tagger.gazetteer.regions
    return {
        "id": row.get("id"),
        "status": "ok" if tags.is_tagged else "untagged_language",
        "entities": [[m.start, m.end, m.type] for m in spans if m.type != "DEMONYM"],
        "places": [[m.start, m.end, m.country] for m in places],
        "countries": {score.country: round(score.score, 3) for score in kept},
        "focus": focus[0] if focus else None,
        "regions": [
            region.id
            for region in regions
            if region.scheme != "country"
            and (region.id in named or set(region.countries) & set(focus))
        ],
    }


def _is_listed(place: Mention, organs: dict[int, Mention]) -> bool:
    """Is the place no part of another name, or the state of an organ of it?"""
    if not place.rule.endswith("in organisation"):
        return True
    organ = organs.get(place.start)
    return organ is not None and bool(
        STATE_WORDS & set(fold_key(organ.surface).split())
    )
