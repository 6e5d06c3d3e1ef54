"""Two texts beside each other in a terminal, as wide as it is.

Widths are those of a terminal: a Chinese character takes two columns, a mark none.
Where two columns would be too narrow to read, one text follows the other.
"""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Iterator

from nightdesk.cli import say

_NARROW = 90  # below this, two columns are too narrow to read
_WIDEST = 200
_GAP = " | "


def terminal_width() -> int:
    """Return how many columns there are; 100 where the output is no terminal."""
    return min(_WIDEST, shutil.get_terminal_size((100, 24)).columns)


def say_pair(mark: str, left: str, right: str, width: int) -> None:
    """Write two paragraphs beside each other after a mark; either may be empty."""
    if width < _NARROW:
        for n, text in enumerate(dict.fromkeys(filter(None, (right, left)))):
            say_block(f"{' ' if n else mark} ", text, width)
        return
    column = (width - len(_GAP) - 2) // 2
    lefts, rights = list(wrap(left, column)), list(wrap(right, column))
    for n in range(max(len(lefts), len(rights))):
        one = lefts[n] if n < len(lefts) else ""
        other = rights[n] if n < len(rights) else ""
        pad = " " * (column - measure(one))
        say(f"{mark if n == 0 else ' '} {one}{pad}{_GAP}{other}".rstrip())


def say_block(head: str, text: str, width: int) -> None:
    """Write a paragraph after a head; its further lines are indented as deep."""
    indent = " " * measure(head)
    for n, line in enumerate(wrap(text, max(20, width - len(indent)))):
        say(f"{indent if n else head}{line}")


def wrap(text: str, width: int) -> Iterator[str]:
    """Yield the lines of a text; a word that is too long is cut anywhere.

    Scripts without blanks are such words.

    >>> list(wrap("one two three", 8))
    ['one two', 'three']
    """
    line = ""
    for word in _clean(text).split(" "):
        if line and measure(line) + 1 + measure(word) <= width:
            line = f"{line} {word}"
            continue
        if line:
            yield line
        *full, line = _cut(word, width)
        yield from full
    if line:
        yield line


def measure(text: str) -> int:
    r"""Return how many columns of a terminal a text takes.

    >>> measure("日本"), measure("e\u0301")
    (4, 1)
    """
    return sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _cut(word: str, width: int) -> list[str]:
    parts, size = [""], 0
    for char in word:
        size += _columns(char)
        if size > width:
            parts.append("")
            size = _columns(char)
        parts[-1] += char
    return parts


def _clean(text: str) -> str:
    """A page must not steer the terminal: what cannot be shown becomes a blank."""
    return "".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in text)
