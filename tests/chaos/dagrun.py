"""One run of the nightly DAG, in the order that Airflow gives its tasks, to be killed.

    python tests/chaos/dagrun.py 2026-03-01 --kill extract 0 --within .5

It is Airflow's own loop (`DAG.test`): its states, its mapped tasks, its XComs in its
database. Says `end TASK S` when a task is over, S the seconds that it took. A run that
is there already goes on: what had succeeded stays, and a task whose process died under
it is tried again, as a scheduler does when it misses the task's heartbeat.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

DAGS = Path(__file__).parents[2] / "dags"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("night", type=datetime.fromisoformat)
    parser.add_argument("--kill", nargs=2, metavar=("TASK", "N"), help="at its N-th")
    parser.add_argument("--within", type=float, help="so many seconds after it began")
    options = parser.parse_args()
    from airflow.dag_processing.dagbag import DagBag

    watch_tasks(options.kill, options.within)
    keep_run()
    bag = DagBag(dag_folder=str(DAGS), bundle_path=DAGS, bundle_name="dags-folder")
    dag = bag.dags["nightdesk_nightly"]
    # The interval of a run by hand is the one before its date.
    midnight = datetime.combine(options.night.date(), clock(), UTC) + timedelta(days=1)
    run = dag.test(logical_date=midnight, run_after=midnight)
    say(f"run {run.state}")


def watch_tasks(kill: list[str] | None, within: float | None) -> None:
    """Say what has run, and end this process before a task or some time into it."""
    from airflow.sdk.definitions import dag as module

    begun: Counter[str] = Counter()
    run_task = module._run_task

    def run_watched(*, ti: Any, **more: Any) -> Any:
        start = time.monotonic()
        if kill == [ti.task_id, str(begun[ti.task_id])]:
            if within is None:
                die()
            timer = threading.Timer(within, die)
            timer.daemon = True
            timer.start()
        begun[ti.task_id] += 1
        result = run_task(ti=ti, **more)
        say(f"end {ti.task_id} {time.monotonic() - start}")
        return result

    module._run_task = run_watched


def keep_run() -> None:
    """Let `DAG.test` go on with the run of its date, if there is one."""
    from airflow.models import dagrun
    from airflow.models.dagrun import DagRun
    from airflow.serialization.definitions.dag import SerializedDAG
    from airflow.utils.state import DagRunState, TaskInstanceState
    from sqlalchemy import select

    make = dagrun.get_or_create_dagrun
    finished = (TaskInstanceState.SUCCESS, TaskInstanceState.REMOVED)

    def find_or_make(*, dag: Any, logical_date: Any, session: Any, **more: Any) -> Any:
        known = session.scalar(
            select(DagRun).where(
                DagRun.dag_id == dag.dag_id, DagRun.logical_date == logical_date
            )
        )
        if known is None:
            return make(dag=dag, logical_date=logical_date, session=session, **more)
        known.dag = dag
        for ti in known.get_task_instances(session=session):
            if ti.state is not None and ti.state not in finished:
                ti.state = None
        known.state = DagRunState.RUNNING
        session.commit()
        return known

    dagrun.get_or_create_dagrun = find_or_make
    SerializedDAG.clear_dags = classmethod(lambda *_, **__: 0)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def say(line: str) -> None:
    sys.__stdout__.write(f"nightdesk: {line}\n")
    sys.__stdout__.flush()


if __name__ == "__main__":
    main()
