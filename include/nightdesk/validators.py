"""Whether the 304s (not modified) of a source can be believed. Pure.

One that lied is asked for whole bodies. After a week it is tried again, one conditional
poll and one whole one in turn: who answers a condition with news has looked at it, and
after some of these is believed again; who denies news once more waits another week.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from nightdesk.poll_state import Answer, PollState

#: 304s in a row that must have denied an entry before they are called a lie.
STREAK = 2
#: An entry may be seen this much after the time that it states: caches, embargoes.
LAG = timedelta(hours=1)
#: How long one that lied is not asked with conditions, and how often it must then
#: answer them with news.
UNTRUSTED_FOR, PROOFS = timedelta(days=7), 3


def wants_probe(state: PollState, now: datetime) -> bool:
    """Say whether one that lied is asked with a condition again: every other time."""
    at = state.untrusted_at
    return at is not None and now - at >= UNTRUSTED_FOR and state.n_conditional == 0


def judge_validators(
    state: PollState, answer: Answer, now: datetime
) -> tuple[PollState, tuple[str, ...]]:
    """Return what a whole body says of the 304s before it, with a line for the log.

    Args:
        state: before this body is taken in.
        answer: the body.
        now: the time of the poll.
    """
    if has_lied(state, answer):
        why, reason = "stuck", "they are the same although there is news"
        if state.n_not_modified:
            why = "304"
            reason = (
                f"304 {state.n_not_modified} times in a row, and the whole body shows "
                "what was there before"
            )
        is_news = state.untrusted_at is None
        state = replace(state, untrusted_at=now, untrusted_why=why, n_proofs=0)
        return state, (f"validators_untrusted: {reason}",) if is_news else ()
    if state.untrusted_at is None or not (
        answer.was_conditional and _news(state, answer)
    ):
        return state, ()
    if state.n_proofs + 1 < PROOFS:
        return replace(state, n_proofs=state.n_proofs + 1), ()
    state = replace(state, untrusted_at=None, n_proofs=0)
    return state, (f"validators_trusted: it told of its news {PROOFS} times",)


def has_lied(state: PollState, answer: Answer) -> bool:
    """Say whether a whole body proves that the validators before it are worth nothing.

    Another body alone is no proof: the feed may have changed since the last 304. It is
    one if it has news under the same validators, or news older than the 304s, all of
    `STREAK` in a row, that denied it. Of one that lied before, a single 304 will do.
    """
    fresh = _news(state, answer)
    if state.full_at is None or not fresh or answer.digest == state.digest:
        return False  # other bytes without news: a build date, a counter
    old = state.etag or state.last_modified
    if old is not None and old == (answer.etag or answer.last_modified):
        return True
    least = STREAK if state.untrusted_at is None else 1
    if len(state.denied_at) < least or answer.was_conditional:
        return False
    seen, denied = state.full_at, state.denied_at[0] - LAG
    return any(at and seen < at < denied for at in fresh)


def _news(state: PollState, answer: Answer) -> list[datetime | None]:
    """Return the times of the entries that the last whole body did not have."""
    before = set(state.entries)
    return [e.stated_at for e in answer.entries if e.article_id not in before]
