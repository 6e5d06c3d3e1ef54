"""load: one transaction a night. publish: hand it to readers."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from nightdesk import __version__
from nightdesk.deduplicate import (
    Document,
    cluster_pairs,
    demote_digests,
    find_pairs,
    rank_document,
)
from nightdesk.errors import CheckFailed, NightFailed
from nightdesk.fetch import answered
from nightdesk.gazetteer import load_gazetteer
from nightdesk.landing.rows import make_table
from nightdesk.model import (
    BINS,
    Article,
    Attempt,
    Coverage,
    Fingerprint,
    Pair,
    PlannedEntry,
    Region,
    Source,
    Tags,
)
from nightdesk.nights import merge_coverage
from nightdesk.pipeline.build_tasks import (
    BuiltNight,
    Joined,
    documents_of,
    group_nights,
    read_night,
)
from nightdesk.pipeline.job import Job, days_around
from nightdesk.pipeline.select_task import Shard
from nightdesk.warehouse import store
from nightdesk.warehouse.connect import Connect, Connection, open_warehouse, transaction

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
    """
    pairs = {item["night"]: item["pairs"] for item in joined}
    nights = group_nights(shards)
    # Later nights first: an article that moved to an earlier one has left them then.
    steps = [[name] for name in reversed(nights)]
    if any(shard["is_joint"] for shard in shards):
        steps = [list(reversed(nights))]
    accounts: list[dict[str, Any]] = []
    refused = []
    with open_warehouse(connect) as con:
        _forget_lost(job, con)
        for step in steps:
            try:
                accounts += _load_step(job, con, {n: nights[n] for n in step}, pairs)
            except CheckFailed as error:  # the other nights are as good as before
                log.error("load %s", error)
                refused.append(str(error))
    if refused:
        raise CheckFailed("; ".join(refused))
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
    pairs: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Load nights in one transaction, and note that they are built."""
    with transaction(con):
        accounts = [
            _load_night(job, con, group, pairs[name]) for name, group in nights.items()
        ]
    for group, account in zip(nights.values(), accounts, strict=True):
        if not account["is_stale"]:
            _note_built(job, group[0])
    return accounts


def _note_built(job: Job, shard: Shard) -> None:
    job.landing.write_json(
        f"built/night={shard['night']}.json",
        {"captures": shard["captures"], "entries": shard["entries"]},
    )


def _forget_lost(job: Job, con: Connection) -> None:
    """Drop the marks of nights that the warehouse does not hold: they are rebuilt."""
    held = {f"built/night={night}.json" for night in store.read_ledger(con)}
    for name in job.landing.names("built", ".json"):
        if name not in held:
            log.warning("load %s: the warehouse does not hold that night", name)
            job.landing.drop(name)


def _load_night(
    job: Job, con: Connection, group: Sequence[Shard], pairs: str
) -> dict[str, Any]:
    built = read_night(job, group)
    night, captures = built.night, group[0]["captures"]
    coverage = merge_coverage(
        job.landing.read_folder(f"coverage/night={night}", Coverage), answered
    )
    old = store.read_ledger(con).get(night)
    newest = job.landing.digest_night(night, days_around(night))
    if old and captures != newest and old.capture_digest == newest:
        log.warning("load night=%s skipped: built from an older set of captures", night)
        return _account(built, coverage, job, is_stale=True)
    before = store.hash_links(con, night)
    touched = store.list_articles(con, night)
    store.replace_night(con, night, _tables(job, built, coverage, group))
    own = documents_of(built)
    near, texts = store.find_neighbours(con, night)
    across = find_pairs(
        [d for d in own if d.article_id in near], [_document(text) for text in texts]
    )
    inside = job.landing.read_rows([pairs], Pair)
    store.replace_pairs(con, night, {*inside, *across})
    store.replace_clusters(con, touched | {d.article_id for d in own}, _cluster)
    seq = store.next_seq(con)
    after = store.hash_links(con, night)
    moved = {n for n in before | after if before.get(n) != after.get(n)}
    store.refuse_failed(night, store.run_checks(con, night))
    store.write_ledger(
        con,
        store.LedgerRow(
            night=night,
            seq=seq,
            capture_digest=captures,
            article_digest=_digest_articles(own),
            n_seen=len(built.settled.entries),
            n_loaded=len(own),
        ),
        {
            "run_id": job.run_id,
            "code_version": __version__,
            "sources_digest": job.load_sources().digest,
        },
        job.clock(),
    )
    store.bump_nights(con, moved - {night}, seq)
    account = _account(built, coverage, job, is_stale=False)
    log.info("load %s", " ".join(f"{k}={v}" for k, v in account.items()))
    return account


def _cluster(
    pairs: Sequence[Pair], texts: Sequence[store.StoredText]
) -> dict[int, int]:
    documents = [_document(text) for text in texts]
    ranks = {d.article_id: rank_document(d) for d in documents}
    return cluster_pairs(demote_digests(pairs, documents), ranks)


def _document(text: store.StoredText) -> Document:
    return Document(
        article_id=text.article_id,
        text=text.text,
        title=text.title,
        published_at=text.published_at,
        canonical_url=text.canonical_url,
        source_id=text.source_id,
        text_hash=text.text_hash,
        hashes=text.hashes,
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
    landing, owned = job.landing, built.hashes
    tags = [
        row
        for row in landing.read_rows([s["tags"] for s in group], Tags)
        if row.article_id in owned
    ]
    gazetteer = load_gazetteer(job.settings.shipped, job.settings.config_dir)
    prints = [Fingerprint(key, "", hashes) for key, hashes in owned.items()]
    attempts = landing.read_folder(f"fetch_log/night={built.night}", Attempt)
    return {
        "in_source": make_table(job.load_sources().sources, Source),
        "in_region": make_table(gazetteer.regions, Region),
        "in_entry": make_table(built.settled.entries, PlannedEntry),
        "in_coverage": make_table(list(coverage.values()), Coverage),
        "in_attempt": make_table(attempts, Attempt),
        "in_article": make_table(built.settled.articles, Article),
        "in_version": make_table(built.settled.versions, Article),
        "in_fingerprint": make_table(prints, Fingerprint),
        "in_tags": make_table(tags, Tags),
    }


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
    enabled = job.load_sources().enabled
    looks = [coverage.get(source.id) for source in enabled]
    n_ok = sum(1 for look in looks if look and look.status == "ok")
    n_failed = sum(1 for look in looks if look and look.status == "failed")
    reasons = _say_reasons([look for look in looks if look and look.reason])
    return {
        "night": str(built.night),
        "n_sources": len(enabled),
        "n_sources_ok": n_ok,
        # A night that nothing covers says so in its rows; one that failed is a failure.
        "is_dead": n_ok == 0 and n_failed > 0 and "loaded" not in bins,
        "reasons": reasons or "nothing was collected",
        "n_seen": len(bins),
        **{f"n_{name}": bins.count(name) for name in BINS},
        "is_stale": is_stale,
    }
