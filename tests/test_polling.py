"""The poll decider: values in, a decision with its reason out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from nightdesk.poll_state import Answer, Listed, PollState, read_state, write_state
from nightdesk.polling import (
    JITTER,
    Ask,
    Rest,
    check_due,
    decide_poll,
    note_answer,
    note_resent,
)

URL = "https://news.example/feed"
NEW_URL = "https://news.example/rss"
T0 = datetime(2026, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KNOWN = PollState(
    url=URL,
    etag='"a"',
    last_modified="Sat, 28 Feb 2026 23:00:00 GMT",
    digest="d0",
    entries=tuple(range(100)),
    full_at=T0 - HOUR,
    ok_at=T0 - HOUR,
)


def body(*ids: int, at: datetime | None = None, **more: object) -> Answer:
    fields = {"etag": '"b"', "digest": f"d{ids}", **more}
    return Answer("ok", URL, entries=[Listed(i, at) for i in ids], **fields)


def fail(outcome: str, **more: object) -> Answer:
    return Answer(outcome, URL, **more)


def note(state: PollState, *answers: Answer, every: timedelta = HOUR) -> PollState:
    """Return the state after these answers, one each hour from T0 on."""
    for number, answer in enumerate(answers):
        state, _ = note_answer(state, answer, T0 + number * every)
    return state


def is_in(state: PollState, hours: float) -> bool:
    """Say whether the next poll comes after so many hours, or a tenth earlier."""
    assert state.next_at is not None
    return (1 - JITTER) * hours * HOUR <= state.next_at - T0 <= hours * HOUR


@pytest.mark.parametrize(
    ("state", "options", "reason", "is_conditional"),
    [
        pytest.param(PollState(url=URL), {}, "first", False, id="a new source"),
        pytest.param(KNOWN, {}, "conditional", True, id="both validators are sent"),
        pytest.param(
            replace(KNOWN, etag=None), {}, "conditional", True, id="one is enough"
        ),
        pytest.param(
            replace(KNOWN, etag=None, last_modified=None),
            {},
            "no_validators",
            False,
            id="without validators there is no condition",
        ),
        pytest.param(
            replace(KNOWN, n_conditional=6), {}, "conditional", True, id="7th poll"
        ),
        pytest.param(
            replace(KNOWN, n_conditional=7),
            {},
            "nth_poll",
            False,
            id="every 8th poll is for the whole body",
        ),
        pytest.param(
            replace(KNOWN, full_at=T0 - DAY),
            {},
            "whole_day",
            False,
            id="after 24 hours the whole body",
        ),
        pytest.param(
            replace(KNOWN, untrusted_at=T0 - HOUR),
            {},
            "validators_untrusted",
            False,
            id="no condition for one that lied",
        ),
        pytest.param(
            KNOWN, {"is_last_look": True}, "last_look", False, id="the night's last"
        ),
        pytest.param(KNOWN, {"force": True}, "forced", False, id="somebody asks"),
        pytest.param(
            replace(KNOWN, disabled_at=T0),
            {"force": True},
            "forced",
            False,
            id="somebody asks for one that is disabled",
        ),
    ],
)
def test_how_a_source_is_asked(
    state: PollState, options: dict, reason: str, is_conditional: bool
) -> None:
    ask = decide_poll(state, T0, **options)
    assert isinstance(ask, Ask)
    assert ask.reason == reason
    sent = (ask.etag, ask.last_modified)
    assert sent == (
        (state.etag, state.last_modified) if is_conditional else (None,) * 2
    )


@pytest.mark.parametrize(
    ("state", "options", "reason"),
    [
        pytest.param(
            replace(KNOWN, retry_at=T0 + HOUR), {}, "retry_after", id="told to wait"
        ),
        pytest.param(
            replace(KNOWN, retry_at=T0 + HOUR),
            {"force": True},
            "retry_after",
            id="told to wait, whoever asks",
        ),
        pytest.param(
            replace(KNOWN, paused_at=T0, next_at=T0 + HOUR), {}, "paused", id="paused"
        ),
        pytest.param(replace(KNOWN, disabled_at=T0), {}, "disabled", id="disabled"),
    ],
)
def test_when_a_source_is_not_asked(
    state: PollState, options: dict, reason: str
) -> None:
    rest = decide_poll(state, T0, **options)
    assert isinstance(rest, Rest)
    assert rest.reason == reason


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        pytest.param(PollState(url=URL), None, id="a new source is due"),
        pytest.param(replace(KNOWN, next_at=T0 + HOUR), "not_due", id="too early"),
        pytest.param(
            replace(KNOWN, next_at=T0 + HOUR / 2), None, id="a tenth early is due"
        ),
        pytest.param(replace(KNOWN, next_at=T0 - HOUR), None, id="late is due"),
        pytest.param(
            replace(KNOWN, next_at=T0, paused_at=T0 - 7 * DAY), None, id="a probe"
        ),
    ],
)
def test_what_is_due(state: PollState, reason: str | None) -> None:
    rest = check_due(state, T0)
    assert (rest.reason if rest else None) == reason


@pytest.mark.parametrize(
    ("answer", "hours"),
    [
        pytest.param(body(*range(100, 110)), 3, id="nothing known: halved"),
        pytest.param(body(*range(97, 107)), 3, id="30 % known: halved"),
        pytest.param(body(*range(95, 105)), 6, id="half known: kept"),
        pytest.param(body(*range(91, 101)), 7.5, id="90 % known: a quarter more"),
        pytest.param(Answer("not_modified", URL), 7.5, id="304: a quarter more"),
        pytest.param(body(), 6, id="an empty feed says nothing"),
        pytest.param(body(*range(100, 110), ttl_s=5 * 3600), 5, id="a ttl is a floor"),
        pytest.param(
            body(*range(100, 110), max_age_s=10 * 86400),
            24,
            id="max-age, a day at most",
        ),
        pytest.param(
            body(*range(100, 110), retry_after_s=4 * 3600), 4, id="Retry-After, too"
        ),
    ],
)
def test_the_next_poll(answer: Answer, hours: float) -> None:
    state = note(KNOWN, answer)
    assert is_in(state, hours)
    assert state.retry_at is None


@pytest.mark.parametrize(
    ("ids", "hours"),
    [
        pytest.param(range(1000, 1010), 0.25, id="15 minutes at least"),
        pytest.param(range(100), 24, id="a day at most"),
    ],
)
def test_the_interval_has_ends(ids: range, hours: float) -> None:
    state = KNOWN
    for n in range(20):
        step = n * 10 if len(ids) == 10 else 0
        state, _ = note_answer(state, body(*(i + step for i in ids)), T0 + n * HOUR)
    assert state.interval_s == hours * 3600


def test_a_feed_that_turned_over_fast_is_polled_as_fast() -> None:
    times = [T0 - DAY + n * HOUR / 4 for n in range(20)]  # 20 in five hours, then none
    listed = [Listed(n, at) for n, at in enumerate(times)]
    answer = Answer("ok", URL, digest="d", entries=listed)
    state = note(replace(KNOWN, interval_s=24 * 3600), answer)
    assert state.interval_s == 2.5 * 3600


@pytest.mark.parametrize(
    ("outcome", "weight"),
    [("not_found", 1), ("dns", 1), ("blocked", 0.5), ("not_a_feed", 0.5),
     ("timeout", 0.25), ("rate_limited", 0.25), ("server_error", 0.25)],
)  # fmt: skip
def test_failures_have_weights(outcome: str, weight: float) -> None:
    state = note(KNOWN, fail(outcome))
    assert state.failures == weight
    assert is_in(state, 6 * (1 + weight))
    assert state.etag == KNOWN.etag


def test_a_host_that_we_did_not_call_says_nothing() -> None:
    assert note(KNOWN, fail("host_busy")) == KNOWN


def test_retry_after_is_kept_for_a_day_at_most() -> None:
    assert note(KNOWN, fail("rate_limited", retry_after_s=7200)).retry_at == (
        T0 + 2 * HOUR
    )
    year = note(KNOWN, fail("rate_limited", retry_after_s=365 * 86400))
    assert year.retry_at == year.next_at == T0 + DAY


def test_a_source_that_fails_for_long_is_paused_and_probed_but_never_given_up() -> None:
    state, waits, now = KNOWN, [], T0
    for _ in range(37):
        state, _ = note_answer(state, fail("not_found"), now)
        waits.append(state.next_at - now)
        now = state.next_at
    assert 10.8 * HOUR <= waits[0] <= 12 * HOUR
    assert 16.2 * HOUR <= waits[1] <= 18 * HOUR
    assert waits[28] == DAY
    assert waits[29:33] == [7 * DAY] * 4
    assert waits[33:] == [30 * DAY] * 4
    state, reasons = note_answer(state, body(1), now)
    assert reasons == ("back",)
    assert (state.paused_at, state.failures, state.n_probes) == (None, 0, 0)


@pytest.mark.parametrize(
    ("every", "n", "is_disabled"),
    [
        pytest.param(HOUR, 9, False, id="nine times on one day"),
        pytest.param(DAY, 2, False, id="on two days"),
        pytest.param(DAY, 3, True, id="on three days"),
    ],
)
def test_gone_disables(every: timedelta, n: int, is_disabled: bool) -> None:
    state = note(KNOWN, *[fail("gone")] * n, every=every)
    assert (state.disabled_at is not None) == is_disabled


def moved(code: str = "301", target: str = NEW_URL) -> Answer:
    hops = [f"{code} {target}"]
    return Answer("ok", target, hops, digest="d", entries=[Listed(1, None)])


@pytest.mark.parametrize(
    ("answers", "every", "in_use"),
    [
        pytest.param([moved()] * 3, DAY, NEW_URL, id="three days: moved"),
        pytest.param([moved("308")] * 3, DAY, NEW_URL, id="308 as well"),
        pytest.param([moved()] * 9, HOUR, URL, id="one day is not enough"),
        pytest.param([moved("302")] * 5, DAY, URL, id="302 is for now only"),
        pytest.param(
            [moved(), moved(target=URL + "x"), moved()], DAY, URL, id="to and fro"
        ),
        pytest.param(
            [moved(), moved(), body(1), moved()], DAY, URL, id="back in between"
        ),
        pytest.param(
            [moved()] * 3 + [fail("not_found")] * 3,
            DAY,
            URL,
            id="a new address that fails is left again",
        ),
    ],
)
def test_a_feed_that_moves(
    answers: list[Answer], every: timedelta, in_use: str
) -> None:
    state = note(KNOWN, *answers, every=every)
    ask = decide_poll(state, T0 + 99 * DAY, force=True)
    assert isinstance(ask, Ask)
    assert ask.url == in_use
    assert state.url == URL


SAME = Answer("not_modified", URL)
OLD, LATE = T0 - HOUR / 2, T0 + 3 * HOUR


@pytest.mark.parametrize(
    ("answers", "is_lie"),
    [
        pytest.param([SAME, SAME, body(1, 200, at=OLD)], False,
                     id="an entry that may have come late"),
        pytest.param([SAME] * 5 + [body(1, 200, at=T0 - 2 * HOUR)], False,
                     id="an old entry that was dated back"),
        pytest.param([SAME] * 5 + [body(1, 200, at=LATE)], False,
                     id="news after the first 304s"),
        pytest.param([SAME] * 5 + [body(1, at=OLD)], False, id="other bytes, no news"),
        pytest.param([SAME, SAME, body(200, etag='"a"')], True,
                     id="news under the same validator"),
        pytest.param([body(200, etag='"a"')], True, id="the same without any 304"),
        pytest.param([body(200, digest="d0", etag='"a"')], False, id="the same body"),
    ],
)  # fmt: skip
def test_lies(answers: list[Answer], is_lie: bool) -> None:
    assert (note(KNOWN, *answers).untrusted_at is not None) == is_lie


def test_304s_that_denied_news_are_lies() -> None:
    state = note(KNOWN, SAME, SAME, SAME, SAME)  # until T0 + 3 h
    state, reasons = note_answer(state, body(1, 200, at=T0 + HOUR / 2), T0 + 4 * HOUR)
    assert state.untrusted_at == T0 + 4 * HOUR
    assert reasons[0].startswith("validators_untrusted")
    once = note(KNOWN, SAME)
    assert note_answer(once, body(200, at=OLD), T0 + HOUR)[0].untrusted_at is None


LIED = replace(KNOWN, untrusted_at=T0 - 8 * DAY, full_at=T0 - 6 * HOUR)
TOLD = {"was_conditional": True, "etag": '"n"'}


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        pytest.param(LIED, "conditional", id="a week later it is tried again"),
        pytest.param(
            replace(LIED, untrusted_at=T0 - 6 * DAY), "validators_untrusted",
            id="not before",
        ),
        pytest.param(
            replace(LIED, n_conditional=1), "validators_untrusted",
            id="every other poll is for the whole body",
        ),
    ],
)  # fmt: skip
def test_one_that_lied_is_tried_again(state: PollState, reason: str) -> None:
    ask = decide_poll(state, T0)
    assert isinstance(ask, Ask)
    assert ask.reason == reason
    last = decide_poll(state, T0, is_last_look=True)
    assert isinstance(last, Ask)
    assert last.etag is None


@pytest.mark.parametrize(
    ("answers", "is_trusted", "n_proofs"),
    [
        pytest.param([body(201, **TOLD)], False, 1, id="once is no proof"),
        pytest.param(
            [body(n, **{**TOLD, "etag": f'"{n}"'}) for n in (201, 202, 203)], True, 0,
            id="three times is",
        ),
        pytest.param(
            [body(n, etag=f'"{n}"') for n in (201, 202, 203)], False, 0,
            id="whole bodies that were asked for prove nothing",
        ),
        pytest.param(
            [body(1, **TOLD)] * 3, False, 0, id="nor do answers without news"
        ),
        pytest.param(
            [body(201, **TOLD), SAME, body(202, etag='"n"')], False, 0,
            id="one more lie, and it begins anew",
        ),
    ],
)  # fmt: skip
def test_when_one_that_lied_is_believed(
    answers: list[Answer], is_trusted: bool, n_proofs: int
) -> None:
    state = note(LIED, *answers)
    assert (state.untrusted_at is None) == is_trusted
    assert state.n_proofs == n_proofs


def test_one_more_lie_is_another_week() -> None:
    denied = note(LIED, SAME)  # at T0
    state, reasons = note_answer(denied, body(200, at=T0 - 2 * HOUR), T0 + HOUR)
    assert (state.untrusted_at, reasons) == (T0 + HOUR, ())
    assert not isinstance(decide_poll(state, T0 + 2 * HOUR), Rest)
    ask = decide_poll(state, T0 + 2 * HOUR)
    assert isinstance(ask, Ask)
    assert ask.reason == "validators_untrusted"


def test_sources_do_not_stay_together_and_each_poll_is_the_same_again() -> None:
    waits = [
        note(KNOWN, Answer("not_modified", URL, source_id=f"s{n}")).next_at
        for n in range(50)
    ]
    assert len(set(waits)) == 50
    again = [
        note(KNOWN, Answer("not_modified", URL, source_id=f"s{n}")).next_at
        for n in range(50)
    ]
    assert waits == again
    spread = max(waits) - min(waits)
    assert 0.06 * 7.5 * HOUR < spread <= JITTER * 7.5 * HOUR


def test_a_304_may_bring_newer_validators() -> None:
    state = note(KNOWN, Answer("not_modified", URL, etag='"c"'))
    assert (state.etag, state.last_modified) == ('"c"', KNOWN.last_modified)
    assert (state.n_not_modified, state.n_conditional) == (1, 1)


def test_some_old_entries_are_no_resend() -> None:
    assert note_resent(KNOWN, {1, 2}, T0) == KNOWN
    assert note_resent(KNOWN, {1, 2, 3}, T0).n_resent == 3


def test_a_state_is_kept_as_json() -> None:
    state = replace(
        note(KNOWN, SAME, fail("gone")), move_on=(date(2026, 3, 1),), paused_at=T0
    )
    raw = json.loads(json.dumps(write_state(state)))
    assert read_state(raw, URL) == state
    assert read_state({**raw, "of_a_later_version": 1}, URL) == state
    assert read_state(raw, NEW_URL) == PollState(url=NEW_URL)
    assert write_state(PollState()) == {}
