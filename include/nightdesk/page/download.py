"""A table as a file: CSV, JSON, Parquet or a workbook.

What is in a cell was written by strangers. A spreadsheet runs a cell that begins like a
formula, so that none may; and it rounds long numbers, so that ids are text.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from nightdesk.page.table import Column, Kind, Table

#: Media type and writer come from here; the names are those that people type.
_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# At the start of a cell, or behind what another locale takes for the end of one: a sign
# that begins a formula, in its full-width form too, after any blanks.
_FORMULA = re.compile(r"(^|[;\t\r\n])([\s\ufeff\u200b\x00-\x1f]*)([=+\-@＝＋－＠|%])")
_LONGEST_CELL = 32_767  # characters; Excel refuses a workbook with more in one
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # of every workbook: same rows, same bytes
_TYPES: dict[Kind, pa.DataType] = {
    "count": pa.int64(),
    "figure": pa.float64(),
    "rounded": pa.float64(),
    "share": pa.float64(),
    "time": pa.timestamp("us", "UTC"),
    "clock": pa.timestamp("us", "UTC"),
    "day": pa.date32(),
    "flag": pa.bool_(),
}


def write_file(table: Table, kind: str) -> tuple[bytes, str]:
    """Return the bytes of a table in a format, and their media type.

    Args:
        table: with all of its rows.
        kind: csv, json, parquet or xlsx.
    """
    writers: dict[str, Callable[[Table], bytes]] = {
        "csv": _write_csv,
        "json": _write_json,
        "parquet": _write_parquet,
        "xlsx": _write_xlsx,
    }
    return writers[kind](table), _MEDIA[kind]


def _write_csv(table: Table) -> bytes:
    """Return UTF-8 with the mark that Excel knows it by; texts in quotation marks."""
    sink = io.StringIO()
    writer = csv.writer(sink, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([column.name for column in table.columns])
    for row in table.rows:
        writer.writerow([_cell(row.get(c.name), c) for c in table.columns])
    return ("\ufeff" + sink.getvalue()).encode()


def _cell(value: object, column: Column) -> object:
    value = _plain(value, column)
    if column.kind == "id" and value is not None:
        return f"'{value}"  # else Excel shows 4.61169E+18
    return disarm(value) if isinstance(value, str) else value


def disarm(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    >>> disarm("=1+1"), disarm("a-b"), disarm("x;  @SUM(A1)")
    ("'=1+1", 'a-b', "x;  '@SUM(A1)")
    """
    return _FORMULA.sub(r"\1\2'\3", text)


def _write_json(table: Table) -> bytes:
    rows = [
        {c.name: _plain(row.get(c.name), c) for c in table.columns}
        for row in table.rows
    ]
    text = json.dumps(rows, ensure_ascii=False, indent=1, allow_nan=False)
    return text.encode() + b"\n"


def _plain(value: object, column: Column) -> object:
    """Return a value as JSON has it."""
    if value is None or isinstance(value, bool):
        return value
    if column.kind == "id":
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None  # a NaN is not less either
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, int):
        return value
    return str(value).encode("utf-8", "replace").decode()  # no half of a character


def _write_parquet(table: Table) -> bytes:
    schema = pa.schema(
        [(c.name, _TYPES.get(c.kind, pa.string())) for c in table.columns]
    )
    columns = []
    for column, field in zip(table.columns, schema, strict=True):
        values = [row.get(column.name) for row in table.rows]
        if pa.types.is_string(field.type):
            values = [_read_text(value, column) for value in values]
        columns.append(pa.array(values, field.type))
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), sink)
    return sink.getvalue()


def _read_text(value: object, column: Column) -> str | None:
    plain = _plain(value, column)
    return None if plain is None else str(plain)


def _write_xlsx(table: Table) -> bytes:
    """Return a workbook of one sheet; no text in it is a formula or an address."""
    sink = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(sink, options)
    book.set_properties({"created": _EPOCH})
    sheet = book.add_worksheet("nightdesk")
    head = book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, column.name, head)
        sheet.set_column(place, place, 40 if column.kind == "name" else 16)
    for n, row in enumerate(table.rows, 1):
        for place, column in enumerate(table.columns):
            _write_cell(sheet, (n, place), _plain(row.get(column.name), column))
    book.close()
    return sink.getvalue()


def _write_cell(
    sheet: xlsxwriter.worksheet.Worksheet, at: tuple[int, int], value: object
) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(*at, value)
    elif isinstance(value, int | float):
        sheet.write_number(*at, value)
    elif value is not None:
        text = str(value)
        if len(text) > _LONGEST_CELL:
            text = text[: _LONGEST_CELL - 1] + "…"
        sheet.write_string(*at, text)
