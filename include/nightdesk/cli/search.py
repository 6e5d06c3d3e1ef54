"""search: what was ever published, by words."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict

from nightdesk.cli import Commands, add_command, parse_day, say, say_json
from nightdesk.config import load_settings
from nightdesk.errors import ConfigError
from nightdesk.search.ask import Filters
from nightdesk.search.find import Found, find_stories
from nightdesk.search.index import open_index
from nightdesk.search.snippet import Mark
from nightdesk.warehouse.catalogue import read_manifest

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_JOINERS = "\u200c\u200d"  # without a shape of their own, but words need them


def add_commands(commands: Commands) -> None:
    """Add `search`."""
    search = add_command(
        commands,
        "search",
        _search,
        'search everything that is published: words, "phrases", prefix*, AND, OR, NOT, '
        "(...), and title: source: person: org: place: lang: before a word",
        "search 'harbour OR \"fish quarrel\" -title:football' --region Ghana",
    )
    search.add_argument("query", help="put it into quotation marks of the shell")
    search.add_argument("--from", dest="first", type=parse_day, metavar="DAY")
    search.add_argument("--until", dest="last", type=parse_day, metavar="DAY")
    for name, what in (
        ("region", "regions that it is about: ids, codes or names"),
        ("lang", "languages, such as en,fr"),
        ("source", "sources: ids or names"),
    ):
        search.add_argument(
            f"--{name}", type=_split, default=(), metavar="LIST", help=what
        )
    search.add_argument(
        "--limit", type=int, default=10, metavar="N", help="stories to show; default 10"
    )
    search.add_argument("--json", action="store_true")


def _split(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _search(options: argparse.Namespace) -> int:
    if options.first and options.last and options.last < options.first:
        raise ConfigError(f"--until {options.last} is before --from {options.first}")
    published = load_settings().published
    filters = Filters(
        options.first, options.last, options.region, options.lang, options.source
    )
    found = find_stories(
        open_index(published / "search"), options.query, filters, limit=options.limit
    )
    in_force = int(read_manifest(published).get("number", 0))
    if options.json:
        say_json({**asdict(found), "is_current": found.catalogue == in_force})
        return 0
    _say_found(found, is_bold=sys.stdout.isatty())
    if found.catalogue != in_force:
        say(
            f"\nThis is of catalogue {found.catalogue}; {in_force} is in force: "
            "nightdesk publish brings the search up to date"
        )
    return 0


def _say_found(found: Found, *, is_bold: bool) -> None:
    for story in found.stories:
        say(_draw(story.title or story.url, story.title_marks, is_bold))
        others = f", and {story.n_others} more of this story" if story.n_others else ""
        say(f"  {_clean(f'{story.night}  {story.source}')}{others}")
        if story.snippet:
            say(f"  {_draw(story.snippet, story.snippet_marks, is_bold)}")
        say(f"  {_clean(story.url)}  ({story.article_id})\n")
    shown = len(found.stories)
    say(f"{found.n_articles} articles match; the best {shown} stories are shown")


def _draw(text: str, marks: Sequence[Mark], is_bold: bool) -> str:
    """Return a line for a terminal, or for a pipe: without any sign that acts there."""
    drawn, place = "", 0
    for start, end in marks if is_bold else ():
        drawn += f"{_clean(text[place:start])}{_BOLD}{_clean(text[start:end])}{_PLAIN}"
        place = end
    return drawn + _clean(text[place:])


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() or c in _JOINERS else " " for c in text)
