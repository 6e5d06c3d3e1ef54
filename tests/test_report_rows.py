"""The rows of a made-up night, for the tests of the brief, and how rows are read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import pytest
from lxml import html

from nightdesk.report import Marts, Row, build_brief, load_shapes
from nightdesk.report import rows as reading

GEO = Path(__file__).parents[1] / "include" / "config" / "geo"
NIGHT = date(2026, 11, 24)
EVENING = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
SHAPES = load_shapes(GEO)


def make_cover(night: date, **changed: int) -> Row:
    row: dict[str, object] = {
        "night": night,
        "n_sources": 4,
        "n_sources_ok": 2,
        "n_sources_failed": 1,
        "n_sources_no_coverage": 1,
        "n_sources_not_collected": 0,
        "n_seen": 1250,
        "n_loaded": 1203,
        "n_duplicate": 40,
        "n_rejected": 4,
        "n_failed": 2,
        "n_pending": 1,
        "n_articles": 1203,
        "n_texts": 877,
        "n_independent": 31,
        "n_repeats": 19,
        "n_untagged": 5,
    }
    return {**row, **changed}


def make_region(region_id: str, name: str, n_articles: int, **changed: object) -> Row:
    schemes = {"iso": "country", "m49": "m49", "des": "desk", "x-s": "macro"}
    row: dict[str, object] = {
        "night": NIGHT,
        "region_id": region_id,
        "name": name,
        "scheme": schemes[region_id[:3]],
        "parent_id": None,
        "role": "about",
        "n_articles": n_articles,
        "n_focus": n_articles,
        "n_texts": n_articles - 1,
        "n_sources": 2,
        "share": n_articles / 1198,
    }
    return {**row, **changed}


def make_day(day: date, status: str, n_articles: int) -> Row:
    return {
        "night": min(day, NIGHT),  # the night that knows most of it
        "region_id": "desk:afpak",
        "name": "AfPak",
        "timezone": "Asia/Karachi",
        "day": day,
        "status": status,
        "n_articles": n_articles,
        "n_texts": n_articles - 1,
        "n_sources": 2,
    }


def make_source(source_id: str, status: str, reason: str | None = None) -> Row:
    bins = {"n_seen": 40, "n_loaded": 33, "n_duplicate": 3, "n_rejected": 2}
    return {
        "night": NIGHT,
        "source_id": source_id,
        "name": f"The {source_id}",
        "country": "PK",
        "status": status,
        "reason": reason,
        **(bins if status == "ok" else {}),
        "wire_share": 0.25 if status == "ok" else None,
        "median_words": 417.0 if status == "ok" else None,
    }


def make_copy(source: str, url: str) -> Row:
    return {
        "article_id": 8,
        "source_id": source,
        "source_name": source,
        "title": "A copy",
        "url": url,
        "published_at": EVENING + timedelta(hours=8),
    }


def make_cluster(**changed: object) -> Row:
    row: dict[str, object] = {
        "night": NIGHT,
        "rank": 1,
        "cluster_id": 7,
        "title": "The ferry sails again",
        "source_id": "wire",
        "source_name": "The Wire",
        "url": "https://wire.test/7",
        "n_articles": 3,
        "n_sources": 3,
        "n_tonight": 2,
        "first_published_at": EVENING,
        "copies": [
            make_copy("post", "https://post.test/8"),
            make_copy("daily", "https://daily.test/9"),
        ],
    }
    return {**row, **changed}


def make_story(**changed: object) -> Row:
    reports = [
        {**make_copy("post", "https://post.test/8"), "n_articles": 3},
        {**make_copy("daily", "https://daily.test/9"), "n_articles": 1},
    ]
    row = {**make_cluster(), "story_id": 7, "n_texts": 2, "reports": reports}
    return {**row, "n_articles": 4, "n_sources": 2, **changed}


def make_entity(kind: str, name: str, n_articles: int) -> Row:
    return {
        "night": NIGHT,
        "entity_id": name,
        "name": name,
        "type": kind,
        "n_articles": n_articles,
        "n_texts": n_articles - 1,
        "n_sources": n_articles - 2,
        "n_mentions": 99,
        "n_in_title": 0,
    }


def make_article(**changed: object) -> Row:
    row: dict[str, object] = {
        "night": NIGHT,
        "article_id": 7,
        "title": "The ferry sails again",
        "url": "https://wire.test/7",
        "source_id": "wire",
        "source_name": "The Wire",
        "published_at": EVENING,
        "published_precision": "second",
        "is_copy": False,
        "focus_name": "Pakistan",
    }
    return {**row, **changed}


def make_marts() -> dict[str, list[Row]]:
    return {
        "coverage_by_night": [
            make_cover(NIGHT),
            make_cover(NIGHT - timedelta(days=1), n_articles=911),
            make_cover(NIGHT - timedelta(days=3), n_articles=804),
            make_cover(NIGHT + timedelta(days=1), n_articles=6_543_210),
        ],
        "articles_by_region": [
            make_region("iso:PK", "Pakistan", 64),
            make_region("iso:SG", "Singapore", 12),
            make_region("iso:KE", "Kenya", 3),
            make_region("iso:FR", "France", 999, role="mentioned"),
            make_region("m49:142", "Asia", 76, parent_id="m49:001"),
            make_region("m49:034", "Southern Asia", 66, parent_id="m49:142"),
            make_region("desk:afpak", "AfPak", 65),
        ],
        "desk_days": [
            *(make_day(NIGHT - timedelta(days=back), "whole", 60) for back in (3, 1)),
            make_day(NIGHT - timedelta(days=2), "partial", 9),
            make_day(NIGHT, "whole", 65),
            make_day(NIGHT + timedelta(days=1), "provisional", 4),
        ],
        "top_stories": [make_story(), make_story(story_id=8, n_sources=1)],
        "top_clusters": [make_cluster()],
        "entities_by_day": [
            make_entity("PER", "Amina Oru", 21),
            make_entity("ORG", "Bridge Board", 18),
            make_entity("LOC", "Karachi", 55),
        ],
        "source_health": [
            make_source("Ledger", "ok"),
            make_source("Echo", "no_coverage", "feed_too_short"),
            make_source("Radio", "failed", "timeout"),
        ],
        "articles_by_hour": [
            {"night": NIGHT, "hour": 18, "n_articles": 1200, "n_texts": 875},
            {"night": NIGHT, "hour": None, "n_articles": 3, "n_texts": 2},
        ],
        "languages": [
            {"night": NIGHT, "lang": "ur", "n_articles": 1198, "n_texts": 872},
            {
                "night": NIGHT,
                "lang": "am",
                "n_articles": 5,
                "n_texts": 5,
                "n_untagged": 5,
            },
        ],
        "reasons": [
            {
                "night": NIGHT,
                "bin": "rejected",
                "reason": "not_article",
                "n_entries": 4,
                "n_sources": 1,
            }
        ],
        "article_list": [make_article()],
    }


def make_brief(marts: Marts | None = None) -> str:
    return build_brief(NIGHT, make_marts() if marts is None else marts, shapes=SHAPES)


@cache
def make_sample() -> str:
    """The brief of the rows above; made once, since nothing in it may vary."""
    return make_brief()


def parse_page(text: str) -> html.HtmlElement:
    return html.document_fromstring(text)


def read_texts(page: html.HtmlElement, path: str) -> list[str]:
    return [" ".join(node.text_content().split()) for node in page.xpath(path)]


KARACHI = timezone(timedelta(hours=5))
READINGS = [
    ("a count", reading.read_count, 3, 3),
    ("no count", reading.read_count, None, 0),
    ("a share", reading.read_number, 0.5, 0.5),
    ("a whole share", reading.read_number, 1, 1.0),
    ("no share", reading.read_number, None, None),
    ("a text", reading.read_text, "x", "x"),
    ("no text", reading.read_text, None, ""),
    ("a time elsewhere", reading.read_time, EVENING.astimezone(KARACHI), EVENING),
    ("a time without a zone", reading.read_time, EVENING.replace(tzinfo=None), EVENING),
    ("no time", reading.read_time, None, None),
    ("rows", reading.read_rows, [{"a": 1}], [{"a": 1}]),
    ("no rows", reading.read_rows, None, []),
]
REFUSED = [
    ("a count as text", reading.read_count, "12", "x: '12': not a whole number"),
    ("a count with a part", reading.read_count, 1.5, "x: 1.5: not a whole number"),
    ("a share as text", reading.read_number, "1", "x: '1': not a number"),
    ("a time as text", reading.read_time, "18:30", "x: '18:30': not a time"),
    ("rows of no columns", reading.read_rows, [1], "not a list of rows"),
]


@pytest.mark.parametrize(
    ("read", "value", "result"),
    [row[1:] for row in READINGS],
    ids=[r[0] for r in READINGS],
)
def test_value_is_read(
    read: Callable[[Row, str], object], value: object, result: object
) -> None:
    assert read({"x": value}, "x") == result


@pytest.mark.parametrize(
    ("read", "value", "said"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_wrong_type_is_refused(
    read: Callable[[Row, str], object], value: object, said: str
) -> None:
    with pytest.raises(TypeError, match=said):
        read({"x": value}, "x")


def test_night_may_be_a_time_but_no_text() -> None:
    assert reading.read_date({"night": EVENING}) == NIGHT
    with pytest.raises(TypeError, match="not a date"):
        reading.read_date({"night": "2026-11-24"})
