"""What is new in a night: rises and drops, movers, new names, missed stories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from nightdesk.report import wording
from nightdesk.report.facts import (
    Fact,
    Link,
    Section,
    link_stories,
    make_ref,
    say_units,
)
from nightdesk.report.rows import (
    Marts,
    Row,
    pick_row,
    pick_rows,
    read_count,
    read_number,
    read_rows,
    read_text,
)

_N_UNUSUAL = 12
_N_MOVERS = 10
_N_NAMES = 15
_N_MISSED = 20
_LEAST_NIGHTS = 7
_WINDOW = 28
_UNITS = ("n_articles", "n_texts", "n_sources")
_KEY = ("kind", "item_id")
_COMPARED = ("n_compared", "expected_7", "expected_28")


def gather_news(night: date, marts: Marts) -> list[Section]:
    """Return the sections on what is unusual, with what it is compared with."""
    return [
        gather_baseline(night, marts),
        gather_unusual(night, marts),
        gather_movers(night, marts),
        gather_names(night, marts),
        gather_missed(night, marts),
    ]


def gather_baseline(night: date, marts: Marts) -> Section:
    """Return what the night is compared with, and what was left out as a break."""
    row = pick_row(marts, "baseline", night)
    names_of = {
        read_text(source, "source_id"): read_text(source, "name")
        for source in pick_rows(marts, "source_health", night)
    }
    facts = []
    if row:
        ref = make_ref("baseline", row, (), "n_nights_7", "n_nights_28", "sources")
        facts.append(Fact("baseline", "", _say_baseline(row), (ref,)))
        if others := read_count(row, "n_nights_other_tagger"):
            nights = wording.say_count(others, "night")
            was = "was" if others == 1 else "were"
            text = f"{nights} of them {was} read by another tagger and left out."
            ref = make_ref("baseline", row, (), "n_nights_other_tagger")
            facts.append(Fact("baseline-tagger", "", text, (ref,)))
    for column, words in (
        ("new_sources", "new, so not compared yet"),
        ("absent_sources", "without a text tonight, so left out of both sides"),
    ):
        if not read_count(row, "n_nights_28"):
            continue  # on a first night every source is new, which says nothing
        if names := _list_texts(row, column):
            noun = wording.say_count(len(names), "source")
            known = [names_of.get(name, name) for name in names]
            text = f"{noun} {words}: {wording.say_list(known)}."
            ref = make_ref("baseline", row, (), column)
            facts.append(Fact(f"baseline-{column}", "", text, (ref,)))
    none = "Nothing is known of the nights before."
    return Section("baseline", "What it is compared with", none, tuple(facts))


def _say_baseline(row: Row) -> str:
    n_week, n_month = read_count(row, "n_nights_7"), read_count(row, "n_nights_28")
    if n_month < _LEAST_NIGHTS:
        return (
            f"{wording.say_count(n_month, 'night')} of the 28 before this one can be"
            " compared with; under 7, nothing is called unusual."
        )
    sources = wording.say_count(len(_list_texts(row, "sources")), "source")
    compared = (
        f"Compared with {n_week} of the 7 nights before and {n_month} of the 28, over"
        f" {sources} with texts then and now, in unique texts."
    )
    short = " Under 28 nights a rise is less sure." if n_month < _WINDOW else ""
    return compared + short


def _list_texts(row: Row, column: str) -> list[str]:
    value = row.get(column)
    return [str(item) for item in value] if isinstance(value, Sequence) else []


def gather_unusual(night: date, marts: Marts) -> Section:
    """Return rises and drops, the surest first, with the stories behind them."""
    rows = [
        row
        for row in pick_rows(marts, "unusual", night)
        if row.get("verdict") in ("rise", "drop")
    ]
    rows.sort(key=_rank_alarm)
    n_nights = read_count(pick_row(marts, "baseline", night), "n_nights_28")
    return Section(
        "unusual",
        "What is unusual, and why",
        "No region or name got unusually much or little attention."
        if n_nights >= _LEAST_NIGHTS
        else "Not known: there are too few nights before this one.",
        tuple(_group_alarms(rows[:_N_UNUSUAL])),
    )


def _group_alarms(rows: list[Row]) -> list[Fact]:
    """Return alarms with those of one story together, its headline given once.

    Of the regions that which most of its articles are mainly about comes first: a far
    country that all of them name beside it may be the surer alarm.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        stories = read_rows(row, "stories") if row.get("verdict") == "rise" else []
        key = "story_id" if stories else "item_id"
        groups.setdefault(read_text(stories[0] if stories else row, key), []).append(
            row
        )
    facts = []
    for group in groups.values():
        if group[0].get("kind") == "region":
            group.sort(key=lambda row: -read_count(row, "n_focus"))
        first, *others = group
        facts.append(_describe(first, is_alarm=True))
        for row in others:
            fact = _describe(row, is_alarm=True)
            text = f"{fact.text} Same story as {read_text(first, 'name')}."
            named = make_ref("unusual", first, _KEY, "name")
            rows_of = (*fact.rows, named)
            facts.append(replace(fact, text=text, rows=rows_of, why=fact.why[1:]))
    return facts


def gather_movers(night: date, marts: Marts) -> Section:
    """Return the entities that moved most against what was expected of them."""
    rows = [
        row
        for row in pick_rows(marts, "unusual", night)
        if row.get("kind") == "entity" and row.get("verdict") == "usual"
    ]
    rows.sort(key=lambda row: (read_number(row, "p") or 0.0, read_text(row, "item_id")))
    return Section(
        "movers",
        "Names that moved, within what chance would do",
        "No name can be compared with earlier nights.",
        tuple(_describe(row, is_alarm=False) for row in rows[:_N_MOVERS]),
    )


def _read_q(row: Row) -> float:
    return read_number(row, "q") or 0.0


def _rank_alarm(row: Row) -> tuple[float, int, int]:
    """Order as the question `unusual` does: the country that a story is of leads it."""
    counts = (read_count(row, "n_focus"), read_count(row, "n_compared"))
    return _read_q(row), -counts[0], -counts[1]


def _describe(row: Row, *, is_alarm: bool) -> Fact:
    texts = wording.say_count(read_count(row, "n_compared"), "unique text")
    month = wording.say_decimal(read_number(row, "expected_28"))
    week = wording.say_decimal(read_number(row, "expected_7"))
    said = f"{texts}; expected {month} by the 28 nights before, {week} by the last 7"
    columns = ["name", *_COMPARED, "verdict"]
    if is_alarm:
        word = "Rise" if row.get("verdict") == "rise" else "Drop"
        alarm = wording.say_share(read_number(row, "q"))
        said = (
            f"{word}: {said}. In all {say_units(row)}; false alarms among such: {alarm}"
        )
        columns += [*_UNITS, "q", "stories"]
    return Fact(
        f"unusual-{read_text(row, 'item_id')}",
        read_text(row, "name"),
        f"{said}.",
        (make_ref("unusual", row, _KEY, *columns),),
        why=link_stories(row) if is_alarm else (),
    )


def gather_names(night: date, marts: Marts) -> Section:
    """Return who is named for the first time; nobody while there are few nights."""
    rows = pick_rows(marts, "new_names", night)
    n_nights = max((read_count(row, "n_nights") for row in rows), default=0)
    facts: tuple[Fact, ...] = ()
    none = "Nobody is named for the first time."
    if rows and n_nights < _LEAST_NIGHTS:
        none = "Not known: fewer than 7 of the 90 nights before were built."
    elif rows:
        ref = make_ref("new_names", rows[0], ("entity_id",), "n_nights")
        text = (
            "Not named in the 90 nights before, of which"
            f" {wording.say_number(n_nights)} were built."
        )
        window = Fact("names-window", "", text, (ref,))
        facts = (window, *(_describe_name(row) for row in rows[:_N_NAMES]))
    return Section("names", "New names", none, facts)


def _describe_name(row: Row) -> Fact:
    return Fact(
        f"name-{read_text(row, 'entity_id')}",
        read_text(row, "name"),
        f"{say_units(row)}.",
        (make_ref("new_names", row, ("entity_id",), "name", *_UNITS),),
        why=(
            Link(
                read_text(row, "title") or "(no title)",
                wording.check_link(read_text(row, "url")),
                "first named there",
            ),
        ),
    )


def gather_missed(night: date, marts: Marts) -> Section:
    """Return the big stories that some sources did not cover, with those sources."""
    by_story: dict[str, list[Row]] = {}
    for row in pick_rows(marts, "missed_stories", night):
        by_story.setdefault(read_text(row, "story_id"), []).append(row)
    return Section(
        "missed",
        "Who did not cover what most did",
        "No big story was missed by a source that writes its language.",
        tuple(_describe_missed(story_id, rows) for story_id, rows in by_story.items()),
    )


def _describe_missed(story_id: str, rows: list[Row]) -> Fact:
    names = [read_text(row, "source_name") for row in rows[:_N_MISSED]]
    tail = " and others" if len(rows) > _N_MISSED else ""
    head = rows[0]
    covered = wording.say_number(read_count(head, "n_covered"))
    able = wording.say_count(read_count(head, "n_able"), "source")
    columns = ("title", "source_name", "n_covered", "n_able")
    return Fact(
        f"missed-{story_id}",
        read_text(head, "title") or "(no title)",
        f"{covered} of {able} that publish in its language ran it;"
        f" {wording.say_number(len(rows))} did not: {wording.say_list(names)}{tail}.",
        tuple(
            make_ref("missed_stories", row, ("story_id", "source_id"), *columns)
            for row in rows
        ),
    )
