"""A tenth of `make chaos`: damage to what is kept is never silently wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from damage import KINDS, run_damages


@pytest.mark.kill
@pytest.mark.timeout(1500)
def test_damaged_files_are_named_and_mended(tmp_path: Path) -> None:
    counts = run_damages(tmp_path, n_damages=4, seed=3, mend_every=4)
    assert sum(counts.values()) == 4 * len(KINDS)
