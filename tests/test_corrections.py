"""What people put right in one article: the lines, and what they do to its tags."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nightdesk.corrections import (
    correct_date,
    load_corrections,
    read_correction,
    record_correction,
)
from nightdesk.decisions import load_decisions, load_merges, record_merge
from nightdesk.errors import ConfigError
from nightdesk.gazetteer import load_gazetteer
from nightdesk.model import Article, Correction, DateCandidate, Mention, Tags
from nightdesk.settings import SHIPPED
from nightdesk.tag import Tagger
from nightdesk.urls import article_id

SAID = {"article": 17, "who": "ama", "at": "2026-03-02T08:00:00Z", "why": "so it is"}
GOOD = {**SAID, "kind": "tag_none", "surface": "Georgia"}


def write(folder: Path, *rows: dict) -> None:
    lines = [json.dumps(row) for row in rows]
    (folder / "corrections.jsonl").write_text("\n".join(lines))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "tag_place"}, "place: is missing"),
        ({"kind": "tag_entity"}, "entity: is missing"),
        ({"kind": "tag_entity", "entity": "42"}, "entity: '42'; allowed: an entity"),
        ({"kind": "tag_entity", "entity": "Q42"}, "type: Q42 does not say it; allowed"),
        (
            {"kind": "tag_entity", "entity": "nd:per:a", "type": "ORG"},
            "type: 'ORG'; nd:per:a is PER",
        ),
        (
            {"kind": "tag_entity", "entity": "Q42", "type": "CITY"},
            "type: 'CITY'; allow",
        ),
        ({"surface": "..."}, "surface: '...' holds no letter or digit"),
        ({"surface": 7}, "surface: 7 is no text"),
        ({"surface": ""}, "surface: is missing"),
        ({"nth": 0}, "nth: 0; allowed: 1 for the first place"),
        ({"nth": "2"}, "nth: '2'; allowed"),
        ({"article": "a.example"}, "article: 'a.example'; allowed: an article id"),
        ({"country": "US"}, "country: is no key; allowed: kind, article, who, at"),
        ({"who": ""}, "who: is missing"),
        ({"at": "soon"}, "at: 'soon' is no time"),
        ({"kind": "date"}, "surface: is no key"),
    ],
)
def test_a_bad_line_is_named_and_the_others_hold(
    tmp_path: Path, change: dict, problem: str
) -> None:
    write(tmp_path, GOOD, {**GOOD, **change})
    rows, problems, _ = load_corrections(tmp_path)
    assert [row.surface for row in rows] == ["Georgia"]
    [said] = problems
    assert said.startswith(f"{tmp_path / 'corrections.jsonl'}: line 2: ")
    assert problem in said


@pytest.mark.parametrize(
    ("published", "problem"),
    [
        ("2026-02-30", "allowed: a day such as 2026-03-02, or a time with its offset"),
        ("2026-03-01T10:00", "a time with its offset"),
        ("2.3.2026", "a time with its offset"),
        ("1989-12-31", "allowed: from 1990-01-01"),
        ("2026-03-04", "until it is said"),
    ],
)
def test_a_date_that_cannot_be_is_refused(published: str, problem: str) -> None:
    line = json.dumps({**SAID, "kind": "date", "published": published})
    with pytest.raises(ConfigError, match="published: ") as caught:
        read_correction(line)
    assert problem in str(caught.value)


def test_the_later_of_two_lines_holds_and_one_can_be_taken_back(tmp_path: Path) -> None:
    late = {"at": "2026-03-03T08:00:00Z"}
    place = {**GOOD, "kind": "tag_place", "place": "US"}
    other = {**GOOD, "surface": "Jordan"}
    dated = {**SAID, "kind": "date", "published": "2026-03-01"}
    back = {**SAID, **late, "kind": "as_found"}
    write(tmp_path, {**place, **late}, GOOD, other, dated, back)
    kept = load_corrections(tmp_path)
    assert {(row.kind, row.surface) for row in kept.rows} == {
        ("tag_place", "Georgia"),
        ("tag_none", "Jordan"),
    }
    assert len(kept.lines) == 5
    write(tmp_path, GOOD, {**GOOD, "nth": 2}, {**back, "surface": "Georgia"})
    assert load_corrections(tmp_path).rows == ()


def test_of_two_lines_of_one_second_the_lower_one_holds(tmp_path: Path) -> None:
    back = {**SAID, "kind": "as_found", "surface": "Georgia"}
    write(tmp_path, GOOD, back)
    assert load_corrections(tmp_path).rows == ()
    write(tmp_path, back, GOOD)
    assert [row.kind for row in load_corrections(tmp_path).rows] == ["tag_none"]


def test_one_file_may_hold_all_kinds(tmp_path: Path) -> None:
    split = {**SAID, "kind": "story_split", "articles": [1]}
    del split["article"]
    merge = {**SAID, "kind": "same_entity", "old_id": "Q1", "id": "Q2"}
    del merge["article"]
    write(tmp_path, GOOD, split, merge)
    assert [row.kind for row in load_decisions(tmp_path).rows] == ["story_split"]
    assert [row.old_id for row in load_merges(tmp_path).rows] == ["Q1"]
    assert [row.kind for row in load_corrections(tmp_path).rows] == ["tag_none"]
    assert load_decisions(tmp_path).problems == ()


def test_an_unknown_kind_is_named_with_all_that_are_allowed(tmp_path: Path) -> None:
    row = {**SAID, "kind": "tag_city", "articles": [1]}
    del row["article"]
    write(tmp_path, row)
    [problem] = load_decisions(tmp_path).problems
    assert "kind: 'tag_city'; allowed: cluster_merge," in problem
    assert "tag_place" in problem


def test_a_recorded_line_reads_as_what_was_said(tmp_path: Path) -> None:
    row = {**GOOD, "article": "https://a.example/x?utm_source=y"}
    told = record_correction(tmp_path / "decisions", row)
    assert told.article_id == article_id("https://a.example/x")
    assert load_corrections(tmp_path / "decisions").rows == (told,)
    with pytest.raises(ConfigError, match="surface: is missing"):
        record_correction(tmp_path / "decisions", {**row, "surface": ""})
    assert len(load_corrections(tmp_path / "decisions").lines) == 1


# merges ----------------------------------------------------------------------


def test_a_merge_is_taken_back(tmp_path: Path) -> None:
    said = {key: SAID[key] for key in ("who", "at", "why")}
    merge = {**said, "kind": "same_entity", "old_id": "nd:per:a", "id": "nd:per:b"}
    apart = {**said, "kind": "own_entity", "old_id": "nd:per:a"}
    with pytest.raises(ConfigError, match="old_id: nd:per:a is its own"):
        record_merge(tmp_path, apart)
    record_merge(tmp_path, merge)
    with pytest.raises(ConfigError, match="which makes a cycle"):
        record_merge(tmp_path, {**merge, "old_id": "nd:per:b", "id": "nd:per:a"})
    assert [m.entity_id for m in load_merges(tmp_path).rows] == ["nd:per:b"]
    record_merge(tmp_path, {**apart, "at": "2026-03-03T08:00:00Z"})
    assert load_merges(tmp_path) == ((), ())


# dates -----------------------------------------------------------------------

DATED = Article(
    article_id=17,
    canonical_url="https://a.example/x",
    url="https://a.example/x",
    source_id="a",
    status="ok",
    published_at=datetime(2026, 3, 5, 9, tzinfo=UTC),
    published_via="jsonld",
    date_candidates=(
        DateCandidate("jsonld", "2026-03-05T09:00:00Z"),
        DateCandidate("entry", "2026-03-06", "outranked"),
    ),
)


@pytest.mark.parametrize(
    ("published", "at", "on", "zone"),
    [
        ("2026-03-02", "2026-03-02T00:00:00+00:00", "2026-03-02", None),
        ("2026-03-02T01:00+05:00", "2026-03-01T20:00:00+00:00", "2026-03-02", "+05:00"),
    ],
    ids=["a day", "a time with its offset"],
)
def test_a_corrected_date_wins_and_the_others_stay_in_sight(
    published: str, at: str, on: str, zone: str | None
) -> None:
    line = json.dumps({**SAID, "kind": "date", "published": published})
    new = correct_date(DATED, read_correction(line))
    assert new.published_at is not None
    assert (new.published_at.isoformat(), str(new.published_on)) == (at, on)
    assert (new.published_zone, new.published_via) == (zone, "decision")
    assert [(c.via, c.rejected) for c in new.date_candidates] == [
        ("decision", None),
        ("jsonld", "corrected"),
        ("entry", "outranked"),
    ]


# tags ------------------------------------------------------------------------


def say(
    kind: str, surface: str, value: str | None = None, **more: object
) -> Correction:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    return Correction(at, kind, 17, "ama", "so", surface, value=value, **more)  # type: ignore[arg-type]


def tag(tagger: Tagger, text: str, *said: Correction, title: str | None = None) -> Tags:
    return tagger.tag(
        article_id=17, title=title, text=text, lang="en", corrections=said
    )


def find(tags: Tags, surface: str) -> list[Mention]:
    return [m for m in tags.mentions if m.surface == surface]


PEACH = "Farmers in Georgia fear for their peaches. A frost hit Georgia on Monday."


def test_a_place_is_another_one_and_its_country_follows(tagger: Tagger) -> None:
    before = tag(tagger, PEACH)
    assert [c.country for c in before.countries] == ["GE"]
    after = tag(tagger, PEACH, say("tag_place", "Georgia", "US"))
    assert {m.place_id for m in find(after, "Georgia")} == {"iso:US-GA"}
    assert {m.rule for m in find(after, "Georgia")} == {"decision"}
    assert [c.country for c in after.countries] == ["US"]
    assert after.input_digest != before.input_digest
    assert after.unmet == ()


def test_one_of_several_places_can_be_meant(tagger: Tagger) -> None:
    tags = tag(tagger, PEACH, say("tag_place", "Georgia", "US", nth=2))
    assert [m.country for m in find(tags, "Georgia")] == ["GE", "US"]
    titled = tag(
        tagger, PEACH, say("tag_none", "Georgia", nth=1), title="Frost, Georgia"
    )
    assert {m.field for m in find(titled, "Georgia")} == {"text"}


def test_a_demonym_stays_one(tagger: Tagger) -> None:
    text = "The Georgian growers met on Monday to speak of the frost."
    [mention] = find(tag(tagger, text, say("tag_place", "Georgian", "US")), "Georgian")
    assert (mention.type, mention.country) == ("DEMONYM", "US")


def test_what_is_no_name_is_left_out_and_what_is_missing_comes_in(
    tagger: Tagger,
) -> None:
    text = "In Chad the harvest was poor. The committee of the lower quay met again."
    words = "committee of the lower quay"
    quay = say("tag_entity", words, "nd:org:quay", type="ORG")
    tags = tag(tagger, text, say("tag_none", "Chad"), quay)
    assert find(tags, "Chad") == []
    assert tags.countries == ()
    [mention] = find(tags, words)
    assert (mention.type, mention.entity_id) == ("ORG", "nd:org:quay")


def test_the_later_short_names_follow_a_corrected_person(tagger: Tagger) -> None:
    text = "Mr. Haruki Elverstone spoke in Lima. Mr. Elverstone left on Monday."
    before = tag(tagger, text)
    assert {m.entity_id for m in before.mentions if m.type == "PER"} == {
        "nd:per:haruki-elverstone"
    }
    said = say("tag_entity", "Haruki Elverstone", "Q4242", type="PER")
    after = tag(tagger, text, said)
    assert [m.entity_id for m in after.mentions if m.type == "PER"] == ["Q4242"] * 2


def test_a_known_entity_brings_its_name_and_home(tagger: Tagger) -> None:
    text = "The Kremlin said so. The old castle refused to comment on Monday."
    [known] = find(tag(tagger, text), "Kremlin")
    assert known.entity_id is not None
    said = say("tag_entity", "castle", known.entity_id, type="LOC")
    [mention] = find(tag(tagger, text, said), "castle")
    assert (mention.name, mention.country) == (known.name, known.country)


def test_inside_a_longer_name_words_are_left_alone(tagger: Tagger) -> None:
    text = "The Bank of China lent more. Growth in China slowed on Monday."
    tags = tag(tagger, text, say("tag_none", "China", nth=None))
    assert find(tags, "Bank of China")
    alone = "The Jordan Tandem Rail Works Ltd. lent more money to its owner on Monday."
    longer = tag(tagger, alone, say("tag_none", "Rail Works"))
    assert [u.cause for u in longer.unmet] == ["stands only inside longer names"]


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (
            say("tag_none", "Armenia"),
            "stands nowhere in the title or the text as whole",
        ),
        (say("tag_none", "Georg"), "stands nowhere"),
        (say("tag_none", "Georgia", nth=3), "stands in 2 places, not in 3"),
        (say("tag_place", "Georgia", "x-atlantis"), "x-atlantis is in no gazetteer"),
        (say("tag_place", "peaches", "ZZ"), "ZZ is in no gazetteer"),
    ],
)
def test_what_cannot_be_applied_is_named_and_the_rest_holds(
    tagger: Tagger, said: Correction, cause: str
) -> None:
    good = say("tag_place", "Georgia", "US", nth=1)
    tags = tag(tagger, PEACH, good, said)
    [unmet] = tags.unmet
    assert (unmet.surface, unmet.nth) == (said.surface, said.nth)
    assert unmet.cause.startswith(cause)
    assert find(tags, "Georgia")[0].country == "US"


@pytest.mark.parametrize(
    ("lang", "text", "said", "found"),
    [
        pytest.param(
            "fi",
            "Georgia odottaa hallaa, joka tulee maanantaina.",
            [say("tag_place", "Georgia", "US")],
            [("Georgia", "US")],
            id="in a language that is not tagged",
        ),
        pytest.param(
            "de",
            "Die Bauern in Georgia fürchten wie die in Polen den Frost.",
            [say("tag_place", "Georgia", "US")],
            [("Georgia", "US"), ("Polen", "PL")],
            id="beside what the names of the language find",
        ),
        pytest.param(
            "de",
            "Die Bauern in Armenien fürchten wie die in Polen den Frost.",
            [say("tag_place", "Polen", "US")],
            [("Polen", "US"), ("Armenien", "AM")],
            id="in the place of what they find",
        ),
        pytest.param(
            "de",
            "Die Bauern in Armenien fürchten wie die in Polen den Frost.",
            [say("tag_none", "Polen")],
            [("Armenien", "AM")],
            id="that they find too much",
        ),
    ],
)
def test_people_tag_in_any_language(
    tagger: Tagger,
    lang: str,
    text: str,
    said: list[Correction],
    found: list[tuple[str, str]],
) -> None:
    tags = tagger.tag(article_id=17, title=None, text=text, lang=lang, corrections=said)
    assert tags.is_tagged == (lang == "de")
    assert tags.unmet == ()
    assert [(m.surface, m.country) for m in tags.mentions] == found
    assert {c.country for c in tags.countries} == {country for _, country in found}
    for score in tags.countries:
        adds = [m.weight for m in tags.mentions if score.country in m.counts_for]
        assert score.score == pytest.approx(sum(adds))


def test_a_score_is_the_sum_of_what_its_mentions_add(tagger: Tagger) -> None:
    text = (
        "Ministers of Ghana and Togo met in Accra. Talks mediated by Qatar were held "
        "in Doha. The Bank of Ghana and Togolese traders hoped for a deal in Kashmir."
    )
    tags = tag(tagger, text, title="Ghana and Togo meet")
    assert len(tags.countries) > 4
    for score in tags.countries:
        adds = [m.weight for m in tags.mentions if score.country in m.counts_for]
        assert score.score == pytest.approx(sum(adds))
        assert score.n_mentions == len(adds)


PLACES = """places:
  - {id: x-lower-quay, name: Lower Quay, names: [Lower Quay, Qay-i-Zerin],
     countries: [GH], kind: city}
  - {id: x-tent-camp, name: Sample Camp, names: [Sample Camp], countries: [KE]}
  - {id: "geonames:2306104", name: Accra, names: [Akkrah], countries: [GH],
     kind: capital}
"""


def test_a_user_adds_districts_camps_and_local_spellings(tmp_path: Path) -> None:
    (tmp_path / "places.yaml").write_text(PLACES)
    tagger = Tagger(load_gazetteer(SHIPPED, tmp_path))
    text = (
        "Boats left Lower Quay on Monday. In Qay-i-Zerin shops were shut. Families in "
        "Sample Camp wait for water, and officials came from Akkrah."
    )
    found = {m.surface: (m.place_id, m.country) for m in tag(tagger, text).mentions}
    assert found == {
        "Lower Quay": ("x-lower-quay", "GH"),
        "Qay-i-Zerin": ("x-lower-quay", "GH"),
        "Sample Camp": ("x-tent-camp", "KE"),
        "Akkrah": ("geonames:2306104", "GH"),
    }
    quay = tag(
        tagger, "They met at the old mole.", say("tag_place", "mole", "x-tent-camp")
    )
    assert [(m.surface, m.country) for m in quay.mentions] == [("mole", "KE")]
