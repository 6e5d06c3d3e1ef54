"""A big story on demand: every English outlet but one reports it, in its own words.

Off by default. It is what a brief should find: a country that is suddenly everywhere,
a name that nobody knew, and an outlet that looked elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random

from nightdesk.newsstand.outlets import OUTLETS, Outlet
from nightdesk.newsstand.plan import Item, Night, make_slug
from nightdesk.newsstand.stories import (
    ANY_VIEW,
    Story,
    choose_places,
    make_facts,
    pick_topic,
    render_title,
)

#: Numbers of pages from here on are those of headlines.
_FIRST = 80_000
_PER_OUTLET = 2


@dataclass(frozen=True, slots=True)
class Headline:
    """A big story.

    Attributes:
        first: the UTC day on which it breaks.
        last: the last day on which it is reported.
        country: where it happens, ISO 3166-1 alpha-2, one that English outlets know.
        missed_by: id of the outlet that does not report it.
    """

    first: date
    last: date
    country: str
    missed_by: str


def name_official(seed: str, headline: Headline) -> str:
    """Return the full name of the office holder whom the reports name."""
    facts = make_facts(_tell(seed, headline, headline.first, ""))
    last = facts["official_last"]
    first = facts["official"].removesuffix(last).split()[-1]
    return f"{first} {last}"


def add_headline(night: Night, seed: str, headline: Headline | None) -> Night:
    """Return a night with the reports of a big story on top, if that is its day."""
    if headline is None or not headline.first <= night.day <= headline.last:
        return night
    items = [
        _report(seed, night.day, headline, outlet, number)
        for outlet in OUTLETS
        if outlet.lang == "en" and outlet.weight and outlet.id != headline.missed_by
        for number in range(_PER_OUTLET)
    ]
    together = sorted(
        (*night.items, *items), key=lambda item: (item.at, item.outlet.id, item.index)
    )
    by_outlet: dict[str, tuple[Item, ...]] = {}
    for item in together:
        by_outlet[item.outlet.id] = (*by_outlet.get(item.outlet.id, ()), item)
    by_path = {(item.outlet.host, item.path): item for item in items}
    return replace(
        night,
        items=tuple(together),
        by_outlet=by_outlet,
        by_path={**night.by_path, **by_path},
    )


def _report(
    seed: str, day: date, headline: Headline, outlet: Outlet, number: int
) -> Item:
    story = _tell(seed, headline, day, f"{outlet.id}|{number}")
    rng = Random(f"{story.text_seed}|time")  # noqa: S311
    at = datetime.combine(day, time(), UTC) + timedelta(
        minutes=rng.randint(6 * 60, 20 * 60)
    )
    title = render_title(story)
    path = f"/world/{make_slug(title)}-{day.toordinal():06}{_FIRST + number:05}.html"
    return Item(
        outlet, _FIRST + number, "original", story, at, title, "world", path, (path,)
    )


def _tell(seed: str, headline: Headline, day: date, text: str) -> Story:
    """Return a report; the first facts that happen in the country are those of all."""
    tries = (f"{seed}|{headline.first}|{headline.country}|{salt}" for salt in count())
    stories = (
        Story(
            lang="en",
            topic=pick_topic("en", Random(f"{facts}|topic")),  # noqa: S311
            day=day,
            facts_seed=facts,
            text_seed=f"{facts}|{day}|{text}",
            home=(headline.country,),
            n_paragraphs=5,
            view=ANY_VIEW,
        )
        for facts in tries
    )
    return next(s for s in stories if choose_places(s)[0].code == headline.country)
