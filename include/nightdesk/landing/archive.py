"""Captures as WARC 1.1 records, one zstd frame each, so that any one can be read alone.

The payload is the decoded body: transfer and content codings are gone, and so are the
headers that spoke of them. Format: ISO 28500 and the zstd record compression of
https://iipc.github.io/warc-specifications/specifications/warc-zstd/
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import BinaryIO

import zstandard
from fastwarc.warc import ArchiveIterator

from nightdesk.errors import ArchiveError

_LEVEL = 3  # writes six times cheaper than gzip, and smaller
_CHUNK = 256 * 1024
_DROP = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_SPACE = uuid.UUID("6f1b7c0a-6d0e-5d0c-9a57-0a3c5d6c1f11")  # ours, for record ids


def encode_record(
    url: str,
    captured_at: datetime,
    digest: str,
    headers: Mapping[str, str],
    body: bytes,
) -> bytes:
    """Return one compressed WARC response record; equal inputs give equal bytes."""
    kept = [(k, v) for k, v in headers.items() if k.lower() not in _DROP]
    lines = [f"{_clean(k)}: {_clean(v)}" for k, v in kept]
    http = "\r\n".join(
        ["HTTP/1.1 200 OK", *lines, f"Content-Length: {len(body)}", "", ""]
    )
    block = http.encode("utf-8", "replace") + body
    stamp = captured_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    name = uuid.uuid5(_SPACE, f"{url} {stamp} {digest}")
    head = "\r\n".join(
        [
            "WARC/1.1",
            "WARC-Type: response",
            f"WARC-Target-URI: {_clean(url)}",
            f"WARC-Date: {stamp}",
            f"WARC-Record-ID: <urn:uuid:{name}>",
            f"WARC-Payload-Digest: sha256:{digest}",
            "Content-Type: application/http; msgtype=response",
            f"Content-Length: {len(block)}",
            "",
            "",
        ]
    )
    record = head.encode("utf-8", "replace") + block + b"\r\n\r\n"
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(record)


def _clean(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


def read_record(stream: BinaryIO, where: str) -> bytes:
    """Return the body of the record at which a stream stands.

    Args:
        stream: the archive, open for reading at the record's offset.
        where: file and offset, for the error.

    Raises:
        ArchiveError: the frame is damaged or holds no response record.
    """
    unzip = zstandard.ZstdDecompressor().decompressobj()
    record = bytearray()
    try:
        while not unzip.eof and (chunk := stream.read(_CHUNK)):
            record += unzip.decompress(chunk)
        for item in ArchiveIterator(io.BytesIO(record), parse_http=True):
            body: bytes = item.reader.read()
            return body
    except (zstandard.ZstdError, ValueError, EOFError) as error:
        raise ArchiveError(f"archive: {where}: {error}") from error
    raise ArchiveError(f"archive: {where}: no record there")
