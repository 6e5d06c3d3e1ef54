"""A source's login: from its connection to the requests that it goes with."""

from __future__ import annotations

import logging
from collections.abc import Callable
from urllib.parse import urlsplit

from nightdesk.config import secret_variable
from nightdesk.fetch import Login, parse_login
from nightdesk.model import Source
from nightdesk.urls import host

log = logging.getLogger(__name__)


def read_login(
    source: Source, read_secret: Callable[[str], str | None]
) -> Login | None:
    """Return a source's login, empty where it needs none; None: it cannot be had."""
    if source.connection is None:
        return {}
    try:
        text = read_secret(source.connection) or ""
    except Exception as error:  # noqa: BLE001  a backend's; its message may be a secret
        _warn(source, type(error).__name__)
        return None
    try:
        return parse_login(text)
    except ValueError as error:
        _warn(source, str(error))
        return None


def name_place(source: Source) -> str:
    """Return where a source's login is read from, and in which form it stands there.

    >>> name_place(Source("hill", "Hill", "rss", "https://a.example/", connection="h"))
    'h: wants `Cookie: name=value`, `Authorization: ...` or `?key=value`: the password \
of the Airflow connection h, or NIGHTDESK_SECRET_H'
    """
    name = source.connection or ""
    return (
        f"{name}: wants `Cookie: name=value`, `Authorization: ...` or `?key=value`: "
        f"the password of the Airflow connection {name}, or {secret_variable(name)}"
    )


def _warn(source: Source, why: str) -> None:
    log.warning("source=%s connection=%s (%s)", source.id, name_place(source), why)


def is_at_home(source: Source, url: str) -> bool:
    """Say whether an address is on the host that a source's login is for."""
    is_safe = urlsplit(url).scheme in ("https", urlsplit(source.url).scheme)
    return is_safe and host(url) == host(source.url)
