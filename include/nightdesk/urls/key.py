"""An address to its key.

A canonical URL is a key, not an address to fetch: it drops what publishers and
platforms add on the way to the reader (trackers, AMP, `www.`, `m.`, the scheme). It is
careful where a merge could be wrong, since a wrong merge loses an article while a
missed one is found again by its text: case, query values and unknown parameters stay,
and what is a tracker here and an id there stays where nothing else names the article.

Not built on courlan: its `normalize_url` drops `cid`,
`eid` and `keyword`, which are article ids at some publishers, drops empty values and
quotes `;`. Left out: what only a page can tell (rel=canonical), short links.
"""

from __future__ import annotations

import hashlib
import re

from nightdesk.urls import known
from nightdesk.urls.escapes import QUERY_SAFE, escape
from nightdesk.urls.hosts import clean_host, split_url
from nightdesk.urls.parameters import Parameter, is_tracker, name_article, read_query
from nightdesk.urls.paths import clean_path, names_article
from nightdesk.urls.wrappers import unwrap

_LOOSE = re.compile("[&;]")


def canonicalize_url(url: str) -> str:
    """Return the key of the article that an address names: https, no trackers.

    Idempotent: the key of a key is itself.

    Raises:
        ValueError: no http(s) address; the message says why.

    >>> canonicalize_url("HTTP://www.Hill.example:80/a/../rain-7/?utm_source=x&b=2&a=1")
    'https://hill.example/rain-7?a=1&b=2'
    >>> canonicalize_url("https://hill.example/rain-7/amp#comments")
    'https://hill.example/rain-7'
    """
    name, port, path, query, fragment = _split_inner(url)
    parameters = _drop_trackers(read_query(query), is_named=False)
    segments = clean_path(path, has_query=bool(parameters), is_named=False)
    if (parameters or _LOOSE.search(path)) and _is_named(segments, parameters):
        parameters = _drop_trackers(parameters, is_named=True)
        segments = clean_path(path, has_query=bool(parameters), is_named=True)
    netloc = name + (f":{port}" if port else "")
    key = f"https://{netloc}/{'/'.join(segments)}"
    if parameters:
        key += "?" + "&".join(p.text for p in parameters)
    if fragment.startswith("!"):  # "#!" pages are told apart by it
        return f"{key}#{escape(fragment, QUERY_SAFE)}"
    # "#/" pages are where nothing else names them.
    is_route = fragment.startswith("/") and not _is_named(segments, parameters)
    return key + (_read_route(fragment) if is_route else "")


def article_id(canonical_url: str) -> int:
    """Return the signed 64-bit id of a canonical URL: BLAKE2b, 8 bytes, big endian.

    >>> article_id("https://hill.example/rain-7")
    -7673710459104551324
    """
    digest = hashlib.blake2b(canonical_url.encode("utf-8"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def host(url: str) -> str:
    """Return the host of an address: lower case, punycode, without port.

    Raises:
        ValueError: no http(s) address.

    >>> host("https://Bücher.example:8080/a")
    'xn--bcher-kva.example'
    """
    return split_url(url)[0]


def _split_inner(url: str) -> tuple[str, int | None, str, str, str]:
    """Return the parts of an address, or of the one that it wraps; a clean host."""
    while True:
        name, port, path, query, fragment = split_url(url)
        name = clean_host(name)
        inner = unwrap(name, path, query)  # which may be a wrapper, too
        if inner is None:
            break
        url = inner if "#" in inner or not fragment else f"{inner}#{fragment}"
        try:
            split_url(url)
        except ValueError:  # no address: the wrapper stands for itself
            break
    return name, port, path, query, fragment


def _drop_trackers(parameters: list[Parameter], *, is_named: bool) -> list[Parameter]:
    return [p for p in parameters if not is_tracker(p.key, p.value, is_named=is_named)]


def _is_named(segments: list[str], parameters: list[Parameter]) -> bool:
    """Say whether path or query name the article without doubtful parameters."""
    return names_article(segments) or name_article(parameters)


def _read_route(fragment: str) -> str:
    """Return a fragment that is the address of a page within a page, with its mark.

    Nothing where it is of a page's own parts: "#/comments".
    """
    path, _, query = fragment.partition("?")
    segments = clean_path(path, has_query=False, is_named=True)
    parameters = _drop_trackers(read_query(query), is_named=names_article(segments))
    own = [s for s in segments if s.lower() not in known.PLAIN_WORDS]
    if not own and not parameters:
        return ""
    tail = "?" + "&".join(p.text for p in parameters) if parameters else ""
    return f"#/{'/'.join(segments)}{tail}"
