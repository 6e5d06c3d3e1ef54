"""How far a text can be trusted, 0..1: cheap signs, no second extractor.

A product of signs, each 1 where nothing is suspicious: length, paragraphs rather than
fragments, few link texts, lines that are paragraphs in the markup too, agreement with
the description and body that the page states and with other readings of it, one story
rather than several. Orders pages for a second look and is no probability: of a good and
a bad page (F1 under .8) it rates the bad one lower in 84 % of pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from nightdesk.extract.blocks import Blocks, link_share, paragraph_share
from nightdesk.extract.facts import Facts
from nightdesk.text import split_words, weigh_text

_ENOUGH_CHARS = 800  # shorter texts are often teasers or cut
_PARAGRAPH_CHARS = 80  # live blogs, lists and tables have shorter ones
_MAX_WORDS = 3_000


@dataclass(frozen=True)
class Signs:
    """What the choice of a text and the kind of its page say of it."""

    agreement: float = 1.0  # of other readings of the page, 0..1
    kind: str | None = None  # article type


def rate_text(
    lines: Sequence[str],
    blocks: Blocks,
    facts: Facts | None,
    signs: Signs | None = None,
) -> float:
    """Return the confidence in a text, rounded to three places."""
    signs = signs or Signs()
    sizes = list(map(weigh_text, lines))
    length = min(1.0, 0.4 + 0.6 * sum(sizes) / _ENOUGH_CHARS)
    typical = median(sizes) if sizes else 0
    shape = min(1.0, 0.4 + 0.6 * typical / _PARAGRAPH_CHARS)
    free = 1.0 - min(1.0, 2 * link_share(lines, blocks))
    stated = _agreement("\n".join(lines), facts) if facts else 1.0
    whole = 0.5 + 0.5 * paragraph_share(lines, blocks)
    agreed = 0.3 + 0.7 * signs.agreement
    one = 0.6 if signs.kind in ("live", "several") else 1.0
    return round(length * shape * free * whole * stated * agreed * one, 3)


def _agreement(text: str, facts: Facts) -> float:
    """Words of the stated body found in the text and the reverse; else the deck's."""
    words = set(split_words(text)[:_MAX_WORDS])
    body = set(split_words(facts.jsonld.body or "")[:_MAX_WORDS])
    if len(body) >= 50:
        return 2 * len(words & body) / (len(words) + len(body))
    deck = set(split_words(facts.meta.get("og:description", "")))
    if len(deck) < 8:
        return 0.9
    return 0.6 + 0.4 * len(words & deck) / len(deck)
