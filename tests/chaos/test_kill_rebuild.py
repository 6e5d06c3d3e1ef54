"""A rebuild that is killed at any moment leaves the old warehouse, or the new one."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from httpworld import World, reply
from nightworld import TEXT, Desk, write_feed, write_item, write_page

from nightdesk.pipeline.built import read_loads
from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.content import hash_tables
from nightdesk.warehouse.verify import verify_warehouse

N_KILLS = 6


def start_rebuild(desk: Desk) -> subprocess.Popen[bytes]:
    settings = desk.job.settings
    own = {
        "NIGHTDESK_DATA": str(settings.data),
        "NIGHTDESK_WAREHOUSE": settings.warehouse,
        "NIGHTDESK_CONTACT": "desk@newsroom.example",
    }
    words = [sys.executable, "-m", "nightdesk", "warehouse", "rebuild"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(words, env=os.environ | own, stdout=quiet, stderr=quiet)


@pytest.mark.kill
@pytest.mark.timeout(1500)
def test_a_killed_rebuild_loses_nothing(tmp_path: Path) -> None:
    chance = random.Random(4)
    with World() as world:
        desk = Desk(tmp_path, world)
        desk.serve("/feed", write_feed(write_item("A pier", "https://alpha.example/p")))
        desk.serve("/p", reply(write_page("A pier", lines=TEXT)))
        desk.collect()
        desk.build()
    with open_warehouse(desk.connect) as con:
        whole = hash_tables(con)
    start = time.monotonic()
    assert start_rebuild(desk).wait() == 0
    duration = time.monotonic() - start
    for _ in range(N_KILLS):
        process = start_rebuild(desk)
        time.sleep(duration * chance.uniform(0.3, 1))
        process.kill()
        process.wait()
        assert list(verify_warehouse(desk.connect, read_loads(desk.landing))) == []
        with open_warehouse(desk.connect) as con:
            assert hash_tables(con) == whole
    assert start_rebuild(desk).wait() == 0
    assert not list(tmp_path.glob("*rebuilding*"))
