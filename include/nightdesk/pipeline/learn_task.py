"""learn: what many nights say together -> frozen tables that builds use.

Not part of a night: a build takes the version that is newest when it is built first,
and keeps to it.
"""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import TypedDict

from nightdesk.extract import learn_site_lines
from nightdesk.landing.frozen import freeze_rows
from nightdesk.model import SiteLine
from nightdesk.pipeline.job import Job
from nightdesk.warehouse.read import open_catalogue, read_site_texts

log = logging.getLogger(__name__)


class Learned(TypedDict):
    """What was learned, and from what."""

    table: str
    version: str
    n_texts: int
    rows: list[SiteLine]


def learn_boilerplate(job: Job, last: date, nights: int = 28) -> Learned:
    """Learn the lines that outlets put under many stories; freeze them as a version.

    Args:
        job: the run.
        last: the last night that is looked at.
        nights: how many are; a line that has not been seen in them is forgotten.

    Raises:
        WarehouseError: nothing has been published yet.
    """
    with open_catalogue(job.settings.published) as con:
        texts = read_site_texts(con, last - timedelta(days=nights - 1), last)
    rows = learn_site_lines(texts)
    version = freeze_rows(job.landing, "boilerplate", rows, SiteLine)
    log.info("learn boilerplate texts=%d lines=%d %s", len(texts), len(rows), version)
    return Learned(table="boilerplate", version=version, n_texts=len(texts), rows=rows)
