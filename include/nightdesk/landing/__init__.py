"""The landing area: the only place where run files are read and written.

Parquet rows and WARC archives below one root, which may be a folder or an fsspec
address. Files are written under a temporary name and renamed, never changed, and read
in the order of their names; a reader therefore sees whole files only. Layout:

    archive/day=C/<name>.warc.zst    captures/day=C/    fetch_log/day=C/
    entries/night=D/   undated/day=C/   coverage/night=D/   urls/bucket=N/
    plans/  articles/  fingerprints/  pairs/  tags/  settled/   each night=D/
    built/night=D.json               sources/<id>.json
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
from upath import UPath

from nightdesk.errors import LandingError
from nightdesk.landing.archive import encode_record, read_record
from nightdesk.landing.leases import HostLeases
from nightdesk.landing.rows import decode_rows, encode_rows
from nightdesk.model import Capture, KnownUrl

__all__ = ["ArchiveWriter", "HostLeases", "Landing"]

Row = TypeVar("Row")
_BUCKETS = 16


class ArchiveWriter:
    """Collects the captures of one run; `close` puts them in place, whole."""

    def __init__(self, landing: Landing, folder: str, name: str) -> None:
        self._landing = landing
        self._path = f"{folder}/{name}.warc.zst"
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115  closed by close()
        self._size = 0
        self._captures: list[Capture] = []

    def add(self, capture: Capture, headers: Mapping[str, str], body: bytes) -> Capture:
        """Append a body; return the capture with its file and offset filled in."""
        record = encode_record(
            capture.url, capture.captured_at, capture.digest, headers, body
        )
        placed = Capture(
            url=capture.url,
            final_url=capture.final_url,
            captured_at=capture.captured_at,
            digest=capture.digest,
            file=self._path,
            offset=self._size,
            content_type=capture.content_type,
            source_id=capture.source_id,
        )
        self._spool.write(record)
        self._size += len(record)
        self._captures.append(placed)
        return placed

    def close(self) -> tuple[Capture, ...]:
        """Put the archive in place and return what it holds, in order."""
        with self._spool:
            if self._captures:
                self._spool.seek(0)
                self._landing.put(self._path, self._spool.read())
        return tuple(self._captures)


class Landing:
    """Run files below one root.

    Raises:
        LandingError: from every method, when a file cannot be read or written; the
            message names the file.
    """

    def __init__(self, root: str) -> None:
        self.root = UPath(root)

    # files -----------------------------------------------------------------

    def put(self, name: str, data: bytes) -> str:
        """Write a whole file, or nothing; return its name below the root."""
        path = self.root / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.protocol in ("", "file"):
                _put_local(Path(str(path)), data)
            else:
                path.write_bytes(data)  # object stores put whole objects
        except OSError as error:
            raise LandingError(f"landing: cannot write {path}: {error}") from error
        return name

    def get(self, name: str) -> bytes:
        """Return the bytes of a file."""
        try:
            return bytes((self.root / name).read_bytes())
        except OSError as error:
            raise LandingError(f"landing: cannot read {name}: {error}") from error

    def exists(self, name: str) -> bool:
        """Say whether the file is there."""
        return bool((self.root / name).exists())

    def names(self, folder: str, ending: str = ".parquet") -> list[str]:
        """Return the names of a folder's whole files, sorted; [] without the folder."""
        path = self.root / folder
        if not path.is_dir():
            return []
        return sorted(
            f"{folder}/{child.name}"
            for child in path.iterdir()
            if child.name.endswith(ending) and not child.name.startswith(".")
        )

    def address(self, name: str) -> str:
        """Return the full address of a file, for other readers (DuckDB)."""
        return str(self.root / name)

    # rows ------------------------------------------------------------------

    def write_rows(
        self, folder: str, name: str, rows: Sequence[object], row_class: type
    ) -> str:
        """Write rows as `<folder>/<name>.parquet` and return that name."""
        return self.put(f"{folder}/{name}.parquet", encode_rows(rows, row_class))

    def write_keyed(
        self, folder: str, name: str, rows: Sequence[object], row_class: type
    ) -> str:
        """Write rows under a name that ends in the digest of their bytes."""
        data = encode_rows(rows, row_class)
        stem = f"{name}-{hashlib.sha256(data).hexdigest()[:16]}"
        path = f"{folder}/{stem}.parquet"
        return path if self.exists(path) else self.put(path, data)

    def read_rows(self, names: Iterable[str], row_class: type[Row]) -> list[Row]:
        """Return the rows of these files, file by file."""
        rows: list[Row] = []
        for name in names:
            try:
                rows += decode_rows(self.get(name), row_class)
            except pa.ArrowInvalid as error:
                raise LandingError(f"landing: {name} is damaged: {error}") from error
        return rows

    def read_folder(self, folder: str, row_class: type[Row]) -> list[Row]:
        """Return the rows of all files of a folder."""
        return self.read_rows(self.names(folder), row_class)

    # archive ---------------------------------------------------------------

    def open_archive(self, day: date, name: str) -> ArchiveWriter:
        """Start an archive file of the captures of one day."""
        return ArchiveWriter(self, f"archive/day={day}", name)

    def read_capture(self, file: str, offset: int) -> bytes:
        """Return the body that was captured at this place.

        Raises:
            ArchiveError: the record is damaged.
        """
        try:
            with (self.root / file).open("rb") as stream:
                stream.seek(offset)
                return read_record(stream, f"{file} at {offset}")
        except OSError as error:
            raise LandingError(f"landing: cannot read {file}: {error}") from error

    # URL index -------------------------------------------------------------

    def write_urls(self, name: str, rows: Iterable[KnownUrl]) -> None:
        """Add what a run learned of URLs; nothing that is there is changed."""
        buckets: dict[int, list[KnownUrl]] = {}
        for row in rows:
            buckets.setdefault(row.article_id % _BUCKETS, []).append(row)
        for bucket, part in sorted(buckets.items()):
            self.write_rows(f"urls/bucket={bucket:02d}", name, part, KnownUrl)

    def find_urls(self, article_ids: set[int]) -> dict[int, list[KnownUrl]]:
        """Return all that is known of these articles' URLs."""
        found: dict[int, list[KnownUrl]] = {}
        for bucket in sorted({i % _BUCKETS for i in article_ids}):
            for row in self.read_folder(f"urls/bucket={bucket:02d}", KnownUrl):
                if row.article_id in article_ids:
                    found.setdefault(row.article_id, []).append(row)
        return found

    # small state -----------------------------------------------------------

    def read_json(self, name: str) -> dict[str, Any]:
        """Return a JSON object; {} where the file is not there.

        Raises:
            LandingError: the file holds something else.
        """
        if not self.exists(name):
            return {}
        try:
            value = json.loads(self.get(name))
        except ValueError as error:
            raise LandingError(f"landing: {name} is damaged: {error}") from error
        if not isinstance(value, dict):
            raise LandingError(f"landing: {name} is damaged: no JSON object")
        return value

    def write_json(self, name: str, value: Mapping[str, Any]) -> None:
        """Write a JSON object, keys sorted."""
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1)
        self.put(name, text.encode())

    def digest_night(self, night: date, days: Iterable[date]) -> str:
        """Return the digest of the set of captures that a build of a night reads.

        Args:
            night: the night.
            days: the days whose entries without a date the build looks at.
        """
        names = self.names(f"entries/night={night}") + self.names(
            f"coverage/night={night}"
        )
        for day in sorted(days):
            names += self.names(f"undated/day={day}")
        return hashlib.sha256("\n".join(names).encode()).hexdigest()


def _put_local(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
