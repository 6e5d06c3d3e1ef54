"""The four commands: setup, up, night, down."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, date, datetime, timedelta

from launcher.console import Console, Interrupted, LaunchError
from launcher.desk import Desk
from launcher.install import install, is_installed
from launcher.instance import hold_lock, stop_running, write_note
from launcher.night import Night
from launcher.processes import Family
from launcher.rest import Airflow, RestError
from launcher.server import (
    AFTER_SERVER,
    COMPONENTS,
    EXTRAS,
    begin_database,
    check_components,
    connect,
    finish_database,
    revive_component,
    start_components,
    wait_answer,
    wait_healthy,
)
from launcher.settings import (
    LOGIN,
    Checkout,
    build_environment,
    choose_port,
    find_checkout,
)

# Pause of the scheduler between two looks: short while we wait for it, then kind.
_IDLE_SLEEP_S = {"night": 0.2, "up": 0.5}
# An `up` that stays for months outlives a component that dies now and then.
_REVIVALS = 20


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="launch.py", description="Install nightdesk and run it on its own Airflow."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    setup = commands.add_parser("setup", help="install into .venv")
    up = commands.add_parser("up", help="start Airflow, run last night, stay")
    night = commands.add_parser("night", help="the same, one night, then stop")
    commands.add_parser("down", help="stop a running `up` or `night`")
    for command in (setup, up, night):
        command.add_argument(
            "--dev", action="store_true", help="also what tests and linters need"
        )
    for command in (up, night):
        command.add_argument(
            "--port", type=int, help="of the web page (8080; 0: a free one)"
        )
        command.add_argument(
            "--night", type=read_night, metavar="YYYY-MM-DD", help="default: last night"
        )
    return parser


def read_night(text: str) -> date:
    """A whole day that is over, in UTC."""
    try:
        night = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: not a date YYYY-MM-DD") from None
    if night > find_last_night():
        raise argparse.ArgumentTypeError(f"{text}: this day is not over yet (UTC)")
    return night


def find_last_night() -> date:
    """The last whole day, in UTC."""
    return datetime.now(UTC).date() - timedelta(days=1)


def main(argv: list[str]) -> int:
    """Exit code: 0 done, 1 the night failed, 2 wrong usage or configuration."""
    options = build_parser().parse_args(argv)
    console = Console()
    console.catch_signals()
    family = Family(adopts=True)
    code = 0
    try:
        code = run_command(options, family, console)
    except Interrupted as error:
        code = 0 if error.is_end else 128 + error.signum
    except LaunchError as error:
        console.say(f"nightdesk: {error}")
        code = error.code
    except RestError as error:
        console.say(f"nightdesk: Airflow's server: {error}")
        code = 1
    return code


def run_command(options: argparse.Namespace, family: Family, console: Console) -> int:
    """Exit code of one command; ends every process that it started."""
    checkout = find_checkout(dict(os.environ))
    if options.command == "down":
        console.say(stop_running(checkout, console.wait))
        return 0
    if options.command == "setup" and is_installed(checkout, is_dev=options.dev):
        return 0  # also beside a running `up`
    with hold_lock(checkout):
        try:
            write_note(checkout, family)
            if options.command != "setup":
                port = choose_port(options.port, dict(os.environ))
            install(checkout, family, console, is_dev=options.dev)
            if options.command == "setup":
                return 0
            return operate(options, checkout, port, family, console)
        finally:
            if family.running:
                console.step("stopping")
            family.stop(console)


def operate(
    options: argparse.Namespace,
    checkout: Checkout,
    port: int,
    family: Family,
    console: Console,
) -> int:
    """Start everything, run the night, and stay if the command is `up`."""
    checkout.logs.mkdir(parents=True, exist_ok=True)
    env = build_environment(
        checkout, port, dict(os.environ), idle_sleep_s=_IDLE_SLEEP_S[options.command]
    )
    desk = Desk(checkout, family, console, env)
    start(desk, port)
    is_good = run_night(options, desk, port)
    if options.command == "up":
        start_components(checkout, family, env, EXTRAS)
        console.say(
            f"Airflow: http://127.0.0.1:{port}  login: {' / '.join(LOGIN)}\n"
            f"Brief:   {checkout.data / 'briefs' / 'latest' / 'index.html'}\n"
            "Ctrl-C stops everything."
        )
        try:
            stay(desk)
        except Interrupted as error:  # Ctrl-C or `down`: the way it ends
            error.is_end = True
            raise
    return 0 if is_good else 1


def stay(desk: Desk) -> None:
    """Watch the components until a signal comes; one that ends is started again.

    Raises:
        LaunchError: that did not help, or the newsstand ended.
    """
    for _ in range(_REVIVALS):
        while (name := revive_component(desk.checkout, desk.family, desk.env)) is None:
            check_components(desk.checkout, desk.family)
            desk.console.wait(1.0)
        log = desk.checkout.logs / f"{name}.log"
        desk.console.step(f"{name} ended by itself and was started again; see {log}")
    while True:
        check_components(desk.checkout, desk.family)
        desk.console.wait(1.0)


def start(desk: Desk, port: int) -> None:
    """Start newsstand and Airflow, after the configuration was found good."""
    checkout, family, console, env = desk.checkout, desk.family, desk.console, desk.env
    desk.check_sources()
    made = begin_database(checkout, family, env)
    desk.check_machine()
    if desk.start_newsstand():
        console.step("sample newsstand is open")
    finish_database(checkout, family, console, made)
    console.step("starting Airflow")
    start_components(checkout, family, env, COMPONENTS)
    wait_answer(Airflow(port), checkout, family, console)
    start_components(checkout, family, env, AFTER_SERVER)
    wait_healthy(Airflow(port), checkout, family, console)
    console.step(f"Airflow is up: http://127.0.0.1:{port}  login: {' / '.join(LOGIN)}")


def run_night(options: argparse.Namespace, desk: Desk, port: int) -> bool:
    """Run the night that is wanted, by default the last one; whether it ended well."""
    is_staying, airflow = options.command == "up", Airflow(port)
    night = Night(
        airflow, desk.console, lambda: check_components(desk.checkout, desk.family)
    )
    night.ask(lambda: connect(airflow, desk.checkout))
    night.prepare_dags(is_staying=is_staying)
    last = find_last_night()
    wanted = options.night or last
    is_good = night.run(wanted, is_latest=wanted == last)
    if not is_staying:
        night.drain()
    if not is_good:
        desk.console.say("The night failed; what was published before is unchanged.")
        return False
    return desk.show_accounting(wanted)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
