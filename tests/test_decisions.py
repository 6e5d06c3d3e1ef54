"""What people decided: lines that are read, lines that are named and left out."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from nightdesk.__main__ import main
from nightdesk.decisions import Decision, Scope, load_decisions, mend_pairs
from nightdesk.deduplicate import cluster_pairs
from nightdesk.model import Pair
from nightdesk.urls import article_id

GOOD = {
    "kind": "cluster_merge",
    "articles": [1, 2],
    "who": "ama",
    "at": "2026-03-02T08:00:00Z",
    "why": "one text, retyped",
}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "is no JSON"),
        ("[1]", "is no JSON object"),
        ({"kind": "merge"}, "kind: 'merge'; allowed: cluster_merge, cluster_split,"),
        ({"kind": None}, "kind: is missing"),
        ({"articles": []}, "articles: is missing"),
        ({"articles": [1, 1]}, "articles: a merge takes two or more"),
        ({"articles": 7}, "articles: is no list"),
        ({"articles": [1, True]}, "articles: True; allowed: an article id"),
        ({"articles": [1, 2**63]}, "allowed: an article id (64 bits) or its address"),
        ({"articles": [1, "a.example"]}, "articles: 'a.example'; allowed:"),
        ({"at": "yesterday"}, "at: 'yesterday' is no time; allowed: ISO 8601"),
        ({"at": "9999-12-31T23:59:59-14:00"}, "at: '9999-12-31T23:59:59-14:00' is no"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at: '0001-01-01T00:00:00+14:00' is no"),
        ("[" * 100_000, "is no JSON"),
        ({"who": 7}, "who: 7 is no text"),
        ({"who": "a\ud800"}, "who: 'a\\ud800' is no UTF-8 text"),
        ({"why": ""}, "why: is missing"),
        ({"when": "now"}, "when: is no key; allowed: kind, articles, who, at, why"),
    ],
)
def test_a_bad_line_is_named_and_the_others_hold(
    tmp_path: Path, line: object, problem: str
) -> None:
    bad = line if isinstance(line, str) else json.dumps({**GOOD, **line})
    path = tmp_path / "texts.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n\n{bad}\n")
    rows, problems = load_decisions(tmp_path)
    assert [row.articles for row in rows] == [(1, 2)]
    [said] = problems
    assert said.startswith(f"{path}: line 3: ")
    assert problem in said


def test_addresses_name_articles_whatever_their_form(tmp_path: Path) -> None:
    urls = ["https://a.example/fish?utm_source=x", "https://a.example/fish", 5]
    (tmp_path / "x.jsonl").write_text(json.dumps({**GOOD, "articles": urls}))
    [row] = load_decisions(tmp_path).rows
    assert row.articles == tuple(sorted((article_id("https://a.example/fish"), 5)))


@pytest.mark.parametrize(
    ("start", "why"),
    [("", "a\u2028b\x85c"), ("\ufeff", "so")],
    ids=["ends of line that JSON does not know", "a byte order mark"],
)
def test_a_line_ends_where_json_lines_end(tmp_path: Path, start: str, why: str) -> None:
    line = json.dumps({**GOOD, "why": why}, ensure_ascii=False)
    (tmp_path / "x.jsonl").write_text(f"{start}{line}\r\n", "utf-8")
    rows, problems = load_decisions(tmp_path)
    assert ([row.why for row in rows], problems) == ([why], ())


def test_what_is_no_file_is_named_and_the_others_hold(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").mkdir()
    (tmp_path / "b.jsonl").symlink_to(tmp_path / "nowhere")
    (tmp_path / "c.jsonl").write_text(json.dumps(GOOD))
    rows, problems = load_decisions(tmp_path)
    assert [row.articles for row in rows] == [(1, 2)]
    assert [problem.split(":")[0] for problem in problems] == [
        str(tmp_path / "a.jsonl"),
        str(tmp_path / "b.jsonl"),
    ]


RANKS = {i: (datetime(2026, 3, 1, tzinfo=UTC), str(i)) for i in range(1, 7)}


@pytest.mark.parametrize("scope", ["cluster", "story"])
@pytest.mark.parametrize(
    ("articles", "groups"),
    [
        ((1,), {2: 2, 3: 2, 5: 5, 6: 5}),
        ((3,), {1: 1, 2: 1, 5: 5, 6: 5}),
        ((1, 2), {1: 1, 2: 1, 5: 5, 6: 5}),
        ((2, 3), {2: 2, 3: 2, 5: 5, 6: 5}),
        ((1, 5), {1: 1, 5: 1, 2: 2, 3: 2}),
        ((4,), {1: 1, 2: 1, 3: 1, 5: 5, 6: 5}),
    ],
    ids=[
        "the hub of three",
        "a leaf",
        "the hub and a leaf",
        "both leaves",
        "the hubs of two groups",
        "one that is in no group",
    ],
)
def test_a_split_leaves_the_rest_of_a_group_together(
    scope: Scope, articles: tuple[int, ...], groups: dict[int, int]
) -> None:
    star = [Pair(a, b, "near", 1.0, "test") for a, b in ((1, 2), (1, 3), (5, 6))]
    split = Decision(
        datetime(2026, 3, 2, tzinfo=UTC), f"{scope}_split", articles, "", ""
    )
    mended = mend_pairs(star, [split], scope, RANKS)
    assert cluster_pairs(mended, RANKS) == groups


def test_no_folder_is_no_decision(tmp_path: Path) -> None:
    assert load_decisions(tmp_path / "none") == ((), ())


def test_the_command_adds_a_line_and_lists_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NIGHTDESK_DATA", str(tmp_path))
    path = tmp_path / "decisions" / "texts.jsonl"
    path.parent.mkdir()
    path.write_text("{broken")  # without an end of line
    words = ["decide", "story_split", "-17", "--why", "another fire", "--who", "kofi"]
    assert main(words) == 0
    said_now = capsys.readouterr().out
    assert said_now.endswith("the next load of any night applies it\n")
    assert "-17  " in said_now
    assert "in no published night" in said_now
    assert main(["decisions", "--json"]) == 2  # there is a line that nobody can read
    said = json.loads(capsys.readouterr().out)
    [row] = said["decisions"]
    assert (row["kind"], row["articles"], row["who"]) == ("story_split", [-17], "kofi")
    assert row["unknown"] == [-17]
    assert "line 1: is no JSON" in said["problems"][0]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["cluster_merge", "1"], "articles: a merge takes two or more"),
        (["cluster_split", "fish"], "articles: 'fish'; allowed: an article id"),
        (["cluster_split", "٣"], "articles: '٣'; allowed: an article id"),
        (["cluster_split", "9" * 5_000], "allowed: an article id"),
        (["cluster_split", "1", "--why", "\udcff"], "why: '\\udcff' is no UTF-8 text"),
    ],
)
def test_the_command_refuses_what_no_build_would_take(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    problem: str,
) -> None:
    monkeypatch.setenv("NIGHTDESK_DATA", str(tmp_path))
    assert main(["decide", "--why", "so", *words]) == 2
    assert problem in capsys.readouterr().err
    assert not (tmp_path / "decisions").exists()


def test_the_later_of_two_within_one_second_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTDESK_DATA", str(tmp_path))
    for kind in ("cluster_split", "cluster_merge"):
        time.sleep(0.002)
        assert main(["decide", kind, "1", "2", "--why", "so"]) == 0
    rows = load_decisions(tmp_path / "decisions").rows
    assert [row.kind for row in rows] == ["cluster_split", "cluster_merge"]


def test_the_command_says_which_articles_are_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NIGHTDESK_DATA", str(tmp_path))
    folder = tmp_path / "published"
    folder.mkdir()
    with duckdb.connect(str(folder / "current.duckdb")) as con:
        con.execute(
            "CREATE TABLE article AS SELECT 7::BIGINT AS article_id, "
            "DATE '2026-03-01' AS night, 'hill' AS source_id, 'Fish' AS title"
        )
    assert main(["decide", "story_merge", "7", "8", "--why", "so"]) == 0
    known, unknown = capsys.readouterr().out.splitlines()[1:3]
    assert known.split() == ["7", "2026-03-01", "hill", "Fish"]
    assert "in no published night" in unknown
    assert main(["decisions", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["decisions"][0]["unknown"] == [8]
