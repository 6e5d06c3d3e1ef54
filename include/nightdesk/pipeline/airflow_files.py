"""What Airflow keeps of our runs: logs and rows of its metadata, pruned by age.

Nothing of other people's DAGs is touched, and Airflow itself is only called as a
command: this package imports none of it.
"""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from nightdesk.errors import NightdeskError

log = logging.getLogger(__name__)

#: Tables of Airflow's metadata whose rows name their DAG; of others, such as those of
#: users' sessions, `--dag-ids` would clean what is not ours.
_TABLES = ("dag_run", "task_instance", "task_instance_history", "xcom", "log", "job")
#: Airflow 3.3.2 adds this one by itself and then looks for a column that it lacks; no
#: DAG of ours has deadlines.
_BROKEN = frozenset({"deadline"})
#: Airflow puts a name that leads nowhere here, to keep tasks from its database. Without
#: it a command finds the database where the installation says: in airflow.cfg, or by
#: AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD or _SECRET.
_HIDDEN = ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__CORE__SQL_ALCHEMY_CONN")
_FOUND = re.compile(r"Found (\d+) rows meeting deletion criteria")
_FAILED = re.compile(r"did not clean them: \[(.*?)\]")


def prune_logs(folder: Path, keep_days: int, now: datetime) -> dict[str, int]:
    """Delete logs of our DAGs that are older than some days; return counts.

    Args:
        folder: Airflow's `base_log_folder`.
        keep_days: age from which a log goes.
        now: the time.
    """
    limit = (now - timedelta(days=keep_days)).timestamp()
    old = [
        path
        for pattern in ("dag_id=nightdesk_*/**/*", "dag_processor/**/nightdesk_*.log")
        for path in folder.glob(pattern)
        if path.is_file() and not path.is_symlink() and path.stat().st_mtime < limit
    ]
    n_bytes = sum(path.stat().st_size for path in old)
    for path in old:
        path.unlink(missing_ok=True)
    for parent in sorted({p.parent for p in old}, reverse=True):
        _remove_empty(parent, folder)
    return {"files": len(old), "bytes": n_bytes}


def _remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder with those above it that hold nothing any more."""
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def prune_metadata(
    dag_ids: Sequence[str], keep_days: int, now: datetime, environ: Mapping[str, str]
) -> dict[str, int]:
    """Let `airflow db clean` delete old rows of our DAGs; return how many it found.

    The last run of each DAG stays, whatever its age.

    Raises:
        NightdeskError: Airflow refuses; with the end of what it says.
    """
    env = {key: value for key, value in environ.items() if key not in _HIDDEN}
    stamp = (now - timedelta(days=keep_days)).isoformat(timespec="seconds")
    command = [sys.executable, "-m", "airflow", "db", "clean", "--yes"]
    command += ["--skip-archive", "--error-on-cleanup-failure"]
    command += ["--dag-ids", ",".join(dag_ids), "--tables", ",".join(_TABLES)]
    command += ["--clean-before-timestamp", stamp]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603  our own words
    said = done.stdout + done.stderr
    found, failed = _FOUND.findall(said), _FAILED.search(said)
    tables = set(re.findall(r"\w+", failed[1])) if failed else set()
    is_good = done.returncode == 0 or (tables and tables <= _BROKEN)
    if not is_good or not found:  # an empty database has no tables to look at
        raise NightdeskError(
            f"airflow db clean: exit code {done.returncode}, {len(found)} tables: "
            f"{said.strip()[-1500:]}; tasks are not told where the metadata database "
            "is if AIRFLOW__DATABASE__SQL_ALCHEMY_CONN alone says so: see "
            "docs/own-airflow.md"
        )
    return {"rows": sum(map(int, found))}


def find_logs(environ: Mapping[str, str], checkout: Path) -> Path:
    """Return the folder of Airflow's logs, as far as the environment says it."""
    home = environ.get("AIRFLOW_HOME") or str(checkout / ".airflow")
    named = environ.get("AIRFLOW__LOGGING__BASE_LOG_FOLDER")
    return Path(named or Path(home) / "logs").expanduser()
