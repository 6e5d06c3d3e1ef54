"""Pages under data/pages beside what is expected of them, and what pages may not do."""

from __future__ import annotations

import dataclasses
import itertools
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nightdesk.extract import (
    EXTRACT_VERSION,
    Page,
    extract_article,
    input_digest,
    restore_repeats,
)
from nightdesk.model import Article
from nightdesk.text import hash_text

PAGES = Path(__file__).parent / "data" / "pages"
CASES = sorted(path.name.removesuffix(".expect.json") for path in PAGES.glob("*.json"))
TIMES = ("captured_at", "stated_at")


def make_page(body: bytes, **facts: Any) -> Page:
    url = facts.setdefault("url", "https://ledger.example/local/swing-bridge-closed")
    facts.setdefault("captured_at", datetime(2026, 3, 5, tzinfo=UTC))
    return Page(
        body=body, canonical_url=url, article_id=-7, source_id="ledger", **facts
    )


def load_case(case: str) -> tuple[Page, dict[str, Any]]:
    expected = json.loads((PAGES / f"{case}.expect.json").read_text("utf-8"))
    facts = {
        key: datetime.fromisoformat(value) if key in TIMES else value
        for key, value in expected["page"].items()
    }
    body = (PAGES / f"{case}.html").read_bytes()
    return make_page(body, **facts), expected["article"]


def show(article: Article) -> dict[str, Any]:
    """The article as the expected files write it."""
    shown = dataclasses.asdict(article)
    shown["paragraphs"] = article.text.split("\n") if article.text else []
    shown["repeats"] = [[r.dropped, r.kept] for r in article.repeats]
    shown["authors"] = list(article.authors)
    shown["date_candidates"] = [
        [c.via, c.raw, c.rejected] for c in article.date_candidates
    ]
    for key in ("published_at", "published_on", "modified_at"):
        shown[key] = shown[key].isoformat() if shown[key] else None
    return shown


@pytest.mark.parametrize("case", CASES)
def test_page_gives_the_article_beside_it(case: str) -> None:
    page, expected = load_case(case)
    shown = show(extract_article(page))
    assert {key: shown[key] for key in expected} == expected


def test_there_are_pages_to_test() -> None:
    assert len(CASES) >= 30


@pytest.mark.parametrize("case", CASES)
def test_article_keeps_what_the_model_promises(case: str) -> None:
    page, _ = load_case(case)
    article = extract_article(page)
    assert article.page_digest is not None
    assert article.captured_at == page.captured_at
    assert article.input_digest == input_digest(page)
    assert article.version == EXTRACT_VERSION
    assert (article.reason is None) == (article.status == "ok") == bool(article.text)
    if article.status == "ok":
        assert article.text_hash == hash_text(article.text)
        assert article.n_paragraphs == len(article.text.splitlines())
        assert 0 < article.confidence <= 1
    winners = [c for c in article.date_candidates if c.rejected is None]
    assert len(winners) == (article.published_at is not None)


def test_order_of_calls_and_copies_of_a_text_change_nothing() -> None:
    pages = [load_case(case)[0] for case in CASES]
    first = [extract_article(page) for page in pages]
    for _ in range(4):  # trafilatura's own deduplication loses the fourth copy
        again = [extract_article(page) for page in reversed(pages)]
        assert again[::-1] == first


def attribute_bomb() -> bytes:
    attributes = " ".join(f"a{i}=''" for i in range(200_000))
    return f"<html><body><p {attributes}>Text</p></body></html>".encode()


def deep_page(depth: int) -> bytes:
    text = "<p>The deepest paragraph of the page is still a paragraph of text.</p>" * 6
    return f"<html><body>{'<div>' * depth}{text}{'</div>' * depth}".encode()


def long_values() -> bytes:
    """Images as data addresses are long tags, and common."""
    image = f"<img alt='' src='data:image/png;base64,{'iVBORw0K' * 20_000}'>"
    body = (PAGES / "plain_article.html").read_bytes()
    return body.replace(b"</h1>", b"</h1>" + image.encode())


HOSTILE = [
    pytest.param(attribute_bomb(), "hostile_markup", id="200,000 attributes"),
    pytest.param(b"<p>" + b"word " * 1_200_000, "too_large", id="6 MB"),
    pytest.param(b"<p>Yes.</p>" * 60_000, "too_many_tags", id="60,000 paragraphs"),
    pytest.param(deep_page(5_000), "too_deep", id="5,000 nested blocks"),
    pytest.param(deep_page(200), None, id="200 nested blocks are still read"),
    pytest.param(long_values(), None, id="long attribute values are harmless"),
    pytest.param(b"<a href='x" * 50_000, "hostile_markup", id="endless open quotes"),
    pytest.param(b"<" * 500_000, "too_short", id="half a million angle brackets"),
    pytest.param(b"<!--" * 100_000, "not_html", id="comments that never close"),
    pytest.param(
        b"<script type='application/ld+json'>" + b"[" * 100_000 + b"</script><p>x</p>",
        "too_short",
        id="JSON-LD nested past any stack",
    ),
    pytest.param(b"\x00" * 5_000, "wrong_type", id="zeros"),
    pytest.param(b"\xff\xfe" + b"\x00\xd8" * 3_000, "not_html", id="lone surrogates"),
    pytest.param(
        b"<html><head><title>" + b"Comma, " * 200_000, "too_short", id="endless title"
    ),
    pytest.param(
        b"<html><body>" + b"<h1>%s</h1>" % (b"y" * 300) * 2_000,
        None,
        id="2,000 headings",
    ),
]


def read_peak_kb() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def reset_peak_kb() -> int:
    """Return what the process holds now, and count its peak from here on."""
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("needs /proc: the peak of a process cannot be reset here")
    Path("/proc/self/clear_refs").write_text("5")
    return read_peak_kb()


@pytest.mark.parametrize(("body", "reason"), HOSTILE)
def test_hostile_page_is_bounded_and_named(body: bytes, reason: str | None) -> None:
    before, before_kb = time.process_time(), reset_peak_kb()
    article = extract_article(make_page(body))
    assert article.reason == reason
    assert time.process_time() - before < 5
    assert read_peak_kb() - before_kb < 700_000


@pytest.mark.parametrize(
    "case", ["plain_article", "jsonld_graph", "arabic", "front_page"]
)
def test_cut_or_damaged_page_never_raises(case: str) -> None:
    page, _ = load_case(case)
    size = len(page.body)
    for cut in range(1, size, max(1, size // 12)):
        damaged = page.body[:cut] + b"\xe9\x00<" + page.body[cut + 3 :]
        for body in (page.body[:cut], damaged):
            article = extract_article(dataclasses.replace(page, body=body))
            assert article.status in ("ok", "rejected")


ODD_FACTS = [
    {"url": "http://[::1/x"},
    {"url": ""},
    {"timezone": "Mars/Olympus"},
    {"timezone": "../etc"},
    {"content_type": "text/html; charset=rot13"},
    {"content_type": "text/html; charset=\u2028utf-8"},
    {"stated_title": "\ud83d"},
    {"stated_at": datetime(1, 1, 1, tzinfo=UTC)},
    {"captured_at": None},
]


@pytest.mark.parametrize("facts", ODD_FACTS, ids=repr)
def test_odd_facts_about_a_page_never_raise(facts: dict[str, Any]) -> None:
    page, _ = load_case("plain_article")
    article = extract_article(dataclasses.replace(page, **facts))
    assert article.n_paragraphs == 5


CHANGES = [
    {"body": b"other"},
    {"url": "https://ledger.example/b"},
    {"canonical_url": "https://ledger.example/b"},
    {"content_type": "text/plain"},
    {"captured_at": datetime(2026, 3, 6, tzinfo=UTC)},
    {"stated_at": datetime(2026, 3, 3, tzinfo=UTC)},
    {"stated_precision": "day"},
    {"stated_title": "Bridge"},
    {"timezone": "Asia/Kabul"},
    {"source_id": "other"},
    {"article_id": 8},
]


def test_every_input_changes_the_digest() -> None:
    page = make_page(b"x")
    variants = [page, *(dataclasses.replace(page, **change) for change in CHANGES)]
    digests = list(map(input_digest, variants))
    assert all(a != b for a, b in itertools.combinations(digests, 2))


def test_second_capture_on_the_same_day_keeps_the_digest() -> None:
    page = make_page(b"x")
    later = dataclasses.replace(page, captured_at=datetime(2026, 3, 5, 23, tzinfo=UTC))
    assert input_digest(later) == input_digest(page)


def test_repeats_of_a_page_can_be_undone() -> None:
    article = extract_article(load_case("repeated_run")[0])
    kept = article.text.split("\n")
    whole = restore_repeats(kept, article.repeats)
    assert list(whole) == kept + kept[1:]
