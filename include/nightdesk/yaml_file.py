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
Schema = Mapping[str, Any]  # JSON Schema

_LONG = 60  # characters of a wrong value that are shown
_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def read_yaml(path: Path) -> tuple[Any, Lines, str]:
    """Return what a file says, the line of each of its keys, and its digest.

    Raises:
        ConfigError: it cannot be read, is no YAML, or has a key twice.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: is not UTF-8 text") from error
    try:
        node = _compose(text)
        data = yaml.load(text, FAST_LOADER)  # noqa: S506
        lines: Lines = dict(_walk(path, node, ())) if node is not None else {}
    except RecursionError as error:
        raise ConfigError(
            f"{path}: nested too deep, or an alias that holds itself"
        ) from error
    except yaml.YAMLError as error:
        line, problem = _name_problem(error, text)
        raise ConfigError(f"{path}:{line}: not YAML: {problem}") from error
    except ValueError as error:  # of a value that looks like a date or a number
        line, value = _find_wrong(node)
        shown = _show(value)
        raise ConfigError(
            f"{path}:{line}: {shown} is no date or number; put it in quotes"
        ) from error
    return data, lines, hashlib.sha256(raw).hexdigest()


def _name_problem(error: yaml.YAMLError, text: str) -> tuple[int, str]:
    """Return the line where YAML ends to be YAML, and why."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return line, f"character {chr(error.character)!a} is not allowed"
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return (mark.line + 1 if mark else 1), problem


def _find_wrong(node: yaml.Node | None) -> tuple[int, str]:
    """Return line and text of the first value of which YAML can make nothing."""
    waiting = [node] if node is not None else []
    while waiting:
        found = waiting.pop(0)
        if isinstance(found, yaml.ScalarNode):
            try:
                yaml.SafeLoader("").construct_object(found)
            except ValueError:
                return found.start_mark.line + 1, found.value
        elif isinstance(found, yaml.MappingNode):
            waiting += [part for pair in found.value for part in pair]
        else:
            waiting += found.value
    return 1, ""


def _compose(text: str) -> yaml.Node | None:
    """Return a text's nodes; what is wrong with it, in Python's words."""
    try:
        return yaml.compose(text, FAST_LOADER)
    except yaml.YAMLError:
        return yaml.compose(text, yaml.SafeLoader)


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


def explain(
    path: Path, error: ValidationError, lines: Lines, model: type[BaseModel]
) -> str:
    """Return a line for each key that is wrong, with the allowed keys and values.

    Args:
        path: of the file.
        error: what its model says of it.
        lines: of `read_yaml`.
        model: of the whole file.
    """
    top = model.model_json_schema()
    said: dict[tuple[str | int, ...], str] = {}
    for item in error.errors():
        known, allowed = _descend(top, item["loc"])
        said.setdefault(known, _cause(item, allowed, top))
    return "\n".join(
        f"{path}:{_line_of(lines, loc)}: {_key_of(loc)}: {cause}"
        for loc, cause in said.items()
    )


def _line_of(lines: Lines, loc: tuple[str | int, ...]) -> int:
    for end in range(len(loc), -1, -1):
        if loc[:end] in lines:
            return lines[loc[:end]]
    return 1


def _key_of(loc: tuple[str | int, ...]) -> str:
    key = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in loc)
    return key.lstrip(".") or "file"


def _descend(
    top: Schema, loc: tuple[str | int, ...]
) -> tuple[tuple[str | int, ...], Schema]:
    """Return as much of a place as is in the file, and what its schema allows there.

    An unknown key is allowed what the mapping is that it stands in; names that the
    model gives to the parts of a choice are in no file.
    """
    place = _resolve(top, top)
    for depth, part in enumerate(loc):
        if loc[depth + 1 :] == ("[key]",):  # the key itself is wrong
            return loc[: depth + 1], _resolve(place["propertyNames"], top)
        inner = place.get("items") if isinstance(part, int) else None
        if place.get("type") == "object":
            rest = place.get("additionalProperties") or None
            inner = place.get("properties", {}).get(part, rest)
            if inner is None:
                return (*loc[:depth], str(part)), place
        if inner is None:
            return loc[:depth], place
        place = _resolve(inner, top)
    return loc, place


def _resolve(schema: Schema, top: Schema) -> Schema:
    """Return a schema without its references and without the choice of nothing."""
    if "$ref" in schema:
        return _resolve(top["$defs"][str(schema["$ref"]).rpartition("/")[2]], top)
    choices = [c for c in schema.get("anyOf", ()) if c.get("type") != "null"]
    return _resolve(choices[0], top) if len(choices) == 1 else schema


def _cause(item: Mapping[str, Any], allowed: Schema, top: Schema) -> str:
    if item["type"] == "value_error":
        return str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "missing":
        return "missing; this key is required"
    if item["type"] in ("extra_forbidden", "invalid_key"):
        return f"unknown key; allowed keys: {', '.join(allowed['properties'])}"
    given = _show(item.get("input"))
    if "pattern" in allowed and isinstance(item.get("input"), str):
        return f"{given} does not fit the pattern {allowed['pattern']}"
    return f"{given} is not allowed; allowed: {_say(allowed, top)}"


def _show(given: object) -> str:
    """Return a value as somebody would name it who reads the file."""
    if given is None:
        return "nothing"
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, Mapping):
        return "a mapping of keys"
    if isinstance(given, list):
        return "a list" if given else "an empty list"
    text = str(given) if len(str(given)) <= _LONG else f"{str(given)[:_LONG]}..."
    return repr(text) if isinstance(given, str) else text


def _say(schema: Schema, top: Schema) -> str:
    """Return what a schema allows, in words.

    >>> _say({"anyOf": [{"type": "integer", "minimum": 1}, {"const": "forever"}]}, {})
    "a whole number from 1 on, or 'forever'"
    """
    schema = _resolve(schema, top)
    if "anyOf" in schema:
        return ", or ".join(_say(choice, top) for choice in schema["anyOf"])
    if "const" in schema:
        return repr(schema["const"])
    if "enum" in schema:
        return ", ".join(map(repr, schema["enum"]))
    kind = schema.get("type")
    if kind == "object":
        keys = (
            schema.get("properties") or _resolve(schema["propertyNames"], top)["enum"]
        )
        return f"a mapping of the keys {', '.join(keys)}"
    if kind == "array":
        some = " of at least one" if schema.get("minItems") else ""
        return f"a list{some}, each {_say(schema.get('items', {}), top)}"
    return _KINDS.get(str(kind), "a value") + _say_range(schema)


def _say_range(schema: Schema) -> str:
    first = schema.get("minimum", schema.get("minLength"))
    last = schema.get("maximum", schema.get("maxLength"))
    if "exclusiveMinimum" in schema:
        return f" above {schema['exclusiveMinimum']:g}"
    unit = " characters" if "maxLength" in schema or "minLength" in schema else ""
    if "pattern" in schema:
        return f" that fits the pattern {schema['pattern']}"
    if first is None:
        return ""
    return f" from {first:g} " + ("on" if last is None else f"to {last:g}{unit}")
