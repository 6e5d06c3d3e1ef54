"""maintain: what keeps a desk running for years, one function a task.

Each returns counts of what it did and may be run again at any time, in any order. What
a step cannot do it raises; the other steps are not its concern.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from nightdesk.errors import NightdeskError, NightFailed, WarehouseMissing
from nightdesk.landing.files import sweep_left_overs
from nightdesk.landing.inspect import find_lost, verify_day, verify_files
from nightdesk.landing.put_off import PutOff
from nightdesk.landing.sweep import sweep_derived, sweep_temporaries
from nightdesk.model import Finding
from nightdesk.nights import ONE_DAY, last_night
from nightdesk.pipeline.built import read_loads
from nightdesk.pipeline.decide_task import verify_decisions
from nightdesk.pipeline.disk import forecast_disk
from nightdesk.pipeline.job import Job
from nightdesk.pipeline.learn_task import LEARNERS
from nightdesk.pipeline.publish_task import publish_changes, update_search
from nightdesk.pipeline.rebuild_task import rebuild_nights, sweep_aside, sweep_fresh
from nightdesk.pipeline.retention_task import WAITING, expire_texts, give_up_captures
from nightdesk.pipeline.takedown_scan import describe_scan
from nightdesk.pipeline.takedown_task import apply_tombstones, is_anything_left
from nightdesk.search.verify import verify_index
from nightdesk.warehouse.catalogue import read_manifest
from nightdesk.warehouse.compact import compact_any, compact_if_worth
from nightdesk.warehouse.connect import Connect, find_file
from nightdesk.warehouse.lake_files import clean_lake
from nightdesk.warehouse.publish import sweep_published
from nightdesk.warehouse.verify import verify_published, verify_warehouse

log = logging.getLogger(__name__)

Counts = dict[str, int | str]
Step = Callable[[Job, Connect], Counts]

#: The archive is read in so many parts, one a week.
SHARES = 8
#: How long after its end a night may take.
GRACE = timedelta(hours=6)
#: How long a warehouse that a restore set aside is there to go back to.
_KEEP_ASIDE = timedelta(days=30)
#: The night that somebody was told is missing.
_TOLD = "told_missing.json"


def retain(job: Job, _: Connect) -> Counts:
    """Give up captures whose time is over."""
    return {**give_up_captures(job)}


def expire(job: Job, connect: Connect) -> Counts:
    """Remove the texts whose time is over, and build their nights again without.

    Raises:
        LandingError: a file cannot be read or written; the other nights are done.
    """
    put_off = PutOff()
    nights, n_texts = expire_texts(job, put_off)
    for night in nights:
        with put_off.part():
            rebuild_nights(job, [night], connect)
    if nights:
        sweep_derived(job.landing, job.clock(), nights)
        compact_any(connect)
        publish_changes(job, connect, fresh=True)
        sweep_published(job.settings.published, keep=1)
        update_search(job.settings, again=True)
    put_off.settle()
    job.landing.drop(WAITING)
    return {"nights": len(nights), "texts": n_texts}


def bar(job: Job, connect: Connect) -> Counts:
    """Remove again what was taken down and has come back, as from a backup.

    Raises:
        NightdeskError: a line of takedowns cannot be read, or something is left.
    """
    if not is_anything_left(job, connect):
        return {"articles": 0}
    done = apply_tombstones(job, connect)
    if not done.is_clean:
        first = (done.scan.hits + done.scan.unread)[0]
        raise NightdeskError(f"takedown: {describe_scan(done.scan)}, such as {first}")
    return {"articles": len(done.ids), "nights": len(done.nights), **done.counts}


def sweep(job: Job, _: Connect) -> Counts:
    """Delete what kills and earlier builds left in the landing area and beside it.

    Nobody may publish meanwhile: in Airflow the pool sees to it.

    Raises:
        LandingError: a journal or the note of a build is damaged; all else is swept.
    """
    landing, settings, put_off = job.landing, job.settings, PutOff()
    file = find_file(settings.warehouse)
    beside = [settings.data, *([file.parent] if file else [])]
    n_journals = n_derived = 0
    with put_off.part():
        n_journals = len(landing.recover())
    with put_off.part():
        n_derived = sweep_derived(landing, job.clock())
    counts: Counts = {
        "journals": n_journals,
        "temporaries": sweep_temporaries(landing)
        + sum(len(sweep_left_overs(folder)) for folder in beside),
        "derived": n_derived,
        "published": sweep_published(settings.published),
        "set aside": sweep_aside(settings, job.clock() - _KEEP_ASIDE),
        "half a rebuild": sweep_fresh(settings, ONE_DAY.total_seconds()),
    }
    put_off.settle()
    return counts


def compact(job: Job, connect: Connect) -> Counts:
    """Give back the room in the warehouse's file, if that is worth it; tidy a lake.

    Raises:
        WarehouseMissing: there is none, though nights have been loaded.
    """
    try:
        cleaned = clean_lake(connect)
    except WarehouseMissing:
        if read_loads(job.landing):
            raise
        return {"warehouse": "none yet"}
    if cleaned is not None:
        return {**cleaned}
    done = compact_if_worth(connect)
    return {"bytes": done[0] - done[1] if done else 0}


def verify(job: Job, _: Connect) -> Counts:
    """Read all rows and states, and of the archive what is new and a share.

    It is another share each week.

    Raises:
        NightdeskError: something is damaged or lost; with the first finding.
    """
    today = job.clock().date()
    share = today.toordinal() // 7 % SHARES
    days = [
        day
        for day in job.landing.capture_days()
        if today - day <= timedelta(days=8) or day.toordinal() % SHARES == share
    ]
    n_good, findings = 0, [*verify_files(job.landing), *find_lost(job.landing)]
    for day in days:
        good, found = verify_day(job.landing, day)
        n_good += good
        findings += found
    _refuse("verify", findings, "nightdesk archive verify, nightdesk warehouse verify")
    name = f"{share + 1} of {SHARES}"
    return {"share": name, "days": len(days), "records": n_good}


def read_tables(job: Job, connect: Connect) -> Counts:
    """Read all of the warehouse and of what is published, and what people decided.

    Raises:
        NightdeskError: something is damaged or lost; with the first finding.
    """
    settings = job.settings
    findings = [
        *verify_decisions(settings.decisions),
        *verify_warehouse(connect, read_loads(job.landing)),
        *verify_published(settings.published),
        *verify_index(settings.published / "search"),
    ]
    _refuse("tables", findings, "nightdesk warehouse verify")
    return {"problems": 0}


def _refuse(what: str, findings: Sequence[Finding], commands: str) -> None:
    """Name what is damaged in the log; raise NightdeskError with the first of it."""
    for f in findings:
        log.error("%s: %s: %s: %s", what, f.file, f.problem, f.cure)
    if findings:
        first = findings[0]
        raise NightdeskError(
            f"{what}: {len(findings)} problems, such as {first.file}: "
            f"{first.problem}: {first.cure}; {commands}: all of them"
        )


def learn(job: Job, _: Connect) -> Counts:
    """Learn the frozen tables from what was published; new nights use them."""
    if not read_manifest(job.settings.published):
        return {"published nights": 0}
    last = last_night(job.clock())
    learned = {name: learner(job, last) for name, learner in LEARNERS.items()}
    return {name: found["version"] for name, found in learned.items()}


def check_disk(job: Job, _: Connect) -> Counts:
    """Say how much room there is, and for how many nights.

    Raises:
        NightdeskError: it is too little.
    """
    forecast = forecast_disk(job.settings, job.clock().date())
    if forecast.problem:
        raise NightdeskError(f"disk: {forecast.problem}: {forecast.describe()}")
    return {"disk": forecast.describe()}


def check_nights(job: Job, _: Connect) -> Counts:
    """Do nothing if the last whole night is there.

    Raises:
        NightFailed: it is missing.
    """
    missing = find_missing(job)
    if missing:
        raise NightFailed(_say_missing(missing))
    return {"missing": 0}


def tell_missing(job: Job) -> Counts:
    """Fail once for a last whole night that is missing, whoever asks how often.

    Raises:
        NightFailed: it is missing, and nobody was told.
    """
    missing = find_missing(job)
    if missing is None:
        return {"missing": 0}
    if job.landing.read_json(_TOLD).get("night") != str(missing):
        job.landing.write_json(_TOLD, {"night": str(missing)})
        raise NightFailed(_say_missing(missing))
    log.warning("%s", _say_missing(missing))
    return {"missing": 1}


def find_missing(job: Job) -> date | None:
    """Return the last whole night if it should have been built and was not.

    On a desk that has never built a night nothing is missing yet.
    """
    night = last_night(job.clock() - GRACE)
    marks = job.landing.names("built", ".json")
    older = [mark for mark in marks if mark < f"built/night={night}"]
    is_there = "captures" in job.landing.read_json(f"built/night={night}.json")
    return night if older and not is_there else None


def _say_missing(night: date) -> str:
    return (
        f"night {night}: missing, {GRACE.seconds // 3600} hours after its end "
        f"({night + ONE_DAY} 00:00 UTC); is nightdesk_nightly paused, or the machine "
        f"off? nightdesk run --night {night} makes it"
    )


#: The steps by name, in the order in which the command line takes them.
STEPS: dict[str, Step] = {
    "nights": check_nights,
    "retain": retain,
    "texts": expire,
    "bar": bar,
    "sweep": sweep,
    "tables": read_tables,
    "compact": compact,
    "verify": verify,
    "learn": learn,
    "disk": check_disk,
}


def run_steps(
    job: Job, connect: Connect, names: Iterable[str]
) -> tuple[dict[str, Counts], dict[str, str]]:
    """Run steps one after the other; return the counts of each, and why some failed."""
    done: dict[str, Counts] = {}
    failed: dict[str, str] = {}
    for name in names:
        try:
            done[name] = STEPS[name](job, connect)
            log.info("maintain %s %s", name, done[name])
        except NightdeskError as error:
            log.error("maintain %s failed: %s", name, error)
            failed[name] = str(error)
    return done, failed
