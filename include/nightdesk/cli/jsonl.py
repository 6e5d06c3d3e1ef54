"""Every stage over JSON lines: for people who want one stage, and for comparison."""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from nightdesk.cli import Commands
from nightdesk.cli.bad_lines import BadLine, make_bad_line, state_bad_line
from nightdesk.errors import ConfigError
from nightdesk.settings import load_settings

Row = dict[str, Any]

_ESCAPE = "backslashreplace"


def add_option(parser: argparse.ArgumentParser) -> None:
    """Add `--jsonl IN OUT`; `-` stands for standard input or output."""
    parser.add_argument(
        "--jsonl",
        nargs=2,
        metavar=("IN", "OUT"),
        required=True,
        help="read rows from IN, write one row each to OUT; - is standard input/output",
    )


def add_commands(commands: Commands) -> None:
    """Add the stages that only work over JSON lines."""
    from nightdesk.cli import add_command

    feed = add_command(
        commands,
        "feed",
        lambda o: run_stage(o, _feed_rows),
        "parse feeds: rows {id, body_b64, headers?, url?} to rows "
        "{id, status, feed, entries, warnings}",
        "feed --jsonl in.jsonl out.jsonl",
    )
    add_option(feed)
    fetch = add_command(
        commands,
        "fetch",
        lambda o: run_stage(o, partial(_fetch_rows, o)),
        "fetch addresses with every guard on: rows {id, url} to rows {id, outcome, "
        "status, final_url, bytes_wire, bytes_decoded, ms, error}, as they finish",
        "fetch --jsonl in.jsonl out.jsonl --contact desk@newsroom.example",
    )
    add_option(fetch)
    fetch.add_argument(
        "--allow-network",
        metavar="CIDR",
        action="append",
        default=[],
        help="private addresses that may be fetched, such as 127.0.0.0/8",
    )
    fetch.add_argument("--contact", metavar="ADDR", help="whom servers may ask")
    stories = add_command(
        commands,
        "stories",
        lambda o: run_stage(o, _story_rows),
        "group reports of one event: rows {id, published_at, title, text, url?, lang?} "
        "to rows {id, status, story_id, cluster_id}",
        "stories --jsonl in.jsonl out.jsonl",
    )
    add_option(stories)


def run_stage(
    options: argparse.Namespace, stage: Callable[[Iterable[Row], Path], Iterable[Row]]
) -> int:
    """Run a stage over the rows of IN and write its rows to OUT."""
    source, target = options.jsonl
    if _is_same(source, target):
        raise ConfigError(f"--jsonl: {target}: is IN and OUT; name another OUT")
    base = Path.cwd() if source == "-" else Path(source).resolve().parent
    sink: TextIO
    if target == "-":
        for row in stage(_read_rows(source), base):
            _write_row(sys.stdout, row)
        return 0
    try:
        # The escape of a lone surrogate is the one that JSON has for it.
        with Path(target).open("w", encoding="utf-8", errors=_ESCAPE) as sink:
            for row in stage(_read_rows(source), base):
                _write_row(sink, row)
    except OSError as error:
        raise ConfigError(f"--jsonl: {error}") from error
    return 0


def _read_rows(source: str) -> Iterator[Row]:
    try:
        with _open_lines(source) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _parse_row(line, number)
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(f"--jsonl: {error}") from error


def _is_same(source: str, target: str) -> bool:
    try:
        return source != "-" and Path(source).samefile(target)
    except OSError:  # one of them is not there
        return False


def _open_lines(source: str) -> AbstractContextManager[BinaryIO]:
    if source == "-":
        return nullcontext(sys.stdin.buffer)
    if source.endswith(".gz"):
        return cast(BinaryIO, gzip.open(source))
    return Path(source).open("rb")


def _parse_row(line: bytes, number: int) -> Row:
    """Return a row; a bad line becomes one that its stage gives a status."""
    try:
        # Some programs begin a file with a mark of its encoding.
        row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except (ValueError, RecursionError) as error:
        return make_bad_line(number, f"not JSON: {error}")
    if not isinstance(row, dict):
        return make_bad_line(number, "not a JSON object")
    return row


def _write_row(sink: TextIO, row: Row) -> None:
    sink.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def _each(rows: Iterable[Row], stage: Callable[[Row], Row]) -> Iterator[Row]:
    for row in rows:
        if isinstance(row, BadLine):
            yield state_bad_line(row)
        else:
            yield stage(row)


def _feed_rows(rows: Iterable[Row], base: Path) -> Iterator[Row]:
    from nightdesk.feeds.jsonl import feed_row

    return _each(rows, feed_row)


def _fetch_rows(
    options: argparse.Namespace, rows: Iterable[Row], base: Path
) -> Iterator[Row]:
    from nightdesk.fetch import Fetcher, fetch_rows
    from nightdesk.fetch import Limits as FetchLimits

    settings = load_settings()
    contact = options.contact or settings.contact
    if contact is None:
        raise ConfigError(
            "fetch: --contact ADDR or NIGHTDESK_CONTACT: whom may they ask?"
        )
    with Fetcher(
        user_agent=f"nightdesk (+{contact})",
        mirrors=settings.mirrors or {},
        allowed_networks=options.allow_network,
        gap_s=0 if options.allow_network else 2,
        limits=FetchLimits(breaker=0) if options.allow_network else None,
    ) as fetcher:
        yield from _together(rows, partial(fetch_rows, fetcher))


def duplicate_rows(rows: Iterable[Row], base: Path) -> Iterable[Row]:
    """Judge the rows together: which are copies of which."""
    from nightdesk.deduplicate.jsonl import deduplicate_rows

    return _judge(rows, deduplicate_rows)


def _story_rows(rows: Iterable[Row], base: Path) -> Iterable[Row]:
    from nightdesk.deduplicate.jsonl import story_rows
    from nightdesk.deduplicate.rarity import Rarity
    from nightdesk.pipeline.frozen_tables import read_shipped_terms

    rarity = Rarity(read_shipped_terms(load_settings().shipped))
    return _judge(rows, partial(story_rows, rarity=rarity))


def _judge(
    rows: Iterable[Row], stage: Callable[[list[Row | None]], Iterable[Row]]
) -> Iterator[Row]:
    """Yield the rows of a stage that makes groups; a bad line is one of its own."""
    rows = list(rows)
    given = [None if isinstance(row, BadLine) else row for row in rows]
    for row, found in zip(rows, stage(given), strict=True):
        yield found | state_bad_line(row) if isinstance(row, BadLine) else found


def _together(
    rows: Iterable[Row], stage: Callable[[list[Row]], Iterable[Row]]
) -> Iterator[Row]:
    """Yield the rows of a stage that needs all of them, bad ones in their place."""
    rows = list(rows)
    found = iter(stage([row for row in rows if not isinstance(row, BadLine)]))
    yield from _each(rows, lambda _: next(found))


def tag_rows(rows: Iterable[Row], base: Path) -> Iterator[Row]:
    """Tag each row's text."""
    from nightdesk.backends import make_tagger
    from nightdesk.gazetteer import load_gazetteer
    from nightdesk.tag.jsonl import tag_row

    settings = load_settings()
    gazetteer = load_gazetteer(settings.shipped, settings.config_dir)
    tagger = make_tagger(gazetteer, settings.tagger)

    def tag(row: Row) -> Row:
        return tag_row(tagger, _name_language(_drop_surrogates(row)))

    return _each(rows, tag)


def _name_language(row: Row) -> Row:
    """Return a row with its language, from its text where none is stated."""
    text = row.get("text")
    if isinstance(row.get("lang"), str) or not isinstance(text, str):
        return row
    from nightdesk.tag.english import is_plain_english

    if is_plain_english(text):
        return {**row, "lang": "en"}
    from nightdesk.extract.language import guess_language  # takes half a second

    return {**row, "lang": guess_language(text)}


def _drop_surrogates(row: Row) -> Row:
    """Return a row that the model can read; offsets into its text stay."""
    texts = {
        key: row[key].encode("utf-8", "replace").decode()
        for key in ("text", "title")
        if isinstance(row.get(key), str)
    }
    return {**row, **texts}
