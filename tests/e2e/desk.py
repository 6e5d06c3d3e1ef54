"""A checkout of its own for tests that start the real Airflow through the launcher."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STAMP = "nightdesk-install.json"
PARTS = ("dags", "plugins", "include", "requirements.txt", "requirements-dev.txt")


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


class Desk:
    """A copy of the checkout, with an Airflow of its own.

    Its environment is that of the tests, file for file: `make test` has just made it.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.data = self.root / "data"
        self.root.mkdir(parents=True)
        for part in PARTS:
            source, target = ROOT / part, self.root / part
            if source.is_dir():
                ignore = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, target, ignore=ignore)
            elif source.exists():
                shutil.copyfile(source, target)
        self._borrow()

    def _borrow(self) -> None:
        venv = self.root / ".venv"
        shutil.copytree(sys.prefix, venv, symlinks=True, copy_function=_link)
        stamp = venv / STAMP
        made_of = json.loads(stamp.read_text("utf-8"))
        (site,) = venv.glob("lib/python3.*/site-packages")
        for own in (stamp, venv / "bin" / "nightdesk", site / "nightdesk.pth"):
            own.unlink()  # the launcher writes them; a link would change the tests'
        stamp.write_text(json.dumps({**made_of, "root": str(self.root)}), "utf-8")

    def environment(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("NIGHTDESK_")}
        kept["PYTHONPATH"] = str(self.root / "include")
        kept["NIGHTDESK_DATA"] = str(self.data)
        return kept | more

    def launch(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a launcher command to its end."""
        return subprocess.run(
            [sys.executable, "include/launch.py", *words],
            cwd=self.root,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    def nightdesk(self, *words: str, **more: str) -> str:
        """Run a command of ours and return what it prints; it must succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "nightdesk", *words],
            cwd=self.root,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def hashes(self, **more: str) -> dict[str, str]:
        return json.loads(self.nightdesk("warehouse", "hash", "--json", **more))

    @contextmanager
    def up(self, **more: str) -> Iterator[int]:
        """Yield the port of a running `up`, whose night has been run."""
        log = self.root / "up.log"
        with log.open("w") as sink:
            process = subprocess.Popen(
                [sys.executable, "include/launch.py", "up", "--port", "0"],
                cwd=self.root,
                env=self.environment(**more),
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_for(lambda: "Ctrl-C stops" in log.read_text(), 600, process, log)
            text = log.read_text()
            yield int(text.split("http://127.0.0.1:")[1].split()[0])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=90)


def wait_for(
    look, seconds: float, process: subprocess.Popen | None = None, log=None
) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        if process is not None and process.poll() is not None:
            raise AssertionError(f"ended early:\n{log.read_text()}")
        time.sleep(0.5)
    raise AssertionError(
        f"not within {seconds} s" + (f":\n{log.read_text()}" if log else "")
    )


class Rest:
    """As much of Airflow's REST interface as a test looks at."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        body = json.dumps({"username": "admin", "password": "admin"}).encode()
        self.token = self._ask("/auth/token", body)["access_token"]

    def _ask(
        self, path: str, body: bytes | None = None, method: str | None = None
    ) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if hasattr(self, "token"):
            headers["Authorization"] = f"Bearer {self.token}"
        url = self.base + path
        request = urllib.request.Request(url, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def patch(self, path: str, changes: dict[str, Any]) -> dict[str, Any]:
        """Change what stands at a path."""
        return self._ask(path, json.dumps(changes).encode(), "PATCH")

    def page(self, path: str, *, is_known: bool) -> tuple[int, str]:
        """Return status and text of a page, logged in or not."""
        headers = {"Authorization": f"Bearer {self.token}"} if is_known else {}
        request = urllib.request.Request(self.base + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        return self._ask(f"/api/v2/dags/{dag_id}/dagRuns?limit=100")["dag_runs"]

    def health(self, component: str) -> str:
        return self._ask("/api/v2/monitor/health")[component]["status"]

    def is_backfilling(self, dag_id: str) -> bool:
        """Whether a backfill is open; it stays so for up to 30 s after its last run."""
        found = self._ask(f"/api/v2/backfills?dag_id={dag_id}")["backfills"]
        return any(backfill["completed_at"] is None for backfill in found)

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=200"
        return self._ask(path)["task_instances"]
