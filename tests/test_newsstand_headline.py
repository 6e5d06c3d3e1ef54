"""A big story on demand: who reports it, and on which days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from nightdesk.newsstand import Headline, World
from nightdesk.newsstand.headline import name_official
from nightdesk.newsstand.outlets import list_english
from nightdesk.newsstand.stories import render_text

DAY = date(2026, 3, 12)
HEADLINE = Headline(DAY, DAY + timedelta(days=1), "PE", "savanna-courier")


def list_urls(headline: Headline | None, day: date = DAY) -> set[str]:
    return {item.url for item in World(60, headline=headline).plan(day).items}


def test_all_english_outlets_but_one_report_it_in_their_own_words() -> None:
    world = World(60, headline=HEADLINE)
    usual = list_urls(None)
    assert usual < list_urls(HEADLINE)
    reports = [item for item in world.plan(DAY).items if item.url not in usual]
    english = {outlet.id for outlet in list_english()} | {"harbour-ledger"}
    assert {item.outlet.id for item in reports} == english - {HEADLINE.missed_by}
    assert len({item.url for item in reports}) == len(reports) == 2 * (len(english) - 1)
    texts = {render_text(item.story) for item in reports}
    assert len(texts) == len(reports)
    name = name_official(world.seed, HEADLINE)
    named = sum(name in " ".join(text) for text in texts)
    assert 2 * named > len(texts)
    served = {a.url: a.countries[0] for a in world.truth(DAY).articles}
    assert {served[item.url] for item in reports} == {"PE"}


def test_it_is_news_on_its_days_alone() -> None:
    for days, is_news in ((-1, False), (0, True), (1, True), (2, False)):
        day = DAY + timedelta(days=days)
        assert (list_urls(HEADLINE, day) != list_urls(None, day)) == is_news, day
    other = replace(HEADLINE, country="KE")
    assert name_official("nightdesk", other) != name_official("nightdesk", HEADLINE)
