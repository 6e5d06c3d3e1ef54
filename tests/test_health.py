"""The health of a source: small inputs, one status, and a reason to act on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from nightdesk.__main__ import main
from nightdesk.config import load_settings, load_sources, sources_path
from nightdesk.health import STATUSES, NightCounts, chance_of, judge_source
from nightdesk.landing import Landing
from nightdesk.poll_state import PollState, write_state

NIGHT = date(2026, 3, 20)  # a Friday
AT = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FINE = PollState(
    url="https://news.example/feed", ok_at=AT, full_at=AT, outcome="ok", entries=(1,)
)
USUAL = NightCounts(
    night=NIGHT,
    status="ok",
    n_seen=12,
    n_loaded=10,
    n_rejected=1,
    median_words=400.0,
    n_articles=10,
    n_dated=10,
    n_signed=9,
    n_titled=10,
)


def nights(*rows: NightCounts) -> list[NightCounts]:
    """Return rows as consecutive nights that end with the one to judge."""
    first = NIGHT - (len(rows) - 1) * DAY
    return [replace(row, night=first + n * DAY) for n, row in enumerate(rows)]


def seen(*counts: int) -> list[NightCounts]:
    rows = [NightCounts(NIGHT, "ok", n_seen=n, n_loaded=n) for n in counts]
    return nights(*rows)


WEEK = [USUAL] * 5


@pytest.mark.parametrize(
    ("rows", "status", "words"),
    [
        pytest.param(nights(*WEEK, USUAL), "ok", "", id="as usual"),
        pytest.param(nights(USUAL), "ok", "", id="a first night is compared with none"),
        pytest.param([], "ok", "", id="nothing was loaded yet"),
        pytest.param(seen(9, 11, 10, 12, 0), "silent", "1 night", id="goes silent"),
        pytest.param(seen(1, 2, 1, 2, 0), "ok", "", id="a quiet one may have none"),
        pytest.param(
            seen(1, 2, 1, 2, 0, 0, 0, 0), "silent", "4 night", id="but not for long"
        ),
        pytest.param(
            seen(*[9, 8, 9, 9, 9, 0, 0] * 3, 9, 9, 8, 9, 9, 0, 0)[:27],
            "ok",
            "",
            id="silent on the same day of every week",
        ),
        pytest.param(seen(30, 31, 29, 30, 4), "degraded", "4 entries", id="few"),
        pytest.param(seen(30, 31, 29, 30, 150), "degraded", "150 entries", id="many"),
        pytest.param(seen(30, 31, 29, 30, 20), "ok", "", id="somewhat fewer"),
        pytest.param(
            nights(*WEEK, replace(USUAL, n_loaded=0, n_rejected=9, n_articles=0,
                                  median_words=None)),
            "layout", "0 of 9 pages", id="pages without a text",
        ),
        pytest.param(
            nights(*WEEK, *[replace(USUAL, n_loaded=0, n_rejected=9, n_articles=0,
                                    median_words=None)] * 9),
            "layout", "0 of 9 pages held an article, usually 91%",
            id="pages without a text for more than a week",
        ),
        pytest.param(
            nights(*WEEK, replace(USUAL, n_loaded=0, n_rejected=2, n_articles=0,
                                  median_words=None)),
            "ok", "", id="two pages are too few to say so",
        ),
        pytest.param(
            nights(*WEEK, replace(USUAL, median_words=150.0)),
            "layout", "150 words, usually 400", id="half of the text is gone",
        ),
        pytest.param(
            nights(*WEEK, replace(USUAL, median_words=900.0)),
            "layout", "900 words", id="something came along with the text",
        ),
        pytest.param(
            nights(*WEEK, replace(USUAL, n_signed=0)),
            "layout", "0 of 10 articles have an author", id="authors are gone",
        ),
        pytest.param(
            nights(*WEEK, replace(USUAL, n_dated=1)),
            "layout", "a date on the page", id="dates are gone",
        ),
        pytest.param(
            nights(*[replace(USUAL, n_signed=0)] * 6), "ok", "", id="never had authors",
        ),
        pytest.param(
            nights(*WEEK, NightCounts(NIGHT, "failed", "timeout")),
            "degraded", "timeout", id="a night that could not be read",
        ),
        pytest.param(
            nights(*WEEK, NightCounts(NIGHT, "failed", "timeout"),
                   replace(USUAL, n_seen=13)),
            "ok", "", id="a failed night is no measure",
        ),
    ],
)  # fmt: skip
def test_nights(rows: list[NightCounts], status: str, words: str) -> None:
    health = judge_source("s", FINE, rows, NIGHT)
    assert (health.status, words in health.reason) == (status, True), health


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        pytest.param({}, "ok", "", id="nothing to say"),
        pytest.param(
            {"outcome": "timeout", "failures": 0.25, "failed_since": AT},
            "degraded", "timeout since 2026-03-20", id="fails",
        ),
        pytest.param(
            {"outcome": "auth", "failures": 3.0, "failed_since": AT},
            "auth", "its feed wants a login", id="wants a login",
        ),
        pytest.param(
            {"outcome": "blocked", "failures": 3.0, "failed_since": AT},
            "blocked", "refuses", id="refuses us",
        ),
        pytest.param(
            {"outcome": "robots", "failures": 3.0, "failed_since": AT},
            "blocked", "robots.txt", id="disallowed",
        ),
        pytest.param(
            {"outcome": "not_found", "failures": 30.0, "failed_since": AT - 30 * DAY,
             "paused_at": AT, "next_at": AT + 7 * DAY},
            "paused", "asked again 2026-03-27", id="paused",
        ),
        pytest.param(
            {"outcome": "gone", "failures": 3.0, "failed_since": AT,
             "disabled_at": AT},
            "disabled", "410", id="gone",
        ),
        pytest.param({"untrusted_at": AT}, "lying", "304", id="lies"),
        pytest.param(
            {"untrusted_at": AT, "untrusted_why": "stuck"}, "lying",
            "the same ETag or Last-Modified", id="its ETag is stuck",
        ),
        pytest.param(
            {"outcome": "forbidden_address", "failures": 1.0, "failed_since": AT},
            "degraded", "forbidden_address", id="leads to a private address",
        ),
        pytest.param(
            {"untrusted_at": AT - 30 * DAY}, "ok", "", id="lied long ago, dealt with"
        ),
        pytest.param(
            {"move_url": "https://n.example/x", "move_on": (NIGHT,)},
            "moved", "1 of 3", id="says that it has moved",
        ),
        pytest.param(
            {"moved_url": "https://n.example/x", "moved_at": AT},
            "moved", "https://n.example/x", id="is asked at its new address",
        ),
        pytest.param(
            {"n_resent": 7, "resent_at": AT}, "degraded", "resends", id="resends"
        ),
        pytest.param(
            {"n_resent": 7, "resent_at": AT - DAY}, "ok", "", id="resent yesterday"
        ),
        pytest.param(
            {"entries": (), "new_at": AT - 5 * DAY}, "degraded",
            "lists nothing at all, last news: 2026-03-15", id="an empty feed",
        ),
        pytest.param(
            {"entries": ()}, "degraded", "last news: never", id="empty from the start"
        ),
        pytest.param(
            {"entries": (), "outcome": "not_modified", "new_at": AT - 5 * DAY},
            "degraded", "lists nothing", id="empty as it was before",
        ),
        pytest.param(
            {"entries": (), "new_at": AT - DAY}, "ok", "", id="empty since yesterday"
        ),
        pytest.param(
            {"entries": (), "full_at": None}, "ok", "", id="not read as a whole yet"
        ),
    ],
)  # fmt: skip
def test_states(changes: dict, status: str, words: str) -> None:
    health = judge_source("s", replace(FINE, **changes), nights(*WEEK, USUAL), NIGHT)
    assert (health.status, words in health.reason) == (status, True), health
    assert bool(health.mend) == (status != "ok")


@pytest.mark.parametrize(
    ("changes", "connection", "words"),
    [
        pytest.param(
            {"outcome": "auth", "failed_since": AT}, "hill", "feed refuses our login",
            id="the feed",
        ),
        pytest.param(
            {"login_lost": "refused", "login_lost_at": AT}, "hill",
            "its pages refuse our login, last seen 2026-03-20", id="the pages",
        ),
        pytest.param(
            {"login_lost": "missing", "login_lost_at": AT}, "hill",
            "connection hill holds no login", id="none there",
        ),
        pytest.param(
            {"login_lost": "missing", "login_lost_at": AT}, None, "",
            id="it wants none any more",
        ),
    ],
)  # fmt: skip
def test_logins(changes: dict, connection: str | None, words: str) -> None:
    state = replace(FINE, **changes)
    health = judge_source("s", state, [], NIGHT, connection=connection)
    assert (health.status, words in health.reason) == ("auth" if words else "ok", True)
    if words:
        is_there = "holds no login" not in words
        what = "renew the cookie in" if is_there else "put `Cookie: name=value` into"
        assert health.mend == f"{what} connection hill"


def test_the_most_urgent_finding_counts_and_the_others_are_told() -> None:
    state = replace(FINE, untrusted_at=AT, n_resent=9, resent_at=AT)
    rows = nights(*WEEK, replace(USUAL, n_signed=0))
    health = judge_source("s", state, rows, NIGHT)
    assert health.status == "layout"
    assert [text.split(":")[0] for text in health.also] == ["lying", "degraded"]


def test_the_vocabulary_is_closed() -> None:
    assert set(STATUSES) == {
        "ok", "degraded", "silent", "paused", "disabled", "auth", "blocked", "moved",
        "lying", "layout", "new",
    }  # fmt: skip


def test_a_source_that_was_never_polled_says_so() -> None:
    health = judge_source("s", PollState(), [], NIGHT)
    assert (health.status, health.reason) == ("new", "not polled yet")


def test_the_command_knows_every_source_before_the_first_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NIGHTDESK_DATA", str(tmp_path))
    state = replace(FINE, outcome="auth", failures=1.0, failed_since=AT)
    source = load_sources(sources_path(load_settings())).enabled[3]
    kept = write_state(replace(state, url=source.url))
    Landing(str(tmp_path / "landing")).write_json(f"sources/{source.id}.json", kept)
    assert main(["health", "--night", str(NIGHT), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) > 10
    assert (rows[0]["source_id"], rows[0]["status"]) == (source.id, "auth")
    assert {row["status"] for row in rows[1:]} == {"new"}
    assert main(["health", "--night", str(NIGHT)]) == 0
    told = capsys.readouterr().out
    assert "wants a login since 2026-03-20" in told
    assert "name the connection" in told


def test_chances_add_up() -> None:
    assert chance_of(10, 10, 0.3) == pytest.approx(1)
    assert chance_of(0, 9, 10 / 11) < 1e-8
