"""Page bytes -> str, and what kind of document the bytes are.

trafilatura decodes too, but one bad byte in a UTF-8 page makes it guess a code page for
the whole of it, and a lone surrogate cuts its text. Labels are read as browsers read
them (WHATWG Encoding Standard): "iso-8859-1" means windows-1252; one that is wrong is
found out by what comes of it.
"""

from __future__ import annotations

import codecs
import re
from typing import Literal

from nightdesk.extract.charsets import choose_codec

Kind = Literal["html", "text", "other"]

MAX_BYTES = 5_000_000  # 5.6 MB of paragraphs already cost 3.5 s and 255 MB
_HEAD = 4_096  # where a label may stand; the standard says 1,024, publishers differ

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LABEL = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.ASCII)
_XML_LABEL = re.compile(rb"^\s*<\?xml[^>]{0,99}encoding\s*=\s*[\"']([\w.:-]{2,40})")
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_ESCAPES = (b"\x1b$B", b"\x1b$@")  # ISO-2022-JP, which is ASCII to every other codec
_UTF16 = {"utf-16", "utf-16-le", "utf-16-be"}  # a label readable as ASCII cannot be

_MAGIC = (b"%PDF", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b")
#: What no text holds (WHATWG MIME Sniffing Standard, "binary data byte").
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_TAG = re.compile(rb"<(?:!doctype|[a-z][a-z0-9]*[\s>/]|!--)", re.IGNORECASE)
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF|urlset|sitemapindex)[\s>]")


def sniff_kind(body: bytes, content_type: str | None) -> Kind:
    """Return what the bytes are; the bytes win over the header.

    >>> sniff_kind(b"%PDF-1.7", "text/html")
    'other'
    >>> sniff_kind(b"One line.", "text/plain; charset=utf-8")
    'text'
    """
    head = body[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    media = (content_type or "").partition(";")[0].strip().lower()
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "text" if media == "text/plain" else "html"
    if head.startswith(_MAGIC) or b"\x00\x00" in head or _FEED.search(head[:512]):
        return "other"
    if media in ("", "text/plain", "application/octet-stream"):
        return _sniff_text(head, media)
    if "html" in media or media in ("text/xml", "application/xml"):
        return "html" if _TAG.search(body[:65_536]) else _sniff_bytes(head)
    return "other"


def _sniff_text(head: bytes, media: str) -> Kind:
    if head[:1] == b"<" and _TAG.match(head):
        return "html"
    if media == "text/plain":
        return _sniff_bytes(head)
    if head[:1] in (b"{", b"["):
        return "other"
    return "html" if _TAG.search(head) else _sniff_bytes(head)


def _sniff_bytes(head: bytes) -> Kind:
    return "other" if _BINARY.search(head) else "text"


def decode_page(body: bytes, content_type: str | None = None) -> str:
    r"""Return the page as text without lone surrogates; never fails.

    UTF-8 wins whenever the bytes are UTF-8; a few bad bytes in it become U+FFFD.

    >>> decode_page(b"caf\xe9", "text/html; charset=ISO-8859-1")
    'café'
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return _scrub(body[len(mark) :].decode(codec, "replace"))
    label = _find_label(body, content_type)
    if label and label.startswith("iso2022"):
        return _scrub(body.decode(label, "replace"))
    if any(escape in body for escape in _ESCAPES):
        return _scrub(body.decode("iso2022_jp", "replace"))
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return _scrub(_decode_damaged(body, label))


def _decode_damaged(body: bytes, label: str | None) -> str:
    """Decode what is not quite UTF-8: mend it, or read it by its label, or guess."""
    mended = body.decode("utf-8", "replace")
    n_bad = mended.count("\ufffd")
    n_good = sum(char > "\x7f" for char in mended) - n_bad
    # Characters count, not bytes: markup is ASCII and would hide any damage.
    if n_good > n_bad and n_bad <= max(1, 0.01 * len(mended)):
        return mended
    return body.decode(choose_codec(body, label), "replace")


def _find_label(body: bytes, content_type: str | None) -> str | None:
    """Return the codec that header, XML declaration or meta element name."""
    head = body[:_HEAD]
    header = (content_type or "").encode("ascii", "ignore")
    for match in (_LABEL.search(header), _XML_LABEL.search(head), _LABEL.search(head)):
        if match and (codec := _find_codec(match[1].decode("ascii"))):
            return codec
    return None


def _find_codec(label: str) -> str | None:
    try:
        info = codecs.lookup(label)
    except LookupError:
        return None
    if not getattr(info, "_is_text_encoding", True):
        return None  # "rot13" and the like are codecs too
    name = _SUPERSETS.get(info.name, info.name)
    return "utf-8" if name in _UTF16 or name.startswith("utf") else name


def _scrub(text: str) -> str:
    """Lone surrogates cannot be encoded; they become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
