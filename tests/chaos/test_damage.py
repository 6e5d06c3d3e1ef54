"""A twentieth of `make chaos`: damage to what is kept is never silently wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from damage import KINDS, run_damages


@pytest.mark.kill
@pytest.mark.timeout(1500)
def test_damaged_files_are_named_and_mended(tmp_path: Path) -> None:
    counts = run_damages(tmp_path, n_damages=2, seed=3)
    assert sum(counts.values()) == 2 * len(KINDS)
