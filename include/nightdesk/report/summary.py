"""The night's figures, once for the terminal and once for the head of the brief."""

from __future__ import annotations

from datetime import date

from nightdesk.report import wording
from nightdesk.report.rows import (
    BINS,
    Marts,
    Row,
    pick_row,
    pick_rows,
    read_count,
    read_text,
)

_N_TOP = 5
_FIGURES = (
    *("n_articles", "n_texts", "n_independent", "n_repeats", "n_untagged", "n_seen"),
    *(f"n_{name}" for name in BINS),
    *("n_sources", "n_sources_ok", "n_sources_failed"),
    *("n_sources_no_coverage", "n_sources_not_collected"),
)


def brief_summary(night: date, marts: Marts) -> dict[str, object]:
    """Return the figures of a night: counts, accounting, and the first five of each.

    Keys are those of the mart coverage_by_night, and `night`, `accounting` (a line),
    `is_balanced`, `is_empty`, `n_countries`, `top_countries`, `top_stories`,
    `top_clusters`, `top_entities` and `failed_sources`. All values go into JSON as they
    are.
    """
    head = pick_row(marts, "coverage_by_night", night)
    countries = pick_about(marts, night, "country")
    return {
        "night": night.isoformat(),
        **{column: read_count(head, column) for column in _FIGURES},
        "accounting": say_accounting(head),
        "is_balanced": is_balanced(head),
        "is_empty": read_count(head, "n_articles") == 0,
        "n_countries": len(countries),
        "top_countries": [_name_count(row, "name") for row in countries[:_N_TOP]],
        "top_stories": [
            {**_name_count(row, "title"), "n_sources": read_count(row, "n_sources")}
            for row in pick_rows(marts, "top_stories", night)[:_N_TOP]
        ],
        "top_clusters": [
            {**_name_count(row, "title"), "n_sources": read_count(row, "n_sources")}
            for row in pick_rows(marts, "top_clusters", night)[:_N_TOP]
        ],
        "top_entities": [
            {**_name_count(row, "name"), "type": read_text(row, "type")}
            for row in pick_rows(marts, "entities_by_day", night)[:_N_TOP]
        ],
        "failed_sources": [
            {
                "source_id": read_text(row, "source_id"),
                "reason": read_text(row, "reason"),
            }
            for row in pick_rows(marts, "source_health", night)
            if row.get("status") == "failed"
        ],
    }


def say_accounting(head: Row) -> str:
    """Return the accounting of a night as one line.

    >>> say_accounting({"n_seen": 3, "n_loaded": 2, "n_failed": 1})
    '3 seen = 2 loaded + 0 duplicate + 0 rejected + 1 failed + 0 pending'
    """
    terms = [f"{wording.say_number(read_count(head, f'n_{b}'))} {b}" for b in BINS]
    return (
        f"{wording.say_number(read_count(head, 'n_seen'))} seen = {' + '.join(terms)}"
    )


def is_balanced(head: Row) -> bool:
    """Return whether the bins of a night sum up to what was seen."""
    total = sum(read_count(head, f"n_{name}") for name in BINS)
    return read_count(head, "n_seen") == total


def pick_about(marts: Marts, night: date, scheme: str) -> list[Row]:
    """Return the regions of one scheme that articles are about, the most first."""
    rows = [
        row
        for row in pick_rows(marts, "articles_by_region", night)
        if row.get("scheme") == scheme and row.get("role") == "about"
    ]
    return sorted(
        rows,
        key=lambda row: (
            -read_count(row, "n_articles"),
            -read_count(row, "n_texts"),
            -read_count(row, "n_focus"),
            read_text(row, "region_id"),
        ),
    )


def _name_count(row: Row, column: str) -> dict[str, object]:
    return {
        column: read_text(row, column),
        "n_articles": read_count(row, "n_articles"),
    }
