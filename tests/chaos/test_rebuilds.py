"""A tenth of `make chaos`: a night that is loaded again and again stays what it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from rebuilds import ALL, run_rebuilds


@pytest.mark.slow
@pytest.mark.parametrize(
    ("which", "n_rebuilds", "limit"),
    [([2], 6, 2), (ALL, 6, 2)],
    ids=["one night again and again", "every night once"],
)
def test_rebuilt_nights_are_the_same_in_a_file_of_their_size(
    tmp_path: Path, which, n_rebuilds: int, limit: int
) -> None:
    path = tmp_path / "nightdesk.duckdb"
    assert 1 <= run_rebuilds(path, n_rebuilds, 200, which) <= limit
