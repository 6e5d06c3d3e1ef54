"""The gazetteer's files: what is shipped, the user's overlay, and bad files."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest

from nightdesk.errors import ConfigError
from nightdesk.gazetteer import load_gazetteer
from nightdesk.tag import Gazetteer, Tagger

CONFIG = Path(__file__).parents[1] / "include" / "config"


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    return folder


def test_all_countries_of_iso_3166_and_kosovo_are_there(
    shipped_gazetteer: Gazetteer,
) -> None:
    countries = {r.id[4:] for r in shipped_gazetteer.regions if r.scheme == "country"}
    assert len(countries) == 250
    assert {"TW", "XK", "SS", "NA", "NO"} <= countries


def test_every_country_is_in_the_m49_tree_and_under_the_world(
    shipped_gazetteer: Gazetteer,
) -> None:
    by_id = {region.id: region for region in shipped_gazetteer.regions}
    for region in shipped_gazetteer.regions:
        if region.scheme == "country":
            assert region.parent_id in by_id
            assert region.countries[0] in by_id["m49:001"].countries


@pytest.mark.parametrize(
    ("region", "members"),
    [
        ("m49:034", {"AF", "BD", "BT", "IN", "IR", "LK", "MV", "NP", "PK"}),
        ("x-sahel", {"BF", "ML", "MR", "NE", "TD"}),
        ("x-baltics", {"EE", "LT", "LV"}),
        ("desk:afpak", {"AF", "PK"}),
    ],
)
def test_regions_have_their_members(
    shipped_gazetteer: Gazetteer, region: str, members: set[str]
) -> None:
    found = next(r for r in shipped_gazetteer.regions if r.id == region)
    assert set(found.countries) == members


def test_every_country_where_people_live_is_on_a_desk(
    shipped_gazetteer: Gazetteer,
) -> None:
    regions = shipped_gazetteer.regions
    on_desk = {c for r in regions if r.scheme == "desk" for c in r.countries}
    everywhere = {r.id[4:] for r in regions if r.scheme == "country"}
    assert everywhere - on_desk == {"AQ"}  # no newsroom has one for Antarctica


def test_ids_of_regions_are_unique(shipped_gazetteer: Gazetteer) -> None:
    ids = [region.id for region in shipped_gazetteer.regions]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("key", "kind", "country"),
    [
        ("kabul", "capital", "AF"),
        ("new delhi", "capital", "IN"),
        ("astana", "capital", "KZ"),
        ("ulaanbaatar", "capital", "MN"),
        ("bombay", "city", "IN"),
        ("u s", "abbreviation", "US"),
        ("cote d ivoire", "country", "CI"),
        ("burma", "country", "MM"),
        ("khyber pakhtunkhwa", "admin1", "PK"),
        ("kremlin", "metonym", "RU"),
        ("filipinos", "demonym", "PH"),
    ],
)
def test_names_are_found_by_key(
    shipped_gazetteer: Gazetteer, key: str, kind: str, country: str
) -> None:
    first = shipped_gazetteer.names[key][0]
    assert (first.kind, first.country) == (kind, country)


def test_a_place_id_belongs_to_one_thing(shipped_gazetteer: Gazetteer) -> None:
    owners: dict[str, set[tuple[str, ...]]] = {}
    for names in shipped_gazetteer.names.values():
        for name in names:
            owners.setdefault(name.id, set()).add(name.countries)
    assert [key for key, found in owners.items() if len(found) > 1] == []


def test_the_shipped_files_are_small() -> None:
    files = (CONFIG / "gazetteer").iterdir()
    assert sum(path.stat().st_size for path in files if path.is_file()) < 6_000_000


def test_an_entity_of_the_overlay_is_found(overlay: Path, few_cities: Path) -> None:
    (overlay / "entities.yaml").write_text(
        "entities:\n"
        "  - {id: nd:org:lumora-guild, type: ORG, name: Lumora Guild,\n"
        "     names: [Lumora Guild, Guild of Lumora], country: PE}\n",
        encoding="utf-8",
    )
    tagger = Tagger(load_gazetteer(few_cities, overlay))
    tags = tagger.tag(
        article_id=1, title=None, text="The Guild of Lumora met.", lang="en"
    )
    found = [(m.surface, m.entity_id, m.name, m.country) for m in tags.mentions]
    assert found == [("Guild of Lumora", "nd:org:lumora-guild", "Lumora Guild", "PE")]


def test_an_entity_can_be_taken_away(overlay: Path, few_cities: Path) -> None:
    (overlay / "entities.yaml").write_text(
        "entities:\n  - {id: nd:loc:kremlin, enabled: false}\n", encoding="utf-8"
    )
    assert "kremlin" not in load_gazetteer(few_cities, overlay).names


def test_a_disputed_area_can_be_decided_otherwise(
    overlay: Path, few_cities: Path
) -> None:
    (overlay / "regions.yaml").write_text(
        "disputed:\n  - {id: x-kashmir, name: Kashmir, countries: [PK]}\n"
        "desks:\n  - {id: andes, name: Andes, countries: [BO, PE], m49: ['029']}\n"
        "  - {id: afpak, enabled: false}\n",
        encoding="utf-8",
    )
    gazetteer = load_gazetteer(few_cities, overlay)
    assert gazetteer.names["kashmir"][0].countries == ("PK",)
    desks = {r.id: r.countries for r in gazetteer.regions if r.scheme == "desk"}
    assert {"BO", "PE", "CU"} <= set(desks["desk:andes"])
    assert "desk:afpak" not in desks


def test_a_place_of_the_overlay_is_found(overlay: Path, few_cities: Path) -> None:
    (overlay / "places.yaml").write_text(
        "places:\n  - {id: x-mbele, name: Mbele Ridge, countries: [KE]}\n",
        encoding="utf-8",
    )
    tagger = Tagger(load_gazetteer(few_cities, overlay))
    tags = tagger.tag(
        article_id=1, title=None, text="Snow fell on Mbele Ridge.", lang="en"
    )
    assert [(s.country, s.score) for s in tags.countries] == [("KE", 1.6)]


def test_the_version_follows_the_content(overlay: Path, few_cities: Path) -> None:
    shipped = load_gazetteer(few_cities).version
    assert load_gazetteer(few_cities, overlay).version == shipped
    (overlay / "places.yaml").write_text("places: []\n", encoding="utf-8")
    assert load_gazetteer(few_cities, overlay).version != shipped


@pytest.mark.parametrize(
    ("file", "body", "says"),
    [
        ("entities.yaml", "entities: [", "entities.yaml"),
        ("places.yaml", "places: [", "places.yaml"),
        ("places.yaml", "people: []", "allowed keys: places"),
        ("places.yaml", "- a", "allowed keys: places"),
        ("places.yaml", "places: {a: b}", "must be a list of rows"),
        ("places.yaml", "places: [{name: A}]", r"places\[1\]: needs an id"),
        (
            "places.yaml",
            "places: [{id: a, name: A, colour: red}]",
            "unknown key colour",
        ),
        ("places.yaml", "places: [{id: a, name: A, enabled: maybe}]", "'maybe', allow"),
        (
            "places.yaml",
            "places: [{id: a, enabled: false}, {id: a, enabled: false}]",
            "a: the id stands twice",
        ),
        ("places.yaml", "places: [{id: a, name: A, countries: [ZZ]}]", "'ZZ' is no"),
        ("places.yaml", "places: [{id: a, name: A, kind: moon}]", "allowed: area"),
        ("places.yaml", "places: [{id: a, name: 5}]", "name: must be text"),
        ("places.yaml", "places: [{id: a, name: A, names: B}]", "must be a list"),
        ("places.yaml", "places: [{id: '', name: A}]", r"places\[1\]: needs an id"),
        ("places.yaml", "places: [{id: a b, name: A}]", r"places\[1\]: needs an id"),
        ("places.yaml", "places: [{id: a, name: ''}]", "name: '' holds no letter"),
        ("places.yaml", "places: [{id: a, name: A, names: []}]", "must hold one"),
        ("places.yaml", "places: [{id: a, name: A, names: ['.']}]", "'.' holds no let"),
        ("places.yaml", "places: [{id: a, name: A, kind: city}]", "needs its country"),
        ("places.yaml", "places: [{id: a, name: A, id: b}]", "'id' stands twice"),
        ("places.yaml", "places: []\nplaces: []", "'places' stands twice"),
        ("places.yaml", "places: [{id: a, name: 2026-99-99}]", "must be in 1..12"),
        ("places.yaml", f"places: {'[' * 5000}", "places.yaml"),
        ("topics.yaml", "topics: [{id: a, name: A, least: .nan}]", "a number above 0"),
        ("topics.yaml", "topics: [{id: a, name: A, least: .inf}]", "a number above 0"),
        ("topics.yaml", "topics: [{id: a, name: A, least: -1}]", "a number above 0"),
        ("regions.yaml", "desks: [{id: a, name: A}]", "needs countries or m49 or mac"),
        ("regions.yaml", "macros: [{id: a, name: A}]", "needs countries"),
        ("regions.yaml", "desks: [{id: a, name: A, m49: [34]}]", "must be a list"),
        ("regions.yaml", "desks: [{id: a, name: A, m49: ['999']}]", "a m49: '999'"),
        ("regions.yaml", "desks: [{id: a, name: A, macros: [x]}]", "a macros: 'x'"),
        ("regions.yaml", "desks: [{id: a, name: A, timezone: PKT}]", "no IANA name"),
        ("regions.yaml", "desks: [{id: a, name: A, timezone: [5]}]", "no IANA name"),
    ],
)
def test_a_bad_file_is_named_with_its_cure(
    overlay: Path, few_cities: Path, file: str, body: str, says: str
) -> None:
    (overlay / file).write_text(body, encoding="utf-8")
    with pytest.raises(ConfigError, match=says) as caught:
        load_gazetteer(few_cities, overlay)
    assert file in str(caught.value)


def test_a_file_that_is_not_utf8_is_named(overlay: Path, few_cities: Path) -> None:
    (overlay / "places.yaml").write_bytes(b"places: [\xff]")
    with pytest.raises(ConfigError, match=r"places\.yaml"):
        load_gazetteer(few_cities, overlay)


@pytest.mark.parametrize(
    ("file", "body", "says"),
    [
        ("countries.tsv", None, "is missing"),
        ("cities.tsv.gz", b"not gzip", r"cities\.tsv\.gz"),
        ("cities.tsv.gz", gzip.compress(b"1\tA\tPE\t\tmany\t\n"), "'many' is no whole"),
        ("admin1.tsv", b"XX-1\tXX\tNowhere\t\n", "'XX'"),
        ("m49.tsv", b"001\tWorld\t\tmore\tand more\n", "line 1: has 5 columns"),
        ("certain_words.tsv", b"compny\tmarine\n", "compny', allowed: company, person"),
    ],
    ids=[
        "missing",
        "no gzip",
        "no number",
        "unknown country",
        "too wide",
        "a word of no kind",
    ],
)
def test_a_damaged_shipped_file_is_named(
    tmp_path: Path, few_cities: Path, file: str, body: bytes | None, says: str
) -> None:
    copy = tmp_path / "shipped"
    shutil.copytree(few_cities, copy)
    if body is None:
        (copy / "gazetteer" / file).unlink()
    else:
        (copy / "gazetteer" / file).write_bytes(body)
    with pytest.raises(ConfigError, match=says):
        load_gazetteer(copy)
