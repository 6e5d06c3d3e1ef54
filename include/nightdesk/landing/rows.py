"""Dataclass rows <-> Parquet bytes; the model is the only place that names a column.

Parquet has no check of a whole file, and pyarrow reads most flipped bytes as other
values. So every file of ours holds the SHA-256 of itself in its key-value metadata
(computed with zeros in the digest's place), and a file without it is no file of ours.
"""

from __future__ import annotations

import hashlib
import io
import types
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

Row = TypeVar("Row")

_MARK = "nightdesk.sha256:"
_BLANK = "0" * 64

_PLAIN: dict[Any, Any] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    datetime: pa.timestamp("us", tz="UTC"),
    date: pa.date32(),
}


@lru_cache(maxsize=64)  # a pure function of the class
def schema_of(row_class: type) -> Any:
    """Return the Arrow schema of a dataclass: one column a field, in order.

    >>> from nightdesk.model import Repeat
    >>> schema_of(Repeat).names
    ['dropped', 'kept', 'text']
    """
    hints = get_type_hints(row_class)
    return pa.schema([(f.name, _arrow(hints[f.name])) for f in fields(row_class)])


def _arrow(hint: Any) -> Any:
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return pa.string()
    if origin in (Union, types.UnionType):
        return _arrow(next(a for a in args if a is not type(None)))
    if origin is tuple:
        return pa.list_(_arrow(args[0]))
    if is_dataclass(hint):
        inner = get_type_hints(hint)
        return pa.struct([(f.name, _arrow(inner[f.name])) for f in fields(hint)])
    raise TypeError(f"no column type for {hint!r}")


def make_table(rows: Sequence[object], row_class: type) -> Any:
    """Return the Arrow table of rows, in the order given."""
    schema = schema_of(row_class)
    columns = [
        pa.array([_value(getattr(row, column.name)) for row in rows], type=column.type)
        for column in schema
    ]
    return pa.table(columns, schema=schema)


def encode_rows(rows: Sequence[object], row_class: type) -> bytes:
    """Return a Parquet file (zstd) that holds the rows in the order given."""
    sink, table = io.BytesIO(), make_table(rows, row_class)
    with pq.ParquetWriter(sink, table.schema, compression="zstd") as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"nightdesk": _MARK + _BLANK})
    raw = bytearray(sink.getvalue())
    at = raw.rindex((_MARK + _BLANK).encode()) + len(_MARK)
    raw[at : at + 64] = hashlib.sha256(raw).hexdigest().encode()
    return bytes(raw)


def check_file(raw: bytes) -> None:
    """Do nothing if the bytes are a whole file that `encode_rows` made.

    Raises:
        ValueError: a byte is missing or another one.
    """
    at = raw.rfind(_MARK.encode()) + len(_MARK)
    stated = raw[at : at + 64]
    if at < len(_MARK) or len(stated) < 64:
        raise ValueError("cut off, or not written by nightdesk: it holds no digest")
    digest = hashlib.sha256(raw[:at])
    digest.update(_BLANK.encode())
    digest.update(raw[at + 64 :])
    if digest.hexdigest().encode() != stated:
        raise ValueError("its bytes have changed since it was written")


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    if is_dataclass(value):
        return {f.name: _value(getattr(value, f.name)) for f in fields(value)}
    return value


def decode_rows(raw: bytes, row_class: type[Row]) -> list[Row]:
    """Return the rows of a Parquet file that `encode_rows` made.

    A column that the file lacks takes the field's default, and one that no field has is
    left out, so that files of another version stay readable.

    Raises:
        ValueError: a byte of the file is missing or another one.
    """
    check_file(raw)
    table = _read_table(raw)
    hints = get_type_hints(row_class)
    names = [f.name for f in fields(row_class) if f.name in table.column_names]  # type: ignore[arg-type]
    columns = [_read(table.column(n).to_pylist(), hints[n]) for n in names]
    if not names:
        return []
    return [
        row_class(**dict(zip(names, values, strict=True)))
        for values in zip(*columns, strict=True)
    ]


def decode_columns(raw: bytes, names: Sequence[str]) -> list[list[Any]]:
    """Return some columns of a file, plain; much cheaper than its rows.

    Raises:
        ValueError: see `decode_rows`.
    """
    check_file(raw)
    table = _read_table(raw, list(names))
    return [table.column(name).to_pylist() for name in names]


def _read_table(raw: bytes, names: list[str] | None = None) -> Any:
    # By default pyarrow hands buffers to threads of its own. A process that ends before
    # one of them lets go of its buffer dies in std::terminate, all its work done.
    file = pq.ParquetFile(io.BytesIO(raw), pre_buffer=False)
    return file.read(names, use_threads=False)


def _read(values: Sequence[Any], hint: Any) -> list[Any]:
    make = _maker(hint)
    return list(values) if make is None else [make(v) for v in values]


def _maker(hint: Any) -> Any:
    """Return what turns a column value into the field's value; None: nothing to do."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = _maker(next(a for a in args if a is not type(None)))
        return None if inner is None else lambda v: None if v is None else inner(v)
    if hint is datetime:
        return lambda v: v.astimezone(UTC)
    if origin is tuple:
        item = _maker(args[0])
        return lambda v: tuple(v if item is None else (item(i) for i in v))
    if isinstance(hint, type) and is_dataclass(hint):
        inner_hints = get_type_hints(hint)
        makers = {f.name: _maker(inner_hints[f.name]) for f in fields(hint)}
        return lambda v: hint(
            **{
                k: x if makers[k] is None else makers[k](x)
                for k, x in v.items()
                if k in makers  # not a field of another version
            }
        )
    return None
