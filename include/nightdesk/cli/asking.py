"""What the commands share that ask a server about one address."""

from __future__ import annotations

import re
import socket
from typing import Literal
from urllib.parse import urlsplit

from nightdesk.cli.progress import warn
from nightdesk.config import Settings, SourceList, load_sources, sources_path
from nightdesk.errors import ConfigError
from nightdesk.fetch import Fetcher, Request
from nightdesk.fetch.guard import Policy
from nightdesk.fetch.outcomes import HopFailed
from nightdesk.model import Attempt, Source
from nightdesk.pipeline.job import user_agent
from nightdesk.urls import canonicalize_url

_PRIVATE_NAMES = ("localhost", ".localhost", ".local", ".internal")


def load_leniently(settings: Settings) -> SourceList:
    """Return the sources in force; none where their file is wrong, which is said.

    For what works without them: a mistake in one row is no reason not to look at an
    address.
    """
    path = sources_path(settings)
    try:
        return load_sources(path)
    except ConfigError:
        warn(f"{path}: left aside, for its mistakes: nightdesk sources validate")
        return SourceList(path=path, digest="", is_newsstand=False, sources=())


def is_private(url: str) -> bool:
    """Say whether an address names a host that the fetcher takes for private.

    Names are not looked up: what they stand for may change.

    >>> is_private("http://10.0.0.1/feed"), is_private("https://hill.example/feed")
    (True, False)
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host.endswith(_PRIVATE_NAMES):
        return True
    try:
        literal = host if ":" in host else socket.inet_ntoa(socket.inet_aton(host))
        Policy().check([literal], 80)
    except HopFailed:
        return True
    except (ValueError, OSError):  # a name
        return False
    return False


def name_failure(attempt: Attempt) -> str:
    """Return an outcome with its cause and, for a private address, the cure."""
    text = f"{attempt.outcome}: {attempt.error}" if attempt.error else attempt.outcome
    return text + name_cure(attempt)


def name_cure(attempt: Attempt) -> str:
    """Return what to do about a private address, to be put behind its outcome."""
    is_private = "not public" in (attempt.error or "")
    if attempt.outcome != "forbidden_address" or not is_private:
        return ""
    return "; if it is yours: --allow-private, or `allow_private: true` in its row"


def open_fetcher(settings: Settings, sources: SourceList) -> Fetcher:
    """Return a fetcher for a look; its pace is that of a source.

    Raises:
        ConfigError: real servers would be asked, and nobody says by whom.
    """
    return Fetcher(
        user_agent=user_agent(settings, sources),
        mirrors=settings.mirrors or {},
        gap_s=gap_of(sources),
    )


def gap_of(sources: SourceList) -> float:
    """Return the seconds between two requests to a host that is no source."""
    return 0.0 if sources.is_newsstand else 2.0


def make_request(
    url: str,
    sources: SourceList,
    *,
    purpose: Literal["feed", "page"] = "feed",
    allow_private: bool = False,
) -> Request:
    """Return the request for an address that no source is at."""
    if not allow_private:
        return Request(url=url, purpose=purpose)
    source = Source(
        "look", "look", "rss", url, allow_private=True, gap_s=gap_of(sources)
    )
    return Request(url=url, purpose=purpose, source=source)


def check_address(url: str) -> None:
    """Refuse what is no address to ask.

    Raises:
        ConfigError: no http(s) address, or one that holds a password or a blank.
    """
    try:
        canonicalize_url(url)
        parts = urlsplit(url)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    if parts.username or parts.password or re.search(r"\s", url):
        raise ConfigError(f"url: {parts.hostname}: holds a password or a blank")
