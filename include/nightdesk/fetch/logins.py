"""A subscriber's login: read, told from an expired one, and kept out of all that stays.

The secret is a header or two (Cookie, Authorization) or a key in the query. `trip`
sends it to one host only;
what is here looks at the answer.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeAlias
from urllib.parse import quote, urlsplit

from nightdesk.fetch.request import Fetched

#: Headers that a login adds to a request, and `?name` for the query; never shown.
Login: TypeAlias = Mapping[str, str]

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# What the fetcher says itself.
_OURS = frozenset(
    {
        *("accept", "accept-encoding", "connection", "content-length", "host"),
        *("if-modified-since", "if-none-match", "transfer-encoding", "user-agent"),
    }
)
_REFUSED = frozenset({401, 402, 403, 407})
_LOGIN = re.compile(
    r"(?:^|[/._-])(?:log-?[io]n|sign-?[iu][np]|sso|oauth2?|auth|authenticate|authorize"
    r"|accounts?|subscribe|register|paywall)(?:[/._-]|$)"
)
#: A part of a secret that is no word: eight characters with a digit among letters, or
#: twenty of any kind. Others ("accepted", "international") are in every text.
_TELLING = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z]).{8,}|.{20,}", re.DOTALL)
_HIDDEN = "***"


def parse_login(text: str) -> Login:
    """Return the parts of a login from lines of `Name: value` or `?name=value`.

    The latter are added to the query of an address as it is sent, and only there; their
    names keep the "?".

    Raises:
        ValueError: there is none, or a line is no header that may be set; the message
            never holds what was stated.

    >>> parse_login("Cookie: session=1")
    {'Cookie': 'session=1'}
    """
    headers = {}
    for number, line in enumerate(filter(str.strip, text.splitlines()), 1):
        is_query = line.lstrip().startswith("?")
        mark = "=" if is_query else ":"
        name, found, value = (part.strip() for part in line.partition(mark))
        if not found or not value or not _NAME.fullmatch(name[is_query:]):
            raise ValueError(
                f"line {number}: neither a header such as `Cookie: name=value` nor "
                "a key of the query such as `?api_key=value`"
            )
        if name.lower() in _OURS:
            raise ValueError(f"line {number}: {name.lower()} is not for a login to set")
        headers[name] = value
    if not headers:
        raise ValueError("empty")
    return headers


def is_login_page(url: str) -> bool:
    """Say whether an address looks like that of a page to log in.

    >>> is_login_page("https://sso.a.example/x"), is_login_page("https://a.example/news")
    (True, False)
    """
    parts = urlsplit(url.lower())
    host = (parts.hostname or "").partition(".")[0]
    return bool(_LOGIN.search(parts.path) or _LOGIN.search(host))


def find_refusal(url: str, status: int | None, redirects: Iterable[str]) -> str | None:
    """Return how a server has turned a login down; None: it has not.

    Args:
        url: that was asked for.
        status: of the last answer.
        redirects: as the fetch log has them.
    """
    if status in _REFUSED:
        return f"login refused: HTTP {status}"
    targets = [hop.partition(" ")[2] for hop in redirects]
    if not is_login_page(url) and any(map(is_login_page, targets)):
        return "login refused: sent to a page to log in"
    return None


def hide_login(login: Login, done: Fetched) -> Fetched:
    """Return an answer in which no part of a login is left, should it repeat one."""
    values = sorted(_list_values(login), key=len, reverse=True)

    def hide(text: str) -> str:
        for value in values:
            text = text.replace(value, _HIDDEN)
        return text

    attempt, body = done.attempt, done.body
    for value in values:
        body = body.replace(value.encode("utf-8", "replace"), _HIDDEN.encode())
    attempt = replace(
        attempt,
        final_url=hide(attempt.final_url),
        redirects=tuple(map(hide, attempt.redirects)),
        content_type=hide(attempt.content_type) if attempt.content_type else None,
        error=hide(attempt.error) if attempt.error else None,
        digest=hashlib.sha256(body).hexdigest() if attempt.digest else None,
    )
    headers = {name: hide(value) for name, value in done.headers.items()}
    return replace(done, attempt=attempt, body=body, headers=headers)


def _list_values(login: Login) -> set[str]:
    """Return a login's secret parts as they may turn up again."""
    whole, parts = set(login.values()), set()
    for value in login.values():
        parts |= {piece.partition("=")[2].strip() for piece in value.split(";")}
        scheme, _, token = value.partition(" ")
        parts.add(token.strip())  # of `Bearer token`
        if scheme.lower() == "basic":
            parts |= _read_basic(token)
    found = whole | {part for part in parts if _TELLING.fullmatch(part)}
    return {
        write(part)
        for part in found
        for write in (str, html.escape, _write_json, partial(quote, safe=""))
    }


def _read_basic(token: str) -> set[str]:
    """Return `user:password` and the password of a Basic login."""
    try:
        pair = base64.b64decode(token, validate=True).decode()
    except ValueError:
        return set()
    return {pair, pair.partition(":")[2]}


def _write_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
