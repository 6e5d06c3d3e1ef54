"""What another tagger or a correction would change in a night, before it is loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import connect_to, name_warehouse
from httpworld import World, reply
from nightworld import NIGHT, Desk, write_feed, write_item, write_page

from nightdesk.__main__ import main
from nightdesk.errors import WarehouseError
from nightdesk.model import CountryScore, Mention, Tags
from nightdesk.pipeline import publish_changes
from nightdesk.pipeline.retag_task import diff_night
from nightdesk.tag import TAG_VERSION, tagger
from nightdesk.tag.diff import Change, count_changes, list_changes, read_facts

LOC = Mention("text", 10, 17, "Georgia", "LOC", "country", country="GE")


def tags(*mentions: Mention, **country: float) -> Tags:
    scores = [
        CountryScore(code, score, 1.0, 1, "about", is_focus=True)
        for code, score in country.items()
    ]
    return Tags(1, mentions, tuple(scores))


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (tags(LOC, GE=2.0), tags(LOC, GE=2.0), []),
        (
            tags(LOC, GE=2.0),
            tags(),
            [
                Change(1, "removed", "LOC", "text 10-17 Georgia", "LOC GE", ""),
                Change(1, "removed", "country", "GE", "2.00 about focus", ""),
            ],
        ),
        (
            tags(),
            tags(LOC),
            [Change(1, "added", "LOC", "text 10-17 Georgia", "", "LOC GE")],
        ),
        (
            tags(GE=2.0),
            tags(GE=1.5),
            [
                Change(
                    1,
                    "changed",
                    "country",
                    "GE",
                    "2.00 about focus",
                    "1.50 about focus",
                )
            ],
        ),
    ],
    ids=["nothing", "removed", "added", "a score"],
)
def test_changes_are_named(old: Tags, new: Tags, changes: list[Change]) -> None:
    assert list_changes(read_facts([old]), read_facts([new])) == changes


def test_changes_are_counted() -> None:
    changes = list_changes(read_facts([tags(LOC, GE=2.0)]), {})
    assert count_changes(changes) == [("LOC", "removed", 1), ("country", "removed", 1)]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("NIGHTDESK_DATA", str(tmp_path))
    monkeypatch.setenv(
        "NIGHTDESK_WAREHOUSE", name_warehouse(tmp_path / "warehouse.duckdb")
    )
    with World() as world:
        desk = Desk(tmp_path, world)
        desk.serve("/fish", reply(write_page("A quarrel over fish")))
        desk.serve(
            "/feed", write_feed(write_item("Fish", "https://alpha.example/fish"))
        )
        desk.collect()
        with pytest.raises(WarehouseError, match="nothing there yet"):
            diff_night(desk.job, NIGHT)
        desk.build()
        publish_changes(desk.job, connect_to(desk.job.settings.warehouse))
        yield desk


@pytest.mark.slow
def test_a_night_is_compared_and_left_as_it_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = "SELECT * FROM mention ORDER BY ALL"
    before = desk.query(tables)
    words = ["tag", "--night", str(NIGHT), "--diff"]
    assert main(words) == 0
    told = capsys.readouterr()
    assert "1 articles compared" in told.out
    assert told.out.endswith("no tag and no country differs\n")
    assert f"night {NIGHT}: extract and tag, 1 articles\n" in told.err

    monkeypatch.setattr(tagger, "TAG_VERSION", "names/of-next-year")
    (desk.folder / "config" / "places.yaml").write_text(
        "places:\n  - {id: x-lome, name: Lome, names: [Lome], countries: [GH]}\n"
    )
    assert main(words) == 0
    said = capsys.readouterr().out
    assert f"{TAG_VERSION} as published" in said
    assert "iso:" in said or "geonames:" in said
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"of": "LOC", "kind": "changed", "n": 1} in found["counts"]
    [change] = [c for c in found["changes"] if c["of"] == "LOC"]
    assert (change["kind"], change["now"]) == ("changed", "LOC x-lome GH")
    assert desk.query(tables) == before
    monkeypatch.setenv("NIGHTDESK_TAGGER", "rules")
    assert main(words) == 0
    assert "names/of-next-year rules now" in capsys.readouterr().out
    with pytest.raises(WarehouseError, match="not published; there is nothing"):
        diff_night(desk.job, NIGHT.replace(day=1))
