"""Addresses that stand inside of others: AMP caches, viewers, translations, redirects.

Only services that show or open the very page whose address they hold. An archive's copy
is another page: it may show an older text.
"""

from __future__ import annotations

import re

from nightdesk.urls.escapes import unescape
from nightdesk.urls.hosts import registered

_AMP_CACHES = (".cdn.ampproject.org", ".amp.cloudflare.com", ".bing-amp.com")
_AMP_CACHE = re.compile(r"^/(?:[civ]|wp)/(?:s/)?([^/]+\.[^/]+)(/.*)?$")
_AMP_VIEWERS = re.compile(r"google\.[a-z.]+|bing\.com")
_AMP_VIEWER = re.compile(r"^/amp/(?:s/)?([^/]+\.[^/]+)(/.*)?$")
#: A viewer's own query begins behind its path; that of the page is escaped within.
_ESCAPED_QUERY = re.compile(r"%3F", re.I)
_TRANSLATED = ".translate.goog"
#: Marks of hosts that were too long, or not plain, to be written with hyphens.
_UNREADABLE = ("_x_tr_hp=", "_x_tr_enc=")
# Host without "www.", path, and the parameters that may hold the address.
_REDIRECTS = (
    (re.compile(r"google\.[a-z.]+"), "/url", ("q", "url")),
    (re.compile(r"translate\.google\.[a-z.]+"), "/translate", ("u",)),
    (re.compile(r"lm?\.facebook\.com"), "/l.php", ("u",)),
    (re.compile(r"[a-z0-9]+\.safelinks\.protection\.outlook\.com"), "", ("url",)),
)


def unwrap(name: str, path: str, query: str) -> str | None:
    """Return the address that a wrapper holds, or None where it is no wrapper's.

    Args:
        name: the host without `www.`.
        path: as it stands in the address.
        query: the same.
    """
    if name.endswith(_AMP_CACHES):
        match = _AMP_CACHE.match(path)
        return _join(match[1], match[2] or "/", query) if match else None
    if _AMP_VIEWERS.fullmatch(name) and (match := _AMP_VIEWER.match(path)):
        return _leave_viewer(match[1], match[2] or "/", query)
    if name.endswith(_TRANSLATED) and not any(mark in query for mark in _UNREADABLE):
        inner = _decode_translated(name.removesuffix(_TRANSLATED))
        return _join(inner, path, query) if inner else None
    for pattern, place, keys in _REDIRECTS:
        if pattern.fullmatch(name) and path.rstrip("/") == place:
            return _read_target(query, keys)
    return None


def _join(name: str, path: str, query: str) -> str:
    return f"https://{name}{path}" + (f"?{query}" if query else "")


def _leave_viewer(name: str, path: str, query: str) -> str:
    before, *behind = _ESCAPED_QUERY.split(path, maxsplit=1)
    inner = unescape(behind[0]) if behind else None
    if inner is None:
        return _join(name, path, query)
    return _join(name, before, f"{inner}&{query}" if query else inner)


def _decode_translated(label: str) -> str | None:
    """Return the host that a label spells: "-" is a dot, "--" a hyphen.

    >>> _decode_translated("north--hill-example")
    'north-hill.example'
    """
    name = "-".join(part.replace("-", ".") for part in label.split("--"))
    return name if "." not in label and registered(name) else None


def _read_target(query: str, keys: tuple[str, ...]) -> str | None:
    pairs = [part.partition("=") for part in query.split("&")]
    for wanted in keys:
        for key, _, value in pairs:
            target = unescape(value) if key == wanted else None
            if target and target.lower().startswith(("http://", "https://")):
                return target
    return None
