"""A correction is made, and holds: in the warehouse, in what is published, in `why`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from engines import connect_to, copy_desk, name_warehouse
from httpworld import World, reply
from nightworld import NIGHT, Desk, write_feed, write_item, write_page

from nightdesk.__main__ import main
from nightdesk.page.deciding import Person
from nightdesk.page.site import Site
from nightdesk.pipeline import collect_sources, publish_changes
from nightdesk.pipeline.correct_task import correct_article
from nightdesk.pipeline.decide_task import DecisionBook
from nightdesk.pipeline.why_task import explain_id
from nightdesk.settings import SHIPPED
from nightdesk.tag import TAG_VERSION, tagger
from nightdesk.urls import article_id
from nightdesk.warehouse.read import fetch_rows, open_catalogue

pytestmark = pytest.mark.slow

PEACH, FISH = "https://alpha.example/peach", "https://alpha.example/fish"
TEXT = [
    "Farmers in Georgia fear for their peaches after a frost in the night to Monday.",
    "Ms. Odelia Brandvik, who grows them on forty acres, lost a third of her trees.",
    "Ms. Brandvik said that nobody in the county had seen such a night in 30 years.",
    "The growers' union wants help from the state, which has set aside two millions.",
    "Buyers in Georgia have begun to look for fruit elsewhere, the union has said.",
]
SAID = {"who": "ama", "at": "2026-03-06T08:00:00Z", "why": "the state"}
EARLIER, LATER = date(2026, 3, 3), date(2026, 3, 6)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Yield a desk whose night nobody corrects, of which tests take copies."""
    with World() as world, pytest.MonkeyPatch.context() as patch:
        desk = set_up(tmp_path_factory.mktemp("shelf"), world, patch)
        desk.collect()
        build(desk)
        yield desk


@pytest.fixture
def desk(shelf: Desk, tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "desk"
    copy_desk(shelf.folder, folder)
    with World() as world, pytest.MonkeyPatch.context() as patch:
        desk = set_up(folder, world, patch)
        desk.moment = shelf.moment
        yield desk


def set_up(folder: Path, world: World, patch: pytest.MonkeyPatch) -> Desk:
    patch.setenv("NIGHTDESK_DATA", str(folder))
    patch.setenv("NIGHTDESK_WAREHOUSE", name_warehouse(folder / "warehouse.duckdb"))
    desk = Desk(folder, world)
    desk.serve("/peach", reply(write_page("A frost in Georgia", "", TEXT)))
    desk.serve("/fish", reply(write_page("A quarrel over fish")))
    items = [write_item("A frost in Georgia", PEACH), write_item("Fish", FISH)]
    desk.serve("/feed", write_feed(*items))
    return desk


def build(desk: Desk, night: date = NIGHT) -> None:
    desk.build(night)
    publish_changes(desk.job, connect_to(desk.job.settings.warehouse))


def correct(desk: Desk, **said: object) -> tuple[date, ...]:
    return correct_article(desk.job.settings, {**SAID, **said}).nights


def shown(desk: Desk, sql: str) -> list[tuple]:
    with open_catalogue(desk.folder / "published") as con:
        return [tuple(row.values()) for row in fetch_rows(con, sql)]


def both(desk: Desk, sql: str) -> list[tuple]:
    """Return the rows of a query; warehouse and catalogue must agree on them."""
    rows = desk.query(sql)
    assert shown(desk, sql) == rows
    return rows


TAGGED = (
    "SELECT DISTINCT surface, entity_id, place_id, rule FROM mention "
    f"WHERE article_id = {article_id(PEACH)} AND surface IN ('Georgia', "
    "'Odelia Brandvik', 'Brandvik') ORDER BY ALL"
)
ABOUT = (
    "SELECT region_id, role, is_focus FROM article_region "
    "JOIN region USING (region_id) "
    f"WHERE article_id = {article_id(PEACH)} AND scheme = 'country' ORDER BY ALL"
)
NIGHTS = "SELECT article_id, night FROM article ORDER BY ALL"


def test_what_is_said_on_the_page_is_in_the_next_build(desk: Desk) -> None:
    settings = desk.job.settings
    site = Site(settings.published, SHIPPED / "geo", book=DecisionBook(settings))
    ama = Person("ama", "session", may_decide=True)
    fields = {"token": ama.token, "kind": "tag_place", "article": PEACH}
    fields |= {"surface": "Georgia", "value": "US", "why": "the state"}
    assert site.decide(fields.items(), "", ama).status == 200
    assert both(desk, ABOUT) == [("iso:GE", "about", True)]
    build(desk)
    assert both(desk, ABOUT) == [("iso:US", "about", True)]


def test_a_correction_outlives_rebuilds_and_a_new_tagger(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert both(desk, ABOUT) == [("iso:GE", "about", True)]
    correct(desk, kind="tag_place", article=PEACH, surface="Georgia", place="US")
    correct(
        desk,
        kind="tag_entity",
        article=PEACH,
        surface="Odelia Brandvik",
        entity="nd:per:odelia-brandvik-of-macon",
    )
    correct(desk, kind="date", article=PEACH, published="2026-03-05T07:30+02:00")
    tags = [
        ("Brandvik", "nd:per:odelia-brandvik-of-macon", None, "decision"),
        ("Georgia", None, "iso:US-GA", "decision"),
        ("Odelia Brandvik", "nd:per:odelia-brandvik-of-macon", None, "decision"),
    ]
    dated = (
        "SELECT published_at::VARCHAR, published_via, date_candidates[1].raw "
        f"FROM article WHERE article_id = {article_id(PEACH)}"
    )
    versions = "SELECT DISTINCT tag_version FROM article"
    seen = []
    for version in (tagger.TAG_VERSION, "names/of-next-year"):
        monkeypatch.setattr(tagger, "TAG_VERSION", version)
        build(desk)
        seen += both(desk, versions)
        assert both(desk, TAGGED) == tags
        assert both(desk, ABOUT) == [("iso:US", "about", True)]
        assert both(desk, dated) == [
            ("2026-03-05 05:30:00+00", "decision", "2026-03-05T07:30+02:00")
        ]
    assert seen == [(TAG_VERSION,), ("names/of-next-year",)]
    problems = "SELECT count(*), count(problem) FROM correction"
    assert both(desk, problems) == [(3, 0)]


@pytest.mark.parametrize("day", [EARLIER, LATER], ids=["an earlier day", "a later one"])
def test_a_corrected_date_moves_the_article_and_back(desk: Desk, day: date) -> None:
    peach, fish = article_id(PEACH), article_id(FISH)
    nights = correct(desk, kind="date", article=PEACH, published=str(day))
    assert nights == tuple(sorted({NIGHT, day}))
    build(desk, NIGHT)
    assert dict(both(desk, NIGHTS)) == {peach: day, fish: NIGHT}
    bins = (
        "SELECT night, bin, reason FROM entry "
        f"WHERE article_id = {peach} ORDER BY night, bin"
    )
    assert set(both(desk, bins)) == {
        (day, "loaded", None),
        (NIGHT, "duplicate", f"in night {day}"),
    }
    stated = "SELECT DISTINCT stated_at::DATE FROM entry"
    assert both(desk, stated) == [(NIGHT,)]  # what the feed says stays what it says
    for night in (day, NIGHT):  # whichever is built next, it holds
        build(desk, night)
        assert dict(both(desk, NIGHTS)) == {peach: day, fish: NIGHT}
    back = {"kind": "as_found", "article": PEACH, "at": "2026-03-06T09:00:00Z"}
    correct(desk, **back)
    build(desk, day)
    assert dict(both(desk, NIGHTS)) == {peach: NIGHT, fish: NIGHT}


def test_two_articles_change_places(desk: Desk) -> None:
    correct(desk, kind="date", article=FISH, published=str(LATER))
    build(desk)
    at = "2026-03-06T09:00:00Z"
    correct(desk, kind="date", article=FISH, published=str(NIGHT), at=at)
    correct(desk, kind="date", article=PEACH, published=str(LATER), at=at)
    build(desk, LATER)
    peach, fish = article_id(PEACH), article_id(FISH)
    assert dict(both(desk, NIGHTS)) == {peach: LATER, fish: NIGHT}


def test_a_page_without_a_date_moves_alone(tmp_path: Path) -> None:
    with World() as world:
        desk = Desk(tmp_path, world)
        desk.serve("/peach", reply(write_page("A frost in Georgia", "", TEXT)))
        item = f"<item><title>A frost</title><link>{PEACH}</link></item>"
        desk.serve("/feed", write_feed(item))
        desk.collect(LATER)
        build(desk, LATER)
        peach = article_id(PEACH)
        assert dict(both(desk, NIGHTS)) == {peach: LATER}
        correct(desk, kind="date", article=PEACH, published=str(EARLIER))
        build(desk, LATER)
        assert dict(both(desk, NIGHTS)) == {peach: EARLIER}
        nights = "SELECT night FROM load_ledger ORDER BY night"
        assert both(desk, nights) == [(EARLIER,), (LATER,)]  # and none that is to come


def test_what_the_next_version_of_a_page_lacks_is_named(desk: Desk) -> None:
    correct(desk, kind="tag_none", article=PEACH, surface="Odelia Brandvik")
    kept = [TEXT[0], *TEXT[3:], "It was the third frost in May that they had to bear."]
    desk.serve("/peach", reply(write_page("A frost in Georgia", "", kept)))
    desk.moment += timedelta(minutes=1)
    collect_sources(desk.job, NIGHT, ["alpha"], refetch=True)
    build(desk)
    [(text,)] = desk.query(
        f"SELECT text FROM article_text WHERE article_id = {article_id(PEACH)}"
    )
    assert "Brandvik" not in text
    assert both(desk, "SELECT surface, problem FROM correction") == [
        ("Odelia Brandvik", "stands nowhere in the title or the text as whole words")
    ]


def test_a_merge_reaches_the_nights_of_the_week(desk: Desk) -> None:
    row = {**SAID, "kind": "same_entity", "old_id": "nd:per:odelia-brandvik"}
    folder = desk.folder / "decisions"
    folder.mkdir()
    (folder / "entities.jsonl").write_text(json.dumps({**row, "id": "nd:per:o-b"}))
    build(desk, LATER)  # the run of another night
    ids = "SELECT DISTINCT entity_id FROM mention WHERE surface = 'Odelia Brandvik'"
    assert both(desk, ids) == [("nd:per:o-b",)]


# the command line ------------------------------------------------------------

WHY = ["--why", "the state", "--who", "ama"]


def test_the_commands_correct_and_say_what_to_build(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["correct", "tag", PEACH, "--surface", "Georgia", "--country", "US"]
    assert main([*words, *WHY]) == 0
    assert capsys.readouterr().out.endswith("nightdesk load --night 2026-03-05\n")
    assert main(["correct", "date", PEACH, "2026-03-04", *WHY]) == 0
    said = capsys.readouterr().out
    assert "A frost in Georgia" in said
    assert "--night 2026-03-04" in said
    assert "--night 2026-03-05" in said
    old = "nd:per:odelia-brandvik"
    assert main(["correct", "entity", old, "nd:per:ama-sample", *WHY]) == 0
    lines = [
        json.loads(line)
        for path in sorted((desk.folder / "decisions").glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    assert [line["kind"] for line in lines] == ["tag_place", "date", "same_entity"]
    assert {(line["who"], line["why"]) for line in lines} == {("ama", "the state")}
    assert all(datetime.fromisoformat(line["at"]).tzinfo for line in lines)
    build(desk, date(2026, 3, 4))
    assert both(desk, ABOUT) == [("iso:US", "about", True)]
    assert both(desk, "SELECT old_id, entity_id FROM entity_alias") == [
        (old, "nd:per:ama-sample")
    ]
    capsys.readouterr()
    assert main(["decisions", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [row["kind"] for row in listed["corrections"]] == ["tag_place", "date"]
    assert [row["old_id"] for row in listed["merges"]] == [old]
    assert listed["problems"] == []


@pytest.mark.parametrize("day", [EARLIER, LATER], ids=["an earlier day", "a later one"])
def test_a_date_is_built_at_once_and_leaves_the_gap_of_its_night(
    desk: Desk,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    day: date,
) -> None:
    monkeypatch.setenv("NIGHTDESK_CONTACT", "desk@newsroom.example")
    assert main(["correct", "date", PEACH, str(day), *WHY, "--build"]) == 0
    said = capsys.readouterr()
    built = [line for line in said.out.splitlines() if line.startswith("built")]
    assert sorted(built) == [f"built {n}: 1 articles" for n in sorted((NIGHT, day))]
    assert f"{max(NIGHT, day)}: load" in said.err.splitlines()
    looks = f"SELECT status, n_loaded FROM coverage WHERE night = '{day}'"
    assert both(desk, looks) == [("not_collected", 1)]
    assert main(["gaps", "--from", str(day), "--to", str(day), "--json"]) == 0
    [gap] = json.loads(capsys.readouterr().out)
    assert (gap["source"], gap["status"]) == ("all 1", "not_collected")
    assert gap["close"] == f"nightdesk run --night {day}"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["tag", PEACH, "--surface", "Armenia", "--country", "US"], "stands nowhere"),
        (["tag", PEACH, "--surface", "Georgia", "--country", "ZZ"], "in no gazetteer"),
        (["tag", PEACH, "--surface", "Georgia", "--entity", "Q9999999"], "type: Q9999"),
        (
            ["tag", "12", "--surface", "Georgia", "--country", "US"],
            "no published night",
        ),
        (
            ["tag", "fish", "--surface", "Georgia", "--country", "US"],
            "allowed: an arti",
        ),
        (["date", PEACH, "2031-01-01"], "allowed: from 1990-01-01 until it is said"),
        (["date", PEACH, "yesterday"], "allowed: a day such as 2026-03-02"),
        (
            ["entity", "nd:per:nobody", "nd:per:ama-sample"],
            "old_id: nd:per:nobody: nei",
        ),
        (["entity", "nd:per:ama-sample", "--apart"], "nd:per:ama-sample is its own"),
    ],
)
def test_the_commands_refuse_what_no_build_would_take(
    shelf: Desk, capsys: pytest.CaptureFixture[str], words: list[str], problem: str
) -> None:
    assert main(["correct", *words, *WHY]) == 2
    assert problem in capsys.readouterr().err
    assert not (shelf.folder / "decisions").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["tag", PEACH, "--surface", "Georgia"],
        ["tag", PEACH, "--surface", "Georgia", "--country", "US", "--as-found"],
        ["date", PEACH],
        ["entity", "nd:per:a"],
    ],
)
def test_half_a_correction_is_wrong_usage(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["correct", *words, *WHY])
    assert caught.value.code == 2


# why -------------------------------------------------------------------------


def test_why_explains_every_number_and_tag(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    correct(desk, kind="tag_place", article=PEACH, surface="Georgia", place="US")
    build(desk)
    found = explain_id(desk.job.settings, article_id(PEACH))
    article = found["article"]
    for mention in found["mentions"]:
        field = article["title"] if mention["field"] == "title" else article["text"]
        at = slice(mention["start_offset"], mention["end_offset"])
        assert field[at] == mention["surface"]
        assert mention["rule"]
    about = [row for row in found["regions"] if row["role"] != "publisher"]
    assert {row["scheme"] for row in about} >= {"country", "m49"}
    for row in about:
        assert row["score"] == pytest.approx(sum(p["adds"] for p in row["parts"]))
    assert article["archive_file"].endswith(".warc.zst")
    body = desk.landing.read_capture(article["archive_file"], article["archive_offset"])
    assert b"peaches" in body
    assert [row["status"] for row in found["fetches"]] == [200]
    assert found["source"][0]["name"] == "Alpha"
    assert [row["why"] for row in found["corrections"]] == ["the state"]

    assert main(["why", PEACH]) == 0
    said = capsys.readouterr().out
    for word in (
        "[Georgia]1",
        "iso:US-GA",
        "decision",
        tagger.TAG_VERSION,
        "won",
    ):
        assert word in said
    assert main(["why", "--json", "nd:per:odelia-brandvik"]) == 0
    entity = json.loads(capsys.readouterr().out)
    [row] = entity["articles"]
    assert row["surfaces"] == ["Brandvik", "Odelia Brandvik"]
    assert main(["why", "nd:per:nobody"]) == 1
    assert "neither article nor entity" in capsys.readouterr().err
