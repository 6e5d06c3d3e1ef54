"""The command line: the pipeline's own functions, from a shell.

Exit codes: 0 done, 1 the night failed, 2 wrong usage or configuration.
"""

from __future__ import annotations

import argparse
import importlib
import io
import logging
import sys
from collections.abc import Sequence
from functools import partial

from nightdesk import __version__
from nightdesk.cli.commands import COMMANDS
from nightdesk.errors import ConfigError, NightdeskError

_N_ROWS = 4  # words of "tag --jsonl IN OUT"
#: command: module and function that take its rows
_BARE = {"tag": ("jsonl", "tag_rows"), "extract": ("page_rows", "extract_rows")}


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of a command; for none of them one that lists them all.

    Only the module of that command is imported; its `--help` shows an example.
    """
    parser = argparse.ArgumentParser(
        prog="nightdesk",
        description="The night desk of a small newsroom: one clean night of news.",
        epilog="COMMAND --help shows its options and an example. "
        "example: nightdesk run --night 2026-03-01",
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="log one line per task to stderr"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    if command in COMMANDS:
        name = f"nightdesk.cli.{COMMANDS[command].module}"
        importlib.import_module(name).add_commands(commands)
    else:
        for name, (_, about) in COMMANDS.items():
            commands.add_parser(name, help=about, add_help=False)
    return parser


def _read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options; a stage over rows does without the import of the pipeline.

    Single rows are piped through it: 2 of 2.4 s of CPU were what it never uses.
    """
    listed = sys.argv[1:] if arguments is None else list(arguments)
    if len(listed) == _N_ROWS and listed[1] == "--jsonl" and listed[0] in _BARE:
        files = listed[2:]
        if all(file == "-" or not file.startswith("-") for file in files):
            from nightdesk.cli import jsonl

            module, name = _BARE[listed[0]]
            stage = getattr(importlib.import_module(f"nightdesk.cli.{module}"), name)
            run = partial(jsonl.run_stage, stage=stage)
            return argparse.Namespace(verbose=False, jsonl=files, run=run)
    command = next((word for word in listed if not word.startswith("-")), None)
    return build_parser(command).parse_args(listed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _read_options(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # news is in more scripts than ASCII
        sys.stdout.reconfigure(errors="backslashreplace")
    level = logging.INFO if options.verbose else logging.ERROR
    logging.basicConfig(
        level=level,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    # Whoever sits before it should know for whom a command waits, and which of the
    # files of his own is not read.
    for module in ("warehouse.connect", "gazetteer_files"):
        heard = logging.getLogger(f"nightdesk.{module}")
        heard.setLevel(min(level, logging.WARNING))
    try:
        return int(options.run(options))
    except ConfigError as error:
        sys.stderr.write(f"nightdesk: {error}\n")
        return 2
    except NightdeskError as error:
        sys.stderr.write(f"nightdesk: {error}\n")
        return 1
    except BrokenPipeError:
        return 0  # the reader of our output has seen enough


if __name__ == "__main__":
    sys.exit(main())
