"""Where things lie in a checkout, and the environment that every component gets.

Airflow is set by environment variables alone: a generated airflow.cfg would be 120 KB
of somebody else's defaults. Its home is private to the checkout.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from launcher.console import LaunchError

DEFAULT_PORT = 8080
LOGIN = ("admin", "admin")  # of a server that listens on this machine only


@dataclass(frozen=True)
class Checkout:
    """The places of one checkout.

    Attributes:
        root: the folder that holds `include`, `dags` and `plugins`.
        data: the root of all data (NIGHTDESK_DATA).
    """

    root: Path
    data: Path

    @property
    def venv(self) -> Path:
        """The virtual environment."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The interpreter in the virtual environment."""
        return self.venv / "bin" / "python"

    @property
    def nightdesk(self) -> Path:
        """The console script."""
        return self.venv / "bin" / "nightdesk"

    @property
    def home(self) -> Path:
        """Airflow's home: database, logs, keys."""
        return self.root / ".airflow"

    @property
    def logs(self) -> Path:
        """Where Airflow and its components log."""
        return self.home / "logs"

    @property
    def mirrors(self) -> Path:
        """The file of the newsstand that says where its outlets are served."""
        return self.home / "mirrors.json"


def find_checkout(environ: dict[str, str]) -> Checkout:
    """The checkout that this file belongs to."""
    root = Path(__file__).resolve().parents[2]
    data = environ.get("NIGHTDESK_DATA")
    return Checkout(root, Path(data or root / "data").expanduser().resolve())


def choose_port(option: int | None, environ: dict[str, str]) -> int:
    """The port to listen on: option, NIGHTDESK_PORT, 8080; 0 takes a free one.

    Raises:
        LaunchError: it is taken, or is no port.
    """
    wanted = environ.get("NIGHTDESK_PORT", "") if option is None else str(option)
    try:
        port = int(wanted) if wanted else DEFAULT_PORT
    except ValueError:
        raise LaunchError(f"NIGHTDESK_PORT: {wanted}: not a number") from None
    if not 0 <= port <= 65535:
        raise LaunchError(f"port {port}: not between 0 and 65535")
    with socket.socket() as sock:
        # As the server does it: a port in TIME_WAIT is free for a listener.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError as error:
            raise LaunchError(
                f"port {port}: cannot listen on 127.0.0.1: {error.strerror}. Choose "
                "another with --port N, NIGHTDESK_PORT=N or `make up PORT=N`; --port 0 "
                "takes a free one."
            ) from error
        return int(sock.getsockname()[1])


def load_keys(home: Path) -> dict[str, str]:
    """The keys of this home, made at the first call; never shown to anyone."""
    path = home / "keys.json"
    if path.exists():
        keys: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return keys
    keys = {
        "fernet": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "jwt": secrets.token_urlsafe(64),
        "secret": secrets.token_urlsafe(64),
    }
    write_private(path, json.dumps(keys))
    return keys


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def build_environment(
    checkout: Checkout, port: int, environ: dict[str, str], *, idle_sleep_s: float
) -> dict[str, str]:
    """The environment of every component; Airflow settings of the caller do not leak.

    Args:
        checkout: whose.
        port: of the web and API server.
        environ: the caller's environment.
        idle_sleep_s: pause of the scheduler between two looks; it is most of the time
            between two short tasks.
    """
    kept = {key: value for key, value in environ.items() if not is_foreign(key)}
    user, role = LOGIN[0], "admin"
    passwords = checkout.home / "passwords.json"
    write_private(passwords, json.dumps({user: LOGIN[1]}))
    keys = load_keys(checkout.home)
    settings = {
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__DAGS_FOLDER": str(checkout.root / "dags"),
        "CORE__PLUGINS_FOLDER": str(checkout.root / "plugins"),
        "CORE__LOAD_EXAMPLES": "False",
        # One idle process is forked per slot, and 32 of them on two cores contend.
        "CORE__PARALLELISM": str(2 * (os.cpu_count() or 1)),
        "CORE__FERNET_KEY": keys["fernet"],
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{user}:{role}",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        # The default asks the resolver, which may take seconds without a network.
        "CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{checkout.home}/airflow.db",
        "DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "launcher.sqlite.CONNECT_ARGS",
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__BASE_URL": f"http://127.0.0.1:{port}",
        "API__WORKERS": "1",
        "API__SECRET_KEY": keys["secret"],
        "API_AUTH__JWT_SECRET": keys["jwt"],
        "DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": str(idle_sleep_s),
        # What a killed scheduler left running starts again soon after the next start.
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        # A supervisor that misses the end of its task looks again at its next
        # heartbeat; until then (5 s by default) the slot is taken.
        "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "LOGGING__BASE_LOG_FOLDER": str(checkout.logs),
        "LOGGING__COLORED_CONSOLE_LOG": "False",
    }
    kept.update({f"AIRFLOW__{key}": value for key, value in settings.items()})
    warehouse = kept.get("NIGHTDESK_WAREHOUSE") or str(
        checkout.data / "warehouse" / "nightdesk.duckdb"
    )
    kept.setdefault(
        "AIRFLOW_CONN_NIGHTDESK_WAREHOUSE",
        json.dumps({"conn_type": "duckdb", "host": warehouse}),
    )
    kept["AIRFLOW_HOME"] = str(checkout.home)
    kept["NIGHTDESK_DATA"] = str(checkout.data)
    kept["NIGHTDESK_PORT"] = str(port)
    kept["PYTHONPATH"] = str(checkout.root / "include")
    kept["PATH"] = f"{checkout.venv / 'bin'}{os.pathsep}{kept.get('PATH', os.defpath)}"
    kept["PYTHONUNBUFFERED"] = "1"
    kept["SCARF_ANALYTICS"] = "false"  # Airflow's usage data collection
    # Components speak to each other on loopback, whatever proxy is set.
    local = "127.0.0.1,localhost"
    kept["NO_PROXY"] = ",".join(filter(None, (kept.get("NO_PROXY"), local)))
    kept["no_proxy"] = kept["NO_PROXY"]
    return kept


def is_foreign(key: str) -> bool:
    """Whether a variable belongs to another Airflow or another Python environment."""
    if key.startswith("AIRFLOW_CONN_") or key.startswith("AIRFLOW_VAR_"):
        return False  # secrets of sources and warehouses are the user's to give
    return key.startswith("AIRFLOW_") or key in ("VIRTUAL_ENV", "PYTHONHOME")
