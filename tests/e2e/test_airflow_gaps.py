"""A manual run with a past date leaves a hole; the suggested backfill closes it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk import Desk, Rest, wait_for

LAST = (datetime.now(UTC) - timedelta(days=1)).date()
HOLE = LAST - timedelta(days=10)  # out of reach of what the newest night catches up on
BEFORE = HOLE - timedelta(days=1)

pytestmark = [pytest.mark.airflow, pytest.mark.slow, pytest.mark.timeout(2000)]


def list_gaps(desk: Desk) -> set[str]:
    """Return which of the two nights are not loaded."""
    days = ("--from", str(BEFORE), "--to", str(HOLE))
    gaps = json.loads(desk.nightdesk("gaps", *days, "--json"))
    return {gap["night"] for gap in gaps if gap["status"] == "not_loaded"}


def wait_until_done(rest: Rest, run_id: str | None = None) -> None:
    """Wait until no run is under way; the run that is named must have ended well."""

    def look() -> bool:
        runs = rest.runs("nightdesk_nightly") + rest.runs("nightdesk_publish")
        assert not [run for run in runs if run["state"] == "failed"]
        named = [run for run in runs if run["dag_run_id"] == run_id]
        return all(run["state"] == "success" for run in runs) and bool(
            named or not run_id
        )

    wait_for(look, 900)


def test_the_hole_of_a_manual_run_is_a_gap_that_its_backfill_closes(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    with desk.up(NIGHTDESK_NEWSSTAND_ARTICLES="80") as port:
        rest = Rest(port)
        asked = {"logical_date": f"{HOLE}T00:00:00Z", "conf": {}}
        runs = "/api/v2/dags/nightdesk_nightly/dagRuns"
        manual = rest._ask(runs, json.dumps(asked).encode())
        wait_until_done(rest, manual["dag_run_id"])
        # Airflow gave it the interval before its date.
        wait_for(lambda: list_gaps(desk) == {str(HOLE)}, 120)
        said = desk.nightdesk("gaps", "--from", str(HOLE), "--to", str(HOLE))
        command = re.search(r"airflow backfill create (.*)", said)[1].split()
        words = dict(zip(command[::2], command[1::2], strict=True))
        asked = {
            "dag_id": words["--dag-id"],
            "from_date": f"{words['--from-date']}T00:00:00Z",
            "to_date": f"{words['--to-date']}T00:00:00Z",
            "max_active_runs": 1,
            "run_backwards": False,
            "dag_run_conf": {},
        }
        for behavior, left in (
            ("none", {str(HOLE)}),  # Missing Runs: the date has a run, so it is skipped
            (words["--reprocess-behavior"], set()),
        ):
            body = json.dumps({**asked, "reprocess_behavior": behavior}).encode()
            rest._ask("/api/v2/backfills", body)
            wait_for(lambda: not rest.is_backfilling("nightdesk_nightly"), 600)
            wait_until_done(rest)
            wait_for(lambda: list_gaps(desk) == left, 120)  # noqa: B023
