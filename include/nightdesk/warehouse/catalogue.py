"""The catalogue that readers open: a file of marts, and of views over the parts.

What an older catalogue holds of nights that have not changed is taken over with its
file, and only the rest is read from parts: however many nights are published, one more
costs the copy of a file.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from nightdesk.errors import WarehouseError
from nightdesk.warehouse.connect import (
    STORAGE,
    Connection,
    transaction,
)
from nightdesk.warehouse.describe import write_comments
from nightdesk.warehouse.mart import load_marts
from nightdesk.warehouse.wal import make_way

log = logging.getLogger(__name__)

#: What mends a catalogue, its manifest and its parts.
CURE = "nightdesk publish --again writes it anew"
#: number, code, nights -> {load, parts}, whole: what a catalogue is made of.
Manifest = dict[str, Any]


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the catalogue in force; {} before the first publish.

    Raises:
        WarehouseError: it cannot be read.
    """
    current = folder / "current.duckdb"
    if not current.exists():
        return {}
    try:
        return load_manifest(current.resolve().with_suffix(".json"))
    except WarehouseError as error:
        raise WarehouseError(f"{error}; {CURE}") from error


def load_manifest(path: Path) -> Manifest:
    """Return the manifest in a file.

    Raises:
        WarehouseError: it cannot be read, or is none.
    """
    try:
        manifest: Manifest = json.loads(path.read_text("utf-8"))
        int(manifest["number"])
        list_parts(manifest)
    except (OSError, ValueError) as error:
        raise WarehouseError(f"published: {path}: {error}") from error
    except (AttributeError, LookupError, TypeError) as error:
        raise WarehouseError(f"published: {path}: no manifest: {error!r}") from error
    return manifest


def find_number(folder: Path) -> int:
    """Return the number of the catalogue in force, by its name; 0: there is none."""
    number = (folder / "current.duckdb").resolve().stem.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def write_catalogue(
    folder: Path, manifest: Manifest, old: Mapping[str, Any] | None = None
) -> None:
    """Write a catalogue, wait until it is on the disk, and put it in force.

    Args:
        folder: where parts and catalogues lie.
        manifest: what it is made of.
        old: the manifest of a catalogue of the same marts and tables, to take over
            what is the same; empty or None: all is read from parts.
    """
    name = f"nightdesk-{manifest['number']}"
    fresh = folder / f".{name}.tmp"
    _make_file(fresh, folder, manifest, old or {})
    flush(fresh)
    draft = folder / f".{name}.json.tmp"
    draft.write_text(json.dumps(manifest, sort_keys=True))
    flush(draft)
    draft.replace(folder / f"{name}.json")
    fresh.replace(folder / f"{name}.duckdb")
    point_to(folder, manifest["number"])


def _make_file(
    fresh: Path, folder: Path, manifest: Manifest, old: Mapping[str, Any]
) -> None:
    if old:
        try:
            shutil.copyfile(
                folder / f"nightdesk-{old['number']}.duckdb", make_way(fresh)
            )
            _fill_file(fresh, folder, manifest, old)
        except duckdb.Error as error:  # the parts have all of it
            log.warning("publish catalogue=%d is made anew: %s", old["number"], error)
        else:
            return
    _fill_file(make_way(fresh), folder, manifest, {})


def _fill_file(
    fresh: Path, folder: Path, manifest: Manifest, old: Mapping[str, Any]
) -> None:
    with duckdb.connect() as con:
        how = "" if old else f"(STORAGE_VERSION '{STORAGE}')"
        con.execute(f"ATTACH {_quote(fresh)} AS fresh {how}")
        con.execute("USE fresh")
        with transaction(con):
            _fill_catalogue(con, folder, manifest, _group_parts(old))
        con.execute("USE memory")
        con.execute("DETACH fresh")


def _fill_catalogue(
    con: Connection,
    folder: Path,
    manifest: Manifest,
    old: Mapping[str, Mapping[str, str]],
) -> None:
    kept = {mart.name for mart in load_marts() if mart.is_table}
    for table, parts in sorted(_group_parts(manifest).items()):
        if table in kept and table in old:
            _change_table(con, folder, table, parts, old[table])
        else:
            kind = "TABLE" if table in kept else "OR REPLACE VIEW"
            rows = _read_parts(folder, parts.values())
            con.execute(f"CREATE {kind} {table} AS {rows}")
    con.execute("CREATE OR REPLACE TABLE publication (number BIGINT)")
    con.execute("INSERT INTO publication VALUES (?)", [manifest["number"]])
    relations = con.execute(
        "SELECT table_name, CASE WHEN table_type = 'VIEW' THEN 'VIEW' ELSE 'TABLE' END,"
        " column_name FROM information_schema.columns JOIN information_schema.tables"
        " USING (table_catalog, table_schema, table_name)"
        " WHERE table_catalog = current_database() ORDER BY 1, ordinal_position"
    ).fetchall()
    for statement in write_comments(relations):
        con.execute(statement)


def _group_parts(manifest: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the parts of each table by night, oldest first; "": it has no nights."""
    parts = {table: {"": part} for table, part in manifest.get("whole", {}).items()}
    for night, entry in sorted(manifest.get("nights", {}).items()):
        for table, part in entry["parts"].items():
            parts.setdefault(table, {})[night] = part
    return parts


def _change_table(
    con: Connection,
    folder: Path,
    table: str,
    parts: Mapping[str, str],
    old: Mapping[str, str],
) -> None:
    """Bring a mart from the parts that it was made of to others."""
    for night, part in old.items():
        if parts.get(night) != part:
            con.execute(f"DELETE FROM {table} WHERE night = ?", [night])
    come = [part for night, part in parts.items() if old.get(night) != part]
    if come:
        con.execute(f"INSERT INTO {table} BY NAME {_read_parts(folder, come)}")


def _read_parts(folder: Path, names: Iterable[str]) -> str:
    paths = ", ".join(_quote((folder / name).resolve()) for name in names)
    return f"SELECT * FROM read_parquet([{paths}])"


def _quote(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def point_to(folder: Path, number: int) -> None:
    """Make a catalogue the one in force, all at once."""
    link = folder / ".current.tmp"
    link.unlink(missing_ok=True)
    link.symlink_to(f"nightdesk-{number}.duckdb")
    link.replace(folder / "current.duckdb")
    flush(folder)


def flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def list_parts(manifest: Manifest) -> list[str]:
    """Return the paths of the parts of a catalogue, relative to its folder."""
    nights = (entry["parts"].values() for entry in manifest["nights"].values())
    return [*manifest["whole"].values(), *(part for parts in nights for part in parts)]
