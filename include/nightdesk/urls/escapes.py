"""One spelling of every character of an address: plain where it may be, else %XX."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote_to_bytes

_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_HIGH_ESCAPES = re.compile(r"(?:%[89a-fA-F][0-9a-fA-F])+")
_UNRESERVED = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
)
# RFC 3986 pchar and "/", as they may stand unescaped; "%" is an escape by then.
PATH_SAFE = _UNRESERVED | frozenset(b"!$&'()*+,;=:@/%")
QUERY_SAFE = PATH_SAFE | frozenset(b"?")


def escape(text: str, safe: frozenset[int]) -> str:
    """Return text with one spelling of every character: %XX in capitals, or plain."""
    text = unicodedata.normalize("NFC", _HIGH_ESCAPES.sub(_decode_letters, text))
    if text.isascii() and "%" not in text and all(b in safe for b in text.encode()):
        return text
    text = re.sub(r"%(?![0-9a-fA-F]{2})", "%25", text)
    text = _ESCAPE.sub(_unescape_unreserved, text)
    data = text.encode("utf-8", "ignore")
    return "".join(chr(byte) if byte in safe else f"%{byte:02X}" for byte in data)


def unescape(text: str) -> str | None:
    """Return text with its escapes read once; None where they are no UTF-8."""
    try:
        return unquote_to_bytes(text.encode("utf-8", "ignore")).decode("utf-8")
    except UnicodeDecodeError:
        return None


def _decode_letters(match: re.Match[str]) -> str:
    """Return the letters beyond ASCII that escapes spell; what is no UTF-8 stays."""
    try:
        return unquote_to_bytes(match[0]).decode("utf-8")
    except UnicodeDecodeError:
        return match[0]


def _unescape_unreserved(match: re.Match[str]) -> str:
    byte = unquote_to_bytes(match[0])
    return byte.decode("ascii") if byte[0] in _UNRESERVED else match[0].upper()
