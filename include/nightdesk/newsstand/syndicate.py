"""Agency stories that outlets carry: credited or not, cut, rewritten, 17 days late.

Off by default. The agencies have no site of their own, so that all that can be had of
a story are its copies. A story belongs to the day it was sent; what a night lists are
the copies of that day and late ones of the days before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Literal

from nightdesk.newsstand.grammar import load_bank
from nightdesk.newsstand.outlets import Outlet, list_english
from nightdesk.newsstand.stories import (
    Story,
    pick_topic,
    render_summary,
    render_text,
    render_title,
)

#: How a copy says whose text it is; the last two do not say it.
Form = Literal["dateline", "credit", "byline", "renamed", "rewritten"]
MAX_LATE_DAYS = 17
#: Copies that come so much later than the first.
_DELAYS = (0, 0, 0, 1, 3, 9, MAX_LATE_DAYS)
_CREDITED: tuple[Form, ...] = ("dateline", "credit", "byline")
_FORMS: tuple[Form, ...] = (*_CREDITED, "renamed", "rewritten")
_CREDITS = (
    "Source: {name}",
    "This report was supplied by {name} and shortened by {outlet}.",
    "First published by {name}.",
    "With material from {name}.",
)


@dataclass(frozen=True, slots=True)
class Agency:
    """A news agency; its initials stand in datelines."""

    name: str
    short: str


AGENCIES = (
    Agency("Kestrel News Agency", "KNA"),
    Agency("Tidewater Press", "TWP"),
    Agency("Sundew Newswire", "Sundew"),
    Agency("Agence Cormoran", "ACO"),
    Agency("Lodestar Reports", "Lodestar"),
)


@dataclass(frozen=True, slots=True)
class Carry:
    """One outlet's copy of one story of an agency."""

    key: str  # of the story
    agency: Agency
    story: Story
    outlet: Outlet
    form: Form
    at: datetime  # UTC

    @property
    def title(self) -> str:
        """The headline of the copy."""
        return render_title(self.story, "" if self.form in _CREDITED else self.form)


def list_carried(seed: str, day: date, n_stories: int) -> tuple[Carry, ...]:
    """Return the copies that appear on a UTC day, of all stories, oldest story first.

    Args:
        seed: of the world.
        day: on which the copies appear.
        n_stories: how many stories the agencies send a day, all together.
    """
    return tuple(
        carry
        for age in range(min(MAX_LATE_DAYS, (day - date.min).days), -1, -1)
        for number in range(n_stories)
        for carry in _send(seed, day - timedelta(days=age), number)
        if carry.at.date() == day
    )


def _send(seed: str, day: date, number: int) -> list[Carry]:
    """Return all copies of one story; the first always says whose it is."""
    key = f"{seed}|{day}|wire|{number}"
    rng = Random(key)  # noqa: S311
    agency = AGENCIES[(day.toordinal() + number) % len(AGENCIES)]
    topic = pick_topic("en", rng)
    story = Story("en", topic, day, key, key, (), rng.randint(7, 9))
    delays = sorted(rng.sample(_DELAYS, rng.randint(3, 5)))
    outlets = rng.sample(list_english(), len(delays))
    carried = []
    for place, (delay, outlet) in enumerate(zip(delays, outlets, strict=True)):
        form = rng.choice(_FORMS if place else _CREDITED)
        minutes = rng.randint(6 * 60, 20 * 60)
        at = datetime.combine(day, time(), UTC) + timedelta(days=delay, minutes=minutes)
        carried.append(Carry(key, agency, story, outlet, form, at))
    return carried


def render_carried(carry: Carry) -> tuple[str, ...]:
    """Return the paragraphs of a copy."""
    rng = Random(f"{carry.key}|{carry.outlet.id}")  # noqa: S311
    lead, *rest = render_text(carry.story)
    if carry.form == "dateline":
        place = lead.split(",")[0].split(" ")[0]
        return (f"{place.upper()} ({carry.agency.short}) - {lead}", *rest)
    if carry.form == "credit":
        del rest[rng.randint(1, len(rest) - 1)]
        credit = rng.choice(_CREDITS)
        named = credit.format(name=carry.agency.name, outlet=carry.outlet.name)
        return (lead, *rest, named)
    if carry.form == "rewritten":
        del rest[rng.randint(2, len(rest) - 1)]
        sentence = render_summary(carry.story)
        other = f"What is known so far: {sentence[0].lower()}{sentence[1:]}"
        return (lead.replace(sentence, other), rest[1], rest[0], *rest[2:])
    return (lead, *rest)


def sign_carried(carry: Carry) -> str:
    """Return who signs a copy: the agency, or somebody of the outlet."""
    if carry.form == "byline":
        return carry.agency.name
    names = load_bank("en")["names"]
    rng = Random(f"{carry.key}|{carry.outlet.id}|author")  # noqa: S311
    return f"{rng.choice(names['first'])} {rng.choice(names['last'])}"
