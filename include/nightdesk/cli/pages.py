"""Pages that people name by a file, read and extracted one at a time.

What stands here runs in the processes that a night extracts in, where a page that hangs
or eats all memory is ended; so it is the file that they open, not who names it.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any

from nightdesk.cli.bad_lines import BadLine, state_bad_line
from nightdesk.extract import Page, extract_article
from nightdesk.extract.explain import Line, Raw, explain_text, read_raw
from nightdesk.extract.jsonl import extract_row
from nightdesk.model import Article

Row = dict[str, Any]
NamedRow = tuple[Row, str]  # a row and the folder that its `page` is relative to
Comparison = tuple[Raw, tuple[Line, ...]]  # trafilatura's reading, both texts

_MAX_BYTES = 64 << 20  # unpacked; a page of more than 5 MB is refused, with its size


def read_file(path: Path) -> bytes:
    """Return the bytes of a page; of a .gz, those that are packed in it.

    Raises:
        OSError: it cannot be read or unpacked, or holds more than 64 MiB.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except (EOFError, ValueError, zlib.error) as error:
        raise OSError(f"{str(path)!a}: {error}") from error
    if len(raw) > _MAX_BYTES:
        raise OSError(f"{str(path)!a}: holds more than {_MAX_BYTES >> 20} MiB")
    return raw


def extract_named(named: NamedRow) -> Row:
    """Return the OUT row for an IN row; a bad one is given a status."""
    row, folder = named
    if isinstance(row, BadLine):
        return state_bad_line(row)
    name = row.get("page")
    if not isinstance(name, str):
        error = "wants `page`: a path to .html or .html.gz, relative to IN"
        return state_bad_row(row, error)
    try:
        page = read_file(Path(folder) / name)
    except OSError as error:
        return state_bad_row(row, str(error))
    return extract_row(row, page)


def state_bad_row(row: Row, error: str) -> Row:
    """Return the OUT row for one that its stage cannot read."""
    return {"id": row.get("id"), "status": "bad_row", "error": error}


def read_part(part: Page | tuple[Page, Article]) -> Article | Comparison:
    """Return the article of a page; of both, how it compares with plain trafilatura."""
    if isinstance(part, Page):
        return extract_article(part)
    page, article = part
    raw = read_raw(page, article)
    return raw, explain_text(article, raw)
