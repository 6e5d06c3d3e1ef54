"""backup, restore, upgrade: a desk carried away, brought back, and brought forward."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from nightdesk.cli import Commands, add_command, say, say_json
from nightdesk.cli.connection import connect_warehouse
from nightdesk.cli.night import open_job
from nightdesk.pipeline.backup_task import back_up, restore, restore_files
from nightdesk.pipeline.upgrade_task import upgrade
from nightdesk.settings import CHECKOUT


def add_commands(commands: Commands) -> None:
    """Add `backup`, `restore` and `upgrade`."""
    made = add_command(
        commands,
        "backup",
        _backup,
        "write landing area, configuration, decisions and the names of connections "
        "into one file; also while a night runs; 1 if a file in it is damaged",
        "backup desk-2026-03-01.tar.zst",
    )
    made.add_argument("file", type=Path, metavar="FILE")
    made.add_argument("--json", action="store_true", help="print what it holds")
    back = add_command(
        commands,
        "restore",
        _restore,
        "put a backup in place, once all of it was found whole; what was taken down "
        "stays so",
        "restore desk-2026-03-01.tar.zst",
    )
    back.add_argument("file", type=Path, metavar="FILE")
    how = back.add_mutually_exclusive_group()
    how.add_argument("--force", action="store_true", help="replace what is there")
    how.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        help="only this file of the landing area, as `warehouse verify` names it; "
        "may be given again",
    )
    new = add_command(
        commands,
        "upgrade",
        _upgrade,
        "after a pull: back up, bring the warehouse to the new schema, say what "
        "changed; put everything back if that fails",
        "upgrade",
    )
    new.add_argument(
        "--backup",
        type=Path,
        metavar="FILE",
        help="default: backups/<time>.tar.zst beside the data folder",
    )


def _backup(options: argparse.Namespace) -> int:
    with open_job(with_world=False) as job:
        manifest = back_up(job, options.file)
    status = 1 if manifest["damaged"] else 0
    if options.json:
        say_json(manifest)
        return status
    size = options.file.stat().st_size
    say(f"{options.file}: {len(manifest['files'])} files, {size} bytes")
    say("not in it: the warehouse, which `warehouse rebuild` makes again from it")
    say("not in it: secrets of " + ", ".join(manifest["connections"]))
    for name in manifest["damaged"]:
        say(f"damaged in it, as it is here: {name}")
    return status


def _restore(options: argparse.Namespace) -> int:
    with open_job(with_world=False) as job:
        connect = connect_warehouse(job.settings)
        if options.only:
            n_removed = restore_files(job, connect, options.file, options.only)
            for name in options.only:
                say(f"in place, as it was backed up: {name}")
            _say_removed(n_removed)
            return 0
        done = restore(job, connect, options.file, is_forced=options.force)
    n_files, made_at = len(done.manifest["files"]), done.manifest["made_at"]
    say(f"{n_files} files of {made_at} are in place, each as it was backed up")
    for path in done.aside:
        say(f"set aside: {path}")
    if done.n_tombstones:
        say(f"{done.n_tombstones} takedowns that it does not know hold on")
    _say_removed(done.n_removed)
    say("connections to make: " + ", ".join(done.manifest["connections"]))
    say("now: nightdesk warehouse rebuild")
    return 0


def _say_removed(n_articles: int) -> None:
    if n_articles:
        say("what was taken down and came with it has been removed again")


def _upgrade(options: argparse.Namespace) -> int:
    with open_job(with_world=False) as job:
        stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
        default = job.settings.data.parent / "backups" / f"{stamp}.tar.zst"
        connect = connect_warehouse(job.settings, must_exist=True)
        file = options.backup or default
        done = upgrade(job, connect, file, CHECKOUT / "CHANGELOG.md")
    say(f"backup     {file}")
    say(f"schema     {done.before} before, {done.after} now")
    say(f"version    {done.version_before or 'not noted'} before, {done.version} now")
    if done.changes:
        say("\nnew in CHANGELOG.md:\n")
        for line in done.changes:
            say(line)
    return 0
