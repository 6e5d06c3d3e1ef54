"""The landing area: the only place where run files are read and written.

Parquet rows and WARC archives below one root, which may be a folder or an fsspec
address. Files are written under a temporary name and renamed, never changed, and read
in the order of their names; a reader therefore sees whole files only. Layout:

    archive/day=C/<name>.warc.zst    captures/day=C/    fetch_log/day=C/
    entries/night=D/   undated/day=C/   coverage/night=D/   urls/bucket=N/
    plans/  articles/  fingerprints/  pairs/  tags/  reviews/  settled/   each night=D/
    built/night=D.json               sources/<id>.json      journal/
    given_up/day=C.json              archive files that were removed on purpose
    watched/  renamed/               the register of sources, in the order of its rows
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from upath import UPath

from nightdesk.errors import ArchiveError, CaptureGone, LandingError
from nightdesk.landing.archive import Record, read_record
from nightdesk.landing.batch import (
    BUCKETS,
    Batch,
    decode_journal,
    encode_journal,
    split_urls,
)
from nightdesk.landing.cures import name_cure
from nightdesk.landing.files import is_local, put_local, sweep_left_overs
from nightdesk.landing.leases import HostLeases
from nightdesk.landing.renames import fold_renames, follow_renames, has_source
from nightdesk.landing.rows import decode_columns, decode_rows, encode_rows
from nightdesk.landing.state import decode_state, encode_state
from nightdesk.landing.writer import LOOK_BACK, ArchiveWriter, DigestIndex
from nightdesk.model import KnownUrl, Renamed

__all__ = ["ArchiveWriter", "Batch", "HostLeases", "Landing"]

log = logging.getLogger(__name__)

Row = TypeVar("Row")

#: Where it is noted that archive files of a day were removed on purpose.
GIVEN_UP = "given_up/{day}.json"


def _drop_removed(rows: list[KnownUrl]) -> list[KnownUrl]:
    gone = {(row.file, row.offset) for row in rows if row.is_removal}
    return [row for row in rows if row.is_removal or (row.file, row.offset) not in gone]


def _damaged(name: str, error: ValueError) -> LandingError:
    message = f"landing: {name} is damaged: {error}; {name_cure(name)}"
    return LandingError(message, str(error))


class Landing:
    """Run files below one root.

    Raises:
        LandingError: from every method, when a file cannot be read or written; the
            message names the file.
    """

    def __init__(self, root: str) -> None:
        self.root = UPath(root)
        # A plain path opens five times faster than a UPath of the same file.
        self._place = Path(str(self.root)) if is_local(self.root) else self.root

    # files -----------------------------------------------------------------

    def put(self, name: str, data: bytes) -> str:
        """Write a whole file, or nothing; return its name below the root."""
        path = self.root / name
        try:
            if is_local(path):
                put_local(Path(str(path)), data)
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

    def drop(self, name: str) -> None:
        """Remove a file, if it is there."""
        try:
            (self.root / name).unlink(missing_ok=True)
        except OSError as error:
            raise LandingError(f"landing: cannot remove {name}: {error}") from error

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

    def folders(self, folder: str) -> list[str]:
        """Return the names of the folders in a folder, sorted; [] without it."""
        path = self.root / folder
        if not path.is_dir():
            return []
        return sorted(child.name for child in path.iterdir() if child.is_dir())

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

    def replace_rows(self, name: str, rows: Sequence[object], row_class: type) -> None:
        """Write other rows in the place of a file's; for what must not be kept."""
        self.put(name, encode_rows(rows, row_class))

    def read_rows(self, names: Iterable[str], row_class: type[Row]) -> list[Row]:
        """Return the rows of these files, file by file, under their sources' ids."""
        rows: list[Row] = []
        for name in names:
            try:
                rows += decode_rows(self.get(name), row_class)
            except ValueError as error:
                raise _damaged(name, error) from error
        return follow_renames(rows, self.present) if has_source(row_class) else rows

    def read_columns(self, name: str, columns: Sequence[str]) -> list[list[Any]]:
        """Return some columns of a file; for long looks at wide rows."""
        try:
            return decode_columns(self.get(name), columns)
        except ValueError as error:
            raise _damaged(name, error) from error

    def read_folder(self, folder: str, row_class: type[Row]) -> list[Row]:
        """Return the rows of all files of a folder."""
        return self.read_rows(self.names(folder), row_class)

    @cached_property
    def lineages(self) -> dict[str, tuple[str, ...]]:
        """The sources that were renamed: all ids of each, by the present one."""
        return fold_renames(self.read_folder("renamed", Renamed))

    @cached_property
    def present(self) -> dict[str, str]:
        """The present ids of sources, by the ids that they had before."""
        return {
            old: new for new, ids in self.lineages.items() for old in {*ids} - {new}
        }

    def open_batch(self, name: str) -> Batch:
        """Start row files that appear together or not at all; `name` is the run's."""
        return Batch(lambda files: self._commit(name, files))

    def _commit(self, name: str, files: dict[str, bytes]) -> None:
        for taken in filter(self.exists, files):  # a run's names are its own
            raise LandingError(f"landing: {taken} is already there; it is not replaced")
        journal = self.put(f"journal/{name}.journal", encode_journal(files))
        self._settle(journal, files)

    def _settle(self, journal: str, files: Mapping[str, bytes]) -> None:
        for name, data in files.items():
            if not self.exists(name):
                self.put(name, data)
        try:
            (self.root / journal).unlink(missing_ok=True)
        except OSError as error:
            raise LandingError(f"landing: cannot delete {journal}: {error}") from error

    def recover(self) -> list[str]:
        """Finish what killed runs had begun to write down; return their journals."""
        done = []
        for journal in self.names("journal", ".journal"):
            try:
                files = decode_journal(self.get(journal))
            except ValueError as error:
                raise _damaged(journal, error) from error
            except LandingError:
                if self.exists(journal):
                    raise
                continue  # its own run, or another one, was faster
            self._settle(journal, files)
            log.warning("landing: finished what a killed run had begun: %s", journal)
            done.append(journal)
        return done

    # archive ---------------------------------------------------------------

    def open_archive(self, day: date, name: str) -> ArchiveWriter:
        """Start an archive file of the captures of one day.

        Every collect run begins here, so this is where what a killed run left is put
        in order.
        """
        self.recover()
        folder = f"archive/day={day}"
        if is_local(self.root):
            sweep_left_overs(Path(str(self.root / folder)))
        return ArchiveWriter(
            self.root,
            f"{folder}/{name}.warc.zst",
            lambda: DigestIndex(self._index_digests(day)),
            self.read_record,
        )

    def _index_digests(self, day: date) -> Iterator[tuple[str, str, int]]:
        for past in self.capture_days(since=day - LOOK_BACK, until=day):
            for name in self.names(f"captures/day={past}"):
                try:
                    columns = self.read_columns(name, ("digest", "file", "offset"))
                except LandingError as error:  # collecting goes on without it
                    log.warning("%s; `nightdesk archive verify` says more", error)
                    continue
                yield from zip(*columns, strict=True)

    def capture_days(
        self, *, since: date | None = None, until: date | None = None
    ) -> list[date]:
        """Return the days of capture that the archive or its index has, oldest first.

        Args:
            since: the first day wanted.
            until: the last day wanted.
        """
        days = set()
        for folder in ("archive", "captures"):
            path = self.root / folder
            if path.is_dir():
                days |= {
                    date.fromisoformat(child.name.removeprefix("day="))
                    for child in path.iterdir()
                    if child.name.startswith("day=")
                }
        return sorted(
            day
            for day in days
            if (since is None or since <= day) and (until is None or day <= until)
        )

    def read_record(self, file: str, offset: int) -> Record:
        """Return the record at this place: as it stands, a revisit without a body.

        Raises:
            CaptureGone: it was given up.
            ArchiveError: it is missing or damaged.
        """
        try:
            with (self._place / file).open("rb") as stream:
                return read_record(stream, file, offset)
        except FileNotFoundError as error:
            if self.is_given_up(file):
                raise CaptureGone(f"archive: {file}: given up", "given up") from error
            what = "no such file"
            raise ArchiveError(f"archive: {file} at {offset}: {what}", what) from error
        except OSError as error:
            raise LandingError(f"landing: cannot read {file}: {error}") from error

    def is_given_up(self, file: str) -> bool:
        """Say whether an archive file was removed because its time was over."""
        day = file.split("/")[1] if file.startswith("archive/") else ""
        return file in self.read_json(GIVEN_UP.format(day=day))

    def read_capture(self, file: str, offset: int) -> bytes:
        """Return the body that was captured at this place, through a revisit too.

        Raises:
            ArchiveError: the record, or the one that it refers to, is missing or
                damaged, or its body has another digest than it states.
        """
        record = self.read_record(file, offset)
        if record.origin is None:
            return record.body
        first = self.read_record(*record.origin)
        if first.origin or first.capture.digest != record.capture.digest:
            what = (
                f"damaged: it refers to {record.origin[0]} at {record.origin[1]}, "
                "where another body is"
            )
            raise ArchiveError(f"archive: {file} at {offset}: {what}", what)
        return first.body

    # URL index -------------------------------------------------------------

    def write_urls(self, name: str, rows: Iterable[KnownUrl]) -> None:
        """Add what a run learned of URLs; nothing that is there is changed."""
        for bucket, part in sorted(split_urls(rows).items()):
            self.write_rows(f"urls/bucket={bucket:02d}", name, part, KnownUrl)

    def find_urls(self, article_ids: set[int]) -> dict[int, list[KnownUrl]]:
        """Return all that is known of these articles' URLs.

        Without the captures that were taken back, but with the rows that do so.
        """
        found: dict[int, list[KnownUrl]] = {}
        for bucket in sorted({i % BUCKETS for i in article_ids}):
            for row in self.read_folder(f"urls/bucket={bucket:02d}", KnownUrl):
                if row.article_id in article_ids:
                    found.setdefault(row.article_id, []).append(row)
        return {i: _drop_removed(rows) for i, rows in found.items()}

    # small state -----------------------------------------------------------

    def read_json(self, name: str) -> dict[str, Any]:
        """Return a JSON object; {} where the file is not there.

        Raises:
            LandingError: the file is not what was written.
        """
        if not self.exists(name):
            return {}
        try:
            return decode_state(self.get(name))
        except ValueError as error:
            raise _damaged(name, error) from error

    def write_json(self, name: str, value: Mapping[str, Any]) -> None:
        """Write a JSON object, keys sorted."""
        self.put(name, encode_state(value))

    def list_night(self, night: date, days: Iterable[date]) -> list[str]:
        """Return the names of what was captured and a build of a night reads.

        Args:
            night: the night.
            days: the days whose entries without a date the build looks at.
        """
        names = self.names(f"entries/night={night}") + self.names(
            f"coverage/night={night}"
        )
        for day in sorted(days):
            names += self.names(f"undated/day={day}")
        return names

    def digest_night(self, night: date, days: Iterable[date]) -> str:
        """Return the digest of the names of `list_night`."""
        names = self.list_night(night, days)
        return hashlib.sha256("\n".join(names).encode()).hexdigest()
