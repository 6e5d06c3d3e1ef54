"""The trained tagger: labelled text, islands, training, and what shipped weights do."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Set
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nightdesk.__main__ import main
from nightdesk.cli import train
from nightdesk.cli.train import read_examples, train_model
from nightdesk.errors import ConfigError
from nightdesk.gazetteer import load_gazetteer
from nightdesk.tag import Tagger
from nightdesk.tag.corpus import Example, parse_marked, parse_rows
from nightdesk.tag.crf import choose_labels
from nightdesk.tag.echo import hear_echoes
from nightdesk.tag.features import Island
from nightdesk.tag.islands import find_islands
from nightdesk.tag.net import (
    LABELS,
    REACH,
    UNIT,
    Net,
    NetWeights,
    WordVectors,
    list_arrays,
    make_weights,
    normalize,
)
from nightdesk.tag.spans import Passage
from nightdesk.tag.table import Gazetteer, find_families
from nightdesk.tag.words import split_pieces

CONFIG = Path(__file__).parents[1] / "include" / "config"
CORPUS = CONFIG / "corpus"
Names = set[tuple[int, int, str]]


@pytest.fixture(scope="module")
def gazetteer(shipped_gazetteer: Gazetteer) -> Gazetteer:
    return shipped_gazetteer


@pytest.fixture(scope="module")
def tagger(gazetteer: Gazetteer) -> Tagger:
    return Tagger(gazetteer)


def find_names(tagger: Tagger, text: str) -> Names:
    tags = tagger.tag(article_id=1, title=None, text=text, lang="en")
    listed = (m for m in tags.mentions if not m.rule.endswith("in organisation"))
    return {(m.start, m.end, m.type) for m in listed if m.type != "DEMONYM"}


def score(tagger: Tagger, examples: Iterable[Example]) -> float:
    """Return the strict F1 of the names found in labelled documents."""
    right = found = gold = 0
    for example in examples:
        names = find_names(tagger, example.text)
        right += len(names & set(example.names))
        found += len(names)
        gold += len(example.names)
    return 2 * right / (found + gold)


# labelled text -------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="nothing is no document"),
        pytest.param("# only a comment\n\n", [], id="a comment is no document"),
        pytest.param(
            "[Ana Roa](PER) left.\n[Oslo](LOC) slept.",
            [("Ana Roa left.\nOslo slept.\n", {"Ana Roa": "PER", "Oslo": "LOC"})],
            id="lines that touch are one document",
        ),
        pytest.param(
            "One.\n\n\n# next\nThe [UN](ORG) met.\n",
            [("One.\n", {}), ("The UN met.\n", {"UN": "ORG"})],
            id="a blank line parts documents",
        ),
        pytest.param(
            "See (this) for [Bank of Norway](ORG)(again).",
            [("See (this) for Bank of Norway(again).\n", {"Bank of Norway": "ORG"})],
            id="other brackets are text",
        ),
    ],
)
def test_marked_text(text: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    examples = parse_marked(text, "x.txt")
    assert [
        (e.text, {e.text[start:end]: type_ for start, end, type_ in e.names})
        for e in examples
    ] == expected


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Fine.\n[Oslo](CITY) slept.", "x.txt:2: type CITY, allowed: PER, ORG, LOC"),
        ("[Oslo] (LOC) slept.", "x.txt:1: a bracket outside"),
        ("The [[UN](ORG) met.", "x.txt:1: a bracket outside"),
    ],
    ids=["another type", "a blank inside a mark", "a bracket too many"],
)
def test_broken_mark_is_named_by_file_and_line(text: str, cause: str) -> None:
    with pytest.raises(ConfigError, match=cause):
        parse_marked(text, "x.txt")


@pytest.mark.parametrize(
    "line",
    ["no json", "[1]", '{"text": "Oslo"}', '{"text": "a", "entities": [[0, 1, "X"]]}'],
    ids=["no JSON", "no object", "no entities", "another type"],
)
def test_broken_row_is_named_by_file_and_line(line: str) -> None:
    good = json.dumps({"text": "Oslo", "entities": [[0, 4, "LOC"]]})
    with pytest.raises(ConfigError, match=r"rows\.jsonl:3"):
        list(parse_rows([good, "", line], "rows.jsonl"))


@pytest.mark.parametrize(
    "span", [[0, 5, "LOC"], [-1, 2, "LOC"], [3, 3, "ORG"], [9, 12, "PER"]], ids=str
)
def test_a_span_outside_of_its_text_is_named(span: list[Any]) -> None:
    line = json.dumps({"text": "Oslo", "entities": [span]})
    where = f"[{span[0]}, {span[1]}, {span[2]}]"
    with pytest.raises(ConfigError, match=r"rows\.jsonl:1.*" + re.escape(where)):
        list(parse_rows([line], "rows.jsonl"))


def test_every_shipped_document_parses_and_has_names() -> None:
    examples = list(read_examples(CORPUS))
    assert len(examples) > 40
    assert all(example.names for example in examples)


# islands -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "islands"),
    [
        ("The mayor met them.", []),
        ("It rained on Monday.", []),
        ("She works for the Bank of the South now.", ["Bank of the South"]),
        ("Rebels of al-Nuur took Mbeko.", ["Rebels of al-Nuur", "Mbeko"]),
        ("She sold an iPhone 9 there.", ["iPhone 9"]),
        (
            "Lima, Quito and Oslo agreed. Bonn did not.",
            ["Lima, Quito and Oslo", "Bonn"],
        ),
        ("WHO warned.", ["WHO"]),
        ("We met Ku Bon-seok and, later, Lau Chi-wai.", ["Ku Bon-seok", "Lau Chi-wai"]),
        (
            "with Hwang Do\u2011yun near Al Ba'itha.",
            ["Hwang Do\u2011yun", "Al Ba'itha"],
        ),
        ("the Ta\u2019ang National Army", ["Ta\u2019ang National Army"]),
        ("a Tokyo-based firm of Beqa-bound crews", ["Tokyo", "Beqa"]),
        ("the U.S.-led force, the Saudi-brokered truce", ["U.S", "Saudi"]),
        ("when Ana's aunt says Ana'll tell.", ["Ana's", "Ana"]),
        ("the Workers' Party met the Ruizes' aunt.", ["Workers' Party", "Ruizes"]),
        ("about Kelmora Co., Ltd. and others", ["Kelmora Co., Ltd"]),
        ("with Joel arap Kirui.", ["Joel arap Kirui"]),
        ("from Deir ez-Zor by Port-au-Prince.", ["Deir ez-Zor", "Port-au-Prince"]),
        ('with Eoghan "Ned" Tuohy.', ['Eoghan "Ned" Tuohy']),
        ('the "Ned" song', ["Ned"]),
        ("the 10th Mountain Brass, says 6PR", ["10th Mountain Brass", "6PR"]),
        ("some 1,200 Kenyans in 1998 Lima", ["Kenyans", "Lima"]),
    ],
    ids=[
        "a word that starts a sentence is none",
        "a day is none",
        "small words may stand inside",
        "a glued particle belongs to it",
        "a capital inside a word will do",
        "commas part no island, sentences do",
        "capital letters at the start count",
        "a piece behind a hyphen belongs to a name",
        "so does one behind an apostrophe or a hard hyphen",
        "also before more of the name",
        "words that make an adjective do not",
        "nor after a point, nor any that ends like a verb",
        "nor the end of a short form",
        "a plural's apostrophe parts no name",
        "nor does the comma of a company's legal form",
        "a Kalenjin particle",
        "small words with a hyphen",
        "a nickname in quotation marks",
        "other quotation marks part",
        "a number may begin a name",
        "but not a count or a year",
    ],
)
def test_islands(text: str, islands: list[str]) -> None:
    assert list_islands(text) == islands


@pytest.mark.parametrize(
    ("text", "islands"),
    [
        ("we left pakistan as wisconsin won", ["pakistan", "wisconsin"]),
        ("a bank of england; the Bank of england", ["england", "Bank of england"]),
        ("we ate turkey", []),
    ],
    ids=[
        "a word that others capitalise is a name",
        "it ends one too",
        "another is not",
    ],
)
def test_islands_in_lower_case(text: str, islands: list[str]) -> None:
    assert list_islands(text, {"pakistan", "wisconsin", "england"}) == islands


def list_islands(text: str, proper: Set[str] = frozenset()) -> list[str]:
    words = split_pieces(text)
    return [words.surface(*where) for where in find_islands(words, proper)]


# echoes --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "others", "gains"),
    [
        ("Lumo met. Lumo won", "B-ORG", "B-ORG"),
        ("LUMO met. Lumo won", "B-PER", "B-PER"),
        ("Lumo met. lumo won", "B-ORG", None),
        ("Luma met. Lumo won", "B-ORG", None),
    ],
    ids=[
        "a word hears what is thought of it elsewhere",
        "whatever its capitals",
        "not where it has none",
        "nor what is thought of others",
    ],
)
def test_echoes(text: str, others: str, gains: str | None) -> None:
    passage = Passage("text", 0, 0, split_pieces(text))
    islands = [Island(passage, at, at + 1, [], []) for at in (0, 2)]
    sure = [math.log(0.94 if x == others else 0.01) for x in LABELS]
    unsure = [math.log(1 / len(LABELS))] * len(LABELS)
    heard = hear_echoes(islands, np.array([sure, unsure]))
    assert np.exp(heard).sum(axis=1) == pytest.approx([1, 1])
    found = {
        label
        for label, old, new in zip(LABELS, unsure, heard[1], strict=True)
        if new > old + 0.01
    }
    assert found == ({gains, f"I{gains[1:]}"} if gains else set())


# families of words ---------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "families"),
    [
        ("ana", (7, 0, 0, 7)),
        ("anas", (1, 2, 3, 1)),
        ("lima", (0, 0, 0, 0)),
        ("oslo", (12, 0, 0, 2050)),
        ("a", None),
        ("limas", None),
        ("zagreb", None),
        ("", None),
    ],
    ids=[
        "the first row",
        "a row that begins like the one before",
        "the number nought is one",
        "the last row, a word with a vector of its own",
        "a word before all",
        "a word between two rows",
        "a word behind all",
        "no word",
    ],
)
def test_families_of_a_word(
    word: str, families: tuple[int, int, int, int] | None
) -> None:
    lines = f"ana\t7\nanas\t3149825\nlima\t0\noslo\t{12 | 2050 << 27}\n"
    assert find_families(lines, word) == families


def test_no_families_are_none() -> None:
    assert find_families("", "lima") is None


def test_shipped_families_are_found_one_by_one(gazetteer: Gazetteer) -> None:
    rows = gazetteer.families.splitlines()
    assert rows == sorted(rows)
    for row in rows[:: len(rows) // 500]:
        word, number = row.split("\t")
        found = find_families(gazetteer.families, word)
        assert found is not None
        families = found.large << 20 | found.middle << 11 | found.small
        own = int(number) >> 27
        assert families == int(number) % (1 << 27)
        assert found.vector == (own or found.small)


# the shipped weights -------------------------------------------------------


def test_shipped_weights_fit_the_features(tagger: Tagger) -> None:
    """Weights of an older features.py would know little of what they learned from."""
    assert score(tagger, read_examples(CORPUS)) > 0.9


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Talks with Ngozi Adewale-Brandt failed.", {"Ngozi Adewale-Brandt": "PER"}),
        (
            "Shares in Kelmora Shipping fell in Oslo.",
            {"Kelmora Shipping": "ORG", "Oslo": "LOC"},
        ),
        ("Police closed the road to Tsabongale.", {"Tsabongale": "LOC"}),
        (
            "The Federation of Lake Fishers met Odelia Brandvik.",
            {"Federation of Lake Fishers": "ORG", "Odelia Brandvik": "PER"},
        ),
    ],
    ids=["a person", "a company", "a town of no table", "an association"],
)
def test_names_of_no_table(tagger: Tagger, text: str, names: dict[str, str]) -> None:
    found = find_names(tagger, text)
    assert {text[start:end]: type_ for start, end, type_ in found} == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            'It leaned slowly, and then the windows went," said passenger Sefton '
            "Zamoreno. Investigators measured a rail.",
            ["Sefton Zamoreno PER"],
        ),
        (
            'Jovanka Sorrelgate smiled when asked: "Storms come and go."',
            ["Jovanka Sorrelgate PER"],
        ),
        (
            "A manager of Windlass Marine said in a statement. Windlass Marine put "
            "forward 27.3 percent over two years.",
            ["Windlass Marine ORG", "Windlass Marine ORG"],
        ),
        (
            "Officials gave Amberline Telecom until Monday to explain. Amberline "
            "Telecom, listed on the exchange in Galle, closed lower.",
            ["Amberline Telecom ORG", "Amberline Telecom ORG", "Galle LOC"],
        ),
        (
            "It was read by commuter Halima Varga-Linde of Sunder Valley Dairies.",
            ["Halima Varga-Linde PER", "Sunder Valley Dairies ORG"],
        ),
        (
            "Neighbouring Mexico follows it closely, its embassy in Bangkok said.",
            ["Mexico LOC", "Bangkok LOC"],
        ),
        (
            "The students of Tidewater College smiled.",
            ["Tidewater College ORG"],
        ),
    ],
    ids=[
        "a passenger is a person",
        "who smiles is a person",
        "a company whose first word begins a sentence",
        "a company before a comma",
        "a person of a company",
        "a neighbour at the beginning of a sentence",
        "a college whose students smile is none",
    ],
)
def test_a_word_that_has_one_side_decides(
    tagger: Tagger, text: str, names: list[str]
) -> None:
    found = sorted(find_names(tagger, text))
    told = [f"{text[start:end]} {type_}" for start, end, type_ in found]
    assert told == names


def test_every_slice_is_its_surface(tagger: Tagger) -> None:
    for example in read_examples(CORPUS):
        tags = tagger.tag(
            article_id=1, title="Oslo waits", text=example.text, lang="en"
        )
        assert all(
            mention.surface == example.text[mention.start : mention.end]
            for mention in tags.mentions
            if mention.field == "text"
        )


def test_rules_do_without_weights(gazetteer: Gazetteer) -> None:
    text = "Finance Minister Odelia Brandvik resigned in Oslo."
    tags = Tagger(replace(gazetteer, weights=b"")).tag(
        article_id=1, title=None, text=text, lang="en"
    )
    assert [(m.surface, m.rule) for m in tags.mentions] == [
        ("Odelia Brandvik", "title"),
        ("Oslo", "capital"),
    ]


def test_weights_that_are_none_are_named(tmp_path: Path, few_cities: Path) -> None:
    path = tmp_path / "model" / "names.npz"
    path.parent.mkdir()
    path.write_bytes(b"no weights")
    with pytest.raises(ConfigError, match=r"names\.npz: no weights"):
        load_gazetteer(few_cities, tmp_path)


def test_weights_of_an_earlier_version_are_named(
    tmp_path: Path, few_cities: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "model" / "names.crfsuite"
    path.parent.mkdir()
    path.write_bytes(b"lCRF")
    shipped = load_gazetteer(few_cities)
    assert not caplog.messages
    assert load_gazetteer(few_cities, tmp_path).weights == shipped.weights
    (warned,) = caplog.messages
    assert f"{path}: learned by an earlier version, is not read" in warned


# the network ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("chances", "labels"),
    [
        ([{"B-PER": 0.9}, {"I-PER": 0.9}], "B-PER I-PER"),
        ([{"O": 0.6, "B-ORG": 0.4}, {"I-ORG": 0.9}], "B-ORG I-ORG"),
        ([{"B-PER": 0.9}, {"I-ORG": 0.6, "I-PER": 0.3}], "B-PER I-PER"),
        ([{"I-LOC": 0.9, "B-LOC": 0.05}], "B-LOC"),
        ([{"B-LOC": 0.9}, {"B-LOC": 0.9}, {"O": 0.9}], "B-LOC B-LOC O"),
    ],
    ids=[
        "a name goes on",
        "what goes on has begun",
        "a name goes on as it began",
        "nothing goes on at the beginning",
        "a name may follow another",
    ],
)
def test_labels_that_fit_together(chances: list[dict[str, float]], labels: str) -> None:
    rows = [[math.log(row.get(x, 0.001)) for x in LABELS] for row in chances]
    assert [LABELS[x] for x in choose_labels(rows)] == labels.split()


def make_net() -> Net:
    """Return a network of two units: one for "lima" before a piece, one for a feature.

    A row of its window is four cells of each place: two of a vector, two flags, and a
    sign for a capital behind them.
    """
    width = 5
    window = np.zeros((width * (2 * REACH + 1), 2), np.int8)
    window[width * (REACH - 1), 0] = 1
    table = np.array([[0, 0], [0, 1]], np.int8)
    out = np.zeros((2, len(LABELS)), np.int16)
    out[0, LABELS.index("B-LOC")] = out[1, LABELS.index("B-PER")] = 1
    weights = NetWeights(
        features={"b": 1},
        table=table,
        table_scale=np.array([1.0, 1.0]),
        window=window,
        window_scale=np.array([0.25, 0.25]),
        bias=np.zeros(2),
        out=out,
        out_scale=np.full(len(LABELS), 1 / UNIT),
        out_bias=np.zeros(len(LABELS)),
    )
    arrays = list_arrays(weights)
    file = BytesIO()
    np.save(file, np.array([[12, 0], [0, 0]], np.int8))
    return Net(WordVectors(file.getvalue()), make_weights(arrays))


@pytest.mark.parametrize(
    ("vectors", "features", "scores"),
    [
        ([1, 1], [["x"]], {}),
        ([0, 1], [["x"]], {"B-LOC": 3.0}),
        ([1, 1], [["x", "b"]], {"B-PER": 1.0}),
        ([0, -1], [["b", "x"]], {"B-LOC": 3.0, "B-PER": 1.0}),
    ],
    ids=["nothing known", "a word before", "a feature", "both, of no word"],
)
def test_a_network_adds_up(
    vectors: list[int], features: list[list[str]], scores: dict[str, float]
) -> None:
    passage = Passage("text", 0, 0, split_pieces("from Lima"))
    island = Island(passage, 1, 2, features, vectors)
    expected = normalize(np.array([[scores.get(x, 0.0) for x in LABELS]]))
    assert make_net().weigh([island]) == pytest.approx(expected)


# training ------------------------------------------------------------------


@pytest.mark.slow
def test_training_learns_news_that_it_has_not_seen(gazetteer: Gazetteer) -> None:
    examples = list(read_examples(CORPUS))
    kept, held_out = examples[::8], examples[1::8]
    weights = train_model(gazetteer, kept)
    assert weights == train_model(gazetteer, kept)
    rules = score(Tagger(replace(gazetteer, weights=b"")), held_out)
    assert score(Tagger(replace(gazetteer, weights=weights)), held_out) > rules


@pytest.mark.slow
@pytest.mark.shared
def test_training_again_gives_the_shipped_figures(
    gazetteer: Gazetteer, shared: Path
) -> None:
    folder = shared / "data" / "enrichment"
    learned = [
        *read_examples(CORPUS),
        *read_examples(folder / "ner_train.jsonl.gz", ["gum-"]),
    ]
    weights = train_model(gazetteer, learned)
    held_out = list(read_examples(folder / "ner_dev.jsonl.gz"))[::4]
    again = score(Tagger(replace(gazetteer, weights=weights)), held_out)
    assert again == pytest.approx(score(Tagger(gazetteer), held_out), abs=0.005)


@pytest.mark.slow
def test_train_writes_weights_that_the_user_s_tagger_takes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    gazetteer: Gazetteer,
) -> None:
    monkeypatch.setenv("NIGHTDESK_DATA", str(tmp_path))
    # an eighth of the shipped corpus: what is learned from all of it is tested above
    monkeypatch.setattr(
        train, "read_examples", lambda *given: list(read_examples(*given))[::8]
    )
    extra = tmp_path / "desk.txt"
    extra.write_text("[Ana Roa](PER) of the [Gull Party](ORG) won [Mbeko](LOC).\n")
    assert main(["train", "--extra", str(extra)]) == 0
    assert "learned from" in capsys.readouterr().out
    own = load_gazetteer(CONFIG, tmp_path / "config")
    assert own.weights
    assert own.weights != gazetteer.weights
    assert own.version != gazetteer.version


@pytest.mark.parametrize(
    ("name", "cause"),
    [("missing.txt", "No such file"), ("notes.csv", "is no .txt or .jsonl")],
)
def test_train_names_what_it_cannot_read(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    cause: str,
) -> None:
    (tmp_path / "notes.csv").write_text("a,b")
    path = tmp_path / name
    assert main(["train", "--extra", str(path), "--out", str(tmp_path / "w")]) == 2
    assert cause in capsys.readouterr().err


def test_train_without_text_says_so(gazetteer: Gazetteer) -> None:
    with pytest.raises(ConfigError, match="no labelled text"):
        train_model(gazetteer, [])
