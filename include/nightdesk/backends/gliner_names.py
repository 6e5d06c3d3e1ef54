"""Names by a model of GLiNER, which is asked for types by their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from nightdesk.backends.local import LocalModel
from nightdesk.tag.finder import Found, NameType

_TYPES: dict[str, NameType] = {
    "person": "PER", "organization": "ORG", "location": "LOC"
}  # fmt: skip
_LEAST = 0.5  # GLiNER's own


class GlinerNames:
    """Finds names; every one has the probability that the model gives it."""

    most_pieces = 200  # it cuts off what is behind 384 words, signs among them

    def __init__(self, model: LocalModel) -> None:
        self._model = model

    @cached_property
    def version(self) -> str:
        """Library, folder and content."""
        return self._model.make_version(self._model.folder.name)

    @cached_property
    def _reader(self) -> Any:
        return self._model.open(self._load)

    def _load(self) -> Any:
        from gliner import GLiNER

        folder = str(self._model.folder)
        return GLiNER.from_pretrained(folder, local_files_only=True).eval()

    def find(self, texts: Sequence[str]) -> Iterator[list[Found]]:
        """Yield the names in each of the texts."""
        for text in texts:
            found = self._reader.predict_entities(text, list(_TYPES), threshold=_LEAST)
            yield [
                Found(row["start"], row["end"], _TYPES[row["label"]], row["score"])
                for row in found
            ]
