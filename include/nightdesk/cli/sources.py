"""sources: what is watched, and how a source is found, tried and passed on."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from nightdesk.cli import (
    Commands,
    add_command,
    add_private_option,
    say,
    say_json,
    say_table,
)
from nightdesk.cli.lists import add_list_commands
from nightdesk.config import (
    Settings,
    SourceList,
    load_settings,
    load_sources,
    sources_path,
    sources_schema,
)
from nightdesk.errors import ConfigError

_COLUMNS = ("id", "kind", "country", "lang", "past", "tags", "url")


def add_commands(commands: Commands) -> None:
    """Add `sources` with its actions."""
    group = add_command(
        commands,
        "sources",
        _validate,
        "look after the list of sources",
        "sources validate",
    )
    inner = group.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_looks(inner)
    _add_lists(inner)


def _add_looks(inner: Commands) -> None:
    check = add_command(
        inner,
        "validate",
        _validate,
        "check the sources file in force, or another",
        "sources validate my.yaml",
    )
    check.add_argument("file", nargs="?", type=Path)
    listing = add_command(
        inner, "list", _list, "print the sources in force", "sources list"
    )
    listing.add_argument("--json", action="store_true")
    find = add_command(
        inner,
        "discover",
        _discover,
        "find the feeds, sitemaps or index page of an outlet",
        "sources discover https://www.harbourledger.example/",
    )
    find.add_argument("url", metavar="URL", help="the outlet's front page will do")
    find.add_argument("--json", action="store_true")
    attempt = add_command(
        inner,
        "try",
        _try,
        "poll a source once and show what it says; archives nothing",
        "sources try harbour-ledger",
    )
    attempt.add_argument("source", metavar="ID|URL")
    attempt.add_argument(
        "--link-pattern", metavar="REGEX", help="read URL as a page of kind `page`"
    )
    attempt.add_argument(
        "--limit", type=int, default=10, metavar="N", help="entries shown (10)"
    )
    attempt.add_argument("--json", action="store_true", help="all entries, as JSON")
    for parser in (find, attempt):
        add_private_option(parser)


def _add_lists(inner: Commands) -> None:
    starter = add_command(
        inner,
        "starter",
        _starter,
        "put a starter list of real public feeds into your config",
        "sources starter",
    )
    starter.add_argument("--force", action="store_true", help="replace your own file")
    add_list_commands(inner)
    add_command(
        inner,
        "schema",
        _schema,
        "print the JSON Schema of a sources file, for editors",
        "sources schema > include/config/sources.schema.json",
    )


def _validate(options: argparse.Namespace) -> int:
    settings = load_settings()
    path = options.file or sources_path(settings)
    sources = load_sources(path)
    say(f"{path}: {len(sources.sources)} sources, {len(sources.enabled)} enabled")
    for warning in _list_doubts(settings, sources):
        say(f"warning    {warning}")
    if path == sources_path(settings):
        _say_changes(settings, sources)
    return 0


def _list_doubts(settings: Settings, sources: SourceList) -> list[str]:
    """Return what is allowed, but hardly meant, and what a run will miss."""
    from nightdesk.cli.asking import is_private

    doubts = []
    if settings.contact is None and not sources.is_newsstand:
        doubts.append(
            "NIGHTDESK_CONTACT is not set, and no run asks these servers without it; "
            "say whom they may ask: export NIGHTDESK_CONTACT=you@your.org"
        )
    first: dict[str, str] = {}
    for source in sources.sources:
        if is_private(source.url) and not source.allow_private:
            doubts.append(
                f"{source.id}: {source.url} is a private address; it is only polled "
                "with `allow_private: true`"
            )
        if source.url in first:
            doubts.append(f"{source.id}: has the url of {first[source.url]} too")
        first.setdefault(source.url, source.id)
    return doubts


def _say_changes(settings: Settings, sources: SourceList) -> None:
    """Print what the next run will note of sources that it knows.

    Raises:
        ConfigError: a source takes the id of another one, or the past of two.
    """
    from nightdesk.pipeline import Job
    from nightdesk.pipeline.register_task import find_changes

    job = Job(settings, "validate")
    changes = find_changes(job, sources)
    for old, new in changes.renamed:
        say(f"renamed    {old} is {new} from the next run on, with its past")
    known = {row.source_id for row in job.read_register()}
    for source in changes.sources:
        if source.id in known and not source.is_enabled:
            say(f"ends       {source.id}: not polled any more; its past stays")


def _list(options: argparse.Namespace) -> int:
    sources = load_sources(sources_path(load_settings()))
    rows: list[dict[str, Any]] = [
        {
            "id": s.id,
            "kind": s.kind,
            "country": s.country,
            "lang": s.lang,
            "past": "dated sitemap" if s.past_url else "",
            "tags": " ".join(s.tags),
            "url": s.url,
        }
        for s in sources.sources
    ]
    if options.json:
        say_json(rows)
    else:
        say_table(rows, _COLUMNS)
    return 0


def _starter(options: argparse.Namespace) -> int:
    from nightdesk.cli.source_file import schema_hint

    settings = load_settings()
    target = settings.config_dir / "sources.yaml"
    if target.exists() and not options.force:
        raise ConfigError(f"{target}: already there; --force replaces it")
    target.parent.mkdir(parents=True, exist_ok=True)
    text = (settings.shipped / "starter" / "sources.yaml").read_text("utf-8")
    target.write_text(schema_hint() + text.partition("\n")[2], "utf-8")
    n_sources = len(load_sources(target).enabled)
    say(f"{target}: {n_sources} public feeds; edit it as you like")
    if settings.contact is None:
        say("set NIGHTDESK_CONTACT to an address servers may ask; then `make night`")
    return 0


def _schema(options: argparse.Namespace) -> int:
    say(json.dumps(sources_schema(), indent=2, ensure_ascii=False))
    return 0


# looking at servers --------------------------------------------------------


def _discover(options: argparse.Namespace) -> int:
    from nightdesk.cli.asking import load_leniently
    from nightdesk.cli.probe import discover, proposal_rows

    settings, is_allowed = load_settings(), options.allow_private
    sources = load_leniently(settings)
    found = discover(settings, sources, options.url, allow_private=is_allowed)
    rows = proposal_rows(found, sources, allow_private=is_allowed)
    if options.json:
        say_json(rows)
        return 0 if rows else 1
    if not rows:
        say(f"{options.url}: no feed, no sitemap, and no page that lists articles")
        return 1
    for row in rows:
        _say_proposal(row)
    say("# put what you want into your sources.yaml; `nightdesk sources try` first")
    return 0


def _say_proposal(row: dict[str, Any]) -> None:
    newest = f", newest {row['newest_at']}" if row["newest_at"] else ""
    cut = ", cut" if row["is_cut"] else ""
    note = f", {row['note']}" if row["note"] else ""
    say(
        f"# {row['title'] or '-'}: {row['n_entries']} entries{cut}{newest}{note}; "
        f"found by {row['via']}"
    )
    for line in row["reads"]:
        say(f"#   reads {line}")
    if unread := len(row["children"]) - len(row["reads"]):
        say(f"#   and {unread} more, which were not looked at now")
    if row["is_comments"]:
        say("# comments")
    say(row["yaml"])


def _try(options: argparse.Namespace) -> int:
    from nightdesk.cli.asking import load_leniently
    from nightdesk.cli.trial import choose_source, try_source

    settings = load_settings()
    is_address = "://" in options.source
    sources = (
        load_leniently(settings) if is_address else load_sources(sources_path(settings))
    )
    source = choose_source(
        sources,
        options.source,
        options.link_pattern,
        allow_private=options.allow_private,
    )
    found = try_source(settings, sources, source)
    if options.json:
        say_json(found)
    else:
        _say_try(found, options.limit)
    return 0 if found["outcome"] == "ok" and found["entries"] else 1


def _say_try(found: dict[str, Any], limit: int) -> None:
    entries = found["entries"]
    say(f"source    {found['id']} ({found['kind']})")
    say(f"address   {found['final_url']}")
    say(
        f"outcome   {found['outcome']}" + (f": {found['error']}" * bool(found["error"]))
    )
    say(f"title     {found['title'] or ''}")
    say(f"entries   {len(entries)}, {found['n_new']} of them new")
    for child in found["children"]:
        say(f"sitemap   {child['url']}: {child['outcome']}, {child['n_entries']}")
    for problem in found["problems"]:
        say(f"problem   {problem}")
    if entries:
        say()
        say_table(entries[:limit], ("new", "published_at", "title", "url"))
    if len(entries) > limit:
        say(f"... and {len(entries) - limit} more; --limit shows them")
