"""A tenth of `make chaos`: loads that meet each other, or somebody with the file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from beside import held, load_nights, run_beside, run_held


@pytest.mark.kill
@pytest.mark.timeout(900)
def test_a_nightly_load_beside_a_backfill_loads_each_night_once(tmp_path: Path) -> None:
    assert sum(run_beside(tmp_path, n_nights=3).values()) == 4


@pytest.mark.kill
@pytest.mark.timeout(900)
def test_a_load_waits_for_who_has_the_file_and_says_for_whom(tmp_path: Path) -> None:
    counts = run_held(tmp_path, hold_s=6)
    assert counts == {
        "waited for a reader, then loaded": 1,
        "waited for a writer, then loaded": 1,
        "told that they may not wait so long": 2,
    }


@pytest.mark.kill
@pytest.mark.timeout(300)
def test_a_command_that_waits_says_for_whom(tmp_path: Path) -> None:
    path = tmp_path / "held.duckdb"
    load_nights(path, [0])
    with held(path, 4, reads=True) as holder:
        done = subprocess.run(
            [sys.executable, "-m", "nightdesk", "warehouse", "hash"],
            env={**os.environ, "NIGHTDESK_WAREHOUSE": str(path)},
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(f"warehouse locked pid={holder.pid} (") == 1
    assert "20:" in done.stdout
