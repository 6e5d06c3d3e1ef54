"""Texts with the tags of an article marked in them, and with the words of a search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nightdesk.page.table import Row


class Piece(NamedTuple):
    """A part of a text; `n` is the number of the mark that it is, None without."""

    text: str
    n: int | None = None


def mark_text(text: str, spans: Iterable[tuple[int, int, int]]) -> list[list[Piece]]:
    r"""Return the paragraphs of a text in pieces.

    A span that begins inside another one, or lies outside of the text, is not marked.

    Args:
        text: paragraphs, one a line.
        spans: start, end, number; ends are exclusive.

    >>> mark_text("In Accra.\nRain.", [(3, 8, 1)])[0]
    [Piece(text='In ', n=None), Piece(text='Accra', n=1), Piece(text='.', n=None)]
    """
    pieces: list[list[Piece]] = [[]]
    place = 0
    for start, end, n in sorted(spans):
        if place <= start < end <= len(text):
            _add(pieces, text[place:start], None)
            _add(pieces, text[start:end], n)
            place = end
    _add(pieces, text[place:], None)
    return [paragraph for paragraph in pieces if paragraph]


def _add(pieces: list[list[Piece]], text: str, n: int | None) -> None:
    for line_n, line in enumerate(text.split("\n")):
        if line_n:
            pieces.append([])
        if line:
            pieces[-1].append(Piece(line, n))


def mark_mentions(text: str, mentions: Sequence[Row], field: str) -> list[list[Piece]]:
    """Return the paragraphs of a field with its mentions marked by their place."""
    return mark_text(
        text,
        (
            (mention["start_offset"], mention["end_offset"], n)
            for n, mention in enumerate(mentions)
            if mention["field"] == field
        ),
    )


def mark_words(text: str, marks: Sequence[tuple[int, int]]) -> list[Piece]:
    """Return a line in pieces; those that were searched for have a number."""
    found = mark_text(text.replace("\n", " "), [(a, b, 0) for a, b in marks])
    return found[0] if found else []
