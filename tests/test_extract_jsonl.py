"""The JSON-lines form of extraction: one row in, one row out, never a crash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nightdesk.extract.jsonl import extract_row

PAGES = Path(__file__).parent / "data" / "pages"
URL = "https://ledger.example/local/swing-bridge-closed"


def test_article_row_says_what_the_stage_promises() -> None:
    body = (PAGES / "repeated_run.html").read_bytes()
    row = extract_row({"id": 7, "url": URL}, body)
    assert row["id"] == 7
    assert (row["status"], row["reason"]) == ("ok", None)
    assert row["date"] == "2026-03-03"
    assert row["published_at"] == "2026-03-03T18:40:00+02:00"
    assert row["author"] == ["Mirela Castellan"]
    assert row["paragraphs_removed"] == 4
    assert row["repeats"] == {"5": 1, "6": 2, "7": 3, "8": 4}
    assert len(row["text"].split("\n")) == 5
    assert json.loads(json.dumps(row)) == row


def test_day_without_a_time_is_written_as_a_day() -> None:
    row = extract_row({"id": "a", "url": URL}, (PAGES / "date_only.html").read_bytes())
    assert row["published_at"] == row["date"] == "2026-03-03"


def test_page_that_is_no_article_has_a_reason_and_no_text() -> None:
    row = extract_row({"id": "a", "url": URL}, (PAGES / "captcha.html").read_bytes())
    assert (row["status"], row["reason"], row["text"]) == ("rejected", "captcha", "")


def test_stated_facts_of_a_row_are_used() -> None:
    facts = {"stated_at": "2026-03-02T23:10:00Z", "captured_at": "2026-03-05"}
    body = (PAGES / "future_date.html").read_bytes()
    row = extract_row({"id": "a", "url": URL, **facts}, body)
    assert (row["date"], row["published_via"]) == ("2026-03-03", "meta")


@pytest.mark.parametrize(
    "row",
    [{}, {"id": None, "url": 5}, {"url": "\ud83d"}, {"stated_at": "soon", "title": []}],
    ids=["empty", "numbers", "lone surrogate", "wrong types"],
)
def test_bad_row_gets_a_status(row: dict[str, Any]) -> None:
    assert extract_row(row, b"")["reason"] == "empty"
