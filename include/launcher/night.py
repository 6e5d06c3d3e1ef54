"""One night through a running Airflow: get it run once, watch it, say how it ended."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from launcher.console import Console, LaunchError
from launcher.rest import ACTIVE, Airflow, RestError

T = TypeVar("T")
NIGHTLY, PUBLISH = "nightdesk_nightly", "nightdesk_publish"
#: What runs by itself beside the night that was asked for, for who stays.
OTHERS = ("nightdesk_collect", "nightdesk_maintain")
_LOOK_S = 0.5
_PATIENCE_S = 90.0  # with a server that does not answer, or whose database is locked
_PARSE_S = 180.0
_SCHEDULE_S = 15.0  # the scheduler makes a due run within two of its rounds
_EVENT_S = 120.0  # from the end of the night to the start of its publish
_SAY_S = 2.0  # at most one line in this time about a task that is mapped
_LOG_LINES = 20
_DONE = ("success", "failed", "skipped", "upstream_failed", "removed")


@dataclass
class Progress:
    """Turns states of tasks into one line per change that a person cares about."""

    say: Callable[[str], None]
    _shown: dict[str, str] = field(default_factory=dict)
    _said_at: dict[str, float] = field(default_factory=dict)

    def show(self, tasks: list[dict[str, Any]], now: float) -> None:
        """Say what changed since the last call; an untouched task is not mentioned."""
        states: dict[str, Counter[str]] = {}
        for task in sorted(tasks, key=lambda task: task["start_date"] or "~"):
            states.setdefault(task["task_id"], Counter())[task["state"] or "none"] += 1
        for task_id, counts in states.items():
            line = summarize_states(counts)
            is_over = all(state in _DONE for state in counts)
            is_early = now - self._said_at.get(task_id, 0.0) < _SAY_S
            if line is None or line == self._shown.get(task_id):
                continue
            if is_early and not is_over and task_id in self._shown:
                continue
            self._shown[task_id], self._said_at[task_id] = line, now
            self.say(f"  {task_id:<12} {line}")


def summarize_states(counts: Counter[str]) -> str | None:
    """`3/4 success, 1 running`, or `running` for a single one; None: not begun.

    >>> summarize_states(Counter({"success": 3, "running": 1}))
    '3/4 success, 1 running'
    >>> summarize_states(Counter({"none": 1})) is None
    True
    """
    n_all = sum(counts.values())
    waiting = ("none", "scheduled", "queued")
    shown = [(state, n) for state, n in counts.items() if state not in waiting]
    if not shown:
        return None
    if n_all == 1:
        return shown[0][0].replace("_", " ")
    parts = [
        f"{n}/{n_all} {state}" if index == 0 else f"{n} {state}"
        for index, (state, n) in enumerate(sorted(shown, key=_by_end))
    ]
    return ", ".join(parts).replace("_", " ")


def _by_end(item: tuple[str, int]) -> tuple[bool, str]:
    return item[0] not in _DONE, item[0]


@dataclass
class Night:
    """One night on one server.

    Attributes:
        airflow: a client that is logged in.
        console: where progress is said, and whose waits a signal ends.
        check: raises if a component has died; called at every look.
    """

    airflow: Airflow
    console: Console
    check: Callable[[], None]
    _mentioned: set[str] = field(default_factory=set)

    def until(self, look: Callable[[], Any], seconds: float | None) -> Any:
        """What `look` returns once it is neither None nor False; None: out of time.

        A server that is busy for a while is asked again.
        """
        began = answered = time.monotonic()
        while True:
            self.check()
            try:
                if found := look():
                    return found
                answered = time.monotonic()
            except RestError as error:
                if not error.is_passing or time.monotonic() - answered > _PATIENCE_S:
                    raise
            if seconds is not None and time.monotonic() - began > seconds:
                return None
            self.console.wait(_LOOK_S)

    def ask(self, question: Callable[[], T]) -> T:
        """The answer to one question, asked again while the server is busy."""
        answer: tuple[T] = self.until(lambda: (question(),), None)
        return answer[0]

    def prepare_dags(self, *, is_staying: bool) -> None:
        """Wait until our DAGs are parsed, and unpause what has to run.

        Raises:
            LaunchError: a DAG file does not import.
        """
        self.until(self._is_parsed, _PARSE_S)
        for dag_id in (PUBLISH, NIGHTLY):
            if not self._has_dag(dag_id):
                raise LaunchError(f"{dag_id}: Airflow does not find it in dags/", 1)
        self.ask(lambda: self._unpause(is_staying=is_staying))

    def _has_dag(self, dag_id: str) -> bool:
        return self.ask(lambda: self.airflow.find_dag(dag_id) is not None)

    def _unpause(self, *, is_staying: bool) -> None:
        for dag_id in (PUBLISH, NIGHTLY):
            self.airflow.set_paused(dag_id, is_paused=False)
        for dag_id in OTHERS:
            if self.airflow.find_dag(dag_id) is not None:
                self.airflow.set_paused(dag_id, is_paused=not is_staying)

    def _is_parsed(self) -> bool:
        if errors := self.airflow.list_import_errors():
            raise LaunchError("DAG files do not import:\n" + "\n".join(errors), 1)
        return all(self.airflow.find_dag(dag_id) for dag_id in (PUBLISH, NIGHTLY))

    def start(self, night: date, *, is_latest: bool) -> dict[str, Any]:
        """The run of a night, under way: one that Airflow has begun, else a new one.

        Unpausing makes the run of the last whole day by itself, and one that was
        stopped goes on by itself; everything else needs a backfill of one day, which
        also runs a finished night again in place. A trigger would not do: its logical
        date means the interval before it.
        """

        def find() -> dict[str, Any] | None:
            return self.airflow.find_run(NIGHTLY, night)

        run = self.ask(find)
        if run is None and is_latest:
            run = self.until(find, _SCHEDULE_S)
        if run is not None and run["state"] in ACTIVE:
            return run
        before = run and run["end_date"]
        self.until(lambda: self._try_backfill(night), None)
        run = self.ask(find)
        if run is None or (run["state"] not in ACTIVE and run["end_date"] == before):
            raise LaunchError(f"{night}: Airflow made no run of it", 1)
        return run

    def _try_backfill(self, night: date) -> bool:
        try:
            self.airflow.start_backfill(NIGHTLY, night)
        except RestError as error:
            if error.status == 409:  # one at a time
                if not self.airflow.close_backfills(NIGHTLY):
                    self._mention("waiting for a backfill that is under way")
                return False
            if error.is_passing:
                raise
            raise LaunchError(f"{night}: Airflow refuses it: {error.detail}") from error
        return True

    def _mention(self, text: str) -> None:
        if text not in self._mentioned:
            self._mentioned.add(text)
            self.console.step(text)

    def watch(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """The run when it has ended, with progress said on the way."""
        progress = Progress(self.console.step)

        def look() -> dict[str, Any] | None:
            run = self.airflow.read_run(dag_id, run_id)
            progress.show(self.airflow.list_tasks(dag_id, run_id), time.monotonic())
            return None if run["state"] in ACTIVE else run

        ended: dict[str, Any] = self.until(look, None)
        return ended

    def run(self, night: date, *, is_latest: bool) -> bool:
        """Run one night and its publish; whether both ended well."""
        run = self.start(night, is_latest=is_latest)
        self.console.step(f"{NIGHTLY} of {night} ({run['run_type']})")
        ended = self.watch(NIGHTLY, run["dag_run_id"])
        if ended["state"] != "success":
            self.explain(NIGHTLY, ended)
            return False
        return self.publish(ended)

    def publish(self, nightly: dict[str, Any]) -> bool:
        """Wait for the publish that a night started; whether it ended well."""
        if not self.ask(
            lambda: self.airflow.has_events(nightly)
        ):  # they come with the task's success
            self.console.step(f"{PUBLISH}: nothing to do: the night loaded nothing")
            return True
        found = self.until(
            lambda: self.airflow.find_consumer_runs(nightly, PUBLISH), _EVENT_S
        )
        if not found:
            self.console.step(f"{PUBLISH}: the night did not start it")
            return False
        self.console.step(PUBLISH)
        ended = [self.watch(PUBLISH, run_id) for run_id in sorted(found)]
        for run in ended:
            if run["state"] != "success":
                self.explain(PUBLISH, run)
        return all(run["state"] == "success" for run in ended)

    def explain(self, dag_id: str, run: dict[str, Any]) -> None:
        """Say which tasks failed, with the end of the log of each (three at most)."""
        tasks = self.ask(lambda: self.airflow.list_tasks(dag_id, run["dag_run_id"]))
        failed = [task for task in tasks if task["state"] == "failed"]
        self.console.say(f"{dag_id} {run['dag_run_id']}: {run['state']}")
        for task in failed[:3]:
            where = f"[{task['map_index']}]" if task["map_index"] >= 0 else ""
            self.console.say(f"failed task: {task['task_id']}{where}; its log ends:")
            try:
                lines = self.airflow.read_log(task)
            except RestError as error:
                lines = [f"(no log: {error})"]
            for line in lines[-_LOG_LINES:]:
                self.console.say(f"    {line}")

    def drain(self) -> None:
        """Wait for runs of other nights that are under way.

        The first unpausing makes a run of the last whole day even if another night
        was asked for; to stop in its midst would leave it to the next start.
        """
        for dag_id in (NIGHTLY, PUBLISH):
            for run_id in self._list_active(dag_id):
                self.console.step(f"also under way: {dag_id} {run_id}")
                self.watch(dag_id, run_id)

    def _list_active(self, dag_id: str) -> list[str]:
        return self.ask(lambda: self.airflow.list_active_runs(dag_id))
