"""How much room the data takes, how much a night adds, for how long that goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from nightdesk.config import Settings

_NIGHTS = 28
#: Days left below which somebody should make room.
FEW_DAYS = 28
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class Forecast:
    """The room that is taken and left.

    Attributes:
        used_bytes: of the data folder.
        night_bytes: that a night adds: what the last 28 days left, over the nights
            that were built in them; with its share of the warehouse and of the search
            index, over all nights. 0: none was built.
        n_nights: that were built in the last 28 days.
        left_bytes: until the budget or the disk is full, whichever is nearer; below 0:
            the budget is overdrawn.
    """

    used_bytes: int
    night_bytes: int
    n_nights: int
    left_bytes: int

    @property
    def days_left(self) -> int | None:
        """Nights for which there is room; None: no night to reckon with."""
        return max(self.left_bytes, 0) // self.night_bytes if self.night_bytes else None

    @property
    def problem(self) -> str | None:
        """What is wrong; None: nothing."""
        if self.left_bytes < 0:
            over = name_size(-self.left_bytes)
            return f"over NIGHTDESK_DISK_BUDGET by {over}"
        if self.days_left is not None and self.days_left < FEW_DAYS:
            return f"room for {self.days_left} nights more"
        return None

    def describe(self) -> str:
        """Return it in a sentence."""
        nights = f"{name_size(self.night_bytes)} a night" if self.n_nights else "new"
        days = "" if self.days_left is None else f", {self.days_left} days"
        left = name_size(max(self.left_bytes, 0))
        return f"{name_size(self.used_bytes)} used, {nights}, {left} left{days}"


def name_size(size_bytes: int) -> str:
    """Return a size for people.

    >>> name_size(12_340_000)
    '12.3 MB'
    """
    size, unit = float(size_bytes), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} bytes" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"


def forecast_disk(settings: Settings, today: date) -> Forecast:
    """Return how much room there is, and for how long.

    What lies outside of the data folder, such as landing in an object store, is not
    counted.
    """
    days = [today - timedelta(days=n) for n in range(1, _NIGHTS + 1)]
    marks = {path.stem for path in settings.data.glob("landing/built/night=*.json")}
    n_nights = sum(f"night={day}" in marks for day in days)
    average = 0
    if n_nights:
        whole = [settings.data / "warehouse", settings.data / "published" / "search"]
        average = sum(_measure_night(settings.data, day) for day in days) // n_nights
        average += sum(_measure(folder) for folder in whole) // len(marks)
    used = _measure(settings.data)
    there = next(p for p in (settings.data, *settings.data.parents) if p.exists())
    free = shutil.disk_usage(there).free
    budget = settings.disk_budget
    left = free if budget is None else min(free, budget - used)
    return Forecast(used, average, n_nights, left)


def _measure_night(data: Path, night: date) -> int:
    """Return what a night has left: captured on it, built of it, or published."""
    folders = [
        *data.glob(f"landing/*/day={night}"),
        *data.glob(f"landing/*/night={night}"),
        *data.glob(f"published/parts/*/night={night}"),
        data / "briefs" / str(night),
    ]
    return sum(map(_measure, folders))


def _measure(folder: Path) -> int:
    return sum(map(_size, _walk(folder)))


def _walk(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if not path.is_dir())


def _size(path: Path) -> int:
    """Return the room that a file takes: holes take none; gone meanwhile: nothing."""
    try:
        return path.lstat().st_blocks * 512
    except FileNotFoundError:
        return 0
