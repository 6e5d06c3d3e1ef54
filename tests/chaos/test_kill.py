"""A tenth of `make chaos`: collect runs that are killed lose and double nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from drill import run_drill


@pytest.mark.kill
def test_killed_runs_lose_and_double_nothing(tmp_path: Path) -> None:
    counts = run_drill(tmp_path, n_kills=5, seed=2)
    assert counts["kills"] == 5
    assert counts["bodies read back"] > 0
    assert counts["nights equal to the unkilled one"] == counts["landings"] >= 1
