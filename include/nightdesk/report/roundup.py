"""The rest of a night as facts: accounting, stories, regions, names, gaps.

The page shows these as tables and pictures; Markdown and JSON as the sentences here.
"""

from __future__ import annotations

from datetime import date

from nightdesk.report import sections, wording
from nightdesk.report.facts import Fact, Section, make_ref, say_units
from nightdesk.report.rows import (
    BINS,
    Marts,
    Row,
    pick_row,
    pick_rows,
    read_count,
    read_number,
    read_text,
    read_time,
)
from nightdesk.report.summary import pick_about, say_accounting

_UNITS = ("n_articles", "n_texts", "n_sources")
_STATUS = ("ok", "failed", "no_coverage", "not_collected")


def gather_night(night: date, marts: Marts) -> Section:
    """Return the night in figures: who was read, what came in, what became of it."""
    row = pick_row(marts, "coverage_by_night", night)
    if not row:
        return Section("night", "The night", "The warehouse holds no row of it.", ())
    watched = ("n_sources", *(f"n_sources_{status}" for status in _STATUS))
    counted = ("n_articles", "n_texts", "n_independent")
    units = say_units({**row, "n_sources": row.get("n_independent")})
    bins = ("n_seen", *(f"n_{name}" for name in BINS))
    facts = [
        _cite("watched", row, sections.say_lead(row), *watched),
        _cite("units", row, f"{units}.", *counted),
        _cite("accounting", row, f"{say_accounting(row)}.", *bins),
    ]
    return Section("night", "The night", "", tuple(facts))


def _cite(name: str, row: Row, text: str, *columns: str) -> Fact:
    ref = make_ref("coverage_by_night", row, (), *columns)
    return Fact(f"night-{name}", "", text, (ref,))


def gather_stories(night: date, marts: Marts) -> Section:
    """Return the events that most independent sources reported."""
    return Section(
        "events",
        "What most sources reported",
        "No event of this night was reported by two sources in words of their own.",
        tuple(
            _describe_story("top_stories", "story_id", row, night)
            for row in sections.pick_shared(marts, "top_stories", night)
        ),
    )


def gather_clusters(night: date, marts: Marts) -> Section:
    """Return the texts that most sources ran."""
    return Section(
        "stories",
        "What most sources ran",
        "No text of this night was run by two sources.",
        tuple(
            _describe_story("top_clusters", "cluster_id", row, night)
            for row in sections.pick_shared(marts, "top_clusters", night)
        ),
    )


def _describe_story(mart: str, key: str, row: Row, night: date) -> Fact:
    source = read_text(row, "source_name") or read_text(row, "source_id")
    first = wording.say_time(read_time(row, "first_published_at"), night)
    articles = wording.say_count(read_count(row, "n_articles"), "article")
    columns = ["source_name", "first_published_at", "n_articles", "n_sources"]
    if mart == "top_stories":
        units = say_units(row)
        columns.append("n_texts")
    else:
        sources = wording.say_count(read_count(row, "n_sources"), "source")
        units = f"{articles} in {sources}"
    begin = f"{source}, first at {first} UTC" if first else source
    return Fact(
        f"{mart}-{read_text(row, key)}",
        read_text(row, "title") or "(no title)",
        f"{begin}: {units}.",
        (make_ref(mart, row, (key,), *columns),),
        wording.check_link(read_text(row, "url")),
    )


def gather_regions(night: date, marts: Marts) -> Section:
    """Return what each desk and each country got, the most first."""
    rows = [
        *pick_about(marts, night, "desk"),
        *pick_about(marts, night, "country")[: sections.N_COUNTRIES],
    ]
    return Section(
        "regions",
        "Desks and countries",
        "No article of this night is about a desk or a country.",
        tuple(
            Fact(
                f"region-{read_text(row, 'region_id')}",
                read_text(row, "name"),
                f"{say_units(row)}; {wording.say_share(read_number(row, 'share'))} of"
                " the tagged articles.",
                (
                    make_ref(
                        "articles_by_region",
                        row,
                        ("region_id", "role"),
                        *_UNITS,
                        "share",
                    ),
                ),
            )
            for row in rows
        ),
    )


def gather_entities(night: date, marts: Marts) -> Section:
    """Return people, organisations and places, those of most sources first."""
    rows = pick_rows(marts, "entities_by_day", night)
    return Section(
        "entities",
        "Who and what was in the news",
        "Nobody was tagged in this night.",
        tuple(
            Fact(
                f"entity-{read_text(row, 'entity_id')}",
                read_text(row, "name"),
                f"{word}; {say_units(row)}.",
                (make_ref("entities_by_day", row, ("entity_id",), *_UNITS),),
            )
            for kind, word in (("PER", "person"), ("ORG", "organisation"))
            for row in [r for r in rows if r.get("type") == kind][: sections.N_ENTITIES]
        ),
    )


def gather_missing(night: date, marts: Marts) -> Section:
    """Return the sources that gave nothing, and the entries that were not loaded."""
    facts = [
        Fact(
            f"source-{read_text(row, 'source_id')}",
            read_text(row, "name") or read_text(row, "source_id"),
            f"{wording.say_reason(read_text(row, 'status'))}:"
            f" {wording.say_reason(read_text(row, 'reason')) or 'no reason stated'}.",
            (make_ref("source_health", row, ("source_id",), "status", "reason"),),
        )
        for row in pick_rows(marts, "source_health", night)
        if row.get("status") != "ok"
    ]
    for row in pick_rows(marts, "reasons", night):
        entries = wording.say_count(read_count(row, "n_entries"), "entry", "entries")
        sources = wording.say_count(read_count(row, "n_sources"), "source")
        reason = wording.say_reason(read_text(row, "reason"))
        ref = make_ref("reasons", row, ("bin", "reason"), "n_entries", "n_sources")
        name = f"reason-{read_text(row, 'bin')}-{read_text(row, 'reason')}"
        text = f"{entries} of {sources} {read_text(row, 'bin')}: {reason}."
        facts.append(Fact(name, "", text, (ref,)))
    for row in pick_rows(marts, "languages", night):
        if number := read_count(row, "n_untagged"):
            articles = wording.say_count(number, "article")
            lang = wording.say_language(read_text(row, "lang"))
            ref = make_ref("languages", row, ("lang",), "n_untagged")
            text = (
                f"{articles} cannot be tagged yet, and {'is' if number == 1 else 'are'}"
            )
            facts.append(
                Fact(f"lang-{lang}", lang, f"{text} in no share above.", (ref,))
            )
    none = "Nothing that we know of: every source was read and every entry loaded."
    return Section("missing", "What is missing in this night", none, tuple(facts))
