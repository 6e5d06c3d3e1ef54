"""One collect run that is about to be killed: by its parent, or by itself at a write.

Says `ready` when it begins to work, and `done N` at its end, N the number of times that
it brought something to disk. Between two of those lies every state that a kill leaves.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path

from nightdesk.config import Settings
from nightdesk.pipeline import Job, collect_sources, past_ccnews, plan_run

_PART = 32_768


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("mirrors", type=Path)
    parser.add_argument("moment", type=datetime.fromisoformat)
    parser.add_argument("--night", type=date.fromisoformat, action="append", default=[])
    parser.add_argument("--kill-at-sync", type=int, default=0)
    options = parser.parse_args()
    n_syncs, fsync = 0, os.fsync

    def sync_or_die(handle: int) -> None:
        nonlocal n_syncs
        n_syncs += 1
        if n_syncs == options.kill_at_sync:
            os.kill(os.getpid(), signal.SIGKILL)
        fsync(handle)

    os.fsync = sync_or_die
    # The sample news files are of 100 kB: read them in parts, as those of 1 GB are.
    past_ccnews.PART, past_ccnews._STEP = _PART, 2 * _PART
    start = time.monotonic()

    def tell_time() -> datetime:
        return options.moment + timedelta(seconds=time.monotonic() - start)

    settings = Settings(
        data=options.data,
        landing=str(options.data / "landing"),
        warehouse=str(options.data / "warehouse" / "nightdesk.duckdb"),
        mirrors=json.loads(options.mirrors.read_text("utf-8")),
    )
    job = Job(settings, f"chaos {options.moment:%H%M}", tell_time)
    say("ready")
    for night in options.night:
        for batch in plan_run(job, night)["batches"]:
            collect_sources(job, night, batch)
    say(f"done {n_syncs}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
