"""A user's sources.yaml, added to without touching what people wrote in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import yaml

from nightdesk.config import SHIPPED, load_sources
from nightdesk.errors import ConfigError
from nightdesk.model import Source

_DEFAULTS = {f.name: f.default for f in fields(Source)}
_NAMES = {"is_enabled": "enabled"}  # as people write them


def schema_hint() -> str:
    """Return the comment by which editors find the schema of a sources file."""
    address = (SHIPPED / "sources.schema.json").as_uri()
    return f"# yaml-language-server: $schema={address}\n"


def write_rows(sources: Sequence[Source], indent: int = 2) -> str:
    """Return sources as the rows of a sources file, without what is the default.

    >>> print(write_rows([Source("hill", "Hill", "rss", "https://hill.example/f")]))
      - id: hill
        name: Hill
        kind: rss
        url: https://hill.example/f
    """
    rows = [_write_row(source) for source in sources]
    text = yaml.safe_dump(
        rows, sort_keys=False, allow_unicode=True, default_flow_style=False, width=1000
    )
    return "\n".join(" " * indent + line for line in text.rstrip("\n").split("\n"))


def add_sources(path: Path, sources: Sequence[Source]) -> None:
    """Add sources at the end of a sources file, which is made if it is not there.

    Written beside the file, read back by `load_sources`, then renamed over it.

    Raises:
        ConfigError: the file cannot be added to or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text("utf-8") if path.exists() else f"{schema_hint()}sources:"
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_text(_insert(path, text, sources), "utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        load_sources(fresh)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _write_row(source: Source) -> dict[str, Any]:
    row = {}
    for key, value in asdict(source).items():
        if value != _DEFAULTS[key]:
            row[_NAMES.get(key, key)] = (
                list(value) if value.__class__ is tuple else value
            )
    return row


def _insert(path: Path, text: str, sources: Sequence[Source]) -> str:
    """Return the text with the rows behind the last source of its list."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    rows = next((value for key, value in pairs if key.value == "sources"), None)
    if not isinstance(rows, yaml.SequenceNode):  # a file that has just been begun
        return f"{text.rstrip()}\n{write_rows(sources)}\n"
    if rows.flow_style:
        raise ConfigError(
            f"{path}:{rows.start_mark.line + 1}: sources: written in brackets; write "
            "one source below another, each with a hyphen, to have more added"
        )
    lines = text.splitlines()
    end = rows.end_mark.line if rows.end_mark.column == 0 else len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    lines[end:end] = write_rows(sources, rows.start_mark.column).split("\n")
    return "\n".join(lines) + "\n"
