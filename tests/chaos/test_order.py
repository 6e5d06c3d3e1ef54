"""A part of `make chaos`: whatever the order of the loads, the same rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from order import count_chains, run_batch, run_orders, write_articles


@pytest.mark.slow
def test_the_order_of_the_loads_plays_no_part(tmp_path: Path) -> None:
    nights = write_articles(n_articles=200, n_nights=10, seed=3)
    outcomes = run_orders(tmp_path, nights, seed=3)
    first = outcomes.pop("forwards")
    assert first.tables["story"] != "0:0"
    assert count_chains(nights, first.clusters) > 0
    for name, outcome in outcomes.items():
        assert outcome == first, name
    batch = run_batch(nights)
    assert (batch.clusters, batch.pairs) == (first.clusters, first.pairs)
