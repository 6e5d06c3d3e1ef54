"""Extraction against labelled pages and the seed story, with floors really reached."""

from __future__ import annotations

import gzip
import html
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from nightdesk.extract import Page, extract_article
from nightdesk.extract.jsonl import extract_row

pytestmark = pytest.mark.shared

#: Just under what the sample reaches: .978, 1.0, .950, .941.
FLOORS = {"mF1": 0.97, "date": 0.97, "title~": 0.92, "author_F1": 0.92}


def load_evaluator(shared: Path) -> ModuleType:
    path = shared / "tools" / "eval_extraction.py"
    spec = importlib.util.spec_from_file_location("eval_extraction", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def scored(shared: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    evaluator = load_evaluator(shared)
    folder = shared / "data" / "extraction"
    lines = (folder / "gold.jsonl").read_text("utf-8").splitlines()
    gold = [json.loads(line) for line in lines][::6]
    rows = []
    for label in gold:
        body = gzip.decompress(
            (folder / "pages" / f"{label['id']}.html.gz").read_bytes()
        )
        rows.append(extract_row({"id": label["id"], "url": label["url"]}, body))
    docs = [evaluator.score(*pair) for pair in zip(gold, rows, strict=True)]
    return rows, evaluator.summary(docs)


@pytest.mark.parametrize("measure", FLOORS)
def test_sample_of_labelled_pages_stays_above_its_floor(
    scored: tuple[list[dict[str, Any]], dict[str, Any]], measure: str
) -> None:
    assert scored[1][measure] >= FLOORS[measure]


def test_no_page_with_a_labelled_text_is_gated(
    scored: tuple[list[dict[str, Any]], dict[str, Any]],
) -> None:
    rows, summary = scored
    assert summary["n_text"] >= 40
    assert summary["empty"] == 0
    assert {row["status"] for row in rows} <= {"ok", "rejected"}


def wrap_plain(lines: list[str]) -> tuple[bytes, str]:
    return "\n".join(lines).encode(), "text/plain"


def wrap_html(lines: list[str]) -> tuple[bytes, str]:
    paragraphs = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    page = f"<html><head><title>x</title></head><body>{paragraphs}</body></html>"
    return page.encode(), "text/html; charset=utf-8"


@pytest.mark.parametrize("wrap", [wrap_plain, wrap_html], ids=["as text", "as HTML"])
def test_seed_story_keeps_each_paragraph_once(shared: Path, wrap: Any) -> None:
    seed = shared / "data" / "seed"
    lines = (seed / "000_206cfeb3a53ce351.txt").read_text("utf-8").splitlines()
    expected = json.loads((seed / "expected.json").read_text("utf-8"))
    body, content_type = wrap(lines)
    url = "https://news.example/story-of-the-seed"
    article = extract_article(
        Page(body, url, url, 1, "seed", content_type, stated_title="Talks falter")
    )
    assert article.title == ("Talks falter" if wrap is wrap_plain else "x")
    assert article.text.split("\n") == [lines[i] for i in expected["paragraphs_kept"]]
    assert {str(r.dropped): r.kept for r in article.repeats} == expected["repeats"]
    assert article.lang == "en"
