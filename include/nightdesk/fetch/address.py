"""Addresses as the fetcher sends them, and the mirrors that stand in for them.

An address is sent as stated, only made ASCII: canonical URLs (sorted queries, dropped
tracking keys) are for comparing, not for fetching, and live in `nightdesk.urls`.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import idna

from nightdesk.fetch.outcomes import HopFailed
from nightdesk.urls import registered_domain

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_LENGTH = 8_192  # what servers accept at most as a request line
_CONTROL = re.compile(r"[\x00-\x20\x7f\\]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_SAFE = "/%:@!$&'()*+,;=~?|"  # "%" too: what is escaped already stays so

_USERINFO = re.compile(r"(?<=//)[^/?#\s@]*@")
_SECRET = re.compile(
    r"(?i)([?&;][^=&;\s]*"
    r"(?:token|key|sig|secret|pass|auth|code|session|credential)[^=&;\s]*=)[^&;#\s'\"]+"
)


@dataclass(frozen=True, slots=True)
class Address:
    """An http or https address, checked and in ASCII, without its fragment."""

    url: str
    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        """Scheme, host and port, with a slash: where its robots.txt lies."""
        return f"{self.scheme}://{_netloc(self.scheme, self.host, self.port)}/"


def parse_address(url: str) -> Address:
    """Return a stated address in the form in which it is sent.

    Raises:
        HopFailed: `bad_url`: another scheme, userinfo, control characters, a host
            that no DNS name can be, or a port out of range.

    >>> parse_address("HTTP://B\u00fccher.example:80/a b?q=\u00fc#x").url
    'http://xn--bcher-kva.example/a%20b?q=%C3%BC'
    """
    text = url.strip(" ")
    if len(text) > _MAX_LENGTH:
        raise HopFailed("bad_url", f"address: {len(text)} characters")
    try:
        text.encode()  # half a character (a lone surrogate) cannot be sent
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise HopFailed("bad_url", f"address: {error}") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise HopFailed("bad_url", f"address: scheme {parts.scheme[:20]!r}")
    if _CONTROL.search(text.replace(" ", "")) or _CONTROL.search(parts.netloc):
        raise HopFailed("bad_url", "address: control character or backslash")
    if "@" in parts.netloc:
        raise HopFailed("bad_url", "address: holds userinfo")
    host = _read_host(parts.hostname or "")
    port = _DEFAULT_PORTS[parts.scheme] if port is None else port
    if port == 0:
        raise HopFailed("bad_url", "address: port 0")
    path = quote(parts.path or "/", safe=_SAFE)
    query = f"?{quote(parts.query, safe=_SAFE + '[]')}" if parts.query else ""
    netloc = _netloc(parts.scheme, host, port)
    return Address(f"{parts.scheme}://{netloc}{path}{query}", parts.scheme, host, port)


@functools.lru_cache(65_536)
def find_site(host: str) -> str:
    """Return the registered domain of a host; all its hosts are paced as one.

    >>> find_site("feeds.hill.co.uk"), find_site("127.0.0.1")
    ('hill.co.uk', '127.0.0.1')
    """
    try:
        return registered_domain(f"http://{f'[{host}]' if ':' in host else host}/")
    except ValueError:
        return host  # a name that is sent, but that canonical URLs do not know


def hide_secrets(text: str) -> str:
    """Return a text without the userinfo and secret query values of its addresses.

    >>> hide_secrets("https://me:pw@a.example/?api_key=123&q=1")
    'https://a.example/?api_key=***&q=1'
    """
    return _SECRET.sub(r"\1***", hide_userinfo(text))


def hide_userinfo(text: str) -> str:
    """Return a text without the userinfo of its addresses."""
    return _USERINFO.sub("", text)


class Mirrors:
    """URL prefixes and the prefixes that stand in for them; the longest one wins.

    >>> mirrors = Mirrors({"https://": "http://127.0.0.1:8765/https/"})
    >>> mirrors.map_url("https://a.example/x")
    'http://127.0.0.1:8765/https/a.example/x'
    >>> mirrors.unmap_url("http://127.0.0.1:8765/https/a.example/x")
    'https://a.example/x'
    """

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._there = sorted(prefixes.items(), key=lambda pair: -len(pair[0]))
        self._back = sorted(
            ((target, prefix) for prefix, target in prefixes.items()),
            key=lambda pair: -len(pair[0]),
        )

    def map_url(self, url: str) -> str | None:
        """Return the mirror's address for an address; None: it has no mirror."""
        return _swap_prefix(url, self._there)

    def unmap_url(self, url: str) -> str | None:
        """Return the address that a mirror's address stands for, if it is one."""
        return _swap_prefix(url, self._back)

    def join_location(self, at: Address, sent_to: str, location: str) -> str:
        """Return the original address that a redirect's Location leads to.

        A mirror may name itself (absolute or by a path of its own) or the original.
        """
        raw = location.strip().encode("latin-1", "replace")
        try:
            text = raw.decode()
        except UnicodeDecodeError:  # bytes that are no UTF-8 are sent back as they came
            text = quote(raw, safe=_SAFE + "#[]")
        try:
            back = self.unmap_url(urljoin(sent_to, text)) if sent_to != at.url else None
            return back or urljoin(at.url, text)
        except ValueError as error:
            raise HopFailed("bad_url", f"location: {error}") from error


def _swap_prefix(url: str, pairs: list[tuple[str, str]]) -> str | None:
    for prefix, other in pairs:
        if url.startswith(prefix):
            return other + url[len(prefix) :]
    return None


def _netloc(scheme: str, host: str, port: int) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port == _DEFAULT_PORTS[scheme] else f"{name}:{port}"


def _read_host(host: str) -> str:
    if ":" in host:
        if "%" in host:
            raise HopFailed("bad_url", "host: names a network interface")
        try:
            return str(ipaddress.IPv6Address(host))
        except ValueError as error:
            raise HopFailed("bad_url", f"host: {error}") from error
    name = host.rstrip(".").lower()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise HopFailed("bad_url", f"host: {error}") from error
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise HopFailed("bad_url", f"host: {host[:80]!r} is no host name")
    return name
