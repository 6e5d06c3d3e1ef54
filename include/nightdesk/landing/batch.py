"""Several run files that appear together or not at all, whenever the run is killed.

What a collect run learned is spread over many files (index, URL index, entries). A kill
between two of them would leave a URL marked as captured whose entry no night has. So
they are first written as one file, the journal; from then on they count. Putting them
in their places can be done again by any later run, with the same result, since the
files of a run have names of their own and are never changed.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterable, Sequence

from nightdesk.landing.rows import encode_rows
from nightdesk.model import KnownUrl

#: Buckets of the URL index.
BUCKETS = 16
_HEAD = struct.Struct("<II")


class Batch:
    """Collects row files; `commit` makes all of them count, or none.

    Args:
        commit: is given the files, by name, in the order in which they were written.
    """

    def __init__(self, commit: Callable[[dict[str, bytes]], None]) -> None:
        self._commit = commit
        self._files: dict[str, bytes] = {}

    def write_rows(
        self, folder: str, name: str, rows: Sequence[object], row_class: type
    ) -> str:
        """Add rows as `<folder>/<name>.parquet` and return that name."""
        path = f"{folder}/{name}.parquet"
        self._files[path] = encode_rows(rows, row_class)
        return path

    def write_urls(self, name: str, rows: Iterable[KnownUrl]) -> None:
        """Add what a run learned of URLs."""
        for bucket, part in sorted(split_urls(rows).items()):
            self.write_rows(f"urls/bucket={bucket:02d}", name, part, KnownUrl)

    def commit(self) -> None:
        """Put the files in place."""
        if self._files:
            self._commit(self._files)
        self._files = {}


def split_urls(rows: Iterable[KnownUrl]) -> dict[int, list[KnownUrl]]:
    """Return rows of the URL index by bucket."""
    buckets: dict[int, list[KnownUrl]] = {}
    for row in rows:
        buckets.setdefault(row.article_id % BUCKETS, []).append(row)
    return buckets


def encode_journal(files: dict[str, bytes]) -> bytes:
    """Return row files as one, in order.

    >>> decode_journal(encode_journal({}))
    {}
    """
    parts = []
    for name, data in files.items():
        encoded = name.encode()
        parts += [_HEAD.pack(len(encoded), len(data)), encoded, data]
    body = b"".join(parts)
    return hashlib.sha256(body).digest() + body


def decode_journal(raw: bytes) -> dict[str, bytes]:
    """Return the files of a journal.

    Raises:
        ValueError: the journal is cut off, or a byte is another one.
    """
    if hashlib.sha256(raw[32:]).digest() != raw[:32]:
        raise ValueError("its bytes have changed since it was written")
    files, at = dict[str, bytes](), 32
    while at < len(raw):
        n_name, n_data = _HEAD.unpack_from(raw, at)
        start = at + _HEAD.size
        at = start + n_name + n_data
        files[raw[start : start + n_name].decode()] = raw[start + n_name : at]
    return files
