"""One clean night: collect, extract, deduplicate, tag, load.

**What it does.** For the UTC day of its data interval it polls the sources, archives
their new pages, reads the articles, finds copies, tags entities and regions, and loads
the night into the warehouse in one transaction. Nights of the last week whose captures
are newer than their load are brought up to date in the same run.

**When to worry.** A failed run means that no source could be read, or that the night
broke a check and was rolled back; the last whole night stays published. One dead source
among others does not fail a run: it is a row in `coverage` and a line in the brief.

**How to run it again.** Use *Backfill* with the days you want and "All Runs": it takes
what was captured and gives the same rows. Parameters, such as chosen sources, count
only with "Override parameters on existing runs" ticked. Airflow names a run for the end
of its day: `..._2026-11-25` is the night of the 24th. Do not use *Trigger* with a past
logical date: Airflow then processes the day before it, and a backfill of "Missing Runs"
skips the date; `nightdesk gaps` shows the hole, and "All Runs" closes it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import (
    DAG,
    Asset,
    Connection,
    CronDataIntervalTimetable,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
    get_current_context,
    task,
)

#: What a second try cannot change.
NO_RETRY = RetryRule(
    exception=[
        "nightdesk.errors.ConfigError",
        "nightdesk.errors.NightFailed",
        "nightdesk.errors.CheckFailed",
    ],
    action=RetryAction.FAIL,
)


def alert(context):
    """Tell somebody, if there is a connection `nightdesk_alert`."""
    from nightdesk_alerts import send_alert

    send_alert(context)


with DAG(
    "nightdesk_nightly",
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(seconds=20),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(hours=6),
        "on_failure_callback": alert,
        "retry_policy": ExceptionRetryPolicy(rules=[NO_RETRY]),
    },
    params={
        "sources": Param(
            [],
            type=["null", "array"],  # the form makes null of a field that was emptied
            items={"type": "string"},
            title="Sources",
            description="Ids or tags of the sources to collect, each on a line of its "
            "own, such as africa; empty: all. The other sources of the night keep "
            'their rows. In a backfill tick "Override parameters on existing runs" '
            "above: without it Airflow sends none of these, not to new runs either.",
        ),
        "refetch": Param(
            False,
            type="boolean",
            title="Fetch again",
            description="Ask the sources again for what the archive already holds.",
        ),
        "reprocess_from": Param(
            "collect",
            type="string",
            enum=["collect", "extract", "deduplicate", "tag", "load"],
            title="Reprocess from",
            description="The first stage that works anew; earlier ones are taken as "
            "they stand in the landing area.",
        ),
        "latest": Param(
            False,
            type="boolean",
            title="Newest learned tables",
            description="Build with what has been learned of the outlets since, not "
            "with the tables that the night was built with.",
        ),
    },
    tags=["nightdesk"],
    doc_md=__doc__,
) as dag:

    @task
    def plan(params=None, data_interval_start=None, dag_run=None):
        """Check the sources file and say what this run does."""
        from nightdesk.pipeline import plan_run, resolve_night, start_job

        job = start_job(dag_run.run_id)
        # A backfill with All Runs clears a manual run of its date in place, and that
        # one keeps the interval of the day before: the date is what was asked for.
        is_backfill = dag_run.run_type == "backfill"
        start = dag_run.logical_date if is_backfill else data_interval_start
        return plan_run(
            job,
            resolve_night(start, dag_run.run_after, job.clock()),
            params["sources"],
            refetch=params["refetch"],
            reprocess_from=params["reprocess_from"],
            latest=params["latest"],
        )

    @task
    def batches(plan):
        """Hand out the batches of sources, one task each."""
        return plan["batches"]

    @task(pool="nightdesk_fetch", map_index_template="{{ label }}")
    def collect(batch, plan, dag_run=None):
        """Poll a batch of sources and archive their new pages."""
        from datetime import date

        from nightdesk.pipeline import collect_sources, start_job

        get_current_context()["label"] = ", ".join(batch) or "nothing to collect"
        return collect_sources(
            start_job(dag_run.run_id, lambda name: Connection.get(name).password),
            date.fromisoformat(plan["night"]),
            batch,
            refetch=plan["refetch"],
        )

    @task
    def select(plan, dag_run=None):
        """Choose the nights and pages to build, in shards."""
        from datetime import date

        from nightdesk.pipeline import select_pages, start_job

        job = start_job(dag_run.run_id)
        night = date.fromisoformat(plan["night"])
        return select_pages(job, night, latest=plan["latest"])

    # One at a time: each uses all cores of its machine.
    @task(map_index_template="{{ label }}", max_active_tis_per_dagrun=1)
    def extract(shard, plan, dag_run=None):
        """Extract the articles of a shard of pages."""
        from nightdesk.pipeline import extract_pages, label_shard, start_job

        get_current_context()["label"] = label_shard(shard)
        job = start_job(dag_run.run_id)
        return extract_pages(job, shard, again=plan["extract_again"])

    @task
    def deduplicate(shards, dag_run=None):
        """Find the articles of each night that carry one text."""
        from nightdesk.pipeline import deduplicate_nights, start_job

        return deduplicate_nights(start_job(dag_run.run_id), list(shards))

    @task(map_index_template="{{ label }}")
    def tag(shard, plan, dag_run=None):
        """Tag entities and places in the articles of a shard."""
        from nightdesk.pipeline import label_shard, start_job, tag_articles

        get_current_context()["label"] = label_shard(shard)
        job = start_job(dag_run.run_id)
        return tag_articles(job, shard, again=plan["tag_again"])

    @task(pool="nightdesk_warehouse", outlets=[Asset("nightdesk_warehouse")])
    def load(plan, shards, joined, dag_run=None):
        """Load the nights into the warehouse, one transaction each."""
        from datetime import date

        from nightdesk.pipeline import load_nights, start_job
        from nightdesk_warehouse import connect_warehouse

        return load_nights(
            start_job(dag_run.run_id),
            date.fromisoformat(plan["night"]),
            list(shards),
            joined,
            connect_warehouse(),
        )

    planned = plan()
    collected = collect.partial(plan=planned).expand(batch=batches(planned))
    selected = select(planned)
    collected >> selected
    extracted = extract.partial(plan=planned).expand(shard=selected)
    joined = deduplicate(extracted)
    tagged = tag.partial(plan=planned).expand(shard=extracted)
    load(planned, tagged, joined)
