"""Weekly upkeep: retention, sweeps, compaction, checks, learning, pruning.

**What it does.** Each task is one chore and none waits for another. Old captures are
given up as their sources say, left-overs are swept, the warehouse's file is compacted
when that gives back much, a share of the archive is read (all of it every eight weeks),
the learned tables are learned anew, the disk is reckoned with, and what Airflow keeps
of our runs is pruned.

**When to worry.** `verify` names damage, `disk` says that room is running out, `nights`
that the last whole night is missing. A red task stops none of the others.

**How to run it again.** Clear the red task, or trigger it, at any time: every task
finds out by itself what there is to do.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronTriggerTimetable, Param, task

OURS = ("collect", "nightly", "publish", "maintain")


def alert(context):
    """Tell somebody, if there is a connection `nightdesk_alert`."""
    from nightdesk_alerts import send_alert

    send_alert(context)


with DAG(
    "nightdesk_maintain",
    schedule=CronTriggerTimetable("0 8 * * 1", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 1,
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(hours=3),
        "on_failure_callback": alert,
    },
    params={
        "keep_days": Param(
            30,
            type="integer",
            minimum=1,
            title="Days of Airflow's memory",
            description="Age from which Airflow's logs and rows of our DAGs go.",
        ),
    },
    tags=["nightdesk"],
    doc_md=__doc__,
) as dag:

    def run(dag_run, name):
        """Run one step with the warehouse that Airflow names."""
        from nightdesk.pipeline import start_job
        from nightdesk.pipeline.maintain import STEPS
        from nightdesk_warehouse import connect_warehouse

        return STEPS[name](
            start_job(dag_run.run_id), connect_warehouse(must_exist=True)
        )

    @task
    def nights(dag_run=None):
        """Fail if the last whole night is missing."""
        return run(dag_run, "nights")

    @task
    def retain(dag_run=None):
        """Give up captures whose time is over."""
        return run(dag_run, "retain")

    @task(pool="nightdesk_warehouse")
    def texts(dag_run=None):
        """Remove texts whose source allows no longer."""
        return run(dag_run, "texts")

    @task(pool="nightdesk_warehouse")
    def bar(dag_run=None):
        """Remove again what was taken down and has come back."""
        return run(dag_run, "bar")

    @task(pool="nightdesk_warehouse")
    def sweep(dag_run=None):
        """Delete what kills and earlier builds left."""
        return run(dag_run, "sweep")

    @task(pool="nightdesk_warehouse")
    def tables(dag_run=None):
        """Read all of the warehouse and of what is published."""
        return run(dag_run, "tables")

    @task(pool="nightdesk_warehouse")
    def compact(dag_run=None):
        """Give back the room in the warehouse's file, if that is worth it."""
        return run(dag_run, "compact")

    @task
    def verify(dag_run=None):
        """Read a share of the archive, another one each week."""
        return run(dag_run, "verify")

    @task
    def learn(dag_run=None):
        """Learn the frozen tables that new nights are built with."""
        return run(dag_run, "learn")

    @task
    def disk(dag_run=None):
        """Say for how many nights there is room."""
        return run(dag_run, "disk")

    @task
    def logs(params=None):
        """Delete old logs of our DAGs."""
        from pathlib import Path

        from airflow.sdk.configuration import conf

        from nightdesk.pipeline.airflow_files import prune_logs

        folder = Path(conf.get("logging", "base_log_folder"))
        return prune_logs(folder, params["keep_days"], datetime.now(UTC))

    @task
    def metadata(params=None):
        """Delete old rows of our DAGs from Airflow's database."""
        import os

        from nightdesk.pipeline.airflow_files import prune_metadata

        ids = [f"nightdesk_{name}" for name in OURS]
        now = datetime.now(UTC)
        return prune_metadata(ids, params["keep_days"], now, os.environ)

    rows = (nights, retain, texts, bar, sweep, tables, compact)
    for chore in (*rows, verify, learn, disk):
        chore()
    logs()
    metadata()
