"""correct: put a tag, a date or a merge of entities right, for good."""

from __future__ import annotations

import argparse
import getpass
from datetime import UTC, datetime
from typing import Any

from nightdesk.cli import Commands, add_command, say
from nightdesk.cli.decide import read_id
from nightdesk.config import load_settings
from nightdesk.pipeline.correct_task import correct_article, correct_entity

_ABOUT = (
    "put a wrong tag, date or merge of entities right; it wins over the tagger and "
    "holds through every rebuild"
)


def add_commands(commands: Commands) -> None:
    """Add `correct` with tag, date and entity."""
    example = "correct tag 17 --surface Georgia --country US --why 'the state'"
    correct = add_command(commands, "correct", _correct_tag, _ABOUT, example)
    kinds = correct.add_subparsers(dest="about", required=True, metavar="WHAT")
    _add_tag(kinds)
    date = add_command(
        kinds,
        "date",
        _correct_date,
        "say when an article was published: that day owns it",
        "correct date https://a.example/fish 2026-03-02 --why 'so it says in print'",
    )
    date.add_argument("article", metavar="ARTICLE", help="article id or address")
    date.add_argument("published", nargs="?", help="a day, or a time with its offset")
    _add_common(date)
    entity = add_command(
        kinds,
        "entity",
        _correct_entity,
        "say that the entity OLD is the entity NEW, or, with --apart, its own again",
        "correct entity nd:per:a-tarar nd:per:attaullah-tarar --why 'one minister'",
    )
    entity.add_argument("old", metavar="OLD")
    entity.add_argument("new", metavar="NEW", nargs="?")
    entity.add_argument(
        "--apart", action="store_true", help="it is an entity of its own"
    )
    _add_who(entity)


def _add_tag(kinds: Commands) -> None:
    tag = add_command(
        kinds,
        "tag",
        _correct_tag,
        "say what words in an article name, whether the tagger found them or not",
        "correct tag 17 --surface Georgia --country US --why 'the state'",
    )
    tag.add_argument("article", metavar="ARTICLE", help="article id or address")
    about = "the words as they stand in the title or text"
    tag.add_argument("--surface", required=True, help=about)
    what = tag.add_mutually_exclusive_group()
    about = "a place: this country, or the place of that name in it"
    what.add_argument("--country", metavar="ISO2", help=about)
    about = "a place: geonames:..., iso:US-GA, x-sahel, or an id of places.yaml"
    what.add_argument("--place", metavar="ID", help=about)
    about = "a person, organisation or metonym: Q42, nd:per:..., nd:org:..., nd:loc:..."
    what.add_argument("--entity", metavar="ID", help=about)
    about = "nothing that should be tagged"
    what.add_argument("--not-an-entity", action="store_true", help=about)
    about = "of an entity whose id does not say it"
    tag.add_argument("--type", choices=("PER", "ORG", "LOC"), help=about)
    about = "only the N-th place where the words stand, the title first; default: all"
    tag.add_argument("--nth", type=int, metavar="N", help=about)
    _add_common(tag)
    tag.set_defaults(parser=tag)


def _add_common(parser: argparse.ArgumentParser) -> None:
    about = "take back what was said of it"
    parser.add_argument("--as-found", action="store_true", help=about)
    about = "build the nights that it touches again, at once"
    parser.add_argument("--build", action="store_true", help=about)
    parser.set_defaults(parser=parser)
    _add_who(parser)


def _add_who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--why", required=True, help="for who reads it in a year")
    parser.add_argument("--who", default=None, help="default: the name of the login")
    parser.set_defaults(parser=parser)


def _sign(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "who": options.who or getpass.getuser(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "why": options.why,
    }


def _correct_tag(options: argparse.Namespace) -> int:
    said: list[dict[str, Any]] = []
    if options.country or options.place:
        said.append({"kind": "tag_place", "place": options.country or options.place})
    if options.entity:
        more = {"type": options.type} if options.type else {}
        said.append({"kind": "tag_entity", "entity": options.entity, **more})
    if options.not_an_entity:
        said.append({"kind": "tag_none"})
    if options.as_found:
        said.append({"kind": "as_found"})
    if len(said) != 1:
        options.parser.error(
            "say one of --country, --place, --entity, --not-an-entity, --as-found"
        )
    nth = {} if options.nth is None else {"nth": options.nth}
    return _record(options, {**said[0], "surface": options.surface, **nth})


def _correct_date(options: argparse.Namespace) -> int:
    if (options.published is None) is not options.as_found:
        options.parser.error("say a day or time, or --as-found")
    if options.as_found:
        return _record(options, {"kind": "as_found"})
    return _record(options, {"kind": "date", "published": options.published})


def _record(options: argparse.Namespace, said: dict[str, Any]) -> int:
    settings = load_settings()
    row = {**said, "article": read_id(options.article), **_sign(options)}
    done = correct_article(settings, row)
    say(f"{settings.decisions}: added, for: {done.title}")
    if options.build:
        from nightdesk.cli.night import build_nights

        return build_nights(done.nights)
    for night in done.nights:
        say(f"applied when that night is built: nightdesk load --night {night}")
    return 0


def _correct_entity(options: argparse.Namespace) -> int:
    if (options.new is None) is not options.apart:
        options.parser.error("say NEW or --apart")
    settings = load_settings()
    kind = {"kind": "own_entity"} if options.apart else {"kind": "same_entity"}
    new = {} if options.apart else {"id": options.new}
    row = {**kind, "old_id": options.old, **new, **_sign(options)}
    correct_entity(settings, row)
    say(f"{settings.decisions}: added; the nights of the last week follow it in the")
    say("next run, older ones when they are built; entity_alias joins the rest")
    return 0
