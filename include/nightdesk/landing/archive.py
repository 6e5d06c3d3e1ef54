"""Captures as WARC 1.1 records, one zstd frame each, so that any one can be read alone.

The payload is the decoded body: transfer and content codings are gone, and so are the
headers that spoke of them. A body that was captured before is a `revisit` record that
names the record which has it. Format: ISO 28500 and the zstd record compression of
https://iipc.github.io/warc-specifications/specifications/warc-zstd/

Fields of our own (`Nightdesk-*`, which other readers pass over) make a record say all
that its row of the index says, so that the index can be made again from the archive.
"""

from __future__ import annotations

import hashlib
import struct
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO

import zstandard

from nightdesk.errors import ArchiveError, CaptureGone
from nightdesk.model import Capture

_LEVEL = 2  # of real pages: 12x the pages a CPU second of warcio, in as many bytes
_CHUNK = 32 * 1024
_MOST = 64 << 20  # fetching ends at 15 MB; a frame that says more is damaged
# Besides what spoke of codings: a cookie may let its holder in as us.
_DROP = frozenset(
    {"content-encoding", "transfer-encoding", "content-length", "set-cookie"}
)
_SPACE = uuid.UUID("6f1b7c0a-6d0e-5d0c-9a57-0a3c5d6c1f11")  # ours, for record ids
_PROFILE = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
#: A skippable frame: one of the sixteen numbers that RFC 8878 sets aside, and a size.
_HOLE, _HOLE_HEAD = 0x184D2A5E, struct.Struct("<II")
_STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was read, checked: whole, and of the digest that it states."""

    capture: Capture  # as the record states it; place and offset are where it was read
    body: bytes  # of a revisit: empty
    raw: bytes  # the record, decompressed
    size: int  # of its frame in the file
    origin: tuple[str, int] | None = None  # of a revisit: where the body is


Parts = tuple[bytes, bytes, bytes]  # of a record: head, body, end


def make_compressor() -> zstandard.ZstdCompressor:
    """Return a compressor of records; a thread's own, and used again for each."""
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)


def compress_record(zipper: zstandard.ZstdCompressor, parts: Parts) -> bytes:
    """Return a record as one frame; the body is not copied on its way."""
    unit = zipper.compressobj(size=sum(map(len, parts)))
    return b"".join([*map(unit.compress, parts), unit.flush()])


def encode_record(capture: Capture, headers: Mapping[str, str], body: bytes) -> Parts:
    """Return a WARC response record; equal inputs give equal bytes."""
    lines = ["HTTP/1.1 200 OK", *_keep(headers), f"Content-Length: {len(body)}", "", ""]
    http = _join(lines)
    head = _head("response", capture, [], len(http) + len(body))
    return head + http, body, b"\r\n\r\n"


def encode_revisit(
    capture: Capture, headers: Mapping[str, str], origin: Capture
) -> Parts:
    """Return a WARC revisit record: the same body as that of `origin`."""
    more = [
        f"WARC-Profile: {_PROFILE}",
        f"WARC-Refers-To: <urn:uuid:{_name(origin)}>",
        f"WARC-Refers-To-Target-URI: {_clean(origin.url)}",
        f"WARC-Refers-To-Date: {origin.captured_at.strftime(_STAMP)}",
        f"Nightdesk-Refers-To: {origin.offset} {origin.file}",
    ]
    http = _join(["HTTP/1.1 200 OK", *_keep(headers), "", ""])
    return _head("revisit", capture, more, len(http)) + http, b"", b"\r\n\r\n"


def _head(kind: str, capture: Capture, more: list[str], length: int) -> bytes:
    head = [
        "WARC/1.1",
        f"WARC-Type: {kind}",
        f"WARC-Target-URI: {_clean(capture.url)}",
        f"WARC-Date: {capture.captured_at.strftime(_STAMP)}",
        f"WARC-Record-ID: <urn:uuid:{_name(capture)}>",
        f"WARC-Payload-Digest: sha256:{capture.digest}",
        *more,
        "Content-Type: application/http; msgtype=response",
    ]
    if capture.final_url != capture.url:
        head.append(f"Nightdesk-Final-URI: {_clean(capture.final_url)}")
    if capture.content_type is not None:
        head.append(f"Nightdesk-Content-Type: {_clean(capture.content_type)}")
    if capture.source_id is not None:
        head.append(f"Nightdesk-Source: {_clean(capture.source_id)}")
    return _join([*head, f"Content-Length: {length}", "", ""])


def _name(capture: Capture) -> uuid.UUID:
    stamp = capture.captured_at.strftime(_STAMP)
    return uuid.uuid5(_SPACE, f"{capture.url} {stamp} {capture.digest}")


def _keep(headers: Mapping[str, str]) -> list[str]:
    return [
        f"{_clean(key)}: {_clean(value)}"
        for key, value in headers.items()
        if key.lower() not in _DROP
    ]


def _join(lines: list[str]) -> bytes:
    return "\r\n".join(lines).encode("utf-8", "replace")


def _clean(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


# holes ---------------------------------------------------------------------


def encode_hole(size: int) -> bytes:
    """Return the head of what stands in the place of a frame that was taken out.

    >>> encode_hole(20).hex(" ")
    '5e 2a 4d 18 0c 00 00 00'
    """
    return _HOLE_HEAD.pack(_HOLE, size - _HOLE_HEAD.size)


def find_hole(stream: BinaryIO, offset: int) -> int:
    """Return the size of the hole at the start of a frame; 0: there is none."""
    stream.seek(offset)
    head = stream.read(_HOLE_HEAD.size)
    if len(head) < _HOLE_HEAD.size:
        return 0
    magic, size = _HOLE_HEAD.unpack(head)
    return size + _HOLE_HEAD.size if magic == _HOLE else 0


# reading -------------------------------------------------------------------


def read_record(stream: BinaryIO, file: str, offset: int) -> Record:
    """Return the record at an offset of an archive.

    Raises:
        CaptureGone: it was taken out.
        ArchiveError: the frame is cut off or damaged, holds no record of ours, or its
            body has another digest than it states; the message names the place.
    """
    where = f"archive: {file} at {offset}"
    if find_hole(stream, offset):
        raise CaptureGone(f"{where}: given up", "given up")
    try:
        raw, size = _read_frame(stream, offset, where)
        record = _parse(raw, size)
    except (zstandard.ZstdError, ValueError, KeyError) as error:
        raise _damaged(where, f"damaged: {error}") from error
    if record.origin is None:
        found = hashlib.sha256(record.body).hexdigest()
        if found != record.capture.digest:
            raise _damaged(
                where,
                f"damaged: states the digest {record.capture.digest[:12]}, "
                f"its body has {found[:12]}",
            )
    return replace(record, capture=replace(record.capture, file=file, offset=offset))


def _read_frame(stream: BinaryIO, offset: int, where: str) -> tuple[bytes, int]:
    stream.seek(offset)
    chunk = stream.read(_CHUNK)
    if not chunk:
        raise _damaged(where, "cut off: the file ends before this record")
    expected = zstandard.get_frame_parameters(chunk).content_size
    if expected > _MOST:
        raise _damaged(where, "damaged: no size that a record can have")
    unzip, n_read = zstandard.ZstdDecompressor().decompressobj(), 0
    parts: list[bytes] = []
    while chunk and sum(map(len, parts)) <= _MOST:
        n_read += len(chunk)
        parts.append(unzip.decompress(chunk))
        if unzip.eof:
            return b"".join(parts), n_read - len(unzip.unused_data)
        chunk = stream.read(_CHUNK)
    raise _damaged(where, "cut off: the file ends inside this record")


def _damaged(where: str, cause: str) -> ArchiveError:
    return ArchiveError(f"{where}: {cause}", cause)


def _parse(raw: bytes, size: int) -> Record:
    head, block = _split(raw)
    if head.get("") != "WARC/1.1" or head["WARC-Type"] not in ("response", "revisit"):
        raise ValueError("no response or revisit record")
    length = int(head["Content-Length"])
    if block[length:] != b"\r\n\r\n":
        raise ValueError("its length is not the length that it states")
    _, body = _split(block[:length])
    algorithm, _, digest = head["WARC-Payload-Digest"].partition(":")
    if algorithm != "sha256":
        raise ValueError(f"a digest of a kind we do not write: {algorithm}")
    url = head["WARC-Target-URI"]
    capture = Capture(
        url=url,
        final_url=head.get("Nightdesk-Final-URI", url),
        captured_at=datetime.fromisoformat(head["WARC-Date"]),
        digest=digest,
        file="",
        offset=0,
        content_type=head.get("Nightdesk-Content-Type"),
        source_id=head.get("Nightdesk-Source"),
    )
    if head["WARC-Type"] == "response":
        return Record(capture, body, raw, size)
    place, _, file = head["Nightdesk-Refers-To"].partition(" ")
    return Record(capture, b"", raw, size, (file, int(place)))


def _split(raw: bytes) -> tuple[dict[str, str], bytes]:
    """Return header fields (the first line under "") and what follows them."""
    head, blank, rest = raw.partition(b"\r\n\r\n")
    if not blank:
        raise ValueError("a header without an end")
    first, *lines = head.decode("utf-8").split("\r\n")
    fields = (line.partition(": ") for line in lines)
    return {"": first, **{key: value for key, _, value in fields}}, rest
