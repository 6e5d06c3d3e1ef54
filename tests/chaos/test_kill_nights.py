"""A tenth of `make chaos`: loads and publishes that are killed leave whole nights."""

from __future__ import annotations

from pathlib import Path

import pytest
from nights import run_kills


@pytest.mark.kill
@pytest.mark.timeout(1500)
def test_killed_loads_and_publishes_leave_whole_nights(tmp_path: Path) -> None:
    counts = run_kills(tmp_path, n_kills=20, seed=2)
    assert min(counts["killed in a load"], counts["killed in a publish"]) >= 20
    assert counts["reads"] > 100
