"""Libraries that find names instead of our own model.

They are no requirement: `data/backends` has small packages of the same interface. Where
NIGHTDESK_BACKENDS is set the libraries themselves are installed (`make backends`).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from nightdesk.__main__ import main
from nightdesk.backends import check_tagger, make_tagger
from nightdesk.errors import ConfigError
from nightdesk.model import Tags
from nightdesk.settings import load_settings
from nightdesk.tag import TAG_VERSION, Gazetteer, Tagger
from nightdesk.tag.finder import Found

STAND_INS = Path(__file__).parent / "data" / "backends"
IS_REAL = "NIGHTDESK_BACKENDS" in os.environ
NAMES = {
    "Odelia Brandvik": "PERSON",
    "the Kelmora Guild": "ORG",
    "United Nations": "ORG",
    "Lima": "GPE",
    "Mbeko": "GPE",
    "Peruvian": "NORP",
    "Monday": "DATE",
}


@pytest.fixture(autouse=True)
def _libraries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let spacy and gliner be found, and the sockets be shut."""

    def refuse(*_: object) -> None:
        raise AssertionError("a back end wants the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    if not IS_REAL:
        monkeypatch.syspath_prepend(str(STAND_INS))
    yield
    if not IS_REAL:
        for name in {"spacy", "gliner", "en_desk"} & sys.modules.keys():
            del sys.modules[name]


def write_spacy_model(folder: Path, names: dict[str, str] = NAMES) -> Path:
    import spacy

    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns([{"pattern": n, "label": label} for n, label in names.items()])
    pipeline.meta |= {"name": "desk", "version": "1.2.0"}
    folder.parent.mkdir(parents=True, exist_ok=True)
    pipeline.to_disk(folder)
    return folder


def write_gliner_model(folder: Path, text: str) -> Path:
    if IS_REAL:
        from tinygliner import write_model

        write_model(folder, folder.parent / "encoder", text)
        shutil.rmtree(folder.parent / "encoder")
    else:
        names = {"Odelia Brandvik": "person", "Kelmora Guild": "organization"}
        folder.mkdir()
        (folder / "gliner_config.json").write_text(json.dumps({"names": names}))
    return folder


def tag(tagger: Tagger, text: str) -> Tags:
    return tagger.tag(article_id=1, title=None, text=text, lang="en")


def list_names(tags: Tags) -> list[str]:
    return [f"{m.surface} {m.type}" for m in tags.mentions]


# settings ------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    ["spcy:x", "spacy:", "spacy: ", "spacy", "CRF", "crf:x", "crf rules", "stanza:en"],
)
def test_a_setting_of_no_known_form_names_what_is_allowed(value: str) -> None:
    with pytest.raises(ConfigError, match=r"NIGHTDESK_TAGGER: .*allowed: crf, rules, "):
        load_settings({"NIGHTDESK_TAGGER": value})


@pytest.mark.parametrize(
    ("value", "tagger"),
    [("", "crf"), (" rules ", "rules"), ("spacy:/a b", "spacy:/a b")],
)
def test_a_setting(value: str, tagger: str) -> None:
    assert load_settings({"NIGHTDESK_TAGGER": value}).tagger == tagger


@pytest.mark.parametrize(
    ("setting", "cause"),
    [
        ("spacy:en_web_xl", "no folder and no package of that name: install it"),
        ("spacy:../x.y", "no folder and no package of that name: install it"),
        ("spacy:json", "no model of spacy: .*holds no meta.json"),
        ("spacy:{folder}", "no model of spacy: .*holds no meta.json"),
        ("gliner:urchade/gliner_small", "no folder and no package of that name"),
        ("gliner:{folder}", "no model of gliner: .*holds no gliner_config.json"),
    ],
    ids=[
        "a package that is not installed",
        "no name of a package",
        "a package that is no model",
        "a folder that is no model",
        "an address of a hub is none of ours",
        "a folder of another library",
    ],
)
def test_what_is_not_there_is_named(
    shipped_gazetteer: Gazetteer, tmp_path: Path, setting: str, cause: str
) -> None:
    setting = setting.format(folder=tmp_path)
    says = f"NIGHTDESK_TAGGER: '{setting}': {cause}"
    with pytest.raises(ConfigError, match=says):
        make_tagger(shipped_gazetteer, setting)
    with pytest.raises(ConfigError, match=says):
        check_tagger(setting)


def test_a_library_that_is_not_installed_is_named(
    shipped_gazetteer: Gazetteer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(ConfigError, match="spacy is not installed: pip install spacy"):
        make_tagger(shipped_gazetteer, "spacy:en_desk")


@pytest.mark.parametrize(
    ("file", "body"),
    [("meta.json", "{"), ("meta.json", "[]"), ("config.cfg", None)],
    ids=["no JSON", "another form", "half of a model"],
)
def test_a_damaged_model_is_named(
    shipped_gazetteer: Gazetteer, tmp_path: Path, file: str, body: str | None
) -> None:
    folder = write_spacy_model(tmp_path / "desk")
    (folder / file).unlink()
    if body:
        (folder / file).write_text(body)
    with pytest.raises(ConfigError, match=r"NIGHTDESK_TAGGER: 'spacy:.*cannot read it"):
        tag(make_tagger(shipped_gazetteer, f"spacy:{folder}"), "Lima slept.")


# what they find ------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "Odelia Brandvik of the Kelmora Guild came to Lima on Monday.",
            ["Odelia Brandvik PER", "Kelmora Guild ORG", "Lima LOC"],
        ),
        (
            "Odelia Brandvik left Mbeko. Peruvian nurses cheered Ms. Brandvik.",
            ["Odelia Brandvik PER", "Mbeko LOC", "Peruvian DEMONYM", "Brandvik PER"],
        ),
        ("The Kelmora Shipping Line sank.", []),
        ("Georgia's governor spoke in Atlanta.", ["Georgia LOC", "Atlanta LOC"]),
        ("", []),
    ],
    ids=[
        "types; no article, no date",
        "a town of no table, a later surname; a people is the gazetteer's",
        "what it does not find is none",
        "what the gazetteer knows stays",
        "nothing",
    ],
)
def test_names_of_spacy(
    shipped_gazetteer: Gazetteer, tmp_path: Path, text: str, names: list[str]
) -> None:
    folder = write_spacy_model(tmp_path / "desk")
    assert list_names(tag(make_tagger(shipped_gazetteer, f"spacy:{folder}"), text)) == (
        names
    )


def test_names_of_spacy_are_linked(
    shipped_gazetteer: Gazetteer, tmp_path: Path
) -> None:
    folder = write_spacy_model(tmp_path / "desk")
    text = "Odelia Brandvik of the United Nations came to Lima. Brandvik slept."
    tags = tag(make_tagger(shipped_gazetteer, f"spacy:{folder}"), text)
    ids = [m.entity_id or m.place_id for m in tags.mentions]
    known = [x.id for x in shipped_gazetteer.entities["united nations"]]
    brandvik = "nd:per:odelia-brandvik"
    assert ids == [brandvik, *known, "geonames:3936456", brandvik]
    assert [(c.country, c.is_focus) for c in tags.countries] == [("PE", True)]


def test_names_of_gliner(shipped_gazetteer: Gazetteer, tmp_path: Path) -> None:
    text = "Odelia Brandvik of the Kelmora Guild slept."
    folder = write_gliner_model(tmp_path / "tiny", text)
    tags = tag(make_tagger(shipped_gazetteer, f"gliner:{folder}"), text)
    from gliner import GLiNER

    model = GLiNER.from_pretrained(str(folder), local_files_only=True).eval()
    labels = ["person", "organization", "location"]
    rows = model.predict_entities(text, labels, threshold=0.5)
    assert {(m.start, round(m.score, 2)) for m in tags.mentions} <= {
        (row["start"], round(row["score"], 2)) for row in rows
    }
    assert tags.mentions
    assert tags.version.startswith(f"{TAG_VERSION} gliner-")


@dataclass
class Listed:
    """A finder that says what it was told to."""

    found: Sequence[Found]
    most_pieces: int = 1000
    version: str = "listed-1"

    def find(self, texts: Sequence[str]) -> Iterator[Sequence[Found]]:
        for text in texts:
            assert len(text.split()) <= self.most_pieces + 1
            names = [x for x in self.found if x.end <= len(text)]
            yield (
                names
                if self.most_pieces == 1000
                else [
                    Found(at, at + 4, "PER", 0.9)
                    for at in range(len(text))
                    if text.startswith("Brix", at)
                ]
            )


TEXT = "\u2019The Brixmoor Zale\u2019s 4 men; an Orva \ud83d left. \U0001f98a Kelmbrix"


@pytest.mark.parametrize(
    ("found", "names"),
    [
        ([Found(5, 18, "PER", 0.9)], ["Brixmoor Zale PER"]),
        ([Found(1, 20, "PER", 0.9)], ["Brixmoor Zale PER"]),
        ([Found(4, 15, "PER", 0.9)], ["Brixmoor Zale PER"]),
        ([Found(0, 1, "PER", 0.9), Found(7, 7, "ORG", 0.9)], []),
        (
            [Found(5, 13, "ORG", 0.5), Found(5, 18, "PER", 0.9)],
            ["Brixmoor Zale PER"],
        ),
        ([Found(1, 4, "ORG", 0.9)], []),
        ([Found(44, 54, "PER", 0.9)], ["Kelmbrix PER"]),
    ],
    ids=[
        "as it stands",
        "with an article and an 's",
        "half words are whole ones",
        "signs, and nothing at all",
        "the surer of two",
        "an article is no name",
        "behind half a letter and a large sign",
    ],
)
def test_offsets_of_a_finder(
    shipped_gazetteer: Gazetteer, found: list[Found], names: list[str]
) -> None:
    tags = tag(Tagger(shipped_gazetteer, Listed(found)), TEXT)
    assert list_names(tags) == names
    assert all(TEXT[m.start : m.end] == m.surface for m in tags.mentions)


@pytest.mark.parametrize(
    "text",
    [
        "One two three. Then Brix left. " * 30,
        "Brix one two three four five six seven " * 30,
        "Short. Brix",
    ],
    ids=["sentences", "one without an end", "a short one"],
)
def test_a_long_text_is_read_in_parts(shipped_gazetteer: Gazetteer, text: str) -> None:
    tags = tag(Tagger(shipped_gazetteer, Listed([], most_pieces=10)), text)
    starts = [at for at in range(len(text)) if text.startswith("Brix", at)]
    assert [m.start for m in tags.mentions] == starts


# versions ------------------------------------------------------------------


def test_versions_tell_models_apart(
    shipped_gazetteer: Gazetteer, tmp_path: Path
) -> None:
    one, again = (write_spacy_model(tmp_path / name) for name in ("one", "again"))
    other = write_spacy_model(tmp_path / "other", NAMES | {"Lima": "PERSON"})
    settings = ["crf", "rules", *(f"spacy:{x}" for x in (one, again, other))]
    taggers = [make_tagger(shipped_gazetteer, setting) for setting in settings]
    versions = [tagger.version for tagger in taggers]
    assert versions[:2] == [TAG_VERSION, f"{TAG_VERSION} rules"]
    assert versions[2].startswith(f"{TAG_VERSION} spacy-3.")
    assert ":en_desk-1.2.0@" in versions[2]
    assert versions[2] == versions[3] != versions[4]
    row = {"title": None, "text": "Lima slept.", "lang": "en"}
    digests = [tagger.digest_input(**row) for tagger in taggers]
    assert len(set(digests)) == len(set(versions)) == 4
    tags = tag(taggers[2], "Lima slept.")
    assert (tags.version, tags.input_digest) == (versions[2], digests[2])


def test_a_package_is_loaded_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shipped_gazetteer: Gazetteer
) -> None:
    package = tmp_path / "site" / "en_desk"
    write_spacy_model(package / "en_desk-1.2.0")
    shutil.copy(package / "en_desk-1.2.0" / "meta.json", package)
    (package / "__init__.py").write_text(
        "from pathlib import Path\nimport spacy\n\n\ndef load():\n"
        "    return spacy.load(Path(__file__).parent / 'en_desk-1.2.0')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    tagger = make_tagger(shipped_gazetteer, "spacy:en_desk")
    assert list_names(tag(tagger, "We met in Mbeko.")) == ["Mbeko LOC"]
    assert ":en_desk-1.2.0@" in tagger.version


def test_the_command_tags_by_what_is_set(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = write_spacy_model(tmp_path / "desk")
    rows, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows.write_text(json.dumps({"id": 1, "text": "We met in Mbeko."}))
    words = ["tag", "--jsonl", str(rows), str(out)]
    monkeypatch.setenv("NIGHTDESK_TAGGER", f"spacy:{folder}")
    assert main(words) == 0
    assert json.loads(out.read_text())["entities"] == [[10, 15, "LOC"]]
    monkeypatch.setenv("NIGHTDESK_TAGGER", "spacy:en_web_xl")
    assert main(words) == 2
    assert "NIGHTDESK_TAGGER: 'spacy:en_web_xl'" in capsys.readouterr().err


def test_a_night_is_not_begun_without_its_tagger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NIGHTDESK_DATA", str(tmp_path))
    monkeypatch.setenv("NIGHTDESK_TAGGER", "spacy:en_web_xl")
    assert main(["run", "--night", "2026-03-01", "--offline"]) == 2
    told = capsys.readouterr()
    assert "NIGHTDESK_TAGGER: 'spacy:en_web_xl'" in told.err
    assert "deduplicate" not in told.out
