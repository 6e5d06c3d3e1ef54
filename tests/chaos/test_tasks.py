"""A tenth of `make chaos`: a night that is killed at its load is tried again whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from tasks import open_drill, run_kills


@pytest.mark.airflow
@pytest.mark.kill
@pytest.mark.timeout(1500)
def test_a_night_killed_at_its_load_has_the_rows_of_one_that_was_not(
    tmp_path: Path,
) -> None:
    with open_drill(tmp_path, seed=2) as drill:
        counts = run_kills(drill, {"load"})
    assert counts["kills"] == 2
    assert counts["killed before load"] == counts["killed within load"] == 1
    assert counts["nights equal to the unkilled one"] == 1
