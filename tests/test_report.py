"""The brief: figures and sentences are those of the rows, on every sort of night."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import html
from test_report_rows import (
    NIGHT,
    make_brief,
    make_cover,
    make_marts,
    make_sample,
    make_source,
    parse_page,
    read_texts,
)

from nightdesk.report import Marts, brief_summary

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def page() -> html.HtmlElement:
    return parse_page(make_sample())


SAID = [
    ("the headline figures", "//*[@class='card']/b", "1,203|877|31|3"),
    ("the date", "//h1", "Tuesday 24 November 2026"),
    (
        "the accounting line",
        "//*[@class='account']",
        "Every entry accounted for: 1,250 seen = 1,203 loaded + 40 duplicate"
        " + 4 rejected + 2 failed + 1 pending. 19 repeated paragraphs removed.",
    ),
    (
        "how many sources were read",
        "//*[@class='lead']",
        "2 of 4 sources were read; 1 failed and 1 had no coverage. What is missing",
    ),
    ("the text that was copied", "//*[@id='stories']//h3", "The ferry sails again"),
    (
        "who had it and who copied, and when",
        "//*[@id='stories']//li//p",
        "The Wire · first at 18:30 · 3 articles in 3 sources"
        "|Copies: post 25 Nov 02:30, daily 25 Nov 02:30",
    ),
    (
        "the event that two reported, and not the one that a wire alone did",
        "//*[@id='events']//li//p",
        "The Wire · first at 18:30 · 2 independent sources, 2 texts, 4 articles"
        "|Texts: post 25 Nov 02:30 (3 articles), daily 25 Nov 02:30",
    ),
    (
        "countries it is about, not those it mentions",
        "//*[@id='world']//tbody/tr",
        "Pakistan 64 63 2 5 %|Singapore 12 11 2 1 %|Kenya 3 2 2 <1 %",
    ),
    (
        "classes of the map",
        "//*[@id='world']//li",
        "none|1–4|5–9|10–19|20–49|50 and more"
        "|articles; dots are countries too small to draw",
    ),
    (
        "people, organisations and places",
        "//*[@id='entities']//tbody/tr",
        "Amina Oru 21 20 19|Bridge Board 18 17 16|Karachi 55 54 53",
    ),
    (
        "sources, the failed first",
        "//*[@id='sources']//tbody/tr/td[1]",
        "The Radio|The Echo|The Ledger",
    ),
    (
        "what became of a source's entries",
        "//*[@id='sources']//tbody/tr[3]",
        "The Ledger PK ok 40 33 3 2 0 0 25 % 417",
    ),
    (
        "titles with unit and period",
        "//*[@id='regions']//figcaption",
        "Articles by desk, 24 Nov (UTC)|Articles by sub-region, 24 Nov (UTC)|"
        "AfPak: articles a day in Asia/Karachi, 18–24 Nov",
    ),
    (
        "a desk's own days, those that are not over as provisional",
        "//*[@id='f-desk-desk:afpak']/p",
        "AfPak In Asia/Karachi: 24 Nov: 65 articles, 64 unique texts, 2 independent"
        " sources; 25 Nov so far, provisional: 4 articles, 3 unique texts, 2"
        " independent sources. rows",
    ),
    (
        "why entries were not loaded",
        "//*[@id='missing']//tbody/tr",
        "rejected not article 4 1",
    ),
    (
        "sources that are missing, each with its reason",
        "//*[@id='missing']//li",
        "The Radio: timeout|The Echo: feed too short",
    ),
    (
        "the articles",
        "//*[@id='articles']//tbody/tr",
        "18:30 The ferry sails again The Wire Pakistan",
    ),
]


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize(
    ("path", "said"), [row[1:] for row in SAID], ids=[row[0] for row in SAID]
)
def test_page_says(page: html.HtmlElement, path: str, said: str) -> None:
    assert squeeze("|".join(read_texts(page, path))) == squeeze(said)


def test_missing_is_said(page: html.HtmlElement) -> None:
    [missing] = read_texts(page, "//*[@id='missing']")
    assert "5 articles in languages that cannot be tagged yet" in missing
    assert "Amharic (5 articles)" in missing
    assert "Nights of the last seven that were not built: 22 Nov." in missing


def test_charts_hold_the_rows(page: html.HtmlElement) -> None:
    drawn = read_texts(page, "//figure//*[local-name()='text']")
    assert {"AfPak", "65 / 64", "Southern Asia", "66 / 65"} <= set(drawn)
    assert {"Urdu", "1,198 / 872", "1,203", "911", "804", "–"} <= set(drawn)
    assert "Asia" not in drawn, "a region of sub-regions is none itself"
    assert "6,543,210" not in drawn, "a later night is not known yet"
    spoken = page.xpath("//figure/div[@role='img']/@aria-label")
    assert "hour 18 1,200 articles, 875 unique texts" in spoken
    assert any("Pakistan 64 articles, 63 unique texts" in text for text in spoken)
    assert (
        "Wed 18 no night; Thu 19 no night; Fri 20 no night; Sat 21 60; Sun 22 no night;"
        " Mon 23 60; Tue 24 65" in spoken
    ), "a desk's day that is not known whole is a dash; one that goes on is left out"


NIGHTS = [
    ("no rows at all", {}, "No rows. The warehouse holds no row of this night"),
    (
        "a row of zeros",
        {"coverage_by_night": [{"night": NIGHT}]},
        "No articles. No source was watched for this night: nothing is known of it.",
    ),
    (
        "every source failed",
        {
            "coverage_by_night": [
                {"night": NIGHT, "n_sources": 2, "n_sources_failed": 2}
            ],
            "source_health": [make_source("Radio", "failed", "dns")],
        },
        "No articles. 0 of 2 sources were read; 2 failed.",
    ),
    (
        "nothing was run twice",
        {"coverage_by_night": [make_cover(NIGHT)]},
        "No text of this night was run by two sources.",
    ),
    (
        "the first night",
        {"coverage_by_night": [make_cover(NIGHT)]},
        "First night: there is no earlier one to compare it with.",
    ),
    (
        "a night after a long gap",
        {
            "coverage_by_night": [
                make_cover(NIGHT),
                make_cover(NIGHT - timedelta(days=20)),
            ]
        },
        "No other night of the last seven was built.",
    ),
    (
        "sums that do not add up",
        {"coverage_by_night": [make_cover(NIGHT, n_pending=0)]},
        "The sums do not add up.",
    ),
    (
        "one of each",
        {
            "coverage_by_night": [
                make_cover(NIGHT, n_seen=1, n_articles=2, n_texts=1, n_independent=1)
            ]
        },
        "1 unique text the other 1 article carries a text that is counted already"
        " 1 independent source had those texts first; 4 sources watched",
    ),
]


@pytest.mark.parametrize(
    ("marts", "said"), [row[1:] for row in NIGHTS], ids=[row[0] for row in NIGHTS]
)
def test_special_nights(marts: Marts, said: str) -> None:
    page = parse_page(make_brief(marts))
    for style in page.xpath("//style"):
        style.getparent().remove(style)
    text = " ".join(" ".join(page.xpath("//body//text()")).split())
    assert squeeze(said) in squeeze(text)


def test_sums_that_add_up_raise_no_alarm(page: html.HtmlElement) -> None:
    assert page.xpath("//*[@class='alarm']") == []


def test_summary_has_the_figures() -> None:
    summary = brief_summary(NIGHT, make_marts())
    assert summary["night"] == "2026-11-24"
    assert (summary["n_articles"], summary["n_texts"]) == (1203, 877)
    assert summary["accounting"] == (
        "1,250 seen = 1,203 loaded + 40 duplicate + 4 rejected + 2 failed + 1 pending"
    )
    assert summary["is_balanced"] is True
    assert summary["top_countries"] == [
        {"name": "Pakistan", "n_articles": 64},
        {"name": "Singapore", "n_articles": 12},
        {"name": "Kenya", "n_articles": 3},
    ]
    assert summary["failed_sources"] == [{"source_id": "Radio", "reason": "timeout"}]
    empty = brief_summary(NIGHT, {})
    assert set(empty) == set(summary)
    assert empty["is_empty"] is True
    assert empty["top_clusters"] == []


def test_summary_needs_no_charts() -> None:
    code = "import sys, nightdesk.report; print(sorted({'altair'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "include")},
        capture_output=True,
        check=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.strip() == "[]"
