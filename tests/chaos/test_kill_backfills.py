"""A tenth of `make chaos`: killed backfills fetch nothing twice and lose nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from backfills import run_backfills


@pytest.mark.kill
@pytest.mark.timeout(900)
def test_killed_backfills_go_on_where_they_were(tmp_path: Path) -> None:
    counts = run_backfills(tmp_path, n_kills=5, seed=2, n_nights=1)
    assert counts["kills"] == 5
    assert min(counts["archived before a run"], counts["parts of news files"]) > 0
    assert counts["nights equal to the unkilled one"] == counts["landings"] >= 1
