"""The real thing: launcher, scheduler, browser; and the same rows everywhere."""

from __future__ import annotations

import os
import signal
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest
from clicks import open_airflow, run_backfill
from desk import Desk, Rest, wait_for

LAST = (datetime.now(UTC) - timedelta(days=1)).date()
FIRST = LAST - timedelta(days=6)

pytestmark = [pytest.mark.airflow, pytest.mark.slow, pytest.mark.timeout(2000)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


def published(desk: Desk, sql: str) -> list[tuple]:
    path = (desk.data / "published" / "current.duckdb").resolve()
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(sql).fetchall()


def wait_for_backfill(rest: Rest, first: date, since: datetime) -> None:
    """Wait until all runs from a day on have ended well since a moment."""

    def look() -> bool:
        runs = [
            run
            for run in rest.runs("nightdesk_nightly")
            if str(first) <= run["logical_date"][:10] <= str(LAST)
        ]
        assert not [run for run in runs if run["state"] == "failed"]
        fresh = [
            run
            for run in runs
            if run["state"] == "success"
            and datetime.fromisoformat(run["end_date"]) > since
        ]
        publishing = [
            run
            for run in rest.runs("nightdesk_publish")
            if run["state"] in ("queued", "running")
        ]
        is_open = rest.is_backfilling("nightdesk_nightly")
        n_days = (LAST - first).days + 1
        return len(fresh) == n_days and not publishing and not is_open

    wait_for(look, 900)


def _take(page: Any, folder: Path, n: int, name: str) -> None:
    page.screenshot(path=folder / f"{name}-{n}.png")


@pytest.mark.browser
def test_seven_days_from_the_browser_are_the_same_everywhere(
    desk: Desk, browser: Any, tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("NIGHTDESK_PICTURES") or tmp_path)
    env = {"NIGHTDESK_NEWSSTAND_ARTICLES": "80"}
    with desk.up(**env) as port:
        rest, hashes = Rest(port), []
        with open_airflow(browser, port) as page:
            for n, first in enumerate((FIRST, LAST - timedelta(days=2))):
                page.goto(f"http://127.0.0.1:{port}/dags/nightdesk_nightly")
                since = datetime.now(UTC)
                look = partial(_take, page, pictures, n)
                run_backfill(page, first, LAST, (), look)
                page.goto("about:blank")  # Airflow's page asks for news all the time
                wait_for_backfill(rest, first, since)
                page.goto(f"http://127.0.0.1:{port}/dags/nightdesk_nightly/runs")
                page.wait_for_timeout(2000)
                look("runs")
                hashes.append(desk.hashes())
        names = {
            task["rendered_map_index"]
            for task in rest.tasks(
                "nightdesk_nightly", rest.runs("nightdesk_nightly")[0]["dag_run_id"]
            )
            if task["task_id"] == "extract"
        }
        assert any(name and name.endswith("1/1") for name in names)
        # The command line, over the same newsstand, into a folder of its own.
        other = {
            **env,
            "NIGHTDESK_DATA": str(tmp_path / "other"),
            "NIGHTDESK_MIRRORS": str(desk.root / ".airflow" / "mirrors.json"),
        }
        nights = ("--night", str(FIRST), "--until", str(LAST))
        desk.nightdesk("run", *nights, **other)
    assert hashes[0] == hashes[1]
    assert desk.hashes(**other) == hashes[0]
    # The network is closed now: what was captured is enough.
    nights = ("--night", str(LAST - timedelta(days=1)), "--until", str(LAST))
    desk.nightdesk("run", *nights, **other)
    assert desk.hashes(**other) == hashes[0]
    desk.nightdesk("run", *nights, "--offline", NIGHTDESK_DATA=str(desk.data))
    assert desk.hashes() == hashes[0]
    rows = published(
        desk,
        "SELECT night, count(*), count(*) FILTER (status = 'ok') FROM coverage "
        f"WHERE night BETWEEN '{FIRST}' AND '{LAST}' GROUP BY night ORDER BY night",
    )
    n_sources = published(desk, "SELECT count(*) FROM source")[0][0]
    assert [row[:2] for row in rows] == [
        (FIRST + timedelta(days=n), n_sources) for n in range(7)
    ]
    assert all(row[2] >= 16 for row in rows)


def listeners_beyond_loopback(root: Path) -> list[str]:
    """Addresses other than loopback on which a process of this checkout listens."""
    inodes = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if str(root) not in (folder / "environ").read_text("utf-8", "replace"):
                continue
            for handle in (folder / "fd").iterdir():
                inodes.add(str(handle.readlink()))
        except OSError:
            continue  # it has ended
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            words = line.split()
            is_ours = words[3] == "0A" and f"socket:[{words[9]}]" in inodes
            if is_ours and not words[1].startswith(
                ("0100007F:", "0" * 24 + "01000000:")
            ):
                found.append(words[1])
    return found


def processes_of(root: Path) -> dict[int, str]:
    """Return the command lines of this checkout's processes, by pid."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            env = (folder / "environ").read_text("utf-8", "replace")
            if f"AIRFLOW_HOME={root}" in env:
                command = (folder / "cmdline").read_text("utf-8", "replace")
                found[int(folder.name)] = command.replace("\0", " ")
        except OSError:
            continue
    return found


def test_up_stays_on_loopback_mends_itself_and_leaves_nothing(desk: Desk) -> None:
    with desk.up(NIGHTDESK_NEWSSTAND_ARTICLES="80") as port:
        rest = Rest(port)
        assert rest.page("/nightdesk/brief", is_known=False)[0] == 401
        status, brief = rest.page("/nightdesk/brief", is_known=True)
        assert (status, "Every entry accounted for" in brief) == (200, True)
        assert listeners_beyond_loopback(desk.root) == []
        (pid,) = (
            pid
            for pid, command in processes_of(desk.root).items()
            if command.rstrip().endswith("scheduler --skip-serve-logs")
        )
        os.kill(pid, signal.SIGKILL)  # a component that dies is started again
        log = desk.root / "up.log"
        wait_for(lambda: "scheduler ended by itself" in log.read_text(), 60)
        wait_for(lambda: rest.health("scheduler") == "healthy", 120)
    assert processes_of(desk.root) == {}


SOURCES = """\
sources:
  - id: alpha
    name: Alpha
    kind: rss
    url: https://alpha.example/feed
    gap_s: 0
"""


def test_a_night_whose_sources_are_all_dead_fails_by_exit_code(
    desk: Desk, tmp_path: Path
) -> None:
    config = tmp_path / "data" / "config"
    config.mkdir(parents=True)
    (config / "sources.yaml").write_text(SOURCES)
    (tmp_path / "mirrors.json").write_text(
        '{"https://alpha.example/": "http://127.0.0.1:9/"}'
    )
    done = desk.launch(
        "night",
        "--port",
        "0",
        NIGHTDESK_DATA=str(tmp_path / "data"),
        NIGHTDESK_MIRRORS=str(tmp_path / "mirrors.json"),
        NIGHTDESK_CONTACT="desk@newsroom.example",
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "none of its 1 sources could be read: alpha: connection" in done.stdout
    assert processes_of(desk.root) == {}


def test_a_wrong_sources_file_starts_nothing(desk: Desk, tmp_path: Path) -> None:
    config = tmp_path / "data" / "config"
    config.mkdir(parents=True)
    (config / "sources.yaml").write_text(SOURCES.replace("kind: rss", "kind: rsss"))
    data = str(tmp_path / "data")
    done = desk.launch("night", "--port", "0", NIGHTDESK_DATA=data)
    assert done.returncode == 2
    assert "sources.yaml:4: sources[0].kind: 'rsss' is not allowed" in done.stdout
    assert not (tmp_path / "data" / "landing").exists()
    assert processes_of(desk.root) == {}


def test_an_unwritable_landing_starts_nothing(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    landing = str(tmp_path / "file" / "landing")
    done = desk.launch("night", "--port", "0", NIGHTDESK_LANDING=landing)
    assert done.returncode == 2
    assert f"cannot write {landing}" in done.stdout


def test_a_locked_warehouse_starts_nothing_and_names_the_holder(
    desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "data" / "warehouse" / "nightdesk.duckdb"
    path.parent.mkdir(parents=True)
    with duckdb.connect(str(path)):
        data = str(tmp_path / "data")
        done = desk.launch("night", "--port", "0", NIGHTDESK_DATA=data)
    assert done.returncode == 2
    assert f"locked by process {os.getpid()}" in done.stdout
