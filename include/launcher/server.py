"""Starts the components of a private Airflow, and knows when they are well.

`airflow standalone` would start two log servers on all interfaces; a local executor's
logs are read from disk without them. No DAG of ours needs the triggerer: it starts last
and only for who stays, because the home page shows a red mark without it.
"""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen

from launcher.console import Console, LaunchError
from launcher.install import STAMP, read_tail
from launcher.instance import write_note
from launcher.processes import Family
from launcher.rest import Airflow, RestError, read_pools
from launcher.settings import LOGIN, Checkout

COMPONENTS = {
    "api-server": ["api-server"],
    "dag-processor": ["dag-processor"],
}
# A task that starts before the server answers fails and waits for its next try: what
# an interrupted run left behind starts with the scheduler.
AFTER_SERVER = {"scheduler": ["scheduler", "--skip-serve-logs"]}
EXTRAS = {"triggerer": ["triggerer", "--skip-serve-logs"]}
_HEALTHY = ("metadatabase", "scheduler", "dag_processor")
_START_S = 300.0
_LOOK_S = 0.3


def begin_database(
    checkout: Checkout, family: Family, env: dict[str, str]
) -> Popen[bytes] | None:
    """Begin to make or migrate the database; None if this installation has done so.

    A database without a stamp is one that was never finished.
    """
    stamp, database = _stamp(checkout), checkout.home / "airflow.db"
    if not stamp.is_file():
        database.unlink(missing_ok=True)
    elif database.is_file() and stamp.read_text("utf-8") == _digest(checkout):
        return None
    argv = [str(checkout.python), str(Path(__file__).with_name("prepare.py"))]
    return family.start("prepare", argv, log=checkout.logs / "prepare.log", env=env)


def finish_database(
    checkout: Checkout, family: Family, console: Console, made: Popen[bytes] | None
) -> None:
    """Return when the database is ready.

    Raises:
        LaunchError: it cannot be made; with what Airflow says.
    """
    if made is None:
        return
    console.step("making Airflow's database")
    if family.wait("prepare", console) != 0:
        tail = read_tail(checkout.logs / "prepare.log")
        raise LaunchError(f"Airflow's database: failed:\n{tail}", 1)
    _stamp(checkout).write_text(_digest(checkout), encoding="utf-8")


def _stamp(checkout: Checkout) -> Path:
    return checkout.home / "database.stamp"


def _digest(checkout: Checkout) -> str:
    return hashlib.sha256((checkout.venv / STAMP).read_bytes()).hexdigest()


def start_components(
    checkout: Checkout,
    family: Family,
    env: dict[str, str],
    components: dict[str, list[str]],
) -> None:
    """Start components at once; each logs to `.airflow/logs/<component>.log`."""
    airflow = str(checkout.venv / "bin" / "airflow")
    for name, arguments in components.items():
        log = checkout.logs / f"{name}.log"
        argv = [airflow, *arguments]
        family.start(name, argv, log=log, env=env, cwd=checkout.root)
        write_note(checkout, family, int(env["AIRFLOW__API__PORT"]))


def check_components(checkout: Checkout, family: Family) -> None:
    """Raise LaunchError, with the end of its log, if a component has died."""
    name = family.find_dead()
    if name is not None:
        tail = read_tail(checkout.logs / f"{name}.log")
        raise LaunchError(f"{name}: ended by itself; its log ends:\n{tail}", 1)


def revive_component(
    checkout: Checkout, family: Family, env: dict[str, str]
) -> str | None:
    """Start a component again that has ended by itself; its name, or None."""
    known, name = COMPONENTS | AFTER_SERVER | EXTRAS, family.find_dead()
    if name not in known:
        return None
    del family.running[name]
    start_components(checkout, family, env, {name: known[name]})
    return name


def wait_answer(
    airflow: Airflow, checkout: Checkout, family: Family, console: Console
) -> None:
    """Return when the server answers.

    Raises:
        LaunchError: a component died, or it does not answer in time.
    """
    end = time.monotonic() + _START_S
    while True:
        check_components(checkout, family)
        try:
            airflow.list_health()
        except RestError as error:
            if time.monotonic() > end:
                raise LaunchError(f"server: no answer: {error}", 1) from error
            console.wait(_LOOK_S)
        else:
            return


def wait_healthy(
    airflow: Airflow, checkout: Checkout, family: Family, console: Console
) -> None:
    """Return when every component has given a sign of life since we started it.

    Raises:
        LaunchError: one died, or they are not well in time.
    """
    began, end = datetime.now(UTC), time.monotonic() + _START_S
    missing = list(_HEALTHY)
    while missing:
        check_components(checkout, family)
        if time.monotonic() > end:
            raise LaunchError(
                f"not healthy after {_START_S:.0f} s: {', '.join(missing)}; "
                f"see {checkout.logs}",
                1,
            )
        console.wait(_LOOK_S)
        try:
            health = airflow.list_health()
        except RestError:
            continue  # not listening yet
        missing = [name for name in _HEALTHY if not is_well(health.get(name), began)]


def is_well(state: tuple[str | None, str | None] | None, began: datetime) -> bool:
    """Whether a component is healthy, by a sign of life that is not a predecessor's."""
    if state is None or state[0] != "healthy":
        return False
    return state[1] is None or datetime.fromisoformat(state[1]) > began


def connect(airflow: Airflow, checkout: Checkout) -> None:
    """Log in, and make the pools that are missing."""
    airflow.log_in(*LOGIN)
    path = checkout.root / "include" / "config" / "pools.json"
    airflow.add_pools(read_pools(path.read_text(encoding="utf-8"), str(path)))
