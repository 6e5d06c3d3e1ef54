"""What a load makes of reviews and merged ids: rows that a reader can join."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpworld import World, reply
from nightworld import Desk, write_feed, write_item, write_page

pytestmark = pytest.mark.slow

TEXTS = {
    "one": "Mr. Odelia Brandvik, a baker in Lima, opened a second shop on Monday.",
    "two": "Mr. Odellia Brandvik, a baker in Lima, will open a third shop in May.",
}
FILLER = [
    "The harbour of the town has been closed to larger boats since early in spring.",
    "Nobody there could say on Thursday when the work on the two quays will be done.",
    "Bread is baked in the old fish hall now, where the rent is half of what it was.",
    "The council has asked all shops in the lane to close an hour before the tide.",
]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with World() as world:
        desk = Desk(tmp_path, world)
        items = []
        for name, text in TEXTS.items():
            desk.serve(f"/{name}", reply(write_page(name.title(), "", [text, *FILLER])))
            items.append(write_item(name.title(), f"https://alpha.example/{name}"))
        desk.serve("/feed", write_feed(*items))
        yield desk


BAKERS = {
    "nd:per:odelia-brandvik": "Odelia Brandvik",
    "nd:per:odellia-brandvik": "Odellia Brandvik",
}


@pytest.mark.parametrize("new", BAKERS)
def test_reviews_and_merges_can_be_joined(desk: Desk, new: str) -> None:
    desk.collect()
    desk.build()
    first, second = BAKERS
    old = first if new == second else second
    ids = "SELECT DISTINCT entity_id FROM mention WHERE type = 'PER' ORDER BY 1"
    assert desk.query(ids) == [(first,), (second,)]
    assert desk.query(
        "SELECT night::VARCHAR, name, entity_id, candidate_id, reason, n_articles "
        "FROM entity_review"
    ) == [("2026-03-05", BAKERS[first], first, second, "spelling", 1)]
    assert desk.query(
        "SELECT DISTINCT country, via FROM mention WHERE type = 'LOC'"
    ) == [("PE", "place")]

    folder = desk.folder / "decisions"
    folder.mkdir()
    row = {"kind": "same_entity", "old_id": old, "id": new, "who": "ama"}
    row |= {"at": "2026-03-06T08:00:00Z", "why": "one baker"}
    (folder / "entities.jsonl").write_text(json.dumps(row))
    desk.build()
    assert desk.query(ids) == [(new,)]
    assert desk.query("SELECT entity_id, name FROM entity WHERE type = 'PER'") == [
        (new, BAKERS[new])
    ]
    assert desk.query("SELECT count(*) FROM entity_review") == [(0,)]
    assert desk.query("SELECT old_id, entity_id, who, why FROM entity_alias") == [
        (old, new, "ama", "one baker")
    ]
