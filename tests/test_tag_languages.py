"""Other languages: countries of made-up sentences, and the rules one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from nightdesk.errors import ConfigError
from nightdesk.gazetteer import load_gazetteer
from nightdesk.language_files import read_languages
from nightdesk.model import Tags
from nightdesk.tag import Tagger
from nightdesk.tag.jsonl import tag_row
from nightdesk.tag.languages import NameReader
from nightdesk.tag.table import LanguageNames, Name

HERE = Path(__file__).parent
CONFIG = HERE.parent / "include" / "config"
FILES = sorted((HERE / "data" / "tags" / "languages").glob("*.tsv"))
LEAST_F1 = 90.0


def tag(tagger: Tagger, text: str, lang: str, title: str | None = None) -> Tags:
    return tagger.tag(article_id=1, title=title, text=text, lang=lang)


def kept(tags: Tags) -> set[str]:
    return {score.country for score in tags.countries if score.score >= 1.0}


def read_sentences(path: Path) -> list[tuple[set[str], str]]:
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    return [(set(countries.split()), text) for countries, text in rows]


def test_every_shipped_language_is_measured() -> None:
    shipped = {path.stem for path in (CONFIG / "languages").glob("*.tsv")}
    assert shipped == {path.stem for path in FILES}
    assert shipped >= {"ar", "de", "es", "fa", "fr", "hi", "ps", "ru", "tr", "ur", "zh"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_countries_of_the_sentences(tagger: Tagger, path: Path) -> None:
    sentences = read_sentences(path)
    assert len({text for _, text in sentences}) >= 40
    right = wrong = missed = 0
    for expected, text in sentences:
        found = kept(tag(tagger, text, path.stem))
        right += len(found & expected)
        wrong += len(found - expected)
        missed += len(expected - found)
    assert 200 * right / (2 * right + wrong + missed) >= LEAST_F1


CASES = [
    ("zh", "韩美将举行演习。", [("韩", "DEMONYM", "KR"), ("美", "DEMONYM", "US")],
     "two countries in another order"),
    ("zh", "中日韩会议", [("中", "DEMONYM", "CN"), ("日", "DEMONYM", "JP"),
     ("韩", "DEMONYM", "KR")], "three countries"),
    ("zh", "美中央司令部", [("美中央", "LOC", "US")], "no pair"),
    ("zh", "白宫否认。", [("白宫", "LOC", "US")], "a house for its country"),
    ("fr", "Selon le Kremlin, oui.", [("Kremlin", "LOC", "RU")], "a metonym"),
    ("es", "La Casa Blanca calla.", [("Casa Blanca", "LOC", "US")], "a metonym"),
    ("de", "Im Weißen Haus schwieg man.", [("Weißen Haus", "LOC", "US")], "a metonym"),
    ("ru", "В Кремле молчат.", [("Кремле", "LOC", "RU")], "a metonym"),
    ("ar", "قال البيت الأبيض", [("البيت الأبيض", "LOC", "US")], "a metonym"),
    ("ru", "Он был в Пакистане.", [("Пакистане", "LOC", "PK")], "case ending"),
    ("ru", "пакистанскими", [("пакистанскими", "DEMONYM", "PK")], "adjective"),
    ("ru", "чадить", [], "a word in lower case is no country"),
    ("ru", "В Южной Корее", [("Южной Корее", "LOC", "KR")], "both words decline"),
    ("ru", "на русском языке", [], "a language"),
    ("ru", "Того вора нашли.", [], "Togo, or 'that one'"),
    ("ru", "Из Того и Ганы", [("Того", "LOC", "TG"), ("Ганы", "LOC", "GH")], "led"),
    ("ru", "Кубок мира", [], "a cup is not Cuba"),
    ("ru", "Южная Америка", [], "a continent"),
    ("tr", "Pakistan'ın", [("Pakistan", "LOC", "PK")], "suffix behind apostrophe"),
    ("tr", "PAKİSTAN’DAN", [("PAKİSTAN", "LOC", "PK")], "capitals with a point"),
    ("tr", "Pakistanlıların", [("Pakistanlıların", "DEMONYM", "PK")], "suffixes"),
    ("tr", "Türkçe bilmiyor", [], "a language"),
    ("tr", "mali yıl", [], "financial"),
    ("tr", "Mali'deki", [("Mali", "LOC", "ML")], "the country by its suffix"),
    ("de", "Ukrainekrieg", [("Ukrainekrieg", "LOC", "UA")], "compound"),
    ("de", "China-Reise", [("China", "LOC", "CN")], "compound with hyphen"),
    ("de", "des Iraks", [("Iraks", "LOC", "IQ")], "genitive"),
    ("de", "Er lernt Chinesisch.", [], "a language"),
    ("de", "beim Essen", [], "a city that is a word is not shipped"),
    ("de", "in Südamerika", [], "a continent"),
    ("fr", "en français", [], "a language"),
    ("fr", "la réunion", [], "a meeting"),
    ("fr", "d'Égypte", [("Égypte", "LOC", "EG")], "elision and accent"),
    ("es", "paquistaníes", [("paquistaníes", "DEMONYM", "PK")], "plural"),
    ("es", "Nuevo México", [("Nuevo México", "LOC", "US")], "a state, not Mexico"),
    ("es", "la Guinea Ecuatorial", [("Guinea Ecuatorial", "LOC", "GQ")], "longest"),
    ("es", "EE. UU.", [("EE. UU", "LOC", "US")], "abbreviation"),
    ("ar", "وبالصين", [("وبالصين", "LOC", "CN")], "three prefixes"),
    ("ar", "للأردن", [("للأردن", "LOC", "JO")], "the article lost its alef"),
    ("ar", "الأفغانيين", [("الأفغانيين", "DEMONYM", "AF")], "article and ending"),
    ("ar", "أَفْغَانِسْتَان", [("أَفْغَانِسْتَان", "LOC", "AF")], "vowel signs"),
    ("ar", "العجز المالي", [], "financial is not Mali"),
    ("ar", "في مالي", [("مالي", "LOC", "ML")], "Mali after a preposition"),
    ("ar", "جنوب السودان", [("جنوب السودان", "LOC", "SS")], "not Sudan"),
    ("ar", "في عمان", [("عمان", "LOC", "OM")], "Oman, or Amman"),
    ("ar", "الأردن: عمان", [("الأردن", "LOC", "JO"), ("عمان", "LOC", "JO")], "Amman"),
    ("ar", "طرابلس", [("طرابلس", "LOC", "LY")], "Tripoli alone"),
    ("ar", "لبنان: طرابلس", [("لبنان", "LOC", "LB"), ("طرابلس", "LOC", "LB")], "other"),
    ("hi", "हैदराबाद", [("हैदराबाद", "LOC", "IN")], "the larger Hyderabad"),
    ("fa", "پاکستانی‌ها", [("پاکستانی", "DEMONYM", "PK")], "ending behind ZWNJ"),
    ("fa", "اسلام‌آباد", [("اسلام‌آباد", "LOC", "PK")], "ZWNJ inside"),
    ("fa", "ايران و عراق", [("ايران", "LOC", "IR"), ("عراق", "LOC", "IQ")], "yeh"),
    ("fa", "جلسه را ترک کرد", [], "left is no Turk"),
    ("fa", "آمریکای لاتین", [], "a continent"),
    ("ur", "شام کو", [], "evening is not Syria"),
    ("ur", "شام میں دمشق", [("شام", "LOC", "SY"), ("دمشق", "LOC", "SY")], "Syria"),
    ("ps", "په غزې کې", [("غزې", "LOC", "PS")], "oblique"),
    ("hi", "अफ़ग़ानिस्तान", [("अफ़ग़ानिस्तान", "LOC", "AF")], "nukta"),
    ("hi", "माली ने", [], "gardener is not Mali"),
    ("hi", "माली में", [("माली", "LOC", "ML")], "Mali before a postposition"),
    ("zh", "中美会谈", [("中", "DEMONYM", "CN"), ("美", "DEMONYM", "US")], "two signs"),
    ("zh", "沿海地区", [], "coastal areas are not Haiti"),
    ("zh", "马里兰州", [("马里兰", "LOC", "US")], "Maryland is not Mali"),
    ("zh", "印度尼西亚", [("印度尼西亚", "LOC", "ID")], "longest"),
    ("zh", "臺灣", [("臺灣", "LOC", "TW")], "traditional signs"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [pytest.param(*case[:3], id=f"{case[0]}: {case[3]}") for case in CASES],
)
def test_a_rule_of_a_language(
    tagger: Tagger, lang: str, text: str, expected: list[tuple[str, str, str]]
) -> None:
    mentions = tag(tagger, text, lang).mentions
    assert [(m.surface, m.type, m.country) for m in mentions] == expected


def test_a_mention_keeps_what_it_is_and_where(tagger: Tagger) -> None:
    text = "Anfang.\nDie Regierung in Kabul schwieg.\r\n"
    tags = tag(tagger, text, "de-AT", title="Afghanische Wahl")
    assert tags.is_tagged
    title, body = tags.mentions
    assert (title.field, title.surface, title.rule) == (
        "title", "Afghanische", "demonym",
    )  # fmt: skip
    assert text[body.start : body.end] == body.surface == "Kabul"
    assert (body.place_id, body.name, body.via) == (
        "geonames:1138958",
        "Kabul",
        "place",
    )
    (country,) = tags.countries
    assert (country.country, country.is_focus, country.role) == ("AF", True, "about")


def test_a_disputed_area_counts_as_in_english(tagger: Tagger) -> None:
    found = [
        [(s.country, s.share) for s in tag(tagger, text, lang).countries]
        for text, lang in (("Kashmir", "en"), ("Кашмир", "ru"), ("克什米尔", "zh"))
    ]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("lang", "text", "region"),
    [
        ("fr", "Le Sahel inquiète.", "x-sahel"),
        ("ru", "на Ближнем Востоке", "x-mideast"),
        ("ar", "ودول الخليج", "x-gulf"),
        ("zh", "非洲之角", "x-horn"),
        ("ur", "خلیج بنگال", None),
    ],
)
def test_a_macro_region_counts_for_no_country(
    tagger: Tagger, lang: str, text: str, region: str | None
) -> None:
    tags = tag(tagger, text, lang)
    assert [mention.place_id for mention in tags.mentions] == [region] * bool(region)
    assert tags.countries == ()


def test_a_repeated_paragraph_without_blanks_counts_once(tagger: Tagger) -> None:
    line = "巴基斯坦关闭了与阿富汗之间的全部边境口岸并撤回人员。"
    once, twice = (tag(tagger, "\n".join([line] * n), "zh") for n in (1, 2))
    assert once.countries == twice.countries


@pytest.mark.parametrize("lang", ["sw", "pt", "xx", "ja-JP", ""])
def test_a_language_without_a_file_is_not_tagged(tagger: Tagger, lang: str) -> None:
    tags = tag(tagger, "Pakistan", lang)
    assert (tags.is_tagged, tags.mentions, tags.countries) == (False, (), ())


def test_a_row_in_another_language(tagger: Tagger) -> None:
    out = tag_row(tagger, {"id": 1, "text": "Le Pérou vote à Lima.", "lang": "fr"})
    assert (out["status"], out["focus"], out["entities"]) == (
        "ok",
        "PE",
        [[3, 8, "LOC"], [16, 20, "LOC"]],
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Lor", ["AA"]),
        ("Lor, Lor Ip", ["BB", "BB"]),
        ("Lor. Aan", ["AA", "AA"]),
        ("lor", []),
    ],
)
def test_a_name_of_two_rows(line: str, expected: list[str]) -> None:
    first, second = (Name("country", f"iso:{c}", c, (c,)) for c in ("AA", "BB"))
    rows = (((first,), ("Lor", "Aan")), ((second,), ("Lor", "Lor Ip")))
    (hits,) = NameReader(LanguageNames(rows)).read_lines([line])
    assert [hit.name.name for hit in hits] == expected


def test_the_user_s_own_file_adds_a_language_and_goes_first(tmp_path: Path) -> None:
    folder = tmp_path / "languages"
    folder.mkdir()
    (folder / "sw.tsv").write_text("ending\t-\tni\ncountry\tKE\tKenya~\n", "utf-8")
    (folder / "de.tsv").write_text("country\tPE\tChina\n", "utf-8")
    tagger = Tagger(load_gazetteer(CONFIG, tmp_path))
    assert kept(tag(tagger, "Safari ya Kenyani.", "sw")) == {"KE"}
    assert kept(tag(tagger, "In China und Iran.", "de")) == {"PE", "IR"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("land\tPE\tPeru\n", r"xx\.tsv line 1: 'land', allowed: country"),
        ("# head\ncountry\tPE\n", "line 2: has 2 columns"),
        ("country\tZZ\tZed\n", "line 1: 'ZZ' is no ISO"),
        ("city\tgeonames:0\tZed\n", "line 1: 'geonames:0' is no place"),
        ("area\tx-nowhere\tZed\n", "'x-nowhere' is no place"),
    ],
)
def test_a_wrong_row_is_named(
    tmp_path: Path, few_cities: Path, body: str, said: str
) -> None:
    (tmp_path / "languages").mkdir()
    (tmp_path / "languages" / "xx.tsv").write_text(body, "utf-8")
    with pytest.raises(ConfigError, match=said):
        load_gazetteer(few_cities, tmp_path)


def test_every_place_of_the_shipped_files_is_in_the_gazetteer(tagger: Tagger) -> None:
    names = tagger.gazetteer.names.values()
    known = {name.id for found in names for name in found}
    read = read_languages((CONFIG,), lambda path: path.read_text("utf-8"))
    rows = [row for found in read.values() for row in found]
    assert len(rows) > 5_000
    unknown = {r.ids for r in rows if r.kind in ("area", "city")} - known
    assert not unknown


def test_a_disputed_area_can_be_taken_away(tmp_path: Path) -> None:
    rows = "disputed:\n  - {id: x-kashmir, enabled: false}\n"
    (tmp_path / "regions.yaml").write_text(rows, "utf-8")
    tagger = Tagger(load_gazetteer(CONFIG, tmp_path))
    assert kept(tag(tagger, "Кашмир и Чили", "ru")) == {"CL"}


def test_a_later_folder_goes_first(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "languages").mkdir(parents=True)
        path = tmp_path / name / "languages" / "xx.tsv"
        path.write_text(f"country\tPE\t{name}\n", "utf-8")
    found = read_languages(
        (tmp_path / "a", None, tmp_path / "b"), lambda path: path.read_text("utf-8")
    )
    assert [row.forms for row in found["xx"]] == [("b",), ("a",)]
