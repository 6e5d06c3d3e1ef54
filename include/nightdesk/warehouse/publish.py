"""Hand the warehouse to readers: immutable parts and a small catalogue.

A part is the Parquet file of one table (or mart) and night, named by its digest. A
catalogue is a DuckDB file with the marts as tables and views over the parts; readers
open `current.duckdb`, a symlink that is swapped once the new catalogue is whole.
Kept catalogues share their parts; parts that none refers to are swept, and so is what
a publish that was killed left half written.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from nightdesk.errors import WarehouseError
from nightdesk.warehouse.catalogue import (
    Manifest,
    find_number,
    flush,
    list_parts,
    load_manifest,
    point_to,
    read_manifest,
    write_catalogue,
)
from nightdesk.warehouse.connect import Connection, transaction
from nightdesk.warehouse.content import list_tables, night_column
from nightdesk.warehouse.lake import name_lake
from nightdesk.warehouse.lake_digests import find_changed
from nightdesk.warehouse.mart import (
    Mart,
    check_mart,
    list_marts,
    load_marts,
    show_parts,
)
from nightdesk.warehouse.store import read_ledger

log = logging.getLogger(__name__)

_KEEP = 5
#: Texts in a row group: to read one text of a night, its group is unpacked, not all.
_TEXT_ROWS = 2048
#: Tables that serve the loader alone.
_INTERNAL = frozenset({"fingerprint", "load_turn", "schema_version"})


@dataclass(frozen=True)
class Published:
    """What a publish did."""

    number: int  # of the catalogue in force
    nights: tuple[date, ...]  # that changed, oldest first


def publish_nights(
    con: Connection, folder: Path, *, again: bool = False, fresh: bool = False
) -> Published:
    """Publish every night that was loaded or changed since the catalogue in force.

    What it holds of the other nights is taken over, so that a publish costs what its
    nights cost.

    Args:
        con: the warehouse, open.
        folder: where parts and catalogues lie.
        again: write every part anew, changed or not.
        fresh: write the catalogue anew, from the parts alone, changed or not: in one
            that was taken over the bytes of deleted rows stay.

    Raises:
        WarehouseError: a file cannot be written; the catalogue in force stays.
        CheckFailed: a mart broke one of its checks; the same.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # One at a time: another's half written files would be swept. And one state of
        # the warehouse, whatever others commit meanwhile.
        with lock_published(folder), transaction(con):
            return _publish(con, folder, again=again, fresh=fresh)
    except OSError as error:
        raise WarehouseError(f"publish: {folder}: {error}") from error


@contextmanager
def lock_published(folder: Path) -> Iterator[None]:
    """Wait until nobody else publishes there, and keep others from it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _publish(con: Connection, folder: Path, *, again: bool, fresh: bool) -> Published:
    old = _read_old(folder)
    code = _digest_code(con)
    is_same = old.get("code") == code and not again
    known = old.get("nights", {}) if is_same else {}
    ledger = read_ledger(con)
    lost = sorted(set(old.get("nights", {})) - {str(night) for night in ledger})
    for night in lost:
        # Readers keep what was published; `nightdesk run` brings the night back.
        log.warning("publish night=%s is not in the warehouse; its parts stay", night)
    nights = {night: old["nights"][night] for night in lost}
    # A ledger that was lost or made anew gives numbers out again.
    # In order, since a night reads what was made before it.
    loads = {
        night: f"{row.seq} {row.loaded_at.isoformat()}"
        for night, row in sorted(ledger.items())
    }
    changed = [n for n in loads if known.get(str(n), {}).get("load") != loads[n]]
    _refuse_changed_files(con, changed)
    for night, load in loads.items():
        if night in changed:
            parts = _write_tables(con, folder, night)
            marts = load_marts()
        else:
            parts = dict(known[str(night)]["parts"])
            marts = tuple(m for m in load_marts() if _depends(m, night, changed))
        nights[str(night)] = {"load": load, "parts": parts}
        for mart in marts:
            _write_mart(con, folder, night, mart, nights)
    if not (changed or fresh) and set(nights) == set(old.get("nights", {})):
        return Published(int(old.get("number", 0)), ())
    number = 1 + max([0, *list_numbers(folder)])  # above those rolled back too
    manifest = {
        "number": number,
        "code": code,
        "nights": nights,
        "whole": _write_whole(con, folder),
    }
    write_catalogue(folder, manifest, {} if fresh or not is_same else old)
    sweep_published(folder)
    return Published(number, tuple(changed))


def _refuse_changed_files(con: Connection, nights: Collection[date]) -> None:
    lake = name_lake(con)
    for file, problem in find_changed(con, lake, nights) if lake and nights else ():
        raise WarehouseError(
            f"publish: {file}: {problem}; nightdesk warehouse rebuild makes it again"
        )


def _read_old(folder: Path) -> Manifest:
    """Return the manifest in force; none if it cannot be read: all is written anew."""
    try:
        return read_manifest(folder)
    except WarehouseError as error:
        log.warning("publish everything anew: %s", error)
        return {}


def _digest_code(con: Connection) -> str:
    """Return a digest of what shapes the parts: the marts and the columns."""
    made_by = json.dumps([list_marts(), list_tables(con)], sort_keys=True)
    return hashlib.sha256(made_by.encode()).hexdigest()


def _depends(mart: Mart, night: date, changed: list[date]) -> bool:
    """Return whether a mart of an unchanged night looks back at a changed one."""
    first = night - timedelta(days=mart.looks_back)
    return any(first <= day < night for day in changed)


def _write_tables(con: Connection, folder: Path, night: date) -> dict[str, str]:
    parts = {}
    for table, columns in list_tables(con).items():
        column = night_column(table, columns)
        if column and table not in _INTERNAL:
            query = f"SELECT * FROM {table} WHERE {column} = $night ORDER BY ALL"
            parts[table] = _write_part(
                con, folder, f"{table}/night={night}", query, night
            )
    return parts


def _write_mart(
    con: Connection, folder: Path, night: date, mart: Mart, nights: dict[str, Any]
) -> None:
    """Write a mart's part of a night, enter it in `nights`, and check it.

    Raises:
        CheckFailed: a check of severity error found rows.
    """
    window = [
        nights[day]["parts"]
        for back in range(mart.looks_back, -1, -1)
        if (day := str(night - timedelta(days=back))) in nights
    ]
    for other in load_marts():
        if other.name in mart.reads:
            names = [parts[other.name] for parts in window if other.name in parts]
            show_parts(con, other, [folder / name for name in names])
    place = f"{mart.name}/night={night}"
    part = _write_part(con, folder, place, mart.query, night)
    nights[str(night)]["parts"][mart.name] = part
    show_parts(con, mart, [folder / part])
    check_mart(con, mart, night)


def _write_whole(con: Connection, folder: Path) -> dict[str, str]:
    return {
        table: _write_part(con, folder, table, f"SELECT * FROM {table} ORDER BY ALL")
        for table, columns in list_tables(con).items()
        if night_column(table, columns) is None and table not in _INTERNAL
    }


def _write_part(
    con: Connection, folder: Path, place: str, query: str, night: date | None = None
) -> str:
    target = folder / "parts" / place
    target.mkdir(parents=True, exist_ok=True)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE part AS {query}",
        {"night": night} if night else None,
    )
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=target)
    os.close(handle)
    quoted = name.replace("'", "''")
    rows = f", ROW_GROUP_SIZE {_TEXT_ROWS}" if place.startswith("article_text/") else ""
    con.execute(f"COPY part TO '{quoted}' (FORMAT parquet, COMPRESSION zstd{rows})")
    con.execute("DROP TABLE part")
    data = Path(name)
    digest = hashlib.sha256(data.read_bytes()).hexdigest()[:32]
    flush(data)
    data.chmod(0o644)
    data.replace(target / f"{digest}.parquet")
    return f"parts/{place}/{digest}.parquet"


def list_numbers(folder: Path) -> list[int]:
    """Return the numbers of the catalogues that are kept, oldest first."""
    names = (path.stem.rpartition("-")[2] for path in folder.glob("nightdesk-*.duckdb"))
    return sorted(int(name) for name in names)


def list_kept(folder: Path) -> dict[int, Manifest]:
    """Return the manifests of the kept catalogues by number, oldest first.

    One that cannot be read is left out, and logged.
    """
    found = {}
    for number in list_numbers(folder):
        try:
            found[number] = load_manifest(folder / f"nightdesk-{number}.json")
        except WarehouseError as error:
            log.warning("published catalogue=%d is left out: %s", number, error)
    return found


def roll_back(folder: Path, number: int | None = None) -> int:
    """Put an older catalogue in force and return its number.

    What was published since stays in the warehouse: the next publish brings it back,
    mended or not.

    Args:
        folder: where parts and catalogues lie.
        number: of a kept catalogue; None: the one before that in force.

    Raises:
        WarehouseError: there is none whose manifest can be read; the message lists
            those that are kept.
    """
    now = find_number(folder)
    kept = list_kept(folder)
    wanted = number or max([n for n in kept if n < now], default=0)
    if wanted not in kept:
        raise WarehouseError(
            f"publish: {folder}: no catalogue {wanted or 'before ' + str(now)} is kept;"
            f" kept: {', '.join(map(str, kept)) or 'none'}"
        )
    point_to(folder, wanted)
    return wanted


def sweep_published(folder: Path, keep: int = _KEEP) -> int:
    """Keep the newest catalogues and what they refer to; return the files removed.

    Args:
        folder: where parts and catalogues lie; nobody publishes there meanwhile.
        keep: how many catalogues stay; the one in force always does. While one of
            them has a manifest that cannot be read, whole parts stay as well.
    """
    now = find_number(folder)
    old = [n for n in list_numbers(folder)[:-keep] if n != now]
    gone = [folder / f"nightdesk-{n}.duckdb" for n in old]
    for path in gone:
        path.unlink()
    lone = [p for p in folder.glob("nightdesk-*.json") if not _has_catalogue(p)]
    for path in lone:
        path.unlink()
    kept = list_kept(folder)
    used = {part for manifest in kept.values() for part in list_parts(manifest)}
    # Which parts a manifest refers to that cannot be read, nobody knows: all stay.
    is_known = len(kept) == len(list_numbers(folder))
    left = [  # half written ones of ours and DuckDB's, too
        part
        for part in (folder / "parts").rglob("*" if is_known else "*.tmp")
        if part.is_file() and str(part.relative_to(folder)) not in used
    ]
    left += folder.glob(".nightdesk-*")
    for path in left:
        path.unlink()
    return len(gone) + len(lone) + len(left)


def _has_catalogue(manifest: Path) -> bool:
    return manifest.with_suffix(".duckdb").exists()
