"""The written sections of the brief: what the template sets, as plain values.

Every figure and sentence is made from rows; a section without rows is empty and the
template says so. Lists are cut to what a person reads in the morning, and say how much
was cut: the marts have the rest.
"""

from __future__ import annotations

from datetime import date, timedelta

from nightdesk.report import wording
from nightdesk.report.rows import (
    Marts,
    Row,
    pick_row,
    pick_rows,
    read_count,
    read_date,
    read_number,
    read_rows,
    read_text,
    read_time,
)
from nightdesk.report.summary import is_balanced, pick_about, say_accounting

N_STORIES = 10
N_REPORTS = 15
N_COPIES = 12
N_COUNTRIES = 15
N_ENTITIES = 12
N_SOURCES = 100
N_ARTICLES = 300
_NOT_COVERED = (
    ("failed", "could not be read"),
    ("no_coverage", "had nothing for this night"),
    ("not_collected", "was not asked"),
)
_ENTITY_TYPES = (("PER", "People"), ("ORG", "Organisations"), ("LOC", "Places"))


def gather_head(night: date, marts: Marts) -> dict[str, object]:
    """Return the headline figures, the accounting and the sentence on top."""
    head = pick_row(marts, "coverage_by_night", night)
    n_articles, n_texts = read_count(head, "n_articles"), read_count(head, "n_texts")
    n_seen = wording.say_count(read_count(head, "n_seen"), "entry", "entries")
    n_sources = read_count(head, "n_sources")
    n_independent = read_count(head, "n_independent")
    countries = pick_about(marts, night, "country")
    cards = [
        (
            n_articles,
            "article" if n_articles == 1 else "articles",
            f"loaded from {n_seen} seen",
        ),
        (
            n_texts,
            "unique text" if n_texts == 1 else "unique texts",
            _say_copies(n_articles - n_texts),
        ),
        (
            n_independent,
            "independent source" if n_independent == 1 else "independent sources",
            f"had those texts first; {wording.say_count(n_sources, 'source')} watched",
        ),
        (
            len(countries),
            "country" if len(countries) == 1 else "countries",
            _say_first(countries),
        ),
    ]
    return {
        "date": wording.say_date(night),
        "day": wording.say_day(night),
        "iso": night.isoformat(),
        "is_known": bool(head),
        "is_first": not any(day < night for day in list_nights(marts)),
        "is_empty": n_articles == 0,
        "lead": say_lead(head),
        "cards": [
            {"figure": wording.say_number(figure), "name": name, "note": note}
            for figure, name, note in cards
        ],
        "accounting": say_accounting(head),
        "is_balanced": is_balanced(head),
        "repeats": read_count(head, "n_repeats"),
    }


def _say_copies(n_copies: int) -> str:
    if not n_copies:
        return "no text was run twice"
    verb = "carries" if n_copies == 1 else "carry"
    rest = wording.say_count(n_copies, "article")
    return f"the other {rest} {verb} a text that is counted already"


def _say_first(countries: list[Row]) -> str:
    if not countries:
        return "no article is about a country that was tagged"
    first = countries[0]
    n_articles = wording.say_count(read_count(first, "n_articles"), "article")
    return f"that articles are about; first {read_text(first, 'name')}, {n_articles}"


def say_lead(head: Row) -> str:
    """Return how many sources were read, and what became of the others."""
    n_sources = read_count(head, "n_sources")
    if not n_sources:
        return "No source was watched for this night: nothing is known of it."
    n_ok = read_count(head, "n_sources_ok")
    watched = f"{wording.say_number(n_ok)} of {wording.say_count(n_sources, 'source')}"
    read = f"{watched} {'was' if n_ok == 1 else 'were'} read"
    lost = [
        f"{wording.say_number(number)} {words}"
        for column, words in (
            ("n_sources_failed", "failed"),
            ("n_sources_no_coverage", "had no coverage"),
            ("n_sources_not_collected", "not asked"),
        )
        if (number := read_count(head, column))
    ]
    return f"{read}; {wording.say_list(lost)}." if lost else f"{read}."


def gather_missing(night: date, marts: Marts) -> dict[str, object]:
    """Return what this night lacks: sources, languages, entries, earlier nights."""
    sources = pick_rows(marts, "source_health", night)
    lost = [
        {
            "words": words,
            "sources": [
                {
                    "name": read_text(row, "name") or read_text(row, "source_id"),
                    "reason": read_text(row, "reason"),
                }
                for row in sources
                if row.get("status") == status
            ],
        }
        for status, words in _NOT_COVERED
    ]
    untagged = [
        f"{_name_language(row)} ({wording.say_count(number, 'article')})"
        for row in pick_rows(marts, "languages", night)
        if (number := read_count(row, "n_untagged"))
    ]
    reasons = [
        {
            "bin": read_text(row, "bin"),
            "reason": read_text(row, "reason"),
            "n_entries": read_count(row, "n_entries"),
            "n_sources": read_count(row, "n_sources"),
        }
        for row in pick_rows(marts, "reasons", night)
    ]
    return {
        "sources": [group for group in lost if group["sources"]],
        "untagged": wording.say_list(untagged),
        "n_untagged": read_count(
            pick_row(marts, "coverage_by_night", night), "n_untagged"
        ),
        "reasons": reasons,
        "nights": wording.say_list(_list_gaps(night, marts)),
    }


def _name_language(row: Row) -> str:
    lang = read_text(row, "lang")
    return wording.say_language(lang) if lang else "no known language"


def list_nights(marts: Marts) -> list[date]:
    """Return the nights of which the marts know anything, ascending."""
    return sorted({read_date(row) for row in marts.get("coverage_by_night", ())})


def _list_gaps(night: date, marts: Marts) -> list[str]:
    known = [day for day in list_nights(marts) if day < night]
    week = [night - timedelta(days=back) for back in range(6, 0, -1)]
    return [
        wording.say_day(day) for day in week if known and known[0] < day not in known
    ]


def pick_shared(marts: Marts, mart: str, night: date) -> list[Row]:
    """Return the first stories or clusters of a night that two sources have."""
    rows = pick_rows(marts, mart, night)
    return [row for row in rows if read_count(row, "n_sources") > 1][:N_STORIES]


def gather_stories(night: date, marts: Marts) -> list[dict[str, object]]:
    """Return the events that most independent sources reported, with their texts."""
    return [
        {
            **_describe_head(row, night),
            "id": read_text(row, "story_id"),
            "n_articles": read_count(row, "n_articles"),
            "n_texts": read_count(row, "n_texts"),
            "n_sources": read_count(row, "n_sources"),
            "reports": [
                {
                    **_describe_copy(report, night),
                    "n_articles": read_count(report, "n_articles"),
                }
                for report in read_rows(row, "reports")[:N_REPORTS]
            ],
            "n_more": max(len(read_rows(row, "reports")) - N_REPORTS, 0),
        }
        for row in pick_shared(marts, "top_stories", night)
    ]


def _describe_head(row: Row, night: date) -> dict[str, object]:
    return {
        "title": read_text(row, "title") or "(no title)",
        "link": wording.check_link(read_text(row, "url")),
        "source": read_text(row, "source_name") or read_text(row, "source_id"),
        "first": wording.say_time(read_time(row, "first_published_at"), night),
    }


def gather_clusters(night: date, marts: Marts) -> list[dict[str, object]]:
    """Return the texts that most sources ran, with their copies."""
    return [
        {
            **_describe_head(row, night),
            "n_articles": read_count(row, "n_articles"),
            "n_sources": read_count(row, "n_sources"),
            "copies": [
                _describe_copy(copy, night)
                for copy in read_rows(row, "copies")[:N_COPIES]
            ],
            "n_more": max(len(read_rows(row, "copies")) - N_COPIES, 0),
        }
        for row in pick_shared(marts, "top_clusters", night)
    ]


def _describe_copy(copy: Row, night: date) -> dict[str, str]:
    return {
        "title": read_text(copy, "title"),
        "link": wording.check_link(read_text(copy, "url")),
        "source": read_text(copy, "source_name") or read_text(copy, "source_id"),
        "time": wording.say_time(read_time(copy, "published_at"), night),
    }


def gather_countries(night: date, marts: Marts) -> dict[str, object]:
    """Return the countries that articles are about, the most first."""
    rows = pick_about(marts, night, "country")
    return {
        "rows": [_describe_region(row) for row in rows[:N_COUNTRIES]],
        "n_more": max(len(rows) - N_COUNTRIES, 0),
    }


def _describe_region(row: Row) -> dict[str, object]:
    return {
        "name": read_text(row, "name") or read_text(row, "region_id"),
        "n_articles": read_count(row, "n_articles"),
        "n_texts": read_count(row, "n_texts"),
        "n_sources": read_count(row, "n_sources"),
        "share": read_number(row, "share"),
    }


def gather_entities(night: date, marts: Marts) -> list[dict[str, object]]:
    """Return people, organisations and places; each list in the order of the mart."""
    rows = pick_rows(marts, "entities_by_day", night)
    lists: list[dict[str, object]] = []
    for kind, name in _ENTITY_TYPES:
        found = [row for row in rows if row.get("type") == kind]
        lists.append(
            {
                "name": name,
                "rows": [
                    {
                        "name": read_text(row, "name"),
                        "n_articles": read_count(row, "n_articles"),
                        "n_texts": read_count(row, "n_texts"),
                        "n_sources": read_count(row, "n_sources"),
                    }
                    for row in found[:N_ENTITIES]
                ],
                "n_more": max(len(found) - N_ENTITIES, 0),
            }
        )
    return lists


def gather_sources(night: date, marts: Marts) -> dict[str, object]:
    """Return how each source did, those that failed first."""
    rows = pick_rows(marts, "source_health", night)
    rank = {status: place for place, (status, _) in enumerate(_NOT_COVERED)}
    rows.sort(key=lambda row: rank.get(read_text(row, "status"), len(rank)))
    described = [
        {
            "name": read_text(row, "name") or read_text(row, "source_id"),
            "country": read_text(row, "country"),
            "status": read_text(row, "status"),
            "reason": read_text(row, "reason"),
            "bins": [
                read_count(row, f"n_{name}")
                for name in (
                    "seen",
                    "loaded",
                    "duplicate",
                    "rejected",
                    "failed",
                    "pending",
                )
            ],
            "wire_share": read_number(row, "wire_share"),
            "median_words": read_number(row, "median_words"),
        }
        for row in rows[:N_SOURCES]
    ]
    return {"rows": described, "n_more": max(len(rows) - N_SOURCES, 0)}


def gather_articles(night: date, marts: Marts) -> dict[str, object]:
    """Return the articles of the night, in the order of the mart."""
    rows = pick_rows(marts, "article_list", night)
    described = [
        {
            "title": read_text(row, "title") or "(no title)",
            "link": wording.check_link(read_text(row, "url")),
            "source": read_text(row, "source_name") or read_text(row, "source_id"),
            "focus": read_text(row, "focus_name"),
            "time": ""
            if row.get("published_precision") == "day"
            else wording.say_time(read_time(row, "published_at"), night),
            "is_copy": row.get("is_copy") is True,
        }
        for row in rows[:N_ARTICLES]
    ]
    return {"rows": described, "n_more": max(len(rows) - N_ARTICLES, 0)}
