"""A made-up story: its facts, headline and paragraphs, from seeds alone.

Facts (who, where, how many), headline and text have seeds of their own: a headline can
be asked for without rendering the text. Reports of one event share no sentence pattern
and tell the same all the same, as those of newsrooms do: what happened, how many, who
said it. Each writer has words and an order of his own for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from random import Random

from nightdesk.newsstand.grammar import (
    LANGUAGES,
    list_topics,
    load_bank,
    load_events,
    render_pattern,
)

Roles = Mapping[str, tuple[str, ...]]

#: Writers of one event, who share no pattern: every third pattern is that of one.
N_VIEWS = 3
#: A report of an event that draws from the patterns of all writers: many can be had of
#: one event, and two of them share a sentence now and then.
ANY_VIEW = -1
#: Numbers that are the same wherever they are told of one event.
_FIXED = ("n_small", "n_mid", "n_big", "n_few", "n_more")
#: Languages that write a decimal point.
_POINTS = ("en", "ur", "zh")


@dataclass(frozen=True, slots=True)
class Story:
    """What makes a text: everything that is rendered follows from these."""

    lang: str
    topic: str
    day: date
    facts_seed: str
    text_seed: str
    home: tuple[str, ...]
    n_paragraphs: int
    view: int | None = None  # of an event: which of its writers, or ANY_VIEW


@dataclass(frozen=True, slots=True)
class Place:
    """A country of a bank with its cities."""

    code: str
    country: str
    demonym: str
    cities: tuple[str, ...]
    regions: tuple[str, ...]
    river: str


def parse_place(line: str) -> Place:
    """Return the place that a line of a bank states."""
    code, country, demonym, cities, regions, river = line.split("|")
    return Place(
        code, country, demonym, tuple(cities.split(",")), tuple(regions.split(",")),
        river,
    )  # fmt: skip


@lru_cache(maxsize=len(LANGUAGES))  # our own files, which do not change
def load_places(lang: str) -> tuple[Place, ...]:
    """Return the places that stories in a language happen in."""
    return tuple(parse_place(line) for line in load_bank(lang)["names"]["place"])


def choose_places(story: Story) -> tuple[Place, Place]:
    """Return where the story happens, and the other country that it names."""
    rng = Random(f"{story.facts_seed}|place")  # noqa: S311
    places = load_places(story.lang)
    homes = [place for place in places if place.code in story.home] or places
    place = rng.choice(homes if rng.random() < 0.7 else places)
    partner = rng.choice([other for other in places if other.code != place.code])
    return place, partner


def make_facts(story: Story) -> dict[str, str]:
    """Return the facts of a story by the names that the patterns use."""
    rng = Random(f"{story.facts_seed}|facts")  # noqa: S311
    bank = load_bank(story.lang)
    names = bank["names"]
    place, partner = choose_places(story)
    city, city2 = rng.sample(place.cities, 2)
    company, company2 = rng.sample(names["company"], 2)
    people = _make_people(names, rng, story.lang)
    weekdays = names["weekday"]
    number = story.day.weekday()
    pct, pct2 = (
        _make_amount(names["pct"], _decimal(rng, 2, 68, story.lang), rng) for _ in "12"
    )
    money, money2 = (
        _make_amount(names["money"], str(rng.randint(3, 960)), rng) for _ in "12"
    )
    return {
        "city": city, "city2": city2, "country": place.country,
        "demonym": place.demonym, "region": rng.choice(place.regions),
        "river": place.river, "partner": partner.country,
        "company": company, "company2": company2,
        "official": f"{rng.choice(bank[story.topic]['office'])} {people[0]}",
        "official_last": people[0].split(" ", 1)[-1],
        "expert": people[1], "expert_last": people[1].split(" ", 1)[-1],
        "resident": people[2], "resident2": people[3],
        "street": rng.choice(names["street"]),
        "institute": rng.choice(names["institute"]),
        "goods": rng.choice(names["goods"]),
        "crop": rng.choice(names["crop"]),
        "weekday": weekdays[number],
        "weekday2": weekdays[(number + rng.randint(2, 5)) % 7],
        "pct": pct, "pct2": pct2, "money": money, "money2": money2,
        "clock": f"{rng.randint(7, 21):02}:{rng.choice((0, 10, 15, 30, 45)):02}",
        "dec": _decimal(rng, 1, 9, story.lang),
    }  # fmt: skip


def _decimal(rng: Random, low: int, high: int, lang: str) -> str:
    mark = "." if lang in _POINTS else ","
    return f"{rng.randint(low, high)}{mark}{rng.randint(1, 9)}"


def _make_amount(patterns: tuple[str, ...], number: str, rng: Random) -> str:
    return rng.choice(patterns).replace("{n}", number)


def _make_people(names: Roles, rng: Random, lang: str) -> list[str]:
    firsts = rng.sample(names["first"], 4)
    lasts = rng.sample(names["last"], 4)
    if lang == "zh":  # the family name goes first, without a blank
        return [last + first for first, last in zip(firsts, lasts, strict=True)]
    return [f"{first} {last}" for first, last in zip(firsts, lasts, strict=True)]


class Numbers(dict[str, str]):
    """Facts to which every mention of a loose number is a new number."""

    def __init__(self, facts: Mapping[str, str], rng: Random, lang: str) -> None:
        super().__init__(facts)
        self._rng = rng
        self._mark = {"en": ",", "de": ".", "es": ".", "tr": "."}.get(lang, " ")
        if lang == "zh":
            self._mark = ""

    def __missing__(self, name: str) -> str:
        """Return a number of the size that the name states.

        Raises:
            KeyError: the name states no size.
        """
        if name in ("n_small", "n_few"):
            return str(self._rng.randint(3, 19))
        if name in ("n_mid", "n_more"):
            return str(self._rng.randint(21, 98))
        if name == "n_big":
            number = self._rng.randint(12, 480) * 100
            return f"{number:,}".replace(",", self._mark)
        raise KeyError(name)


def render_title(story: Story, variant: str = "") -> str:
    """Return the headline; another variant may choose other words."""
    rng = Random(f"{story.text_seed}|title{variant}")  # noqa: S311
    return render_pattern(_choose_angle(story, "title"), _fix_facts(story), rng)


def render_summary(story: Story) -> str:
    """Return the first sentence of the text."""
    rng = Random(f"{story.text_seed}|lead")  # noqa: S311
    return render_pattern(_choose_angle(story, "lead"), _fix_facts(story), rng)


def render_text(story: Story, *, is_longer: bool = False) -> tuple[str, ...]:
    """Return the paragraphs, `story.n_paragraphs` of them, all different.

    Args:
        story: what is told.
        is_longer: with N_ADDED paragraphs more after the others, which stay the same.
    """
    rng = Random(f"{story.text_seed}|text")  # noqa: S311
    loose, fixed = Numbers(make_facts(story), rng, story.lang), _fix_facts(story)
    pools = _make_pools(story, rng)
    out: list[str] = []
    added = _ADDED if is_longer else ()
    for number, roles in enumerate([*_choose_roles(story, rng), *added]):
        sentences = [render_summary(story)] if number == 0 else []
        for role in roles:
            if pools[role]:
                facts = fixed if role in _EVENT_ROLES else loose
                sentences.append(render_pattern(pools[role].pop(), facts, rng))
        out.append(("" if story.lang == "zh" else " ").join(sentences))
    return tuple(out)


def _choose_angle(story: Story, role: str) -> str:
    """Return the pattern of headline or lead: those of one number go together."""
    bank = load_bank(story.lang)[story.topic]
    patterns = (bank if story.view is None else _choose_event(story))[role]
    if story.view not in (None, ANY_VIEW):
        return patterns[story.view]
    return Random(f"{story.text_seed}|angle").choice(patterns)  # noqa: S311


def _choose_event(story: Story) -> Roles:
    """Return what all writers of an event tell, by role."""
    rng = Random(f"{story.facts_seed}|event")  # noqa: S311
    return rng.choice(load_events()[story.topic])


def _fix_facts(story: Story) -> dict[str, str]:
    """Return facts whose loose numbers are the same wherever they are told."""
    facts = make_facts(story)
    rng = Random(f"{story.facts_seed}|numbers")  # noqa: S311
    loose = Numbers(facts, rng, story.lang)
    return facts | {name: loose[name] for name in _FIXED}


def _take_view(patterns: tuple[str, ...], view: int | None) -> tuple[str, ...]:
    """Return the patterns of one view; all of them where there is none."""
    if view in (None, ANY_VIEW) or len(patterns) < N_VIEWS:
        return patterns
    return patterns[view::N_VIEWS]


def _choose_wordings(
    patterns: tuple[str, ...], view: int, rng: Random
) -> tuple[str, ...]:
    """Return one wording of each fact: those of one writer, or of whoever it is."""
    facts = zip(*(patterns[n::N_VIEWS] for n in range(N_VIEWS)), strict=True)
    return tuple(rng.choice(fact) if view == ANY_VIEW else fact[view] for fact in facts)


def _make_pools(story: Story, rng: Random) -> dict[str, list[str]]:
    """Return role -> patterns in the order of use (from the end), each used once."""
    bank = load_bank(story.lang)
    pools = {}
    for name, topic, role in (
        ("body", story.topic, "body"),
        ("quote", story.topic, "quote"),
        ("voice", "any", "quote"),
        ("context", "any", "context"),
        ("outlook", "any", "outlook"),
    ):
        patterns = list(_take_view(bank[topic][role], story.view))
        rng.shuffle(patterns)
        pools[name] = patterns
    if story.view is not None:
        for name in _EVENT_ROLES:
            told = _choose_wordings(_choose_event(story)[name], story.view, rng)
            pools[name] = rng.sample(told, len(told))
    return pools


# Roles of the sentences of a paragraph. The first paragraph also has the lead; the
# middle ones are shuffled; the last is always there. A paragraph's first role is one
# that no shortage of patterns can leave empty (5 to 9 paragraphs, and 5 with a view).
_OPENING = (("body",), ("body", "context", "body"), ("quote", "body"))
_MIDDLE = (
    ("body", "context", "body"),
    ("voice", "body", "context"),
    ("body", "body", "context"),
    ("context", "voice", "body"),
    ("quote", "body", "context"),
    ("context", "body", "voice"),
)
_CLOSING = ("outlook", "context", "voice")
_ADDED = (("body", "context"), ("body", "voice"))
N_ADDED = len(_ADDED)
_EVENT_ROLES = ("told", "said")
# Of the five facts of an event each writer tells three; the rest is his own.
_EVENT = (
    ("told",),
    ("body", "context"),
    ("said", "told", "context"),
    ("body", "voice", "context"),
    ("told", "outlook"),
)
_ANY_EVENT = (
    ("told", "body"),
    ("body", "context", "body"),
    ("quote", "body", "voice"),
    ("told", "context", "voice"),
    ("body", "outlook", "context"),
)


def _choose_roles(story: Story, rng: Random) -> list[tuple[str, ...]]:
    if story.view is not None:
        return list(_ANY_EVENT if story.view == ANY_VIEW else _EVENT)
    n_middle = story.n_paragraphs - len(_OPENING) - 1
    if is_small_bank(story.lang):
        middle = [("body",), ("voice",), ("context", "body"), ("quote",)]
    else:
        middle = list(_MIDDLE)
    rng.shuffle(middle)
    return [*_OPENING, *middle[:n_middle], _CLOSING]


def is_small_bank(lang: str) -> bool:
    """Return whether texts of a language have to be short."""
    return lang != "en"


def pick_topic(lang: str, rng: Random) -> str:
    """Return one of the topics of a language."""
    return rng.choice(list_topics(lang))


def pick_event_topic(night: str, event: int) -> str:
    """Return the topic of an event, which no other has while the topics last."""
    topics = list(load_events())
    Random(f"{night}|events").shuffle(topics)  # noqa: S311
    return topics[event % len(topics)]
