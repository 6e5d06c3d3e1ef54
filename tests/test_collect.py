"""What a collect run decides, in tables."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from nightdesk.collect import (
    PageMemo,
    choose_due,
    choose_pages,
    choose_poll,
    find_resent,
    is_changed,
    is_news,
    is_young,
    read_memos,
    write_memos,
)
from nightdesk.model import Coverage, KnownUrl, Listing, Source
from nightdesk.poll_state import PollState

NOW = datetime(2026, 3, 2, 0, 20, tzinfo=UTC)
NIGHT = date(2026, 3, 1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOURCE = Source("s", "S", "rss", "https://n.example/feed",
                past_url="https://n.example/{yyyy}/{mm}/{dd}.xml")  # fmt: skip
ROW = Listing(
    source_id="s",
    url="https://n.example/a",
    canonical_url="https://n.example/a",
    article_id=1,
    via="feed",
    listed_at=NOW - 5 * HOUR,
    stated_at=NOW - 6 * HOUR,
    title="Ferry returns",
    summary="It was late.",
)
KEY = ("s", ROW.url)
SEEN = replace(ROW, outcome="ok", digest="d", file="f", captured_at=NOW - 5 * HOUR)
CAPTURED = {1: [KnownUrl(ROW.url, 1, NIGHT, captured_at=NOW - 5 * HOUR)]}
RETRYABLE = frozenset({"timeout"})


@pytest.mark.parametrize(
    ("listed", "before", "known", "options", "is_fetched"),
    [
        pytest.param(ROW, [], {}, {}, True, id="a new entry"),
        pytest.param(ROW, [SEEN], CAPTURED, {}, False, id="a page that is there"),
        pytest.param(ROW, [], CAPTURED, {}, False, id="there through another source"),
        pytest.param(
            replace(ROW, title="Ferry returns late"), [SEEN], CAPTURED, {}, True,
            id="another headline",
        ),
        pytest.param(
            replace(ROW, summary="It was early."), [SEEN], CAPTURED, {}, True,
            id="another summary",
        ),
        pytest.param(
            replace(ROW, via="dated_sitemap", summary=None), [SEEN], CAPTURED, {},
            False, id="a sitemap says less, which is no change",
        ),
        pytest.param(
            ROW, [replace(SEEN, title="Old"), SEEN], CAPTURED, {}, False,
            id="a wording that it had before",
        ),
        pytest.param(
            replace(ROW, updated_at=NOW), [SEEN], CAPTURED, {}, True,
            id="updated after the capture",
        ),
        pytest.param(
            replace(ROW, updated_at=NOW - 6 * HOUR), [SEEN], CAPTURED, {}, False,
            id="updated before the capture",
        ),
        pytest.param(
            ROW, [SEEN], CAPTURED, {"due": frozenset({1})}, True, id="due by policy"
        ),
        pytest.param(
            ROW, [SEEN], CAPTURED, {"due": frozenset({2})}, False, id="another is due"
        ),
        pytest.param(
            ROW, [SEEN], CAPTURED, {"refetch": True}, True, id="somebody asks for it"
        ),
        pytest.param(
            ROW, [replace(ROW, outcome="timeout")], {}, {}, True, id="worth another try"
        ),
        pytest.param(
            ROW, [replace(ROW, outcome="not_found")], {}, {}, False, id="a verdict"
        ),
        pytest.param(
            replace(ROW, outcome="bad_url"), [], {}, {}, False, id="no address"
        ),
    ],
)  # fmt: skip
def test_which_pages_are_fetched(
    listed: Listing, before: list, known: dict, options: dict, is_fetched: bool
) -> None:
    work = choose_pages(
        [listed],
        {KEY: before[-1]} if before else {},
        known,
        RETRYABLE,
        looks={KEY: before} if before else {},
        **options,
    )
    assert [row.article_id for row in work.fetch] == ([1] if is_fetched else [])


def test_an_article_is_due_without_its_feed() -> None:
    work = choose_pages(
        [], {KEY: SEEN}, CAPTURED, RETRYABLE, looks={KEY: [SEEN]}, due=frozenset({1})
    )
    assert work.fetch == (SEEN,)


@pytest.mark.parametrize(
    ("row", "before", "news", "changed"),
    [
        pytest.param(ROW, [], True, False, id="first seen"),
        pytest.param(ROW, [SEEN], False, False, id="the same"),
        pytest.param(
            replace(ROW, stated_at=NOW), [SEEN], True, False, id="another date"
        ),
        pytest.param(replace(ROW, title="B"), [SEEN], True, True, id="another title"),
        pytest.param(
            replace(ROW, stated_at=NOW),
            [SEEN, replace(SEEN, stated_at=NOW)],
            False,
            False,
            id="a date that one of the looks had",
        ),
        pytest.param(
            replace(ROW, stated_at=None),
            [replace(SEEN, stated_at=NOW, dated_by="page")],
            False,
            False,
            id="no date, where its page has given one",
        ),
        pytest.param(
            replace(ROW, stated_at=None, updated_at=NOW),
            [replace(SEEN, stated_at=NOW, dated_by="page")],
            True,
            False,
            id="another change, and no date",
        ),
    ],
)
def test_what_is_news(
    row: Listing, before: list[Listing], news: bool, changed: bool
) -> None:
    assert (is_news(row, before), is_changed(row, before)) == (news, changed)


@pytest.mark.parametrize(
    ("hours", "is_done", "is_owed", "is_due"),
    [(1, False, False, False), (12, False, False, True), (24.1, False, False, True),
     (37, False, False, False), (13, True, False, False), (1, False, True, True),
     (37, True, True, False)],
    ids=["too young", "half a day old", "a nightly run later", "too old", "once only",
         "could not be had", "could not be had for too long"],
)  # fmt: skip
def test_the_policy_asks_once(
    hours: float, is_done: bool, is_owed: bool, is_due: bool
) -> None:
    memo = PageMemo(NOW - hours * HOUR, NIGHT, "d", '"a"', None, is_done, is_owed)
    assert choose_due({1: memo}, NOW) == (frozenset({1}) if is_due else frozenset())


def test_memos_are_kept_as_json_until_they_are_old() -> None:
    young, old = PageMemo(NOW - HOUR, NIGHT, "d", '"a"'), PageMemo(NOW, None, "e")
    raw = json.loads(json.dumps(write_memos({1: young, -2: old})))
    assert read_memos(raw, NOW) == {1: young, -2: old}
    assert set(read_memos(raw, NOW + 36 * HOUR)) == {-2}


def test_what_is_old_when_it_is_captured_is_not_asked_for_again() -> None:
    assert is_young(ROW, NOW)
    assert is_young(replace(ROW, stated_at=None), NOW)
    assert not is_young(replace(ROW, stated_at=NOW - 2 * DAY), NOW)


BEFORE = PollState(full_at=NOW - HOUR, entries=(5, 6))


@pytest.mark.parametrize(
    ("row", "before", "looks", "known", "is_resent"),
    [
        pytest.param(ROW, BEFORE, {KEY: [SEEN]}, {}, True, id="was gone and is back"),
        pytest.param(
            ROW, replace(BEFORE, entries=(1,)), {KEY: [SEEN]}, {}, False, id="was there"
        ),
        pytest.param(ROW, BEFORE, {}, {}, False, id="is new"),
        pytest.param(ROW, PollState(), {KEY: [SEEN]}, {}, False, id="a first poll"),
        pytest.param(
            replace(ROW, stated_at=NOW),
            BEFORE,
            {},
            CAPTURED,
            True,
            id="with a new date",
        ),
        pytest.param(
            ROW, BEFORE, {}, CAPTURED, False, id="another source had it that night"
        ),
    ],
)
def test_what_is_resent(
    row: Listing, before: PollState, looks: dict, known: dict, is_resent: bool
) -> None:
    assert find_resent([row], before, looks, known) == ({1} if is_resent else set())


OK = Coverage("s", "ok", NOW)


@pytest.mark.parametrize(
    ("night", "now", "known", "refetch", "via"),
    [
        pytest.param(None, NOW, None, False, "feed", id="whatever is new"),
        pytest.param(NIGHT, NOW, None, False, "feed", id="the last night"),
        pytest.param(NIGHT, NOW, OK, False, "archive", id="read after its end"),
        pytest.param(NIGHT, NOW, OK, True, "feed", id="somebody asks again"),
        pytest.param(
            NIGHT, NOW, replace(OK, looked_at=NOW - DAY), False, "feed", id="too early"
        ),
        pytest.param(NIGHT, NOW + DAY, None, False, "past", id="long past"),
        pytest.param(
            NIGHT,
            NOW,
            replace(OK, reason="partial: cost_cap: 5 of 5 requests"),
            False,
            "feed",
            id="read until a cap was reached",
        ),
    ],
)
def test_where_a_night_is_read(
    night: date | None, now: datetime, known: Coverage | None, refetch: bool, via: str
) -> None:
    assert choose_poll(SOURCE, night, now, known, refetch=refetch).via == via
