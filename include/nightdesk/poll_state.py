"""What a poll brings, what is remembered of it until the next, and its JSON. Pure."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Union, get_args, get_origin, get_type_hints

#: The interval of a source of which nothing is known yet.
START_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of a poll, as far as the interval needs it."""

    article_id: int
    stated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a poll brought."""

    outcome: str  # one of model.OUTCOMES, or not_a_feed
    final_url: str
    redirects: Sequence[str] = ()  # "301 https://..."
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    max_age_s: int | None = None
    ttl_s: int | None = None
    retry_after_s: int | None = None
    entries: Sequence[Listed] = ()
    was_conditional: bool = False
    source_id: str = ""


@dataclass(frozen=True, slots=True)
class PollState:
    """All that is remembered of a source between two polls; `{}` in JSON is new."""

    url: str = ""  # that the user's file states; another one begins anew
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None  # of the last whole body
    entries: tuple[int, ...] = ()  # article ids of the last whole body
    interval_s: float = START_S
    floor_s: float = 0.0  # what the server asks for: ttl, max-age
    polled_at: datetime | None = None  # the last answer of any kind
    ok_at: datetime | None = None  # the last answer that was a feed
    full_at: datetime | None = None  # the last whole body
    new_at: datetime | None = None  # the last entry that was not there before
    next_at: datetime | None = None
    retry_at: datetime | None = None  # not before: the server said so
    n_conditional: int = 0  # polls since the last whole body
    n_not_modified: int = 0  # 304s since the last whole body
    denied_at: tuple[datetime, ...] = ()  # the last 304s, as many as prove a lie
    untrusted_at: datetime | None = None  # when its validators last proved worthless
    untrusted_why: str | None = (
        None  # "304": it denied news; "stuck": they never change
    )
    n_proofs: int = 0  # conditional requests since then that it answered with news
    failures: float = 0.0  # weighted, in a row
    failed_since: datetime | None = None
    outcome: str | None = None  # the last one
    paused_at: datetime | None = None
    n_probes: int = 0
    gone_on: tuple[date, ...] = ()  # days of 410
    disabled_at: datetime | None = None
    move_url: str | None = None  # where it says that it has moved
    move_on: tuple[date, ...] = ()  # days on which it said so
    moved_url: str | None = None  # the address in use since then
    moved_at: datetime | None = None
    n_resent: int = 0  # entries that came back, in the last poll that had any
    resent_at: datetime | None = None
    login_lost: str | None = None  # missing | refused: why our login is of no use
    login_lost_at: datetime | None = None  # when that was last found


def read_state(raw: Mapping[str, Any], url: str) -> PollState:
    """Return the state that was kept for a source, or a new one for a new address.

    Keys that are not known are left out, so that older and newer files stay readable.

    >>> read_state({"etag": '"a"'}, "https://n.example/feed").etag
    '"a"'
    """
    if raw.get("url", url) != url:
        return PollState(url=url)
    hints = get_type_hints(PollState)
    known = {
        f.name: _from_json(raw[f.name], hints[f.name])
        for f in fields(PollState)
        if f.name in raw
    }
    return PollState(**{**known, "url": url})


def write_state(state: PollState) -> dict[str, Any]:
    """Return the state as JSON; what is as in a new one is left out."""
    return {
        f.name: _to_json(getattr(state, f.name))
        for f in fields(state)
        if getattr(state, f.name) != f.default
    }


def _to_json(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return [_to_json(v) for v in value] if isinstance(value, tuple) else value


def _from_json(value: Any, hint: Any) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(a for a in get_args(hint) if a is not type(None))
    if value is None:
        return None
    if get_origin(hint) is tuple:
        return tuple(_from_json(v, get_args(hint)[0]) for v in value)
    return hint.fromisoformat(value) if hint in (datetime, date) else value
