"""Patterns of paths, as robots.txt and tdmrep.json have them (RFC 9309, 2.2.3).

`*` stands for anything and `$` at the end for the end. Matching takes time in
proportion to path and pattern, whatever the stars: a regular expression of twenty does
not.
"""

from __future__ import annotations

import re
from urllib.parse import quote

_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_UNRESERVED = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
)


def read_path(url: str) -> str:
    """Return what rules are compared with: path and query of an address, normalised.

    >>> read_path("https://a.example/%7Ebob/\u00fc?q=$")
    '/~bob/%C3%BC?q=%24'
    """
    rest = url.partition("://")[2].partition("#")[0]
    at = min((n for n in map(rest.find, "/?;") if n >= 0), default=len(rest))
    path = rest[at:]
    return _normalize(path if path.startswith("/") else f"/{path}", "")


def fits_pattern(pattern: str, path: str) -> bool:
    """Say whether a path begins as a pattern says.

    Args:
        pattern: as its file states it.
        path: from `read_path`.

    >>> fits_pattern("/news/*.pdf$", "/news/1.pdf"), fits_pattern("/a$", "/ab")
    (True, False)
    """
    pattern = _normalize(pattern, "*$")
    is_whole = pattern.endswith("$")
    first, *parts = pattern.removesuffix("$").split("*")
    if not parts:
        return path == first if is_whole else path.startswith(first)
    if not path.startswith(first):
        return False
    at = len(first)
    last = parts.pop() if is_whole else ""
    for part in parts:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return path.endswith(last) and len(path) - len(last) >= at


def _normalize(path: str, special: str) -> str:
    """Return a path in which every character is written in one way."""
    escaped = quote(path, safe=f"%/:?#[]@!&'()+,;=~{special}", errors="replace")
    return _ESCAPE.sub(_unescape, escaped)


def _unescape(match: re.Match[str]) -> str:
    char = chr(int(match[0][1:], 16))
    return char if char in _UNRESERVED else match[0].upper()
