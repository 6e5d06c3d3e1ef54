"""Tag a text in a language that has a file of names: its places and countries.

What is found is weighed as in English (`score.py`); there are no roles, persons and
organisations. Pure, like the rest of the package.
"""

from __future__ import annotations

from typing import Literal, cast

from nightdesk.model import CountryScore, Mention
from nightdesk.tag.languages import Hit, NameReader
from nightdesk.tag.score import (
    KIND_WEIGHTS,
    LEAD_CHARS,
    Weight,
    score_countries,
    weigh_position,
)
from nightdesk.tag.spans import Line, split_lines


def tag_other(
    reader: NameReader, title: str | None, text: str
) -> tuple[tuple[Mention, ...], tuple[CountryScore, ...]]:
    """Return the places and demonyms of an article, and its countries by score."""
    lines = split_lines(title, text)
    found = reader.read_lines(line.text for line in lines)
    length = sum(len(line.text) for line in lines if line.field == "text")
    pairs = [
        (line, hit) for line, hits in zip(lines, found, strict=True) for hit in hits
    ]
    weights = [weight for pair in pairs for weight in _weigh(*pair, length)]
    mentions = tuple(_make_mention(line, hit) for line, hit in pairs)
    return mentions, score_countries(weights)


def _weigh(line: Line, hit: Hit, length: int) -> list[Weight]:
    offset = line.position + hit.start
    value = KIND_WEIGHTS[hit.name.kind] * weigh_position(line.field, offset, length)
    is_lead = line.field == "title" or offset < LEAD_CHARS
    is_named = line.field == "text" and hit.name.kind != "demonym"
    share = value / max(1, len(hit.name.countries))
    return [
        Weight(country, share, "about", is_lead, is_named)
        for country in hit.name.countries
    ]


def _make_mention(line: Line, hit: Hit) -> Mention:
    name = hit.name
    return Mention(
        field=cast(Literal["title", "text"], line.field),
        start=line.base + hit.start,
        end=line.base + hit.end,
        surface=line.text[hit.start : hit.end],
        type="DEMONYM" if name.kind == "demonym" else "LOC",
        rule=name.kind,
        score=1.0,
        entity_id=None,
        name=name.name,
        country=name.country,
        place_id=name.id,
        via="place" if name.country else None,
    )
