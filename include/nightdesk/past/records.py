"""One record of a news crawl: checked, and taken apart into headers and body."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import datetime

from nightdesk.errors import NightdeskError
from nightdesk.past.raw import read_moment

#: Bytes of a record when unpacked; pages end at 15 MB when we fetch them.
_MOST = 16 << 20
_END = b"\r\n\r\n"
_LENGTH = re.compile(r"[0-9]{1,12}")
_STATUS = re.compile(rb"[0-9]{3}")


class BadRecord(NightdeskError):
    """A record that cannot be used.

    Attributes:
        reason: one word: damaged, truncated, too_large, no_warc, no_length,
            wrong_length, no_http, bad_date, bad_url, coded, not_ok.
    """

    def __init__(self, reason: str, why: str = "") -> None:
        super().__init__(f"record: {reason}{': ' if why else ''}{why}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PageRecord:
    """A page as a crawler got it."""

    url: str
    captured_at: datetime
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes


def read_page(data: bytes, asked: str | None = None) -> PageRecord:
    """Return the page of a response record that is one gzip member.

    Args:
        data: the record.
        asked: the address that an index has of it; None: whichever it states.

    Raises:
        BadRecord: it is damaged, cut, of another length than it states, or holds no
            page that answered well, or another one.
    """
    raw = _unpack(data)
    head, blank, rest = raw.partition(_END)
    fields = _read_fields(head)
    if not blank or not head.startswith(b"WARC/"):
        raise BadRecord("no_warc")
    length = fields.get("content-length", "")
    if not _LENGTH.fullmatch(length):
        raise BadRecord("no_length", length[:40])
    block = rest[: int(length)]
    if len(block) < int(length) or rest[int(length) :].strip(b"\r\n"):
        raise BadRecord("wrong_length", f"states {length}, has {len(rest) - 4}")
    date = fields.get("warc-date", "")
    at = read_moment(date)
    if at is None or at.tzinfo is None:
        raise BadRecord("bad_date", date[:40])
    status, headers, body = _read_http(block)
    if not 200 <= status <= 299:
        raise BadRecord("not_ok", f"HTTP {status}")
    url = fields.get("warc-target-uri", "").strip("<>")
    if asked not in (None, url):
        raise BadRecord("bad_url", url[:80])
    return PageRecord(url, at, status, headers, _decode(headers, body))


def _unpack(data: bytes) -> bytes:
    unzip = zlib.decompressobj(wbits=31)
    try:
        raw = unzip.decompress(data, _MOST + 1)
    except zlib.error as error:
        raise BadRecord("damaged", str(error)) from error
    if len(raw) > _MOST:
        raise BadRecord("too_large")
    if not unzip.eof:
        raise BadRecord("truncated")
    return raw


def _read_fields(head: bytes) -> dict[str, str]:
    """Return the fields of a head by lower-case name; the first of a name counts."""
    fields: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").split("\r\n")[1:]:
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


def _read_http(block: bytes) -> tuple[int, dict[str, str], bytes]:
    head, blank, body = block.partition(_END)
    words = head.split(b"\r\n", 1)[0].split(None, 2)
    is_http = blank and len(words) > 1 and words[0].startswith(b"HTTP/")
    if not is_http or not _STATUS.fullmatch(words[1]):
        raise BadRecord("no_http")
    return int(words[1]), _read_fields(head), body


def _decode(headers: dict[str, str], body: bytes) -> bytes:
    """Return a body without its codings.

    Crawlers store bodies decoded, and some leave the headers that speak of codings: a
    body that is not what its header says is taken as it is.
    """
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = _join_chunks(body)
    coding = headers.get("content-encoding", "").lower()
    if coding in ("gzip", "x-gzip") and body.startswith(b"\x1f\x8b"):
        return _unpack(body)
    if coding in ("br", "zstd", "deflate") and b"<" not in body[:2048]:
        raise BadRecord("coded", coding)
    return body


def _join_chunks(body: bytes) -> bytes:
    """Return a chunked body as one; as it is where it is not chunked."""
    parts: list[bytes] = []
    at = 0
    while (end := body.find(b"\r\n", at)) >= 0:
        start = end + 2
        try:
            size = int(body[at:end].partition(b";")[0], 16)
        except ValueError:
            return body
        if size < 0 or len(body) - start < size:
            return body
        if size == 0:
            return b"".join(parts)
        at = start + size
        parts.append(body[start:at])
        at += 2 * body.startswith(b"\r\n", at)
    return body
