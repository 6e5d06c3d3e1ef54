"""Small state as JSON that knows its own digest: a changed byte is never a value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_KEY = "file_sha256"


def encode_state(value: Mapping[str, Any]) -> bytes:
    """Return an object as JSON, keys sorted, with the digest of what it says.

    >>> decode_state(encode_state({"etag": "x"}))
    {'etag': 'x'}
    """
    plain = json.loads(json.dumps(value))  # as it will be read: keys are strings
    full = {**plain, _KEY: _digest(plain)}
    text = json.dumps(full, sort_keys=True, ensure_ascii=False, indent=1)
    return text.encode() + b"\n"


def decode_state(raw: bytes) -> dict[str, Any]:
    """Return the object that `encode_state` was given.

    Raises:
        ValueError: the bytes are cut off, or say something else than was written.
    """
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise ValueError(f"no JSON: {error}") from error
    is_object = isinstance(value, dict)
    if not is_object or value.pop(_KEY, None) != _digest(value):
        raise ValueError("it does not say what was written")
    checked: dict[str, Any] = value
    return checked


def _digest(value: Mapping[str, Any]) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
