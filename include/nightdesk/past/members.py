"""The records of a .warc.gz, found without unpacking the bodies that nobody wants.

Every record of such a file is a gzip member of its own, and gzip does not say where a
member ends: a reader that wants the next one unpacks this one. But the next one begins
with three bytes that compressed data hold once in 16 million places, and only there do
they unpack to `WARC/`. So the file is searched for them, and of each record no more is
unpacked than its head. Damage and wrong lengths inside a record lose that record alone.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_MAGIC = b"\x1f\x8b\x08"
_START = re.compile(re.escape(_MAGIC))  # found twice as fast as by bytes.find
_HEAD = 1024  # bytes of a record that are unpacked to see what it is
_LONG_HEAD = 16_384  # of one whose address is long
_LOOK = _HEAD + 64  # packed bytes that hold a head, even if packing made it longer
#: A member longer than this is cut: crawlers end at some MB.
MOST = 32 << 20
_END = b"\r\n\r\n"
_FIELD = {
    name: re.compile(rb"\r\n" + name.encode() + rb":[ \t]*<?([^\r\n>]*)>?\r\n")
    for name in ("WARC-Type", "WARC-Target-URI", "WARC-Date", "WARC-Payload-Digest")
}


class Member(NamedTuple):
    """One gzip member that begins a WARC record."""

    offset: int
    head: bytes  # of the record, unpacked: some of it
    data: bytes  # packed, up to the next member
    is_whole: bool  # False: longer than `MOST`

    @property
    def is_response(self) -> bool:
        """Whether it holds an answer of a server."""
        return self.field("WARC-Type") == "response"

    def field(self, name: str) -> str:
        """Return a field of the record's head, "" without it."""
        match = _FIELD[name].search(self.head)
        if match is None and _END not in self.head:
            match = _FIELD[name].search(_unpack_start(self.data, _LONG_HEAD))
        return match[1].decode("utf-8", "replace").strip() if match else ""


def scan_members(pieces: Iterable[bytes], at: int = 0) -> Iterator[Member]:
    """Yield the records of a file in order.

    The last one is yielded when the pieces end; whether it is whole is seen by whoever
    unpacks it. Bytes before the first record are passed over.

    Args:
        pieces: the bytes of the file, or of its end.
        at: the place of the first byte in the file.
    """
    scanner = _Scanner(at)
    for piece in pieces:
        yield from scanner.take(piece)
    yield from scanner.finish()


class _Scanner:
    """A window on the file; it begins with the record that is being passed over."""

    def __init__(self, at: int) -> None:
        self._window = b""
        self._at = at  # of the window, in the file
        self._begin = 0  # of the record, in the window
        self._seek = 0
        self._offset = at  # of the record, in the file
        self._head = b""
        self._is_cut = False

    def take(self, piece: bytes) -> Iterator[Member]:
        """Yield the records that end in a piece."""
        self._drop(self._begin, piece)
        yield from self._scan(is_end=False)
        if len(self._window) - self._begin > MOST:
            self._drop(self._seek, b"")
            self._is_cut = True

    def finish(self) -> Iterator[Member]:
        """Yield the records that are left."""
        yield from self._scan(is_end=True)
        if self._head:
            yield self._cut_off(len(self._window))

    def _drop(self, n_bytes: int, more: bytes) -> None:
        self._window = self._window[n_bytes:] + more
        self._at += n_bytes
        self._seek -= n_bytes
        self._begin = max(self._begin - n_bytes, 0)

    def _scan(self, *, is_end: bool) -> Iterator[Member]:
        while True:
            start, head = _find_member(self._window, self._seek, is_end=is_end)
            self._seek = start
            if not head:
                return
            if self._head:
                yield self._cut_off(start)
            self._begin, self._offset = start, self._at + start
            self._head, self._is_cut = head, False
            self._seek = start + len(_MAGIC)

    def _cut_off(self, end: int) -> Member:
        data = self._window[self._begin : end]
        return Member(self._offset, self._head, data, not self._is_cut)


def _find_member(window: bytes, seek: int, *, is_end: bool) -> tuple[int, bytes]:
    """Return place and head of the next record; without a head, where to seek on."""
    match = _START.search(window, seek)
    while match is not None:
        start = match.start()
        if not is_end and len(window) - start < _LOOK:
            return start, b""
        head = _unpack_start(window[start : start + _LOOK], _HEAD)
        if head.startswith(b"WARC/"):
            return start, head
        match = _START.search(window, start + 1)
    return max(seek, len(window) - len(_MAGIC) + 1), b""


def _unpack_start(data: bytes, size: int) -> bytes:
    """Return the first bytes of a member, unpacked; b"" where it is none."""
    try:
        return zlib.decompressobj(wbits=31).decompress(data, size)
    except zlib.error:
        return b""
