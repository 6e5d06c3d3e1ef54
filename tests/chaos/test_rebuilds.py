"""A tenth of `make chaos`: a night that is loaded again and again stays what it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from rebuilds import run_rebuilds


@pytest.mark.slow
def test_rebuilt_nights_are_the_same_in_a_file_of_their_size(tmp_path: Path) -> None:
    *sizes, (_, compact) = run_rebuilds(tmp_path / "nightdesk.duckdb", 10, 200)
    assert len(sizes) == 10
    assert max(size for size, _ in sizes) <= 2 * compact
