"""How each source is doing: one status of a closed list, and what to do about it. Pure.

Two inputs, both small: the poll state that collect keeps of a source, and what became
of its entries night by night. A night is compared with the nights before it; one that
is far from them is named on the spot, since a page layout that changed yesterday has
lost a night already. Left out: whose fault it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import exp, lgamma, log, sqrt
from statistics import fmean, median
from typing import Literal, TypeAlias, get_args

from nightdesk.poll_state import PollState
from nightdesk.polling import SAY_DAYS

Status: TypeAlias = Literal[
    "disabled",
    "auth",
    "blocked",
    "paused",
    "layout",
    "silent",
    "lying",
    "moved",
    "degraded",
    "new",
    "ok",
]
#: The closed vocabulary, the most urgent first: of several findings the first counts.
STATUSES: tuple[Status, ...] = get_args(Status)

#: Nights that a night is compared with, and how few are enough.
LOOK_BACK, FEW_NIGHTS = 28, 2
#: Articles of a night below which nothing is said of its texts.
FEW_ARTICLES = 3
#: Below this chance, a night is not one of the usual ones.
CHANCE = 0.01
#: A usual night with this many entries has none with less than that chance: exp(-4.6).
EXPECTED = 4.6
#: How far a night is off: by this factor for counts, by this one for texts.
FAR, FAR_TEXT = 3.0, 2.0
#: For how long a feed may list nothing: a news sitemap holds two days.
QUIET = timedelta(days=2)
#: How long an event that needs a look stays the status of a source.
RECENT = timedelta(days=7)


_OPEN = "open its url; it is asked again by itself"
#: What a person can do about a feed that fails, where that is more than to look at it.
_MENDS = {
    "bad_url": "it leads to no address that can be asked: correct its url",
    "forbidden_address": "it leads to a private address: remove it, or say "
    "`allow_private: true` if it is yours",
    "rate_limited": "nothing to do: it is asked again when it said",
    "redirect_loop": "correct its url: nightdesk sources try shows where it leads",
}


@dataclass(frozen=True, slots=True)
class NightCounts:
    """What became of a source's entries in one night."""

    night: date
    status: str  # ok | failed | no_coverage | not_collected
    reason: str | None = None
    n_seen: int = 0
    n_loaded: int = 0
    n_rejected: int = 0
    median_words: float | None = None
    n_articles: int = 0
    n_dated: int = 0  # articles whose page states its date
    n_signed: int = 0  # articles with an author
    n_titled: int = 0


@dataclass(frozen=True, slots=True)
class Health:
    """The status of a source on a night."""

    source_id: str
    status: Status
    reason: str = ""
    mend: str = ""  # what a person can do
    also: tuple[str, ...] = ()  # further findings: "moved: ..."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be."""

    status: Status
    reason: str
    mend: str


def judge_source(
    source_id: str,
    state: PollState,
    nights: Iterable[NightCounts],
    night: date,
    *,
    connection: str | None = None,
) -> Health:
    """Return the health of a source on a night.

    Args:
        source_id: the source.
        state: its poll state.
        nights: its counts for the night and for the nights before; any order.
        night: the night to judge.
        connection: that holds our login, if it has one.
    """
    start = night - timedelta(days=LOOK_BACK)
    rows = sorted(
        (n for n in nights if start <= n.night <= night), key=lambda n: n.night
    )
    at = datetime.combine(night, time(), UTC)
    found = [
        *_judge_login(state, connection),
        *_judge_state(state, at),
        *_judge_nights(rows, night),
    ]
    if not found:
        is_known = bool(rows) or state.polled_at is not None or state.ok_at is not None
        if is_known:
            return Health(source_id, "ok")
        return Health(source_id, "new", "not polled yet", "wait for the next night")
    found.sort(key=lambda finding: STATUSES.index(finding.status))
    first = found[0]
    also = tuple(f"{f.status}: {f.reason}" for f in found[1:])
    return Health(source_id, first.status, first.reason, first.mend, also)


# what the polls say -----------------------------------------------------------


def _judge_login(state: PollState, connection: str | None) -> list[Finding]:
    if state.outcome == "auth":
        since = f" since {state.failed_since:%Y-%m-%d}" if state.failed_since else ""
        why = f"its feed {'refuses our' if connection else 'wants a'} login{since}"
    elif connection and state.login_lost == "missing":
        why = f"connection {connection} holds no login that can be read"
    elif connection and state.login_lost:
        why = f"its pages refuse our login, last seen {state.login_lost_at:%Y-%m-%d}"
    else:
        return []
    mend = "name the connection that holds your login as a subscriber"
    if connection:
        mend = f"renew the cookie in connection {connection}"
        if state.login_lost == "missing":
            mend = f"put `Cookie: name=value` into connection {connection}"
    return [Finding("auth", why, mend)]


def _judge_state(state: PollState, at: datetime) -> list[Finding]:
    rules: tuple[Callable[[PollState, datetime], Finding | None], ...] = (
        _find_refusal,
        _find_failure,
        _find_lie,
        _find_move,
        _find_resent,
        _find_empty,
    )
    return [found for rule in rules if (found := rule(state, at)) is not None]


def _find_refusal(state: PollState, at: datetime) -> Finding | None:
    since = f" since {state.failed_since:%Y-%m-%d}" if state.failed_since else ""
    if state.outcome not in ("blocked", "robots"):
        return None
    how = "refuses us"
    if state.outcome == "robots":
        how = "its robots.txt disallows the feed, or cannot be read"
    return Finding(
        "blocked",
        how + since,
        "nightdesk sources try says which; ask the publisher for access, or disable it",
    )


def _find_failure(state: PollState, at: datetime) -> Finding | None:
    if state.disabled_at is not None:
        return Finding(
            "disabled",
            f"said gone (410) on {SAY_DAYS} days, asked no more since "
            f"{state.disabled_at:%Y-%m-%d}",
            "give it its new url, or remove it",
        )
    if not state.failures or state.failed_since is None:
        return None
    what = f"{state.outcome} since {state.failed_since:%Y-%m-%d}"
    if state.paused_at is not None:
        return Finding(
            "paused",
            f"{what}; asked again {state.next_at:%Y-%m-%d}" if state.next_at else what,
            "look for its new url (nightdesk sources discover)",
        )
    return Finding("degraded", what, _MENDS.get(str(state.outcome), _OPEN))


def _find_lie(state: PollState, at: datetime) -> Finding | None:
    if state.untrusted_at is None or state.untrusted_at < at - RECENT:
        return None
    how = "answered 304 (not modified) although it had news"
    if state.untrusted_why == "stuck":
        how = "states the same ETag or Last-Modified although it has news"
    return Finding(
        "lying",
        f"{how}, seen {state.untrusted_at:%Y-%m-%d %H:%M}; its validators are not used "
        "any more",
        "nothing to do: it is asked for the whole feed, and tried again after a week",
    )


def _find_move(state: PollState, at: datetime) -> Finding | None:
    if state.moved_url and state.moved_at and state.moved_at >= at - 4 * RECENT:
        return Finding(
            "moved",
            f"moved to {state.moved_url}, used since {state.moved_at:%Y-%m-%d}",
            "put the new url into your sources file",
        )
    if state.move_url is None or not state.move_on:
        return None
    return Finding(
        "moved",
        f"says that it has moved to {state.move_url} ({len(state.move_on)} of "
        f"{SAY_DAYS} days)",
        "put the new url into your sources file",
    )


def _find_resent(state: PollState, at: datetime) -> Finding | None:
    if state.resent_at is None or state.resent_at < at:
        return None
    return Finding(
        "degraded",
        f"resends old items: {state.n_resent} that had left its list are back",
        "nothing is loaded twice; tell the publisher if it goes on",
    )


def _find_empty(state: PollState, at: datetime) -> Finding | None:
    """A feed without one entry, for longer than a quiet outlet's may have none."""
    if state.outcome not in ("ok", "not_modified") or state.full_at is None:
        return None
    is_quiet = state.new_at is not None and state.new_at >= at - QUIET
    if state.entries or is_quiet:
        return None
    last = f"{state.new_at:%Y-%m-%d}" if state.new_at else "never"
    return Finding(
        "degraded",
        f"its feed lists nothing at all, last news: {last}",
        "nightdesk sources try shows what it says: is its url still the right one?",
    )


# what the nights say ----------------------------------------------------------


def _judge_nights(rows: Sequence[NightCounts], night: date) -> list[Finding]:
    if not rows or rows[-1].night != night:
        return []
    now, past = rows[-1], [n for n in rows[:-1] if n.status == "ok"]
    if now.status != "ok":
        why = now.reason or now.status
        mend = "see nightdesk gaps"
        return [Finding("degraded", f"night {night} is incomplete: {why}", mend)]
    if len(past) < FEW_NIGHTS:
        return []
    volume = _find_silence(now, past) or _find_volume(now, past)
    layout = _find_yield(now, past) or _find_length(now, past) or _find_loss(now, past)
    return [found for found in (volume, layout) if found is not None]


def _find_silence(now: NightCounts, past: Sequence[NightCounts]) -> Finding | None:
    """A run of nights without an entry, where several were to be expected."""
    run = [now] if now.n_seen == 0 else []
    while run and past and past[-1].n_seen == 0:
        run.append(past[-1])
        past = past[:-1]
    if not run or not past:
        return None
    expected = sum(_expect(n.night, past) for n in run)
    if expected < EXPECTED:
        return None
    usual = fmean(n.n_seen for n in past)
    return Finding(
        "silent",
        f"no entry for {len(run)} night(s), usually {usual:.0f} a night",
        "open its url: has the feed been given up for another one?",
    )


def _expect(night: date, past: Sequence[NightCounts]) -> float:
    """Return the entries to expect: those of the same weekday, if two are known."""
    same = [n.n_seen for n in past if n.night.weekday() == night.weekday()]
    return fmean(same if len(same) > 1 else [n.n_seen for n in past])


def _find_volume(now: NightCounts, past: Sequence[NightCounts]) -> Finding | None:
    usual = median(n.n_seen for n in past)
    same = [n.n_seen for n in past if n.night.weekday() == now.night.weekday()]
    if any(abs(n - now.n_seen) <= sqrt(n) + 1 for n in same):
        return None  # as on this day of the week before
    is_far = not usual / FAR <= now.n_seen <= usual * FAR
    if not is_far or abs(now.n_seen - usual) <= 3 * sqrt(usual) + 2:
        return None
    return Finding(
        "degraded",
        f"{now.n_seen} entries, usually {usual:.0f}",
        "compare its site with its feed",
    )


def _find_yield(now: NightCounts, past: Sequence[NightCounts]) -> Finding | None:
    """Pages that were fetched and held no article."""
    known = [(n.n_loaded, n.n_loaded + n.n_rejected) for n in past]
    n_pages = now.n_loaded + now.n_rejected
    usual = _drop(now.n_loaded, n_pages, known)
    if usual is None:
        return None
    return Finding(
        "layout",
        f"{now.n_loaded} of {n_pages} pages held an article, usually {usual:.0%}",
        "nightdesk try URL shows what is read of one of its pages",
    )


def _find_loss(now: NightCounts, past: Sequence[NightCounts]) -> Finding | None:
    """Articles whose author, date or title is no longer found."""
    fields: tuple[tuple[str, Callable[[NightCounts], int]], ...] = (
        ("a title", lambda n: n.n_titled),
        ("a date on the page", lambda n: n.n_dated),
        ("an author", lambda n: n.n_signed),
    )
    for name, count in fields:
        known = [(count(n), n.n_articles) for n in past]
        usual = _drop(count(now), now.n_articles, known)
        if usual is not None:
            return Finding(
                "layout",
                f"{count(now)} of {now.n_articles} articles have {name}, usually "
                f"{usual:.0%}",
                "nightdesk try URL shows what is read of one of its pages",
            )
    return None


def _find_length(now: NightCounts, past: Sequence[NightCounts]) -> Finding | None:
    lengths = [
        n.median_words
        for n in past
        if n.median_words is not None and n.n_articles >= FEW_ARTICLES
    ]
    if now.median_words is None or now.n_articles < FEW_ARTICLES:
        return None
    if len(lengths) < FEW_NIGHTS:
        return None
    usual = median(lengths)
    if usual / FAR_TEXT <= now.median_words <= usual * FAR_TEXT:
        return None
    return Finding(
        "layout",
        f"articles of {now.median_words:.0f} words, usually {usual:.0f}",
        "nightdesk try URL shows what is read of one of its pages",
    )


def _drop(n: int, of: int, past: Sequence[tuple[int, int]]) -> float | None:
    """Return the usual share, if the share of now is a drop from it; else None.

    Nights that were a drop themselves are no measure: what broke stays broken until
    the nights before it are forgotten.
    """
    hits, tries, usual = 0, 0, 0.0
    for k, m in [*past, (n, of)]:
        usual = hits / tries if tries else 0.0
        is_far = m >= FEW_ARTICLES <= tries and k / m < usual / FAR_TEXT
        is_drop = is_far and chance_of(k, m, usual) < CHANCE
        if not is_drop:
            hits, tries = hits + k, tries + m
    return usual if is_drop else None


def chance_of(n: int, of: int, share: float) -> float:
    """Return the chance of `n` or fewer hits in `of` tries at this share.

    >>> round(chance_of(0, 3, 0.5), 3)
    0.125
    """
    p = min(max(share, 1e-9), 1 - 1e-9)
    return sum(
        exp(
            lgamma(of + 1)
            - lgamma(k + 1)
            - lgamma(of - k + 1)
            + k * log(p)
            + (of - k) * log(1 - p)
        )
        for k in range(n + 1)
    )
