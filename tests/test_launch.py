"""The launcher on a checkout whose Airflow and nightdesk are small fakes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import launch
from launcher.console import Console, LaunchError
from launcher.install import (
    STAMP,
    describe_install,
    find_uv,
    install,
    plan_install,
)
from launcher.instance import end_leftovers, hold_lock, read_note, stop_running
from launcher.processes import Family, find_family, list_processes, read_start
from launcher.rest import format_log, read_pools
from launcher.settings import Checkout, build_environment, choose_port, load_keys

INCLUDE = Path(__file__).parents[1] / "include"

# What stands for every component: a process with a child in a group of its own.
AIRFLOW = """#!{python}
import os, pathlib, signal, sys, time
if os.fork() == 0:
    os.setpgid(0, 0)
    if (pathlib.Path({root!r}) / "stubborn").exists():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
with open({root!r} + "/pids", "a") as file:
    file.write(f"{{os.getpid()}}\\n")
time.sleep(120)
"""
NIGHTDESK = """
import pathlib, sys, time
root = pathlib.Path({root!r})
def main():
    with open(root / "asked", "a") as file:
        file.write(" ".join(sys.argv[1:]) + "\\n")
    if sys.argv[1] == "sources" and (root / "bad").exists():
        print("sources.yaml: no-such-key: unknown")
        return 2
    return 3 if "--wanted" in sys.argv else 0
"""


def is_alive(pid: int) -> bool:
    return any(row.pid == pid for row in list_processes())  # zombies are dead


def wait_for(look: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout that is installed, with fakes for Airflow and nightdesk."""
    made = Checkout(tmp_path, tmp_path / "data")
    shutil.copytree(INCLUDE / "launcher", tmp_path / "include" / "launcher")
    shutil.copytree(INCLUDE / "config", tmp_path / "include" / "config")
    shutil.copy(INCLUDE / "launch.py", tmp_path / "include")
    package = tmp_path / "include" / "nightdesk"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(NIGHTDESK.format(root=str(tmp_path)))
    (tmp_path / "requirements.txt").write_text("apache-airflow==3.3.2\n")
    (tmp_path / "requirements-dev.txt").write_text("pytest==9.0\n")
    (tmp_path / "requirements-lake.txt").write_text("duckdb-extensions==1.5.5\n")
    (made.venv / "bin").mkdir(parents=True)
    made.python.symlink_to(Path(sys.executable).resolve())
    airflow = made.venv / "bin" / "airflow"
    airflow.write_text(AIRFLOW.format(python=sys.executable, root=str(tmp_path)))
    airflow.chmod(0o755)
    stamp = describe_install(made, is_dev=True)
    (made.venv / STAMP).write_text(json.dumps(stamp))
    made.logs.mkdir(parents=True)
    (made.home / "airflow.db").touch()
    return made


@pytest.fixture
def stamped(checkout: Checkout) -> Checkout:
    """The same, with a database that needs no making."""
    import hashlib

    digest = hashlib.sha256((checkout.venv / STAMP).read_bytes()).hexdigest()
    (checkout.home / "database.stamp").write_text(digest)
    return checkout


def call(checkout: Checkout, *arguments: str, **env: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(checkout.root / "include" / "launch.py"), *arguments],
        env=os.environ | env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def started(stamped: Checkout) -> Iterator[subprocess.Popen[str]]:
    """A launcher whose components have started, begun as scripts begin jobs."""
    (stamped.root / "stubborn").touch()
    process = subprocess.Popen(
        [sys.executable, str(stamped.root / "include/launch.py"), "up", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )  # fmt: skip
    pids = stamped.root / "pids"
    wait_for(
        lambda: pids.exists() and len(pids.read_text().split()) == 4
    )  # each with a child
    yield process
    if process.poll() is None:
        process.terminate()
        process.wait(30)
    assert process.stdout is not None
    process.stdout.close()


def read_pids(checkout: Checkout) -> list[int]:
    return [int(pid) for pid in (checkout.root / "pids").read_text().split()]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_leaves_no_process_even_where_it_was_ignored(
    signum: int, started: subprocess.Popen[str], stamped: Checkout
) -> None:
    pids = read_pids(stamped)
    started.send_signal(signum)
    time.sleep(0.5)
    started.send_signal(signum)  # in a hurry: the stubborn ones need not be waited for
    assert started.wait(20) == 128 + signum
    assert [pid for pid in pids if is_alive(pid)] == []
    assert not (stamped.home / "launcher.json").exists()


def test_down_stops_the_running_one_and_all_that_it_started(
    started: subprocess.Popen[str], stamped: Checkout
) -> None:
    pids = read_pids(stamped)
    code, output = call(stamped, "down")
    assert (code, output) == (
        0,
        f"stopped process {started.pid} and all that it started\n",
    )
    started.wait(5)
    assert [pid for pid in pids if is_alive(pid)] == []


def test_second_launcher_names_the_first_and_starts_nothing(
    started: subprocess.Popen[str], stamped: Checkout
) -> None:
    code, output = call(stamped, "night", "--port", "0")
    assert code == 2
    assert f"process {started.pid} already runs here" in output
    assert len(read_pids(stamped)) == 4
    assert call(stamped, "setup", "--dev") == (0, "")  # nothing to do is no conflict


def test_a_killed_launcher_is_cleaned_up_by_the_next_command(
    started: subprocess.Popen[str], stamped: Checkout
) -> None:
    pids = read_pids(stamped)
    note = read_note(stamped)
    assert note is not None
    assert len(note.components) == 2
    started.kill()
    started.wait(5)
    call(stamped, "down")
    components = [pid for pid, _ in note.components]
    assert [pid for pid in components if is_alive(pid)] == []
    for pid in set(pids) - set(components):  # their children, where TERM came first
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)


def test_secrets_are_not_printed(
    started: subprocess.Popen[str], stamped: Checkout
) -> None:
    keys = load_keys(stamped.home)
    call(stamped, "down")
    assert started.stdout is not None
    output = started.stdout.read()
    assert "starting Airflow" in output
    assert not any(key in output for key in keys.values())


def test_bad_configuration_stops_before_anything_starts(stamped: Checkout) -> None:
    (stamped.root / "bad").touch()
    code, output = call(stamped, "night", "--port", "0")
    assert code == 2
    assert "sources.yaml: no-such-key: unknown" in output
    assert "nothing started" in output
    assert not (stamped.root / "pids").exists()
    assert (stamped.root / "asked").read_text() == "sources validate\n"


def test_dead_component_ends_the_command_with_its_log(stamped: Checkout) -> None:
    airflow = stamped.venv / "bin" / "airflow"
    airflow.write_text("#!/bin/sh\necho no database here\nexit 3\n")
    code, output = call(stamped, "night", "--port", "0")
    assert code == 1
    assert "ended by itself" in output
    assert "no database here" in output


def test_taken_port_is_named_with_the_way_out(stamped: Checkout) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, output = call(stamped, "night", NIGHTDESK_PORT=str(port))
    assert code == 2
    assert f"port {port}" in output
    assert "--port 0 takes a free one" in output
    assert not (stamped.root / "pids").exists()


@pytest.mark.parametrize(
    ("option", "env", "words"),
    [
        pytest.param(None, "http", "not a number", id="a name is no port"),
        pytest.param(65536, "", "not between", id="a port above 65535 is refused"),
        pytest.param(-1, "", "not between", id="a negative port is refused"),
    ],
)
def test_port_that_is_none_is_refused(option: int | None, env: str, words: str) -> None:
    with pytest.raises(LaunchError, match=words) as caught:
        choose_port(option, {"NIGHTDESK_PORT": env})
    assert caught.value.code == 2


def test_port_option_wins_over_the_environment() -> None:
    assert choose_port(0, {"NIGHTDESK_PORT": "http"}) > 1023


@pytest.mark.parametrize(
    ("night", "words"),
    [
        pytest.param("2999-01-01", "not over yet", id="a day that is not over"),
        pytest.param("yesterday", "not a date", id="a word"),
    ],
)
def test_night_that_cannot_be_run_is_refused(
    night: str, words: str, stamped: Checkout
) -> None:
    code, output = call(stamped, "night", "--night", night)
    assert code == 2
    assert words in output


@pytest.mark.parametrize(
    ("uv", "is_new", "is_dev", "expected"),
    [
        pytest.param(
            "/x/uv", True, False,
            ["/x/uv venv --quiet --python {me} {venv}",
             "/x/uv pip install --quiet --python {python} --require-hashes"
             " -r {root}/requirements.txt"],
            id="uv makes the environment and fills it",
        ),
        pytest.param(
            "/x/uv", False, True,
            ["/x/uv pip install --quiet --python {python} --require-hashes"
             " -r {root}/requirements.txt -r {root}/requirements-dev.txt"
             " -r {root}/requirements-lake.txt"],
            id="uv adds what tests need to an environment that is there",
        ),
        pytest.param(
            None, True, False,
            ["{me} -m venv --clear {venv}",
             "{python} -m pip install --quiet --disable-pip-version-check --no-input"
             " --require-hashes -r {root}/requirements.txt"],
            id="without uv, pip does the same",
        ),
        pytest.param(
            None, False, False,
            ["{python} -m ensurepip",
             "{python} -m pip install --quiet --disable-pip-version-check --no-input"
             " --require-hashes -r {root}/requirements.txt"],
            id="an environment that uv made gets a pip first",
        ),
    ],
)  # fmt: skip
def test_install_plan(
    uv: str | None, is_new: bool, is_dev: bool, expected: list[str], checkout: Checkout
) -> None:
    plan = plan_install(checkout, is_dev=is_dev, uv=uv, is_new=is_new)
    assert [" ".join(argv) for argv in plan] == [
        line.format(
            me=sys.executable,
            venv=checkout.venv,
            python=checkout.python,
            root=checkout.root,
        )
        for line in expected
    ]


@pytest.mark.parametrize("script", [None, "exit 127"], ids=["absent", "a dead shim"])
def test_uv_that_does_not_start_is_not_used(
    script: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if script:
        (tmp_path / "uv").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "uv").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_uv() is None


@pytest.fixture
def recorded_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A uv that writes down what it is asked to do, and does nothing."""
    folder = tmp_path / "tools"
    folder.mkdir()
    script = f'#!/bin/sh\n[ "$1" = --version ] || echo "$@" >> {folder}/calls\n'
    (folder / "uv").write_text(script)
    (folder / "uv").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder / "calls"


def test_warm_start_installs_nothing(checkout: Checkout, recorded_uv: Path) -> None:
    install(checkout, Family(), Console(), is_dev=False)
    assert not recorded_uv.exists()
    assert checkout.nightdesk.read_text().startswith(f"#!{checkout.python}\n")


def test_changed_lock_is_installed_once(checkout: Checkout, recorded_uv: Path) -> None:
    (checkout.root / "requirements.txt").write_text("apache-airflow==3.3.3\n")
    install(checkout, Family(), Console(), is_dev=False)
    install(checkout, Family(), Console(), is_dev=False)
    calls = recorded_uv.read_text().splitlines()
    assert len(calls) == 1
    assert calls[0].startswith("pip install ")


def test_moved_checkout_gets_a_new_environment(
    checkout: Checkout, recorded_uv: Path
) -> None:
    stamp = json.loads((checkout.venv / STAMP).read_text()) | {"root": "/elsewhere"}
    (checkout.venv / STAMP).write_text(json.dumps(stamp))
    with pytest.raises(OSError, match=r"\.venv"):  # the fake uv makes no environment
        install(checkout, Family(), Console(), is_dev=False)
    assert recorded_uv.read_text().startswith("venv ")


def test_failed_install_says_what_the_installer_said(
    checkout: Checkout, recorded_uv: Path
) -> None:
    uv = recorded_uv.with_name("uv")
    uv.write_text('#!/bin/sh\n[ "$1" = --version ] || { echo no such hash; exit 1; }\n')
    (checkout.venv / STAMP).unlink()
    with pytest.raises(LaunchError, match="no such hash") as caught:
        install(checkout, Family(), Console(), is_dev=False)
    assert caught.value.code == 2
    assert not (checkout.venv / STAMP).exists()


def test_old_python_without_a_newer_one_gets_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert launch.main() == 2
    assert "needs Python 3.11 or 3.12, and this is 3.10" in capsys.readouterr().err


def test_old_python_hands_over_to_one_that_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, code in (("python3.12", 127), ("python3.11", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    called: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(sys, "version_info", (3, 13, 0))
    monkeypatch.setattr(sys, "argv", ["include/launch.py", "night"])
    monkeypatch.setattr(os, "execv", lambda *call: called.append(call))
    monkeypatch.setenv("PATH", str(tmp_path))
    launch.main()
    python = str(tmp_path / "python3.11")
    assert called == [(python, [python, "include/launch.py", "night"])]


def test_keys_are_kept_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    first = load_keys(tmp_path)
    assert first == load_keys(tmp_path)
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    assert len(set(first.values())) == 3
    assert all(len(key) >= 44 for key in first.values())


def test_environment_stays_on_loopback_and_in_the_checkout(checkout: Checkout) -> None:
    caller = {
        "AIRFLOW_HOME": "/other",
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW_CONN_S3": "aws://",
        "NO_PROXY": "intranet",
        "PATH": "/usr/bin",
    }
    env = build_environment(checkout, 8099, caller, idle_sleep_s=0.2)
    assert env["AIRFLOW_HOME"] == str(checkout.home)
    assert env["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert env["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].startswith(
        "http://127.0.0.1:8099/"
    )
    assert env["AIRFLOW_CONN_S3"] == "aws://"
    assert env["NO_PROXY"] == "intranet,127.0.0.1,localhost"
    assert env["PATH"] == f"{checkout.venv / 'bin'}:/usr/bin"
    warehouse = json.loads(env["AIRFLOW_CONN_NIGHTDESK_WAREHOUSE"])
    assert Path(warehouse["host"]).is_relative_to(checkout.data)


def test_note_of_somebody_elses_process_is_not_believed(checkout: Checkout) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        note = {
            "pid": other.pid,
            "started": "long ago",
            "components": [[other.pid, "long ago"]],
        }
        (checkout.home / "launcher.json").write_text(json.dumps(note))
        assert stop_running(checkout) == "nothing runs here"
        assert end_leftovers(checkout) == 0
        with hold_lock(checkout):
            assert other.poll() is None
        other.kill()


def test_family_holds_grandchildren_in_groups_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import os, time; os.fork() or os.setpgid(0, 0); time.sleep(60)"
    family = Family()
    monkeypatch.setattr("launcher.processes.GRACE_S", 0.3)
    process = family.start("parent", [sys.executable, "-c", code], log=tmp_path / "log")
    wait_for(lambda: len(find_family({process.pid})) == 2)
    pids = find_family({process.pid})
    family.stop(Console())
    assert [pid for pid in pids if is_alive(pid)] == []


def test_start_time_tells_processes_apart() -> None:
    assert read_start(os.getpid()) == read_start(os.getpid()) is not None
    assert read_start(2**22 + 1) is None


@pytest.mark.parametrize(
    ("entry", "lines"),
    [
        pytest.param("plain", ["plain"], id="a plain line stays"),
        pytest.param({"event": "::group::x"}, [], id="grouping marks are left out"),
        pytest.param(
            {
                "event": "Task failed",
                "error_detail": [{"exc_type": "KeyError", "exc_value": "'a'"}],
            },
            ["Task failed", "KeyError: 'a'"],
            id="an exception follows its event",
        ),
    ],
)
def test_log_entries_become_lines(entry: object, lines: list[str]) -> None:
    assert format_log(entry) == lines


@pytest.mark.parametrize(
    "text", ["[]", '{"a": {}}', "{", '{"a": {"slots": "x", "description": ""}}']
)
def test_pools_file_that_airflow_would_not_take_is_refused(text: str) -> None:
    with pytest.raises(LaunchError, match=r"pools\.json: not a pools file"):
        read_pools(text, "pools.json")
