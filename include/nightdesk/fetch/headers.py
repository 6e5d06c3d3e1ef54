"""What a request says of itself, and what it must not say elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from nightdesk.fetch.address import Address, parse_address
from nightdesk.fetch.request import Purpose, Request

_ACCEPT: Mapping[Purpose, str] = {
    "feed": "application/rss+xml, application/atom+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5",
    "page": "text/html, application/xhtml+xml, */*;q=0.5",
    "robots": "text/plain, */*;q=0.5",
    "tdmrep": "application/json, */*;q=0.5",
    "file": "*/*",
}


def make_headers(
    request: Request, purpose: Purpose, at: Address, user_agent: str
) -> dict[str, str]:
    """Return the headers of a hop on a request's way; secrets go to their host only."""
    headers = {
        "User-Agent": user_agent,
        "Accept": _ACCEPT[purpose],
        "Accept-Encoding": "gzip",
    }
    if purpose == "robots":
        return headers
    if purpose == "file":
        headers["Accept-Encoding"] = "identity"  # bytes have places in files
    if request.span:
        first, end = request.span
        headers["Range"] = f"bytes={first}-{end - 1}"
    # Both are sent: some servers compare only one of them, some the other.
    known = (
        ("If-None-Match", request.etag),
        ("If-Modified-Since", request.last_modified),
    )
    headers |= {n: value for n, value in known if value and _is_sendable(value)}
    if request.secrets and _is_at_home(request, at):
        stated = request.secrets.items()
        headers |= {n: v for n, v in stated if n[0] != "?" and _is_sendable(v)}
    return headers


def add_keys(request: Request, at: Address, sent_to: Address) -> Address:
    """Return where a hop is sent, with the keys of the request's secrets at home.

    Args:
        request: whose secrets.
        at: the hop's address.
        sent_to: the same, or what stands in for it.
    """
    keys = {n[1:]: v for n, v in request.secrets.items() if n[0] == "?"}
    if not keys or not _is_at_home(request, at):
        return sent_to
    mark = "&" if "?" in sent_to.url else "?"
    return replace(sent_to, url=f"{sent_to.url}{mark}{urlencode(keys)}")


def _is_at_home(request: Request, at: Address) -> bool:
    """Return whether a hop goes to the host that the request's secrets are for."""
    home = parse_address(request.url)
    is_safe = at.scheme in ("https", home.scheme)
    return is_safe and at.host == home.host and at.port in (home.port, 443)


def _is_sendable(value: str) -> bool:
    """Return whether a validator can go back in a header as it came."""
    return all(" " <= char <= "\xff" and char != "\x7f" for char in value)
