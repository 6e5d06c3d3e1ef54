"""What people decided: lines that are read, lines that are named and left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nightdesk.__main__ import main
from nightdesk.decisions import load_decisions
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
        ({"who": 7}, "who: 7 is no text"),
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
    assert capsys.readouterr().out.endswith("the next load of any night applies it\n")
    assert main(["decisions", "--json"]) == 2  # there is a line that nobody can read
    said = json.loads(capsys.readouterr().out)
    [row] = said["decisions"]
    assert (row["kind"], row["articles"], row["who"]) == ("story_split", [-17], "kofi")
    assert "line 1: is no JSON" in said["problems"][0]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["cluster_merge", "1"], "articles: a merge takes two or more"),
        (["cluster_split", "fish"], "articles: 'fish'; allowed: an article id"),
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
    assert main(["decide", *words, "--why", "so"]) == 2
    assert problem in capsys.readouterr().err
    assert not (tmp_path / "decisions").exists()
