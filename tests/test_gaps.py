"""Gaps lead to the backfills that close them, and to no others."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from nightdesk.cli.backfills import list_backfills, write_steps

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


def test_the_steps_name_both_days_and_all_runs() -> None:
    (backfill,) = list_backfills([gap(1), gap(2)])
    assert list(write_steps(backfill)) == [
        "to close 2026-03-01 to 2026-03-02, one of:",
        "  in Airflow: nightdesk_nightly > Trigger > Backfill, "
        "2026-03-01 to 2026-03-02, All Runs",
        "  airflow backfill create --dag-id nightdesk_nightly --from-date 2026-03-01 "
        "--to-date 2026-03-02 --reprocess-behavior completed",
        "  nightdesk run --night 2026-03-01 --until 2026-03-02",
    ]
