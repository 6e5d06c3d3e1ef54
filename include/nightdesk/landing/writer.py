"""Writes the captures of one run into one archive file.

A body that the archive has already is written as a revisit record of some hundred
bytes. What counts as "has already" is what can be read again at that moment, within
the last days: a revisit never refers to a revisit, and never further back than
`LOOK_BACK`, so that old days can be given up without a search for who refers to them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np
from upath import UPath

from nightdesk.errors import LandingError
from nightdesk.landing.archive import (
    Record,
    compress_record,
    encode_record,
    encode_revisit,
    make_compressor,
)
from nightdesk.landing.files import Spool
from nightdesk.model import Capture

log = logging.getLogger(__name__)

#: How far back a revisit may refer. Keep this many days more than you need.
LOOK_BACK = timedelta(days=7)


class DigestIndex:
    """Where each body lies that the index names: 20 bytes a capture, found by halves.

    Args:
        captures: digest, file and offset of each.
    """

    def __init__(self, captures: Iterable[tuple[str, str, int]]) -> None:
        self._files: list[str] = []
        numbers: dict[str, int] = {}
        rows = []
        for digest, file, offset in captures:
            number = numbers.setdefault(file, len(numbers))
            rows.append((_key(digest), number, offset))
        self._files = list(numbers)
        table = np.array(rows, dtype="u8,u4,i8")
        table.sort(order=["f0", "f1", "f2"])
        self._keys, self._numbers, self._places = (
            np.ascontiguousarray(table[name]) for name in ("f0", "f1", "f2")
        )

    def find(self, digest: str) -> Iterator[tuple[str, int]]:
        """Yield file and offset of what may be captures of a body, oldest first."""
        if not self._files:
            return
        key = np.uint64(_key(digest))
        first = int(np.searchsorted(self._keys, key))
        for at in range(first, len(self._keys)):
            if self._keys[at] != key:
                return
            yield self._files[int(self._numbers[at])], int(self._places[at])


def _key(digest: str) -> int:
    """Return the first 64 bits of a digest; whoever finds by them compares it whole."""
    return int(digest[:16] or "0", 16)


class ArchiveWriter:
    """Collects the captures of one run; `close` puts them in place, whole.

    Args:
        root: of the landing area.
        path: of the archive file below it.
        make_index: says what was captured before; called at the first capture.
        read: reads a record back.
    """

    def __init__(
        self,
        root: UPath,
        path: str,
        make_index: Callable[[], DigestIndex],
        read: Callable[[str, int], Record],
    ) -> None:
        self._root, self._path = root, path
        self._make_index, self._read = make_index, read
        self._index: DigestIndex | None = None
        self._spool: Spool | None = None
        self._zip = make_compressor()
        self._size = 0
        self._captures: list[Capture] = []
        self._mine: dict[str, Capture] = {}  # digest -> first capture of this run

    def add(self, capture: Capture, headers: Mapping[str, str], body: bytes) -> Capture:
        """Append a body; return the capture with its file and offset filled in."""
        placed = replace(capture, file=self._path, offset=self._size)
        try:
            if self._spool is None:
                self._spool = Spool(self._root / self._path)
            origin = self._find_origin(capture.digest)
            if origin is None:
                parts = encode_record(placed, headers, body)
                self._mine[capture.digest] = placed
            else:
                parts = encode_revisit(placed, headers, origin)
            frame = compress_record(self._zip, parts)
            self._spool.write(frame)
        except OSError as error:
            raise LandingError(
                f"landing: cannot write {self._path}: {error}"
            ) from error
        self._size += len(frame)
        self._captures.append(placed)
        return placed

    def _find_origin(self, digest: str) -> Capture | None:
        """Return the capture that has this body and can be read, if there is one."""
        if not digest or digest in self._mine:
            return self._mine.get(digest)
        if self._index is None:
            self._index = self._make_index()
        for file, offset in self._index.find(digest):
            try:
                record = self._read(file, offset)
            except LandingError as error:
                log.warning("revisits: %s", error)
                continue
            if record.origin is None and record.capture.digest == digest:
                self._mine[digest] = record.capture
                return record.capture
        return None

    def close(self) -> tuple[Capture, ...]:
        """Put the archive in place and return what it holds, in order.

        Raises:
            LandingError: it cannot be written, or the file is there already.
        """
        if self._spool is not None:
            try:
                if (self._root / self._path).exists():
                    raise FileExistsError("already there; it is not replaced")
                self._spool.close()
            except OSError as error:
                raise LandingError(
                    f"landing: cannot write {self._path}: {error}"
                ) from error
            self._spool = None
        return tuple(self._captures)
