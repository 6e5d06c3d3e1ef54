"""Makes `.venv` and installs the lock into it, once per lock.

What to run is planned as data first, so that a plan can be shown and tested without
an installation. Needs no network when the package cache is warm.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from launcher.console import Console, LaunchError
from launcher.processes import Family
from launcher.settings import Checkout

STAMP = "nightdesk-install.json"
_SCRIPT = """#!{python}
import sys

from nightdesk.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
"""


def describe_install(checkout: Checkout, *, is_dev: bool) -> dict[str, str]:
    """What an up-to-date installation was made from: digests of locks, and the place.

    A virtual environment holds absolute paths, so a moved checkout needs a new one.
    """
    wanted = {"root": str(checkout.root)}
    for path in list_locks(checkout, is_dev=is_dev):
        if not path.is_file():
            raise LaunchError(f"{path}: missing: is this a whole checkout?")
        wanted[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return wanted


def list_locks(checkout: Checkout, *, is_dev: bool) -> list[Path]:
    """The hashed requirement files to install."""
    names = ["requirements.txt"]
    if is_dev:
        names += ["requirements-dev.txt", "requirements-lake.txt"]
    return [checkout.root / name for name in names]


def read_stamp(checkout: Checkout) -> dict[str, str]:
    """What the last whole installation was made from; empty if there was none."""
    try:
        stamp: dict[str, str] = json.loads(
            (checkout.venv / STAMP).read_text(encoding="utf-8")
        )
    except (OSError, ValueError):
        return {}
    return stamp


def find_uv() -> str | None:
    """Path of a uv that starts, else None."""
    path = shutil.which("uv")
    if path is None:
        return None
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=30)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return path if done.returncode == 0 else None


def plan_install(
    checkout: Checkout, *, is_dev: bool, uv: str | None, is_new: bool
) -> list[list[str]]:
    """The commands that make the environment and install the locks into it.

    Args:
        checkout: where.
        is_dev: with what tests and linters need.
        uv: path of uv; None takes pip.
        is_new: whether the environment is to be made, else it is only filled.
    """
    plan: list[list[str]] = []
    python, venv = str(checkout.python), str(checkout.venv)
    if is_new and uv:
        plan.append([uv, "venv", "--quiet", "--python", sys.executable, venv])
    elif is_new:
        plan.append([sys.executable, "-m", "venv", "--clear", venv])
    elif not uv:
        # An environment that uv made has no pip of its own.
        plan.append([python, "-m", "ensurepip"])
    files = [
        part
        for path in list_locks(checkout, is_dev=is_dev)
        for part in ("-r", str(path))
    ]
    if uv:
        install = [uv, "pip", "install", "--quiet", "--python", python]
    else:
        install = [python, "-m", "pip", "install", "--quiet"]
        install += ["--disable-pip-version-check", "--no-input"]
    plan.append([*install, "--require-hashes", *files])
    return plan


def install(
    checkout: Checkout, family: Family, console: Console, *, is_dev: bool
) -> None:
    """Bring `.venv` to the state of the locks; does nothing when it is there."""
    if is_installed(checkout, is_dev=is_dev):
        link_package(checkout)
        return
    wanted = describe_install(checkout, is_dev=is_dev)
    stamp = read_stamp(checkout)
    is_moved = stamp.get("root", wanted["root"]) != wanted["root"]
    is_new = is_moved or not is_usable(checkout)
    uv = find_uv()
    console.step(
        f"installing into .venv with {'uv' if uv else 'pip'}"
        + ("" if uv else " (about half a minute; uv would be much faster)")
    )
    if is_new and checkout.venv.exists():
        shutil.rmtree(checkout.venv)
    checkout.logs.mkdir(parents=True, exist_ok=True)
    for argv in plan_install(checkout, is_dev=is_dev, uv=uv, is_new=is_new):
        log = checkout.logs / "install.log"
        if family.run("install", argv, log=log, console=console) != 0:
            raise LaunchError(f"{' '.join(argv)}: failed:\n{read_tail(log)}")
    link_package(checkout)
    (checkout.venv / STAMP).write_text(json.dumps(wanted), encoding="utf-8")
    console.step("installed")


def is_installed(checkout: Checkout, *, is_dev: bool) -> bool:
    """Whether `.venv` is what the locks say."""
    wanted = describe_install(checkout, is_dev=is_dev)
    return wanted.items() <= read_stamp(checkout).items() and is_usable(checkout)


def is_usable(checkout: Checkout) -> bool:
    """Whether `.venv` has a Python that starts and is one we support."""
    code = "import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))"
    try:
        return subprocess.call([checkout.python, "-c", code]) == 0  # noqa: S603
    except OSError:
        return False


def link_package(checkout: Checkout) -> None:
    """Put `include` on the environment's path, and the console script in place."""
    for site in checkout.venv.glob("lib/python3.*/site-packages"):
        write_changed(site / "nightdesk.pth", f"{checkout.root / 'include'}\n")
    write_changed(checkout.nightdesk, _SCRIPT.format(python=checkout.python))
    checkout.nightdesk.chmod(0o755)


def write_changed(path: Path, text: str) -> None:
    """Write a file unless it already reads so."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def read_tail(path: Path, n_lines: int = 20) -> str:
    """The last lines of a log; a note if there is none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        return f"(no log: {error})"
    return "\n".join(lines[-n_lines:])
