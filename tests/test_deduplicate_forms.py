"""Reports from one form are neither copies nor one story; copies of one of them are."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from nightdesk.deduplicate.jsonl import deduplicate_rows, story_rows

DATA = Path(__file__).parent / "data" / "duplicates"
FORMS: dict[str, Any] = yaml.safe_load((DATA / "forms.yaml").read_text("utf-8"))
_FIELD = re.compile(r"\{(-?\d+)-(\d+)\}|\{([a-z|]+)(2?)\}")


def fill_form(form: str, number: int, chance: Random) -> str:
    """Return a form with names by its number, and with figures and words by chance."""

    def fill(field: re.Match[str]) -> str:
        low, high, words, second = field.groups()
        if words is None:
            return str(chance.randint(int(low), int(high)))
        names = FORMS["names"].get(words)
        if names is None:
            return chance.choice(words.split("|"))
        return names[(number + (7 if second else 0)) % len(names)]

    return _FIELD.sub(fill, form)


def fill_rows(form: dict[str, str], n_days: int, seed: int) -> list[dict[str, Any]]:
    """Return twenty rows from one form, all over so many days."""
    chance = Random(seed)
    return [
        {
            "id": f"{n:02}",
            "title": fill_form(form["title"], n, chance),
            "text": fill_form(form["text"], n, chance),
            "published_at": f"2031-05-{6 + n % n_days:02}T{6 + n // 2:02}:00:00Z",
            "url": f"https://paper{n % 3}.example/{n}",
        }
        for n in range(20)
    ]


@pytest.mark.parametrize("n_days", [1, 3])
@pytest.mark.parametrize("form", FORMS["forms"].values(), ids=FORMS["forms"].keys())
def test_reports_from_one_form_stay_apart(form: dict[str, str], n_days: int) -> None:
    rows = fill_rows(form, n_days, seed=n_days)
    joined = [row["id"] for row in deduplicate_rows(rows) if row["duplicate_of"]]
    told = [row["id"] for row in story_rows(rows) if row["id"] != row["story_id"]]
    assert (joined, told) == ([], [])


@pytest.mark.parametrize("form", FORMS["forms"].values(), ids=FORMS["forms"].keys())
def test_copies_of_a_report_from_a_form_are_found(form: dict[str, str]) -> None:
    rows = fill_rows(form, 1, seed=5)
    first = rows[0]
    copies = {
        "cut": first["text"].rsplit(". ", 1)[0],
        "put right": re.sub(r"\d\d", "77", first["text"], count=1),
        "credited": f"{first['text']}\nAdditional reporting by our own staff.",
    }
    late = {"published_at": "2031-05-06T20:00:00Z"}
    more = [{**first, **late, "id": i, "text": text} for i, text in copies.items()]
    for copy in more:
        copy["url"] = f"https://{copy['id'].split()[0]}.example/1"
    found = {row["id"]: row["cluster_id"] for row in deduplicate_rows(rows + more)}
    assert {copy["id"]: found[copy["id"]] for copy in more} == dict.fromkeys(
        copies, "00"
    )
