"""warehouse: look into it, check it, and mend it."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from nightdesk.cli import Commands, add_command, parse_day, say, say_json, say_table
from nightdesk.cli.checks import add_checks
from nightdesk.cli.connection import connect_warehouse
from nightdesk.cli.night import open_job, say_step
from nightdesk.cli.progress import warn
from nightdesk.config import load_settings
from nightdesk.errors import (
    ConfigError,
)
from nightdesk.landing import Landing
from nightdesk.landing.inspect import find_lost, verify_files
from nightdesk.model import Finding
from nightdesk.pipeline.built import read_loads
from nightdesk.pipeline.decide_task import verify_decisions
from nightdesk.pipeline.publish_task import publish_changes, update_search
from nightdesk.pipeline.rebuild_task import rebuild_warehouse
from nightdesk.search.verify import verify_index
from nightdesk.warehouse.compact import compact_any, compact_warehouse
from nightdesk.warehouse.connect import find_file, open_warehouse
from nightdesk.warehouse.content import hash_tables
from nightdesk.warehouse.describe import read_changes, read_marts, read_tables
from nightdesk.warehouse.lake import hide_passwords
from nightdesk.warehouse.publish import roll_back
from nightdesk.warehouse.read import export_catalogue
from nightdesk.warehouse.schema_page import write_page
from nightdesk.warehouse.schema_picture import draw_schema
from nightdesk.warehouse.store import read_ledger
from nightdesk.warehouse.verify import (
    list_lost,
    verify_published,
    verify_warehouse,
)


def add_commands(commands: Commands) -> None:
    """Add `warehouse` and its actions."""
    about = "look into the warehouse, check it and mend it"
    warehouse = add_command(commands, "warehouse", _hash, about, "warehouse hash")
    inner = warehouse.add_subparsers(dest="action", required=True, metavar="ACTION")
    hashes = add_command(
        inner,
        "hash",
        _hash,
        "print one content hash per table",
        "warehouse hash --night 2026-03-01",
    )
    hashes.add_argument("--night", type=parse_day, metavar="DAY", help="default: all")
    hashes.add_argument("--json", action="store_true")
    export = add_command(
        inner,
        "export",
        _export,
        "copy what is published into one DuckDB file that needs no other",
        "warehouse export nightdesk.duckdb",
    )
    export.add_argument("file", type=Path)
    verify = add_command(
        inner,
        "verify",
        _verify,
        "read everything that is kept but the archive, and compare it with its "
        "checksums and checks; 1 if something is wrong",
        "warehouse verify",
    )
    verify.add_argument("--json", action="store_true")
    add_checks(inner)
    _add_mending(inner)


def _add_mending(inner: Commands) -> None:
    again = add_command(
        inner,
        "rebuild",
        _rebuild,
        "make the warehouse again from the landing area; the old one serves until the "
        "new one is whole",
        "warehouse rebuild",
    )
    again.add_argument(
        "--force", action="store_true", help="also where nights have lost articles"
    )
    add_command(
        inner,
        "compact",
        _compact,
        "give back the room that rewritten nights have left in the file",
        "warehouse compact",
    )
    back = add_command(
        inner,
        "rollback",
        _roll_back,
        "show readers an older catalogue, until the next publish",
        "warehouse rollback",
    )
    back.add_argument(
        "--to", type=int, metavar="N", help="its number; default: the one before"
    )
    describe = add_command(
        inner,
        "describe",
        _describe,
        "say what the tables, marts and columns mean",
        "warehouse describe article",
    )
    describe.add_argument("table", nargs="?", help="default: the list of all")
    describe.add_argument("--json", action="store_true")
    pages = "write the page and the picture of the schema there"
    describe.add_argument("--docs", type=Path, metavar="FOLDER", help=pages)


def _hash(options: argparse.Namespace) -> int:
    settings = load_settings()
    with open_warehouse(connect_warehouse(settings, must_exist=True)) as con:
        hashes = hash_tables(con, options.night)
        lost = list(list_lost(read_ledger(con), read_loads(Landing(settings.landing))))
    if options.json:
        say_json(hashes)
    else:
        say_table(
            [{"table": table, "rows:hash": value} for table, value in hashes.items()],
            ("table", "rows:hash"),
        )
    for finding in lost:
        warn(f"{finding.file}: {finding.problem}: {finding.cure}")
    return 1 if lost else 0


def _export(options: argparse.Namespace) -> int:
    if options.file.exists():
        raise ConfigError(f"{options.file}: already there; name a new file")
    warn(f"writing {options.file}")
    export_catalogue(load_settings().published, options.file)
    say(f"{options.file}: {options.file.stat().st_size} bytes")
    return 0


def _verify(options: argparse.Namespace) -> int:
    settings = load_settings()
    landing = Landing(settings.landing)
    connect = connect_warehouse(settings, must_exist=True)
    findings: list[Finding] = []
    looks = (verify_files, find_lost)
    for what, found in (
        ("landing area", (f for look in looks for f in look(landing))),
        ("decisions", verify_decisions(settings.decisions)),
        ("warehouse", verify_warehouse(connect, read_loads(landing))),
        ("published files", verify_published(settings.published)),
        ("search index", verify_index(settings.published / "search")),
    ):
        warn(f"verify: {what}")
        findings += found
    rows = [{"file": f.file, "problem": f.problem, "do": f.cure} for f in findings]
    if options.json:
        say_json(rows)
    elif rows:
        say_table(rows, ("file", "problem", "do"))
    else:
        say(
            "landing, decisions, warehouse, published, search: all as they were "
            "written\n(the archive is read by nightdesk archive verify)"
        )
    return 1 if rows else 0


def _rebuild(options: argparse.Namespace) -> int:
    with open_job(with_world=False) as job:
        connect = connect_warehouse(job.settings)
        done = rebuild_warehouse(job, connect, say_step, is_forced=options.force)
        say(f"{len(done.nights)} nights built, {done.nights[0]} to {done.nights[-1]}")
        for line in done.failed:
            say(f"was a failure, and is one again: {line}")
        for name in done.newer:
            say(f"loaded meanwhile, and to be loaded again: {name}")
        say("publish")
        publish_changes(job, connect)
    return 0


def _compact(_: argparse.Namespace) -> int:
    settings = load_settings()
    path = find_file(settings.warehouse)
    connect = connect_warehouse(settings, must_exist=True)
    warn(f"compacting {path or hide_passwords(settings.warehouse)}")
    if path is None:
        done = compact_any(connect)
        say("removed: " + ", ".join(f"{count} {what}" for what, count in done.items()))
        return 0
    before, after = compact_warehouse(connect, path)
    say(f"{path}: {before} bytes before, {after} now")
    return 0


def _roll_back(options: argparse.Namespace) -> int:
    settings = load_settings()
    number = roll_back(settings.published, options.to)
    say(f"catalogue {number} is in force, until the next publish")
    update_search(settings)
    return 0


def _describe(options: argparse.Namespace) -> int:
    tables, marts = read_tables(), read_marts()
    if options.docs:
        page = write_page(tables.values(), marts.values(), read_changes())
        (options.docs / "schema.md").write_text(page, "utf-8")
        (options.docs / "schema.svg").write_text(draw_schema(tables.values()), "utf-8")
        say(f"{options.docs}: schema.md and schema.svg")
        return 0
    known = {t.name: t for t in (tables | marts).values() if t.use == "promised"}
    if options.table is None:
        rows = [asdict(table) for table in known.values()]
        columns: tuple[str, ...] = ("name", "grain")
    elif options.table in known:
        table = known[options.table]
        rows = [asdict(column) for column in table.columns]
        columns = ("name", "type", "means")
    else:
        names = ", ".join(known)
        raise ConfigError(f"table {options.table!r}: allowed: {names}")
    if options.json:
        say_json(rows)
        return 0
    if options.table:
        say(f"{table.means} A row is {table.grain}.\n")
    say_table(rows, columns)
    return 0
