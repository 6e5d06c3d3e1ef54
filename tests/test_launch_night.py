"""How the launcher gets a night run once, on a loopback server that plays Airflow."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from launcher.console import Console, LaunchError
from launcher.night import Night, Progress, summarize_states
from launcher.rest import Airflow, RestError
from launcher.server import is_well

NIGHT = date(2026, 11, 24)
RUNS = "/api/v2/dags/nightdesk_nightly/dagRuns"


class Script:
    """What the server answers: the state of one run, and what happens to it.

    Attributes:
        run: the run of the night, or None.
        calls: every change that was asked for, as `METHOD path`.
    """

    def __init__(self) -> None:
        self.run: dict[str, Any] | None = None
        self.calls: list[str] = []
        self.ends = "success"  # how runs end
        self.publish = "success"
        self.is_scheduled = False  # does unpausing make the run?
        self.open_backfill = False
        self.n_locked = 0  # how many questions find the database locked
        self.n_queued = 0  # how often the events are asked for in vain
        self.has_event = True
        self.import_errors: list[dict[str, str]] = []
        self.pools = ["default_pool"]

    def begin(self, run_type: str) -> None:
        began = "2026-11-25T00:00:01Z"
        self.run = {"dag_id": "nightdesk_nightly", "dag_run_id": "night",
                    "state": "running", "run_type": run_type, "start_date": began,
                    "end_date": None, "looks": 0}  # fmt: skip

    def answer(self, method: str, path: str, query: Any, body: Any) -> tuple[int, Any]:
        if method != "GET":
            self.calls.append(f"{method} {path}")
        if self.n_locked:
            self.n_locked -= 1
            self.calls[:] = []
            return 503, {"detail": "Database is locked"}
        for name, handle in (
            ("/backfills", self.answer_backfills), ("/assets", self.answer_events),
            ("/dagRuns", self.answer_runs), ("/dags/", self.answer_dags),
            ("/importErrors", self.answer_errors), ("/pools", self.answer_pools),
        ):  # fmt: skip
            if name in path:
                return handle(method, path, query, body)
        return 404, {"detail": path}

    def answer_errors(self, *_: Any) -> tuple[int, Any]:
        return 200, {"import_errors": self.import_errors}

    def answer_pools(self, method: str, _path: str, _q: Any, body: Any) -> Any:
        if method == "POST":
            self.pools.append(body["name"])
        return 200, {"pools": [{"name": name} for name in self.pools]}

    def answer_dags(self, method: str, path: str, _q: Any, body: Any) -> Any:
        if method == "PATCH":
            self.calls[-1] += f" {body['is_paused']}"
            if self.is_scheduled and path.endswith("nightly"):
                self.begin("scheduled")
        return 200, {"dag_id": path}

    def answer_backfills(self, method: str, path: str, _q: Any, body: Any) -> Any:
        if method == "GET":
            is_open = None if self.open_backfill else "2026-11-24T00:00:00Z"
            return 200, {"backfills": [{"id": 7, "completed_at": is_open}]}
        if method == "PUT":
            self.open_backfill = False
            return 200, {}
        if self.open_backfill:
            return 409, {"detail": "There is already a running backfill"}
        assert body["from_date"] == body["to_date"] == f"{NIGHT}T00:00:00Z"
        assert body["reprocess_behavior"] == "completed"
        self.begin("backfill")
        return 200, {}

    def answer_events(self, *_: Any) -> tuple[int, Any]:
        if self.n_queued:
            self.n_queued -= 1
            return 500, {"detail": "Internal Server Error"}
        created = [{"dag_id": "nightdesk_publish", "run_id": "publish"}]
        events = [{"created_dagruns": created}] if self.has_event else []
        return 200, {"asset_events": events, "total_entries": len(events)}

    def answer_runs(self, _method: str, path: str, query: Any, _body: Any) -> Any:
        dag_id, run_id = path.split("/")[4], path.split("/")[6:7]
        if path.endswith("/taskInstances"):
            task = {"dag_id": dag_id, "dag_run_id": run_id[0], "task_id": "load",
                    "map_index": -1, "try_number": 1, "start_date": None,
                    "state": self.ends}  # fmt: skip
            return 200, {"task_instances": [task], "total_entries": 1}
        if "/logs/" in path:
            return 200, {"content": [{"event": "disk is full"}]}
        if dag_id == "nightdesk_publish":
            return 200, {"dag_run_id": "publish", "state": self.publish}
        if not run_id:
            is_over = self.run is None or self.run["state"] == self.ends
            if query.get("state") and is_over:
                return 200, {"dag_runs": []}
            return 200, {"dag_runs": [self.run] if self.run else []}
        assert self.run is not None
        self.run["looks"] += 1
        if self.run["looks"] > 1:
            self.run |= {"state": self.ends, "end_date": "2026-11-25T00:01:00Z"}
        return 200, self.run


class Recorder(Console):
    """A console that keeps what was said."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def say(self, text: str = "") -> None:
        self.lines.append(text)


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def airflow(script: Script) -> Iterator[Airflow]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            query = parse_qs(parts.query)
            status, answer = script.answer(self.command, parts.path, query, body)
            payload = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_PATCH = handle_any  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield Airflow(server.server_port)
    server.shutdown()
    server.server_close()


@pytest.fixture
def night(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.setattr("launcher.night._LOOK_S", 0.01)
    monkeypatch.setattr("launcher.night._SCHEDULE_S", 0.1)
    monkeypatch.setattr("launcher.night._EVENT_S", 0.3)
    return Night(airflow, Recorder(), lambda: None)


def list_starts(script: Script) -> list[str]:
    return [call for call in script.calls if call.startswith("POST")]


def test_scheduled_run_of_last_night_is_not_started_again(
    night: Night, script: Script
) -> None:
    script.is_scheduled = True
    night.prepare_dags(is_staying=False)
    assert night.run(NIGHT, is_latest=True)
    assert list_starts(script) == []


@pytest.mark.parametrize("is_latest", [True, False], ids=["last night", "an old night"])
@pytest.mark.parametrize(
    ("state", "starts"),
    [
        pytest.param(None, 1, id="a night that never ran is backfilled"),
        pytest.param("success", 1, id="a finished night runs again"),
        pytest.param("failed", 1, id="a failed night runs again"),
        pytest.param("queued", 0, id="a waiting run is watched"),
        pytest.param("running", 0, id="a run that was stopped midway is watched"),
    ],
)
def test_night_runs_exactly_once(
    state: str | None, starts: int, is_latest: bool, night: Night, script: Script
) -> None:
    if state:
        script.begin("scheduled")
        assert script.run is not None
        script.run["state"] = state
    assert night.run(NIGHT, is_latest=is_latest)
    assert list_starts(script) == ["POST /api/v2/backfills"] * starts


def test_backfill_that_is_over_but_open_is_closed(night: Night, script: Script) -> None:
    script.open_backfill = True
    assert night.run(NIGHT, is_latest=False)
    assert script.calls == [
        "POST /api/v2/backfills",
        "PUT /api/v2/backfills/7/cancel",
        "POST /api/v2/backfills",
    ]


@pytest.mark.parametrize("n_locked", [1, 2, 3, 5, 8])
def test_locked_database_is_waited_for(
    n_locked: int, night: Night, script: Script
) -> None:
    script.n_locked = n_locked
    night.prepare_dags(is_staying=False)
    assert night.run(NIGHT, is_latest=False)
    assert list_starts(script) == ["POST /api/v2/backfills"]


def test_server_that_stays_silent_is_given_up(
    night: Night, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("launcher.night._PATIENCE_S", 0.1)
    script.n_locked = 10**6
    with pytest.raises(RestError, match="Database is locked"):
        night.run(NIGHT, is_latest=False)


def test_failed_night_names_the_task_and_shows_its_log(
    night: Night, script: Script
) -> None:
    script.ends = "failed"
    assert not night.run(NIGHT, is_latest=False)
    said = "\n".join(night.console.lines)  # type: ignore[attr-defined]
    assert "failed task: load" in said
    assert "disk is full" in said


@pytest.mark.parametrize(
    ("change", "is_good"),
    [
        pytest.param({"n_queued": 3}, True, id="a queued publish is waited for"),
        pytest.param({"publish": "failed"}, False, id="a failed publish fails"),
        pytest.param(
            {"has_event": False}, True, id="nothing loaded, nothing published"
        ),
        pytest.param({"n_queued": 999}, False, id="a publish that never starts fails"),
    ],
)
def test_night_is_as_good_as_its_publish(
    change: dict[str, Any], is_good: bool, night: Night, script: Script
) -> None:
    for name, value in change.items():
        setattr(script, name, value)
    assert night.run(NIGHT, is_latest=False) is is_good


def test_collect_is_unpaused_only_when_staying(night: Night, script: Script) -> None:
    night.prepare_dags(is_staying=False)
    night.prepare_dags(is_staying=True)
    collect = [c for c in script.calls if "nightdesk_collect" in c]
    assert [call.rsplit(" ", 1)[1] for call in collect] == ["True", "False"]


def test_dag_that_does_not_import_is_shown(night: Night, script: Script) -> None:
    trace = "Traceback\nModuleNotFoundError: nightdesk"
    script.import_errors = [{"filename": "nightdesk_nightly.py", "stack_trace": trace}]
    with pytest.raises(
        LaunchError, match=r"nightly\.py: ModuleNotFoundError"
    ) as caught:
        night.prepare_dags(is_staying=False)
    assert caught.value.code == 1


def test_pools_that_are_there_keep_their_slots(
    airflow: Airflow, script: Script
) -> None:
    script.pools.append("nightdesk_fetch")
    pools = [{"name": "nightdesk_fetch"}, {"name": "nightdesk_warehouse"}]
    assert airflow.add_pools(pools) == ["nightdesk_warehouse"]


def test_server_that_is_not_there_has_status_zero() -> None:
    with pytest.raises(RestError, match="no answer") as caught:
        Airflow(1).list_health()
    assert caught.value.status == 0


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ({"none": 1}, None),
        ({"queued": 4}, None),
        ({"running": 1}, "running"),
        ({"up_for_retry": 1}, "up for retry"),
        ({"success": 3, "running": 1}, "3/4 success, 1 running"),
        ({"running": 2, "queued": 2}, "2/4 running"),
        ({"failed": 1, "upstream_failed": 1}, "1/2 failed, 1 upstream failed"),
    ],
    ids=str,
)
def test_states_become_a_short_line(counts: dict[str, int], line: str | None) -> None:
    assert summarize_states(Counter(counts)) == line


def test_progress_says_each_change_once_and_mapped_tasks_not_too_often() -> None:
    said: list[str] = []
    progress = Progress(said.append)
    states = ["queued"] * 3

    def show(index: int, state: str, now: float) -> None:
        states[index] = state
        tasks = [{"task_id": "collect", "state": s, "start_date": None} for s in states]
        progress.show(tasks, now)
        progress.show(tasks, now)

    show(0, "running", 10.0)
    show(1, "running", 10.5)  # too soon
    show(0, "success", 12.5)
    show(1, "success", 12.6)
    show(2, "success", 12.7)  # the last one is always said
    assert [line.split(maxsplit=1)[1] for line in said] == [
        "1/3 running",
        "1/3 success, 1 running",
        "3/3 success",
    ]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param(None, False, id="a component that is not mentioned"),
        pytest.param(("unhealthy", None), False, id="an unhealthy one"),
        pytest.param(("healthy", None), True, id="the database gives no time"),
        pytest.param(("healthy", "+5"), True, id="a sign of life since the start"),
        pytest.param(("healthy", "-5"), False, id="its predecessor's sign of life"),
    ],
)
def test_component_is_well_by_its_own_sign_of_life(
    state: tuple[str, str | None] | None, expected: bool
) -> None:
    began = datetime(2026, 11, 25, 12, tzinfo=UTC)
    if state and state[1]:
        state = (state[0], (began + timedelta(seconds=int(state[1]))).isoformat())
    assert is_well(state, began) is expected
