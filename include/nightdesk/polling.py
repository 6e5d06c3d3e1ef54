"""How a source is polled: when, at which address, on which conditions. Pure.

    state, now -> decide_poll -> Ask, or Rest with its reason
    state, answer, now -> note_answer -> state, and what is worth a line in the log

The decider of the collect stage: it gets values and returns decisions; the pipeline
fetches, keeps the state in `sources/<id>.json` and logs. Left out: the pace within a
run and robots.txt (`fetch`), and what a status is called (`health`).
"""

from __future__ import annotations

import hashlib
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeAlias

from nightdesk.poll_state import Answer, Listed, PollState
from nightdesk.validators import STREAK, judge_validators, wants_probe

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

#: The ends of the interval. mediacloud/rss-fetcher polls between 10 minutes and a day;
#: a run every half hour makes less than 15 minutes pointless.
LEAST, MOST = HOUR / 4, DAY
#: A source is due when this share of its interval is still missing: a run that comes
#: every 30 minutes would otherwise poll a 30-minute feed every hour.
EARLY = 0.1
#: Dated entries in half a feed below which it says nothing of its own pace.
FEW = 4
#: A poll comes earlier by up to this share of its interval, so that sources which were
#: added together do not stay together.
JITTER = 0.1
#: Share of a feed that the last poll had seen: below the first, the interval is
#: halved, above the second it grows by a quarter (mediacloud/rss-fetcher).
LITTLE, MUCH = 0.33, 0.67
#: The body is asked for without conditions at every 8th poll, and after a day.
FULL_EVERY, FULL_AFTER = 8, DAY
#: Weighted failures after which a source rests, and how long between two probes.
PAUSE_AT, PROBE, PROBE_LATER, N_PROBES = 30.0, 7 * DAY, 30 * DAY, 4
#: Different days on which an address must say the same: gone (410), or moved.
SAY_DAYS = 3
#: Weighted failures in a row at a new address before the stated one is used again.
MOVED_BACK_AT = 3.0
#: Entries remembered of a feed, to measure the overlap; longer feeds are cut.
MOST_ENTRIES = 2_000
#: Entries that come back in one poll before a feed is said to resend old items.
RESENT = 3

#: How long pages rest that a subscriber's login was refused for: it has to be renewed.
LOGIN_AGAIN = 6 * HOUR

#: What a failure weighs: an answer that will stay, one that may change, a bad moment.
#: mediacloud/rss-fetcher has 1, .5 and .25. Ours (`host_busy`) weighs nothing.
_WEIGHTS: Mapping[str, float] = types.MappingProxyType(
    {
        "host_busy": 0.0,
        "connection": 0.25,
        "rate_limited": 0.25,
        "server_error": 0.25,
        "timeout": 0.25,
        "auth": 0.5,
        "blocked": 0.5,
        "decode": 0.5,
        "empty_body": 0.5,
        "http_error": 0.5,
        "not_a_feed": 0.5,
        "robots": 0.5,
        "tls": 0.5,
        "too_large": 0.5,
        "truncated": 0.5,
        "wrong_type": 0.5,
    }
)


@dataclass(frozen=True, slots=True)
class Ask:
    """Poll now."""

    url: str
    etag: str | None
    last_modified: str | None
    reason: str  # why so: first | conditional | untrusted | nth_poll | ...


@dataclass(frozen=True, slots=True)
class Rest:
    """Do not poll now."""

    reason: str  # retry_after | disabled | paused | not_due
    until: datetime | None


Decision: TypeAlias = Ask | Rest
Reasons: TypeAlias = tuple[str, ...]


# when ------------------------------------------------------------------------


def check_rest(state: PollState, now: datetime) -> Rest | None:
    """Return why a source must not be asked now, whoever wants it; None: it may be."""
    if state.retry_at is not None and state.retry_at > now:
        return Rest("retry_after", state.retry_at)
    if state.disabled_at is not None:
        return Rest("disabled", None)
    if state.paused_at is not None and state.next_at and state.next_at > now:
        return Rest("paused", state.next_at)
    return None


def check_due(state: PollState, now: datetime) -> Rest | None:
    """Return why a source is not due for the run that polls what is; None: it is."""
    rest = check_rest(state, now)
    if rest is not None or state.next_at is None or state.paused_at is not None:
        return rest
    early = timedelta(seconds=EARLY * state.interval_s)
    return Rest("not_due", state.next_at) if state.next_at - early > now else None


def decide_poll(
    state: PollState, now: datetime, *, is_last_look: bool = False, force: bool = False
) -> Decision:
    """Say how a source is polled now, or why it is not.

    Args:
        state: what is known of it.
        now: the time.
        is_last_look: this poll has the last word on a night, so it takes nobody's word
            for it that nothing has changed.
        force: somebody asks for it: pauses do not count, and there is no condition.
            A Retry-After always counts.
    """
    rest = check_rest(state, now)
    if rest is not None and not (force and rest.reason != "retry_after"):
        return rest
    url = state.moved_url or state.url
    why = "forced" if force else _whole_why(state, now, is_last_look)
    if why is not None:
        return Ask(url, None, None, why)
    return Ask(url, state.etag, state.last_modified, "conditional")


def _whole_why(state: PollState, now: datetime, is_last_look: bool) -> str | None:
    if state.full_at is None or not (state.etag or state.last_modified):
        return "first" if state.full_at is None else "no_validators"
    if state.untrusted_at is not None and not wants_probe(state, now):
        return "validators_untrusted"
    if is_last_look:
        return "last_look"
    if state.n_conditional >= FULL_EVERY - 1:
        return "nth_poll"
    return "whole_day" if now - state.full_at >= FULL_AFTER else None


# what then --------------------------------------------------------------------


def note_answer(
    state: PollState, answer: Answer, now: datetime
) -> tuple[PollState, Reasons]:
    """Return the state after a poll, and what is worth a line in the log."""
    if answer.outcome == "host_busy":
        return state, ()  # we did not ask
    retry_at = now + min(timedelta(seconds=answer.retry_after_s or 0), MOST)
    is_good = answer.outcome in ("ok", "not_modified")
    state = replace(
        state,
        polled_at=now,
        outcome=answer.outcome,
        retry_at=None if is_good or retry_at == now else retry_at,
    )
    if not is_good:
        return _note_failure(state, answer, now)
    was_down = state.paused_at or state.disabled_at
    state = replace(
        state,
        ok_at=now,
        failures=0.0,
        failed_since=None,
        paused_at=None,
        n_probes=0,
        gone_on=(),
        disabled_at=None,
    )
    state, moved = _note_move(state, answer, now)
    note = _note_same if answer.outcome == "not_modified" else _note_body
    state, noted = note(state, answer, now)
    wait = timedelta(seconds=max(_jitter(state, answer, now), state.floor_s))
    state = replace(state, next_at=max(now + min(wait, MOST), retry_at))
    return state, (*(("back",) if was_down else ()), *moved, *noted)


def _jitter(state: PollState, answer: Answer, now: datetime) -> float:
    """Return the interval, a little shorter: by chance, but the same in every try."""
    digest = hashlib.sha256(f"{answer.source_id} {now.isoformat()}".encode()).digest()
    return state.interval_s * (1 - JITTER * int.from_bytes(digest[:4], "big") / 2**32)


def _later(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else max(one, other)


def _note_failure(
    state: PollState, answer: Answer, now: datetime
) -> tuple[PollState, Reasons]:
    failures = state.failures + _WEIGHTS.get(answer.outcome, 1.0)
    since = state.failed_since or now
    reasons: list[str] = []
    state = replace(state, failures=failures, failed_since=since)
    if answer.outcome == "gone":
        state = replace(state, gone_on=_add_day(state.gone_on, now))
        if len(state.gone_on) >= SAY_DAYS and state.disabled_at is None:
            state = replace(state, disabled_at=now)
            reasons.append("disabled: gone (410) on 3 days")
    if state.moved_url is not None and failures >= MOVED_BACK_AT:
        reasons.append(f"moved_back: {state.moved_url} fails, asking {state.url} again")
        state = replace(state, moved_url=None, moved_at=None, move_on=())
    if failures >= PAUSE_AT:
        if state.paused_at is None:
            reasons.append(f"paused: {failures:g} weighted failures since {since:%F}")
            state = replace(state, paused_at=now)
        wait = PROBE if state.n_probes < N_PROBES else PROBE_LATER
        state = replace(state, n_probes=state.n_probes + 1)
    else:
        wait_s = _jitter(state, answer, now) * (1 + failures)
        wait = min(timedelta(seconds=wait_s), MOST)
    return replace(state, next_at=_later(now + wait, state.retry_at)), tuple(reasons)


def _add_day(days: tuple[date, ...], now: datetime) -> tuple[date, ...]:
    return days if now.date() in days else (*days, now.date())[-SAY_DAYS:]


def _note_move(
    state: PollState, answer: Answer, now: datetime
) -> tuple[PollState, Reasons]:
    """Follow a source that says on three days that it has moved for good."""
    hops = [hop.partition(" ")[0] for hop in answer.redirects]
    if not hops or any(code not in ("301", "308") for code in hops):
        return replace(state, move_url=None, move_on=()), ()
    target = answer.final_url
    days = state.move_on if target == state.move_url else ()
    reasons = (f"moving: {target}",) if target != state.move_url else ()
    state = replace(state, move_url=target, move_on=_add_day(days, now))
    if len(state.move_on) < SAY_DAYS:
        return state, reasons
    state = replace(state, moved_url=target, moved_at=now, move_url=None, move_on=())
    return state, (*reasons, f"moved: {target}")


def _note_same(
    state: PollState, answer: Answer, now: datetime
) -> tuple[PollState, Reasons]:
    """A 304: nothing new, as the server says."""
    state = replace(
        state,
        # RFC 9110, 15.4.5: a 304 may bring newer validators.
        etag=answer.etag or state.etag,
        last_modified=answer.last_modified or state.last_modified,
        n_conditional=state.n_conditional + 1,
        n_not_modified=state.n_not_modified + 1,
        denied_at=(*state.denied_at, now)[-STREAK:],
        interval_s=_next_interval(state.interval_s, 1.0),
    )
    return state, ()


def _note_body(
    state: PollState, answer: Answer, now: datetime
) -> tuple[PollState, Reasons]:
    ids = tuple(dict.fromkeys(e.article_id for e in answer.entries))[:MOST_ENTRIES]
    is_first = state.full_at is None
    state, reasons = judge_validators(state, answer, now)
    fresh = set(ids) - set(state.entries)
    overlap = None if is_first or not ids else 1 - len(fresh) / len(ids)
    floor = max(answer.ttl_s or 0, answer.max_age_s or 0)
    state = replace(
        state,
        etag=answer.etag,
        last_modified=answer.last_modified,
        digest=answer.digest,
        entries=ids,
        full_at=now,
        new_at=now if fresh else state.new_at,
        n_conditional=0,
        n_not_modified=0,
        denied_at=(),
        floor_s=min(float(floor), MOST.total_seconds()),
        interval_s=min(
            _next_interval(state.interval_s, overlap), _half_s(answer.entries, now)
        ),
    )
    return state, reasons


def _half_s(entries: Sequence[Listed], now: datetime) -> float:
    """Return the seconds in which half of a feed came at its fastest, an hour at least.

    The longest interval of this feed: a poll after it still finds half of the feed
    known. Overlap alone learns of a busy hour when it is over, and sleeps through the
    next one: measured on recorded times (tests/bench/polling.py) it misses 15 times as
    much. Feeds that tell no times are left to the overlap.
    """
    times = sorted(e.stated_at for e in entries if e.stated_at and e.stated_at <= now)
    half = len(times) // 2
    if half < FEW:
        return MOST.total_seconds()
    fastest = min(b - a for a, b in zip(times, times[half:], strict=False))
    return max(fastest, HOUR).total_seconds()


def _next_interval(interval_s: float, overlap: float | None) -> float:
    """Return the interval after a poll whose entries were known to this share."""
    if overlap is None or LITTLE <= overlap <= MUCH:
        return interval_s
    factor = 0.5 if overlap < LITTLE else 1.25
    least, most = LEAST.total_seconds(), MOST.total_seconds()
    return min(max(interval_s * factor, least), most)


def note_resent(state: PollState, ids: Iterable[int], now: datetime) -> PollState:
    """Return the state with the entries that were gone and have come back.

    Args:
        state: after the poll.
        ids: articles listed now that an earlier poll than the last one had listed.
        now: the time of the poll.
    """
    n_resent = len(set(ids))
    if n_resent < RESENT:
        return state
    return replace(state, n_resent=n_resent, resent_at=now)
