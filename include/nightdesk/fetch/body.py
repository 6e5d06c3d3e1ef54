"""Bodies: decoded by us, within limits, and whole or not at all.

Only gzip is asked for. Every other coding, and more than one, is refused: each is one
more way to turn a hundred kilobytes into gigabytes.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from nightdesk.fetch.outcomes import HopFailed

_CHUNK = 65_536
_GZIP = b"\x1f\x8b\x08"
_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(?:\d{1,18}|\*)")


class Stream(Protocol):
    """A response whose body can be read as it came over the wire."""

    headers: Mapping[str, str]

    async def read(self, size: int) -> bytes:
        """Return at most `size` bytes, b"" at the end; raises HopFailed."""


class Reply(Protocol):
    """What a response says before its body."""

    status: int
    headers: Mapping[str, str]


@dataclass(slots=True)
class Meter:
    """How many bytes of a body came, also where it failed half-way."""

    wire: int = 0
    decoded: int = 0


@dataclass(frozen=True, slots=True)
class BodyRules:
    """How a body is read.

    Attributes:
        wire_bytes: limit on the wire.
        decoded_bytes: limit after decoding.
        is_cut: keep the first `decoded_bytes` and leave the rest (robots.txt).
        unpacks_files: a body that is a gzip file is unpacked though no header says
            so (sitemap.xml.gz).
    """

    wire_bytes: int
    decoded_bytes: int
    is_cut: bool = False
    unpacks_files: bool = False


async def read_body(stream: Stream, rules: BodyRules, meter: Meter) -> bytes:
    """Return the decoded body of a response.

    Raises:
        HopFailed: `decode`, `too_large` or `truncated`, or what the stream raises.
    """
    coding = stream.headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise HopFailed("decode", f"body: coding {coding[:40]!r} was not asked for")
    _refuse_by_length(stream.headers.get("content-length", ""), rules)
    inflater = _Inflater() if "gzip" in coding else None
    out = bytearray()
    while chunk := await stream.read(_CHUNK):
        may_be_file = not meter.wire and rules.unpacks_files and not coding
        if may_be_file and chunk.startswith(_GZIP):
            inflater = _Inflater()
        meter.wire += len(chunk)
        room = rules.decoded_bytes - len(out)
        out += inflater.feed(chunk, room + 1) if inflater else chunk
        meter.decoded = len(out)
        if rules.is_cut and len(out) >= rules.decoded_bytes:
            return bytes(out[: rules.decoded_bytes])
        if meter.wire > rules.wire_bytes or len(out) > rules.decoded_bytes:
            sizes = f"{meter.wire} bytes on the wire, {len(out)} decoded"
            raise HopFailed("too_large", f"body: {sizes}, and more")
    if inflater:
        inflater.finish()
    return bytes(out)


def check_part(reply: Reply, span: tuple[int, int]) -> None:
    """Check that an answer is the part of a file that was asked for, as it lies there.

    The last part may be shorter than asked for: a file ends where it ends.

    Raises:
        HopFailed: `http_error`: it is the whole file, another part, or coded.
    """
    stated = reply.headers.get("content-range", "")
    match = _RANGE.fullmatch(stated.strip())
    if reply.status != 206 or match is None or int(match[1]) != span[0]:
        raise HopFailed(
            "http_error", f"part: HTTP {reply.status}, {stated[:60] or 'no range'!r}"
        )
    if reply.headers.get("content-encoding", "identity") != "identity":
        raise HopFailed("decode", "part: of a coded file")


def _refuse_by_length(stated: str, rules: BodyRules) -> None:
    is_number = stated.isascii() and stated.isdigit()
    if is_number and not rules.is_cut and int(stated[:18]) > rules.wire_bytes:
        raise HopFailed("too_large", f"body: Content-Length {stated[:18]}")


class _Inflater:
    """gzip, member by member, never more than asked for at a time."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)
        self._is_padding = False

    def feed(self, data: bytes, room: int) -> bytes:
        """Return what the data decode to, cut at `room` bytes."""
        out = bytearray()
        while data and len(out) < room:
            if self._member.eof:
                data = self._next_member(data)
                continue
            try:
                out += self._member.decompress(data, room - len(out))
            except zlib.error as error:
                raise HopFailed("decode", f"body: {error}") from error
            data = self._member.unused_data or self._member.unconsumed_tail
        return bytes(out)

    def finish(self) -> None:
        """Check that the last member ended.

        Raises:
            HopFailed: `truncated`.
        """
        if not self._member.eof:
            raise HopFailed("truncated", "body: the gzip stream does not end")

    def _next_member(self, data: bytes) -> bytes:
        # Some servers pad the file with zeros; gzip(1) ignores them as well.
        rest = data.lstrip(b"\0")
        if rest and self._is_padding:
            raise HopFailed("decode", "body: bytes after the gzip stream")
        if rest and not _GZIP.startswith(rest[:3]):
            raise HopFailed("decode", "body: bytes after the gzip stream")
        if rest:
            self._member = zlib.decompressobj(31)
        else:
            self._is_padding = True
        return rest
