"""Eleven languages in five scripts: text, paragraphs, day and language are kept.

Made-up pages beside what is expected of them, each in another shape of markup and with
the date as its readers write it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nightdesk.extract import Page, extract_article

FOLDER = Path(__file__).parent / "data" / "languages"
LANGUAGES = ("ar", "de", "es", "fa", "fr", "hi", "ps", "ru", "tr", "ur", "zh")
#: Code pages in which pages of that language are still met, with and without a BOM.
CHARSETS = (
    *(("ar", "windows-1256"), ("de", "iso-8859-1"), ("fr", "windows-1252")),
    *(("ru", "windows-1251"), ("ru", "koi8-r"), ("tr", "iso-8859-9")),
    *(("zh", "gb18030"), ("zh", "big5"), ("hi", "utf-16"), ("fa", "utf-8-sig")),
)


def load_page(lang: str) -> tuple[Page, dict[str, Any]]:
    url = f"https://paper.example/local/story-{lang}"
    expected = json.loads((FOLDER / f"{lang}.expect.json").read_text("utf-8"))
    page = Page(
        body=(FOLDER / f"{lang}.html").read_bytes(),
        url=url,
        canonical_url=url,
        article_id=1,
        source_id="paper",
        content_type="text/html",
        captured_at=datetime(2026, 3, 5, tzinfo=UTC),
    )
    return page, expected


def read(page: Page) -> dict[str, Any]:
    article = extract_article(page)
    return {
        "title": article.title,
        "authors": list(article.authors),
        "published_on": str(article.published_on),
        "lang": article.lang,
        "paragraphs": article.text.split("\n"),
    }


def test_every_language_has_its_page() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.html")) == list(LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_gives_the_article_beside_it(lang: str) -> None:
    page, expected = load_page(lang)
    found = read(page)
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize("lang", LANGUAGES)
def test_language_is_found_without_a_label(lang: str) -> None:
    page, _ = load_page(lang)
    head = page.body.split(b"<head>")[0]
    bare = page.body.replace(head, b"<html>", 1)
    assert extract_article(replace(page, body=bare)).lang == lang


@pytest.mark.parametrize(("lang", "charset"), CHARSETS, ids=lambda part: str(part))
def test_page_in_an_old_code_page_gives_the_same_text(lang: str, charset: str) -> None:
    page, expected = load_page(lang)
    text = page.body.decode().replace('"utf-8"', f'"{charset}"')
    kept = text.encode(charset, "xmlcharrefreplace")
    found = read(replace(page, body=kept))
    assert {key: found[key] for key in expected} == expected
