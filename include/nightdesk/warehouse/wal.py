"""The write-ahead log that DuckDB keeps beside a database file."""

from __future__ import annotations

from pathlib import Path


def name_wal(path: Path) -> Path:
    """Return where the log of a database file lies, whether there is one or not.

    >>> name_wal(Path("/srv/news.duckdb")).name
    'news.duckdb.wal'
    """
    return path.with_name(f"{path.name}.wal")


def make_way(path: Path) -> Path:
    """Delete a database file that is about to be written, and its log; return it.

    The log of one that a kill left would be taken for one of the next of its name.
    """
    for left in (path, name_wal(path)):
        left.unlink(missing_ok=True)
    return path
