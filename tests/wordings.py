"""Rows of `wordings.yaml` and what the stages make of them: figures for tests, bench.

What is asked: of each event, how many stories tell it; of two events of one city and
one speaker, whether they are mixed; of a form, whether its reports are joined; of cut
copies, whether they are found; of digests, whether they join what they are made of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import yaml
from scores import score_groups

Row = dict[str, Any]
Find = Callable[[list[Row]], list[Row]]

DATA = Path(__file__).parent / "data" / "duplicates"
_NAMES = yaml.safe_load((DATA / "forms.yaml").read_text("utf-8"))["names"]
_SIGNS = (
    "Aries Taurus Gemini Cancer Leo Virgo Libra Scorpio Sagittarius Capricorn"
    " Aquarius Pisces"
)
_CITIES = (
    "札幌市 仙台市 千葉市 横浜市 川崎市 新潟市 静岡市 浜松市 京都市 堺市"
    " 神戸市 岡山市 福岡市 熊本市 長崎市 金沢市 高松市 松山市 那覇市 青森市"
)
_STARS = "牡羊座 牡牛座 双子座 蟹座 獅子座 乙女座 天秤座 蠍座 射手座 山羊座 水瓶座 魚座"
NAMES: Mapping[str, list[str]] = {
    **_NAMES,
    "sign": _SIGNS.split(),
    "市": _CITIES.split(),
    "座": _STARS.split(),
}
_FIELD = re.compile(r"\{(\d+)-(\d+)\}|\{([^{}]+?)(2?)\}")


def read_wordings(name: str) -> dict[str, Any]:
    """Return the texts of one file."""
    return yaml.safe_load((DATA / f"{name}.yaml").read_text("utf-8"))


def write_row(row_id: str, report: str, n: int = 0, lang: str | None = None) -> Row:
    """Return a report as a row; its first line is its title."""
    title, text = report.strip().split("\n", 1)
    return {
        "id": row_id,
        "url": f"https://paper{n}.example/{row_id.replace(' ', '-')}",
        "lang": lang,
        "published_at": f"2031-05-06T{6 + n % 16:02}:{n // 16:02}:00Z",
        "title": title,
        "text": text,
    }


def list_events(told: Mapping[str, Any]) -> dict[str, list[Row]]:
    """Return event -> its reports, of `events` and of both sides of `apart`."""
    events = {
        name: [
            write_row(f"{name} {n}", report, n, name.split(" ", 1)[0])
            for n, report in enumerate(reports)
        ]
        for name, reports in told["events"].items()
    }
    for name, sides in told["apart"].items():
        for side, reports in enumerate(sides):
            lang = _guess_lang(reports[0])
            events[f"{name} / {side}"] = [
                write_row(f"{name} {side}{n}", report, n, lang)
                for n, report in enumerate(reports)
            ]
    return events


def _guess_lang(text: str) -> str:
    if re.search(r"[\u3040-\u30ff]", text):
        return "ja"
    return "de" if re.search(r"\b(der|die|das)\b", text) else "en"


def fill_form(name: str, form: Mapping[str, str], seed: int = 1) -> list[Row]:
    """Return up to twenty rows from one form, of one day."""
    chance = Random(f"{name} {seed}")

    def fill(text: str, number: int) -> str:
        def field(match: re.Match[str]) -> str:
            low, high, words, second = match.groups()
            if words is None:
                return str(chance.randint(int(low), int(high)))
            names = NAMES.get(words)
            if names is None:
                return chance.choice(words.split("|"))
            return names[(number + (7 if second else 0)) % len(names)]

        return _FIELD.sub(field, text)

    whole = form["title"] + form["text"]
    fewest = min(
        (len(NAMES[key]) for key in NAMES if f"{{{key}}}" in whole), default=20
    )
    lang = name.split(" ", 1)[0] if name[:3] in ("de ", "ja ") else "en"
    return [
        write_row(
            f"{name} {n}",
            f"{fill(form['title'], n)}\n{fill(form['text'], n)}",
            n,
            lang,
        )
        for n in range(min(20, fewest))
    ]


def cut_texts(told: Mapping[str, Any]) -> Iterator[tuple[str, str, Row, Row]]:
    """Yield (name of the cut, text, the original, the cut copy)."""
    for n, report in enumerate(told["texts"]):
        row = write_row(f"t{n}", report, n)
        words = row["text"].split(" ")
        size = len(words)
        cuts = {
            "first half": words[: size // 2],
            "first third": words[: size // 3],
            "last half": words[size // 2 :],
            "last third": words[-(size // 3) :],
            "middle": words[size // 4 : -(size // 4)],
        }
        for name, kept in cuts.items():
            copy = write_row(f"t{n} {name}", f"Copy\n{' '.join(kept)}", n + 8)
            yield name, row["id"], row, {**copy, "title": row["title"]}


def make_digests(told: Mapping[str, Any]) -> tuple[list[Row], list[Row]]:
    """Return the originals, and digests of a paragraph each of two of them."""
    rows = [write_row(f"t{n}", text, n) for n, text in enumerate(told["texts"])]
    parts = [row["text"].strip().split("\n") for row in rows]
    digests = [
        write_row(f"d{a}{b}{k}", f"News in brief\n{parts[a][k]}\n{parts[b][m]}", 8 + k)
        for a, b in combinations(range(len(rows)), 2)
        for k, m in ((0, 0), (0, 1), (1, 0))
    ]
    return rows, digests


def measure_stories(told: Mapping[str, Any], find: Find) -> Iterator[tuple[str, str]]:
    """Yield what stories make of the events, alone and all together."""
    events = list_events(told)

    def tell(names: list[str]) -> dict[str, str]:
        rows = [row for name in names for row in events[name]]
        return {row["id"]: row["story_id"] for row in find(rows)}

    for name in told["events"]:
        found = list(tell([name]).values())
        sizes = sorted((found.count(story) for story in {*found}), reverse=True)
        yield f"alone: {name}", " + ".join(map(str, sizes))
    mixed = []
    for name in told["apart"]:
        sides = [f"{name} / 0", f"{name} / 1"]
        if _meet(tell(sides), [events[side] for side in sides]):
            mixed.append(name)
    yield "apart: mixed", f"{len(mixed)} of {len(told['apart'])}: {mixed}"
    found = tell(list(events))
    event_of = {row["id"]: name for name, rows in events.items() for row in rows}
    precision, recall = score_groups(found, event_of)
    yield "together: B-cubed", f"{precision:.3f} {recall:.3f}"
    for name, form in told["forms"].items():
        found = [row["story_id"] for row in find(fill_form(name, form))]
        largest = max(map(found.count, found))
        yield f"form: {name}", f"{largest} of {len(found)}"


def _meet(found: Mapping[str, str], sides: list[list[Row]]) -> bool:
    one, other = ({found[row["id"]] for row in rows} for rows in sides)
    return bool(one & other)


def measure_copies(told: Mapping[str, Any], find: Find) -> Iterator[tuple[str, str]]:
    """Yield what deduplicate makes of cut copies, of digests and of forms."""
    found: dict[str, list[bool]] = {}
    for name, original_id, row, copy in cut_texts(told):
        others = [
            write_row(f"t{n}", text, n)
            for n, text in enumerate(told["texts"])
            if f"t{n}" != original_id
        ]
        clusters = {r["id"]: r["cluster_id"] for r in find([row, copy, *others])}
        found.setdefault(name, []).append(
            clusters[copy["id"]] == original_id
            and len(set(clusters.values())) == len(told["texts"])
        )
    for name, hits in found.items():
        yield f"cut: {name}", f"{sum(hits)} of {len(hits)}"
    rows, digests = make_digests(told)
    n_joined = 0
    for digest in digests:
        (last,) = [r for r in find([*rows, digest]) if r["id"] == digest["id"]]
        n_joined += last["duplicate_of"] is not None
    yield "digests joined, one at a time", f"{n_joined} of {len(digests)}"
    joined = [r for r in find([*rows, *digests]) if r["duplicate_of"] is not None]
    yield "digests joined, all", f"{len(joined)} of {len(digests)}"
    for name, form in told["forms"].items():
        clusters = [row["cluster_id"] for row in find(fill_form(name, form))]
        yield (
            f"form: {name}",
            f"{max(map(clusters.count, clusters))} of {len(clusters)}",
        )
