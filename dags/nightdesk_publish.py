"""Hand the warehouse to readers: marts, parts, catalogue, brief.

**What it does.** When a night has been loaded it publishes every night that changed
since the last publish: one Parquet part per table and night, a new catalogue
`published/current.duckdb`, and the brief; `send` sends that on, each night once, by the
connection `nightdesk_brief`. Asset events come once per night of a backfill; the runs
that find nothing new end at once.

**When to worry.** A failed run leaves the last catalogue in place: readers see older
nights, never half of one.

**How to run it again.** Trigger it; it works out by itself what is not yet published.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Asset, task


def alert(context):
    """Tell somebody, if there is a connection `nightdesk_alert`."""
    from nightdesk_alerts import send_alert

    send_alert(context)


with DAG(
    "nightdesk_publish",
    schedule=[Asset("nightdesk_warehouse")],
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(seconds=20),
        "execution_timeout": timedelta(hours=1),
        "on_failure_callback": alert,
    },
    tags=["nightdesk"],
    doc_md=__doc__,
) as dag:

    @task(pool="nightdesk_warehouse")
    def publish(dag_run=None):
        """Publish every night that changed, and write its brief."""
        from nightdesk.pipeline import publish_changes, start_job
        from nightdesk_warehouse import connect_warehouse

        published = publish_changes(
            start_job(dag_run.run_id), connect_warehouse(must_exist=True)
        )
        return {
            "catalogue": published.number,
            "nights": [str(night) for night in published.nights],
        }

    @task
    def send(dag_run=None):
        """Send the newest brief, if there is a connection `nightdesk_brief`."""
        from nightdesk_briefs import send_brief

        return send_brief(dag_run.run_id)

    publish() >> send()
