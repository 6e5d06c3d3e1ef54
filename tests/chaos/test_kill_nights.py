"""A tenth of `make chaos`: loads and publishes that are killed leave whole nights."""

from __future__ import annotations

from pathlib import Path

import pytest
from engines import open_engine
from nights import run_kills


@pytest.mark.kill
@pytest.mark.timeout(1500)
def test_killed_loads_and_publishes_leave_whole_nights(tmp_path: Path) -> None:
    counts = run_kills(tmp_path, 20, 20, seed=2)
    assert min(counts["killed in a load"], counts["killed in a publish"]) >= 20
    assert counts["reads"] > 100


@pytest.mark.kill
@pytest.mark.lake
@pytest.mark.timeout(1500)
def test_killed_loads_on_a_lake_leave_whole_nights(tmp_path: Path) -> None:
    with open_engine("postgres") as engine:
        counts = run_kills(tmp_path, 5, 1, seed=2, engine=engine)
    assert counts["killed in a load"] >= 5
    assert counts["killed in a publish"] >= 1
    assert counts["files of old snapshots"] > 0
