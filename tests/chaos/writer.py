"""A process that loads and publishes nights over and over, to be killed meanwhile.

Load n replaces a night of three by twenty articles that say "version n" everywhere,
and is said (`loaded`, night, n) once it is committed, as is every publish.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

from warehouseworld import NIGHT, article, entry, load

from nightdesk.warehouse.connect import connect_to, open_warehouse
from nightdesk.warehouse.publish import publish_nights

N_NIGHTS, N_ARTICLES = 3, 20


def write_for_ever(
    warehouse: str, published: Path | None, first: int, to: Connection
) -> None:
    """Load and publish, and tell `to` what is done; never returns.

    Args:
        warehouse: its connection string.
        published: where to publish; None: only load.
        first: n of the first load.
        to: who is told.
    """
    for n in count(first):
        turn = n % N_NIGHTS
        ids = range(turn * N_ARTICLES, (turn + 1) * N_ARTICLES)
        articles = [article(i, f"version {n}") for i in ids]
        night = NIGHT + timedelta(days=turn)
        with open_warehouse(connect_to(warehouse)) as con:
            load(con, night, [entry(i) for i in ids], articles)
            to.send(("loaded", night, n))
            if published:
                publish_nights(con, published)
                to.send(("published", night, n))
