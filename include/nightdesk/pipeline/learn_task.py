"""learn: what many nights say together -> frozen tables that builds use.

Not part of a night: a build takes the version that is newest when it is built first,
and keeps to it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypedDict

from nightdesk.deduplicate.hot import count_hot
from nightdesk.deduplicate.rarity import count_terms
from nightdesk.deduplicate.terms import list_terms
from nightdesk.extract import learn_site_lines
from nightdesk.landing.frozen import freeze_rows
from nightdesk.model import HotShingle, SiteLine, TermCount
from nightdesk.pipeline.job import Job
from nightdesk.warehouse.read import (
    SampledText,
    open_catalogue,
    read_site_texts,
    sample_texts,
)

log = logging.getLogger(__name__)

#: Texts that terms and shingles are counted in, of all that there are.
MOST_TEXTS = 20_000


class Learned(TypedDict):
    """What was learned, and from what."""

    table: str
    version: str
    n_texts: int
    rows: Sequence[SiteLine | TermCount | HotShingle]


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
    return _tell("boilerplate", version, len(texts), rows)


def learn_terms(job: Job, last: date, nights: int = 28) -> Learned:
    """Learn how rare the terms of articles are, by which stories are told apart.

    Args and errors as of `learn_boilerplate`.
    """
    texts = _sample(job, last, nights)
    rows = count_terms((row.lang, list_terms(row.title, row.text)) for row in texts)
    version = freeze_rows(job.landing, "terms", rows, TermCount)
    return _tell("terms", version, len(texts), rows)


def learn_shingles(job: Job, last: date, nights: int = 28) -> Learned:
    """Learn the shingles that unrelated texts share, which make nobody a copy.

    Args and errors as of `learn_boilerplate`.
    """
    texts = _sample(job, last, nights)
    rows = count_hot(row.text for row in texts)
    version = freeze_rows(job.landing, "shingles", rows, HotShingle)
    return _tell("shingles", version, len(texts), rows)


def _sample(job: Job, last: date, nights: int) -> list[SampledText]:
    """Return the texts that terms and shingles are counted in."""
    first = last - timedelta(days=nights - 1)
    with open_catalogue(job.settings.published) as con:
        return sample_texts(con, first, last, MOST_TEXTS)


#: Table -> what learns it: all that a build reads (`select_task.LEARNED`).
LEARNERS = {
    "boilerplate": learn_boilerplate,
    "terms": learn_terms,
    "shingles": learn_shingles,
}


def _tell(
    table: str,
    version: str,
    n_texts: int,
    rows: Sequence[SiteLine | TermCount | HotShingle],
) -> Learned:
    log.info("learn %s texts=%d rows=%d %s", table, n_texts, len(rows), version)
    return Learned(table=table, version=version, n_texts=n_texts, rows=rows)
