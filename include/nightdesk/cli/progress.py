"""How far long work is, on the standard error stream."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int, str], None]  # done, in all, of what

_EVERY_S = 2.0


def warn(line: str) -> None:
    """Write a line for people beside the output."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


@contextmanager
def show_progress(what: str) -> Iterator[Progress]:
    """Yield a function that shows, every two seconds, how far the work is."""
    last = time.monotonic()
    is_shown, is_terminal = False, sys.stderr.isatty()

    def show(n_done: int, n_all: int, file: str) -> None:
        nonlocal last, is_shown
        if time.monotonic() - last < _EVERY_S:
            return
        last, is_shown = time.monotonic(), True
        line = f"{what}: {n_done} of {n_all} {file}"
        sys.stderr.write(f"\r\x1b[K{line}" if is_terminal else f"{line}\n")
        sys.stderr.flush()

    yield show
    if is_shown and is_terminal:
        sys.stderr.write("\r\x1b[K")
