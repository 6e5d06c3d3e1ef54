"""A YAML file that people wrote: what it says, where, and what is wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from nightdesk.errors import ConfigError

#: A C library's parser where there is one; neither makes objects.
FAST_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Lines = dict[tuple[str | int, ...], int]
Models = tuple[type[BaseModel], type[BaseModel]]  # of a row, of the file


def read_yaml(path: Path) -> tuple[Any, Lines, str]:
    """Return what a file says, the line of each of its keys, and its digest.

    Raises:
        ConfigError: it cannot be read, is no YAML, or has a key twice.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    try:
        node, data = _parse(text)
        lines: Lines = dict(_walk(path, node, ())) if node is not None else {}
    except RecursionError as error:
        raise ConfigError(
            f"{path}: nested too deep, or an alias that holds itself"
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"{path}{where}: not YAML: {problem}") from error
    return data, lines, hashlib.sha256(raw).hexdigest()


def _parse(text: str) -> tuple[yaml.Node | None, Any]:
    """Return a text's nodes and what they say; what is wrong, in Python's words."""
    try:
        return _parse_with(FAST_LOADER, text)
    except yaml.YAMLError:
        return _parse_with(yaml.SafeLoader, text)


def _parse_with(loader: Any, text: str) -> tuple[yaml.Node | None, Any]:
    # Twice: what a node says is not to be had without changing the node.
    return yaml.compose(text, loader), yaml.load(text, loader)  # noqa: S506


def _walk(
    path: Path, node: yaml.Node, place: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], int]]:
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                raise ConfigError(
                    f"{path}:{line}: key {key.value!r} is already there "
                    f"on line {seen[key.value]}"
                )
            seen[key.value] = line
            yield from _walk(path, value, (*place, key.value))
            yield (*place, key.value), line
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(path, value, (*place, index))


def explain(path: Path, error: ValidationError, lines: Lines, models: Models) -> str:
    """Return a line for everything that is wrong, with the allowed keys and values."""
    return "\n".join(
        f"{path}:{_line_of(lines, item['loc'])}: {_key_of(item['loc'])}: "
        f"{_cause(item, models)}"
        for item in error.errors()
    )


def _line_of(lines: Lines, loc: tuple[str | int, ...]) -> int:
    for end in range(len(loc), -1, -1):
        if loc[:end] in lines:
            return lines[loc[:end]]
    return 1


def _key_of(loc: tuple[str | int, ...]) -> str:
    key = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in loc)
    return key.lstrip(".") or "file"


def _cause(item: Mapping[str, Any], models: Models) -> str:
    given = item.get("input")
    if item["type"] == "extra_forbidden":
        fields = models[len(item["loc"]) == 1].model_fields
        keys = [field.alias or name for name, field in fields.items()]
        return f"unknown key; allowed keys: {', '.join(keys)}"
    if item["type"] == "missing":
        return "missing; this key is required"
    if item["type"] == "literal_error":
        return f"{given!r} is not one of {item['ctx']['expected']}"
    if item["type"] == "string_pattern_mismatch":
        return f"{given!r} does not fit the pattern {item['ctx']['pattern']}"
    cause = str(item["msg"]).removeprefix("Value error, ")
    return cause if item["type"] == "value_error" else f"{cause}, not {given!r}"
