"""maintain: upkeep without Airflow, the same steps as the weekly DAG."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime

from nightdesk.cli import Commands, add_command, say, say_json
from nightdesk.cli.connection import connect_warehouse
from nightdesk.cli.night import open_job
from nightdesk.errors import ConfigError
from nightdesk.pipeline.airflow_files import find_logs, prune_logs
from nightdesk.pipeline.maintain import STEPS, Counts, run_steps
from nightdesk.settings import CHECKOUT

_LOGS = "logs"


def add_commands(commands: Commands) -> None:
    """Add `maintain`."""
    maintain = add_command(
        commands,
        "maintain",
        _maintain,
        "do the weekly upkeep: give up old captures, sweep, compact, verify a share of "
        "the archive, learn, forecast the disk, prune Airflow's logs; 1 if one fails",
        "maintain sweep compact",
    )
    allowed = ", ".join((*STEPS, _LOGS))
    maintain.add_argument(
        "steps", nargs="*", metavar="STEP", help=f"{allowed}; default: all"
    )
    maintain.add_argument(
        "--keep-logs",
        type=int,
        default=30,
        metavar="DAYS",
        help="age from which Airflow's logs of our DAGs go; default: 30",
    )
    maintain.add_argument("--json", action="store_true")


def _maintain(options: argparse.Namespace) -> int:
    wanted = options.steps or [*STEPS, _LOGS]
    for name in wanted:
        if name not in STEPS and name != _LOGS:
            allowed = ", ".join((*STEPS, _LOGS))
            raise ConfigError(f"maintain: {name!r} is no step; allowed: {allowed}")
    with open_job(with_world=False) as job:
        connect = connect_warehouse(job.settings, must_exist=True)
        steps = [name for name in wanted if name in STEPS]
        done, failed = run_steps(job, connect, steps)
    if _LOGS in wanted:
        folder = find_logs(os.environ, CHECKOUT)
        done[_LOGS] = {**prune_logs(folder, options.keep_logs, datetime.now(UTC))}
    if options.json:
        say_json({"done": done, "failed": failed})
    else:
        for name in wanted:
            line = f"FAILED: {failed[name]}" if name in failed else _words(done[name])
            say(f"{name:<8} {line}")
    return 1 if failed else 0


def _words(counts: Counts) -> str:
    return ", ".join(f"{key} {value}" for key, value in counts.items())
