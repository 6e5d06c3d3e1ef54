"""Poll the sources that are due and archive what is new; no warehouse.

**What it does.** Every 30 minutes it asks the sources that have rested long enough for
their feed and archives the pages of new entries, so that the nightly run finds most of
its work done and feeds with a short window lose nothing.

**When to worry.** A red `watch` says that the last whole night is missing six hours
after its end, once for each. Another red task means that the run itself broke; a source
that does not answer is a row in the fetch log. If runs pile up, look at the
`nightdesk_fetch` pool.

**How to run it again.** Clear it, or wait for the next half hour: it asks for what is
new, whatever an earlier run left.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import (
    DAG,
    Connection,
    CronTriggerTimetable,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
    get_current_context,
    task,
)

#: It is told once, and a second try would not be told.
NO_RETRY = RetryRule(
    exception=["nightdesk.errors.NightFailed"], action=RetryAction.FAIL
)


def alert(context):
    """Tell somebody, if there is a connection `nightdesk_alert`."""
    from nightdesk_alerts import send_alert

    send_alert(context)


with DAG(
    "nightdesk_collect",
    schedule=CronTriggerTimetable("*/30 * * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 1,
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(minutes=25),
        "on_failure_callback": alert,
    },
    tags=["nightdesk"],
    doc_md=__doc__,
) as dag:

    @task
    def due(dag_run=None):
        """Find the sources that have rested long enough, in batches."""
        from nightdesk.pipeline import batch_due, start_job

        return batch_due(start_job(dag_run.run_id))

    @task(pool="nightdesk_fetch", map_index_template="{{ label }}")
    def collect(batch, dag_run=None):
        """Poll a batch of sources and archive their new pages."""
        from nightdesk.pipeline import collect_sources, start_job

        get_current_context()["label"] = ", ".join(batch) or "nothing is due"
        job = start_job(dag_run.run_id, lambda name: Connection.get(name).password)
        return collect_sources(job, None, batch)

    @task(retry_policy=ExceptionRetryPolicy(rules=[NO_RETRY]))
    def watch(dag_run=None):
        """Fail once for a last whole night that is missing."""
        from nightdesk.pipeline import start_job
        from nightdesk.pipeline.maintain import tell_missing

        return tell_missing(start_job(dag_run.run_id))

    collect.expand(batch=due())
    watch()
