"""What people write: right files are read, wrong ones are named with line and cure."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from nightdesk.config import (
    SHIPPED,
    load_settings,
    load_sources,
    sources_path,
    sources_schema,
)
from nightdesk.errors import ConfigError

GOOD = """\
sources:
  - id: alpha
    name: Alpha
    kind: rss
    url: https://alpha.example/feed
    tags: [europe]
  - id: beta
    name: Beta
    kind: atom
    url: https://beta.example/feed
    enabled: false
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "sources.yaml"
    path.write_text(text, "utf-8")
    return path


def test_good_file_is_read_with_defaults(tmp_path: Path) -> None:
    sources = load_sources(write(tmp_path, GOOD))
    assert [s.id for s in sources.sources] == ["alpha", "beta"]
    assert [s.id for s in sources.enabled] == ["alpha"]
    assert sources.sources[0].gap_s == 2.0
    assert not sources.is_newsstand


@pytest.mark.parametrize(
    ("old", "new", "wants"),
    [
        ("kind: rss", "kind: rsss", [":4:", "sources[0].kind", "'rss', 'atom'"]),
        ("kind: rss", "knd: rss", [":4:", "unknown key", "allowed keys: id, name"]),
        ("    kind: rss\n", "", [":2:", "sources[0].kind", "missing"]),
        ("id: beta", "id: alpha", [":7:", "'alpha' is already used on line 2"]),
        ("https://alpha.example/feed", "ftp://alpha", [":5:", "not an http or https"]),
        ("https://alpha.example/feed", "https://u:p@a/", [":5:", "user name"]),
        ("tags: [europe]", "tags: [europe", [":7:", "not YAML"]),
        ("//alpha.example/feed", "//a:99999/f", [":5:", "[0].url: ", "1 to 65535"]),
        ("//alpha.example/feed", "//a:0/", [":5:", "a port that is none"]),
        ("alpha.example/feed", "a.example/f eed", [":5:", "holds a space"]),
        (
            "alpha.example/feed",
            "a.example/?api_key=9",
            [":5:", "`?api_key=VALUE` into"],
        ),
        ("tags: [europe]", "timezone: Mars/Base", [":6:", "IANA time zone"]),
        ("tags: [europe]", "timezone: Europe", [":6:", "IANA time zone"]),
        ("tags: [europe]", "country: uk", [":6:", "pattern"]),
        ("tags: [europe]", "country: UK", [":6:", "'UK' is no ISO", "GB is the"]),
        ("tags: [europe]", "lang: jp", [":6:", "'jp' is no ISO 639-1", "near: ja, "]),
        ("tags: [europe]", "past_url: https://a.example/{day}", [":6:", "{yyyy}"]),
        ("tags: [europe]", "gap_s: -1", [":6:", "gap_s"]),
        ("tags: [europe]", "name: Twice", [":6:", "'name' is already there", "line 3"]),
        ("sources:", "sourcs:", ["sources", "missing"]),
        ("kind: rss", "kind: page", [":2:", "link_pattern", "kind page needs"]),
        ("tags: [europe]", "link_pattern: x", [":6:", "only kind page has one"]),
        ("kind: rss", "kind: page\n    link_pattern: '('", [":5:", "no regular expr"]),
        ("tags: [europe]", "was: [beta]", [":6:", "'beta' is already used on line 7"]),
        ("tags: [europe]", "was: [beta]", ["two sources cannot swap ids"]),
        ("tags: [europe]", "was: [a, a]", [":6:", "'a' is already used on line 6"]),
        ("tags: [europe]", "was: [Old]", [":6:", "'Old' does not fit the pattern"]),
        ("id: alpha", "id: by-hand", [":2:", "[0].id: 'by-hand'", "choose another"]),
        ("tags: [europe]", "was: [by-hand]", [":6:", "[0].was: 'by-hand'"]),
        ("tags: [europe]", "tags: &a [*a]", ["an alias that holds itself"]),
        ("tags: [europe]", f"tags: {'[' * 1_000}", ["nested too deep"]),
        (GOOD, "", [": is empty: wants `sources:`"]),
        (GOOD, "# nothing yet\n", [": is empty: wants `sources:`"]),
        (
            GOOD,
            GOOD.replace("id: beta", "id: alpha").replace("rss", "x"),
            [":4: sources[0].kind", ":7: sources[1].id: 'alpha' is already used on"],
        ),
        (GOOD, "sources: {a: b}", ["sources: a mapping of keys is not allowed"]),
        (GOOD, "sources: [[], {id: [], was: 3}, {id: 7}]", ["sources[2].id"]),
    ],
    ids=[
        "a wrong word names the allowed ones",
        "an unknown key names the allowed ones",
        "a missing key is named",
        "a duplicate id names both lines",
        "an address of another scheme",
        "a password in an address",
        "bad YAML names the line",
        "a port out of range",
        "port nought",
        "a space in an address",
        "a secret key in an address",
        "an unknown time zone",
        "a part of the world for a time zone",
        "a country that is no code",
        "a country code that nobody has",
        "a language code that nobody has",
        "a past address without its places",
        "a negative gap",
        "a key written twice",
        "a wrong top key",
        "a page without its pattern",
        "a pattern without its page",
        "a pattern that is none",
        "an old id that somebody has",
        "ids are not swapped",
        "an old id twice",
        "an old id that is none",
        "the id of pages brought in by hand",
        "the same as an old id",
        "an alias of itself",
        "brackets without end",
        "nothing in it",
        "a comment alone",
        "a duplicate id beside other mistakes",
        "keys instead of rows",
        "rows of the wrong kind",
    ],
)
def test_wrong_file_is_named(
    tmp_path: Path, old: str, new: str, wants: list[str]
) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load_sources(path)
    message = str(caught.value)
    assert str(path) in message
    for want in wants:
        assert want in message


DAYS = "; allowed: a whole number from 1 to 36500, or 'forever'"
TEXTS = "; allowed: a list, each text"
FLAG = "; allowed: true or false"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("keep_days: 0", f"keep_days: 0 is not allowed{DAYS}"),
        ("keep_days: 30 days", f"keep_days: '30 days' is not allowed{DAYS}"),
        ("keep_days: 1.5", f"keep_days: 1.5 is not allowed{DAYS}"),
        ("keep_days: true", f"keep_days: true is not allowed{DAYS}"),
        ("keep_days: []", f"keep_days: an empty list is not allowed{DAYS}"),
        ("text_days: 40000", f"text_days: 40000 is not allowed{DAYS}"),
        ("text_days:", f"text_days: nothing is not allowed{DAYS}"),
        (
            "gap_s: fast",
            "gap_s: 'fast' is not allowed; allowed: a number from 0 to 120",
        ),
        ("gap_s: 200", "gap_s: 200 is not allowed; allowed: a number from 0 to 120"),
        ("gap_s: .nan", "gap_s: nan is not allowed; allowed: a number from 0 to 120"),
        ("enabled: 'no'", f"enabled: 'no' is not allowed{FLAG}"),
        ("allow_private: 1", f"allow_private: 1 is not allowed{FLAG}"),
        ("tags: europe", f"tags: 'europe' is not allowed{TEXTS}"),
        ("tags: {a: b}", f"tags: a mapping of keys is not allowed{TEXTS}"),
        ("tags: [a, 1]", "tags[1]: 1 is not allowed; allowed: text"),
        ("was: old", f"was: 'old' is not allowed{TEXTS}"),
        ("lang: english", "lang: 'english' does not fit the pattern ^[a-z]{2,3}$"),
        ("lang: 3", "lang: 3 is not allowed; allowed: text that fits the pattern ^[a"),
        (
            "country: [GB]",
            "country: a list is not allowed; allowed: text that fits the",
        ),
        ("timezone: 3", "timezone: 3 is not allowed; allowed: text"),
        ("robots: no", "robots: false is not allowed; allowed: 'obey', 'ignore_feed'"),
        ("tdm: yes", "tdm: true is not allowed; allowed: 'obey', 'licensed'"),
        ("connection: a b", "connection: 'a b' does not fit the pattern ^[A-Za-z0-9_."),
        ("past_url: 3", "past_url: 3 is not allowed; allowed: text"),
        ("link_pattern: 3", "link_pattern: 3 is not allowed; allowed: text"),
        ("past_url: 2026-13-45", "'2026-13-45' is no date or number; put it in quotes"),
        ("past_url: 2026-01-05", "past_url: 2026-01-05 is not allowed; allowed: text"),
        (
            "1: 2",
            "1: unknown key; allowed keys: id, name, kind, url, link_pattern, was",
        ),
        ("past_url: http://[a/", "past_url: 'http://[a/' is no address: it holds a "),
        ("? [a]\n    : b", "not YAML: found unhashable key"),
    ],
    ids=lambda text: text if ":" in text and len(text) < 25 else "",
)
def test_a_wrong_value_is_named_with_what_is_allowed(
    tmp_path: Path, row: str, said: str
) -> None:
    path = write(tmp_path, GOOD.replace("tags: [europe]", row))
    with pytest.raises(ConfigError) as caught:
        load_sources(path)
    message = str(caught.value).removeprefix(f"{path}:6: ").removeprefix("sources[0].")
    assert message.startswith(said)
    assert len(message.splitlines()) == 1


KEYS = "; allowed: a mapping of the keys "


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"[]", f"1: file: an empty list is not allowed{KEYS}newsstand, sources"),
        (b"news", f"1: file: 'news' is not allowed{KEYS}newsstand, sources"),
        (
            b"sources:",
            "1: sources: nothing is not allowed; allowed: a list of at least",
        ),
        (
            b"sources: []",
            "1: sources: an empty list is not allowed; allowed: a list of",
        ),
        (b"sources:\n- a", f"2: sources[0]: 'a' is not allowed{KEYS}id, name, kind"),
        (b"\n\nsources: \xff", "3: is not UTF-8 text"),
        (b"a: b\n\0", "2: not YAML: character '\\x00' is not allowed"),
        (b"a: !!python/object:os.x {}", "1: not YAML: could not determine a construc"),
        (b"a: [\nb: c", "2: not YAML: "),
    ],
    ids=[
        "a list where keys are due",
        "a word",
        "a key without its rows",
        "no rows",
        "a row that is a word",
        "another encoding",
        "a character that no text holds",
        "an object of a program",
        "a bracket without end",
    ],
)
def test_a_file_that_is_none_is_named_with_its_line(
    tmp_path: Path, raw: bytes, said: str
) -> None:
    path = tmp_path / "sources.yaml"
    path.write_bytes(raw)
    with pytest.raises(ConfigError) as caught:
        load_sources(path)
    assert str(caught.value).startswith(f"{path}:{said}")


def test_a_wrong_language_names_few_codes(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("tags: [europe]", "lang: jp"))
    with pytest.raises(ConfigError) as caught:
        load_sources(path)
    assert len(str(caught.value).removeprefix(str(path))) < 200


def test_page_and_old_ids_are_read(tmp_path: Path) -> None:
    text = GOOD.replace("kind: rss", "kind: page\n    link_pattern: /\\d+/")
    (alpha, _) = load_sources(
        write(tmp_path, text.replace("tags: [europe]", "was: [aleph, alif]"))
    ).sources
    assert (alpha.kind, alpha.link_pattern) == ("page", r"/\d+/")
    assert alpha.was == ("aleph", "alif")


def test_published_schema_is_current() -> None:
    text = (SHIPPED / "sources.schema.json").read_text("utf-8")
    assert json.loads(text) == sources_schema(), (
        "run: nightdesk sources schema > include/config/sources.schema.json"
    )


@pytest.mark.parametrize("name", ["sources.yaml", "starter/sources.yaml"])
def test_shipped_files_name_the_schema_and_fit_it(name: str) -> None:
    path = SHIPPED / name
    text = path.read_text("utf-8")
    (hint,) = re.findall(r"\A# yaml-language-server: \$schema=(\S+)\n", text)
    schema = json.loads((path.parent / hint).read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    assert not list(validator.iter_errors(yaml.safe_load(text)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: rss", "kind: rsss"),
        ("kind: rss", "kind: page"),
        ("kind: rss", "knd: rss"),
        ("id: alpha", "id: Alpha"),
        ("tags: [europe]", "gap_s: 500"),
    ],
    ids=["a wrong kind", "a page without pattern", "a wrong key", "a bad id", "a gap"],
)
def test_schema_refuses_what_the_loader_refuses(
    tmp_path: Path, old: str, new: str
) -> None:
    text = GOOD.replace(old, new, 1)
    validator = jsonschema.Draft202012Validator(sources_schema())
    assert not list(validator.iter_errors(yaml.safe_load(GOOD)))
    assert list(validator.iter_errors(yaml.safe_load(text)))
    with pytest.raises(ConfigError):
        load_sources(write(tmp_path, text))


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("kind: rss", "kind: x").replace("kind: atom", "kind: y")
    with pytest.raises(ConfigError) as caught:
        load_sources(write(tmp_path, text))
    assert len(str(caught.value).splitlines()) == 2


def test_sources_are_chosen_by_id_or_tag(tmp_path: Path) -> None:
    sources = load_sources(write(tmp_path, GOOD))
    assert [s.id for s in sources.select(["europe"])] == ["alpha"]
    assert sources.select([]) == sources.enabled
    with pytest.raises(ConfigError, match=r"'asia'.*sources: alpha; tags: europe"):
        sources.select(["asia"])


def test_own_file_takes_the_place_of_the_sample(tmp_path: Path) -> None:
    settings = load_settings({"NIGHTDESK_DATA": str(tmp_path)})
    assert sources_path(settings) == SHIPPED / "sources.yaml"
    settings.config_dir.mkdir()
    own = write(settings.config_dir, GOOD)
    assert sources_path(settings) == own


@pytest.mark.parametrize("name", ["sources.yaml", "starter/sources.yaml"])
def test_shipped_files_are_right(name: str) -> None:
    sources = load_sources(SHIPPED / name)
    assert len(sources.enabled) >= 12
    assert sources.is_newsstand == (name == "sources.yaml")


@pytest.mark.parametrize(
    ("env", "want"),
    [
        ({"NIGHTDESK_NEWSSTAND_ARTICLES": "many"}, "NIGHTDESK_NEWSSTAND_ARTICLES"),
        ({"NIGHTDESK_MIRRORS": "/nowhere.json"}, "NIGHTDESK_MIRRORS"),
        ({"NIGHTDESK_CONTACT": "x"}, "'x' is neither an e-mail address.* nor a URL"),
        ({"NIGHTDESK_CONTACT": "a@b.example\r\nX: 1"}, "neither an e-mail"),
    ],
    ids=[
        "a count that is none",
        "a mirrors file that is not there",
        "a contact that nobody can ask",
        "a contact with a header of its own",
    ],
)
def test_wrong_setting_is_named(env: dict[str, str], want: str) -> None:
    with pytest.raises(ConfigError, match=want):
        load_settings(env)


@pytest.mark.parametrize(
    ("stated", "want"),
    [
        ("desk@newsroom.example", "desk@newsroom.example"),
        (" https://newsroom.example/bot?a=1 ", "https://newsroom.example/bot?a=1"),
        ("", None),
    ],
    ids=["an e-mail address", "a URL", "nothing"],
)
def test_a_contact_is_an_address(stated: str, want: str | None) -> None:
    assert load_settings({"NIGHTDESK_CONTACT": stated}).contact == want
