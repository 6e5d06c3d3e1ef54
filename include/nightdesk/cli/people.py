"""sources, gaps, try, brief: what people ask while they work."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from nightdesk.cli import Commands, add_command, parse_day, say, say_json, say_table
from nightdesk.config import load_settings, load_sources, sources_path
from nightdesk.errors import ConfigError
from nightdesk.model import Article, Tags
from nightdesk.pipeline import last_night
from nightdesk.warehouse.read import (
    list_nights,
    open_catalogue,
    read_coverage,
    read_marts,
)


def add_commands(commands: Commands) -> None:
    """Add `sources`, `gaps`, `try` and `brief`."""
    sources = add_command(
        commands,
        "sources",
        _validate,
        "look after the list of sources",
        "sources validate",
    )
    inner = sources.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = add_command(
        inner,
        "validate",
        _validate,
        "check the sources file in force, or another",
        "sources validate my.yaml",
    )
    check.add_argument("file", nargs="?", type=Path)
    add_command(inner, "list", _list, "print the sources in force", "sources list")
    starter = add_command(
        inner,
        "starter",
        _starter,
        "put a starter list of real public feeds into your config",
        "sources starter",
    )
    starter.add_argument("--force", action="store_true", help="replace your own file")
    gaps = add_command(
        commands,
        "gaps",
        _gaps,
        "print what is missing, and the backfill that would close it",
        "gaps --from 2026-03-01 --to 2026-03-07",
    )
    gaps.add_argument("--from", dest="first", type=parse_day, metavar="DAY")
    gaps.add_argument("--to", dest="last", type=parse_day, metavar="DAY")
    gaps.add_argument("--json", action="store_true")
    attempt = add_command(
        commands,
        "try",
        _try,
        "show what the stages make of one page",
        "try https://news.example/story",
    )
    attempt.add_argument("page", metavar="URL|FILE")
    brief = add_command(
        commands,
        "brief",
        _brief,
        "print a night's brief in short",
        "brief",
    )
    brief.add_argument("--night", type=parse_day, metavar="DAY")
    brief.add_argument("--json", action="store_true")


def _validate(options: argparse.Namespace) -> int:
    path = options.file or sources_path(load_settings())
    sources = load_sources(path)
    say(f"{path}: {len(sources.sources)} sources, {len(sources.enabled)} enabled")
    return 0


def _list(options: argparse.Namespace) -> int:
    sources = load_sources(sources_path(load_settings()))
    rows = [
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
    say_table(rows, ("id", "kind", "country", "lang", "past", "tags", "url"))
    return 0


def _starter(options: argparse.Namespace) -> int:
    settings = load_settings()
    target = settings.config_dir / "sources.yaml"
    if target.exists() and not options.force:
        raise ConfigError(f"{target}: already there; --force replaces it")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(settings.shipped / "starter" / "sources.yaml", target)
    n_sources = len(load_sources(target).enabled)
    say(f"{target}: {n_sources} public feeds; edit it as you like")
    if settings.contact is None:
        say("set NIGHTDESK_CONTACT to an address servers may ask; then `make night`")
    return 0


def _gaps(options: argparse.Namespace) -> int:
    settings = load_settings()
    last: date = options.last or last_night(datetime.now(UTC))
    first: date = options.first or last - timedelta(days=6)
    if last < first:
        raise ConfigError(f"--to {last} is before --from {first}")
    with open_catalogue(settings.published) as con:
        rows = read_coverage(con, first, last)
    seen = {(row["night"], row["source_id"]) for row in rows}
    gaps = [
        {
            "night": r["night"],
            "source": r["source_id"],
            "status": r["status"],
            "reason": r["reason"],
        }
        for r in rows
        if r["status"] != "ok" or r["n_pending"]
    ]
    sources = load_sources(sources_path(settings)).enabled
    for n in range((last - first).days + 1):
        night = first + timedelta(days=n)
        gaps += [
            {"night": night, "source": s.id, "status": "not_loaded", "reason": None}
            for s in sources
            if (night, s.id) not in seen
        ]
    gaps.sort(key=lambda gap: (gap["night"], gap["source"]))
    if options.json:
        say_json(gaps)
        return 0
    if not gaps:
        say(f"no gaps from {first} to {last}")
        return 0
    say_table(gaps, ("night", "source", "status", "reason"))
    nights = sorted({gap["night"] for gap in gaps})
    say(
        "\nto close what can be closed: Backfill of nightdesk_nightly "
        f"from {nights[0]} to {nights[-1]} with All Runs, or\n"
        f"  nightdesk run --night {nights[0]} --until {nights[-1]}"
    )
    return 0


def _try(options: argparse.Namespace) -> int:
    from nightdesk.cli.attempt import read_page, show_page

    settings = load_settings()
    page = read_page(settings, options.page)
    article, tags = show_page(settings, page)
    _say_article(article, tags)
    return 0 if article.status == "ok" else 1


def _say_article(article: Article, tags: Tags) -> None:
    say(
        f"status     {article.status}"
        + (f": {article.reason}" if article.reason else "")
    )
    say(f"title      {article.title or ''}")
    say(f"authors    {', '.join(article.authors)}")
    say(
        f"published  {article.published_at or ''} "
        f"({article.published_precision or '-'}, from {article.published_via or '-'})"
    )
    for candidate in article.date_candidates:
        if candidate.rejected:
            say(
                f"           not {candidate.raw!r} of {candidate.via}: "
                f"{candidate.rejected}"
            )
    say(f"language   {article.lang or ''}    confidence {article.confidence:.2f}")
    say(
        f"text       {article.n_words} words, {article.n_paragraphs} paragraphs, "
        f"{len(article.repeats)} repeats dropped"
    )
    for repeat in article.repeats:
        say(f"           paragraph {repeat.dropped} repeats paragraph {repeat.kept}")
    for country in tags.countries:
        focus = " (focus)" if country.is_focus else ""
        say(f"country    {country.country} {country.score:.1f} {country.role}{focus}")
    names = Counter((m.type, m.name or m.surface) for m in tags.mentions)
    for (kind, name), n_mentions in sorted(names.items(), key=lambda p: (-p[1], p[0])):
        say(f"{kind.lower():10} {name} x{n_mentions}")
    say()
    for line in article.text.splitlines():
        say(line + "\n")


def _brief(options: argparse.Namespace) -> int:
    from nightdesk.report import brief_summary

    settings = load_settings()
    with open_catalogue(settings.published) as con:
        nights = list_nights(con)
        night = options.night or nights[-1]
        summary = brief_summary(night, read_marts(con, night))
    if options.json:
        say_json(summary)
        return 0
    for key, value in summary.items():
        sys.stdout.write(f"{key}: {value}\n")
    return 0
