"""Is everything there still what was written? Reads all of it and changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

import duckdb

from nightdesk.errors import WarehouseError, WarehouseMissing
from nightdesk.model import Finding
from nightdesk.warehouse.catalogue import (
    Manifest,
    find_number,
    list_parts,
    load_manifest,
)
from nightdesk.warehouse.connect import Connect, Connection, open_warehouse
from nightdesk.warehouse.content import read_blocks
from nightdesk.warehouse.publish import list_numbers
from nightdesk.warehouse.store import LedgerRow, find_lost, list_checks, read_ledger

_REBUILD = "nightdesk warehouse rebuild"
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
            yield from _find_faults(con, loads)
    except WarehouseMissing as error:
        if loads:
            yield Finding("warehouse", str(error), f"the right address, or {_REBUILD}")
        yield from list_lost({}, loads)
    except WarehouseError as error:
        yield Finding("warehouse", str(error), _REBUILD)


def check_warehouse(con: Connection, loads: Mapping[date, datetime | None]) -> None:
    """Raise for what is wrong with an open warehouse; see `verify_warehouse`.

    Raises:
        WarehouseError: with the first finding.
    """
    for finding in _find_faults(con, loads):
        raise WarehouseError(f"{finding.file}: {finding.problem}")


def _find_faults(
    con: Connection, loads: Mapping[date, datetime | None]
) -> Iterator[Finding]:
    ledger = read_ledger(con)
    yield from list_lost(ledger, loads)
    read_blocks(con)
    for night in ledger:
        for check in list_checks():
            rows = con.execute(check.sql, {"night": night}).fetchall()
            if rows and check.severity == "error":
                problem = f"{check.name}: {len(rows)} rows, such as {rows[0]}"
                yield Finding(f"warehouse, night {night}", problem, _REBUILD)


def list_lost(
    ledger: Mapping[date, LedgerRow], loads: Mapping[date, datetime | None]
) -> Iterator[Finding]:
    """Yield the nights of which a warehouse has lost a load; see `find_lost`."""
    for night, what in find_lost(ledger, loads).items():
        yield Finding(f"warehouse, night {night}", what, _REBUILD)


def verify_published(folder: Path) -> Iterator[Finding]:
    """Yield what is wrong with the kept catalogues and with their parts."""
    kept: dict[int, Manifest] = {}
    now = find_number(folder)
    for number in list_numbers(folder):
        path = folder / f"nightdesk-{number}.duckdb"
        manifest = path.with_suffix(".json")
        try:
            kept[number] = load_manifest(manifest)
        except WarehouseError as error:
            yield Finding(manifest.name, str(error), _cure(number == now))
        try:
            with duckdb.connect(str(path), read_only=True) as con:
                read_blocks(con)
        except duckdb.Error as error:
            yield Finding(path.name, str(error), _cure(number == now))
    in_force = set(list_parts(kept[now])) if now in kept else set()
    for part in sorted({part for m in kept.values() for part in list_parts(m)}):
        if problem := _find_fault(folder / part):
            yield Finding(part, problem, _cure(part in in_force))


def _find_fault(part: Path) -> str | None:
    try:
        digest = hashlib.sha256(part.read_bytes()).hexdigest()
    except OSError as error:
        return f"cannot be read: {error}"
    return None if digest.startswith(part.stem) else "its bytes have changed"


def _cure(is_in_force: bool) -> str:
    return _PUBLISH if is_in_force else "none needed: swept after some more publishes"
