"""Copies are joined, look-alikes are not, and neither order nor batch matters."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nightdesk.deduplicate import (
    RULE_VERSION,
    Document,
    cluster_pairs,
    demote_digests,
    find_digests,
    find_pairs,
    fingerprint_text,
    rank_document,
)
from nightdesk.deduplicate import candidates as candidates_module
from nightdesk.deduplicate.jsonl import deduplicate_rows, story_rows
from nightdesk.deduplicate.scan import hash_words
from nightdesk.model import Pair
from nightdesk.text import hash_text, split_words

# What every landing area in the world has stored for these two texts.
PINNED_WORDS = (-7376371542752395900,)
PINNED_CHINESE = (206824701889848596, 640484595425475304, 736879101428085378)

DATA = Path(__file__).parent / "data" / "duplicates"
TEXTS: dict[str, str] = yaml.safe_load((DATA / "texts.yaml").read_text("utf-8"))
CASES: dict[str, Any] = yaml.safe_load((DATA / "cases.yaml").read_text("utf-8"))
NOON = datetime(2031, 5, 6, 12, tzinfo=UTC)

REWRITTEN = (
    "A ship on its way along the coast has got stuck in shallow water with more than "
    "two hundred travellers, all of whom are safe, rescuers reported this morning."
)
LOCAL = (
    "Our readers followed every minute of what happened; here is the whole account, as "
    "correspondents of this newspaper wrote it down for the people of the quarter."
)
CHANGES: dict[str, Callable[[str], str]] = {
    "shout": lambda text: text.upper().replace("\n", "\n\n  "),
    "drop_last_line": lambda text: "\n".join(text.splitlines()[:-1]),
    "rewritten_lead": lambda text: "\n".join([REWRITTEN, *text.splitlines()[1:]]),
    "local_lead": lambda text: "\n".join([LOCAL, *text.splitlines()[1:]]),
    "only_marks": lambda text: text + " ... --- \n * ",
    "other_figures": lambda text: re.sub(r"\d", "9", text),
    "more_to_follow": lambda text: text + "More to follow.",
}


def make_row(row: dict[str, Any]) -> dict[str, Any]:
    text = "".join(TEXTS[name] for name in row["text"])
    change = CHANGES.get(row.get("change", ""), str)
    return {**row, "text": change(text)}


def make_document(article_id: int, text: str, **fields: Any) -> Document:
    document = Document(
        article_id=article_id,
        text=text,
        title=None,
        published_at=NOON,
        canonical_url=f"https://example.org/{article_id}",
        source_id=None,
        text_hash=hash_text(text),
        hashes=fingerprint_text(text),
    )
    return replace(document, **fields)


def after(days: int) -> datetime:
    return NOON + timedelta(days=days)


def make_chance(seed: int) -> random.Random:
    return random.Random(seed)


def make_corpus(seed: int) -> list[Document]:
    """Some sixty variants of the sample texts, at times up to forty days apart."""
    chance = make_chance(seed)
    names = [name for name in TEXTS if name != "boilerplate"]
    documents = []
    for _ in range(60):
        lines = TEXTS[chance.choice(names)].splitlines()
        if chance.random() < 0.4:
            lines = lines[: chance.randint(1, len(lines))]
        if chance.random() < 0.2:
            lines += TEXTS[chance.choice(names)].splitlines()
        if chance.random() < 0.3:
            lines += TEXTS["boilerplate"].splitlines()
        days = chance.choice([0, 0, 0.5, 2, 5, 29, 40, None])
        documents.append(
            make_document(
                chance.getrandbits(64) - 2**63,
                "\n".join(lines),
                title=chance.choice(["Ferry", "Frost", None]),
                published_at=None if days is None else NOON + timedelta(days=days),
                source_id=chance.choice(["coast", "valley", None]),
            )
        )
    return documents


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_rows_get_the_cluster_and_kind(case: dict[str, Any]) -> None:
    rows = [make_row(row) for row in case["rows"]]
    found = deduplicate_rows(rows)
    assert [row["status"] for row in found] == ["ok"] * len(rows)
    assert {
        row["id"]: [row["cluster_id"], row["duplicate_of"], row["kind"]]
        for row in found
    } == case["expect"]
    assert sorted(
        deduplicate_rows(rows[::-1]), key=lambda row: str(row["id"])
    ) == sorted(found, key=lambda row: str(row["id"]))


BAD_ROWS = {
    "a row that is no object": (["ferry"], "bad_row"),
    "no id": ({"text": "Rain."}, "bad_id"),
    "an id that is a part of a number": ({"id": 7.5, "text": "Rain."}, "bad_id"),
    "an id that is true": ({"id": True, "text": "Rain."}, "bad_id"),
    "an empty id": ({"id": "", "text": "Rain."}, "bad_id"),
    "the id of another row": ({"id": "twice", "text": "Rain."}, "bad_id"),
    "no text": ({"id": "x"}, "bad_text"),
    "a text that is a list": ({"id": "x", "text": ["Rain."]}, "bad_text"),
    "a title that is a number": ({"id": "x", "text": "Rain.", "title": 3}, "bad_title"),
    "a time in words": (
        {"id": "x", "text": "Rain.", "published_at": "last Tuesday"},
        "bad_published_at",
    ),
    "a time that is a number": (
        {"id": "x", "text": "Rain.", "published_at": 1924000000},
        "bad_published_at",
    ),
    "a time before the first year": (
        {"id": "x", "text": "Rain.", "published_at": "0001-01-01T00:00:00+05:00"},
        "bad_published_at",
    ),
}


@pytest.mark.parametrize(("bad", "status"), BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_a_bad_row_has_a_status_and_stops_no_other(bad: Any, status: str) -> None:
    good = [
        {"id": name, "published_at": None, "title": None, "text": TEXTS["ferry"]}
        for name in ("a", "b")
    ]
    twin = {"id": "twice", "text": "Rain.", "published_at": None}
    first, found, last, second = deduplicate_rows([good[0], bad, twin, good[1]])
    assert found["status"].split(":")[0] == status
    assert (found["kind"], found["duplicate_of"]) == ("unique", None)
    assert last["kind"] == "unique"
    assert (first["kind"], second["kind"]) == ("unique", "exact")


NO_IDS = {
    "no id, twice": [{"text": "Rain."}, {"id": None, "text": "Rain."}],
    "one id, twice": [{"id": "x", "text": "Rain."}, {"id": "x", "text": "Rain."}],
    "one id, once without a text": [{"id": "x", "text": "Rain."}, {"id": "x"}],
    "an id as a row without one is named": [{"text": "Rain."}, {"id": "row 1"}],
    "an id and the mark of a name": [{}, {}, {"id": "row 2"}, {"id": "row 2'"}],
    "no rows": ["ferry", None, 7],
}


@pytest.mark.parametrize("rows", NO_IDS.values(), ids=NO_IDS.keys())
def test_bad_rows_are_alone_for_who_groups_them(rows: list[Any]) -> None:
    good = [{"id": name, "text": TEXTS["ferry"]} for name in ("a", "b")]
    for found in (deduplicate_rows([*rows, *good]), story_rows([*rows, *good])):
        groups = [row["cluster_id"] for row in found]
        assert groups[-2:] == ["a", "a"]
        assert len({*groups, None}) == len(rows) + 2


#: Days of publication of one text, and which rows are together.
USES = {
    "undated between two uses": ([0, None, 60], [[0, 1], [2]]),
    "undated before two uses": ([None, 60, 0], [[0, 2], [1]]),
    "two undated between two uses": ([0, None, None, 60], [[0, 1, 2], [3]]),
    "undated in one chain of uses": ([0, 25, 50, None], [[0, 1, 2, 3]]),
    "undated and a later use alone": ([None, 60], [[0, 1]]),
    "undated alone": ([None, None], [[0, 1]]),
    "undated and three uses": ([0, 40, 80, None], [[0, 3], [1], [2]]),
}


@pytest.mark.parametrize(("days", "together"), USES.values(), ids=USES.keys())
def test_an_undated_row_joins_no_two_uses(
    days: list[int | None], together: list[list[int]]
) -> None:
    times = [None if d is None else NOON + timedelta(days=d) for d in days]
    rows = [
        {"id": n, "text": TEXTS["ferry"], "published_at": time and time.isoformat()}
        for n, time in enumerate(times)
    ]
    groups: dict[Any, list[int]] = {}
    for row in deduplicate_rows(rows):
        groups.setdefault(row["cluster_id"], []).append(row["id"])
    assert sorted(groups.values()) == together


GERMAN = (
    "In der Gerbergasse brannte am Freitagabend die alte Markthalle, und die Feuerwehr "
    "löschte bis in den Morgen; verletzt wurde niemand, sagte Hauptmann Odo Kern."
)
ARABIC = "أعلنت بلدية المرفأ أن السوق القديم سيغلق يوم الأحد حتى نهاية الشهر"
#: A text, and the same as somebody else set it.
SET_OTHERWISE = {
    "soft hyphens": (GERMAN, re.sub(r"(?<=[a-zäöü]{4})(?=[a-z]{4})", "\xad", GERMAN)),
    "blanks of no width": (GERMAN, GERMAN.replace("a", "a\u200b")),
    "a joiner of words": (GERMAN, GERMAN.replace("er", "e\u2060r")),
    "signs of direction": (ARABIC, f"\u200f{ARABIC[:20]}\u200e{ARABIC[20:]}"),
    "stretched words": (ARABIC, ARABIC.replace("ال", "الـ")),
    "vowel signs": (ARABIC, ARABIC.replace("ل", "لَ").replace("ق", "قّ")),
}


@pytest.mark.parametrize(("text", "other"), SET_OTHERWISE.values(), ids=SET_OTHERWISE)
def test_what_is_not_seen_makes_no_other_text(text: str, other: str) -> None:
    assert text != other
    rows = [
        {"id": n, "text": words, "published_at": None}
        for n, words in enumerate((text, other))
    ]
    assert [row["kind"] for row in deduplicate_rows(rows)] == ["unique", "exact"]
    assert hash_words(other).tolist() == hash_words(text).tolist()


def test_ids_come_back_as_they_are() -> None:
    rows = [
        {"id": row_id, "text": TEXTS["ferry"], "published_at": f"2031-05-0{day}"}
        for day, row_id in enumerate([7, "7", 0, -3], 1)
    ]
    found = [(row["id"], row["cluster_id"]) for row in deduplicate_rows(rows)]
    assert found == [(7, 7), ("7", 7), (0, 7), (-3, 7)]


def test_no_rows_give_no_rows() -> None:
    assert deduplicate_rows([]) == []


def test_a_digest_makes_no_story_of_its_stories() -> None:
    case = CASES["copies stay joined beside a digest that holds them"]
    found = story_rows([make_row(row) for row in case["rows"]])
    assert [row["story_id"] for row in found] == ["a", "a", "b", "c"]


def test_two_cuts_of_one_report_are_no_digest() -> None:
    sentences = TEXTS["harbour_long"].split("\n")
    rows = [
        {"id": "whole", "title": "Harbour", "text": "\n".join(sentences)},
        {"id": "first", "title": "Cranes", "text": "\n".join(sentences[:4])},
        {"id": "last", "title": "Mooring", "text": "\n".join(sentences[-4:])},
        {"id": "edit", "title": "Harbour", "text": "\n".join(sentences[:-1])},
    ]
    documents = [make_document(i, row["text"]) for i, row in enumerate(rows)]
    assert find_digests(find_pairs(documents), documents) == {}
    whole, first, _, edit = deduplicate_rows(rows)
    assert whole["cluster_id"] == first["cluster_id"] == edit["cluster_id"]


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_the_input_does_not_matter(seed: int) -> None:
    documents = make_corpus(seed)
    pairs = find_pairs(documents)
    rank = {d.article_id: rank_document(d) for d in documents}
    demoted = demote_digests(pairs, find_digests(pairs, documents))
    clusters = cluster_pairs(demoted, rank)
    kinds = {pair.kind for pair in demoted}
    assert {"exact", "near", "contains"} <= kinds, "the corpus must have some of each"
    chance = make_chance(seed)
    for _ in range(3):
        chance.shuffle(documents)
        assert find_pairs(documents) == pairs
        mixed = chance.sample(pairs, len(pairs))
        assert demote_digests(mixed, find_digests(mixed, documents)) == demoted
        mixed = chance.sample(demoted, len(demoted))
        assert list(cluster_pairs(mixed, rank).items()) == list(clusters.items())


@pytest.mark.parametrize("seed", range(4))
def test_batches_give_the_pairs_and_clusters_of_one_go(seed: int) -> None:
    documents = make_corpus(seed)
    a, b, c = documents[:10], documents[10:35], documents[35:]
    parts = [
        *find_pairs(a),
        *find_pairs(b, others=[a]),
        *find_pairs(c, others=[a, b]),
    ]
    whole = find_pairs(documents)
    ranks = {d.article_id: rank_document(d) for d in documents}
    assert cluster_pairs(parts, ranks) == cluster_pairs(whole, ranks)
    assert leave_exact(parts) == leave_exact(whole)
    between = set(find_pairs(b, others=[a])) - set(find_pairs(b))
    joined = [*find_pairs(a), *find_pairs(b), *between]
    assert leave_exact(joined) == leave_exact(find_pairs([*a, *b]))
    assert all(pair.a_id < pair.b_id for pair in whole)


def leave_exact(pairs: Iterable[Pair]) -> set[Pair]:
    return {pair for pair in pairs if pair.kind != "exact"}


@pytest.mark.parametrize("seed", range(6))
def test_few_pairs_join_a_text_as_all_of_them_would(seed: int) -> None:
    chance = make_chance(seed)
    documents = [
        make_document(i, TEXTS["ferry"], published_at=after(chance.randint(0, 400)))
        for i in range(40)
    ]
    ranks = {d.article_id: rank_document(d) for d in documents}
    all_pairs = [
        Pair(a.article_id, b.article_id, "exact", 1.0, "all")
        for a, b in combinations(documents, 2)
        if abs(night_of(a) - night_of(b)) <= 30
    ]
    expected = cluster_pairs(all_pairs, ranks)
    assert cluster_pairs(find_pairs(documents), ranks) == expected
    nights = [documents[n : n + 8] for n in range(0, 40, 8)]
    chance.shuffle(nights)
    parts = [find_pairs(night, nights[:n]) for n, night in enumerate(nights)]
    assert cluster_pairs([p for part in parts for p in part], ranks) == expected


def test_a_text_under_a_thousand_articles_gives_no_million_pairs() -> None:
    days = [n % 50 for n in range(2_000)]
    wall = "Read on with a subscription of the Ostmark Courier, from 3.50 a month. " * 3
    one, other = (
        [
            make_document(first + n, wall, published_at=after(day))
            for n, day in enumerate(days)
        ]
        for first in (0, 2_000)
    )
    assert len(find_pairs(one)) == len(one) - 1
    assert len(find_pairs(one, [other])) == len(one)


def test_an_undated_text_goes_with_the_earliest_and_bridges_nothing() -> None:
    early, late, undated = (
        make_document(i, TEXTS["ferry"], published_at=at)
        for i, at in enumerate((after(0), after(60), None))
    )
    for documents in permutations((early, late, undated)):
        assert [(p.a_id, p.b_id) for p in find_pairs(documents)] == [(0, 2)]


def build_nights(
    documents: Sequence[Document], builds: Sequence[Sequence[int]]
) -> dict[int, int]:
    """Return the clusters after builds of nights, each against what is loaded.

    A build sees what lies within thirty days of its nights; pairs of older builds stay
    stored, and a component is judged again when a build touches it.
    """
    loaded: dict[int, Document] = {}
    pairs: set[Pair] = set()
    for build in builds:
        own = [d for d in documents if night_of(d) in build]
        days = {n + apart for n in build for apart in range(-31, 32)}
        around = [[d for d in loaded.values() if night_of(d) == day] for day in days]
        pairs.update(find_pairs(own, around))
        loaded.update({d.article_id: d for d in own})
    ranks = {i: rank_document(d) for i, d in loaded.items()}
    return cluster_pairs(
        demote_digests(pairs, find_digests(pairs, loaded.values())), ranks
    )


def night_of(document: Document) -> int:
    assert document.published_at is not None
    return (document.published_at - NOON).days


def make_chains(seed: int) -> list[Document]:
    """Chains of edited copies, each within a month of the last, over a hundred days."""
    chance = make_chance(seed)
    documents = []
    for name in ("ferry", "orchard", "japanese"):
        for link in range(6):
            lines = TEXTS[name].splitlines()
            if link % 2:
                del lines[chance.randrange(1, len(lines))]
            at = NOON + timedelta(days=20 * link + chance.randint(0, 4))
            text = "\n".join(lines)
            number = chance.getrandbits(64) - 2**63
            documents.append(make_document(number, text, published_at=at))
    return documents


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_nights_does_not_matter(seed: int) -> None:
    documents = make_chains(seed)
    nights = sorted({night_of(d) for d in documents})
    clusters = build_nights(documents, [nights])
    assert len(set(clusters.values())) == 3, "each chain is one cluster"
    by_id = {d.article_id: d for d in documents}
    spans = [night_of(by_id[i]) - night_of(by_id[c]) for i, c in clusters.items()]
    assert max(spans) > 2 * 31, "the ends of a chain must be out of each other's reach"
    chance = make_chance(seed)
    mixed = chance.sample(nights, len(nights))
    orders = {
        "forwards": [[n] for n in nights],
        "backwards": [[n] for n in reversed(nights)],
        "mixed": [[n] for n in mixed],
        "mixed, some again": [[n] for n in [*mixed, *mixed[:5]]],
        "two at once": [mixed[i : i + 2] for i in range(0, len(mixed), 2)],
    }
    found = {name: build_nights(documents, builds) for name, builds in orders.items()}
    assert found == dict.fromkeys(orders, clusters)


def test_reports_from_one_template_never_chain() -> None:
    chance = make_chance(7)
    places = [f"{a}{b}" for a in ("Lark", "Ost", "Mar", "Fen") for b in
              ("haven", "ford", "by", "wick", "mouth")]  # fmt: skip
    documents = [
        make_document(
            n,
            f"Weather for {chance.choice(places)} on the {chance.randint(1, 28)}th. "
            f"{chance.choice(places)} expects {chance.randint(1, 40)} degrees, wind of "
            f"{chance.randint(41, 99)} knots and {chance.randint(100, 999)} mm "
            "of rain before the evening. Drivers are asked to slow down on the coast "
            f"road to {chance.choice(places)}, and boats of less than "
            f"{chance.randint(10, 60)} feet should stay in {chance.choice(places)}.",
        )
        for n in range(150)
    ]
    clusters = cluster_pairs(
        find_pairs(documents), {d.article_id: rank_document(d) for d in documents}
    )
    sizes = [list(clusters.values()).count(c) for c in set(clusters.values())]
    assert max(sizes, default=1) <= 2


def test_an_article_in_own_and_others_is_compared_once() -> None:
    a, b = (make_document(i, TEXTS["ferry"]) for i in (1, 2))
    assert find_pairs([a], others=[[a, b]]) == find_pairs([a, b])
    assert find_pairs([], others=[[a, b]]) == ()


def test_an_article_given_twice_is_an_error() -> None:
    a = make_document(1, TEXTS["ferry"])
    with pytest.raises(ValueError, match="given twice"):
        find_pairs([a, a])


@pytest.mark.parametrize("rows", [1, 50, 5_000])
def test_small_blocks_find_the_same_pairs(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = make_corpus(9)
    whole = find_pairs(documents)
    monkeypatch.setattr(candidates_module, "BLOCK_ROWS", rows)
    assert find_pairs(documents) == whole


def test_hot_hashes_prove_nothing_but_equal_texts_do() -> None:
    copy = TEXTS["ferry"] + TEXTS["boilerplate"]
    texts = [TEXTS["ferry"], TEXTS["ferry"], copy]
    documents = [make_document(i, text) for i, text in enumerate(texts)]
    hot = frozenset(fingerprint_text(TEXTS["ferry"]))
    assert [pair.kind for pair in find_pairs(documents)] == ["exact", "near", "near"]
    assert [pair.kind for pair in find_pairs(documents, hot=hot)] == ["exact"]


def test_a_passage_in_thousands_of_texts_is_survived() -> None:
    chance = make_chance(3)
    words = [f"w{i}" for i in range(5_000)]
    documents = [
        make_document(
            i, " ".join(chance.choices(words, k=120)) + "\n" + TEXTS["boilerplate"]
        )
        for i in range(600)
    ]
    assert find_pairs(documents) == ()


@pytest.mark.parametrize(
    ("n_shared", "least", "most"),
    [
        pytest.param(26, 0.0, 0.15, id="the line under all texts of an outlet"),
        pytest.param(150, 0.98, 1.0, id="a third of the text"),
        pytest.param(430, 1.0, 1.0, id="a copy"),
    ],
)
def test_what_many_long_texts_share_makes_them_candidates_or_not(
    n_shared: int, least: float, most: float
) -> None:
    chance = make_chance(5)
    words = [f"w{i}" for i in range(5_000)]
    line = " ".join(chance.choices(words, k=n_shared))
    texts = [
        f"{' '.join(chance.choices(words, k=443 - n_shared))}\n{line}"
        for _ in range(40)
    ]
    documents = [make_document(i, text) for i, text in enumerate(texts)]
    found = list(candidates_module.find_candidates(documents, len(documents)))
    assert least <= len(found) / (40 * 39 / 2) <= most


FINGERPRINTS = {
    "no text": ("", 0),
    "marks only": (" -- ... !\n", 0),
    "one word": ("Rain", 1),
    "four words": ("Rain over the valley", 1),
    "five words": ("Rain over the whole valley", 1),
    "a word that is longer than a page": ("x" * 40_000, 1),
}


@pytest.mark.parametrize(
    ("text", "count"), FINGERPRINTS.values(), ids=FINGERPRINTS.keys()
)
def test_every_text_with_a_word_has_a_hash(text: str, count: int) -> None:
    assert len(fingerprint_text(text)) == count


# Letters that change when folded, marks, signs that are letters, and scripts in which
# each letter is a word; the last line holds half a pair and what lies above 0xFFFF.
LATIN = "aZ09 _-.,'\n\u00df\u0130\u00e9\u03a3\u1e9e\u2019\u2014\u2122\u00bd\ufb01"
OTHER = "\u0436\u05d0\u0627\u064b\u0915\u093f\u0e01\u1000\u30ab\uff76\u65e5\uff21"
OTHER += "\ud800\U0001f600\U00020000"


@pytest.mark.parametrize("letters", [LATIN, LATIN + OTHER], ids=["Latin", "any script"])
def test_words_are_those_of_split_words(letters: str) -> None:
    chance = make_chance(2)
    for _ in range(300):
        text = "".join(chance.choices(letters, k=chance.randint(0, 40)))
        words = [hash_words(word).tolist() for word in split_words(text)]
        assert all(len(word) == 1 for word in words), ascii(text)
        assert [[word] for word in hash_words(text).tolist()] == words, ascii(text)


def test_fingerprints_are_the_same_for_ever() -> None:
    # A change here needs a new RULE_VERSION.
    assert RULE_VERSION == "near/9"
    assert fingerprint_text("Rain over the whole valley") == PINNED_WORDS
    assert fingerprint_text(TEXTS["chinese_other"])[:3] == PINNED_CHINESE


def test_fingerprints_are_a_sorted_eighth_of_the_grams() -> None:
    chance = make_chance(1)
    text = " ".join(chance.choices(TEXTS["ferry"].split(), k=40_000))
    hashes = fingerprint_text(text)
    assert list(hashes) == sorted(set(hashes))
    assert len(hashes) == pytest.approx(40_000 / 8, rel=0.05)
    assert all(-(2**63) <= value < 2**63 for value in hashes)


def test_a_longer_text_keeps_the_hashes_of_a_part_of_it() -> None:
    part, whole = TEXTS["ferry"], TEXTS["orchard"] + TEXTS["ferry"]
    kept = {value for value in fingerprint_text(part) if value < 2**61}
    assert kept
    assert kept <= set(fingerprint_text(whole))


def test_a_digest_is_named_with_its_stories() -> None:
    # In a script without capitals two texts alone never tell a digest.
    texts = [TEXTS["chinese"], TEXTS["chinese_other"]]
    texts.append("".join(texts))
    documents = [make_document(i, text) for i, text in enumerate(texts)]
    pairs = find_pairs(documents)
    assert [(p.a_id, p.b_id, p.kind) for p in pairs] == [
        (0, 2, "near"),
        (1, 2, "contains"),
    ]
    digests = find_digests(pairs, documents)
    assert digests == {2: (0, 1)}
    demoted = demote_digests(pairs, digests)
    assert [(p.kind, p.rule) for p in demoted] == [
        ("contains", "digest/3"),
        ("contains", RULE_VERSION),
    ]
    assert demote_digests(demoted, find_digests(demoted, documents)) == demoted
    assert demote_digests(pairs, find_digests(pairs, documents[:2])) == pairs


def test_a_brief_of_its_first_story_leaves_a_digest_alone() -> None:
    story, other = TEXTS["ferry"], TEXTS["orchard"]
    brief = story.splitlines()[0]  # a twelfth of the digest: too little to prove one
    texts = [story, other, story + other, brief]
    documents = [make_document(i, text) for i, text in enumerate(texts)]
    pairs = find_pairs(documents)
    assert [p.kind for p in pairs if (p.a_id, p.b_id) == (2, 3)] == ["near"]
    demoted = demote_digests(pairs, find_digests(pairs, documents))
    assert {p.a_id: p.b_id for p in demoted if p.kind != "contains"} == {0: 3}


def test_clusters_are_components_over_the_pairs_that_merge() -> None:
    kinds = {(1, 2): "near", (2, 3): "update", (4, 5): "exact", (3, 4): "contains"}
    pairs = [Pair(a, b, kind, 1.0, "near/1") for (a, b), kind in kinds.items()]
    rank = {i: (NOON - timedelta(hours=i), "") for i in range(1, 7)}
    assert cluster_pairs(pairs, rank) == {1: 3, 2: 3, 3: 3, 4: 5, 5: 5}


def score_pairs(
    rows: Sequence[dict[str, Any]], ignored: set[frozenset[str]]
) -> tuple[float, float]:
    """Return pair F1 and B-cubed F1, as the evaluator beside the data counts them."""
    gold = {row["id"]: row["cluster_id"] for row in rows}
    found = {row["id"]: row["cluster_id"] for row in deduplicate_rows(rows)}

    def joined(labels: dict[str, str]) -> set[frozenset[str]]:
        groups: dict[str, list[str]] = defaultdict(list)
        for row_id, label in labels.items():
            groups[label].append(row_id)
        pairs = (pair for group in groups.values() for pair in combinations(group, 2))
        return {frozenset(pair) for pair in pairs} - ignored

    right, stated, true = joined(gold) & joined(found), joined(found), joined(gold)
    shares = []
    for one, other in ((found, gold), (gold, found)):
        groups: dict[str, set[str]] = defaultdict(set)
        others: dict[str, set[str]] = defaultdict(set)
        for row_id in gold:
            groups[one[row_id]].add(row_id)
            others[other[row_id]].add(row_id)
        shares.append(
            np.mean(
                [
                    len(groups[one[i]] & others[other[i]]) / len(groups[one[i]])
                    for i in gold
                ]
            )
        )
    b_cubed = 2 * shares[0] * shares[1] / (shares[0] + shares[1])
    return 2 * len(right) / (len(stated) + len(true)), float(b_cubed)


def read_rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "pair_floor", "b_cubed_floor"),
    [("reuters_natural", 0.96, 0.985), ("syndication_synth", 0.96, 0.985)],
    ids=["real reissues of newswire", "made copies and their look-alikes"],
)
def test_copies_are_found_in_news(
    shared: Path, name: str, pair_floor: float, b_cubed_floor: float
) -> None:
    folder = shared / "data" / "dedup"
    rows = read_rows(folder / f"{name}.jsonl.gz")
    ignored: set[frozenset[str]] = set()
    if name == "reuters_natural":
        pairs = read_rows(folder / f"{name}_ignore.jsonl.gz")
        ignored = {frozenset((pair["a"], pair["b"])) for pair in pairs}
    pair_f1, b_cubed = score_pairs(rows, ignored)
    assert pair_f1 >= pair_floor
    assert b_cubed >= b_cubed_floor
