"""The warehouse made again from the landing area, whatever became of the old one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from nightdesk.errors import WarehouseError
from nightdesk.pipeline.job import Job


def set_aside(job: Job) -> list[Path]:
    """Rename the files of the warehouse, so that a new one is begun; return them.

    Raises:
        WarehouseError: the warehouse is no file, or cannot be renamed.
    """
    path = Path(job.settings.warehouse)
    if ":" in job.settings.warehouse.split("/", 1)[0]:
        raise WarehouseError(
            f"rebuild: {job.settings.warehouse}: only a file can be set aside; make an "
            "empty catalogue and name it in NIGHTDESK_WAREHOUSE"
        )
    ending = f"{job.clock():%Y%m%dT%H%M%S}.aside"
    moved = []
    for old in (path, path.with_name(path.name + ".wal")):
        if old.exists():
            try:
                moved.append(old.rename(old.with_name(f"{old.name}.{ending}")))
            except OSError as error:
                raise WarehouseError(f"rebuild: {old}: {error}") from error
    return moved


def list_landed(job: Job) -> list[date]:
    """Return every night that the landing area has anything of, oldest first."""
    found = set()
    for part in ("entries", "coverage"):
        folder = job.landing.root / part
        if folder.is_dir():
            found |= {child.name.removeprefix("night=") for child in folder.iterdir()}
    return sorted(date.fromisoformat(name) for name in found)
