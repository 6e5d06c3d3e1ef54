"""Weigh the countries of a document.

Score of a country = sum over its mentions of kind x position x (0.5 inside the name
of an organisation) x (0.6 as venue or in the dateline). Kind, position: the tables
below. A repeated paragraph was left out before.

Focus = of the countries near the top the one whose places are named most often, the top
and those within 5 % of it, and the other party of a story of two: a country that has at
least half of the top's score and stands in the title or the first 300 characters. A
venue or dateline is in focus only where nothing else is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from nightdesk.model import CountryScore

KIND_WEIGHTS = {
    "country": 1.0,
    "demonym": 0.8,
    "capital": 0.9,
    "admin1": 0.8,
    "city": 0.8,
    "area": 0.8,
    "metonym": 1.0,
    "abbreviation": 0.8,
}
Role = Literal["about", "mentioned", "dateline", "venue"]
LEAD_CHARS = 300
LEAST_SCORE = 1.0  # picked on the development sets: below it a country is in passing
_TIE = 0.95
_NEAR = 0.7  # of the top's score: from here on the count of names decides
_PARTY = 0.5
_MAX_PARTIES = 2


@dataclass(frozen=True, slots=True)
class Weight:
    """What one mention adds to one country."""

    country: str
    value: float
    role: str  # about | dateline | venue
    is_lead: bool  # in the title or the first 300 characters
    is_named: bool = True  # a place in the text, no demonym and not in the title


def weigh_position(field: str, position: int, length: int) -> float:
    """Return how much a place in the document counts.

    >>> weigh_position("title", 0, 4000), weigh_position("text", 2500, 4000)
    (2.0, 1.0)
    """
    if field == "title" or position < LEAD_CHARS:
        return 2.0
    return 1.5 if position < length / 4 else 1.0


def score_countries(weights: Iterable[Weight]) -> tuple[CountryScore, ...]:
    """Return the countries, highest score first, with role and focus.

    >>> score_countries([Weight("PK", 2.0, "about", True)])[0].is_focus
    True
    """
    by_country: dict[str, list[Weight]] = {}
    for weight in weights:
        by_country.setdefault(weight.country, []).append(weight)
    scores = {
        country: round(sum(weight.value for weight in rows), 6)
        for country, rows in by_country.items()
    }
    roles = {
        country: _find_role(rows, scores[country])
        for country, rows in by_country.items()
    }
    order = sorted(scores, key=lambda country: -scores[country])  # ties: first named
    focus = _find_focus(order, scores, roles, by_country)
    total = sum(scores.values())
    return tuple(
        CountryScore(
            country=country,
            score=scores[country],
            share=round(scores[country] / total, 6) if total else 0.0,
            n_mentions=len(by_country[country]),
            role=roles[country],
            is_focus=country in focus,
        )
        for country in dict.fromkeys([*focus, *order])
    )


def _find_role(rows: list[Weight], score: float) -> Role:
    found = {row.role for row in rows}
    if "about" in found:
        return "about" if score >= LEAST_SCORE else "mentioned"
    return "venue" if "venue" in found else "dateline"


def _find_focus(
    order: list[str],
    scores: dict[str, float],
    roles: dict[str, Role],
    rows: dict[str, list[Weight]],
) -> list[str]:
    fit = [country for country in order if roles[country] == "about"] or order
    if not fit:
        return []
    top = scores[fit[0]]
    near = [country for country in fit if scores[country] >= top * _NEAR]
    first = max(near, key=lambda c: sum(row.is_named for row in rows[c]))
    tied = [country for country in fit if scores[country] >= top * _TIE]
    focus = list(dict.fromkeys([first, *tied]))
    for country in fit:
        is_party = scores[country] >= top * _PARTY and roles[country] == "about"
        is_lead = any(row.is_lead for row in rows[country])
        if country not in focus and len(focus) < _MAX_PARTIES and is_party and is_lead:
            focus.append(country)
    return focus
