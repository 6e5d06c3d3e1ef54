"""What the search index takes from the published parts, night by night."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from nightdesk.errors import WarehouseError
from nightdesk.warehouse.catalogue import Manifest
from nightdesk.warehouse.read import Rows, fetch_rows

_QUERY = Path(__file__).with_suffix(".sql")
_TABLES = (
    *("article", "article_region", "cluster_member", "entity", "mention"),
    "story_member",
)
_TEXTS = "article_text"
_BATCH = 2000  # rows at a time: a night may be larger than the memory


def digest_nights(manifest: Manifest) -> dict[str, str]:
    """Return a digest of what is searched of each night of a catalogue."""
    return {
        night: hashlib.sha256(
            "\n".join(entry["parts"].get(t, "") for t in (*_TABLES, _TEXTS)).encode()
        ).hexdigest()[:32]
        for night, entry in manifest["nights"].items()
    }


def read_names(folder: Path, manifest: Manifest) -> tuple[Rows, Rows]:
    """Return the sources (id, name, ids that it had) and the regions (id, name)."""
    whole = {name: str(folder / part) for name, part in manifest["whole"].items()}
    with _open() as con:
        return (
            fetch_rows(
                con,
                "SELECT source_id, name, was FROM read_parquet(?) ORDER BY ALL",
                [whole["source"]],
            ),
            fetch_rows(
                con,
                "SELECT region_id, name FROM read_parquet(?) ORDER BY ALL",
                [whole["region"]],
            ),
        )


def read_night(
    folder: Path, manifest: Manifest, night: str
) -> Iterator[dict[str, Any]]:
    """Yield the articles of a night by id: the columns of searched.sql, and `text`.

    `text` is None where the article has none or it is held back.

    Raises:
        WarehouseError: a part cannot be read.
    """
    parts = manifest["nights"][night]["parts"]
    try:
        with _open() as con, _open() as other:
            texts = _read_texts(other, str(folder / parts[_TEXTS]))
            text_id, text = next(texts, (None, None))
            paths = {table: str(folder / parts[table]) for table in _TABLES}
            cursor = con.execute(_QUERY.read_text("utf-8"), paths)
            names = [column[0] for column in cursor.description or ()]
            for values in _read_batches(cursor):
                row = dict(zip(names, values, strict=True))
                while text_id is not None and text_id < row["article_id"]:
                    text_id, text = next(texts, (None, None))
                is_shown = text_id == row["article_id"] and not row.pop("held_back")
                yield row | {"text": text if is_shown else None}
    except (duckdb.Error, KeyError) as error:
        raise WarehouseError(f"published: night {night}: {error}") from error


def _open() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    return con


def _read_texts(
    con: duckdb.DuckDBPyConnection, part: str
) -> Iterator[tuple[int | None, str | None]]:
    cursor = con.execute(
        "SELECT article_id, text FROM read_parquet(?, hive_partitioning = false)",
        [part],
    )
    last = None
    for article_id, text in _read_batches(cursor):
        if last is not None and article_id < last:
            raise WarehouseError(f"published: {part}: texts are not in order")
        last = article_id
        yield article_id, text


def _read_batches(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(_BATCH):
        yield from rows
