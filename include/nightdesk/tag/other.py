"""Tag a text in a language that has a file of names: its places and countries.

What is found is weighed as in English (`score.py`); there are no roles, persons and
organisations. Pure, like the rest of the package.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Literal, NamedTuple, cast

from nightdesk.model import Mention
from nightdesk.tag.languages import Hit, NameReader
from nightdesk.tag.score import (
    KIND_WEIGHTS,
    LEAD_CHARS,
    Weight,
    weigh_position,
)
from nightdesk.tag.spans import Line, split_lines


class Found(NamedTuple):
    """The places and demonyms of an article, and what they add to countries."""

    mentions: tuple[Mention, ...]
    weights: list[Weight]


def find_places(
    reader: NameReader,
    title: str | None,
    text: str,
    *,
    said: Iterable[Mention] = (),
    none: Container[str | None] = (),
) -> Found:
    """Return what the names of a language find in an article.

    Args:
        reader: of that language.
        title: may be None.
        text: paragraphs, one a line.
        said: what people put there: a name that overlaps it is left out.
        none: what they say is no name, wherever it stands.
    """
    lines = split_lines(title, text)
    read = reader.read_lines(line.text for line in lines)
    length = sum(len(line.text) for line in lines if line.field == "text")
    taken = [(m.field, m.start, m.end) for m in said]
    mentions: list[Mention] = []
    weights: list[Weight] = []
    for line, hits in zip(lines, read, strict=True):
        for hit in hits:
            share = _weigh(line, hit, length)
            mention = _make_mention(line, hit, share)
            if mention.surface not in none and not _overlaps(mention, taken):
                mentions.append(mention)
                weights += _spread(line, hit, share)
    return Found(tuple(mentions), weights)


def _overlaps(mention: Mention, taken: Iterable[tuple[str, int, int]]) -> bool:
    return any(
        field == mention.field and start < mention.end and mention.start < end
        for field, start, end in taken
    )


def _weigh(line: Line, hit: Hit, length: int) -> float:
    """Return what a name adds to each of its countries."""
    offset = line.position + hit.start
    value = KIND_WEIGHTS[hit.name.kind] * weigh_position(line.field, offset, length)
    return value / max(1, len(hit.name.countries))


def _spread(line: Line, hit: Hit, share: float) -> list[Weight]:
    is_lead = line.field == "title" or line.position + hit.start < LEAD_CHARS
    is_named = line.field == "text" and hit.name.kind != "demonym"
    return [
        Weight(country, share, "about", is_lead, is_named)
        for country in hit.name.countries
    ]


def _make_mention(line: Line, hit: Hit, share: float) -> Mention:
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
        weight=share if name.countries else 0.0,
        counts_for=name.countries,
    )
