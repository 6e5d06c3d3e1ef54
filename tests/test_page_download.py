"""Tables as files: read back as they were, and no cell runs in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import UTC, date, datetime

import pyarrow.parquet as pq
import pytest
from lxml import etree

from nightdesk.page.download import disarm, write_file
from nightdesk.page.table import Column, Table, count

NASTY = (
    "=1+1",
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " \u200b=1",
    "＝1+1",
    "|calc",
    "%0A=1",
    "rain; =1+1",
    "rain\n=1",
    "https://a.test/?x=1",
    "https://evil.test",
    "007",
    "1e5",
    "TRUE",
    "\x00\x0b\ufffe\ud800",
    "",
    "مرحبا",
    'a "quoted", and a comma',
)
COLUMNS = (
    Column("article_id", "", "id"),
    Column("title", "Title", "name"),
    count("n_words", "Words"),
    Column("share", "Share", "share"),
    Column("published_at", "Published", "time"),
    Column("night", "Night", "day"),
    Column("is_focus", "Focus", "flag"),
)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_row(title: str | None, n: int) -> dict[str, object]:
    return {
        "article_id": -(2**63) + n,
        "title": title,
        "n_words": n,
        "share": 0.25,
        "published_at": NOON,
        "night": date(2026, 3, 1),
        "is_focus": True,
    }


NOTHING = dict.fromkeys((column.name for column in COLUMNS), None)
ROWS = [*(make_row(text, n) for n, text in enumerate(NASTY)), NOTHING]
TABLE = Table("Articles", COLUMNS, ROWS)
KEPT = [text.encode("utf-8", "replace").decode() for text in NASTY]
IDS = [str(-(2**63) + n) for n in range(len(NASTY))]


def read_csv(table: Table) -> list[list[str]]:
    body, media_type = write_file(table, "csv")
    assert media_type == "text/csv; charset=utf-8"
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def read_sheet(table: Table) -> list[list[tuple[str, str]]]:
    """Return the cells of a workbook: type and text."""
    body, _ = write_file(table, "xlsx")
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        assert [n for n in book.namelist() if "externalLink" in n or "vba" in n] == []
        sheet = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        shared = etree.fromstring(book.read("xl/sharedStrings.xml"))
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    assert sheet.xpath("//x:f | //x:hyperlink", namespaces=space) == []
    texts = [
        "".join(item.itertext()) for item in shared.xpath("//x:si", namespaces=space)
    ]
    rows = []
    for row in sheet.xpath("//x:row", namespaces=space):
        cells = []
        for cell in row:
            value = "".join(cell.itertext())
            kind = cell.get("t", "n")
            cells.append((kind, texts[int(value)] if kind == "s" else value))
        rows.append(cells)
    return rows


def test_csv_is_read_back_with_ids_as_text() -> None:
    head, *rows = read_csv(TABLE)
    assert head == [column.name for column in COLUMNS]
    assert [row[0] for row in rows[:-1]] == [f"'{n}" for n in IDS]
    assert rows[0][2:] == ["0", "0.25", NOON.isoformat(), "2026-03-01", "True"]
    assert rows[-1] == [""] * len(COLUMNS)
    assert rows[NASTY.index("مرحبا")][1] == "مرحبا"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_of_a_csv_is_a_formula_wherever_a_locale_parts_it(
    separator: str,
) -> None:
    body = write_file(TABLE, "csv")[0].decode("utf-8-sig")
    for line in re.split(r"[\r\n]+", body):
        for cell in line.split(separator):
            bare = cell.strip("\"'\u200b \t") if cell[:1] == '"' else cell.strip()
            is_number = re.fullmatch(r"[\d.]+", cell)
            assert is_number or not re.match(r"[=+@＝|]", bare) or "'" in cell, cell
    for row in csv.reader(io.StringIO(body, newline="")):
        for cell in row:
            assert not re.match(r"[\s\ufeff\u200b\x00]*[=+\-@＝＋－＠|%]", cell), cell


def test_a_text_that_is_no_formula_is_left_alone() -> None:
    for text in ("a-b", "1 + 1", "Rain, -3 degrees", "x=1", "50 %"):
        assert disarm(text) == text


def test_json_is_read_back_with_ids_as_text() -> None:
    body, _ = write_file(TABLE, "json")
    rows = json.loads(body)
    assert [row["article_id"] for row in rows[:-1]] == IDS
    assert [row["title"] for row in rows[:-1]] == KEPT
    assert rows[0]["published_at"] == NOON.isoformat()
    assert rows[-1] == NOTHING


def test_parquet_is_read_back_with_its_types() -> None:
    found = pq.read_table(io.BytesIO(write_file(TABLE, "parquet")[0]))
    assert found.schema.names == [column.name for column in COLUMNS]
    kinds = [str(field.type) for field in found.schema]
    assert kinds == [
        *("string", "string", "int64", "double"),
        *("timestamp[us, tz=UTC]", "date32[day]", "bool"),
    ]
    assert found.column("title").to_pylist() == [*KEPT, None]
    assert found.column("published_at").to_pylist()[0] == NOON


def test_a_workbook_holds_texts_and_numbers_and_no_formula() -> None:
    head, *rows = read_sheet(TABLE)
    assert [text for _, text in head] == [column.name for column in COLUMNS]
    for row, text, article_id in zip(rows, NASTY, IDS, strict=False):
        assert row[0] == ("s", article_id)
        assert row[1][0] == "s"
        if text.isprintable():
            assert row[1][1] == text
    assert rows[0][2:4] == [("n", "0"), ("n", "0.25")]
    assert rows[0][6] == ("b", "1")


def test_a_cell_that_excel_would_refuse_is_cut() -> None:
    long = Table("A", COLUMNS, [make_row("a" * 40_000, 1)])
    (_, row) = read_sheet(long)
    assert len(row[1][1]) == 32_767
    assert row[1][1].endswith("…")


@pytest.mark.parametrize("kind", ["csv", "json", "parquet", "xlsx"])
def test_an_empty_table_is_a_file_too_and_the_same_bytes_each_time(kind: str) -> None:
    for table in (Table("A", COLUMNS, []), TABLE):
        assert write_file(table, kind) == write_file(table, kind)
    if kind == "csv":
        assert read_csv(Table("A", COLUMNS, [])) == [[c.name for c in COLUMNS]]
