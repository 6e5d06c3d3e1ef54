"""Repeated paragraphs: which go, which stay, and that the record undoes the drop."""

from __future__ import annotations

import random

import pytest

from nightdesk.extract import drop_repeats, restore_repeats
from nightdesk.extract.repeats import merge_repeats
from nightdesk.model import Repeat

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
