"""Reports of one event are one story, in any order; other events are not."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from scores import score_groups

from nightdesk.deduplicate import cluster_pairs
from nightdesk.deduplicate.jsonl import story_rows
from nightdesk.deduplicate.rarity import (
    Rarity,
    count_terms,
    format_counts,
    parse_counts,
)
from nightdesk.deduplicate.stories import CYCLE_NIGHTS, limit_stories, link_average
from nightdesk.deduplicate.terms import list_terms, read_terms
from nightdesk.model import Pair
from nightdesk.pipeline.frozen_tables import read_shipped_terms
from nightdesk.settings import SHIPPED

DATA = Path(__file__).parent / "data" / "duplicates"
TEXTS: dict[str, str] = yaml.safe_load((DATA / "texts.yaml").read_text("utf-8"))
RARITY = Rarity(read_shipped_terms(SHIPPED))
STORIES: dict[str, Any] = yaml.safe_load((DATA / "stories.yaml").read_text("utf-8"))


def find_stories(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return row -> story, as `nightdesk stories --jsonl` tells them."""
    return {row["id"]: row["story_id"] for row in story_rows(rows, RARITY)}


def make_rows(case: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a case, among the articles that every case has around it."""
    around = [
        {"id": f"around-{i}", "published_at": "2031-05-06T06:00:00Z", "text": text}
        for i, text in enumerate(STORIES["around"])
    ]
    return around + [{**row, "text": TEXTS[row["text"]]} for row in case["rows"]]


@pytest.mark.parametrize("case", STORIES["cases"].values(), ids=STORIES["cases"].keys())
def test_rows_get_their_story(case: dict[str, Any]) -> None:
    rows = make_rows(case)
    found = find_stories(rows)
    assert {row_id: found[row_id] for row_id in case["expect"]} == case["expect"]
    assert all(found[row_id] == row_id for row_id in found if row_id[:6] == "around")
    assert find_stories(rows[::-1]) == found


def make_events() -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the rows of all events, and the event of each."""
    told = yaml.safe_load((DATA / "events.yaml").read_text("utf-8"))
    events = {
        f"{name} {n}": reports
        for name, pair in told["apart"].items()
        for n, reports in enumerate(pair)
    } | told["alone"]
    rows, event_of = [], {}
    for event, reports in events.items():
        for n, report in enumerate(reports):
            title, text = report.split("\n", 1)
            time = f"2031-05-06T{6 + n:02}:00:00Z"
            row_id = f"{event}: {n}"
            rows.append(
                {"id": row_id, "published_at": time, "title": title, "text": text}
            )
            event_of[row_id] = event
    return rows, event_of


def test_teasers_over_one_request_are_stories_of_their_own() -> None:
    names = ["ferry", "orchard", "harbour_long", "roadblock", "travelling_clinic"]
    rows = [
        {
            "id": name,
            "published_at": f"2031-05-06T{hour:02}:00:00Z",
            "text": f"{TEXTS[name].splitlines()[0]}\n{TEXTS['subscription']}",
        }
        for hour, name in enumerate(names)
    ]
    assert find_stories(rows) == {name: name for name in names}


def test_a_round_up_of_first_paragraphs_joins_none_of_its_stories() -> None:
    names = ["harbour_long", "orchard", "ferry"]
    texts = {name: TEXTS[name] for name in names}
    parts = ["\n".join(TEXTS[name].splitlines()[:3]) for name in names[:2]]
    texts["brief"] = "\n".join(parts)
    rows = [
        {"id": name, "published_at": f"2031-05-06T{hour:02}:00:00Z", "text": text}
        for hour, (name, text) in enumerate(texts.items())
    ]
    assert find_stories(rows) == {name: name for name in texts}


def test_events_of_one_kind_in_one_city_stay_apart() -> None:
    rows, event_of = make_events()
    found = find_stories([{**row, "lang": "en"} for row in rows])
    precision, recall = score_groups(found, event_of)
    assert (precision >= 0.98, recall >= 0.72) == (True, True), (precision, recall)


def test_a_bad_row_is_a_story_of_its_own() -> None:
    good = {"id": "a", "published_at": None, "title": None, "text": TEXTS["ferry"]}
    bad = {"id": "b", "published_at": "soon", "title": None, "text": TEXTS["ferry"]}
    assert story_rows([good, bad]) == [
        {"id": "a", "status": "ok", "story_id": "a", "cluster_id": "a"},
        {
            "id": "b",
            "status": "bad_published_at: not an ISO 8601 time",
            "story_id": "b",
            "cluster_id": "b",
        },
    ]


def test_a_text_of_a_million_characters_without_spaces_is_read() -> None:
    (row,) = story_rows([{"id": "a", "text": "日本" * 500_000}])
    assert (row["status"], row["story_id"]) == ("ok", "a")


def test_no_rows_give_no_stories() -> None:
    assert story_rows([]) == []


LINKAGES: dict[str, tuple[list[list[float]], list[list[int]]]] = {
    "one alone": ([[1.0]], [[0]]),
    "two that are near": ([[1, 0.5], [0.5, 1]], [[0, 1]]),
    "two that are far": ([[1, 0.1], [0.1, 1]], [[0], [1]]),
    "a chain whose mean is too low is cut at its weaker link": (
        [[1, 0.9, 0.0], [0.9, 1, 0.3], [0.0, 0.3, 1]],
        [[0, 1], [2]],
    ),
    "a third that is near enough to the mean of two": (
        [[1, 0.9, 0.1], [0.9, 1, 0.4], [0.1, 0.4, 1]],
        [[0, 1, 2]],
    ),
}


@pytest.mark.parametrize(("matrix", "groups"), LINKAGES.values(), ids=LINKAGES.keys())
def test_groups_are_joined_by_their_mean(
    matrix: list[list[float]], groups: list[list[int]]
) -> None:
    rows = np.array(matrix, np.float64)
    later = [np.arange(i + 1, len(rows)) for i in range(len(rows))]
    pairs = [(i, others, rows[i, others]) for i, others in enumerate(later)]
    assert link_average(len(rows), pairs, 0.2) == groups


#: Nights of one matter, each linked with the next, from the first of a cycle on; the
#: groups that remain.
CYCLES: dict[str, tuple[list[int], list[list[int]]]] = {
    "a few days": ([0, 2, 5], [[0, 2, 5]]),
    "over the end of a cycle": ([7, 10, 13, 16], [[7, 10, 13, 16]]),
    "old at the end of a cycle": ([6, 9, 12, 15, 17], [[6, 9, 12], [15, 17]]),
    "for three weeks at the most": (
        list(range(7, 60, 3)),
        [[7, 10, 13, 16, 19, 22, 25], list(range(28, 42, 3)), list(range(43, 56, 3)),
         [58]],
    ),
    "a link over the whole of a cycle": ([13, 28], [[13], [28]]),
}  # fmt: skip


@pytest.mark.parametrize(("nights", "groups"), CYCLES.values(), ids=CYCLES.keys())
def test_a_story_is_closed_at_the_end_of_a_cycle(
    nights: list[int], groups: list[list[int]]
) -> None:
    start = date.fromordinal(
        date(2031, 5, 1).toordinal() // CYCLE_NIGHTS * CYCLE_NIGHTS
    )
    days = {n: start + timedelta(days=n) for n in nights}
    pairs = [Pair(a, b, "near", 1.0, "") for a, b in pairwise(nights)]
    ranks = {n: (datetime(2031, 5, 1, tzinfo=UTC), f"{n:03}") for n in nights}
    kept = cluster_pairs(limit_stories(pairs, days), ranks)
    found: dict[int, list[int]] = defaultdict(list)
    for n in nights:
        found[kept.get(n, n)].append(n)
    assert list(found.values()) == groups
    assert cluster_pairs(limit_stories(pairs[::-1], days), ranks) == kept


TERMS = {
    "names, their pairs and numbers": (
        "Mayor Ada Moss of Ost saw 1,200 sheep; the mayor counted.",
        {"ada", "moss", "ost"},
        {"ada moss", "1,200"},
    ),
    "a script without capitals": ("غرق الميناء ليلا، قال", set(), {
        "غرق الميناء", "الميناء ليلا",
    }),
    "a script without blanks": ("渡轮搁浅。", set(), {"渡轮搁", "轮搁浅"}),
    "nothing": ("", set(), set()),
}  # fmt: skip


@pytest.mark.parametrize(("text", "names", "facts"), TERMS.values(), ids=TERMS.keys())
def test_an_article_has_its_terms(text: str, names: set, facts: set) -> None:
    terms = read_terms(None, text)
    assert (set(terms.names), set(terms.facts)) == (names, facts)


def test_rarity_is_learned_by_language_and_not_from_the_batch() -> None:
    texts = ["Ost votes in the rain", "Ost sings in the snow", "Ost sleeps in peace"]
    rows = count_terms(("en", list_terms(None, text)) for text in texts * 3)
    assert parse_counts(format_counts(rows)) == rows
    assert rows == count_terms(("en", list_terms(None, t)) for t in texts[::-1] * 3)
    rarity, plain = Rarity(rows), Rarity()
    words = ("ost", "votes")

    def weigh(table: Rarity, lang: str | None) -> list[float]:
        return list(table.weigh_terms(words, "word", lang).values())

    assert weigh(rarity, "en")[0] < weigh(plain, "en")[0]
    assert weigh(rarity, None) == weigh(rarity, "en")
    assert weigh(rarity, "de") == weigh(plain, "de")


@pytest.mark.shared
def test_stories_are_found_in_news(shared: Path) -> None:
    path = shared / "data" / "dedup" / "ecbplus_story.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    gold = {row["id"]: row["cluster_id"] for row in rows}
    found = find_stories(rows)
    precision, recall = score_groups(found, gold)
    assert 2 * precision * recall / (precision + recall) >= 0.90
