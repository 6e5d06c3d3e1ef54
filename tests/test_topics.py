"""Topics: what speaks for one, what does not, and how good each of them is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nightdesk.errors import ConfigError
from nightdesk.gazetteer import load_gazetteer
from nightdesk.model import Tags
from nightdesk.tag import Tagger

sys.path.insert(0, str(Path(__file__).parent / "bench"))
from topics import CODES, measure, read_labelled

LEAST_PRECISION = 0.8  # of a topic that is shipped, on all labelled articles


def tag(tagger: Tagger, text: str, title: str | None = None, lang: str = "en") -> Tags:
    return tagger.tag(article_id=1, title=title, text=text, lang=lang)


def name_topics(tags: Tags) -> list[str]:
    return [score.topic for score in tags.topics]


FROST = "Forecasters expect snow and frost; the blizzard reaches the hills by dawn."


def test_a_topic_says_which_words_speak_for_it(tagger: Tagger) -> None:
    tags = tag(tagger, FROST)
    [weather] = tags.topics
    assert weather.topic == CODES["wea"]
    assert {hit.term for hit in weather.hits} >= {"forecaster", "frost", "blizzard"}
    assert weather.score == pytest.approx(sum(hit.weight for hit in weather.hits))


def test_the_title_and_the_lead_count_twice(tagger: Tagger) -> None:
    late = "word " * 60 + FROST
    assert tag(tagger, FROST).topics[0].score > tag(tagger, late).topics[0].score
    titled = tag(tagger, late, title="Blizzard and frost").topics[0]
    assert titled.score > tag(tagger, late).topics[0].score


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Bishop Cardinal of Church Street met Ms. Temple Priest in Monk Bretton.",
        "The blizzard.",
        "They talked about a book and a review, and then about the art of it.",
        "",
    ],
    ids=["names of persons and places", "one word", "weak words alone", "no word"],
)
def test_little_or_nothing_is_no_topic(tagger: Tagger, text: str) -> None:
    assert tag(tagger, text).topics == ()


def test_other_languages_have_none(tagger: Tagger) -> None:
    assert tag(tagger, FROST, lang="de").topics == ()


def test_labels_belong_to_articles_that_are_there() -> None:
    rows = read_labelled()
    assert len(rows) > 250
    counts = {code: sum(code in row.topics for row in rows) for code in CODES.values()}
    assert min(counts.values()) >= 10, counts


def test_topics_that_are_shipped_are_good_enough(tagger: Tagger) -> None:
    result = measure(read_labelled(), tagger)
    shipped = tagger.gazetteer.topics.names
    assert set(shipped) == set(CODES.values()) - {CODES["hum"], CODES["lif"]}
    for topic, name in shipped.items():
        right, found, _ = result[topic]
        assert found >= 7, name
        assert right / found >= LEAST_PRECISION, name


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            "{id: a, name: A, strong: [x]}",
            "a strong: must be text, words between commas",
        ),
        ("{id: a, name: A, least: high}", "a least: 'high', allowed: a number above 0"),
        (
            "{id: a, name: A, words: x}",
            "a: unknown key words, allowed: id, name, least",
        ),
    ],
)
def test_a_bad_row_is_named(
    tmp_path: Path, few_cities: Path, row: str, problem: str
) -> None:
    (tmp_path / "topics.yaml").write_text(f"topics:\n  - {row}\n")
    with pytest.raises(ConfigError) as caught:
        load_gazetteer(few_cities, tmp_path)
    assert problem in str(caught.value)


def test_a_user_adds_a_topic_and_takes_one_out(
    tmp_path: Path, few_cities: Path
) -> None:
    (tmp_path / "topics.yaml").write_text(
        "topics:\n"
        "  - {id: x-bees, name: bees, strong: 'beekeeper, honey'}\n"
        '  - {id: "17000000", name: weather, enabled: false}\n'
    )
    tagger = Tagger(load_gazetteer(few_cities, tmp_path))
    assert name_topics(tag(tagger, "Beekeepers sold honey.")) == ["x-bees"]
    assert name_topics(tag(tagger, FROST)) == []
