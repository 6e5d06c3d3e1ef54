"""collect, before its pages: what their hosts reserve as a whole (tdmrep.json).

A host is asked once a day at most, before the first of its pages (TDMRep, processing
priority) and at its pace: its request is the first in line, and no other host waits for
it. What it said is kept in
its state, and from there put on every page that says nothing of its own: a later build
never asks again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urljoin

from nightdesk.fetch import (
    RETRYABLE,
    TDMREP_PATH,
    Fetched,
    Request,
    add_rules,
    parse_tdmrep,
)
from nightdesk.model import Listing
from nightdesk.pipeline.collect_run import CollectRun, archive_body, fetch_all
from nightdesk.urls import host

log = logging.getLogger(__name__)


def ask_rules(run: CollectRun, rows: Iterable[Listing]) -> list[Request]:
    """Return the requests for the rules of the hosts of pages, where not known yet."""
    wanted: dict[str, Request] = {}
    for row in rows:
        url = row.final_url or row.url
        if run.memory.wants_rules(url) and run.memory.wait_until(url) is None:
            source = run.sources[row.source_id]
            request = Request(urljoin(url, TDMREP_PATH), "tdmrep", source)
            wanted.setdefault(host(url), request)
    return list(wanted.values())


def take_rules(run: CollectRun, request: Request, fetched: Fetched) -> None:
    """Keep what a host has answered.

    One that cannot be read now keeps the rules that it had; one that refuses, or has
    no such file, has none.
    """
    run.memory.note_wait(fetched)
    outcome = fetched.attempt.outcome
    if outcome in RETRYABLE:
        log.warning("host=%s tdmrep=%s", host(request.url), outcome)
        return
    rules = parse_tdmrep(fetched.body)
    if rules and request.source is not None:
        archive_body(run, fetched, request.source.id, run.job.clock())
    run.memory.note_rules(request.url, rules)


def read_rules(run: CollectRun, rows: Iterable[Listing]) -> None:
    """Ask the hosts that pages were found on, where redirects have led to new ones."""
    captured = [row for row in rows if row.file]
    for request, fetched in fetch_all(run, ask_rules(run, captured)):
        take_rules(run, request, fetched)


def add_reservations(run: CollectRun, row: Listing) -> Listing:
    """Return a captured page with what its host reserves."""
    if row.file is None or row.final_url is None:
        return row
    rules = run.memory.rules_of(row.final_url)
    return replace(row, reservations=add_rules(row.reservations, rules, row.final_url))
