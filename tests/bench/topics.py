"""How good each topic is: precision and recall on articles that people labelled.

    PYTHONPATH=include python tests/bench/topics.py [tuned | all]

Without a word: the half that words and thresholds were not tuned on.

Labels: tests/data/topics, made-up articles of our own and of include/config/corpus.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nightdesk.gazetteer import load_gazetteer
from nightdesk.settings import SHIPPED
from nightdesk.tag import Tagger

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "topics"
CORPUS = ROOT / "include" / "config" / "corpus"

#: Short names in the label files -> topics of IPTC Media Topics.
CODES = {
    name: f"{number:02d}000000"
    for name, number in zip(
        ("art", "cri", "dis", "eco", "edu", "env", "hea", "hum", "lab", "lif", "pol",
         "rel", "sci", "soc", "spo", "war", "wea"),
        (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17),
        strict=True,
    )
}  # fmt: skip
_LABEL = re.compile(r"\[([^\]]*)\]\((?:PER|ORG|LOC)\)")


@dataclass(frozen=True)
class Labelled:
    """An article and its topics."""

    text: str
    topics: frozenset[str]

    @property
    def is_held_out(self) -> bool:
        """Whether it was looked at when words and thresholds were chosen."""
        return hashlib.sha256(self.text.encode()).digest()[0] % 2 == 0


def read_labelled() -> list[Labelled]:
    """Return all labelled articles whose text is as it was when they were labelled."""
    return [*_read_own(), *_read_corpus()]


def _read_own() -> Iterator[Labelled]:
    for block in (DATA / "articles.txt").read_text("utf-8").split("\n\n"):
        head, _, text = block.partition("\n")
        if head.startswith("= "):
            yield Labelled(text, _read_codes(head[2:]))


def _read_codes(cell: str) -> frozenset[str]:
    return frozenset(CODES[code.strip()] for code in cell.split(","))


def _read_corpus() -> Iterator[Labelled]:
    texts = {}
    for path in sorted(CORPUS.glob("*.txt")):
        lines = [x for x in path.read_text("utf-8").split("\n") if x[:2] != "# "]
        for block in "\n".join(lines).split("\n\n"):
            text = " ".join(
                _LABEL.sub(r"\1", line) for line in block.strip().split("\n")
            )
            digest = hashlib.sha256(text.encode()).hexdigest()[:12]
            texts[path.stem, digest] = text
    for line in (DATA / "corpus.tsv").read_text("utf-8").split("\n"):
        if line and line[0] != "#":
            file, digest, codes = line.split("\t")
            if (file, digest) in texts:
                yield Labelled(texts[file, digest], _read_codes(codes))


def measure(rows: list[Labelled], tagger: Tagger) -> dict[str, tuple[int, int, int]]:
    """Return topic -> (found and right, found, labelled)."""
    right: Counter[str] = Counter()
    found: Counter[str] = Counter()
    meant: Counter[str] = Counter()
    for n, row in enumerate(rows):
        tags = tagger.tag(article_id=n, title=None, text=row.text, lang="en")
        topics = {score.topic for score in tags.topics}
        right.update(topics & row.topics)
        found.update(topics)
        meant.update(row.topics)
    return {t: (right[t], found[t], meant[t]) for t in sorted({*found, *meant})}


def topics() -> Iterator[tuple[str, str, float, str, float]]:
    """Precision and recall per topic on the half that was not tuned on."""
    gazetteer = load_gazetteer(SHIPPED)
    rows = [row for row in read_labelled() if row.is_held_out]
    result = measure(rows, Tagger(gazetteer))
    for topic, (right, found, meant) in result.items():
        name = gazetteer.topics.names.get(topic, topic)
        if topic in gazetteer.topics.names:
            precision = right / found if found else 0.0
            yield (
                f"topics: {name[:24]} ({found}), precision",
                "share",
                precision,
                "least",
                0.8,
            )
            yield (
                f"topics: {name[:24]} ({meant}), recall",
                "share",
                right / meant,
                "-",
                0.0,
            )


def main(wanted: list[str]) -> None:
    """Print the table."""
    gazetteer = load_gazetteer(SHIPPED)
    rows = [r for r in read_labelled() if r.is_held_out or wanted == ["all"]]
    if wanted == ["tuned"]:
        rows = [r for r in read_labelled() if not r.is_held_out]
    print(f"{len(rows)} articles")
    print(f"{'topic':40} precision      recall")
    sums = Counter()
    for topic, (right, found, meant) in measure(rows, Tagger(gazetteer)).items():
        name = gazetteer.topics.names.get(topic, topic)
        sums.update(right=right, found=found, meant=meant)
        print(
            f"{name:40} {right / max(found, 1):.2f} {right:3}/{found:3}"
            f"   {right / max(meant, 1):.2f} {right:3}/{meant:3}"
        )
    print(
        f"{'all':40} {sums['right'] / sums['found']:.2f}"
        f"           {sums['right'] / sums['meant']:.2f}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
