"""Stories in the loaded rows of a night: twelve reports are one, two events are two."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from itertools import count

import pytest
from engines import connect_at
from linkworld import N_SOURCES, load_night, make_document

from nightdesk.deduplicate import Document
from nightdesk.newsstand import World
from nightdesk.newsstand.grammar import list_topics
from nightdesk.newsstand.stories import (
    ANY_VIEW,
    Story,
    make_facts,
    render_text,
    render_title,
)
from nightdesk.newsstand.texts import make_paragraphs
from nightdesk.warehouse.connect import open_warehouse

pytestmark = pytest.mark.slow

NIGHT = date(2026, 3, 1)
N_REPORTS, N_TWINS = 12, 5
TOPICS = list_topics("en")


def report_event(topic: str, name: str, n_reports: int, city: str = "") -> list[Story]:
    """Return own reports of one event, each in words of its own."""
    seeds = (f"{topic}|{name}|{n}" for n in count())
    events = (Story("en", topic, NIGHT, seed, seed, (), 5) for seed in seeds)
    event = next(e for e in events if not city or make_facts(e)["city"] == city)
    return [
        Story("en", topic, NIGHT, event.facts_seed, f"{event.facts_seed}|{n}", (), 5,
              view=ANY_VIEW)
        for n in range(n_reports)
    ]  # fmt: skip


def write_reports(stories: list[Story], first: int, name: str) -> list[Document]:
    """Return the reports as articles, each of another source."""
    return [
        make_document(
            f"https://s{(first + n) % N_SOURCES}.example/{name}/{story.topic}",
            "\n".join(render_text(story)),
            datetime(2026, 3, 1, 6 + n, tzinfo=UTC),
            render_title(story),
        )
        for n, story in enumerate(stories)
    ]


def write_rest() -> list[Document]:
    """Return what else was in the papers on that day."""
    items = [item for item in World(180).plan(NIGHT).items if item.is_article]
    return [
        make_document(
            f"https://s{n % N_SOURCES}.example/rest/{n}",
            "\n".join(make_paragraphs(item)),
            item.at,
            item.title,
        )
        for n, item in enumerate(items)
    ]


@pytest.fixture(scope="module")
def told(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, tuple[Counter[int], Counter[int], tuple[int, int, int]]]:
    """Topic -> the stories of its event, of its twin, and the counts of the event.

    Every topic has two events in one city on one day, all in one loaded night.
    """
    reports: dict[str, tuple[list[Document], list[Document]]] = {}
    for topic in TOPICS:
        event = report_event(topic, "event", N_REPORTS)
        twin = report_event(topic, "twin", N_TWINS, make_facts(event[0])["city"])
        reports[topic] = (
            write_reports(event, 0, "event"), write_reports(twin, 5, "twin"),
        )  # fmt: skip
    with open_warehouse(
        connect_at(tmp_path_factory.mktemp("told") / "w.duckdb")
    ) as con:
        documents = [d for sides in reports.values() for side in sides for d in side]
        load_night(con, NIGHT, [*documents, *write_rest()])
        rows = "SELECT article_id, story_id FROM carried WHERE night = ?"
        stories = dict(con.execute(rows, [NIGHT]).fetchall())
        counts = con.execute(
            "SELECT story_id, n_articles, n_texts, n_sources FROM story"
        ).fetchall()
    sizes = {row[0]: row[1:] for row in counts}
    found = {}
    for topic, (event, twin) in reports.items():
        ones = Counter(stories[d.article_id] for d in event)
        twos = Counter(stories[d.article_id] for d in twin)
        found[topic] = (ones, twos, sizes.get(ones.most_common(1)[0][0], (0, 0, 0)))
    return found


@pytest.mark.parametrize("topic", TOPICS)
def test_two_events_in_one_city_on_one_day_stay_two(topic: str, told) -> None:
    event, twin, _ = told[topic]
    assert not event.keys() & twin.keys()


@pytest.mark.parametrize("topic", TOPICS)
def test_twelve_reports_of_one_event_are_one_story(topic: str, told) -> None:
    event, _, (n_articles, n_texts, n_sources) = told[topic]
    assert len(event) == 1
    assert n_articles == N_REPORTS
    # Also where chance has given two of them some of the same sentences.
    assert n_sources == n_texts == N_REPORTS
