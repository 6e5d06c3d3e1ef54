"""The part of a text that shows best why it was found, with the words marked.

Pure. Marks are offsets, so that a terminal, a page and a mail each draw them their way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nightdesk.search.fold import Unit, compose_text, fold_terms, split_units
from nightdesk.search.query import Words
from nightdesk.text import split_paragraphs

Mark = tuple[int, int]  # first character and the one after the last

_WIDTH = 240  # characters of a snippet
_BEFORE = 60  # of them before the first mark, if there are so many
_MOST_READ = 100_000  # characters of a text that are looked at: twenty long articles
_N_TRIES = 5  # paragraphs in which a phrase is looked for
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def find_marks(units: Sequence[Unit], words: Sequence[Words]) -> list[Mark]:
    """Return where any of the words stand, in order; marks that touch are joined."""
    heads: dict[str, list[Words]] = {}
    prefixes = []
    for wanted in words:
        if wanted.is_prefix and len(wanted.units) == 1:
            prefixes.append(wanted)
        else:
            heads.setdefault(wanted.units[0].text, []).append(wanted)
    marks = []
    for n, unit in enumerate(units):
        for wanted in (*heads.get(unit.text, ()), *prefixes):
            end = n + len(wanted.units)
            if _is_match(units[n:end], wanted):
                marks.append((unit.start, units[end - 1].end))
    return _merge(marks)


def _is_match(units: Sequence[Unit], wanted: Words) -> bool:
    if len(units) < len(wanted.units):
        return False
    pairs = list(zip(units, wanted.units, strict=True))
    *firsts, (last, asked) = pairs
    if any(a.is_joined != b.is_joined for a, b in pairs[1:]):
        return False
    is_last = last.text == asked.text or (
        wanted.is_prefix and last.text.startswith(asked.text)
    )
    return is_last and all(a.text == b.text for a, b in firsts)


def _merge(marks: Sequence[Mark]) -> list[Mark]:
    merged: list[Mark] = []
    for start, end in sorted(marks):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def make_snippet(text: str, words: Sequence[Words]) -> tuple[str, list[Mark]]:
    """Return a line of the text, and the marks in it.

    It is the paragraph with most of the different words, or a part of it; the start of
    the text where none of them stands there. Control characters become blanks.
    """
    paragraphs = split_paragraphs(text[:_MOST_READ])
    if not paragraphs:
        return "", []
    for paragraph in _rank_paragraphs(paragraphs, words):
        shown = _CONTROL.sub(" ", compose_text(paragraph))
        marks = find_marks(split_units(shown), words)
        if marks:
            return _cut(shown, marks)
    shown = _CONTROL.sub(" ", compose_text(paragraphs[0]))
    return _cut(shown, [])


def _rank_paragraphs(paragraphs: Sequence[str], words: Sequence[Words]) -> list[str]:
    """Return the paragraphs that seem to hold most of the words."""
    scored = []
    for n, paragraph in enumerate(paragraphs):
        terms = set(fold_terms(paragraph).split())
        n_held = sum(_seems_held(terms, wanted) for wanted in words)
        if n_held:
            scored.append((-n_held, n))
    return [paragraphs[n] for _, n in sorted(scored)[:_N_TRIES]]


def _seems_held(terms: set[str], wanted: Words) -> bool:
    first = wanted.units[0]
    if first.is_solo or (wanted.is_prefix and len(wanted.units) == 1):
        return any(term.startswith(first.text) for term in terms)
    return first.text in terms


def _cut(text: str, marks: Sequence[Mark]) -> tuple[str, list[Mark]]:
    """Return the part of a line with the first marks, and the marks in it."""
    start = max(0, min(marks[0][0] - _BEFORE, len(text) - _WIDTH)) if marks else 0
    if start:  # begin with a word, where there are blanks
        blank = text.find(" ", start, marks[0][0] if marks else start)
        start = blank + 1 if blank >= 0 else start
    end = min(len(text), start + _WIDTH)
    if end < len(text):
        blank = text.rfind(" ", start + _WIDTH // 2, end)
        end = blank if blank >= 0 else end
    before, after = "… " if start else "", " …" if end < len(text) else ""
    shift = len(before) - start
    shown = [(a + shift, min(b, end) + shift) for a, b in marks if a < end]
    return before + text[start:end] + after, shown
