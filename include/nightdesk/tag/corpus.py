"""Read labelled news: what the model learns from.

Two forms: text that people write, with names marked in the line,

    # a comment
    [Odelia Brandvik](PER) of the [Bank of Norway](ORG) spoke in [Oslo](LOC).

one sentence a line and a blank line between documents; and JSON lines
{text, entities: [[start, end, type]]}, as published data sets are easily put.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nightdesk.errors import ConfigError
from nightdesk.tag.crf import OUTSIDE
from nightdesk.tag.words import Words

TYPES = ("PER", "ORG", "LOC")
_MARK = re.compile(r"\[([^\[\]]+)\]\(([A-Z]+)\)")


@dataclass(frozen=True, slots=True)
class Example:
    """A document with the names in it: (start, end, type), in order."""

    text: str
    names: tuple[tuple[int, int, str], ...]
    is_aside: bool = False  # labelled by other habits than ours: the network alone


def parse_marked(text: str, source: str) -> list[Example]:
    """Return the documents of a text with marked names.

    >>> parse_marked("[Oslo](LOC) votes.", "x.txt")[0].names
    ((0, 4, 'LOC'),)

    Raises:
        ConfigError: a mark is broken or has another type; says `source` and line.
    """
    examples = []
    lines: list[tuple[int, str]] = []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.startswith("# "):
            continue
        if line.strip():
            lines.append((number, line.strip()))
        elif lines:
            examples.append(_make_example(lines, source))
            lines = []
    return examples


def _make_example(lines: list[tuple[int, str]], source: str) -> Example:
    names = []
    text = ""
    for number, line in lines:
        last = 0
        for mark in _MARK.finditer(line):
            if mark[2] not in TYPES:
                cause = f"type {mark[2]}, allowed: {', '.join(TYPES)}"
                raise ConfigError(f"corpus file: {source}:{number}: {cause}")
            text += line[last : mark.start()]
            names.append((len(text), len(text) + len(mark[1]), mark[2]))
            text += mark[1]
            last = mark.end()
        text += line[last:] + "\n"
        if re.search(r"[\[\]]", _MARK.sub("", line)):
            cause = "a bracket outside of [name](TYPE)"
            raise ConfigError(f"corpus file: {source}:{number}: {cause}")
    return Example(text, tuple(names))


def parse_rows(
    lines: Iterable[str], source: str, aside: Sequence[str] = ()
) -> Iterator[Example]:
    """Yield the documents of JSON lines {text, entities: [[start, end, type]], set?}.

    Those of a set that begins with a word of `aside` are marked so.

    Raises:
        ConfigError: a line is something else; says `source` and line.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            is_aside = str(row.get("set", "")).startswith(tuple(aside))
            text = str(row["text"])
            names = tuple(_check_name(cell, text) for cell in row["entities"])
            yield Example(text, names, is_aside)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            cause = f"no {{text, entities}}: {error!r}"
            raise ConfigError(f"corpus file: {source}:{number}: {cause}") from error


def _check_name(cell: Any, text: str) -> tuple[int, int, str]:
    start, end, type_ = cell
    if type_ not in TYPES:
        raise ValueError(f"type {type_}, allowed: {', '.join(TYPES)}")
    first, stop = int(start), int(end)
    if not 0 <= first < stop <= len(text):
        cause = f"allowed: a part of the text, of {len(text)} characters"
        raise ValueError(f"span [{first}, {stop}, {type_}], {cause}")
    return first, stop, type_


def label_pieces(
    words: Words, base: int, names: Sequence[tuple[int, int, str]]
) -> list[str]:
    """Return a label for each piece of a passage that starts at `base`."""
    labels = [OUTSIDE] * len(words)
    for start, end, type_ in names:
        begun = False
        for index in range(len(words)):
            if words.starts[index] + base < end and words.ends[index] + base > start:
                labels[index] = f"{'I' if begun else 'B'}-{type_}"
                begun = True
    return labels
