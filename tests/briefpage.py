"""The page of a brief held against the snapshot: cards, tables and charts."""

from __future__ import annotations

import re
from typing import Any

from lxml import html

from nightdesk.report import wording

#: Section -> what its tables show, asked of the snapshot for the night `$1`.
TABLES = {
    "world": "SELECT name, n_articles, n_texts, n_sources, share"
    " FROM articles_by_region"
    " WHERE night = $1 AND role = 'about' AND scheme = 'country'",
    "entities": "SELECT name, n_articles, n_texts, n_sources FROM entities_by_day"
    " WHERE night = $1",
    "missing": "SELECT bin, replace(reason, '_', ' '), n_entries, n_sources"
    " FROM reasons WHERE night = $1",
    "sources": "SELECT name, country, replace(status, '_', ' '),"
    " replace(coalesce(reason, ''), '_', ' '), n_seen, n_loaded, n_duplicate,"
    " n_rejected, n_failed, n_pending, wire_share, round(median_words)::BIGINT"
    " FROM source_health WHERE night = $1",
}
CARDS = (
    "SELECT n_articles, n_texts, n_independent, (SELECT count(*) FROM"
    " articles_by_region WHERE night = $1 AND role = 'about' AND scheme = 'country')"
    " FROM coverage_by_night WHERE night = $1"
)
CHARTS = (
    "SELECT name, n_articles, n_texts FROM articles_by_region"
    " WHERE night = $1 AND role = 'about' UNION ALL"
    " SELECT 'hour ' || hour, n_articles, n_texts FROM articles_by_hour"
    " WHERE night = $1 UNION ALL"
    " SELECT coalesce(lang, ''), n_articles, n_texts FROM languages WHERE night = $1"
)
_BAR = re.compile(r"(.+) ([\d,]+) articles?, ([\d,]+) unique texts?")


def walk_page(con: Any, text: str, night: object) -> int:
    """Ask a snapshot for every row of a brief's tables and charts; return how many."""
    page = html.document_fromstring(text)
    cards = [node.text_content() for node in page.xpath("//*[@class='card']/b")]
    assert [tuple(cards)] == ask(con, CARDS, night)
    n_rows = 0
    for section, sql in TABLES.items():
        known = set(ask(con, sql, night))
        for row in page.xpath(f"//*[@id='{section}']//tbody/tr"):
            cells = (" ".join(cell.text_content().split()) for cell in row.xpath("td"))
            assert tuple(cells) in known, section
            n_rows += 1
    known = {
        (name if len(name) > 2 else wording.say_language(name), *counts)
        for name, *counts in ask(con, CHARTS, night)
    }
    for label in page.xpath("//figure/div[@role='img']/@aria-label"):
        for bar in label.removeprefix("World map; ").split("; "):
            if found := _BAR.fullmatch(bar):
                assert found.groups() in known, bar
                n_rows += 1
    return n_rows


def ask(con: Any, sql: str, night: object) -> list[tuple[str, ...]]:
    return [tuple(map(say, row)) for row in con.execute(sql, [night]).fetchall()]


def say(value: object) -> str:
    if isinstance(value, float):
        return wording.say_share(value)
    if isinstance(value, int):
        return wording.say_number(value)
    return "\N{EN DASH}" if value is None else str(value)
