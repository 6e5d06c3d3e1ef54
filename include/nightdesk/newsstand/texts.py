"""The paragraphs of an item: its own, or what was made of another's."""

from __future__ import annotations

import re
from random import Random

from nightdesk.newsstand.grammar import load_bank
from nightdesk.newsstand.plan import Item
from nightdesk.newsstand.stories import N_ADDED, render_summary, render_text
from nightdesk.newsstand.syndicate import render_carried, sign_carried

#: How long the run is that a repeating article holds twice.
RUN_LENGTH = 2
_NUMBER = re.compile(r"\b([2-9])\d\b")
_CREDITS = (
    "This report was supplied by The Harbour Ledger and shortened by {outlet}.",
    "{outlet} has edited this agency report for length and style.",
    "With material from The Harbour Ledger news service, {outlet} staff writers.",
)


def make_paragraphs(item: Item) -> tuple[str, ...]:
    """Return the paragraphs of an article as its page holds them."""
    if item.carry is not None:
        return render_carried(item.carry)
    if item.origin is None:
        own = render_text(item.story)
        return repeat_run(own) if item.repeats else own
    text = make_paragraphs(item.origin)
    if item.kind == "edited_copy":
        return _edit(item, text)
    if item.kind == "update":
        return _update(item, text)
    return text


def make_summary(item: Item) -> str:
    """Return what a feed says about an item: its first sentence."""
    return render_summary(item.story)


def make_author(item: Item) -> str:
    """Return who signs an item: the wire's author signs its exact copies."""
    if item.carry is not None:
        return sign_carried(item.carry)
    names = load_bank(item.story.lang)["names"]
    rng = Random(f"{item.story.text_seed}|author")  # noqa: S311
    first, last = rng.choice(names["first"]), rng.choice(names["last"])
    return last + first if item.story.lang == "zh" else f"{first} {last}"


def repeat_run(paragraphs: tuple[str, ...]) -> tuple[str, ...]:
    """Return paragraphs with the run after the second one there twice.

    >>> repeat_run(("a", "b", "c", "d", "e"))
    ('a', 'b', 'c', 'd', 'c', 'd', 'e')
    """
    end = 2 + RUN_LENGTH
    return paragraphs[:end] + paragraphs[2:end] + paragraphs[end:]


def count_paragraphs(item: Item) -> int:
    """Return how many paragraphs an article holds, none counted twice."""
    if item.carry is not None:
        return len(render_carried(item.carry))
    if item.origin is not None and item.kind == "update":
        return count_paragraphs(item.origin) + N_ADDED
    return item.story.n_paragraphs if item.is_article else 0


def _edit(item: Item, text: tuple[str, ...]) -> tuple[str, ...]:
    rng = Random(f"{item.url}|edit")  # noqa: S311
    cut = rng.randint(2, len(text) - 2)
    credit = rng.choice(_CREDITS).format(outlet=item.outlet.name)
    return (*text[:cut], *text[cut + 1 :], credit)


def _update(item: Item, text: tuple[str, ...]) -> tuple[str, ...]:
    """Return the text with a number put right and paragraphs added."""
    added = render_text(item.story, is_longer=True)[len(text) :]
    rest, done = [], False
    for paragraph in text[1:]:
        changed = paragraph if done else _NUMBER.sub(_raise_number, paragraph, count=1)
        done = done or changed != paragraph
        rest.append(changed)
    return (text[0], *rest, *added)


def _raise_number(match: re.Match[str]) -> str:
    return str(int(match[0]) + 1)
