"""Reports of one event are one story, in any order; other events are not."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nightdesk.deduplicate.jsonl import story_rows
from nightdesk.deduplicate.stories import link_average

DATA = Path(__file__).parent / "data" / "duplicates"
TEXTS: dict[str, str] = yaml.safe_load((DATA / "texts.yaml").read_text("utf-8"))
STORIES: dict[str, Any] = yaml.safe_load((DATA / "stories.yaml").read_text("utf-8"))


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
    found = {row["id"]: row["story_id"] for row in story_rows(rows)}
    assert {row_id: found[row_id] for row_id in case["expect"]} == case["expect"]
    assert all(found[row_id] == row_id for row_id in found if row_id[:6] == "around")
    assert {row["id"]: row["story_id"] for row in story_rows(rows[::-1])} == found


def test_a_bad_row_is_a_story_of_its_own() -> None:
    good = {"id": "a", "published_at": None, "title": None, "text": TEXTS["ferry"]}
    bad = {"id": "b", "published_at": "soon", "title": None, "text": TEXTS["ferry"]}
    assert story_rows([good, bad]) == [
        {"id": "a", "status": "ok", "story_id": "a"},
        {
            "id": "b",
            "status": "bad_published_at: not an ISO 8601 time",
            "story_id": "b",
        },
    ]


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
    assert link_average(np.array(matrix, np.float64), 0.2) == groups


@pytest.mark.shared
def test_stories_are_found_in_news(shared: Path) -> None:
    path = shared / "data" / "dedup" / "ecbplus_story.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    gold = {row["id"]: row["cluster_id"] for row in rows}
    found = {row["id"]: row["story_id"] for row in story_rows(rows)}
    shares = []
    for one, other in ((found, gold), (gold, found)):
        ones: dict[str, set[str]] = defaultdict(set)
        others: dict[str, set[str]] = defaultdict(set)
        for row_id in gold:
            ones[one[row_id]].add(row_id)
            others[other[row_id]].add(row_id)
        same = [len(ones[one[i]] & others[other[i]]) / len(ones[one[i]]) for i in gold]
        shares.append(float(np.mean(same)))
    assert 2 * shares[0] * shares[1] / (shares[0] + shares[1]) >= 0.90
