"""Names by a model of spaCy."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from nightdesk.backends.local import LocalModel
from nightdesk.tag.finder import Found, NameType

#: Labels of OntoNotes and of WikiNER; a people (NORP) is a demonym of the gazetteer.
_TYPES: dict[str, NameType] = {
    "PERSON": "PER", "PER": "PER", "ORG": "ORG",
    "GPE": "LOC", "LOC": "LOC", "FAC": "LOC",
}  # fmt: skip
#: spaCy says of no name how sure it is; this is enough to be believed (`merge.SURE`).
_SCORE = 0.8


class SpacyNames:
    """Finds names; whole pipelines are run, for rulers may read what others wrote."""

    most_pieces = 20_000  # spaCy refuses a million characters at once

    def __init__(self, model: LocalModel) -> None:
        self._model = model

    @cached_property
    def version(self) -> str:
        """Library, model and content."""
        return self._model.make_version(self._model.open(self._read_name))

    @cached_property
    def _pipeline(self) -> Any:
        return self._model.open(self._load)

    def _read_name(self) -> str:
        meta = json.loads(self._model.mark.read_text("utf-8"))
        return "{lang}_{name}-{version}".format(**meta)

    def _load(self) -> Any:
        if self._model.package:
            return importlib.import_module(self._model.package).load()
        import spacy

        return spacy.load(self._model.folder)

    def find(self, texts: Sequence[str]) -> Iterator[list[Found]]:
        """Yield the names in each of the texts."""
        for read in self._pipeline.pipe(texts):
            yield [
                Found(ent.start_char, ent.end_char, _TYPES[ent.label_], _SCORE)
                for ent in read.ents
                if ent.label_ in _TYPES
            ]
