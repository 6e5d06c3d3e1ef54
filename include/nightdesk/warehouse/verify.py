"""Is everything there still what was written? Reads all of it and changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

import duckdb

from nightdesk.errors import (
    WarehouseDamaged,
    WarehouseError,
    WarehouseLocked,
    WarehouseMissing,
)
from nightdesk.model import Finding
from nightdesk.warehouse.catalogue import find_number, list_parts, load_manifest
from nightdesk.warehouse.connect import REBUILD, Connect, Connection, open_warehouse
from nightdesk.warehouse.content import read_blocks
from nightdesk.warehouse.lake import name_lake
from nightdesk.warehouse.lake_digests import find_changed
from nightdesk.warehouse.publish import list_numbers, lock_published, sweep_published
from nightdesk.warehouse.store import LedgerRow, find_lost, list_checks, read_ledger

_PUBLISH = "nightdesk publish --again"


def verify_warehouse(
    connect: Connect, loads: Mapping[date, datetime | None]
) -> Iterator[Finding]:
    """Yield what is wrong with the writer's database: damage, losses, broken checks.

    Every block that holds rows is read, so that the engine compares its checksum.

    Args:
        connect: opens it.
        loads: when each night was last loaded (`read_loads`).
    """
    try:
        with open_warehouse(connect) as con:
            yield from _find_damaged(con, loads)
            yield from _find_broken(con)
    except WarehouseMissing as error:
        if loads:
            yield Finding("warehouse", str(error), f"the right address, or {REBUILD}")
        yield from list_lost({}, loads)
    except WarehouseLocked as error:
        yield Finding("warehouse", str(error), "then nightdesk warehouse verify again")
    except WarehouseDamaged as error:
        yield Finding("warehouse", str(error), error.cure)
    except WarehouseError as error:
        yield Finding("warehouse", str(error), f"what that asks for, or {REBUILD}")


def check_warehouse(con: Connection, loads: Mapping[date, datetime | None]) -> None:
    """Raise for what is wrong with an open warehouse; see `verify_warehouse`.

    Raises:
        WarehouseDamaged: something is not what was written; with the first finding.
        WarehouseError: a check is broken.
    """
    for finding in _find_damaged(con, loads):
        raise WarehouseDamaged(f"{finding.file}: {finding.problem}", finding.cure)
    for finding in _find_broken(con):
        raise WarehouseError(f"{finding.file}: {finding.problem}")


def _find_damaged(
    con: Connection, loads: Mapping[date, datetime | None]
) -> Iterator[Finding]:
    yield from list_lost(read_ledger(con), loads)
    if lake := name_lake(con):
        for file, problem in find_changed(con, lake):
            yield Finding(file, problem, REBUILD)
    read_blocks(con)


def _find_broken(con: Connection) -> Iterator[Finding]:
    for night in read_ledger(con):
        for check in list_checks():
            rows = con.execute(check.sql, {"night": night}).fetchall()
            if rows and check.severity == "error":
                problem = f"{check.name}: {len(rows)} rows, such as {rows[0]}"
                yield Finding(f"warehouse, night {night}", problem, REBUILD)


def list_lost(
    ledger: Mapping[date, LedgerRow], loads: Mapping[date, datetime | None]
) -> Iterator[Finding]:
    """Yield the nights of which a warehouse has lost a load; see `find_lost`."""
    for night, what in find_lost(ledger, loads).items():
        yield Finding(f"warehouse, night {night}", what, REBUILD)


def verify_published(folder: Path) -> Iterator[Finding]:
    """Yield what is wrong with the kept catalogues and with their parts."""
    seen, read = set[str](), dict[str, str | None]()
    if list_numbers(folder) and not (folder / "current.duckdb").exists():
        yield Finding("current.duckdb", "is gone: readers find nothing", _PUBLISH)
    for number in list_numbers(folder):
        for file, problem in _find_damage(folder, number, read):
            if file not in seen:
                seen.add(file)
                yield Finding(file, problem, _PUBLISH)


def drop_damaged(folder: Path) -> list[int]:
    """Delete the catalogues that are damaged, or a part of them; return their numbers.

    Not the one in force. Parts that no other catalogue refers to go as well.
    """
    with lock_published(folder):
        now = find_number(folder)
        others = [number for number in list_numbers(folder) if number != now]
        read: dict[str, str | None] = {}
        bad = [n for n in others if any(_find_damage(folder, n, read))]
        for number in bad:
            for ending in ("duckdb", "json"):
                (folder / f"nightdesk-{number}.{ending}").unlink(missing_ok=True)
        if bad:
            sweep_published(folder)
    return bad


def _find_damage(
    folder: Path, number: int, read: dict[str, str | None]
) -> Iterator[tuple[str, str]]:
    """Yield each file of a catalogue that is damaged, and what is wrong with it.

    Args:
        folder: where parts and catalogues lie.
        number: of the catalogue.
        read: what is wrong with parts that were read; it grows by those of this one.
    """
    path = folder / f"nightdesk-{number}.duckdb"
    parts: list[str] = []
    try:
        parts = list_parts(load_manifest(path.with_suffix(".json")))
    except WarehouseError as error:
        yield path.with_suffix(".json").name, str(error)
    try:
        with duckdb.connect(str(path), read_only=True) as con:
            read_blocks(con)
    except duckdb.Error as error:
        yield path.name, str(error)
    for part in sorted(set(parts)):
        if part not in read:
            read[part] = _find_fault(folder / part)
        if problem := read[part]:
            yield part, problem


def _find_fault(part: Path) -> str | None:
    try:
        digest = hashlib.sha256(part.read_bytes()).hexdigest()
    except OSError as error:
        return f"cannot be read: {error}"
    return None if digest.startswith(part.stem) else "its bytes have changed"
