"""Which sources were watched on which night, and under which ids: in tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from nightdesk.errors import ConfigError
from nightdesk.landing.renames import fold_renames, follow_renames, has_source
from nightdesk.model import Capture, Coverage, Region, Renamed, Source, Watched
from nightdesk.register import (
    compare_sources,
    list_ended,
    list_known,
    list_watched,
)

NOW = datetime(2026, 3, 9, tzinfo=UTC)


def source(source_id: str, *was: str, **more: object) -> Source:
    url = "https://n.example/feed"
    return Source(source_id, "N", "rss", url, was=was, **more)  # type: ignore[arg-type]


def row(source_id: str, day: int, **more: object) -> Watched:
    since = date(2026, 3, day)
    return Watched(source_id, since, NOW, source(source_id, **more))


def off(source_id: str, day: int) -> Watched:
    return row(source_id, day, is_enabled=False)


def renames(*pairs: str) -> dict[str, tuple[str, ...]]:
    return fold_renames([Renamed(pair[0], pair[1], NOW) for pair in pairs])


A, B = row("a", 1), row("b", 1)


@pytest.mark.parametrize(
    ("register", "past", "file", "renamed", "changed"),
    [
        pytest.param([], [], [source("a")], [], "a", id="the first file"),
        pytest.param([A], [], [source("a")], [], "", id="nothing new"),
        pytest.param([A], [], [source("a"), source("b")], [], "b", id="one more"),
        pytest.param([A, B], [], [source("a")], [], "-b", id="one is deleted"),
        pytest.param(
            [A], [], [source("a", is_enabled=False)], [], "-a", id="one is disabled"
        ),
        pytest.param([A, off("b", 2)], [], [source("a")], [], "", id="long deleted"),
        pytest.param(
            [off("a", 2)], [], [source("a")], [], "a", id="one comes back"
        ),
        pytest.param(
            [A], [], [source("a", country="GH")], [], "a", id="a fact is another one"
        ),
        pytest.param([A], [], [source("b", "a")], ["ab"], "b", id="a is b now"),
        pytest.param(
            [row("b", 1)], ["ab"], [source("b", "a")], [], "b", id="and stays it"
        ),
        pytest.param(
            [row("b", 1)], ["ab"], [source("b")], [], "", id="`was` may go again"
        ),
        pytest.param(
            [row("b", 1)], ["ab"], [source("c", "b", "a")], ["bc"], "c", id="then c"
        ),
        pytest.param(
            [row("b", 1)], ["ab"], [source("c", "a")], ["bc"], "c",
            id="then c, which names the first id alone",
        ),
        pytest.param(
            [row("b", 1)], ["ab"], [source("a", "b")], ["ba"], "a", id="and back"
        ),
        pytest.param(
            [], [], [source("c", "a", "b")], ["ac", "bc"], "c",
            id="ids of a time before the register",
        ),
        pytest.param(
            [B], [], [source("c", "a", "b")], ["bc", "ac"], "c",
            id="the one with a past comes first",
        ),
        pytest.param(
            [A], [], [source("a", "x")], [], "a", id="an old id that nobody had"
        ),
        pytest.param(
            [A], [], [source("b", "a", is_enabled=False)], ["ab"], "-b",
            id="renamed and disabled at once",
        ),
    ],
)  # fmt: skip
def test_changes_of_the_file(
    register: list[Watched],
    past: list[str],
    file: list[Source],
    renamed: list[str],
    changed: str,
) -> None:
    found = compare_sources(register, renames(*past), file)
    assert found.renamed == tuple((pair[0], pair[1]) for pair in renamed)
    told = [("" if s.is_enabled else "-") + s.id for s in found.sources]
    assert told == changed.split()


@pytest.mark.parametrize(
    ("register", "past", "file", "wants"),
    [
        pytest.param(
            [B], ["ab"], [source("a")], ["sources: a:", "was: [b]"], id="undone by hand"
        ),
        pytest.param(
            [B], ["ab"], [source("a"), source("b")], ["an old id of b"],
            id="an old id for another outlet",
        ),
        pytest.param(
            [B], ["ab"], [source("b"), source("c", "a")], ["sources: c:", "b today"],
            id="an old id of a source that is still there",
        ),
        pytest.param(
            [A, B], [], [source("b", "a")], ["sources: b:", "a and b", "is new"],
            id="two sources become one",
        ),
        pytest.param(
            [A, off("b", 2)], [], [source("b", "a")], ["a and b"],
            id="the id of one that has ended",
        ),
        pytest.param(
            [A, B], [], [source("c", "a", "b")], ["a and b"], id="two become a third"
        ),
        pytest.param(
            [B, row("c", 1)], ["ab"], [source("a", "c"), source("d", "b")],
            ["sources: a:", "an old id of b"], id="ids go round",
        ),
    ],
)  # fmt: skip
def test_an_id_is_for_ever(
    register: list[Watched], past: list[str], file: list[Source], wants: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        compare_sources(register, renames(*past), file)
    for want in wants:
        assert want in str(caught.value)


HISTORY = [A, B, row("c", 4), off("b", 6), row("d", 3), row("b", 8), off("c", 8)]


@pytest.mark.parametrize(
    ("day", "watched"),
    [
        pytest.param(28, "", id="before anything was known"),
        pytest.param(1, "a b", id="the first night"),
        pytest.param(4, "a b c d", id="some were added"),
        pytest.param(5, "a b c d", id="the last night of one"),
        pytest.param(6, "a c d", id="the first night without it"),
        pytest.param(9, "a b d", id="it is back, another one went"),
    ],
)
def test_who_was_watched_on_a_night(day: int, watched: str) -> None:
    night = date(2026, 2 if day == 28 else 3, day)
    found = list_watched(HISTORY, night)
    assert sorted(r.source_id for r in found) == watched.split()


def test_the_last_word_counts_whatever_night_it_is_said_of() -> None:
    said = [A, off("a", 6), row("a", 5)]  # removed on the 6th; the run of the 5th came
    assert list_watched(said, date(2026, 3, 6)) == [said[2]]


def test_a_source_ends_once_however_often_it_is_changed_then() -> None:
    rows = [*HISTORY, row("c", 9, is_enabled=False, country="GH")]
    assert [(r.source_id, r.since.day) for r in list_ended(rows)] == [("c", 8)]


def test_a_source_is_known_as_it_was_last_with_all_its_ids() -> None:
    rows = [A, replace(row("a", 3, country="GH"), source_id="b"), off("c", 4)]
    known = list_known(rows, renames("ab"))
    assert known["b"] == source("b", "a", country="GH")
    assert not known["c"].is_enabled


@pytest.mark.parametrize(
    ("pairs", "lineages"),
    [
        pytest.param(["ab", "bc"], {"c": "abc"}, id="a chain"),
        pytest.param(["ab", "ba"], {"a": "aba"}, id="and back"),
        pytest.param(["ab", "cd"], {"b": "ab", "d": "cd"}, id="two sources"),
    ],
)
def test_renames_add_up(pairs: list[str], lineages: dict[str, str]) -> None:
    assert renames(*pairs) == {new: tuple(ids) for new, ids in lineages.items()}
    assert set(renames(*pairs, pairs[-1])) == set(lineages)  # noted twice: no harm


def test_rows_follow_their_source() -> None:
    rows = [Coverage("a", "ok", NOW), Coverage("x", "ok", NOW)]
    followed = follow_renames(rows, {"a": "b"})
    assert [r.source_id for r in followed] == ["b", "x"]


@pytest.mark.parametrize(
    ("row_class", "follows"),
    [
        pytest.param(Coverage, True, id="what was found"),
        pytest.param(Watched, True, id="the register itself"),
        pytest.param(Capture, False, id="the archive says what was captured"),
        pytest.param(Region, False, id="rows of no source"),
    ],
)
def test_which_rows_follow(row_class: type, follows: bool) -> None:
    assert has_source(row_class) == follows
