"""Short texts with other wording: events of one speaker stay apart, forms too."""

from __future__ import annotations

from typing import Any

import pytest
from scores import score_groups
from wordings import (
    cut_texts,
    fill_form,
    list_events,
    make_digests,
    read_wordings,
    write_row,
)

from nightdesk.deduplicate.jsonl import deduplicate_rows, story_rows
from nightdesk.deduplicate.rarity import Rarity
from nightdesk.pipeline.frozen_tables import read_shipped_terms
from nightdesk.settings import SHIPPED

RARITY = Rarity(read_shipped_terms(SHIPPED))
TOLD = read_wordings("wordings")
UNSEEN = read_wordings("wordings_unseen")
#: Two fires of one night in one city, of which nobody tells but that they burn.
KNOWN_MIXED = {"two fires in Porto"}
#: Forms of which two reports are alike by chance; and how many of the largest story.
KNOWN_ALIKE = {"horoscope": 3, "town forecast": 4, "ja 花粉": 2}


def find_stories(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row["id"]: row["story_id"] for row in story_rows(rows, RARITY)}


APART = {name: (told, name) for told in (TOLD, UNSEEN) for name in told["apart"]}


@pytest.mark.parametrize(("told", "name"), APART.values(), ids=APART.keys())
def test_two_events_of_which_one_person_speaks_stay_two(told, name) -> None:
    events = list_events(told)
    sides = [events[f"{name} / 0"], events[f"{name} / 1"]]
    found = find_stories([row for rows in sides for row in rows])
    one, other = ({found[row["id"]] for row in rows} for rows in sides)
    assert bool(one & other) == (name in KNOWN_MIXED)


@pytest.mark.parametrize(
    ("told", "least"), [(TOLD, (0.98, 0.75)), (UNSEEN, (0.96, 0.5))],
    ids=["those worked on", "those set aside"],
)  # fmt: skip
def test_stories_hold_one_event(told, least) -> None:
    events = list_events(told)
    found = find_stories([row for rows in events.values() for row in rows])
    gold = {row["id"]: name for name, rows in events.items() for row in rows}
    precision, recall = score_groups(found, gold)
    assert (precision >= least[0], recall >= least[1]) == (True, True), (
        precision,
        recall,
    )


FORMS = {name: form for told in (TOLD, UNSEEN) for name, form in told["forms"].items()}


@pytest.mark.parametrize("name", FORMS)
def test_reports_from_a_form_stay_apart(name: str) -> None:
    rows = fill_form(name, FORMS[name])
    found = list(find_stories(rows).values())
    assert max(map(found.count, found)) <= KNOWN_ALIKE.get(name, 1)
    clusters = [row["cluster_id"] for row in deduplicate_rows(rows)]
    assert max(map(clusters.count, clusters)) <= min(2, KNOWN_ALIKE.get(name, 1))


@pytest.mark.parametrize("told", [TOLD, UNSEEN], ids=["worked on", "set aside"])
def test_the_first_half_of_a_text_is_a_copy(told) -> None:
    for name, original_id, row, copy in cut_texts(told):
        if name == "first half":
            others = [
                other
                for n, text in enumerate(told["texts"])
                if (other := write_row(f"t{n}", text, n))["id"] != original_id
            ]
            found = deduplicate_rows([row, copy, *others])
            assert [r["duplicate_of"] for r in found] == [
                None, original_id, *[None] * len(others),
            ]  # fmt: skip


def test_digests_of_paragraphs_are_no_copies_of_each_other() -> None:
    rows, digests = make_digests(UNSEEN)
    found = deduplicate_rows([*rows, *digests])
    joined = [row["id"] for row in found if row["duplicate_of"]]
    assert len(joined) <= 2
