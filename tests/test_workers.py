"""Killable processes: what one item does to its process costs that item alone."""

from __future__ import annotations

import ctypes
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from nightdesk.errors import WorkerError
from nightdesk.workers import Limits, Lost, WorkerPool

WIDE = Limits(cpu_s=60, wall_s=120, memory_bytes=200 << 20)


def eat() -> None:
    held = []
    while True:
        held.append(b"x" * (8 << 20))
        time.sleep(0.02)


def fail() -> None:
    raise ValueError("no such page")


DEEDS: dict[str, Callable[[], object]] = {
    "spin in C": lambda: re.match(r"(a+)+$", "a" * 64 + "b"),
    "sleep": lambda: time.sleep(600),
    "eat": eat,
    "eat at once": lambda: bytearray(1 << 40),
    "segfault": lambda: ctypes.string_at(0),
    "exit": lambda: sys.exit(3),
    "raise": fail,
}


def act(item: str) -> str:
    """Do to this process what the item says."""
    if item in DEEDS:
        DEEDS[item]()
    return item.upper()


def tell_process(item: int) -> int:
    return os.getpid()


def crash_once(item: str) -> str:
    if not Path(item).exists():
        Path(item).touch()
        os.abort()
    return "second time"


class Unreadable:
    """Cannot be made again on the other side."""

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return (int, ("x",))

    def __call__(self, item: str) -> str:
        return item


@pytest.mark.slow
@pytest.mark.parametrize(
    ("item", "limits", "reason", "detail"),
    [
        pytest.param(
            *("spin in C", replace(WIDE, cpu_s=0.5), "cpu", "over 0.5 s of CPU"),
            id="C code without end",
        ),
        pytest.param(
            *("sleep", replace(WIDE, wall_s=1), "wall", "over 1 s"),
            id="waits for ever",
        ),
        pytest.param("eat", WIDE, "memory", "over 200 MiB", id="memory, bit by bit"),
        pytest.param("eat at once", WIDE, "memory", "no more", id="memory, at once"),
        pytest.param("segfault", WIDE, "crash", "SIGSEGV", id="segmentation fault"),
        pytest.param("exit", WIDE, "crash", "exit status 3", id="leaves the process"),
        pytest.param("raise", WIDE, "error", "no such page", id="an exception"),
    ],
)
def test_item_that_ends_its_process_is_lost_alone(
    item: str, limits: Limits, reason: str, detail: str
) -> None:
    with WorkerPool(act, 1, limits) as pool:
        first, lost, last = pool.map(["one", item, "two"])
    assert (first, last) == ("ONE", "TWO")
    assert isinstance(lost, Lost)
    assert lost.reason == reason
    assert detail in lost.detail


def test_results_keep_the_order_of_the_items() -> None:
    items = [str(n) for n in range(600)]
    with WorkerPool(act, 3) as pool:
        assert list(pool.map(iter(items))) == items
        assert list(pool.map(["again"])) == ["AGAIN"]


def test_processes_are_recycled_and_end_with_the_pool() -> None:
    with WorkerPool(tell_process, 1, Limits(n_items=4)) as pool:
        pids = list(pool.map(range(10)))
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [4, 4, 2]
    assert not any(psutil.pid_exists(pid) for pid in set(map(int, pids)))


def test_accident_is_tried_again_in_a_fresh_process(tmp_path: Path) -> None:
    with WorkerPool(crash_once, 1) as pool:
        assert list(pool.map([str(tmp_path / "seen")])) == ["second time"]


def test_nothing_starts_where_nothing_can() -> None:
    with (
        WorkerPool(Unreadable(), 1) as pool,
        pytest.raises(WorkerError, match="cannot start a process: ended with exit"),
    ):
        list(pool.map(["one"]))
