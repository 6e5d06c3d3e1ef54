"""archive: what was captured, byte for byte, and whether it still is."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nightdesk.cli import Commands, add_command, parse_day, say, say_json, say_table
from nightdesk.cli.progress import show_progress, warn
from nightdesk.config import load_settings
from nightdesk.errors import ArchiveError, ConfigError
from nightdesk.landing import Landing
from nightdesk.landing.export import export_day
from nightdesk.landing.index import index_day
from nightdesk.landing.inspect import (
    BYTES_NOT_LISTED,
    NOT_LISTED,
    find_captures,
    find_lost,
    read_index,
    summarize_day,
    verify_day,
)
from nightdesk.model import Capture, Finding
from nightdesk.pipeline.url_index_task import index_urls
from nightdesk.urls import article_id, canonicalize_url


def add_commands(commands: Commands) -> None:
    """Add `archive` and its actions."""
    archive = add_command(
        commands,
        "archive",
        _list,
        "look into the archive of captured pages and feeds",
        "archive get https://www.example.org/story",
    )
    inner = archive.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = add_command(
        inner, "list", _list, "list the days, or a day's captures", "archive list"
    )
    get = add_command(
        inner,
        "get",
        _get,
        "write the body captured of an address to the standard output",
        "archive get https://www.example.org/story --at 2026-03-01T12:00:00Z",
    )
    get.add_argument("url", help="as listed by the source, or as redirected to")
    get.add_argument(
        "--at",
        type=_parse_time,
        metavar="TIME",
        help="the newest capture not after this time or day (UTC); default: now",
    )
    get.add_argument("--out", type=Path, metavar="FILE", help="write it there instead")
    get.add_argument("--json", action="store_true", help="print where it lies instead")
    verify = add_command(
        inner,
        "verify",
        _verify,
        "read every record and compare it with its digest and its index; 1 if damaged",
        "archive verify --day 2026-03-01",
    )
    again = add_command(
        inner,
        "index",
        _index,
        "write the index of records that have none, from the archive itself; or that "
        "of URLs, from the entries",
        "archive index --day 2026-03-01",
    )
    export = add_command(
        inner,
        "export",
        _export,
        "write a day as .warc.gz, for other tools",
        "archive export --day 2026-03-01 day.warc.gz",
    )
    export.add_argument("out", type=Path, metavar="OUT.warc.gz")
    for parser in (listing, verify):
        parser.add_argument("--json", action="store_true", help="print it as JSON")
        parser.add_argument(
            "--day", type=parse_day, metavar="DAY", help="of capture; default: all"
        )
    export.add_argument(
        "--day", type=parse_day, metavar="DAY", required=True, help="of capture"
    )
    what = again.add_mutually_exclusive_group(required=True)
    what.add_argument("--day", type=parse_day, metavar="DAY", help="of capture")
    what.add_argument(
        "--urls",
        action="store_true",
        help="write lost or damaged files of the URL index, from the entries",
    )


def _parse_time(text: str) -> datetime:
    """Return a moment; a day without a time is its end; UTC where none is stated."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time (2026-03-01T12:00:00Z or 2026-03-01)"
        ) from error
    if len(text) == len("2026-03-01"):
        at += timedelta(days=1, microseconds=-1)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _open() -> Landing:
    return Landing(load_settings().landing)


def _list(options: argparse.Namespace) -> int:
    landing = _open()
    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    findings: list[Finding]
    if options.day:
        captures, findings = read_index(landing, options.day)
        rows = [asdict(row) for row in captures]
        columns = ("captured_at", "source_id", "url", "file", "offset")
    else:
        rows, findings = [], []
        for day in landing.capture_days():
            captures, damaged = read_index(landing, day)
            findings += damaged
            rows.append(asdict(summarize_day(landing, day, captures)))
        columns = ("day", "n_files", "n_records", "n_urls", "n_bodies", "size_bytes")
    _warn_of(findings)
    if options.json:
        say_json(rows)
    elif rows:
        say_table(rows, columns)
    else:
        say("nothing was captured" + (f" on {options.day}" if options.day else " yet"))
    return 1 if findings and not rows else 0


def _warn_of(findings: list[Finding]) -> None:
    """Name what is damaged, and its cure, beside the answer."""
    for finding in findings:
        at = "" if finding.offset is None else f" at {finding.offset}"
        warn(f"DAMAGED {finding.file}{at}: {finding.problem}")
        warn(f"  what to do: {finding.cure}")


def _get(options: argparse.Namespace) -> int:
    landing = _open()
    capture = _find(landing, options.url, options.at)
    if options.json:
        say_json(asdict(capture))
        return 0
    body = landing.read_capture(capture.file, capture.offset)
    if options.out:
        _write(options.out, body)
        say(f"{options.out}: {len(body)} bytes, captured at {capture.captured_at}")
    else:
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
    return 0


def _write(path: Path, body: bytes) -> None:
    try:
        path.write_bytes(body)
    except OSError as error:
        raise ConfigError(f"--out: {error}") from error


def _find(landing: Landing, url: str, at: datetime | None) -> Capture:
    """Return the newest capture of an address, or of its canonical form."""
    urls = {url}
    try:
        urls.add(canonical := canonicalize_url(url))
    except ValueError as error:
        raise ConfigError(f"archive get: {error}") from error
    found, findings = find_captures(landing, urls, at)
    _warn_of(findings)
    if found:
        return found[-1]
    known = landing.find_urls({article_id(canonical)}).get(article_id(canonical), [])
    places = [
        Capture(
            url=row.canonical_url,
            final_url=row.final_url or row.canonical_url,
            captured_at=row.captured_at,
            digest=row.digest or "",
            file=row.file,
            offset=row.offset or 0,
            content_type=row.content_type,
        )
        for row in known
        if row.file is not None and row.captured_at is not None
    ]
    earlier = [p for p in places if at is None or p.captured_at <= at]
    if earlier:
        return max(earlier, key=lambda place: place.captured_at)
    later = find_captures(landing, urls)[0] or places
    when = f"; but later, at {min(p.captured_at for p in later)}" if later else ""
    raise ArchiveError(
        f"archive: {url}: not captured{f' until {at}' if at else ''}{when}"
    )


def _verify(options: argparse.Namespace) -> int:
    landing, n_good, findings = _open(), 0, []
    for day in [options.day] if options.day else landing.capture_days():
        with show_progress(f"verify {day}") as progress:
            good, found = verify_day(landing, day, progress)
        n_good += good
        findings += found
    named = {finding.file for finding in findings}
    findings += [f for f in find_lost(landing, options.day) if f.file not in named]
    if options.day and not n_good and not findings:
        raise ArchiveError(f"archive: {options.day}: nothing was captured on that day")
    if options.json:
        say_json({"n_good": n_good, "damaged": [asdict(f) for f in findings]})
    else:
        for finding in findings:
            at = "" if finding.offset is None else f" at {finding.offset}"
            is_whole = finding.problem in (NOT_LISTED, BYTES_NOT_LISTED)
            word = "UNLISTED" if is_whole else "DAMAGED"
            say(f"{word} {finding.file}{at}: {finding.problem}")
            say(f"  what to do: {finding.cure}")
        say(f"{n_good} records are good, {len(findings)} problems")
    return 1 if findings else 0


def _index(options: argparse.Namespace) -> int:
    if options.urls:
        for name in index_urls(_open()):
            say(f"made again: {name}")
        return 0
    with show_progress(f"index {options.day}") as progress:
        n_new = index_day(_open(), options.day, progress)
    say(f"{n_new} records were not in the index of {options.day}, and are now")
    return 0


def _export(options: argparse.Namespace) -> int:
    with show_progress(f"export {options.day}") as progress:
        n, findings = export_day(_open(), options.day, options.out, progress)
    _warn_of(findings)
    say(f"{options.out}: {n} records" + f", {len(findings)} lost" * bool(findings))
    return 1 if findings else 0
