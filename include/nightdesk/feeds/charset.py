"""Bytes to text without a silent loss: which encoding is a feed really in?

The order is BOM, XML prolog, HTTP header, UTF-8, windows-1252, and each is believed
only if every byte fits, since labels lie: UTF-8 labelled as latin-1 is read as UTF-8.
A character that no encoding explains is never turned into U+FFFD behind the reader's
back; what was mended is returned as a warning. Left out: encodings that nobody labels
and that are neither UTF-8, Cyrillic nor western: bare Shift_JIS reads as western.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# First bytes of "<?xml" or "<x" in the wide encodings, XML 1.0 appendix F.
_WIDE = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_EBCDIC = b"\x4c\x6f\xa7\x94"  # "<?xm"
_PROLOG = re.compile(rb"""^\s*<\?xml[^>]*?\sencoding\s*=\s*["']?([\w.:-]+)""", re.I)
_HEADER = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.I)

# What a label means in practice: the WHATWG Encoding Standard reads these supersets.
_SUPERSETS = {
    "ascii": "windows-1252",
    "iso8859-1": "windows-1252",
    "iso8859-9": "windows-1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "utf-16": "utf-16-le",
    "utf-32": "utf-32-le",
}
_ALIASES = {"windows-31j": "cp932", "x-sjis": "cp932", "x-gbk": "gb18030"}
_ESCAPED = re.compile("[\udc80-\udcff]")
# The most frequent letters of Russian, Ukrainian and Bulgarian text, lower case.
_CYRILLIC = frozenset("оеаинтсрвлкмдпуяыіь")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text of a document, the encoding that explains it, and what was mended."""

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()


def decode_document(body: bytes, content_type: str | None = None) -> Decoded:
    """Return the text of a feed's bytes; no byte is lost and none becomes U+FFFD.

    Args:
        body: the document, decompressed.
        content_type: the HTTP header as received, for its charset.

    >>> decode_document("<a>Café</a>".encode("latin-1")).text
    '<a>Café</a>'
    """
    if marked := _decode_marked(body):
        return marked
    stated = _stated_encodings(body, content_type)
    unknown = [label for label, encoding in stated if encoding is None]
    utf8 = _try_decode(body, "utf-8")
    for label, encoding in stated:
        if encoding and (text := _try_decode(body, encoding)) is not None:
            if utf8 is not None and _is_mislabelled(text, utf8, encoding):
                break
            return Decoded(text, encoding, _list_refused(stated, label))
    if utf8 is not None:
        refused = ", ".join(label for label, _ in stated)
        return Decoded(
            utf8, "utf-8", (f"stated as {refused}, is utf-8",) * bool(stated)
        )
    if not stated:
        return _guess(body, "no encoding stated, and not utf-8")
    labels = ", ".join(label for label, _ in stated)
    known = "unknown " if len(unknown) == len(stated) else ""
    return _guess(body, f"stated as {known}{labels}, which its bytes do not fit")


def _decode_marked(body: bytes) -> Decoded | None:
    """Return the text of a body that starts with a byte order mark, else None."""
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            rest = body[len(bom) :]
            if (text := _try_decode(rest, encoding)) is not None:
                return Decoded(text, encoding)
            return _guess(rest, f"bytes after the {encoding} mark do not fit it")
    return None


def _stated_encodings(
    body: bytes, content_type: str | None
) -> list[tuple[str, str | None]]:
    """Return (label, codec or None) of the first bytes, the prolog and the header."""
    found: list[tuple[str, str | None]] = []
    wide = next((name for start, name in _WIDE if body.startswith(start)), None)
    if wide:
        found.append((wide, wide))
    if body.startswith(_EBCDIC):
        found.append(("cp037", "cp037"))
    if match := _PROLOG.match(body[:1024]):
        label = match[1].decode("ascii", "ignore")
        found.append((label, _find_codec(label, wide=False)))
    if content_type and (header := _HEADER.search(content_type)):
        found.append((header[1], _find_codec(header[1], wide=True)))
    return found


def _find_codec(label: str, *, wide: bool) -> str | None:
    """Return the codec for a label; a label read as single bytes cannot be wide."""
    lowered = label.strip().lower()
    try:
        name = codecs.lookup(_ALIASES.get(lowered, lowered)).name
    except (LookupError, ValueError):
        return None
    name = _SUPERSETS.get(name, name)
    if not wide and name.startswith(("utf-16", "utf-32")):
        return None  # the label itself was readable as ASCII: it lies
    return name


def _is_mislabelled(text: str, utf8: str, encoding: str) -> bool:
    """Return whether bytes stated as single-byte are UTF-8, which they fit too.

    Three sequences by accident were not seen in text that is not about encodings.
    """
    n_sequences = (
        sum(1 for char in utf8 if char > "\x7f") if len(utf8) < len(text) else 0
    )
    return encoding.startswith(("windows-125", "cp125", "iso8859")) and n_sequences > 2


def _list_refused(stated: list[tuple[str, str | None]], taken: str) -> tuple[str, ...]:
    """Return a warning for each label that stood before the one that fits."""
    labels = [label for label, _ in stated]
    return tuple(
        f"stated as {label}, read as {taken}" for label in labels[: labels.index(taken)]
    )


def _try_decode(body: bytes, encoding: str) -> str | None:
    """Return the text if every byte fits, without a BOM; else None."""
    try:
        text = body.decode(encoding)
    except (UnicodeError, LookupError, ValueError):
        if encoding != "windows-1252":
            return None
        return _decode_western(body)
    except TypeError:  # a codec that is no text encoding, such as "hex"
        return None
    return text.lstrip("\ufeff") if isinstance(text, str) else None


def _decode_western(body: bytes) -> str:
    """Return windows-1252 text; its five unused bytes are C1 controls, as in HTML."""
    return "".join(
        chr(byte) if byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else char
        for byte, char in zip(body, body.decode("windows-1252", "replace"), strict=True)
    )


def _guess(body: bytes, why: str) -> Decoded:
    """Return the text of bytes that fit no label: mixed UTF-8, Cyrillic or western."""
    escaped = body.decode("utf-8", "surrogateescape")
    n_bad = len(_ESCAPED.findall(escaped))
    n_good = sum(1 for char in escaped if char > "\x7f") - n_bad
    if n_good >= n_bad:
        mixed = _ESCAPED.sub(lambda m: _western_char(m[0]), escaped)
        note = f"{why}; {n_bad} bytes read as windows-1252 amid utf-8"
        return Decoded(mixed.lstrip("\ufeff"), "utf-8", (note,))
    encoding = _pick_single_byte(body)
    guessed = _try_decode(body, encoding)
    text = _decode_western(body) if guessed is None else guessed
    return Decoded(text, encoding, (f"{why}; read as {encoding}",))


def _western_char(surrogate: str) -> str:
    return _decode_western(bytes([ord(surrogate) - 0xDC00]))


def _pick_single_byte(body: bytes) -> str:
    """Return cp1251 or koi8-r for bytes that read as Russian-like, else windows-1252.

    Judged by how many of the high bytes are frequent small Cyrillic letters: .65 to
    .85 in the right encoding, below .35 in a wrong one or in western text.
    """
    high = bytes(byte for byte in body if byte > 0x7F)
    best, share = "windows-1252", 0.5
    for encoding in ("cp1251", "koi8-r"):
        letters = high.decode(encoding, "ignore")
        found = sum(1 for char in letters if char in _CYRILLIC) / max(len(high), 1)
        if found > share:
            best, share = encoding, found
    return best
