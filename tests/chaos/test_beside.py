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
    with held(path, 600, reads=True) as holder:
        command = subprocess.Popen(
            [sys.executable, "-m", "nightdesk", "warehouse", "hash"],
            env={**os.environ, "NIGHTDESK_WAREHOUSE": str(path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        line = command.stderr.readline()  # it comes while the file is held
        holder.terminate()
    rows, more = command.communicate(timeout=200)
    assert f"warehouse locked pid={holder.pid} (" in line
    assert (command.returncode, more) == (0, "")
    assert "20:" in rows
