"""A brief held against the snapshot: every row and every figure is asked again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from nightdesk.report import wording
from nightdesk.report.facts import plain

_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
#: Windows and thresholds that sentences name.
_WORDING = {"7", "28", "90"}


def walk_brief(con: Any, text: str) -> int:
    """Ask a snapshot for every row and figure of a brief.json; return how many rows."""
    brief = json.loads(text)
    night = date.fromisoformat(brief["night"])
    n_rows = 0
    for section in brief["sections"]:
        for fact in section["facts"]:
            assert fact["rows"], fact
            for row in fact["rows"]:
                assert ask(con, night, row) == [row["values"]], (fact["id"], row)
                n_rows += 1
            unknown = find_numbers(fact) - list_figures(fact)
            assert not unknown, (fact["text"], unknown)
    return n_rows


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
    return set(_NUMBER.findall(text)) - _WORDING


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
