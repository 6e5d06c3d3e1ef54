"""Airflow over its REST API on loopback: only what the launcher asks of it."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from launcher.console import LaunchError

ACTIVE = ("queued", "running", "restarting")
_PAGE = 100  # Airflow's own upper limit


class RestError(Exception):
    """The server refused.

    Attributes:
        status: HTTP status; 0 if it did not answer.
        detail: what the server says.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail

    @property
    def is_passing(self) -> bool:
        """Whether it may work later: the server or its database is busy."""
        return self.status == 0 or self.status >= 500


@dataclass
class Airflow:
    """A client of one server on 127.0.0.1.

    Attributes:
        port: where it listens.
        token: bearer token, after `log_in`.
    """

    port: int
    token: str | None = None

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The decoded answer.

        Raises:
            RestError: no answer, or one above 299.
        """
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            payload = None if body is None else json.dumps(body)
            link.request(method, path, body=payload, headers=headers)
            answer = link.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise RestError(0, f"no answer: {error}") from error
        finally:
            link.close()
        try:
            decoded = json.loads(raw) if raw else None
        except ValueError:
            decoded = raw.decode("utf-8", "replace")
        if answer.status > 299:
            detail = decoded.get("detail") if isinstance(decoded, dict) else decoded
            raise RestError(answer.status, str(detail))
        return decoded

    def log_in(self, user: str, password: str) -> None:
        """Get a token for all calls after this one."""
        body = {"username": user, "password": password}
        self.token = self.call("POST", "/auth/token", body)["access_token"]

    def list_health(self) -> dict[str, tuple[str | None, str | None]]:
        """Component -> (status, time of its last sign of life)."""
        health = self.call("GET", "/api/v2/monitor/health")
        return {
            name: (state.get("status"), state.get(f"latest_{name}_heartbeat"))
            for name, state in health.items()
        }

    def add_pools(self, pools: list[dict[str, Any]]) -> list[str]:
        """Create the pools that are missing; those that exist keep their slots."""
        there = self.call("GET", f"/api/v2/pools?limit={_PAGE}")["pools"]
        names = {pool["name"] for pool in there}
        missing = [pool for pool in pools if pool["name"] not in names]
        for pool in missing:
            self.call("POST", "/api/v2/pools", pool)
        return [pool["name"] for pool in missing]

    def find_dag(self, dag_id: str) -> dict[str, Any] | None:
        """The DAG, or None while it is not parsed yet."""
        try:
            dag: dict[str, Any] = self.call("GET", f"/api/v2/dags/{dag_id}")
        except RestError as error:
            if error.status == 404:
                return None
            raise
        return dag

    def list_import_errors(self) -> list[str]:
        """`file: last line of the error` of each DAG file that does not import."""
        found = self.call("GET", "/api/v2/importErrors")["import_errors"]
        return [
            f"{e['filename']}: {e['stack_trace'].strip().splitlines()[-1]}"
            for e in found
        ]

    def set_paused(self, dag_id: str, *, is_paused: bool) -> None:
        """Pause or unpause a DAG."""
        path = f"/api/v2/dags/{dag_id}?update_mask=is_paused"
        self.call("PATCH", path, {"is_paused": is_paused})

    def find_run(self, dag_id: str, night: date) -> dict[str, Any] | None:
        """The run whose interval begins with this night."""
        begin = f"{night}T00:00:00Z"
        query = urlencode({"logical_date_gte": begin, "logical_date_lte": begin})
        runs = self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns?{query}")["dag_runs"]
        return runs[0] if runs else None

    def read_run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """One run."""
        run: dict[str, Any] = self.call(
            "GET", f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id)}"
        )
        return run

    def list_active_runs(self, dag_id: str) -> list[str]:
        """Ids of the runs that wait or work."""
        query = urlencode([("state", "queued"), ("state", "running")])
        runs = self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns?{query}")["dag_runs"]
        return [run["dag_run_id"] for run in runs]

    def list_tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """All task instances of a run, the mapped ones too."""
        base = f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id)}/taskInstances"
        tasks: list[dict[str, Any]] = []
        while True:
            page = self.call("GET", f"{base}?limit={_PAGE}&offset={len(tasks)}")
            tasks += page["task_instances"]
            if len(tasks) >= page["total_entries"] or not page["task_instances"]:
                return tasks

    def read_log(self, task: dict[str, Any]) -> list[str]:
        """Lines of the last try of a task instance."""
        path = (
            f"/api/v2/dags/{task['dag_id']}/dagRuns/{quote(task['dag_run_id'])}"
            f"/taskInstances/{quote(task['task_id'])}/logs/{task['try_number']}"
            f"?map_index={task['map_index']}&full_content=true"
        )
        content = self.call("GET", path)["content"]
        return [line for entry in content for line in format_log(entry)]

    def start_backfill(self, dag_id: str, night: date) -> None:
        """Run one night, again if it has run before.

        Raises:
            RestError: 409 while another backfill of this DAG is active.
        """
        begin = f"{night}T00:00:00Z"
        body = {
            "dag_id": dag_id,
            "from_date": begin,
            "to_date": begin,
            "reprocess_behavior": "completed",
            "max_active_runs": 1,
            "run_backwards": False,
            "dag_run_conf": {},
        }
        self.call("POST", "/api/v2/backfills", body)

    def close_backfills(self, dag_id: str) -> bool:
        """End the backfills of a DAG whose runs have all ended; False: some have not.

        Airflow looks only every 30 s whether a backfill is over, and refuses another
        until then. One that still has a run stays.
        """
        query = urlencode(
            [("run_type", "backfill"), ("state", "queued"), ("state", "running")]
        )
        if self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns?{query}")["dag_runs"]:
            return False
        query = urlencode({"dag_id": dag_id, "order_by": "-id"})
        found = self.call("GET", f"/api/v2/backfills?{query}")["backfills"]
        for backfill in found:
            if backfill["completed_at"] is None:
                try:
                    self.call("PUT", f"/api/v2/backfills/{backfill['id']}/cancel")
                except RestError as error:
                    if error.status != 409:  # it has ended in the meantime
                        raise
        return True

    def has_events(self, run: dict[str, Any]) -> bool:
        """Whether a run has changed an asset since it (last) began."""
        query = self._event_query(run, limit=0)
        try:
            answer = self.call("GET", f"/api/v2/assets/events?{query}")
        except RestError as error:
            if error.status == 500:  # see find_consumer_runs
                return True
            raise
        return bool(answer["total_entries"])

    def find_consumer_runs(self, run: dict[str, Any], dag_id: str) -> set[str]:
        """Ids of the runs of `dag_id` that the events of a run started.

        Airflow 3.3.2 answers 500 while such a run is queued: its answer wants a start
        time, which a queued run has not. Taken as: none yet.
        """
        query = self._event_query(run, limit=_PAGE)
        try:
            answer = self.call("GET", f"/api/v2/assets/events?{query}")
        except RestError as error:
            if error.status == 500:
                return set()
            raise
        return {
            created["run_id"]
            for event in answer["asset_events"]
            for created in event["created_dagruns"]
            if created["dag_id"] == dag_id
        }

    @staticmethod
    def _event_query(run: dict[str, Any], *, limit: int) -> str:
        # A run that was cleared has events of its earlier life too.
        return urlencode(
            {
                "source_dag_id": run["dag_id"],
                "source_run_id": run["dag_run_id"],
                "timestamp_gte": run["start_date"],
                "limit": limit,
            }
        )


def format_log(entry: object) -> list[str]:
    """A log entry of the server as lines for people; grouping marks are left out."""
    if not isinstance(entry, dict):
        return [str(entry)]
    event = str(entry.get("event", ""))
    if event.startswith("::"):
        return []
    lines = [event]
    for error in entry.get("error_detail") or []:
        lines.append(f"{error.get('exc_type')}: {error.get('exc_value')}")
    return lines


def read_pools(text: str, name: str) -> list[dict[str, Any]]:
    """The pools of a pools file, checked.

    Raises:
        LaunchError: it is not in the form that `airflow pools import` takes.
    """
    try:
        return [
            {
                "name": str(pool_name),
                "slots": int(pool["slots"]),
                "description": str(pool["description"]),
                "include_deferred": bool(pool.get("include_deferred", False)),
            }
            for pool_name, pool in json.loads(text).items()
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LaunchError(f"{name}: not a pools file: {error!r}") from error
