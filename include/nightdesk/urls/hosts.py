"""Names of servers: one spelling of each, and who registered it."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import urlsplit

import tldextract

from nightdesk.urls.escapes import unescape

# Only the list that comes with the library: nothing is fetched, nothing written.
_EXTRACT = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

_DEFAULT_PORTS = {80, 443}
#: Servers refuse longer ones; a page may hold any.
MAX_CHARS = 8_190
MAX_HOST_CHARS = 253  # of the domain name system
_SPACES = re.compile(r"[\t\r\n]+")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_IDEOGRAPHIC_DOT = "\u3002"  # NFKC makes it of U+FF61, and a dot of U+FF0E (RFC 3490)
_MOBILE = (
    *("www.", "www1.", "www2.", "www3."),
    *("m.", "mobile.", "mobil.", "touch.", "amp.", "wap."),
)


def split_url(url: str) -> tuple[str, int | None, str, str, str]:
    """Return host, port unless default, path, query and fragment of an address.

    Raises:
        ValueError: no http(s) address; the message says why.
    """
    text = _SPACES.sub("", url).strip()
    shown = text if len(text) <= 200 else f"{text[:200]}..."
    if not text:
        raise ValueError("url: empty")
    if len(text) > MAX_CHARS:
        raise ValueError(f"url: {shown}: longer than {MAX_CHARS} characters")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"url: {shown}: {error}") from error
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"url: {shown}: scheme is not http or https")
    name = encode_host(parts.hostname or "", shown)
    if port in _DEFAULT_PORTS or port == 0:
        port = None
    return name, port, parts.path, parts.query, parts.fragment


def encode_host(name: str, shown: str) -> str:
    """Return a host in ASCII: IDN labels as punycode, addresses as they are."""
    if ":" in name:
        try:
            return f"[{ipaddress.ip_address(name).compressed}]"
        except ValueError as error:
            raise ValueError(f"url: {shown}: {error}") from error
    plain = unescape(name) if "%" in name else name
    plain = unicodedata.normalize("NFKC", plain or "").lower()
    labels = plain.replace(_IDEOGRAPHIC_DOT, ".").rstrip(".").split(".")
    encoded = [
        label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"
        for label in labels
    ]
    is_short = sum(map(len, encoded)) + len(encoded) <= MAX_HOST_CHARS + 1
    if not is_short or not all(_LABEL.fullmatch(label) for label in encoded):
        raise ValueError(f"url: {shown}: no valid host")
    return ".".join(encoded)


def clean_host(name: str) -> str:
    """Return a host without `www.`, `m.` and the like, if a domain remains."""
    for prefix in _MOBILE:
        rest = name.removeprefix(prefix)
        if rest != name and registered(rest):
            return clean_host(rest)
    first, mark, rest = name.partition(".m.")  # en.m.example.org
    if mark and "." not in first and registered(rest):
        return f"{first}.{rest}"
    return name


def registered_domain(url: str) -> str:
    """Return the domain that somebody registered; the host where there is none.

    Names under private suffixes (`blogspot.com`) count as the suffix's: one owner.

    Raises:
        ValueError: no http(s) address.

    >>> registered_domain("https://news.hill.co.uk/a")
    'hill.co.uk'
    """
    name = split_url(url)[0]
    return registered(name) or name


def registered(name: str) -> str:
    """Return the registered domain of a host, "" for suffixes and IP addresses."""
    extracted = _EXTRACT.extract_str(name)
    if extracted.domain and extracted.suffix:
        return f"{extracted.domain}.{extracted.suffix}"
    labels = name.split(".")
    if extracted.suffix or len(labels) < 2 or labels[-1].isdecimal() or "[" in name:
        return ""
    return ".".join(labels[-2:])  # a suffix that the list does not know: rule "*"
