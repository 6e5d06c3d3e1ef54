"""add: one page by hand."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from nightdesk.cli import (
    Commands,
    add_command,
    add_private_option,
    parse_day,
    say,
    say_json,
)
from nightdesk.cli.asking import load_leniently
from nightdesk.cli.night import open_job
from nightdesk.config import load_settings
from nightdesk.errors import ConfigError
from nightdesk.pipeline.add_task import SOURCE_ID, Added, add_page
from nightdesk.pipeline.remove_task import remove_page


def add_commands(commands: Commands) -> None:
    """Add `add`."""
    add = add_command(
        commands,
        "add",
        _add,
        f"bring in one page by hand, as an entry of the source {SOURCE_ID}",
        "add https://www.example.org/story, or "
        "add story.html --url https://www.example.org/story --night 2026-03-01",
    )
    add.add_argument("page", metavar="URL|FILE", help="address, or file of saved HTML")
    add.add_argument(
        "--night",
        type=parse_day,
        metavar="DAY",
        help="the night to list it in; default: the day the page states, else today",
    )
    add.add_argument("--url", help="address of a FILE that does not state its own")
    add.add_argument(
        "--remove",
        action="store_true",
        help="take back what was added under this address",
    )
    add_private_option(add)
    add.add_argument("--json", action="store_true", help="print it as JSON")


def _add(options: argparse.Namespace) -> int:
    is_address = options.page.startswith(("http://", "https://"))
    if is_address and options.url:
        raise ConfigError("--url: says the address of a file, and this is no file")
    if options.remove:
        return _remove(options.page)
    sources = load_leniently(load_settings()) if is_address else None
    with open_job(with_world=bool(sources and sources.is_newsstand)) as job:
        added = add_page(
            job,
            options.page,
            night=options.night,
            url=options.url,
            sources=sources,
            allow_private=options.allow_private,
        )
    if options.json:
        say_json(
            {
                "night": added.night,
                "owner": added.owner,
                "listing": asdict(added.listing),
                "status": added.article.status,
                "reason": added.article.reason,
            }
        )
    else:
        _say(added)
    return 0


def _remove(url: str) -> int:
    with open_job(with_world=False) as job:
        nights = remove_page(job, url)
    say(f"{url}: taken back; the next build rejects it: removed_by_hand")
    for night in nights:
        say(f"  to build night {night} again: nightdesk run --offline --night {night}")
    return 0


def _say(added: Added) -> None:
    row, article = added.listing, added.article
    say(f"{row.url}: captured, {article.title or 'no title'}")
    if "tdm" in row.reservations:
        say("  its publisher reserves its text (TDM): it is loaded without it")
    if article.status != "ok":
        say(f"  extraction gets no article from it: {article.reason}")
    if added.owner is not None:
        say(f"  night {added.owner} has this address already: a duplicate elsewhere")
    if added.former is not None:
        say(f"  night {added.former} had this address and gives it up")
    say(f"  in night {added.night}; to load it: {_build_command(added)}")


def _build_command(added: Added) -> str:
    words = f"nightdesk run --offline --night {added.owner or added.night}"
    return f"{words} --until {added.former}" if added.former else words
