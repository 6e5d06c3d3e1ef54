"""Tagging through its public functions: trap sentences, the first story, rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from nightdesk.model import Mention, Tags
from nightdesk.tag import TAG_VERSION, Tagger
from nightdesk.tag.jsonl import tag_row
from nightdesk.tag.regions import Country, build_regions

HERE = Path(__file__).parent
CONFIG = HERE.parent / "include" / "config"
CASES = [
    case
    for path in sorted((HERE / "data" / "tags").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]


def tag(tagger: Tagger, text: str, title: str | None = None, **more: Any) -> Tags:
    return tagger.tag(article_id=7, title=title, text=text, **{"lang": "en", **more})


def kept(tags: Tags) -> set[str]:
    return {score.country for score in tags.countries if score.score >= 1.0}


def triples(mentions: tuple[Mention, ...]) -> list[list[str | None]]:
    return [[m.surface, m.type, m.country] for m in mentions]


def test_there_are_sixty_cases_or_more() -> None:
    assert len({case["id"] for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_sentence(tagger: Tagger, case: dict[str, Any]) -> None:
    tags = tag(tagger, case["text"], case.get("title"))
    assert kept(tags) == set(case["countries"])
    found = triples(tags.mentions)
    for mention in case.get("mentions", []):
        assert mention in found
    assert not {m.surface for m in tags.mentions} & set(case.get("absent", []))
    roles = {score.country: score.role for score in tags.countries}
    for country, role in case.get("roles", {}).items():
        assert roles[country] == role
    if "focus" in case:
        assert [s.country for s in tags.countries if s.is_focus] == case["focus"]


def test_every_offset_gives_its_surface(tagger: Tagger) -> None:
    text = "\r\n".join(f"  {case['text']}\n" for case in CASES)
    title = "Łódź, Kraków and the U.S. agree"
    tags = tag(tagger, text, title)
    fields = {"text": text, "title": title}
    assert len(tags.mentions) > 100
    assert {m.field for m in tags.mentions} == {"text", "title"}
    for mention in tags.mentions:
        assert fields[mention.field][mention.start : mention.end] == mention.surface


def test_shares_sum_to_one_and_the_order_is_by_focus_and_score(tagger: Tagger) -> None:
    tags = tag(tagger, "\n".join(case["text"] for case in CASES))
    assert sum(s.share for s in tags.countries) == pytest.approx(1.0, abs=1e-3)
    order = [(not s.is_focus, -s.score) for s in tags.countries]
    assert order == sorted(order)


@pytest.mark.parametrize("text", ["", "\n\n", "...", "and so on", "\ud800 Kabul"])
def test_odd_texts_are_tagged_without_a_country_of_their_own(
    tagger: Tagger, text: str
) -> None:
    tags = tag(tagger, text)
    assert tags.is_tagged
    assert kept(tags) <= {"AF"}


def test_another_language_is_not_tagged(tagger: Tagger) -> None:
    tags = tag(tagger, "Pakistan inaishutumu Kabul.", lang="sw")
    assert (tags.is_tagged, tags.mentions, tags.countries) == (False, (), ())
    assert tags.input_digest is not None


@pytest.mark.parametrize("lang", ["en", "EN-gb", None])
def test_english_and_unstated_are_tagged(tagger: Tagger, lang: str | None) -> None:
    assert kept(tag(tagger, "Peru voted.", lang=lang)) == {"PE"}


def test_a_repeated_paragraph_changes_nothing(tagger: Tagger) -> None:
    first = "Peru and Chile signed a treaty on water in the north."
    second = "Lima said that the treaty would hold for a hundred years."
    once = tag(tagger, f"{first}\n{second}")
    again = tag(tagger, f"{first}\n{second}\n{first}\n{second}\n{first}")
    assert once.mentions == again.mentions
    assert once.countries == again.countries


def test_one_person_keeps_one_id(tagger: Tagger) -> None:
    tags = tag(
        tagger,
        "Finance Minister Odelia Brandvik resigned in Oslo.\nBrandvik, 50, gave no "
        "reason. Ms. Brandvik had served a year.",
    )
    people = [m for m in tags.mentions if m.type == "PER"]
    assert [m.surface for m in people] == ["Odelia Brandvik", "Brandvik", "Brandvik"]
    assert {m.entity_id for m in people} == {"nd:per:odelia-brandvik"}
    assert {m.name for m in people} == {"Odelia Brandvik"}


def test_a_surname_of_two_people_stays_unresolved(tagger: Tagger) -> None:
    tags = tag(tagger, "Maria Benedetti met Carlo Benedetti. Benedetti left.")
    assert tags.mentions[-1].surface == "Benedetti"
    assert tags.mentions[-1].entity_id is None


def test_the_home_country_helps_a_name_of_many_places(tagger: Tagger) -> None:
    text = "The council of Hamilton met on Tuesday in Hamilton."
    found = {
        home: {m.country for m in tag(tagger, text, home_country=home).mentions}
        for home in ("CA", "NZ")
    }
    assert found == {"CA": {"CA"}, "NZ": {"NZ"}}


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Other"},
        {"text": "Other"},
        {"lang": None},
        {"home_country": "PE"},
        {"title": ""},
    ],
    ids=lambda change: next(iter(change)) + " " + repr(next(iter(change.values()))),
)
def test_the_digest_depends_on_each_input(
    tagger: Tagger, change: dict[str, Any]
) -> None:
    row = {"title": None, "text": "Peru", "lang": "en", "home_country": None}
    plain = tagger.digest_input(**row)  # type: ignore[arg-type]
    other = tagger.digest_input(**{**row, **change})
    assert plain != other
    assert plain == tag(tagger, "Peru").input_digest
    assert tag(tagger, "Peru").version == TAG_VERSION


def test_a_row_comes_back_as_plain_values(tagger: Tagger) -> None:
    text = "Peruvian police met Ana Quispe of UNICEF in Lima. Peru will pay."
    out = tag_row(tagger, {"id": "a", "title": "Peru pays", "text": text})
    named = [(text[start:end], type_) for start, end, type_ in out["entities"]]
    assert named == [
        ("Ana Quispe", "PER"),
        ("UNICEF", "ORG"),
        ("Lima", "LOC"),
        ("Peru", "LOC"),
    ]
    assert [(text[a:b], c) for a, b, c in out["places"]] == [
        ("Lima", "PE"),
        ("Peru", "PE"),
    ]
    assert list(out["countries"]) == ["PE"]
    assert out["focus"] == "PE"
    assert {"m49:005", "m49:019", "desk:americas"} <= set(out["regions"])
    assert json.loads(json.dumps(out)) == out


@pytest.mark.parametrize("row", [{}, {"id": 1, "text": None}, {"id": 1, "text": 5}])
def test_a_row_without_text_gets_a_status(tagger: Tagger, row: dict[str, Any]) -> None:
    out = tag_row(tagger, row)
    assert (out["status"], out["error"]) == ("bad_row", "text is missing")


def test_a_row_in_another_language_gets_a_status(tagger: Tagger) -> None:
    out = tag_row(tagger, {"id": 1, "text": "Peru inapiga kura.", "lang": "sw"})
    assert (out["status"], out["countries"]) == ("untagged_language", {})


def test_regions_sum_their_countries() -> None:
    rows = [
        Country("PE", "PER", "604", "Peru", "Lima", "005"),
        Country("FJ", "FJI", "242", "Fiji", "Suva", "054"),
    ]
    m49 = [("001", "World", ""), ("005", "South", "001"), ("054", "Sea", "001")]
    regions = build_regions(
        rows,
        m49,
        {"x-a": {"name": "A", "countries": ["FJ"]}},
        {"d": {"name": "D", "m49": ["005"], "macros": ["x-a"]}},
    )
    by_id = {region.id: region for region in regions}
    assert by_id["m49:001"].countries == ("FJ", "PE")
    assert by_id["desk:d"].countries == ("FJ", "PE")
    assert by_id["iso:PE"].parent_id == "m49:005"
    with pytest.raises(KeyError):
        build_regions(rows, m49, {}, {"d": {"name": "D", "macros": ["x-b"]}})


@pytest.mark.shared
@pytest.mark.parametrize("is_whole", [True, False], ids=["as it came", "repeats gone"])
def test_the_first_story(shared: Path, tagger: Tagger, is_whole: bool) -> None:
    folder = shared / "data" / "seed"
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    lines = next(folder.glob("*.txt")).read_text(encoding="utf-8").splitlines()
    n_kept = len(expected["paragraphs_kept"])
    tags = tag(tagger, "\n".join(lines if is_whole else lines[:n_kept]))

    focus = [score.country for score in tags.countries if score.is_focus]
    assert focus == expected["focus_countries"]
    others = {s.country: s.role for s in tags.countries if not s.is_focus}
    assert others == expected["other_countries"]
    assert smallest_region(tagger, focus[0]) == (
        "m49:" + expected["primary_subregion_m49"]
    )
    people = [m.name for m in tags.mentions if m.type == "PER"]
    assert people == [
        person["name"]
        for person in expected["persons"]
        for _ in range(person["mentions_in_kept_text"])
    ]
    groups = {(m.name, m.country) for m in tags.mentions if m.type == "ORG"}
    taliban, pakistani = expected["organisations"]
    assert groups == {
        (taliban["name"], taliban["country"]),
        (pakistani["name"], "PK"),
    }
    places = [m.name for m in tags.mentions if m.type == "LOC"]
    assert set(places) == set(expected["places"])


@pytest.mark.shared
def test_all_names_of_the_pakistani_taliban_are_one(
    shared: Path, tagger: Tagger
) -> None:
    seed = shared / "data" / "seed" / "expected.json"
    group = json.loads(seed.read_text(encoding="utf-8"))["organisations"][1]
    ids = {
        mention.entity_id
        for name in (group["name"], *group["aliases"])
        for mention in tag(tagger, f"They blamed the {name} for it.").mentions
    }
    assert len(ids) == 1


def smallest_region(tagger: Tagger, country: str) -> str | None:
    regions = {region.id: region for region in tagger.gazetteer.regions}
    return regions[f"iso:{country}"].parent_id


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "piece",
    ["Kabul ", "Qatar and ", "Qatar, ", "Ministry of ", "Minister, ", "U.S.", ".", "“"]
    + ["Peruvian, ", "in Peruvian and ", "Peru, Ohio, ", "MV Star of ", "the Paris, "],
)
def test_a_text_of_one_long_line_takes_linear_time(tagger: Tagger, piece: str) -> None:
    text = "a talk mediated by " + piece * (100_000 // len(piece)) + " near Lima"
    assert "Lima" in {m.surface for m in tag(tagger, text).mentions}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Pe\u00adru and Bra\u00adzil met.", ["Pe\u00adru PE", "Bra\u00adzil BR"]),
        ("They left Li\u200bma.", ["Li\u200bma PE"]),
        ("Co\u0302te d\u2019Ivoire voted.", ["Co\u0302te d\u2019Ivoire CI"]),
        ("A\u0301 in Sa\u0303o Paulo.", ["Sa\u0303o Paulo BR"]),
        ("in New\u2009York", ["New\u2009York US"]),
        ("in New\u202fYork", ["New\u202fYork US"]),
        ("in New  York", ["New  York US"]),
        ("Peru\u0000Chile met.", ["Peru PE", "Chile CL"]),
        ("\ufeffPeru met \u202eChile\u202c.", ["Peru PE", "Chile CL"]),
        (
            "Peru\u2028Chile\x0bCuba\x85Mali",
            ["Peru PE", "Chile CL", "Cuba CU", "Mali ML"],
        ),
        ("\ud83d Peru \U0001f5fa\ufe0fChile", ["Peru PE", "Chile CL"]),
        ("\uff30\uff45\uff52\uff55 voted.", ["\uff30\uff45\uff52\uff55 PE"]),
        ("\u0130stanbul slept.", ["\u0130stanbul TR"]),
        ("Peru" + "\u0301" * 500, ["Peru" + "\u0301" * 500 + " PE"]),
        ("(" * 5000 + "Peru" + ")" * 5000, ["Peru PE"]),
        ("A" * 200_000, []),
        ("\u00ad\u200b\u0301 . , ; : ( ) \u201c \u201d", []),
        ("Mr. Mr. Mr.", []),
        ("Ga., Ga.", []),
        (
            "in Xi'an, Xi\u2019an and Ha\u2019il",
            ["Xi'an CN", "Xi\u2019an CN", "Ha\u2019il SA"],
        ),
        ("from Dar es Salaam to Deir ez-Zor", ["Dar es Salaam TZ", "Deir ez-Zor SY"]),
        ("in Frankfurt am Main", ["Frankfurt am Main DE"]),
    ],
    ids=[
        "soft hyphens",
        "a blank without width",
        "marks apart from their letter",
        "one at the end of a word",
        "a thin blank",
        "a narrow one that does not break",
        "two blanks",
        "a zero parts names",
        "marks of order and direction",
        "every sign that ends a line",
        "half a letter, large signs",
        "wide letters",
        "a Turkish capital",
        "a heap of marks",
        "brackets without end",
        "a word without end",
        "signs alone",
        "titles alone",
        "short states without towns",
        "apostrophes inside",
        "small words inside, glued ones too",
        "a German one",
    ],
)
def test_odd_letters(tagger: Tagger, text: str, found: list[str]) -> None:
    tags = tag(tagger, text)
    places = [m for m in tags.mentions if m.type == "LOC"]
    assert [f"{m.surface} {m.country or '-'}" for m in places] == found
    assert all(text[m.start : m.end] == m.surface for m in tags.mentions)
