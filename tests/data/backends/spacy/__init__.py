"""As much of spaCy as nightdesk and its tests use: names found by a list of them.

Where spaCy itself is installed the same tests run on it (`make backends`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace


class Language:
    def __init__(self) -> None:
        self.meta = {"lang": "en", "name": "pipeline", "version": "0.0.0"}
        self.patterns: list[dict[str, str]] = []

    def add_pipe(self, name: str) -> Language:
        assert name == "entity_ruler"
        return self

    def add_patterns(self, patterns: list[dict[str, str]]) -> None:
        self.patterns += patterns

    def pipe(self, texts: Iterable[str]) -> Iterator[SimpleNamespace]:
        for text in texts:
            yield SimpleNamespace(
                ents=[
                    SimpleNamespace(
                        start_char=found.start(),
                        end_char=found.end(),
                        label_=row["label"],
                    )
                    for row in self.patterns
                    for found in re.finditer(re.escape(row["pattern"]), text)
                ]
            )

    def to_disk(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "meta.json").write_text(json.dumps(self.meta))
        (folder / "config.cfg").write_text(json.dumps(self.patterns))


def blank(lang: str) -> Language:
    assert lang == "en"
    return Language()


def load(folder: Path) -> Language:
    path = folder / "config.cfg"
    if not path.is_file():
        raise OSError(f"[E053] Could not read config file from {path}")
    nlp = Language()
    nlp.meta = json.loads((folder / "meta.json").read_text())
    nlp.patterns = json.loads(path.read_text())
    return nlp
