"""Entities: the shipped rows, whom a name means, what is reviewed, merged, refused."""

from __future__ import annotations

import gzip
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nightdesk.config import Settings
from nightdesk.decisions import load_decisions, load_merges
from nightdesk.entity_list import (
    ENTITY_TABLE,
    EntityList,
    encode_entities,
    load_entities,
)
from nightdesk.errors import ConfigError
from nightdesk.landing import Landing
from nightdesk.model import Article, Mention, PlannedPage, Review, Tags
from nightdesk.pipeline import Job, tag_articles
from nightdesk.pipeline.build_tasks import name_reviews
from nightdesk.pipeline.select_task import Shard
from nightdesk.tag import Gazetteer, Tagger
from nightdesk.tag.entities import add_entities, add_merges
from nightdesk.tag.review import find_reviews

CONFIG = Path(__file__).parents[1] / "include" / "config"
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
#: One row, for files that shall be right but for one thing.
ROW = "id: nd:org:lumora, type: ORG, names: [Lumora Guild]"


@pytest.fixture(scope="module")
def places(shipped_gazetteer: Gazetteer) -> Gazetteer:
    return shipped_gazetteer


@pytest.fixture(scope="module")
def countries(places: Gazetteer) -> frozenset[str]:
    return frozenset(r.id[4:] for r in places.regions if r.scheme == "country")


@pytest.fixture(scope="module")
def shipped(countries: frozenset[str]) -> EntityList:
    return load_entities(CONFIG, None, countries)


@pytest.fixture(scope="module")
def gazetteer(places: Gazetteer, shipped: EntityList) -> Gazetteer:
    return add(places, shipped)


@pytest.fixture(scope="module")
def tagger(gazetteer: Gazetteer) -> Tagger:
    return Tagger(gazetteer)


def add(gazetteer: Gazetteer, found: EntityList) -> Gazetteer:
    return add_entities(gazetteer, found.rows, found.digest, found.places)


def tag(tagger: Tagger, text: str, title: str | None = None) -> Tags:
    tags = tagger.tag(article_id=1, title=title, text=text, lang="en")
    fields = {"title": title or "", "text": text}
    for mention in tags.mentions:
        assert fields[mention.field][mention.start : mention.end] == mention.surface
    return tags


def find(tags: Tags, surface: str) -> Mention:
    found = [m for m in tags.mentions if m.surface == surface and m.type != "LOC"]
    assert found, [m.surface for m in tags.mentions]
    return found[-1]


# the shipped rows ------------------------------------------------------------


def test_a_thousand_rows_or_more_are_shipped(shipped: EntityList) -> None:
    ids = {row.id for row in shipped.rows}
    assert len(ids) == len(shipped.rows) >= 1000
    kinds = {kind: sum(row.type == kind for row in shipped.rows) for kind in ("PER",)}
    assert kinds["PER"] >= 500
    qids = [row.qid for row in shipped.rows if row.qid]
    assert len(set(qids)) == len(qids)


def test_nearly_every_country_has_a_head_of_state_or_government(
    shipped: EntityList, countries: frozenset[str]
) -> None:
    named = {row.country for row in shipped.rows if row.type == "PER"}
    assert len(named & countries) >= 190


def test_the_table_is_that_of_the_files(countries: frozenset[str]) -> None:
    table = (CONFIG / ENTITY_TABLE).read_text("utf-8")
    assert table == encode_entities(CONFIG, countries), "run entities/build.py"


def test_files_without_their_table_say_the_same(
    tmp_path: Path, countries: frozenset[str]
) -> None:
    (tmp_path / "entities").mkdir()
    path = tmp_path / "entities" / "guilds.yaml"
    path.write_text(
        f"entities:\n  - {{{ROW}, from: 1999, to: 2004-05-06, is_wire: true}}\n"
        "  - {id: nd:loc:lumora-hall, type: LOC, names: [Lumora Hall, The Hall],\n"
        '     context: [The Hall], country: "NO", qid: Q42}\n'
    )
    rows = load_entities(tmp_path, None, countries).rows
    table = tmp_path / ENTITY_TABLE
    table.write_text(encode_entities(tmp_path, countries))
    assert load_entities(tmp_path, None, countries).rows == rows
    assert [(r.id, r.since, r.until, r.country) for r in rows] == [
        ("nd:org:lumora", "1999", "2004-05-06", None),
        ("nd:loc:lumora-hall", None, None, "NO"),
    ]
    path.write_text(f"entities: [{{{ROW}}}]")  # the table is of other files now
    assert len(load_entities(tmp_path, None, countries).rows) == 1


# whom a name means -----------------------------------------------------------

LINKS = [
    ("full name", "Nelson Mandela was born in Mvezo.", "Nelson Mandela", "Q8023"),
    ("title before", "Mr. Robert Mugabe spoke.", "Robert Mugabe", "robert-mugabe"),
    ("marks left out", "Hugo Chavez was a soldier.", "Hugo Chavez", "hugo-chavez"),
    ("marks set", "Hugo Chávez was a soldier.", "Hugo Chávez", "hugo-chavez"),
    ("in capitals", "Then HUGO CHAVEZ spoke.", "HUGO CHAVEZ", "hugo-chavez"),
    ("another spelling", "Mao Tse-tung fell ill.", "Mao Tse-tung", "mao-zedong"),
    ("surname later", "Kofi Annan left. Mr. Annan was 80.", "Annan", "kofi-annan"),
    ("surname by country", "Ghana honours Mr. Annan.", "Annan", "kofi-annan"),
    ("surname alone", "Officials honour Mr. Annan.", "Annan", None),
    ("no row", "Odelia Brandvik resigned.", "Odelia Brandvik", "odelia-brandvik"),
    ("company form", "Analysts met Pfizer Inc. in Lima.", "Pfizer Inc.", "pfizer"),
    ("the before", "It cited The Washington Post.", "Washington Post", "Q166032"),
    ("acronym spelled", "Then the U.N. said so.", "U.N.", "Q1065"),
    ("acronym in lower case", "They called Nato.", "Nato", "Q7184"),
    ("brackets", "Tehrik-i-Taliban Pakistan (TTP) denied it. TTP men fled.", "TTP",
     "tehreek-e-taliban-pakistan"),
    ("hyphens", "The Lashkar e Taiba denied it.", "Lashkar e Taiba", "lashkar-e-taiba"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "surface", "entity"), [x[1:] for x in LINKS], ids=[x[0] for x in LINKS]
)
def test_a_name_means_its_row(
    tagger: Tagger, text: str, surface: str, entity: str | None
) -> None:
    found = find(tag(tagger, text), surface).entity_id
    assert (found or "none").removeprefix("nd:per:").removeprefix("nd:org:") == (
        entity or "none"
    )


#: What a text says later, and whom or what it named in full before.
LATER = [
    ("a hyphened surname", "Adaeze Okonkwo-Bell resigned. Okonkwo-Bell, 50, gave no "
        "reason.", "Okonkwo-Bell", "nd:per:adaeze-okonkwo-bell"),
    ("a hyphened surname behind a title", "Adaeze Okonkwo-Bell resigned. Ms. "
        "Okonkwo-Bell wept.", "Okonkwo-Bell", "nd:per:adaeze-okonkwo-bell"),
    ("half of a hyphened surname", "Adaeze Okonkwo-Bell met Tom Bell. Bell left.",
     "Bell", "nd:per:tom-bell"),
    ("an article before a surname", "Karim al-Masri spoke in Amman. Later al-Masri "
        "left.", "al-Masri", "nd:per:karim-al-masri"),
    ("an article that begins a sentence", "Karim al-Masri spoke. Al-Masri denied it.",
     "Al-Masri", "nd:per:karim-al-masri"),
    ("an article left out", "Karim al-Masri spoke. Mr. Masri denied it.", "Masri",
     "nd:per:karim-al-masri"),
    ("an article that is a word", "Jeanne Le Pennec won in Brest. Le Pennec smiled.",
     "Le Pennec", "nd:per:jeanne-le-pennec"),
    ("two particles", "Joost van der Meer runs the port. Critics of van der Meer left.",
     "van der Meer", "nd:per:joost-van-der-meer"),
    ("two particles left out", "Ursula von der Heide spoke. Von der Heide left. Ms. "
        "Heide laughed.", "Heide", "nd:per:ursula-von-der-heide"),
    ("particles that no rule finds", "Anna de la Cruz met them. De la Cruz left.",
     "De la Cruz", "nd:per:anna-de-la-cruz"),
    ("two of one surname with a particle", "Karim al-Masri met Leila al-Masri. Later "
        "al-Masri left.", "al-Masri", None),
    ("a family name in front", "Zhou Haoran resigned in Wuhan. Mr. Zhou is 51.",
     "Zhou", "nd:per:zhou-haoran"),
    ("a family name before a hyphen", "Baek Seung-woo left Seoul. Baek said nothing.",
     "Baek", "nd:per:baek-seung-woo"),
    ("two of one family name in front", "Zhou Haoran met Zhou Lin. Mr. Zhou left.",
     "Zhou", None),
    ("a given name", "Grace Wanjiru sang in Nairobi. Grace said she would return.",
     "Grace", "nd:per:grace-wanjiru"),
    ("letters of an organisation", "The Coastal Grain Authority (CGA) met. Later the "
        "CGA bought maize.", "CGA", "nd:org:coastal-grain-authority"),
    ("letters of one without a usual word", "The regulator, Coastal Grain Watch (CGW), "
        "said no. CGW staff left.", "CGW", "nd:org:coastal-grain-watch"),
    ("letters of a country stay so", "Acme Marine Holdings (UK) met. The UK agreed.",
     "UK", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "surface", "entity"), [x[1:] for x in LATER], ids=[x[0] for x in LATER]
)
def test_a_short_name_means_the_long_one_before(
    tagger: Tagger, text: str, surface: str, entity: str | None
) -> None:
    found = [m for m in tag(tagger, text).mentions if m.surface == surface]
    assert found
    assert found[-1].entity_id == entity


#: A name that many countries have, and the ids of all its mentions in the text.
COMMON = [
    ("a court of two countries", "In Kenya the Supreme Court met. In Pakistan, the "
        "Supreme Court ruled.", "Supreme Court",
     ["org:supreme-court-of-kenya", "org:supreme-court-of-pakistan"]),
    ("a court whose country is named elsewhere", "Kenya voted. Then the Supreme Court "
        "met.", "Supreme Court", ["org:supreme-court-of-kenya"]),
    ("a court of no country", "The Supreme Court met.", "Supreme Court",
     ["org:supreme-court"]),
    ("a court of either country", "Kenya met Peru. The Supreme Court met.",
     "Supreme Court", ["org:supreme-court"]),
    ("a court behind its country", "Peru looked at Kenya's Supreme Court.",
     "Supreme Court", ["org:supreme-court-of-kenya"]),
    ("a demonym in the name", "The Kenyan Supreme Court met.", "Kenyan Supreme Court",
     ["org:supreme-court-of-kenya"]),
    ("a court that has a row", "The Supreme Court met in Washington.", "Supreme Court",
     ["org:us-supreme-court"]),
    ("a ministry", "The Ministry of Health in Peru said so.", "Ministry of Health",
     ["org:ministry-of-health-of-peru"]),
    ("a ministry with a row", "Russia spoke. The Defence Ministry denied it.",
     "Defence Ministry", ["org:russian-defence-ministry"]),
    ("a street", "Police on Station Road in Lahore left.", "Station Road",
     ["loc:station-road-pakistan"]),
    ("a name of its own", "The Coastal Grain Authority met in Kenya.",
     "Coastal Grain Authority", ["org:coastal-grain-authority"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "surface", "ids"), [x[1:] for x in COMMON], ids=[x[0] for x in COMMON]
)
def test_a_name_of_many_countries_is_that_of_one(
    tagger: Tagger, text: str, surface: str, ids: list[str]
) -> None:
    found = [m.entity_id for m in tag(tagger, text).mentions if m.surface == surface]
    assert found == [f"nd:{id_}" for id_ in ids]


AMBIGUOUS = [
    ("AP without support", "The AP confirmed it.", "AP", "nd:org:ap"),
    ("AP by full name", "The Associated Press has it. AP staff left.", "AP", "Q40469"),
    ("AP in the dateline", "LAGOS, Nigeria (AP) - Rain fell.", "AP", "Q40469"),
    ("ANC by country", "South Africa voted. The ANC lost seats.", "ANC",
     "nd:org:african-national-congress"),
    ("ANC elsewhere", "The ANC of Peru met in Lima, Peru.", "ANC", "nd:org:anc"),
    ("SPD by country", "In Germany the SPD lost.", "SPD",
     "nd:org:social-democratic-party-of-germany"),
    ("SPD without support", "The SPD searched the flat.", "SPD", "nd:org:spd"),
    ("RSF in Sudan", "In Sudan the RSF fled Khartoum.", "RSF",
     "nd:org:rapid-support-forces"),
    ("RSF in France", "In France the RSF said so.", "RSF",
     "nd:org:reporters-without-borders"),
    ("RSF in both as often", "RSF spoke of Sudan and France.", "RSF", "nd:org:rsf"),
    ("a party of many countries", "In Norway the Labour Party lost.", "Labour Party",
     "nd:org:norwegian-labour-party"),
    ("a party of a country in passing", "Ireland met Chile in Ireland, not in "
        "Norway. The Labour Party left.", "Labour Party",
     "nd:org:labour-party"),
    ("a party of no country", "The Labour Party lost.", "Labour Party",
     "nd:org:labour-party"),
    ("a full name that many bear", "Tom Fletcher won the raffle.", "Tom Fletcher",
     "nd:per:tom-fletcher"),
    ("two of one surname", "Robert Mugabe met Ana Mugabe in Zimbabwe. Mugabe left.",
     "Mugabe", None),
    ("another of that surname", "Ana Mandela of South Africa sang. Mandela bowed.",
     "Mandela", "nd:per:ana-mandela"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "surface", "entity"),
    [x[1:] for x in AMBIGUOUS],
    ids=[x[0] for x in AMBIGUOUS],
)
def test_a_name_of_several_needs_support(
    tagger: Tagger, text: str, surface: str, entity: str | None
) -> None:
    assert find(tag(tagger, text), surface).entity_id == entity


def test_a_supported_name_says_by_what(tagger: Tagger) -> None:
    mention = find(tag(tagger, "In Germany the SPD lost."), "SPD")
    assert mention.rule.endswith(", its country in the text")
    assert mention.name == "Social Democratic Party of Germany"


@pytest.mark.parametrize(
    ("text", "surface", "via", "counts"),
    [
        ("Then the Kremlin denied it.", "Kremlin", "metonym", {"RU"}),
        ("Casa Rosada denied it.", "Casa Rosada", "metonym", {"AR"}),
        ("The Taliban government denied it.", "Taliban", "metonym", {"AF"}),
        ("Hezbollah denied it.", "Hezbollah", "org", set()),
        ("Gazprom denied it.", "Gazprom", "org", set()),
        ("Nelson Mandela was a lawyer.", "Nelson Mandela", "person", set()),
        ("Peruvian police denied it.", "Peruvian", "place", {"PE"}),
        ("Lumo Brandt Choir denied it.", "Lumo Brandt Choir", None, set()),
    ],
)
def test_only_places_and_metonyms_count_for_a_country(
    tagger: Tagger, text: str, surface: str, via: str | None, counts: set[str]
) -> None:
    tags = tag(tagger, text)
    assert [m.via for m in tags.mentions if m.surface == surface] == [via]
    assert {score.country for score in tags.countries} == counts


# the user's own file ---------------------------------------------------------


def lay_over(
    places: Gazetteer, countries: frozenset[str], folder: Path, body: str
) -> Gazetteer:
    (folder / "entities.yaml").write_text(body, "utf-8")
    return add(places, load_entities(CONFIG, folder, countries))


def test_a_row_of_ones_own_replaces_adds_and_removes(
    places: Gazetteer, countries: frozenset[str], tmp_path: Path
) -> None:
    own = lay_over(
        places,
        countries,
        tmp_path,
        "entities:\n"
        "  - {id: nd:org:gazprom, type: ORG, name: PAO Gazprom, names: [Gazprom],\n"
        "     country: PE}\n"
        "  - {id: nd:org:rosneft, enabled: false}\n"
        "  - {id: nd:org:lumora, type: ORG, name: Lumora Guild,\n"
        "     names: [Guild of Lumora]}\n",
    )
    tags = tag(Tagger(own), "Gazprom, Rosneft and the Guild of Lumora met.")
    found = {m.surface: (m.entity_id, m.name, m.country) for m in tags.mentions}
    assert found["Gazprom"] == ("nd:org:gazprom", "PAO Gazprom", "PE")
    assert found["Guild of Lumora"] == ("nd:org:lumora", "Lumora Guild", None)
    assert "rosneft" not in own.entities
    assert own.version != add(places, load_entities(CONFIG, None, countries)).version


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("entities: [", "not YAML"),
        ("people: []", "unknown key; allowed keys: entities"),
        (
            "entities: {a: b}",
            "entities: a mapping of keys is not allowed; allowed: a list",
        ),
        ("entities: [{name: A}]", "entities[0].id: missing; this key is required"),
        (
            "entities: [{id: a}]",
            "entities[0].id: 'a' does not fit the pattern ^nd:(per",
        ),
        (
            "entities:\n  - {id: nd:org:a, type: GPE, name: A}",
            "entities.yaml:2: entities[0].type: 'GPE' is not allowed; allowed: 'PER', ",
        ),
        (
            "entities: [{id: nd:org:a, name: A}]",
            "type: missing; allowed: ORG, PER, LOC",
        ),
        (
            "entities: [{id: nd:org:a, type: PER}]",
            "PER has ids that begin with nd:per:",
        ),
        ("entities: [{id: nd:org:a, type: ORG}]", "names: missing; the canonical one"),
        (f"entities: [{{{ROW}, colour: red}}]", "unknown key; allowed keys: id, type"),
        (f"entities: [{{{ROW}, country: ZZ}}]", "'ZZ' is no ISO 3166-1 alpha-2 code"),
        (f"entities: [{{{ROW}, country: ZZ}}]", "allowed: AD, AE, AF"),
        (f"entities: [{{{ROW}, country: NO}}]", "put quotes round NO"),
        (f"entities: [{{{ROW}, country: [PE]}}]", "['PE'] is no ISO 3166-1"),
        (
            f"entities: [{{{ROW}, qid: 42}}]",
            "entities[0].qid: 42 is not allowed; allowed: t",
        ),
        (f"entities: [{{{ROW}, qid: Q0}}]", "'Q0' does not fit the pattern ^Q[1-9]"),
        (f"entities: [{{{ROW}, from: May}}]", "'May'; allowed: 2017, \"2017-05\" or"),
        (f"entities: [{{{ROW}, from: 2019, to: 2017}}]", "to: is before from"),
        (
            f"entities: [{{{ROW}, context: [LG]}}]",
            "'LG' is none of the names; allowed:",
        ),
        (
            f"entities: [{{{ROW}, enabled: maybe}}]",
            "enabled: 'maybe' is not allowed; allowed: true or",
        ),
        (
            f"entities:\n  - {{{ROW}}}\n  - {{{ROW}}}",
            "yaml:3: entities[1].id: 'nd:org:lumora' is already used on line 2",
        ),
        (
            "entities:\n  - {id: nd:org:b, type: ORG, names: [B Guild, NASA]}",
            "entities.yaml:2: entities[0] nd:org:b: names: 'NASA' is a name of "
            "nd:org:nasa as well; allowed: a name of one row, or put it into `context`",
        ),
        (
            "entities: [{id: nd:per:lumo, type: PER, names: [Lumo]}]",
            "names: 'Lumo' is one word; put it into `context` as well",
        ),
        (
            "entities: [{id: nd:org:lg, type: ORG, names: [LG, Lumo], context: [LG]}]",
            "id: is that of any 'LG'; allowed: one made of another name",
        ),
        (
            "entities: [{id: nd:org:a, type: ORG, names: ['!?']}]",
            "'!?' holds no letter",
        ),
        ("entities: [{id: nd:org:a, type: ORG, names: ['']}]", "'' is no name"),
    ],
)
def test_a_wrong_row_is_named_with_its_cure(
    places: Gazetteer,
    countries: frozenset[str],
    tmp_path: Path,
    body: str,
    says: str,
) -> None:
    with pytest.raises(ConfigError) as caught:
        lay_over(places, countries, tmp_path, body)
    assert says in str(caught.value)
    assert str(tmp_path / "entities.yaml") in str(caught.value)


def test_a_name_of_two_rows_is_taken_with_the_rule(
    places: Gazetteer, countries: frozenset[str], tmp_path: Path
) -> None:
    own = lay_over(
        places,
        countries,
        tmp_path,
        "entities: [{id: nd:org:b, type: ORG, names: [B Guild, NASA], "
        "context: [NASA], country: PE}]",
    )
    at_home = tag(Tagger(own), "In Lima, Peru, NASA said so.")
    abroad = tag(Tagger(own), "NASA said so.")
    assert find(at_home, "NASA").entity_id == "nd:org:b"
    assert find(abroad, "NASA").entity_id == "Q23548"


# names that are near ---------------------------------------------------------


def name_tags(*names: tuple[str, str]) -> list[Tags]:
    """Return one article for each (type, name)."""
    return [
        Tags(
            number,
            (
                Mention(
                    "text",
                    0,
                    len(name),
                    name,
                    "PER" if type_ == "PER" else "ORG",
                    "model",
                    entity_id=f"nd:{type_.lower()}:{name.lower().replace(' ', '-')}",
                    name=name,
                ),
            ),
        )
        for number, (type_, name) in enumerate(names)
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([("PER", "Nelson Mandella")], {("Nelson Mandella", "Q8023", "spelling")}),
        (
            [("PER", "Hosny Mubarak")],
            {("Hosny Mubarak", "nd:per:hosni-mubarak", "spelling")},
        ),
        (
            [("PER", "R. Mugabe")],
            {("R. Mugabe", "nd:per:robert-mugabe", "surname and initial")},
        ),
        (
            [("PER", "Odelia Brandvik"), ("PER", "Odellia Brandvik")],
            {("Odelia Brandvik", "nd:per:odellia-brandvik", "spelling")},
        ),
        (
            [("PER", "O. Brandvik"), ("PER", "Odelia Brandvik")],
            {("O. Brandvik", "nd:per:odelia-brandvik", "surname and initial")},
        ),
        (
            [("ORG", "Lashkar-e-Taibaa")],
            {("Lashkar-e-Taibaa", "nd:org:lashkar-e-taiba", "spelling")},
        ),
        ([("ORG", "Nelson Mandella")], set()),
        ([("ORG", "Bank of Ghena Town")], set()),
        ([("ORG", "Lumo Brigade 12"), ("ORG", "Lumo Brigade 13")], set()),
        ([("PER", "Odelia Brandvik"), ("PER", "Karel Brandvik")], set()),
        ([("PER", "Odelia Brandvik"), ("PER", "Odelia Brandvik")], set()),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, list) else "",
)
def test_near_names_are_reviewed_and_never_merged(
    gazetteer: Gazetteer, names: list[tuple[str, str]], expected: set[Any]
) -> None:
    rows = find_reviews(name_tags(*names), gazetteer)
    assert {(r.name, r.candidate_id, r.reason) for r in rows} == expected


def test_a_review_counts_the_articles_of_its_name(gazetteer: Gazetteer) -> None:
    [row] = find_reviews(name_tags(*[("PER", "Nelson Mandella")] * 3), gazetteer)
    assert (row.n_articles, row.candidate) == (3, "Nelson Mandela")
    assert 0.9 < row.score < 1


def test_a_near_spelling_keeps_its_own_id(tagger: Tagger) -> None:
    mention = find(tag(tagger, "Mr. Nelson Mandella said so."), "Nelson Mandella")
    assert mention.entity_id == "nd:per:nelson-mandella"


# merges ----------------------------------------------------------------------


def line(old: str, new: str, day: int = 1, **more: object) -> str:
    row: dict[str, object] = {
        "kind": "same_entity",
        "old_id": old,
        "id": new,
        "who": "ama",
        "at": f"2026-03-{day:02}T08:00:00Z",
        "why": "one person",
    }
    return json.dumps({k: v for k, v in (row | more).items() if v is not None})


@pytest.mark.parametrize(
    ("lines", "merged", "problem"),
    [
        ([line("nd:per:a", "nd:per:b")], {"nd:per:a": "nd:per:b"}, None),
        ([line("nd:per:a", "Q42")], {"nd:per:a": "Q42"}, None),
        (
            [line("nd:per:a", "nd:per:b", 2), line("nd:per:a", "nd:per:c", 1)],
            {"nd:per:a": "nd:per:b"},
            None,
        ),
        (
            [line("nd:per:a", "nd:per:c"), line("nd:per:b", "nd:per:c", 2)],
            {"nd:per:a": "nd:per:c", "nd:per:b": "nd:per:c"},
            None,
        ),
        (
            [line("nd:per:a", "nd:per:b"), line("nd:per:c", "nd:per:a", 2)],
            {"nd:per:a": "nd:per:b"},
            "line 2: id: nd:per:a is an old id of nd:per:b, which makes a chain",
        ),
        (
            [line("nd:per:a", "nd:per:b"), line("nd:per:b", "nd:per:c", 2)],
            {"nd:per:a": "nd:per:b"},
            "old_id: nd:per:a is merged into nd:per:b, which makes a chain; allowed: "
            "merge nd:per:a into nd:per:c first",
        ),
        (
            [line("nd:per:a", "nd:per:b"), line("nd:per:b", "nd:per:a", 2)],
            {"nd:per:a": "nd:per:b"},
            "which makes a cycle",
        ),
        ([line("nd:per:a", "nd:per:a")], {}, "id: nd:per:a is the old id itself"),
        ([line("nd:per:a", "nd:org:b")], {}, "are not of one type"),
        ([line("Ana", "nd:org:b")], {}, "old_id: 'Ana'; allowed: an entity id such as"),
        ([line("nd:per:a", "nd:per:b", why=None)], {}, "why: is missing"),
        (
            [line("nd:per:a", "nd:per:b", so=1)],
            {},
            "so: is no key; allowed: kind, old_id",
        ),
        ([line("nd:per:a", "nd:per:b", at="now")], {}, "at: 'now' is no time"),
    ],
)
def test_merges_are_read_and_no_chain_is_accepted(
    tmp_path: Path, lines: list[str], merged: dict[str, str], problem: str | None
) -> None:
    path = tmp_path / "entities.jsonl"
    path.write_text("\n".join(lines) + "\n")
    found = load_merges(tmp_path)
    assert {row.old_id: row.entity_id for row in found.rows} == merged
    assert len(found.problems) == (problem is not None)
    for said in found.problems:
        assert said.startswith(f"{path}: line ")
        assert (problem or "") in said
    assert load_decisions(tmp_path) == ((), ())  # those of texts leave them alone


def test_a_merge_gives_later_nights_the_other_id_and_keeps_its_why(
    gazetteer: Gazetteer, tmp_path: Path
) -> None:
    old, new = "nd:per:nelson-mandella", "Q8023"
    (tmp_path / "entities.jsonl").write_text(line(old, new))
    [merge] = load_merges(tmp_path).rows
    assert (merge.who, merge.why) == ("ama", "one person")
    assert merge.decided_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
    merged = add_merges(gazetteer, {merge.old_id: merge.entity_id})
    text = "Mr. Nelson Mandella said so."
    before, after = (tag(Tagger(g), text) for g in (gazetteer, merged))
    assert find(before, "Nelson Mandella").entity_id == old
    mention = find(after, "Nelson Mandella")
    assert (mention.entity_id, mention.name) == (new, "Nelson Mandela")
    assert before.input_digest != after.input_digest
    assert find_reviews([after], merged) == []


# a night ---------------------------------------------------------------------


def land_shard(landing: Landing, *texts: str) -> Shard:
    """Write articles of one night as extraction does; return their shard."""
    articles, pages = [], []
    for number, text in enumerate(texts):
        url = f"https://alpha.example/{number}"
        articles.append(
            Article(number, url, url, "alpha", "ok", text=text, page_digest=str(number))
        )
        pages.append(
            PlannedPage(
                number, url, url, "alpha", "feed", NOON, NOON.date(), str(number), "",
                offset=0, is_current=True, is_dated=True,
            )
        )  # fmt: skip
    return {
        "night": "2026-03-05",
        "shard": 0,
        "of": 1,
        "pages": landing.write_keyed("plans", "p", pages, PlannedPage),
        "articles": landing.write_keyed("articles", "a", articles, Article),
    }


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with the shipped files, but few cities and no model: quick to read."""
    small = tmp_path / "shipped"
    shutil.copytree(CONFIG, small, ignore=shutil.ignore_patterns("corpus", "model"))
    (small / "model").mkdir()
    for name in ("words.tsv.gz", "families.tsv.gz", "vectors.npy"):
        shutil.copy(CONFIG / "model" / name, small / "model")
    cities = small / "gazetteer" / "cities.tsv.gz"
    rows = gzip.decompress(cities.read_bytes()).split(b"\n")
    cities.write_bytes(gzip.compress(b"\n".join(rows[:300]) + b"\n", mtime=0))
    return Settings(tmp_path, str(tmp_path / "landing"), ":memory:", shipped=small)


def test_tagging_a_night_leaves_its_reviews_in_the_landing_area(
    settings: Settings,
) -> None:
    landing = Landing(settings.landing)
    shard = land_shard(
        landing,
        "Mr. Odelia Brandvik, a baker in Lima, opened a second shop on Monday.",
        "Mr. Odellia Brandvik, a baker in Lima, will open a third one in May.",
    )
    first = tag_articles(Job(settings, "test"), shard)
    [row] = landing.read_rows([name_reviews(first["tags"])], Review)
    assert (row.entity_id, row.candidate_id) == (
        "nd:per:odelia-brandvik",
        "nd:per:odellia-brandvik",
    )
    assert tag_articles(Job(settings, "test"), shard)["tags"] == first["tags"]

    settings.decisions.mkdir()
    path = settings.decisions / "entities.jsonl"
    path.write_text(line(row.entity_id, row.candidate_id))
    second = tag_articles(Job(settings, "test"), shard)
    assert second["tags"] != first["tags"]
    assert landing.read_rows([name_reviews(second["tags"])], Review) == []
    ids = {
        mention.entity_id
        for tags in landing.read_rows([second["tags"]], Tags)
        for mention in tags.mentions
        if mention.type == "PER"
    }
    assert ids == {"nd:per:odellia-brandvik"}
