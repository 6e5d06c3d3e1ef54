"""Countries found in made-up sentences of other languages, F1 by language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nightdesk.gazetteer import load_gazetteer
from nightdesk.tag import Tagger
from nightdesk.tag.jsonl import tag_row

ROOT = Path(__file__).parents[2]
FILES = ROOT / "tests" / "data" / "tags" / "languages"
GOAL = 0.9


def languages() -> Iterator[tuple[str, str, float, str, float]]:
    """F1 of the countries of each language's sentences; written by us, so kind."""
    tagger = Tagger(load_gazetteer(ROOT / "include" / "config"))
    for path in sorted(FILES.glob("*.tsv")):
        counts = [0, 0, 0]  # right, wrong, missed
        rows = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
        for countries, text in rows:
            gold = set(countries.split())
            out = tag_row(tagger, {"id": 0, "text": text, "lang": path.stem})
            found = set(out["countries"])
            for at, part in enumerate((found & gold, found - gold, gold - found)):
                counts[at] += len(part)
        right, wrong, missed = counts
        f1 = 2 * right / (2 * right + wrong + missed)
        yield f"{path.stem}: countries, {len(rows)} sentences", "F1", f1, "goal", GOAL
