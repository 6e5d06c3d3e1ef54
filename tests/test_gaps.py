"""Gaps lead to the backfills that close them, and to no others."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, date, datetime, timedelta

import pytest

from nightdesk.gaps import Backfill, choose_nights, list_backfills

FIRST = date(2026, 3, 1)


def gap(day: int, source: str | None = None, can_close: bool = True) -> dict:
    return {
        "night": FIRST + timedelta(days=day - 1),
        "source": source or "all 19",
        "status": "failed" if source else "not_loaded",
        "can_close": can_close,
        "is_whole": source is None,
    }


@pytest.mark.parametrize(
    ("gaps", "commands"),
    [
        ([], []),
        ([gap(1)], ["--night 2026-03-01"]),
        ([gap(1), gap(2), gap(3)], ["--night 2026-03-01 --until 2026-03-03"]),
        ([gap(1), gap(3)], ["--night 2026-03-01", "--night 2026-03-03"]),
        ([gap(1, "hill"), gap(1, "bay")], ["--night 2026-03-01 --sources bay,hill"]),
        (
            [gap(1, "hill"), gap(2)],
            ["--night 2026-03-01 --sources hill", "--night 2026-03-02"],
        ),
        (
            [gap(1, "hill"), gap(2, "hill")],
            ["--night 2026-03-01 --until 2026-03-02 --sources hill"],
        ),
        ([gap(1, "hill", can_close=False)], []),
        (
            [gap(1, "bay", can_close=False), gap(1, "hill")],
            ["--night 2026-03-01 --sources hill"],
        ),
    ],
    ids=[
        "no gap needs nothing",
        "a night that is not loaded is run whole",
        "nights in a row are one backfill",
        "a night between is left alone",
        "sources of a night are named",
        "a night with a failed source and one that is not loaded are two",
        "the same source in two nights is one",
        "what no run can close is not tried",
        "nor beside what can be closed",
    ],
)
def test_backfills(gaps: list[dict], commands: list[str]) -> None:
    found = [backfill.command for backfill in list_backfills(gaps)]
    assert found == [f"nightdesk run {words}" for words in commands]


NOW = datetime(2026, 3, 9, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "nights"),
    [
        ((None, None), ("2026-03-02", "2026-03-08")),
        ((None, "2026-03-05"), ("2026-02-27", "2026-03-05")),
        (("2026-03-01", "2026-03-09"), ("2026-03-01", "2026-03-08")),
        (("2026-03-01", "2026-04-01"), ("2026-03-01", "2026-03-08")),
        (("2026-03-09", "2026-03-09"), ("2026-03-09", "2026-03-08")),
    ],
    ids=[
        "a week up to the last whole night",
        "a week up to the night that is asked for",
        "today is no gap yet",
        "nor are nights to come",
        "nothing of a night that is not over",
    ],
)
def test_nights(asked: tuple[str | None, str | None], nights: tuple[str, str]) -> None:
    first, last = (date.fromisoformat(day) if day else None for day in asked)
    assert tuple(map(str, choose_nights(first, last, NOW))) == nights


@pytest.mark.parametrize(
    ("sources", "clicks", "conf"),
    [
        ((), (), '{"sources":[]}'),
        (("hill",), ("Run Parameters, Sources: hill",), '{"sources":["hill"]}'),
        (
            ("bay", "hill"),
            ("Run Parameters, Sources: bay, hill (each on a line of its own)",),
            '{"sources":["bay","hill"]}',
        ),
    ],
    ids=["all of them", "one", "two"],
)
def test_the_ways_say_the_same(
    sources: tuple[str, ...], clicks: tuple[str, ...], conf: str
) -> None:
    backfill = Backfill(FIRST, FIRST + timedelta(days=1), sources)
    assert backfill.clicks == (
        "nightdesk_nightly, Trigger, Backfill",
        "From 2026-03-01 00:00, To 2026-03-02 00:00",
        "All Runs",
        "Override parameters on existing runs (without it no parameter is sent)",
        *clicks,
        "Run Backfill",
    )
    assert shlex.split(backfill.airflow_command) == [
        *["airflow", "backfill", "create", "--dag-id", "nightdesk_nightly"],
        *["--from-date", "2026-03-01", "--to-date", "2026-03-02"],
        *["--reprocess-behavior", "completed", "--dag-run-conf"],
        conf,
    ]
    assert backfill.body["dag_run_conf"] == json.loads(conf)
