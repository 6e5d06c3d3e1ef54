"""A brief held against the snapshot: every row and every figure is asked again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from nightdesk.report import Edition, wording
from nightdesk.report.facts import plain
from nightdesk.report.written import escape, say_edition

_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
#: Windows and thresholds that sentences name.
_WINDOWS = re.compile(
    r"the (28|7) nights before|of the 28\b|by the last 7\b|Under 28 nights|"
    r"under 7, nothing|in the 90 nights before"
)
#: What is said where there is nothing, with the threshold behind it.
NOTHING = "Not known: fewer than 7 of the 90 nights before were built."
#: What a brief.json has. A key that is new may hold figures that nobody has asked for.
_KEYS = {
    "brief": {"night", "edition", "sections"},
    "edition": {"number", "cut_off_at", "changes"},
    "section": {"id", "title", "none", "facts"},
    "fact": {"id", "name", "text", "rows", "link", "why"},
    "row": {"mart", "key", "values"},
    "link": {"title", "link", "note", "story_id"},
}


def walk_brief(con: Any, text: str) -> int:
    """Ask a snapshot for every row and figure of a brief.json; return how many rows."""
    brief = json.loads(text)
    night = date.fromisoformat(brief["night"])
    n_rows = 0
    check_keys("brief", [brief])
    check_keys("edition", [brief["edition"]])
    check_keys("section", brief["sections"])
    assert brief["edition"]["cut_off_at"] == plain(find_cut_off(con, night))
    for section in brief["sections"]:
        assert not _NUMBER.search(section["title"])
        assert section["none"] == NOTHING or not _NUMBER.search(section["none"])
        check_keys("fact", section["facts"])
        for fact in section["facts"]:
            assert fact["rows"], fact
            check_keys("row", fact["rows"])
            check_keys("link", fact["why"])
            for row in fact["rows"]:
                assert ask(con, night, row) == [row["values"]], (fact["id"], row)
                n_rows += 1
            unknown = find_numbers(fact) - list_figures(fact)
            assert not unknown, (fact["text"], unknown)
            for why in fact["why"]:
                unknown = set(_NUMBER.findall(why["note"])) - list_figures(fact)
                assert not unknown, (why["note"], unknown)
    return n_rows


def check_keys(kind: str, values: list[dict[str, Any]]) -> None:
    assert [v for v in values if set(v) != _KEYS[kind]] == [], kind


def find_cut_off(con: Any, night: date) -> datetime | None:
    sql = "SELECT cut_off_at FROM coverage_by_night WHERE night = ?"
    found = con.execute(sql, [night]).fetchone()
    return found[0].astimezone(UTC) if found and found[0] else None


def say_edition_of(con: Any, brief: dict[str, Any]) -> str:
    """Return what a brief has to say of its edition."""
    cut_off = find_cut_off(con, date.fromisoformat(brief["night"]))
    return say_edition(Edition(brief["edition"]["number"], cut_off))


def ask_rows(con: Any, mart: str, night: date, where: str) -> list[dict[str, Any]]:
    """Return the rows of a night in a mart, in its order, with times in UTC."""
    sql = f"FROM {mart} WHERE night = ? AND {where}"
    done = con.execute(sql, [night])
    names = [column[0] for column in done.description]
    return [dict(zip(names, row, strict=True)) for row in done.fetchall()]


def walk_markdown(con: Any, text: str, brief: dict[str, Any]) -> int:
    """Hold a brief.md against its JSON; return how many lines say a fact."""
    night = date.fromisoformat(brief["night"])
    facts = [fact for section in brief["sections"] for fact in section["facts"]]
    changes = [
        f"- Changed: {line}" for line in map(say_change, brief["edition"]["changes"])
    ]
    said = [line for fact in facts for line in list_lines(fact)]
    lines = text.splitlines()
    bullets = [line for line in lines if line.lstrip().startswith("- ")]
    assert bullets == [*changes[:30], *_say_more(changes), *said]
    rest = [line for line in lines if line not in bullets and re.search(r"\d", line)]
    rest = [line for line in rest if line != NOTHING]
    edition = (
        f"{say_edition_of(con, brief)} The night is the UTC day; all times are UTC."
    )
    known = [f"# nightdesk, {wording.say_date(night)}", edition]
    assert rest == known
    return len(said)


def _say_more(changes: list[str]) -> list[str]:
    more = len(changes) - 30
    noun = "sentence" if more == 1 else "sentences"
    return [f"- Changed: {more} more {noun}."] if more > 0 else []


def say_change(change: dict[str, str]) -> str:
    was = f" (was: {escape(change['was'])})" if change["was"] else ""
    name = f"**{escape(change['name'])}**: " if change["name"] else ""
    return f"{name}{escape(change['now'])}{was}"


def list_lines(fact: dict[str, Any]) -> list[str]:
    """Return the lines that Markdown has to give to a fact: its sentence, its why."""
    name = f"**{say_link(fact['name'], fact['link'])}**: " if fact["name"] else ""
    return [
        f"- {name}{escape(fact['text'])}",
        *(
            f"  - {say_link(why['title'], why['link'])} ({escape(why['note'])})"
            for why in fact["why"]
        ),
    ]


def say_link(title: str, link: str) -> str:
    safe = "/:?#[]@!$&'()*+,;=%~-._"
    return f"[{escape(title)}](<{quote(link, safe=safe)}>)" if link else escape(title)


def ask(con: Any, night: date, row: dict[str, Any]) -> list[dict[str, object]]:
    columns = list(row["values"])
    where = " AND ".join(
        f"{column}::VARCHAR IS NOT DISTINCT FROM ?" for column in row["key"]
    )
    sql = f"SELECT {', '.join(columns)} FROM {row['mart']} WHERE night = ?"
    done = con.execute(
        f"{sql} AND {where}" if where else sql, [night, *row["key"].values()]
    )
    return [
        {
            column: plain(value, column)
            for column, value in zip(columns, found, strict=True)
        }
        for found in done.fetchall()
    ]


def list_values(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for item in value.values():
            yield from list_values(item)
    elif isinstance(value, list):
        yield len(value)
        for item in value:
            yield from list_values(item)
    else:
        yield value


def find_numbers(fact: dict[str, Any]) -> set[str]:
    """Return the figures of a sentence, without those that stand in names and times."""
    text = fact["text"]
    texts = [v for row in fact["rows"] for v in list_values(row) if isinstance(v, str)]
    texts += [
        wording.say_day(date.fromisoformat(v)) for v in texts if _DAY.fullmatch(v)
    ]
    for name in sorted(texts, key=len, reverse=True):
        text = text.replace(name, " ").replace(wording.say_reason(name), " ")
    text = re.sub(r"first at (\d+ \w+ )?\d\d:\d\d UTC", check_time(texts), text)
    return set(_NUMBER.findall(_WINDOWS.sub(" ", text)))


def check_time(texts: list[str]):
    times = {text[11:16] for text in texts if re.match(r"\d{4}-\d\d-\d\dT", text)}
    days = {
        wording.say_day(datetime.fromisoformat(text).date())
        for text in texts
        if re.match(r"\d{4}-\d\d-\d\dT", text)
    }

    def check(found: re.Match[str]) -> str:
        said = found[0].removeprefix("first at ").removesuffix(" UTC")
        assert said[-5:] in times, said
        assert not said[:-6] or said[:-6] in days, said
        return " "

    return check


def list_figures(fact: dict[str, Any]) -> set[str]:
    """Return every way in which a sentence may say the values of its rows."""
    figures = {str(len(fact["rows"]))}
    for row in fact["rows"]:
        for value in list_values(row["values"]):
            if isinstance(value, int | float):
                said = {
                    wording.say_number(value),
                    wording.say_decimal(value),
                    wording.say_share(value),
                }
                figures |= {n for text in said for n in _NUMBER.findall(text)}
    return figures
