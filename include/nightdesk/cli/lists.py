"""Lists of others: OPML files become sources, and ours can be read by others."""

from __future__ import annotations

import argparse
from pathlib import Path

from nightdesk.cli import Commands, add_command, say, say_json
from nightdesk.config import load_settings, load_sources, sources_path
from nightdesk.errors import ConfigError, FeedError
from nightdesk.model import Source
from nightdesk.opml import find_damage, make_source, read_opml, write_opml


def add_list_commands(inner: Commands) -> None:
    """Add `import-opml` and `export-opml` to the actions of `sources`."""
    bring = add_command(
        inner,
        "import-opml",
        _import_opml,
        "add the subscriptions of an OPML file to your sources",
        "sources import-opml subscriptions.opml --dry-run",
    )
    bring.add_argument("file", type=Path, metavar="FILE")
    bring.add_argument("--dry-run", action="store_true", help="only show them")
    bring.add_argument("--json", action="store_true")
    take = add_command(
        inner,
        "export-opml",
        _export_opml,
        "write the sources in force as OPML, to a file or the screen",
        "sources export-opml sources.opml",
    )
    take.add_argument("file", nargs="?", type=Path, metavar="FILE")


def _import_opml(options: argparse.Namespace) -> int:
    from nightdesk.cli.asking import is_private

    settings = load_settings()
    try:
        body = options.file.read_bytes()
        outlines = read_opml(body, str(options.file))
    except OSError as error:
        raise ConfigError(f"import-opml: {options.file}: {error.strerror}") from error
    except FeedError as error:
        raise ConfigError(str(error)) from error
    target = settings.config_dir / "sources.yaml"
    own = load_sources(target).sources if target.exists() else ()
    taken = {name for s in own for name in (s.id, *s.was)}
    urls = {s.url for s in own}
    fresh: list[Source] = []
    skipped: list[dict[str, str]] = []

    def skip(url: str, reason: str) -> None:
        skipped.append({"url": url, "reason": reason})

    for outline in outlines:
        try:
            source = make_source(outline, taken)
        except ValueError as error:
            skip(outline.feed_url, str(error))
            continue
        if source.url in urls:
            skip(source.url, "already there")
            continue
        if is_private(source.url):
            skip(
                source.url,
                "a private address; if it is meant, write its row with "
                "`allow_private: true` yourself",
            )
            continue
        taken.add(source.id)
        urls.add(source.url)
        fresh.append(source)
    _report_import(options, target, fresh, skipped, find_damage(body, len(outlines)))
    return 0


def _report_import(
    options: argparse.Namespace,
    target: Path,
    fresh: list[Source],
    skipped: list[dict[str, str]],
    damage: str | None,
) -> None:
    from nightdesk.cli.source_file import add_sources, write_rows

    rows = write_rows(fresh) if fresh else ""
    if fresh and not options.dry_run:
        add_sources(target, fresh)
    if options.json:
        added = [{"id": s.id, "name": s.name, "url": s.url} for s in fresh]
        say_json(
            {
                "file": str(target),
                "added": added,
                "skipped": skipped,
                "damage": damage,
            }
        )
        return
    if damage:
        say(f"# {options.file}: {damage}; what was read is kept")
    for row in skipped:
        say(f"# left out {row['url']}: {row['reason']}")
    if options.dry_run:
        say(rows)
    else:
        say(f"{target}: {len(fresh)} sources added, {len(skipped)} left out")


def _export_opml(options: argparse.Namespace) -> int:
    sources = load_sources(sources_path(load_settings()))
    text = write_opml(sources.sources)
    n_pages = sum(s.kind == "page" for s in sources.sources)
    if options.file is None:
        say(text.rstrip("\n"))
        return 0
    try:
        options.file.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigError(f"export-opml: {options.file}: {error.strerror}") from error
    left = f"; {n_pages} pages have no feed and were left out" if n_pages else ""
    say(f"{options.file}: {len(sources.sources) - n_pages} sources{left}")
    return 0
