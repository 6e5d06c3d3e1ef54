"""Repeated paragraphs: which go, which stay, and that the record undoes the drop."""

from __future__ import annotations

import html
import importlib.util
import json
import random
import time
from pathlib import Path

import pytest

from nightdesk.extract import drop_repeats, restore_repeats
from nightdesk.extract.jsonl import extract_row
from nightdesk.extract.repeats import merge_repeats
from nightdesk.model import Repeat

LANGUAGES = Path(__file__).parent / "data" / "languages"
BENCH = Path(__file__).parent / "bench" / "repeats.py"

A = "The ferry to the north bank ran again on Monday, three days after the storm. " * 2
B = "Nobody was hurt, the harbour office said, but two jetties must be rebuilt. " * 2
C = "Passengers waited in a long line for the first boat."  # 52 characters
D = "The second boat came an hour after the first one did."  # 53 characters
S = "Forecast"

TABLE = [
    pytest.param([A, B, C], [], id="nothing repeats"),
    pytest.param(
        [A, B, C, A, B, C], [(3, 0), (4, 1), (5, 2)], id="the whole story twice"
    ),
    pytest.param([A, B, A], [(2, 0)], id="one long paragraph alone"),
    pytest.param([A, C, B, C], [], id="one short paragraph alone stays"),
    pytest.param([C, D, A, C, D], [(3, 0), (4, 1)], id="two short ones in a row"),
    pytest.param([C, D, A, D, C], [], id="two short ones in another order stay"),
    pytest.param(
        [C, S, D, A, C, S, D],
        [(4, 0), (5, 1), (6, 2)],
        id="a subheading inside a repeated run goes with it",
    ),
    pytest.param([S, A, S, B, S], [], id="a subheading alone stays"),
    pytest.param([A, A, A], [(1, 0), (2, 0)], id="three times the same"),
    pytest.param(
        [C, A, C, B, C, D], [], id="an interview question before other answers stays"
    ),
    pytest.param([], [], id="no paragraphs at all"),
]


@pytest.mark.parametrize(("paragraphs", "expected"), TABLE)
def test_repeats_are_dropped_by_the_run_rule(
    paragraphs: list[str], expected: list[tuple[int, int]]
) -> None:
    kept, repeats = drop_repeats(paragraphs)
    assert [(r.dropped, r.kept) for r in repeats] == expected
    gone = {dropped for dropped, _ in expected}
    assert list(kept) == [p for i, p in enumerate(paragraphs) if i not in gone]
    assert restore_repeats(kept, repeats) == tuple(paragraphs)


def test_drop_is_undone_exactly_for_any_paragraphs() -> None:
    rng = random.Random(7)
    for _ in range(500):
        paragraphs = rng.choices([A, B, C, D, S, "", "*"], k=rng.randrange(14))
        kept, repeats = drop_repeats(paragraphs)
        assert restore_repeats(kept, repeats) == tuple(paragraphs)
        assert set(kept) == set(paragraphs)
        assert drop_repeats(kept)[0][:1] == kept[:1]


@pytest.mark.parametrize(
    "repeats",
    [(Repeat(5, 0),), (Repeat(0, 0),), (Repeat(1, 2),), (Repeat(2, -1),)],
    ids=["past the end", "of itself", "of a later one", "of a negative index"],
)
def test_record_of_another_article_is_refused(repeats: tuple[Repeat, ...]) -> None:
    with pytest.raises(ValueError, match="repeats: paragraph"):
        restore_repeats([A, B], repeats)


@pytest.mark.parametrize(
    ("lines", "sequence", "merged"),
    [
        pytest.param([A, B], [A, B, A, B], [A, B, A, B], id="a lost run comes back"),
        pytest.param([C, A, B], [A, B, A], [C, A, B, A], id="beside other lines"),
        pytest.param([A, S], [A, S, S], [A, S], id="what would stay is left out"),
        pytest.param(
            [A, B, A], [A, B, A], [A, B, A], id="what is there is not doubled"
        ),
        pytest.param([A], [B, B], [A], id="paragraphs outside the text do not count"),
    ],
)
def test_repeats_lost_by_the_extractor_are_recorded(
    lines: list[str], sequence: list[str], merged: list[str]
) -> None:
    assert merge_repeats(lines, sequence) == merged
    assert drop_repeats(merge_repeats(lines, sequence))[0] == drop_repeats(lines)[0]


EDITED = A.replace("three days", "five days", 1)

EDITS = [
    pytest.param([A, B, EDITED], [(2, 0)], id="one word replaced"),
    pytest.param([A, B, A.replace(" again", "", 1)], [(2, 0)], id="one word left out"),
    pytest.param(
        [A, B, A.replace("ran", "ran late", 1)], [(2, 0)], id="one word put in"
    ),
    pytest.param([A, B, A.upper()], [(2, 0)], id="only capitals differ"),
    pytest.param(
        [A, B, A.replace("ferry", "train")], [], id="a word that stands twice stays"
    ),
    pytest.param(
        [A, C, B, A, C.replace("long", "short"), B],
        [(3, 0), (4, 1), (5, 2)],
        id="an edited paragraph inside a run goes with it",
    ),
    pytest.param([C, A, C.replace("long", "short")], [], id="a short one alone stays"),
    pytest.param([C, C, D, D], [(1, 0), (3, 2)], id="each one doubled"),
    pytest.param(
        [C, D, S, C, S, D], [(3, 0), (5, 1)], id="interleaved, half of the text"
    ),
    pytest.param(
        ["Monday will be dry and warm.", "Tuesday will be dry and warm."],
        [],
        id="lines of a form stay",
    ),
    *(
        pytest.param([line.format(word) for word in words.split()], [], id=name)
        for line, words, name in (
            (
                "{} Sample was elected to the council for the first time in a vote "
                "that few had expected to be close, the town clerk said on Monday.",
                "Ama Kofi Esi Yaw Abena",
                "lines that differ in a name stay",
            ),
            (
                "In ward {} the Green party won the seat ahead of the Harbour list, "
                "which lost half of the votes that it had in the last election.",
                "3 4 5 6 17",
                "lines that differ in a number stay",
            ),
            (
                "On {} the ferry was cancelled because of the storm, and passengers "
                "were taken over the bridge by bus, the harbour office wrote.",
                "Monday Tuesday Wednesday Thursday",
                "lines that differ in a weekday stay",
            ),
        )
    ),
    pytest.param(
        [A, B, A.replace("Monday", "Tuesday", 1)], [], id="a name alone edited stays"
    ),
    pytest.param(
        [A, B, C, A.replace("Monday", "Tuesday", 1), B],
        [(3, 0), (4, 1)],
        id="a name edited inside a run goes with it",
    ),
    pytest.param(
        [B, C, A, S, D * 3, B.replace("two", "six", 1)]
        + [A.replace("Monday", "Sunday", 1), (D * 3).replace("hour", "day", 1)],
        [(5, 0), (6, 2), (7, 4)],
        id="a name edited between two that repeat in order goes",
    ),
    pytest.param(
        [
            A,
            D,
            C,
            A.replace("Monday", "Sunday", 1),
            D,
            A.replace("Monday", "Sunday", 1),
        ],
        [(3, 0), (4, 1), (5, 0)],
        id="a copy of an edited copy is recorded as one of the first",
    ),
]


@pytest.mark.parametrize(("paragraphs", "expected"), EDITS)
def test_edited_and_scattered_repeats(
    paragraphs: list[str], expected: list[tuple[int, int]]
) -> None:
    kept, repeats = drop_repeats(paragraphs)
    assert [(r.dropped, r.kept) for r in repeats] == expected
    assert restore_repeats(kept, repeats) == tuple(paragraphs)


WAYS = {
    "all but the last": lambda p: [*p, *p[:-1]],
    "whole body twice": lambda p: [*p, *p],
    "each one doubled": lambda p: [line for one in p for line in (one, one)],
    "interleaved": lambda p: [
        line for n, one in enumerate(p) for line in ((one, p[n - 2])[: 1 + (n > 1)])
    ],
    "one word edited": lambda p: [*p, p[0].replace(" ", " otherwise ", 1), *p[1:]],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("lang", ["ar", "de", "fa", "hi", "ru", "zh"])
def test_paragraphs_pasted_again_leave_the_clean_text(lang: str, way: str) -> None:
    path = LANGUAGES / f"{lang}.expect.json"
    paragraphs = json.loads(path.read_text("utf-8"))["paragraphs"]
    again = WAYS[way](paragraphs)
    kept, repeats = drop_repeats(again)
    assert list(kept) == paragraphs
    assert restore_repeats(kept, repeats) == tuple(again)


def test_repeats_lost_on_a_page_of_thousands_are_recorded_in_seconds() -> None:
    lines = [f"{A} {n}" for n in range(5_000)]
    before = time.process_time()
    merged = merge_repeats(lines, [*lines, *lines])
    assert merged == [*lines, *lines]
    kept, repeats = drop_repeats(merged)
    assert list(kept) == lines
    assert len(repeats) == 5_000
    assert time.process_time() - before < 10


@pytest.mark.slow
def test_a_page_gives_the_same_bytes_each_time() -> None:
    lines = json.loads((LANGUAGES / "fr.expect.json").read_text("utf-8"))["paragraphs"]
    again = WAYS["one word edited"](lines)
    body = "".join(f"<p>{html.escape(line)}</p>" for line in again)
    page = f"<html><body><article>{body}</article></body></html>".encode()
    row = {"id": "1", "url": "https://paper.example/local/cheese"}
    found = {json.dumps(extract_row(row, page)) for _ in range(60)}
    assert len(found) == 1
    only = json.loads(found.pop())
    record = [
        Repeat(int(i), kept, only["edited"].get(i))
        for i, kept in only["repeats"].items()
    ]
    assert list(restore_repeats(only["text"].split("\n"), record)) == again


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("way", ["interleaved", "one word edited"])
def test_labelled_pages_with_paragraphs_again_score_as_clean_ones(
    shared: Path, way: str
) -> None:
    spec = importlib.util.spec_from_file_location("bench_repeats", BENCH)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    n_pages, clean, again, n_left = bench.measure(way, every=20)
    assert n_pages >= 5
    assert n_left == 0
    assert again > clean - 0.005
    n_gone, n_all = bench.count_wrongly_removed()
    assert n_gone < n_all / 500
