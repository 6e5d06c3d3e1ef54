"""Questions of the page to the published catalogue: a file each, in `questions/`.

A question takes its values as parameters; its text is never put together. Most name
nights, so that DuckDB opens the parts of those nights and no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb

from nightdesk.errors import WarehouseError
from nightdesk.warehouse.connect import Connection
from nightdesk.warehouse.read import Rows, fetch_rows, open_catalogue

_QUESTIONS = Path(__file__).parent / "questions"


@contextmanager
def open_questions(folder: Path) -> Iterator[Connection]:
    """Open the catalogue in force, read-only, ready to be asked.

    Raises:
        WarehouseError: nothing has been published yet, or it cannot be opened.
    """
    with open_catalogue(folder) as con:
        con.execute(_read_question("macros"))
        yield con


def ask(con: Connection, question: str, **parameters: object) -> Rows:
    """Return the rows that answer a question.

    Args:
        con: from `open_questions`.
        question: the name of its file.
        parameters: all that the file names, and no others.

    Raises:
        WarehouseError: it cannot be answered, as when a part is damaged.
    """
    try:
        return fetch_rows(con, _read_question(question), parameters or None)
    except duckdb.Error as error:
        raise WarehouseError(f"published: {question}: {error}") from error


@cache
def _read_question(question: str) -> str:
    return (_QUESTIONS / f"{question}.sql").read_text("utf-8")
