"""load: one transaction a night. publish: hand it to readers."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from datetime import date
from typing import Any

from nightdesk import __version__
from nightdesk.corrections import load_corrections
from nightdesk.decisions import load_decisions, load_merges
from nightdesk.deduplicate import Document
from nightdesk.errors import CheckFailed, LandingError, NightFailed
from nightdesk.fetch import answered
from nightdesk.gazetteer_files import load_outline
from nightdesk.landing import Landing
from nightdesk.landing.rows import make_table
from nightdesk.model import (
    BINS,
    Article,
    Attempt,
    Correction,
    Coverage,
    Fingerprint,
    Merge,
    Pair,
    PlannedEntry,
    PlannedPage,
    Region,
    Review,
    Source,
    Tags,
    Topic,
    Watched,
)
from nightdesk.nights import merge_coverage
from nightdesk.pipeline.build_tasks import (
    BuiltNight,
    Joined,
    documents_of,
    group_nights,
    name_reviews,
    read_night,
)
from nightdesk.pipeline.built import mark_lost, note_built
from nightdesk.pipeline.frozen_tables import FrozenTables, Learned
from nightdesk.pipeline.job import Job, days_around
from nightdesk.pipeline.link_task import LinkedNight, link_night
from nightdesk.pipeline.publish_task import show_refusals
from nightdesk.pipeline.refusals import forget_refusals, note_refusal
from nightdesk.pipeline.select_task import Shard
from nightdesk.pipeline.versions import Version, list_versions
from nightdesk.register import list_ended, list_watched
from nightdesk.settle import SettledNight
from nightdesk.warehouse import store
from nightdesk.warehouse.compact import compact_loaded
from nightdesk.warehouse.connect import (
    Connect,
    Connection,
    load_in_turn,
    open_warehouse,
)
from nightdesk.warehouse.renames import rename_sources

log = logging.getLogger(__name__)


def load_nights(
    job: Job,
    night: date,
    shards: Sequence[Shard],
    joined: Sequence[Joined],
    connect: Connect,
) -> list[dict[str, Any]]:
    """Load every night of the run, oldest first; return their accounts.

    Args:
        job: the run.
        night: the night that the run is about; the others are caught up.
        shards: from `tag_articles`.
        joined: from `deduplicate_nights`.
        connect: opens the warehouse.

    Raises:
        NightFailed: sources failed, none was read, and nothing was loaded; the rows
            that say so have been loaded.
        CheckFailed: a night was refused by its checks and rolled back.
        ConfigError: a takedown cannot be read; nothing is loaded.
    """
    job.load_tombstones()  # raises: what is barred would come back
    found = {item["night"]: item for item in joined}
    nights = group_nights(shards)
    # Later nights first: an article that moved to an earlier one has left them then.
    steps = [[name] for name in reversed(nights)]
    if any(shard["is_joint"] for shard in shards):
        steps = [list(reversed(nights))]
    accounts: list[dict[str, Any]] = []
    refused: list[CheckFailed] = []
    with open_warehouse(connect) as con:
        mark_lost(job, con)
        _follow_renames(job, con)
        for step in steps:
            try:
                accounts += _load_step(job, con, {n: nights[n] for n in step}, found)
            except CheckFailed as error:  # the other nights are as good as before
                log.error("load %s", error)
                note_refusal(job, "load", error, map(date.fromisoformat, step))
                refused.append(error)
        compact_loaded(con)
    if refused:
        show_refusals(job)
        first, text = refused[0], "; ".join(map(str, refused))
        raise CheckFailed(text, first.night, first.checks)
    accounts.sort(key=lambda account: str(account["night"]))
    for account in accounts:
        if account["night"] == str(night) and account["is_dead"]:
            raise NightFailed(
                f"night {night}: none of its {account['n_sources']} sources could be "
                f"read: {account['reasons']}"
            )
    return accounts


def _load_step(
    job: Job,
    con: Connection,
    nights: Mapping[str, Sequence[Shard]],
    joined: Mapping[str, Joined],
) -> list[dict[str, Any]]:
    """Load nights in one transaction, and note that they are built."""

    def load() -> list[dict[str, Any]]:
        if len(nights) > 1:
            _free_movers(job, con, nights, joined)
        return [
            _load_night(job, con, group, joined[name]) for name, group in nights.items()
        ]

    accounts = load_in_turn(con, load)
    ledger = store.read_ledger(con)
    for (name, group), account in zip(nights.items(), accounts, strict=True):
        if not account["is_stale"]:
            night = date.fromisoformat(name)
            forget_refusals(job, "load", [night])
            note_built(job, group, joined[name], ledger[night].loaded_at)
    return accounts


def _follow_renames(job: Job, con: Connection) -> None:
    """Give the nights that are there the ids which their sources have today."""
    present = job.landing.present
    if present:
        load_in_turn(con, lambda: _rename_all(con, present))


def _rename_all(con: Connection, present: Mapping[str, str]) -> None:
    nights = rename_sources(con, present)
    store.bump_nights(con, nights, store.next_seq(con))


def _free_movers(
    job: Job,
    con: Connection,
    nights: Mapping[str, Sequence[Shard]],
    joined: Mapping[str, Joined],
) -> None:
    """Take out of each night the articles that people have given to another one.

    Those that go to an earlier night would leave in time by themselves, as later nights
    are loaded first; one that goes to a later night would stand in both.
    """
    lines = load_corrections(job.settings.decisions).lines
    moving = {row.article_id for row in lines if row.kind == "date"}
    for name, group in nights.items():
        faces = store.read_faces(con, date.fromisoformat(name))
        if not moving & faces.keys() or _is_outdated(job, con, group[0]):
            continue
        built = read_night(job, group)
        if moving & faces.keys() <= built.hashes.keys():
            continue
        kept = _keep_articles(built, faces)
        given = _link_with(job, kept, joined[name], faces, group[0]["learned"])
        coverage = job.landing.read_folder(f"coverage/night={name}", Coverage)
        looks = merge_coverage(coverage, answered)
        store.replace_night(con, built.night, _tables(job, kept, looks, group))
        store.bump_nights(con, link_night(con, given), store.next_seq(con))


def _keep_articles(built: BuiltNight, ids: Container[int]) -> BuiltNight:
    """Return a night with those of its articles only."""
    settled = built.settled
    return BuiltNight(
        built.night,
        SettledNight(
            settled.entries,
            tuple(a for a in settled.articles if a.article_id in ids),
            tuple(a for a in settled.versions if a.article_id in ids),
        ),
        {i: hashes for i, hashes in built.hashes.items() if i in ids},
    )


def _is_outdated(job: Job, con: Connection, shard: Shard) -> bool:
    """Was a build made from an older set of captures than what is loaded?"""
    night = date.fromisoformat(shard["night"])
    old = store.read_ledger(con).get(night)
    newest = job.landing.digest_night(night, days_around(night))
    is_newest = shard["captures"] == newest
    return old is not None and not is_newest and old.capture_digest == newest


def _load_night(
    job: Job, con: Connection, group: Sequence[Shard], joined: Joined
) -> dict[str, Any]:
    built = read_night(job, group)
    night = built.night
    coverage = merge_coverage(
        job.landing.read_folder(f"coverage/night={night}", Coverage), answered
    )
    if _is_outdated(job, con, group[0]):
        log.warning("load night=%s skipped: built from an older set of captures", night)
        return _account(built, coverage, job, is_stale=True)
    given = _link_with(
        job, built, joined, store.read_faces(con, night), group[0]["learned"]
    )
    store.replace_night(con, night, _tables(job, built, coverage, group))
    moved = link_night(con, given)
    seq = store.next_seq(con)
    store.refuse_failed(night, store.run_checks(con, night))
    store.write_ledger(
        con,
        store.LedgerRow(
            night=night,
            seq=seq,
            capture_digest=group[0]["captures"],
            article_digest=_digest_articles(given.documents),
            n_seen=len(built.settled.entries),
            n_loaded=len(built.settled.articles),
            loaded_at=job.clock(),
        ),
        {
            "run_id": job.run_id,
            "code_version": __version__,
            "sources_digest": job.load_sources().digest,
            "learned": json.dumps(group[0]["learned"], sort_keys=True),
        },
    )
    store.bump_nights(con, moved - {night}, seq)
    account = _account(built, coverage, job, is_stale=False)
    log.info("load %s", " ".join(f"{k}={v}" for k, v in account.items()))
    return account


def _link_with(
    job: Job,
    built: BuiltNight,
    joined: Joined,
    faces: Mapping[int, str],
    learned: Learned,
) -> LinkedNight:
    decisions = load_decisions(job.settings.decisions)
    for problem in decisions.problems:
        log.error("decision left out: %s", problem)
    return LinkedNight(
        night=built.night,
        documents=documents_of(built),
        copies=job.landing.read_rows([joined["pairs"]], Pair),
        reports=job.landing.read_rows([joined["reports"]], Pair),
        learned=learned,
        tables=FrozenTables(job.landing, job.settings.shipped),
        decisions=decisions.rows,
        faces=faces,
        run_id=job.run_id,
        at=job.clock(),
    )


def _digest_articles(documents: Sequence[Document]) -> str:
    lines = sorted(
        f"{d.article_id} {d.text_hash} {d.published_at} {d.title}" for d in documents
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _tables(
    job: Job,
    built: BuiltNight,
    coverage: Mapping[str, Coverage],
    group: Sequence[Shard],
) -> dict[str, Any]:
    """Return the Arrow tables that the statements in `warehouse/load` read."""
    landing, owned, register = job.landing, built.hashes, job.read_register()
    tags = [
        row
        for row in landing.read_rows([s["tags"] for s in group], Tags)
        if row.article_id in owned
    ]
    for row in tags:
        for lost in row.unmet:
            log.error(
                "correction not applied: article %d: %r: %s",
                row.article_id,
                lost.surface,
                lost.cause,
            )
    gazetteer = load_outline(job.settings.shipped, job.settings.config_dir)
    reviews = landing.read_rows([name_reviews(s["tags"]) for s in group], Review)
    merges = load_merges(job.settings.decisions).rows
    prints = [Fingerprint(key, "", hashes) for key, hashes in owned.items()]
    attempts = _read_attempts(landing, built.night)
    pages = landing.read_rows([group[0]["pages"]], PlannedPage)
    said = load_corrections(job.settings.decisions).rows
    corrections = [row for row in said if row.article_id in owned]
    topics = [Topic(*row) for row in gazetteer.topics.names.items()]
    return {
        "in_source": make_table(list(job.list_sources().values()), Source),
        "in_watched": make_table(list_watched(register, built.night), Watched),
        "in_ended": make_table(list_ended(register), Watched),
        "in_region": make_table(gazetteer.regions, Region),
        "in_entry": make_table(built.settled.entries, PlannedEntry),
        "in_coverage": make_table(list(coverage.values()), Coverage),
        "in_attempt": make_table(attempts, Attempt),
        "in_article": make_table(built.settled.articles, Article),
        "in_version": make_table(list_versions(built.settled.versions), Version),
        "in_fingerprint": make_table(prints, Fingerprint),
        "in_tags": make_table(tags, Tags),
        "in_review": make_table(reviews, Review),
        "in_merge": make_table(merges, Merge),
        "in_page": make_table(pages, PlannedPage),
        "in_correction": make_table(corrections, Correction),
        "in_topic": make_table(topics, Topic),
    }


def _read_attempts(landing: Landing, night: date) -> list[Attempt]:
    """Return the attempts of a night, which no other row is made of.

    A damaged file of them is named, and keeps no night from being loaded.
    """
    found: list[Attempt] = []
    for name in landing.names(f"fetch_log/night={night}"):
        try:
            found += landing.read_rows([name], Attempt)
        except LandingError as error:
            log.error("load night=%s without its attempts in %s", night, error)
    return found


def _say_reasons(looks: Sequence[Coverage]) -> str:
    """Return why sources were not read: by name, or counted where they are many."""
    if len(looks) <= 5:
        return ", ".join(sorted(f"{c.source_id}: {c.reason}" for c in looks))
    counts = Counter(c.reason for c in looks)
    return ", ".join(f"{n} x {reason}" for reason, n in counts.most_common())


def _account(
    built: BuiltNight, coverage: Mapping[str, Coverage], job: Job, *, is_stale: bool
) -> dict[str, Any]:
    bins = [entry.bin for entry in built.settled.entries]
    watched = {row.source_id for row in list_watched(job.read_register(), built.night)}
    watched |= coverage.keys() & job.list_sources().keys()
    looks = [coverage.get(source_id) for source_id in sorted(watched)]
    n_ok = sum(1 for look in looks if look and look.status == "ok")
    n_failed = sum(1 for look in looks if look and look.status == "failed")
    reasons = _say_reasons([look for look in looks if look and look.reason])
    return {
        "night": str(built.night),
        "n_sources": len(watched),
        "n_sources_ok": n_ok,
        # A night that nothing covers says so in its rows; one that failed is a failure.
        "is_dead": n_ok == 0 and n_failed > 0 and "loaded" not in bins,
        "reasons": reasons or "nothing was collected",
        "n_seen": len(bins),
        **{f"n_{name}": bins.count(name) for name in BINS},
        "is_stale": is_stale,
    }
