"""What every outlet publishes in one night, and what is planted among it.

A plan is a function of (seed, day, number of articles): outlets get their shares,
some slots are turned into copies, updates, repeats, stubs and dead ends, then each
slot gets its time, headline and address. No text is rendered here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from random import Random
from typing import Literal
from urllib.parse import quote

from nightdesk.newsstand.outlets import (
    OUTLETS,
    WIRE,
    Outlet,
    list_english,
    share_articles,
)
from nightdesk.newsstand.stories import (
    Story,
    is_small_bank,
    pick_event_topic,
    pick_topic,
    render_title,
)
from nightdesk.newsstand.syndicate import Carry, list_carried

ItemKind = Literal[
    "original",  # an outlet's own report
    "exact_copy",  # a wire report, word for word, on another outlet
    "edited_copy",  # the same with another headline, a paragraph cut, a line added
    "wire_copy",  # an agency's story on an outlet that carries it; see `syndicate`
    "update",  # the outlet's own report again: new address, corrected, longer
    "video",  # not an article: a player and one sentence
    "captcha",  # not an article: a check whether the reader is human
    "gallery",  # not an article: captions
    "missing",  # listed, and answers 404
    "members",  # listed, and disallowed by robots.txt
]
NOT_ARTICLES: tuple[ItemKind, ...] = ("video", "captcha", "gallery")

#: The least number of articles that holds everything that is planted.
MIN_ARTICLES = 60
_MINUTE_FIRST, _MINUTE_LAST = 5, 23 * 60 + 49  # 00:05 .. 23:49:59
#: Numbers of pages from here on are those of agency copies.
_FIRST_CARRIED = 90_000
_SECTIONS = ("world", "business", "region", "society")


@dataclass(slots=True)
class Draft:
    """A slot of an outlet while the night is planned."""

    outlet: Outlet
    index: int
    kind: ItemKind = "original"
    origin: Draft | None = None
    is_origin: bool = False
    repeats: bool = False
    is_twice: bool = False
    is_redirected: bool = False
    is_border: bool = False
    event: int | None = None
    view: int | None = None
    minutes: tuple[int, int] = (_MINUTE_FIRST, _MINUTE_LAST)
    carriers: set[str] = field(default_factory=set)  # outlets that copy it
    item: Item | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One page of one outlet in one night."""

    outlet: Outlet
    index: int
    kind: ItemKind
    story: Story
    at: datetime  # UTC
    title: str
    section: str
    path: str
    listed: tuple[str, ...]  # the paths under which its own feed lists it
    origin: Item | None = None
    event: int | None = None
    repeats: bool = False
    carry: Carry | None = None  # of a wire_copy

    @property
    def url(self) -> str:
        """The canonical address."""
        return self.outlet.root + self.path

    @property
    def stated_at(self) -> datetime:
        """Its time in the zone in which the outlet states times."""
        return self.at.astimezone(timezone(timedelta(minutes=self.outlet.offset_min)))

    @property
    def is_article(self) -> bool:
        """Whether its page holds an article that may be fetched."""
        return self.kind not in (*NOT_ARTICLES, "missing", "members")


@dataclass(frozen=True, slots=True)
class Night:
    """All items of one UTC day, by time, and where they are found."""

    day: date
    items: tuple[Item, ...]
    by_outlet: dict[str, tuple[Item, ...]] = field(repr=False)
    by_path: dict[tuple[str, str], Item] = field(repr=False)
    redirects: dict[tuple[str, str], Item] = field(repr=False)

    def list_of(self, outlet: Outlet) -> list[tuple[Item, str]]:
        """Return (item, listed path) for all that a source lists, by time."""
        if outlet.section_of is not None:
            return [
                (item, item.listed[0])
                for item in self.by_outlet.get(outlet.section_of, ())
                if item.section == "world"
            ]
        return [
            (item, path)
            for item in self.by_outlet.get(outlet.id, ())
            for path in item.listed
        ]


def plan_night(seed: str, day: date, n_articles: int, n_wire: int = 0) -> Night:
    """Return all that is published on a UTC day.

    Args:
        seed: of the world; another one gives other news.
        day: the UTC day.
        n_articles: how many different addresses are listed, at least MIN_ARTICLES.
        n_wire: stories that agencies send a day; their copies come on top.
    """
    planner = _Planner(f"{seed}|{day}", n_articles)
    planner.plant()
    made = _Maker(f"{seed}|{day}", day)
    for draft in planner.drafts:
        made.make(draft)
    made.carry(list_carried(seed, day, n_wire))
    items = sorted(made.items, key=lambda it: (it.at, it.outlet.id, it.index))
    by_outlet: dict[str, list[Item]] = {}
    for item in items:
        by_outlet.setdefault(item.outlet.id, []).append(item)
    return Night(
        day,
        tuple(items),
        {outlet_id: tuple(own) for outlet_id, own in by_outlet.items()},
        {(item.outlet.host, item.path): item for item in items},
        {
            (item.outlet.host, path): item
            for item in items
            for path in item.listed
            if path.startswith("/r/")
        },
    )


class _Planner:
    """Turns slots into what is planted; a slot taken is never taken again."""

    def __init__(self, seed: str, n_articles: int) -> None:
        self._rng = Random(f"{seed}|plan")  # noqa: S311
        self._n = n_articles
        shares = share_articles(n_articles)
        self.drafts = [
            Draft(outlet, index)
            for outlet in OUTLETS
            for index in range(shares.get(outlet.id, 0))
        ]
        english = {outlet.id for outlet in list_english()}
        self._wire = [draft for draft in self.drafts if draft.outlet.id == WIRE]
        self._pool = [draft for draft in self.drafts if draft.outlet.id in english]
        self._rng.shuffle(self._pool)
        for draft in self.drafts:
            if draft.outlet.layout == "day_only":  # its local day is the UTC day
                draft.minutes = (6 * 60, 20 * 60)

    def plant(self) -> None:
        """Plant everything; the order matters, since some need certain outlets."""
        self._plant_borders()
        self._plant_dead_ends()
        self._plant_updates()
        self._plant_copies("exact_copy", self._count(0.05, 6))
        self._plant_copies("edited_copy", self._count(0.03, 4))
        self._plant_events()
        for _ in range(self._count(0.01, 2)):
            self._take().repeats = True
        for _ in range(self._count(0.01, 2)):
            self._take().is_redirected = True
        feeds = [draft for draft in self._pool if draft.outlet.kind != "sitemap"]
        for draft in [*feeds, *self._wire][: self._count(0.02, 3)]:
            draft.is_twice = True

    def _count(self, share: float, least: int) -> int:
        return max(least, round(self._n * share))

    def _take(self, fits: Callable[[Draft], bool] = lambda _: True) -> Draft:
        """Remove and return the last slot of the pool that fits.

        Raises:
            LookupError: none fits; MIN_ARTICLES rules that out.
        """
        for place in range(len(self._pool) - 1, -1, -1):
            if fits(self._pool[place]):
                return self._pool.pop(place)
        raise LookupError("newsstand: too few articles for what is planted")

    def _take_of(self, outlet_id: str) -> Draft:
        return self._take(lambda draft: draft.outlet.id == outlet_id)

    def _take_other(self, taken: set[str]) -> Draft:
        return self._take(lambda draft: draft.outlet.id not in taken)

    def _plant_borders(self) -> None:
        """Times whose day in the zone of the outlet is not the UTC day."""
        for _ in range(self._count(0.005, 1)):
            east = self._take_of("indus-observer")  # +05:00: there it is tomorrow
            east.minutes, east.is_border = (19 * 60 + 10, _MINUTE_LAST), True
            west = self._take_of("cascade-beacon")  # -08:00: there it is yesterday
            west.minutes, west.is_border = (_MINUTE_FIRST, 7 * 60 + 40), True

    def _plant_dead_ends(self) -> None:
        for _ in range(self._count(0.005, 1)):
            self._take_of("cascade-beacon").kind = "members"
            self._take().kind = "missing"
        for number in range(self._count(0.015, 3)):
            self._take().kind = NOT_ARTICLES[number % len(NOT_ARTICLES)]

    def _plant_updates(self) -> None:
        for _ in range(self._count(0.01, 2)):
            update = self._take(self._has_twin)
            origin = self._take_of(update.outlet.id)
            update.kind, update.origin = "update", origin
            origin.is_origin, origin.minutes = True, (_MINUTE_FIRST, 20 * 60)

    def _has_twin(self, draft: Draft) -> bool:
        return sum(other.outlet.id == draft.outlet.id for other in self._pool) > 1

    def _plant_copies(self, kind: ItemKind, n_copies: int) -> None:
        """Copies of wire reports: two of each, on different outlets."""
        origins = self._rng.sample(self._wire, min(len(self._wire), n_copies // 2))
        for number in range(n_copies):
            origin = origins[number % len(origins)]
            taken = origin.carriers
            copy = self._take_other(taken)
            copy.kind, copy.origin = kind, origin
            taken.add(copy.outlet.id)
            origin.is_origin, origin.minutes = True, (_MINUTE_FIRST, 20 * 60)

    def _plant_events(self) -> None:
        """Own reports of one event: two or three outlets, no sentence in common."""
        for event in range(self._count(0.02, 3)):
            taken: set[str] = set()
            for view in range(2 + event % 2):
                draft = self._take_other(taken)
                draft.event, draft.view = event, view
                taken.add(draft.outlet.id)


class _Maker:
    """Gives a slot its story, time, headline and address; origins first."""

    def __init__(self, seed: str, day: date) -> None:
        self._seed = seed
        self._day = day
        self.items: list[Item] = []

    def make(self, draft: Draft) -> Item:
        """Return the item of a slot, made once."""
        if draft.item is None:
            origin = self.make(draft.origin) if draft.origin else None
            draft.item = self._make(draft, origin)
            self.items.append(draft.item)
        return draft.item

    def carry(self, carried: Sequence[Carry]) -> None:
        """Add the copies of agency stories."""
        for number, carry in enumerate(carried):
            draft = Draft(carry.outlet, _FIRST_CARRIED + number, "wire_copy")
            path = self._make_path(draft, carry.title, "world", carry.at)
            self.items.append(
                Item(
                    carry.outlet, draft.index, draft.kind, carry.story, carry.at,
                    carry.title, "world", path, (path,), carry=carry,
                )
            )  # fmt: skip

    def _make(self, draft: Draft, origin: Item | None) -> Item:
        outlet = draft.outlet
        rng = Random(f"{self._seed}|{outlet.id}|{draft.index}")  # noqa: S311
        story = origin.story if origin else self._make_story(draft, rng)
        at = self._choose_time(draft, origin, rng)
        title = _make_title(draft.kind, story, origin)
        section = rng.choice(_SECTIONS)
        path = self._make_path(draft, title, section, at)
        return Item(
            outlet, draft.index, draft.kind, story, at, title, section, path,
            self._make_listed(draft, path), origin, draft.event, draft.repeats,
        )  # fmt: skip

    def _make_story(self, draft: Draft, rng: Random) -> Story:
        outlet = draft.outlet
        own = f"{self._seed}|{outlet.id}|{draft.index}"
        shared = own if draft.event is None else f"{self._seed}|event|{draft.event}"
        top = 8 if is_small_bank(outlet.lang) else 9
        n_paragraphs = rng.randint(7 if draft.is_origin or draft.repeats else 5, top)
        return Story(
            lang=outlet.lang,
            topic=pick_event_topic(self._seed, draft.event)
            if draft.event is not None
            else pick_topic(outlet.lang, Random(f"{shared}|topic")),  # noqa: S311
            day=self._day,
            facts_seed=shared,
            text_seed=own,
            home=outlet.home if draft.event is None else (),
            n_paragraphs=n_paragraphs if draft.view is None else 5,
            view=draft.view,
        )

    def _choose_time(self, draft: Draft, origin: Item | None, rng: Random) -> datetime:
        if origin is not None:
            return origin.at + timedelta(seconds=rng.randint(300, 7200))
        first, last = draft.minutes
        midnight = datetime.combine(self._day, time(), UTC)
        return midnight + timedelta(
            minutes=rng.randint(first, last), seconds=rng.randint(0, 59)
        )

    def _make_path(self, draft: Draft, title: str, section: str, at: datetime) -> str:
        outlet = draft.outlet
        folder = outlet.closed if draft.kind == "members" else f"/{section}/"
        slug = make_slug(title)
        if outlet.paths == "numbered":
            return f"{folder}{slug}-{self._day.toordinal():06}{draft.index:05}.html"
        local = at.astimezone(timezone(timedelta(minutes=outlet.offset_min)))
        return f"{folder}{local:%Y/%m/%d}/{slug}-{draft.index}"

    def _make_listed(self, draft: Draft, path: str) -> tuple[str, ...]:
        if draft.is_redirected:
            return (f"/r/{self._day.toordinal():06}{draft.index:05}",)
        if draft.is_twice:
            return (path, f"{path}?utm_source=feed&utm_medium={draft.outlet.kind}")
        return (path,)


def make_slug(title: str) -> str:
    """Return a headline as the last part of an address, in ASCII.

    >>> make_slug("İzmir: 40 gemi bekliyor!")
    'izmir-40-gemi-bekliyor'
    >>> make_slug("洪水")
    'story'
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.casefold())
    return quote("-".join(words[:9])) or "story"


def _make_title(kind: ItemKind, story: Story, origin: Item | None) -> str:
    if origin is None:
        title = render_title(story)
        prefix = {"video": "Video: ", "gallery": "In pictures: "}.get(kind, "")
        return prefix + title
    if kind == "update":
        return f"UPDATE 1: {origin.title}"
    if kind == "edited_copy":
        return _retitle(story, origin.title)
    return origin.title


def _retitle(story: Story, title: str) -> str:
    """Return another headline for the same facts."""
    for number in range(20):
        other = render_title(story, f"|{number}")
        if other != title:
            return other
    return f"{title}: report"
